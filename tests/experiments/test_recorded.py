"""The command that rebuilds what ships, in its quick form; and the trials of the recorded sweep."""

import itertools

import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.data import load_dataset
from fairviz.data.sources import fingerprint_of
from fairviz.experiments import recorded as module
from fairviz.experiments.bench import Bench
from fairviz.experiments.publish import take
from fairviz.experiments.recorded import recorded_grid, recorded_trial
from fairviz.experiments.trial import Trial
from fairviz.experiments.where import Where
from fairviz.settings import text_of
from fairviz.store import ResultStore
from fairviz.store.fits import load_fit
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec

CLASSIFIERS = ("logistic_regression", "gradient_boosting", "mlp")


# the grid


def grid(targets=("a", "b"), seeds=range(2), ends=None, **more) -> list[Trial]:
    return recorded_grid(targets, seeds, {"dp": 0.1, "eop": 0.0} if ends is None else ends, **more)


def test_the_grid_by_hand() -> None:
    """Ten stops of 0.01 up to where parity is equal, one for an opportunity that is, and the entropy's own."""
    dp = [{"control": "dp", "lambda_z": k / 100} for k in range(1, 11)]
    eop = [{"control": "eop", "lambda_z": 0.01}]
    prices = (0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 50.0)
    entropy = [{"control": "entropy", "lambda_z": price} for price in prices]
    settings = [{}, *dp, *eop, *entropy]
    independence = [{"control": "independence", "lambda_z": k / 8} for k in range(1, 17)]  # with soft labels only
    best = {"labels": "boosted", "preset": "fairviz", "solver": "mixed_dpmpp_2m"}
    soft = [{**s, **best} for s in [*settings, *independence]]
    wanted = {
        (method, text_of(setting), target, classifier, seed)
        for method, of in (("fadm", settings), ("fadm_preview", soft))
        for setting, target, classifier, seed in itertools.product(of, "ab", CLASSIFIERS, range(2))
    }
    wanted |= {("unmitigated", "{}", t, c, s) for t, c, s in itertools.product("ab", CLASSIFIERS, range(2))}
    wanted |= {("constant", "{}", target, CLASSIFIERS[0], 0) for target in "ab"}
    found = grid()
    assert len(found) == len(set(found))
    assert {(t.method, t.setting, t.target, t.classifier, t.seed) for t in found} == wanted
    assert {(t.n_steps, t.n_iter, t.without) for t in found} == {(10, 0, "")}
    real = ("unmitigated", "constant")  # these learn from all rows, up to 50,000
    assert {(t.n, t.method in real) for t in found} == {(10_000, False), (50_000, True)}


def test_every_label_strength_has_every_price_with_the_networks_labels() -> None:
    """Soft labels do not move with it."""
    found = [t.position for t in grid(("a",), range(1), strengths=(0.5, 1.0, 2.0)) if t.method == "fadm"]
    for strength in (0.5, 1.0, 2.0):
        mine = [p for p in found if p.get("lambda_y", 1.0) == strength]
        assert len(mine) == len(CLASSIFIERS) * (1 + 10 + 1 + 11)
    assert len(found) == 3 * len(CLASSIFIERS) * 23
    soft = [t.position for t in grid(("a",), range(1), strengths=(0.5, 1.0, 2.0)) if t.method == "fadm_preview"]
    assert len(soft) == len(CLASSIFIERS) * (23 + 16)
    assert not any("lambda_y" in position for position in soft)


def test_rows_of_the_grid_can_be_fewer() -> None:
    assert {t.n for t in grid(n=500, n_real=500)} == {500}
    assert recorded_trial("a", "mlp", 0, {}, n=500) in grid(n=500)


# the command


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
    rows, facts = sweep.table("trials.csv"), sweep.json("facts.json")
    # per region: one constant; three real; two dials x three classifiers x (no price, first of dp, of eop, of
    # entropy), and with soft labels the first of independence
    assert len(rows) == 4 * (1 + 3 + 2 * 3 * 4 + 3) == sweep.made["trials_computed"]
    soft = rows[rows["method"] == "fadm_preview"]
    assert (soft.groupby(["target", "classifier"])["setting"].nunique() == 5).all()
    assert rows["method"].value_counts().to_dict() == {
        "fadm": 48, "fadm_preview": 60, "unmitigated": 12, "constant": 4,
    }  # fmt: skip
    assert set(rows["n"]) == {500}
    assert sum(row["n"] for row in facts["counts"]) == 20_000
    assert {row["control"] for row in facts["bayes_frontier"]} == {"dp", "eop"}
    assert Library(tmp_path / "empty", out).recorded(fingerprint_of("simulated")) is not None

    # a second run reads what is stored and changes nothing
    before = (sweep.path / "trials.csv").read_bytes()
    assert main(command) == 0
    (again,) = ResultStore(out, read_only=True).entries("sweep")
    assert (again.path / "trials.csv").read_bytes() == before
    pd.testing.assert_frame_equal(again.table("trials.csv"), rows)

    # equality is that of the published fits, and a listed trial is one of theirs
    by_target = {entry.spec["target"]: load_fit(entry) for entry in store.entries("fit")}
    for gap in ("dp", "eop"):
        told = facts["equality"][gap]
        assert set(told) == {"East", "North", "South", "West"}
        assert all(told[t] == pytest.approx(by_target[t].price_.equality(gap)) for t in told)
    row = soft[soft["setting"].str.contains("lambda_z")].iloc[0]
    other = Library(tmp_path / "other", out)
    (found,) = Bench(load_dataset("simulated"), other, paired=True).compute([Trial.from_row(row)])
    told = {name: str(value) if name.startswith("both") else value for name, value in found.flat().items()}
    assert told == row.to_dict()  # beside rows without pairs, their columns are text in a file
    assert found.both is not None
    assert not list(other.store.root.glob("fit/*"))  # the shipped fit was taken, none was made

    # elsewhere, with an empty store, what is published can be taken instead of computed
    there = Library(tmp_path / "there", out)
    take("sweep", load_dataset("simulated"), there, out, quick=False)
    bench = Bench(load_dataset("simulated"), there)
    trials = [Trial.from_row(record) for record in rows.to_dict("records")]
    assert len(there.trials.get([bench.key(trial) for trial in trials])) == len(rows)


def test_other_hyper_parameters_replace_the_shipped_fits(tmp_path, monkeypatch) -> None:
    """Entries of a data set that are no longer made do not linger."""
    out = tmp_path / "shipped"
    one = recorded_trial("East", "mlp", 0, {}, method="constant")
    monkeypatch.setattr(module, "recorded_grid", lambda *_: [one])  # fits are what this is about
    monkeypatch.setattr(module, "QUICK", {"n_iter": 1})
    list(module.pretrain("simulated", out, where=Where(n_jobs=1), quick=True))
    first = {entry.key for entry in ResultStore(out).entries("fit")}
    monkeypatch.setattr(module, "QUICK", {"n_iter": 2})
    list(module.pretrain("simulated", out, where=Where(n_jobs=1), quick=True))
    second = {entry.key for entry in ResultStore(out).entries("fit")}
    assert len(second) == 5
    assert not first & second
    assert len(list(ResultStore(out).entries("sweep"))) == 1


def test_the_trials_of_a_quick_rebuild_are_of_its_own_fits() -> None:
    """Not of the default ones, which nobody has made."""
    dataset = load_dataset("simulated", n=400)
    one = module._with_iterations(recorded_trial("East", "mlp", 0, {}), 7)
    assert one.fit_spec(dataset) == FitSpec.of(dataset, "East", n_iter=7, meta="second_order")
    plain = recorded_trial("East", "mlp", 0, {}, method="unmitigated")
    assert module._with_iterations(plain, 7) == plain
