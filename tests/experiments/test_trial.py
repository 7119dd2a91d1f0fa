"""Trials: the same counts every time, nothing seen of the domains held out; and the rule that chooses settings."""

import inspect
import json
from dataclasses import asdict, fields, replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fairviz.cli import parser
from fairviz.data import load_dataset
from fairviz.data.dataset import DomainDataset
from fairviz.data.sources import DATASETS
from fairviz.errors import JobError, SettingError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.evaluation.protocol import evaluate
from fairviz.experiments.methods import METHODS, line_named, lines, method_named
from fairviz.experiments.plans import TABLE_DIALS, Plan, choose
from fairviz.experiments.runner import Where, run
from fairviz.experiments.trial import Bench, Trial, counts_of, rerun_command, spent, table_of
from fairviz.library import FIT, FitSpec, Library, Run, fit_payload, save_run
from fairviz.mitigation import MITIGATIONS
from fairviz.segments import Row
from fairviz.settings import GENERATOR, MITIGATION, REFERENCE
from fairviz.store import key_of
from fairviz.synthesizers import FADM, SYNTHESIZERS
from fairviz.synthesizers.pool import Pool
from tests.shell import HOSTILE, words_of

DOMAINS = ("East", "North", "South", "West")
TINY = {"n": 300, "n_steps": 5, "n_iter": 15}
DP2 = {"control": "dp", "lambda_z": 0.2}
#: Settings that are no numbers.
TEXT = ("control", "constraint")


@pytest.fixture(scope="module")
def dataset() -> DomainDataset:
    """100 rows in each of four regions."""
    return load_dataset("simulated", n=400)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Library:
    """Fits that the tests of this file share."""
    return empty(tmp_path_factory.mktemp("shared"))


def empty(folder) -> Library:
    return Library(folder / "store", folder / "none")


def trial(method="fadm", setting=None, target="East", seed=0, classifier="logistic_regression", **more) -> Trial:
    setting = DP2 if setting is None and method == "fadm" else setting or {}
    return Trial.of(method, setting, target, classifier, seed, **{**TINY, **more})


def compute(dataset: DomainDataset, trials: list[Trial], library: Library, **how) -> list[Row]:
    return Bench(dataset, library).compute(trials, **how)


def changed(dataset: DomainDataset, domain: str) -> DomainDataset:
    """The same data set, but in one domain skill is turned about, labels too, and every sector is the same."""
    frame = dataset.frame.copy()
    rows = (frame["region"] == domain).to_numpy()
    frame.loc[rows, "skill"] = -7 * frame.loc[rows, "skill"]
    frame.loc[rows, "sector"] = "care"
    frame.loc[rows, "outcome"] = np.where(frame.loc[rows, "outcome"] == "hired", "not hired", "hired")
    return DomainDataset.from_frame(dataset.name, frame, dataset.schema)


# the same counts every time


@pytest.mark.parametrize(
    ("method", "setting"),
    [
        ("fadm", DP2), ("fadm_preview", DP2), ("balanced", {"share": 1.0}), ("gan", {}), ("unmitigated", {}),
        ("overwrite", {"share": 0.4, "label": 1}), ("steering", {"share": 1.0}),
        ("fairret", {"constraint": "dp", "weight": 0.1}),
    ],
)  # fmt: skip
def test_twice_the_same_and_every_row_of_the_target_counted(dataset, library, tmp_path, method, setting) -> None:
    one = trial(method, setting, seed=1)
    (first,) = compute(dataset, [one], library)
    (second,) = compute(dataset, [one], empty(tmp_path))  # nothing stored: fit and all
    assert (first.table == second.table).all()
    assert first.key == second.key
    assert first.about == asdict(one)
    assert first.table.shape == (2, 2, 2)
    assert first.seconds > 0
    east = dataset.frame[dataset.frame["region"] == "East"]
    for k, group in enumerate(("men", "women")):
        for y, outcome in enumerate(("not hired", "hired")):
            wanted = ((east["group"] == group) & (east["outcome"] == outcome)).sum()
            assert first.table[k, y].sum() == wanted
    assert first.table.sum() == 100


def test_a_generator_s_trial_is_fit_sample_evaluate(dataset, library) -> None:
    source, target = dataset.leave_out("North")
    rows = FADM(n_iter=15).fit(source).sample(300, control="dp", lambda_z=0.2, random_state=3, n_steps=5)
    wanted = evaluate(rows, target, classifier="logistic_regression", seed=3)
    (found,) = compute(dataset, [trial(target="North", seed=3)], library)
    assert (found.table == wanted.table[0]).all()


def test_a_preview_s_trial_is_the_pool_with_weights(dataset, library) -> None:
    source, target = dataset.leave_out("North")
    pool = FADM(n_iter=15).fit(source).pool(300, random_state=3, n_steps=5)
    weights = pool.weights(**DP2)
    wanted = evaluate(pool.rows, target, classifier="logistic_regression", seed=3, weights=weights)
    (found,) = compute(dataset, [trial("fadm_preview", DP2, target="North", seed=3)], library)
    assert np.ptp(weights) > 0
    assert (found.table == wanted.table[0]).all()


def test_beyond_equality_every_price_gives_the_same_counts(dataset, library) -> None:
    end = FADM(n_iter=15).fit(dataset.leave_out("East")[0]).end_of_dial("dp")
    assert 0 < end < 5
    prices = [end, 5.0, 10.0]
    found = compute(dataset, [trial(setting={"lambda_z": price}) for price in prices], library, fresh=True)
    assert all((one.table == found[0].table).all() for one in found)
    assert [json.loads(one.about["setting"])["lambda_z"] for one in found] == prices


def test_a_mitigation_s_trial_is_plain_scikit_learn(dataset, library) -> None:
    """With 300 rows for a source of 300, all of them are used."""
    source, target = dataset.leave_out("South")
    train = pd.get_dummies(source.features, dtype=float)
    test = pd.get_dummies(target.features, dtype=float).reindex(columns=train.columns, fill_value=0.0)
    for name in ("skill", "experience"):
        scaler = StandardScaler().fit(train[[name]])
        train[[name]], test[[name]] = scaler.transform(train[[name]]), scaler.transform(test[[name]])
    predicted = LogisticRegression(max_iter=1000).fit(train, source.y).predict(test)
    (found,) = compute(dataset, [trial("unmitigated", target="South")], library)
    assert np.abs(found.table - Counts.from_predictions(target, predicted).table[0]).max() <= 1
    (none,) = compute(dataset, [trial("constant", target="South")], library)
    assert source.y.mean() < 0.5
    assert none.table[..., 1].sum() == 0


def test_other_seeds_prices_and_methods_give_other_counts(dataset, library) -> None:
    """So the equalities above are not those of a constant; two of so few people may agree by chance."""
    cases = [trial(seed=1), trial(seed=2), trial(target="West"), trial("balanced", {"share": 1.0})]
    cases.append(trial("unmitigated"))
    tables = [c.table.ravel().tolist() for c in compute(dataset, cases, library)]
    assert len({str(t) for t in tables}) >= len(cases) - 1


def test_fewer_rows_are_drawn_with_the_seed(dataset, library) -> None:
    few = [trial("unmitigated", n=60, seed=seed) for seed in (0, 0, 1, 2, 3)]
    tables = [c.table.tolist() for c in compute(dataset, few, library, fresh=True)]
    assert tables[0] == tables[1]
    assert any(t != tables[0] for t in tables[2:])


def test_trials_computed_together_are_those_computed_alone(dataset, library) -> None:
    """Several settings of one fit share its rows only where these are the same."""
    together = [
        trial(), trial(classifier="gradient_boosting"), trial(setting={"control": "dp", "lambda_z": 0.0}),
        trial("fadm_preview", DP2), trial("ddpm"), trial("gan"), trial("vae"), trial(seed=1), trial(n=200), trial(),
    ]  # fmt: skip
    found = compute(dataset, together, library, fresh=True)
    for one, row in zip(together, found, strict=True):
        (alone,) = compute(dataset, [one], library, fresh=True)
        assert (row.table == alone.table).all(), one
        assert row.about == asdict(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (trial(), trial(target="North")), (trial(), trial(without="South")), (trial(), trial(n_iter=2)),
        (trial("ddpm"), trial("vae")), (trial("vae"), trial("gan")), (trial("ddpm"), trial(setting={})),
        (trial("fadm_preview"), trial("fadm_preview", n_iter=2)),
        (trial("fairgan", {"fairness": 1.0}), trial("fairgan", {"fairness": 500.0})),
    ],
    ids=["target", "without", "iterations", "ddpm, vae", "vae, gan", "ddpm, fadm", "pool", "in training"],
)  # fmt: skip
def test_trials_of_several_fits_do_not_share_rows(dataset, library, one, other) -> None:
    """Neither drawn rows nor counts, though the setting may be the same."""
    found = compute(dataset, [one, other], library, fresh=True)
    for trial_, row in zip((one, other), found, strict=True):
        (alone,) = compute(dataset, [trial_], library, fresh=True)
        assert (row.table == alone.table).all()
    assert (found[0].table != found[1].table).any()


# the runner


def carried_out(steps) -> tuple[dict[Trial, np.ndarray], int, list[dict]]:
    """Counts by trial, how many fits were made, and failures; each trial is told once."""
    found, fits, failures, done = {}, 0, [], 0
    for k, step in enumerate(steps):
        assert step.phase == "trials" or (step.phase == "fits" and not step.rows)
        assert step.done <= step.total
        if k == 0:
            assert step.phase == "trials"
            assert step.done == len(step.rows)  # what is stored comes first
        fits += step.phase == "fits"
        failures += step.failures
        for row in step.rows:
            one = Trial.from_row(row.about)
            assert one not in found
            found[one] = row.table
        if step.phase == "trials":
            done += len(step.rows) + len(step.failures)
            assert step.done == done
    return found, fits, failures


def mixed() -> list[Trial]:
    wanted = [trial(target=t, seed=s) for t in ("East", "North") for s in (0, 1)]
    return [*wanted, trial("reweighing", {"share": 1.0}, target="North"), trial("constant")]


def test_run_gives_every_trial_once_in_any_order(dataset, tmp_path) -> None:
    wanted, library = mixed(), empty(tmp_path)
    found, fits, failures = carried_out(run(dataset, [*wanted, wanted[0]], library))
    assert fits == 2  # the seeds share a fit
    assert failures == []
    assert set(found) == set(wanted)
    for one in wanted:
        (alone,) = compute(dataset, [one], library, fresh=True)
        assert (found[one] == alone.table).all()
    (only,) = run(dataset, wanted[::-1], empty(tmp_path))  # all is stored: nothing left to do
    assert (only.done, only.total) == (6, 6)
    assert {Trial.from_row(row.about): row.table.tolist() for row in only.rows} == {
        one: table.tolist() for one, table in found.items()
    }


def test_workers_give_the_same_counts(dataset, tmp_path) -> None:
    """Rows that no name stands for lie in the store while they are needed, and not longer."""
    alone, _, _ = carried_out(run(dataset, mixed(), empty(tmp_path / "a")))
    library, seen = empty(tmp_path / "b"), set()

    def watched():
        for step in run(dataset, mixed(), library, Where(n_jobs=2)):
            seen.update(path.name for path in library.store.root.glob("rows-*"))
            yield step

    found, fits, failures = carried_out(watched())
    assert (fits, failures) == (2, [])
    assert set(found) == set(alone)
    assert all((found[one] == alone[one]).all() for one in alone)
    assert len(seen) == 1
    assert list(library.store.root.glob("rows-*")) == []
    stored = Bench(dataset, empty(tmp_path / "b"))
    assert len(stored.library.trials.get([stored.key(one) for one in mixed()])) == len(alone)


def test_a_run_goes_on_where_it_stopped(dataset, tmp_path, monkeypatch) -> None:
    library, wanted = empty(tmp_path), [trial("reweighing", {"share": v}) for v in (0.5, 1.0, 1.5)]
    compute(dataset, wanted[:2], library)
    asked, counts = [], Bench.counts
    monkeypatch.setattr(Bench, "counts", lambda self, one: asked.append(one) or counts(self, one))
    first, *others = run(dataset, wanted, empty(tmp_path))
    assert (first.done, first.total, len(first.rows)) == (2, 3, 2)
    assert [row.about["setting"] for step in others for row in step.rows] == ['{"share": 1.5}']
    assert asked == wanted[2:]


def test_a_trial_that_cannot_be_carried_out_is_told_and_the_others_are_kept(dataset, tmp_path) -> None:
    good = [trial("reweighing", {"share": v}, target=t) for v in (0.5, 1.0) for t in ("East", "West")]
    bad = trial("reweighing", {"share": 0.75}, without="Mars")
    found, _, failures = carried_out(run(dataset, [good[0], bad, *good[1:]], empty(tmp_path)))
    assert set(found) == set(good)
    (told,) = failures
    assert Trial.from_row(told) == bad
    assert "no domain 'Mars'" in told["error"]
    _, _, again = carried_out(run(dataset, [bad], empty(tmp_path)))  # a failure is not stored
    assert again == failures


def test_an_unexpected_error_names_its_trial(dataset, tmp_path, monkeypatch) -> None:
    def broken(self, task, **_):
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr(MITIGATIONS["steering"], "answer", broken)
    with pytest.raises(JobError, match=r"steering at .*0\.25.* on 'West', seed 7.*ZeroDivisionError: in the middle"):
        list(run(dataset, [trial("steering", {"share": 0.25}, target="West", seed=7)], empty(tmp_path)))


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"n_jobs": 0}, "jobs is 0"), ({"n_jobs": 65}, "jobs is 65"), ({"n_jobs": True}, "jobs is"),
        ({"backend": "slurm"}, "No backend 'slurm'"), ({"backend": "dask"}, "needs --scheduler"),
        ({"scheduler": "tcp://10.0.0.1:8786"}, "goes with --backend dask"),
    ],
    ids=str,
)  # fmt: skip
def test_where_refuses(where, words) -> None:
    with pytest.raises(SettingError, match=words):
        Where(**where)


# the store


def test_stored_and_read_back(dataset, tmp_path, monkeypatch) -> None:
    one = trial("reweighing", {"share": 1.0})
    bench = Bench(dataset, empty(tmp_path))
    (first,) = bench.compute([one])
    stored = empty(tmp_path).trials.get([bench.key(one)])[bench.key(one)]
    assert (stored.table == first.table).all()
    assert stored.seconds == pytest.approx(first.seconds)
    monkeypatch.setattr(Bench, "counts", lambda *_: pytest.fail("computed again"))
    (second,) = compute(dataset, [one], empty(tmp_path))
    assert (second.table == first.table).all()
    assert (second.key, second.about) == (first.key, first.about)


def test_core_seconds_are_those_of_whichever_run_it_was(dataset, tmp_path) -> None:
    library, kinds = empty(tmp_path), [trial(), trial(seed=1), trial("constant")]
    bench = Bench(dataset, library)
    took, none = dict(zip(kinds, (7, 30, 0), strict=True)), np.zeros((2, 2, 2), int)
    rows = [Row(bench.key(one), asdict(one), none, seconds) for one, seconds in took.items()]
    library.trials.put(dataset.fingerprint(), dataset.groups, rows)
    spec = kinds[0].fit_spec(dataset)
    fit = FADM(n_iter=15).fit(spec.source_of(dataset))
    library.store.put(FIT, spec.to_json(), **fit_payload(fit, 41.0))
    assert spent(Bench(dataset, empty(tmp_path)), [*kinds, trial(seed=2)]) == {
        "trials": 4, "trials_timed": 2, "trial_core_seconds": 37, "fits": 1, "fit_core_seconds": 41,
    }  # fmt: skip


def test_fresh_computes_again_and_stores_nothing(dataset, tmp_path) -> None:
    one = trial("reweighing", {"share": 1.0})
    (true,) = compute(dataset, [one], empty(tmp_path), fresh=True)
    assert empty(tmp_path).trials.get([true.key]) == {}
    wrong = replace(true, table=true.table[:, ::-1])
    assert (wrong.table != true.table).any()
    empty(tmp_path).trials.put(dataset.fingerprint(), dataset.groups, [wrong])
    for fresh, wanted in ((False, wrong), (True, true), (False, wrong)):
        assert (compute(dataset, [one], empty(tmp_path), fresh=fresh)[0].table == wanted.table).all()


def test_what_was_finished_before_an_error_is_stored(dataset, tmp_path) -> None:
    good, bad = trial("constant"), trial("constant", target="Mars")
    with pytest.raises(SettingError, match="no domain"):
        compute(dataset, [good, bad], empty(tmp_path))
    bench = Bench(dataset, empty(tmp_path))
    assert list(bench.library.trials.get([bench.key(good), bench.key(bad)])) == [bench.key(good)]


def test_a_table_is_the_trials_and_their_counts() -> None:
    one, other = trial(seed=4, without="West"), trial("vae", target="North")
    rows = [
        Row("a", asdict(one), np.arange(8).reshape(2, 2, 2)), Row("b", asdict(other), np.full((2, 2, 2), 9)),
    ]  # fmt: skip
    table = table_of(rows)
    assert json.loads(table["setting"][0]) == DP2
    assert table.loc[0, ["method", "target", "without", "seed"]].tolist() == ["fadm", "East", "West", 4]
    assert [table[f"n_{k}_{y}_{p}"][0] for k in (0, 1) for y in (0, 1) for p in (0, 1)] == list(range(8))
    assert [Trial.from_row(row) for row in table.to_dict("records")] == [one, other]
    assert [Trial.from_row(row) for _, row in table.astype(str).iterrows()] == [one, other]
    counts = counts_of(rows, ("men", "women"))
    assert (counts.domains, counts.groups) == (("East", "North"), ("men", "women"))
    assert counts.table[0, 1, 0].tolist() == [4, 5]
    assert counts.table[1].sum() == 72


# fits from elsewhere


def test_a_run_folder_s_fit_is_the_one_that_is_tested(dataset, tmp_path) -> None:
    """Whatever fit the trial names; and its numbers are stored under what the folder holds."""
    spec = FitSpec.of(dataset, "East", n_iter=7)
    source, target = dataset.leave_out("East")
    fit = FADM(n_iter=7).fit(source)
    save_run(tmp_path / "run", spec, fit, 1.0)
    rows = fit.sample(300, control="dp", lambda_z=0.2, random_state=0, n_steps=5)
    wanted = evaluate(rows, target, classifier="logistic_regression", seed=0).table[0]
    library, one = empty(tmp_path), trial()
    folder, _ = Run.open(tmp_path / "run")
    bench = Bench(dataset, library, run=folder)
    (found,) = bench.compute([one])
    assert (found.table == wanted).all()
    keys = {bench.key(one), Bench(dataset, library).key(one), Bench(dataset, library, spec=spec).key(one)}
    assert len(keys) == 3
    assert list(library.trials.get(keys)) == [bench.key(one)]
    assert bench.key(trial("constant")) == Bench(dataset, library).key(trial("constant"))  # no fit is in it
    with pytest.raises(SettingError, match="Make it first"):
        Bench(dataset, library, spec=spec).compute([one])
    library.store.put(FIT, spec.to_json(), **fit_payload(fit, 1.0))
    assert (Bench(dataset, library, spec=spec).compute([one])[0].table == wanted).all()


# keys


def test_any_field_makes_another_key(dataset, library) -> None:
    one, bench = trial(), Bench(dataset, library)
    changes = {
        "method": "fadm_preview", "setting": '{"control": "dp", "lambda_z": 0.1}', "target": "North",
        "without": "West", "classifier": "mlp", "seed": 1, "n": 299, "n_steps": 6, "n_iter": 16,
    }  # fmt: skip
    assert set(changes) == {f.name for f in fields(Trial)}
    keys = [bench.key(one), *(bench.key(replace(one, **{name: value})) for name, value in changes.items())]
    others = (load_dataset("simulated", n=400, seed=1), changed(dataset, "East"))
    keys += [Bench(other, library).key(one) for other in others]
    assert len(set(keys)) == len(changes) + 3
    again = Bench(load_dataset("simulated", n=400), library).key(trial())
    assert again == keys[0]


def test_the_reader_s_options_are_part_of_the_fit(dataset, library) -> None:
    options = {"bias": 2.0}
    assert trial().fit_spec(dataset, options).options == options
    assert Bench(dataset, library, options).key(trial()) != Bench(dataset, library).key(trial())


def test_one_setting_is_written_in_one_way() -> None:
    """What does nothing is not written: the start of every dial is one trial."""
    starts = [{}, {"control": "eop"}, {"control": "entropy", "lambda_z": 0.0}, {"lambda_y": 1.0, "lambda_z": 0}]
    assert {trial(setting=setting) for setting in starts} == {trial(setting={})}
    assert trial(setting={}).setting == "{}"
    assert trial(setting={"lambda_z": 0.2}) == trial(setting={**DP2, "lambda_y": 1, "lambda_eop": 0.0}) == trial()
    assert trial(setting={"control": "eop", "lambda_z": 0.2}) != trial()
    assert trial("fair_bayes", {"multiplier_dp": 0.0}).setting == "{}"
    assert trial("overwrite", {"share": 0.2}) == trial("overwrite", {"label": 1, "share": 0.2})
    assert trial("reweighing", {}) == trial("reweighing", {"share": 1})
    assert trial("fairret", {"constraint": "dp", "weight": 0.1}, classifier="gradient_boosting").classifier == "mlp"


def test_the_setting_s_order_makes_no_other_key(dataset) -> None:
    turned = trial(setting={"lambda_z": 0.2, "control": "dp"})
    assert turned == trial()
    assert turned.position == DP2


def test_settings_of_the_training_are_in_the_fit_and_no_others(dataset) -> None:
    specs = [trial("fairgan", {"fairness": value}).fit_spec(dataset) for value in (1.0, 3.0)]
    assert [spec.params["fairness"] for spec in specs] == [1.0, 3.0]
    assert trial().fit_spec(dataset) == trial(setting={}, seed=5, n=200, n_steps=9).fit_spec(dataset)
    assert trial().fit_spec(dataset).params["n_iter"] == 15
    assert trial(n_iter=0).fit_spec(dataset).params == FADM().get_params()
    assert trial("reweighing").fit_spec(dataset) is None


# what is held out


def test_two_domains_left_out_are_one_fit_in_either_order(dataset, library) -> None:
    first = FitSpec.of(dataset, "East", without="West", n_iter=15)
    second = FitSpec.of(dataset, "West", without="East", n_iter=15)
    assert first == second
    assert key_of(first.to_json()) == key_of(second.to_json())
    assert FitSpec.from_json(json.loads(json.dumps(first.to_json()))) == first
    ours, theirs = trial(without="West"), trial(target="West", without="East")
    assert ours.fit_spec(dataset) == theirs.fit_spec(dataset) == first
    assert Bench(dataset, library).key(ours) != Bench(dataset, library).key(theirs)  # but tested on another domain
    pairs = {key_of(trial(target=a, without=b).fit_spec(dataset).to_json()) for a, b in combinations(DOMAINS, 2)}
    assert len(pairs) == 6


def test_the_source_has_neither_domain(dataset) -> None:
    frame = dataset.frame
    wanted = frame[frame["region"].isin(["North", "South"])].reset_index(drop=True)
    for one in (trial(without="West"), trial(target="West", without="East")):
        source, target = one.split(dataset)
        pd.testing.assert_frame_equal(source.frame, wanted)
        assert set(target.frame["region"]) == {one.target}
        assert len(target) == 100
        pd.testing.assert_frame_equal(one.fit_spec(dataset).source_of(dataset).frame, wanted)
    source, _ = trial().split(dataset)
    assert set(source.frame["region"]) == {"North", "South", "West"}


@pytest.mark.parametrize("method", ["balanced", "reweighing"])
def test_rows_of_a_domain_left_out_cannot_matter(dataset, tmp_path, method) -> None:
    """A trial inside the source is the same whatever the outer target holds; and is another if the source changes."""
    inner = trial(method, {"share": 1.0}, target="North", without="East")
    (found,) = compute(dataset, [inner], empty(tmp_path / "a"))
    (again,) = compute(changed(dataset, "East"), [inner], empty(tmp_path / "b"))
    assert (found.table == again.table).all()
    (other,) = compute(changed(dataset, "West"), [inner], empty(tmp_path / "c"))
    assert (found.table != other.table).any()


def test_unknown_domains_and_methods_are_refused(dataset, library) -> None:
    with pytest.raises(SettingError, match="No method 'wat'"):
        trial("wat")
    for method in ("fadm", "reweighing"):
        for where in ({"target": "Mars"}, {"without": "Mars"}, {"target": "all"}, {"without": "East"}):
            with pytest.raises(SettingError, match="no domain"):
                compute(dataset, [trial(method, **where)], library)


# plans


def test_every_method_can_be_run() -> None:
    """What a method declares is what its maker takes."""
    assert list(METHODS) == [
        "fadm", "fadm_preview", *(name for name in SYNTHESIZERS if name != "fadm"), *MITIGATIONS
    ]  # fmt: skip
    for name, method in METHODS.items():
        assert name in METHODS
        assert method_named(name) == method
        assert method.name == name
        assert method.kind in (GENERATOR, MITIGATION, REFERENCE)
        assert (method.kind == GENERATOR) == (name in SYNTHESIZERS or name == "fadm_preview"), name
        assert method.dials
        assert not method.only or method.only in CLASSIFIERS
        told = {parameter.name for parameter in method.parameters}
        asked = {key for dial in method.dials for setting in dial.positions for key in setting}
        assert asked <= told, name
        if method.synthesizer:
            in_fit = {parameter.name for parameter in method.parameters if parameter.in_fit}
            assert in_fit <= set(method.made().get_params())
            takes = Pool.weights if method.pooled else getattr(method.made, "sample_chunks", method.made.sample)
            drawn = {*inspect.signature(takes).parameters, *getattr(method.made, "settings", ())}
            assert told - in_fit <= drawn, name
        else:
            assert told == set(inspect.signature(method.made.answer).parameters) - {"self", "task"}, name
    with pytest.raises(SettingError, match=r"No method 'wat'.*'reweighing'"):
        method_named("wat")


def test_dials_have_names_of_their_own() -> None:
    found = lines()
    assert sum(len(method.dials) for method in METHODS.values()) == len(found)
    assert len({line.dial.title for line in found.values()}) == len(found)
    assert {name for name, line in found.items() if line.method.synthesizer and not line.method.pooled} == set(
        TABLE_DIALS
    )
    assert {line.method.name for line in found.values()} == set(METHODS)
    assert line_named("tilted_eop") == found["tilted_eop"]
    with pytest.raises(SettingError, match=r"No dial 'fadm'.*'fadm_dp'"):
        line_named("fadm")


@pytest.mark.parametrize("name", list(lines()))
def test_positions(name) -> None:
    line = line_named(name)
    full, light, quick = (line.positions(level) for level in ("full", "light", "quick"))
    assert full == [line.method.canonical(setting) for setting in line.dial.positions]
    for some in (full, light, quick):
        assert some
        texts = [json.dumps(s, sort_keys=True) for s in some]
        assert len(set(texts)) == len(texts)
        assert len({line.method.wording(s) for s in some}) == len(texts)  # told apart in the tables
    assert len(quick) <= len(light) <= len(full)
    assert len(quick) <= 3
    assert all(setting in full for setting in quick)
    for setting in light:
        alike = [s for s in full if set(s) == set(setting) and all(s[k] == v for k, v in setting.items() if k in TEXT)]
        for key, value in setting.items():
            if key not in TEXT:
                assert min(s[key] for s in alike) <= value <= max(s[key] for s in alike)


@pytest.mark.parametrize("name", list(lines()))
def test_what_a_table_says_of_a_dial_can_be_run(name) -> None:
    line = line_named(name)
    told = json.loads(json.dumps(line.about("light")))
    assert told["name"] == name
    assert told["title"]
    assert told["family"]
    assert told["kind"] == line.method.kind
    settings = [position["setting"] for position in told["positions"]]
    assert settings == line.positions("light")
    assert all(position["wording"] for position in told["positions"])
    for setting in settings:
        assert Trial.of(told["method"], setting, "East", "mlp", 0).position == setting  # written as it will be found


def test_a_plan_lists_every_trial_once(dataset) -> None:
    plan = Plan("simulated", ("fairret", "unmitigated"), ("mlp", "logistic_regression"), quick=True)
    found = {(t.method, t.target, t.classifier, t.seed) for t in plan.trials(dataset)}
    assert found == {
        (method, target, classifier, 0)
        for target in ("East", "North")
        for method, classifier in (("fairret", "mlp"), ("unmitigated", "mlp"), ("unmitigated", "logistic_regression"))
    }
    assert len(plan.trials(dataset)) == 6
    full = Plan("simulated", ("balanced", "overwrite"), seeds=3).trials(dataset)
    assert len(full) == 4 * 3 * (3 + 3)  # every second of five positions each
    assert {t.n_iter for t in full} == {0}
    assert {t.seed for t in full} == {0, 1, 2}
    assert len(Plan("adult", ("balanced",), seeds=3).trials(dataset)) == 4 * 3 * 5


def test_dials_that_start_at_one_setting_share_its_trial(dataset) -> None:
    """FADM without a price is the start of the parity price and of the entropy, and one trial."""
    found = Plan("simulated", ("fadm_dp", "fadm_entropy"), quick=True).trials(dataset)
    assert {t.method for t in found} == {"fadm"}
    for target in ("East", "North"):
        assert {t.setting for t in found if t.target == target} == {
            "{}", '{"control": "dp", "lambda_z": 0.1}', '{"control": "dp", "lambda_z": 0.2}',
            '{"control": "entropy", "lambda_z": 10.0}',
        }  # fmt: skip
    assert len(found) == 2 * 4


def test_iterations_are_written_only_where_they_act(dataset) -> None:
    found = Plan("german_credit", ("vae", "reweighing"), seeds=1).trials(dataset)
    assert {(t.method, t.n_iter) for t in found} == {("vae", 1000), ("reweighing", 0)}
    assert {(t.n, t.n_steps) for t in found} == {(10_000, 10)}
    whole = Plan("adult", ("vae",), seeds=1).trials(dataset)
    assert {(t.n, t.n_steps, t.n_iter) for t in whole} == {(20_000, 20, 0)}


def test_inner_trials_stay_inside_the_source(dataset) -> None:
    plan = Plan("simulated", quick=True)
    inner = plan.inner(dataset, [line_named(name) for name in ("balanced", "vae", "fadm_dp", "fadm_entropy")])
    assert {t.method for t in inner} == {"balanced", "fadm"}  # nothing to choose for the VAE
    assert {(t.without, t.target) for t in inner} == {(o, i) for o in ("East", "North") for i in DOMAINS if i != o}
    assert len(inner) == len(set(inner)) == 2 * 3 * (2 + 4)  # the two dials of FADM share their start
    assert {t.seed for t in inner} == {0}
    for one in inner:
        for part in one.split(dataset):
            assert one.without not in part.domains
        assert one.without in (one.fit_spec(dataset).target, one.fit_spec(dataset).without)
        assert one.without not in one.fit_spec(dataset).source_of(dataset).domains


def test_plans_refuse() -> None:
    for dials in (("wat",), ("fadm_dp", "wat"), ("",), ("fadm",)):
        with pytest.raises(SettingError, match="No dial"):
            Plan("simulated", dials)
    for seeds in (0, -1, 101, 1.5, True):
        with pytest.raises(SettingError, match="seeds is"):
            Plan("simulated", seeds=seeds)
    assert {source.compare.level for source in DATASETS.values()} <= {"full", "light"}


def test_a_plan_of_no_dial_is_of_all() -> None:
    assert [line.dial.name for line in Plan("simulated").lines()] == list(lines())
    assert {line.dial.name for line in Plan("simulated").lines(TABLE_DIALS)} == set(TABLE_DIALS)
    chosen = Plan("simulated", ("reweighing", "vae"))
    assert [line.dial.name for line in chosen.lines(TABLE_DIALS)] == ["vae", "reweighing"]


# choosing


PRICES = ({}, {"control": "dp", "lambda_z": 0.1}, {"control": "dp", "lambda_z": 0.2})
FADM_DP = [line_named("fadm_dp")]


def inner_row(setting, validation, without, right, men_yes, women_yes, method="fadm") -> dict:
    """1,000 men and 1,000 women, half of them truly yes.

    ``right`` of each 1,000 are told right, so the accuracy is right / 1,000; ``men_yes`` of 1,000 men are told yes.
    """
    table = []
    for yes in (men_yes, women_yes):
        found = (right - 500 + yes) // 2  # right = found + 500 - (yes - found)
        wrong = yes - found
        assert found + 500 - wrong == right
        assert min(found, wrong) >= 0
        table.append([[500 - wrong, wrong], [500 - found, found]])
    one = Trial.of(method, setting, validation, "gradient_boosting", 0, without=without)
    return Row("", asdict(one), np.array(table)).flat()


def inner_table(target: str, numbers, method="fadm", settings=PRICES) -> pd.DataFrame:
    """A row per setting and validation domain; ``numbers``: right, men_yes, women_yes per setting."""
    return pd.DataFrame(
        inner_row(setting, validation, target, *number, method=method)
        for setting, number in zip(settings, numbers, strict=True)
        for validation in DOMAINS
        if validation != target
    )


PLAN = Plan("simulated", ("fadm_dp",), quick=True)
NEVER = ((800, 500, 500), (500, 500, 100), (500, 500, 100))  # nothing to gain beyond price 0


def chosen(dataset, east, north=NEVER) -> dict:
    inner = pd.concat([inner_table("East", east), inner_table("North", north)])
    found = choose(PLAN, dataset, inner, FADM_DP)
    return {target: setting.get("lambda_z", 0.0) for (_, target), setting in found.items()}


def test_hand_made_rows_are_what_they_say() -> None:
    row = inner_row(PRICES[0], "West", "East", 800, 500, 400)
    assert sum(row[f"n_{k}_{y}_{y}"] for k in (0, 1) for y in (0, 1)) == 1600
    assert row["n_0_0_1"] + row["n_0_1_1"] == 500
    assert row["n_1_0_1"] + row["n_1_1_1"] == 400


@pytest.mark.parametrize(
    ("numbers", "price"),
    [
        # fairer at every price: 0.1 costs six tenths of a point, 0.2 costs two points
        (((800, 500, 300), (794, 500, 400), (780, 500, 500)), 0.1),
        # 0.2 costs eight tenths of a point
        (((800, 500, 300), (796, 500, 400), (792, 500, 500)), 0.2),
        # just over one point
        (((800, 500, 300), (788, 500, 400), (788, 500, 500)), 0.0),
        # within the point it is fairness alone that counts, not accuracy
        (((796, 500, 480), (800, 500, 300), (798, 500, 310)), 0.0),
        # the most accurate need not be price 0: from 0.1 the others are too far
        (((780, 500, 500), (800, 500, 300), (780, 500, 500)), 0.1),
        # equal in all: the first
        (((800, 500, 400), (800, 500, 400), (800, 500, 400)), 0.0),
        # nobody is told yes at 0.2, and it is not within the budget
        (((800, 500, 300), (798, 500, 400), (500, 0, 0)), 0.1),
    ],
    ids=["budget", "inside", "just over", "fairness", "not the first", "tie", "nobody"],
)
def test_the_rule_by_hand(dataset, numbers, price) -> None:
    assert chosen(dataset, numbers)["East"] == price
    assert chosen(dataset, NEVER, numbers) == {"East": 0.0, "North": price}


def test_exactly_one_point_is_at_most_one_point(dataset) -> None:
    assert chosen(dataset, ((800, 500, 300), (794, 500, 400), (790, 500, 500)))["East"] == 0.2


def test_telling_nobody_yes_is_not_the_fairest_setting(dataset) -> None:
    """At 0.2 everybody is told no, which is as accurate as the others."""
    assert chosen(dataset, ((500, 500, 300), (500, 500, 400), (500, 0, 0)))["East"] == 0.1


def test_the_budget_is_of_the_mean_over_validation_domains(dataset) -> None:
    """2.8 points lost in one domain and none in two are 0.93 of a point; 3.6 are 1.2."""
    for lost, price in ((28, 0.2), (36, 0.1)):
        inner = inner_table("East", ((800, 500, 300), (800, 500, 310), (800, 500, 500)))
        hit = (inner["target"] == "West") & inner["setting"].str.contains("0.2", regex=False)
        assert hit.sum() == 1
        worse = inner_row(PRICES[2], "West", "East", 800 - lost, 500, 500)
        inner.loc[hit, list(worse)] = list(worse.values())
        inner = pd.concat([inner, inner_table("North", NEVER)])
        assert choose(PLAN, dataset, inner, FADM_DP)["fadm_dp", "East"].get("lambda_z", 0.0) == price


def test_all_three_ratios_count(dataset) -> None:
    """Equally accurate settings: neither R_DP nor R_EOp alone decides."""
    inner = pd.concat([inner_table("East", NEVER), inner_table("North", NEVER)], ignore_index=True)

    def put(setting, men, women):
        text = json.dumps(setting, sort_keys=True)
        assert text in set(inner["setting"])
        rows = (inner["setting"] == text) & (inner["without"] == "East")
        for k, (wrong, right) in enumerate((men, women)):
            for name, value in (("0_0", 500 - wrong), ("0_1", wrong), ("1_0", 500 - right), ("1_1", right)):
                inner.loc[rows, f"n_{k}_{name}"] = value

    def price():
        return choose(PLAN, dataset, inner, FADM_DP)["fadm_dp", "East"].get("lambda_z", 0.0)

    # of 2,000 people 1,450 are right each time; R_DP, R_DP of the other reading, R_EOp:
    low = (100, 400), (125, 275)  # 400/500, 500/600, 275/400: mean 0.774
    parity = (100, 400), (150, 300)  # 450/500, 500/550, 300/400: 0.853
    chance = (150, 350), (80, 330)  # 410/500, 500/590, 330/350: 0.870
    found = (150, 350), (20, 270)  # 290/500, 500/710, 270/350: 0.685
    for settings, wanted in (((low, parity, chance), 0.2), ((parity, found, low), 0.0), ((low, parity, found), 0.1)):
        for setting, people in zip(PRICES, settings, strict=True):
            put(setting, *people)
        assert price() == wanted


def test_rows_of_the_target_play_no_part(dataset) -> None:
    """Neither the data set's rows of the target, nor trials tested on it, nor trials of another method."""
    numbers = ((800, 500, 300), (794, 500, 400), (780, 500, 500))
    inner = pd.concat([inner_table("East", numbers), inner_table("North", NEVER)], ignore_index=True)
    wanted = choose(PLAN, dataset, inner, FADM_DP)
    assert wanted["fadm_dp", "East"] == PRICES[1]
    assert choose(PLAN, changed(dataset, "East"), inner, FADM_DP) == wanted
    tempting = [(500, 500, 100), (500, 500, 100), (990, 500, 500)]  # on East, price 0.2 is best by far
    more = [inner_row(s, "East", "North", *n) for s, n in zip(PRICES, tempting, strict=True)]
    more += [inner_row(s, "East", "", *n) for s, n in zip(PRICES, tempting, strict=True)]
    others = inner_table("East", tempting, method="fadm_preview")
    tested_on_east = (inner["without"] == "North") & (inner["target"] == "East")
    swapped = pd.concat([inner[~tested_on_east], pd.DataFrame(more), others], ignore_index=True)
    assert choose(PLAN, dataset, swapped, FADM_DP)["fadm_dp", "East"] == PRICES[1]


def test_a_method_with_one_position_has_nothing_to_choose(dataset) -> None:
    none = inner_table("East", NEVER).head(0)
    found = choose(PLAN, dataset, none, [line_named("vae"), line_named("fairgan")])
    assert found == {
        (name, target): setting
        for name, setting in (("vae", {}), ("fairgan", {"fairness": 1.0}))
        for target in ("East", "North")
    }


def test_dials_of_one_method_choose_among_their_own_positions(dataset) -> None:
    """They share the start, and nothing else: what is best by far for one is no position of the other."""
    entropy = {"control": "entropy", "lambda_z": 10.0}
    rows = [inner_table(t, ((800, 500, 300), (794, 500, 400), (780, 500, 500))) for t in ("East", "North")]
    rows += [inner_table(t, ((990, 500, 500),), settings=(entropy,)) for t in ("East", "North")]
    found = choose(PLAN, dataset, pd.concat(rows), [*FADM_DP, line_named("fadm_entropy")])
    assert found == {
        (name, target): setting
        for name, setting in (("fadm_dp", PRICES[1]), ("fadm_entropy", entropy))
        for target in ("East", "North")
    }


@pytest.mark.parametrize("domain", ["East", *HOSTILE])
def test_the_command_of_a_trial_survives_a_shell(tmp_path, domain):
    setting = {"constraint": "dp", "word": domain}
    trial = Trial("fairret", json.dumps(setting, sort_keys=True), domain, "mlp", 3, without=domain, n=300, n_iter=7)
    args = parser().parse_args(words_of(rerun_command("simulated", asdict(trial)), tmp_path))
    assert (args.dataset, args.target, args.without, args.method) == ("simulated", domain, domain, "fairret")
    assert (json.loads(args.setting), args.classifier, args.seed) == (setting, "mlp", 3)
    assert (args.n, args.steps, args.iterations) == (300, 20, 7)
