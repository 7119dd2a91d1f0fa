"""Reductions and thresholds against fairlearn used directly."""

import warnings

import numpy as np
import pytest
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import DemographicParity, ExponentiatedGradient, GridSearch, TruePositiveRateParity
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from fairviz.errors import DataError, SettingError
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
    # a grid of 17 has twice as many steps between the same ends, and the multiplier 0 in its middle
    finer = [
        predict("grid_search", task, {"constraint": constraint, "index": k, "size": 17}) for k in (0, 2, 8, 14, 16)
    ]
    for found, k in zip(finer, (0, 1, 4, 7, 8), strict=True):
        assert (found == answers[k]).all()
    assert (finer[2] == predict("unmitigated", task, {})).all()
    with pytest.raises(SettingError, match="there is no multiplier 9 of 9"):
        predict("grid_search", task, {"constraint": constraint, "index": 9})


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


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("constraint", "name"), [("dp", "demographic_parity"), ("eop", "true_positive_rate_parity")])
def test_thresholds_on_crossed_scores_are_fairlearns(split, constraint, name):
    """Scores from scikit-learn's own cross-validation; the target is scored by the model of all source rows."""
    task = task_on(*split, seed=3)
    y, z = split[0][1], split[0][2]
    folds = StratifiedKFold(4, shuffle=True, random_state=3).split(task.x, 2 * z + y)
    seen = cross_val_predict(task.model(), task.x, y, cv=list(folds), method="predict_proba")[:, 1]
    model = task.model().fit(task.x, y)
    direct = ThresholdOptimizer(
        estimator=_Given(), constraints=name, prefit=True, predict_method="predict_proba", tol=0.1
    )
    direct.fit(seen[:, None], y, sensitive_features=z)
    scores = model.predict_proba(task.x_target)[:, [1]]
    wanted = direct.predict(scores, sensitive_features=split[1][2], random_state=3)
    found = predict("threshold_optimizer", task, {"constraint": constraint, "tolerance": 0.1, "folds": 4})
    assert (found == wanted).all()
    assert (found != predict("threshold_optimizer", task, {"constraint": constraint, "folds": 4})).any()


class _Given(LogisticRegression):
    """Takes scores for probabilities."""

    def predict_proba(self, x):
        return np.hstack([1 - x, x])

    def __sklearn_is_fitted__(self):
        return True


def test_a_tolerance_is_a_gap_that_is_left():
    """Without tolerance the gap is closed, with one it is as large, and with a large one thresholds do nothing."""
    task = task_on(draw(8000, 1), draw(8000, 2))
    plain = predict("unmitigated", task, {})
    _, rates, _ = in_words(plain, task)
    assert abs(rates[1] - rates[0]) > 0.3
    for tolerance, wanted in ((0.0, 0.0), (0.1, 0.1), (0.2, 0.2)):
        setting = {"constraint": "dp", "tolerance": tolerance, "folds": 5}
        _, rates, _ = in_words(predict("threshold_optimizer", task, setting), task)
        assert abs(rates[1] - rates[0]) == pytest.approx(wanted, abs=0.04)
    free = predict("threshold_optimizer", task, {"constraint": "dp", "tolerance": 0.9, "folds": 5})
    accuracy, rates, _ = in_words(free, task)
    assert abs(rates[1] - rates[0]) > 0.3
    assert accuracy == pytest.approx(in_words(plain, task)[0], abs=0.01)


def test_scores_cannot_be_crossed_for_one_row_of_a_label():
    columns, y, z = draw(200, 1)
    y[z == 0] = 0
    y[np.flatnonzero(z == 0)[0]] = 1
    task = task_on((columns, y, z))
    with pytest.raises(DataError, match="one row of a label"):
        predict("threshold_optimizer", task, {"constraint": "dp", "folds": 5})


def test_threshold_per_group_closes_its_gap():
    task = task_on(draw(6000, 1), draw(6000, 2))
    _, rates, _ = in_words(predict("threshold_optimizer", task, {"constraint": "dp"}), task)
    assert abs(rates[1] - rates[0]) < 0.06
    _, rates, tprs = in_words(predict("threshold_optimizer", task, {"constraint": "eop"}), task)
    assert abs(tprs[1] - tprs[0]) < 0.07
    assert rates[1] - rates[0] > 0.15
