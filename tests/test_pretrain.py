"""The command that rebuilds what ships, in its quick form."""

import pandas as pd

from fairviz import pretrain as module
from fairviz.cli import main
from fairviz.data.sources import fingerprint_of
from fairviz.library import Library
from fairviz.store import ResultStore


def test_quick_rebuild_publishes_and_resumes(tmp_path, monkeypatch) -> None:
    out = tmp_path / "shipped"
    monkeypatch.setattr(module, "QUICK", {"n_iter": 3})
    command = ["pretrain", "--dataset", "simulated", "--quick", "--jobs", "1", "--out", str(out)]
    assert main(command) == 0
    store = ResultStore(out, read_only=True)
    assert store.failures() == []
    fits = {entry.spec["target"] for entry in store.entries("fit")}
    assert fits == {"East", "North", "South", "West", "all"}
    (sweep,) = store.entries("sweep")
    rows, facts = sweep.table("cells.csv"), sweep.json("facts.json")
    # per region: one constant; three real; three classifiers x (dp 0, first stop of dp, of eop, entropy 1)
    assert len(rows) == 4 * (1 + 3 + 3 * 4) == sweep.made["cells_computed"]
    assert sum(row["n"] for row in facts["counts"]) == 20_000
    assert {row["control"] for row in facts["bayes_frontier"]} == {"dp", "eop"}
    assert Library(tmp_path / "empty", out).recorded(fingerprint_of("simulated")) is not None

    # a second run reads what is stored and changes nothing
    before = (sweep.path / "cells.csv").read_bytes()
    assert main(command) == 0
    (again,) = ResultStore(out, read_only=True).entries("sweep")
    assert (again.path / "cells.csv").read_bytes() == before
    pd.testing.assert_frame_equal(again.table("cells.csv"), rows)


def test_other_hyper_parameters_replace_the_shipped_fits(tmp_path, monkeypatch) -> None:
    """Entries of a data set that are no longer made do not linger."""
    out = tmp_path / "shipped"
    monkeypatch.setattr(module, "QUICK", {"n_iter": 1})
    list(module.pretrain("simulated", out, n_jobs=1, quick=True))
    first = {entry.key for entry in ResultStore(out).entries("fit")}
    monkeypatch.setattr(module, "QUICK", {"n_iter": 2})
    list(module.pretrain("simulated", out, n_jobs=1, quick=True))
    second = {entry.key for entry in ResultStore(out).entries("fit")}
    assert len(second) == 5
    assert not first & second
    assert len(list(ResultStore(out).entries("sweep"))) == 1
