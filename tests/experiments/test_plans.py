"""Plans: every trial once, inner ones inside the source."""

import pytest

from fairviz.data.sets import DATASETS
from fairviz.errors import SettingError
from fairviz.experiments.methods import line_named, lines
from fairviz.experiments.plan import Plan
from fairviz.experiments.plans import TABLE_DIALS
from tests.experiments.trials import DOMAINS


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
    assert len(full) == 4 * 3 * (5 + 3)  # every second of nine positions, and of five
    assert {t.n_iter for t in full} == {0}
    assert {t.seed for t in full} == {0, 1, 2}
    assert len(Plan("adult", ("balanced",), seeds=3).trials(dataset)) == 4 * 3 * 9


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
    assert {(t.method, t.n, t.n_steps) for t in found} == {("vae", 10_000, 10), ("reweighing", 50_000, 10)}
    whole = Plan("adult", ("vae",), seeds=1).trials(dataset)
    assert {(t.n, t.n_steps, t.n_iter) for t in whole} == {(20_000, 20, 0)}


def test_weights_that_act_in_training_are_chosen_among_fewer(dataset) -> None:
    """Every one is a fit for every pair of domains; prices and shares cost no fit."""
    plan = Plan("adult")
    assert [s["fairness"] for s in plan.offered(line_named("fairgan"))] == [0.3, 8.0, 100.0]
    for name in ("balanced", "fadm_soft_dp", "grid_search"):
        assert plan.offered(line_named(name)) == line_named(name).positions("full")
    assert {t.position["fairness"] for t in plan.inner(dataset, [line_named("fairgan")])} == {0.3, 8.0, 100.0}


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
