"""Trials: the same counts every time, from whatever fit, and stored once."""

import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairviz.cli import parser
from fairviz.errors import SettingError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import linear_input
from fairviz.evaluation.protocol import evaluate
from fairviz.experiments.bench import Bench, spent
from fairviz.experiments.trial import Trial, counts_of, rerun_command, table_of
from fairviz.store.fits import RunFolder, fit_payload, save_run
from fairviz.store.specs import FIT, FitSpec
from fairviz.store.trials import Row
from fairviz.synthesizers import FADM
from tests.experiments.trials import DP2, compute, empty, trial
from tests.shell import HOSTILE, words_of

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
    fit = FADM(n_iter=15, meta="second_order").fit(source)
    rows = fit.sample(300, control="dp", lambda_z=0.2, random_state=3, n_steps=5)
    wanted = evaluate(rows, target, classifier="logistic_regression", seed=3)
    (found,) = compute(dataset, [trial(target="North", seed=3)], library)
    assert (found.table == wanted.table[0]).all()


def test_a_preview_s_trial_is_the_pool_with_weights(dataset, library) -> None:
    source, target = dataset.leave_out("North")
    pool = FADM(n_iter=15, meta="second_order").fit(source).pool(300, random_state=3, n_steps=5)
    weights = pool.weights(**DP2)
    wanted = evaluate(pool.rows, target, classifier="logistic_regression", seed=3, weights=weights)
    (found,) = compute(dataset, [trial("fadm_preview", DP2, target="North", seed=3)], library)
    assert np.ptp(weights) > 0
    assert (found.table == wanted.table[0]).all()


def test_beyond_equality_every_price_gives_the_same_counts(dataset, library) -> None:
    end = FADM(n_iter=15, meta="second_order").fit(dataset.leave_out("East")[0]).end_of_dial("dp")
    assert 0 < end < 5
    prices = [end, 5.0, 10.0]
    found = compute(dataset, [trial(setting={"lambda_z": price}) for price in prices], library, fresh=True)
    assert all((one.table == found[0].table).all() for one in found)
    assert [json.loads(one.about["setting"])["lambda_z"] for one in found] == prices


RANDOM = [
    ("exponentiated_gradient", {"constraint": "dp", "bound": 0.02}), ("overwrite", {"share": 0.4}),
    ("threshold_optimizer", {"constraint": "dp", "folds": 3, "tolerance": 0.02}),
    ("fair_bayes", {"multiplier_dp": 0.1}),
    ("grid_search", {"constraint": "dp", "index": 6}), ("tilted", {"control": "dp", "lambda_z": 0.1}),
    ("fairret", {"constraint": "dp", "weight": 0.1}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "setting"), RANDOM)
def test_seeds_that_share_their_work_count_as_if_alone(dataset, library, method, setting) -> None:
    """On all rows the reductions' models are the same for every seed and are fit once; nothing else may leak."""
    seeds = [trial(method, setting, seed=seed, n=10_000) for seed in range(4)]
    together = compute(dataset, seeds, library, fresh=True)
    for one, found in zip(seeds, together, strict=True):
        (alone,) = compute(dataset, [one], library, fresh=True)
        assert (alone.table == found.table).all()


def test_models_without_a_seed_are_fit_once_for_all_seeds(dataset, library, monkeypatch) -> None:
    fits = []

    class Counting(LogisticRegression):
        def fit(self, *given, **more):
            fits.append(1)
            return super().fit(*given, **more)

    plain = lambda codes, seed: make_pipeline(linear_input(codes), Counting(max_iter=300, random_state=seed))  # noqa: E731
    monkeypatch.setitem(CLASSIFIERS._loaded, "logistic_regression", plain)
    setting = {"constraint": "dp", "index": 6}
    compute(dataset, [trial("grid_search", setting, seed=seed, n=10_000) for seed in range(3)], library, fresh=True)
    assert len(fits) == 9  # the grid, once
    compute(dataset, [trial("grid_search", setting, seed=seed, n=200) for seed in range(2)], library, fresh=True)
    assert len(fits) == 9 + 2 * 9  # other rows for every seed


def test_a_large_draw_of_real_rows_is_one_for_all_seeds(dataset, library, monkeypatch) -> None:
    def tables(n):
        return [row.table for row in compute(dataset, [trial("unmitigated", {}, seed=s, n=n) for s in (0, 1)], library,
                                             fresh=True)]  # fmt: skip

    first, second = tables(150)
    assert (first != second).any()
    monkeypatch.setattr("fairviz.experiments.bench.MOST_REAL", 150)
    again, same = tables(150)
    assert (again == first).all()
    assert (same == first).all()


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
    fit = FADM(n_iter=15, meta="second_order").fit(spec.source_of(dataset))
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


# elsewhere


def test_a_run_folder_s_fit_is_the_one_that_is_tested(dataset, tmp_path) -> None:
    """Whatever fit the trial names; and its numbers are stored under what the folder holds."""
    spec = FitSpec.of(dataset, "East", n_iter=7)
    source, target = dataset.leave_out("East")
    fit = FADM(n_iter=7).fit(source)
    save_run(tmp_path / "run", spec, fit, 1.0)
    rows = fit.sample(300, control="dp", lambda_z=0.2, random_state=0, n_steps=5)
    wanted = evaluate(rows, target, classifier="logistic_regression", seed=0).table[0]
    library, one = empty(tmp_path), trial()
    folder, _ = RunFolder.open(tmp_path / "run")
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


@pytest.mark.parametrize("domain", ["East", *HOSTILE])
def test_the_command_of_a_trial_survives_a_shell(tmp_path, domain):
    setting = {"constraint": "dp", "word": domain}
    trial = Trial("fairret", json.dumps(setting, sort_keys=True), domain, "mlp", 3, without=domain, n=300, n_iter=7)
    args = parser().parse_args(words_of(rerun_command("simulated", asdict(trial)), tmp_path))
    assert (args.dataset, args.target, args.without, args.method) == ("simulated", domain, domain, "fairret")
    assert (json.loads(args.setting), args.classifier, args.seed) == (setting, "mlp", 3)
    assert (args.n, args.steps, args.iterations) == (300, 20, 7)
