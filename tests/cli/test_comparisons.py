"""What ``fairviz frontier`` and ``table1`` have in common: what a published entry says, and what is refused."""

import json

import pytest

from fairviz import __version__
from fairviz.data import load_dataset
from fairviz.experiments.plan import Plan
from fairviz.store import MANIFEST, ResultStore
from tests.cli.commands import ok, refused
from tests.cli.comparisons import QUICK, TINY


@pytest.mark.parametrize("which", ["frontier", "table1"])
def test_the_manifest_says_how_it_was_made(which, request) -> None:
    done = request.getfixturevalue(which)
    manifest = json.loads((done.entry.path / MANIFEST).read_text())
    made, spec = manifest["made"], manifest["spec"]
    assert "cores" in made["machine"]
    assert made["fairviz"] == __version__
    assert {"python", "torch", "numpy", "pandas", "scikit-learn"} <= set(made)
    assert made["seconds"] >= 0
    assert made["workers"] == 1
    inner = len(done.entry.table("inner.csv")) if which == "table1" else 0
    assert made["trials_computed"] == len(done.rows) + inner
    assert (spec["seeds"], spec["quick"], spec["targets"]) == ([0], True, ["East", "North"])
    assert spec["dataset"]["fingerprint"] == load_dataset("simulated").fingerprint()
    for key in ("machine", "torch", "seconds", "trials_computed"):
        assert done.json[key] == made[key]  # the second call read what the first had published
    assert made["trials"] == made["trials_timed"] == len(done.rows) + inner
    assert 0 <= made["trial_core_seconds"] <= made["seconds"] + 1  # one worker, so no more than the clock says
    assert made["fits"] > 0
    assert made["fit_core_seconds"] <= made["seconds"] + 1


@pytest.mark.parametrize(
    ("which", "names"),
    [
        ("frontier", ["fadm_dp", "fadm_entropy", "unmitigated", "reweighing", "constant"]),
        ("table1", ["vae", "balanced", "unmitigated", "constant"]),
    ],
)
def test_an_entry_says_what_was_compared(which, names, request) -> None:
    """In words of its own, so that reading it needs no method."""
    done = request.getfixturevalue(which)
    dials = {dial["name"]: dial for dial in done.entry.json("facts.json")["dials"]}
    assert set(dials) == set(done.entry.spec["dials"]) == set(names)
    listed = set(zip(done.rows["method"], done.rows["setting"], strict=True))
    offered = {
        (dial["method"], json.dumps(position["setting"], sort_keys=True))
        for dial in dials.values()
        for position in dial["positions"]
    }
    assert listed <= offered
    if which == "frontier":
        assert listed == offered
        assert (dials["fadm_dp"]["title"], dials["fadm_dp"]["family"]) == (
            "FADM, parity price",
            "FADM, label-aware",
        )
        wording = [position["wording"] for position in dials["fadm_dp"]["positions"]]
        assert wording == ["λ_z 0", "λ_z 0.1", "λ_z 0.2"]


@pytest.mark.parametrize("command", ["frontier", "table1"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--methods", "fadm_dp,wat"], ["No dial 'wat'", "'fadm_dp'"]),
        (["--methods", "fadm"], ["No dial 'fadm'"]),
        (["--methods", "fadm_dp,"], ["--methods is 'fadm_dp,'"]),
        (["--classifiers", "mlp,wat"], ["No classifier 'wat'"]),
        (["--seeds", "0"], ["seeds is 0"]),
        (["--seeds", "1.5"], ["--seeds"]),
        (["--jobs", "0"], ["jobs is 0"]),
        (["--backend", "wat"], ["--backend", "'wat'"]),
        (["--backend", "dask"], ["--backend dask needs --scheduler"]),
        (["--scheduler", "tcp://127.0.0.1:8786"], ["--scheduler goes with --backend dask"]),
        (["--dataset", "wat"], ["No data set 'wat'"]),
        (["--dataset", "adult"], ["not on this machine"]),
        (["--target", "East"], ["--target"]),
    ],
    ids=" ".join,
)
def test_comparisons_refuse(capsys, tmp_path, command, change, words) -> None:
    refused(capsys, tmp_path, [command, *QUICK, "--out", tmp_path / "out", *change], *words)


def test_a_quick_run_leaves_the_full_one(capsys, tmp_path, monkeypatch) -> None:
    """And a second one of the same kind replaces the first."""
    monkeypatch.setattr(Plan, "about", property(lambda plan: dict(TINY)))
    out = tmp_path / "out"
    full = ["frontier", "--dataset", "simulated", "--jobs", 1, "--out", out, "--json", "--methods"]
    quick = ["frontier", *QUICK, "--out", out, "--json", "--methods"]
    first, second = (json.loads(ok(capsys, *full, "constant", "--seeds", n))["out"] for n in (1, 2))
    third = json.loads(ok(capsys, *quick, "constant"))["out"]
    assert len({first, second, third}) == 3
    assert {str(e.path) for e in ResultStore(out).entries("frontier")} == {second, third}
    assert json.loads(ok(capsys, *full, "constant", "--seeds", 2))["out"] == second


def test_a_file_is_no_store(capsys, tmp_path) -> None:
    (tmp_path / "out").write_text("old")
    command = ["frontier", *QUICK, "--methods", "constant", "--out", tmp_path / "out"]
    refused(capsys, tmp_path, command, "cannot be written")
    assert (tmp_path / "out").read_text() == "old"
