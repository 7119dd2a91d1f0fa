"""Reductions and thresholds against fairlearn used directly."""

import warnings

import pytest
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import DemographicParity, ExponentiatedGradient, GridSearch, TruePositiveRateParity

from tests.mitigation.tasks import draw, in_words, predict, task_on

CONSTRAINTS = {"dp": DemographicParity, "eop": TruePositiveRateParity}


@pytest.fixture
def quiet():
    """Libraries may warn within a test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def linear(task):
    return task.model(), "logisticregression__sample_weight"


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("constraint", "bound"), [("dp", 0.01), ("dp", 0.1), ("eop", 0.03)])
def test_exponentiated_gradient_is_fairlearns(split, constraint, bound):
    task = task_on(*split, seed=5)
    model, weight = linear(task)
    direct = ExponentiatedGradient(
        model, CONSTRAINTS[constraint](difference_bound=bound), max_iter=20, sample_weight_name=weight
    )
    direct.fit(task.x, split[0][1], sensitive_features=split[0][2])
    found = predict("exponentiated_gradient", task, {"constraint": constraint, "bound": bound})
    assert (found == direct.predict(task.x_target, random_state=5)).all()
    assert (found != predict("unmitigated", task, {})).any()


def test_exponentiated_gradient_keeps_its_bound():
    task = task_on(draw(4000, 1), draw(4000, 2))
    _, rates, tprs = in_words(predict("unmitigated", task, {}), task)
    assert rates[1] - rates[0] > 0.3
    assert tprs[1] - tprs[0] > 0.15
    _, rates, _ = in_words(predict("exponentiated_gradient", task, {"constraint": "dp", "bound": 0.05}), task)
    assert abs(rates[1] - rates[0]) < 0.05 + 0.05
    _, _, tprs = in_words(predict("exponentiated_gradient", task, {"constraint": "eop", "bound": 0.03}), task)
    assert abs(tprs[1] - tprs[0]) < 0.03 + 0.06


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("constraint", ["dp", "eop"])
def test_grid_search_picks_fairlearns_predictor(split, constraint):
    task = task_on(*split)
    model, weight = linear(task)
    direct = GridSearch(model, CONSTRAINTS[constraint](), grid_size=9, grid_limit=1.0, sample_weight_name=weight)
    direct.fit(task.x, split[0][1], sensitive_features=split[0][2])
    answers = [predict("grid_search", task, {"constraint": constraint, "index": k}) for k in range(9)]
    for k, found in enumerate(answers):
        assert (found == direct.predictors_[k].predict(task.x_target)).all()
    assert len({found.tobytes() for found in answers}) > 5


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("constraint", "name"), [("dp", "demographic_parity"), ("eop", "true_positive_rate_parity")])
def test_threshold_optimizer_is_fairlearns(split, constraint, name):
    task = task_on(*split, seed=5)
    direct = ThresholdOptimizer(
        estimator=task.model().fit(task.x, split[0][1]), constraints=name, prefit=True, predict_method="predict_proba"
    )
    direct.fit(task.x, split[0][1], sensitive_features=split[0][2])
    found = predict("threshold_optimizer", task, {"constraint": constraint})
    assert (found == direct.predict(task.x_target, sensitive_features=split[1][2], random_state=5)).all()


def test_threshold_per_group_closes_its_gap():
    task = task_on(draw(6000, 1), draw(6000, 2))
    _, rates, _ = in_words(predict("threshold_optimizer", task, {"constraint": "dp"}), task)
    assert abs(rates[1] - rates[0]) < 0.06
    _, rates, tprs = in_words(predict("threshold_optimizer", task, {"constraint": "eop"}), task)
    assert abs(tprs[1] - tprs[0]) < 0.07
    assert rates[1] - rates[0] > 0.15
