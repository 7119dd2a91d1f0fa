"""Mitigations against hand-worked tables, fairlearn and scikit-learn used directly, and worlds with known answers."""

import itertools
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
import torch
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import DemographicParity, ExponentiatedGradient, GridSearch, TruePositiveRateParity
from scipy.optimize import minimize
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch.distributions import MultivariateNormal, kl_divergence

from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import Schema
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.dual import Dual
from fairviz.errors import DataError, SettingError
from fairviz.evaluation import CLASSIFIERS
from fairviz.experiments.methods import method_named
from fairviz.mitigation import MITIGATIONS, base
from fairviz.mitigation.base import Task
from fairviz.mitigation.reweighing import reweighing_weights
from fairviz.mitigation.steering import ideal_normal, steer
from fairviz.posteriors import estimate
from fairviz.settings import REFERENCE

#: A position of every mitigation's dial.
SETTINGS = {
    "constant": {},
    "unmitigated": {},
    "overwrite": {"share": 0.2},
    "reweighing": {"share": 0.7},
    "tilted": {"control": "dp_eop", "lambda_z": 0.1, "lambda_eop": 0.02},
    "exponentiated_gradient": {"constraint": "dp", "bound": 0.02},
    "grid_search": {"constraint": "dp", "index": 6},
    "threshold_optimizer": {"constraint": "dp"},
    "fairret": {"constraint": "dp", "weight": 0.3},
    "steering": {"share": 0.8},
    "fair_bayes": {"multiplier_dp": 0.1, "multiplier_eop": 0.02},
}


def predict(name, task, setting):
    """Predictions for the target of a mitigation by name."""
    return MITIGATIONS[name]().predict(task, setting)


def rows(place, columns, y, z):
    """A table of the given features; labels y (n,) of 0 and 1, groups z (n,) of 0, 1, ..."""
    return pd.DataFrame(
        {
            **columns,
            "label": np.where(np.asarray(y) == 1, "yes", "no"),
            "group": [f"group {k}" for k in z],
            "place": place,
        }
    )


def task_on(source, target=None, *, classifier="logistic_regression", seed=0):
    """A task from (columns, y, z) of the source and of the target (by default the same rows)."""
    frame = pd.concat([rows("here", *source), rows("there", *(target or source))], ignore_index=True)
    schema = Schema(tuple(source[0]), label="label", favourable="yes", sensitive="group", domain="place")
    return Task.of(*DomainDataset.from_frame("made", frame, schema).leave_out("there"), classifier, seed)


def draw(n, seed, *, lag=1.5):
    """``merit`` and ``rank``, the second lower in group 0; the label depends on both, the group is no feature."""
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 2, n)
    merit, rank = rng.normal(size=n), rng.normal(size=n) + lag * (z - 0.5)
    sector = np.where(rng.random(n) < 0.3 + 0.4 * z, "u", "v")
    y = (rng.random(n) < 1 / (1 + np.exp(-(1.5 * merit + 1.5 * rank)))).astype(int)
    return {"merit": merit, "rank": rank, "sector": sector}, y, z


def in_words(predicted, task):
    """Accuracy, rates of yes by group, true positive rates by group."""
    y, z = task.target.y, task.target.z
    rates = np.array([predicted[z == k].mean() for k in (0, 1)])
    tprs = np.array([predicted[(z == k) & (y == 1)].mean() for k in (0, 1)])
    return (predicted == y).mean(), rates, tprs


def handed_over(task, name, **setting):
    """Weights and features that a mitigation hands to the downstream model."""
    seen = {}

    def catch(weights=None, x=None):
        seen.update(weights=weights, x=x)
        return np.zeros(len(task.target), int)

    task.predict = catch
    try:
        predict(name, task, setting)
    finally:
        del task.predict
    return seen["weights"], seen["x"]


@pytest.fixture(scope="module")
def split():
    """Source and target of a draw: 1,500 rows each, the label leaning towards group 1."""
    return draw(1500, 1), draw(1500, 2)


@pytest.fixture(scope="module")
def hiring():
    """The simulated story; source and target of 3,000 and 20,000 rows, the target being the North."""
    story, rng = Hiring(), np.random.default_rng(0)
    parts = [story.sample_domain("North", 20_000, rng)]
    parts += [story.sample_domain(region, 1000, rng) for region in ("East", "South", "West")]
    dataset = DomainDataset.from_frame("simulated", pd.concat(parts, ignore_index=True), HIRING_SCHEMA)
    return story, Task.of(*dataset.leave_out("North"), "logistic_regression", 0)


# tasks


def test_a_task_draws_rows_without_replacement():
    number = np.arange(200)
    source = task_on(({"number": number}, number % 2, number % 3 == 0)).source
    drawn = Task.of(source, source, "mlp", seed=3, n=150).source
    found = drawn.frame["number"].to_numpy()
    assert len(drawn) == len(set(found)) == 150
    assert set(found) < set(number)
    assert (drawn.y == found % 2).all()  # rows stay whole
    assert (Task.of(source, source, "mlp", seed=3, n=150).source.frame["number"] == found).all()
    assert (Task.of(source, source, "mlp", seed=4, n=150).source.frame["number"] != found).any()
    for n in (None, 200, 5000):
        assert Task.of(source, source, "mlp", seed=3, n=n).source.frame["number"].tolist() == number.tolist()


# references


@pytest.mark.parametrize(("favourable", "answer"), [(4, 0), (6, 1)])
def test_constant_is_the_sources_more_frequent_label(favourable, answer):
    y = np.arange(10) < favourable
    target = {"a": np.arange(4.0)}, [answer] + [1 - answer] * 3, [0, 1] * 2
    task = task_on(({"a": np.arange(10.0)}, y, [0, 1] * 5), target)
    assert predict("constant", task, {}).tolist() == [answer] * 4


def test_unmitigated_is_the_downstream_model(split):
    task = task_on(*split)
    x, x_target = (np.column_stack([c["merit"], c["rank"], c["sector"] == "u"]) for c, _, _ in split)
    scaler = StandardScaler().fit(x)
    wanted = LogisticRegression().fit(scaler.transform(x), split[0][1]).predict(scaler.transform(x_target))
    assert (predict("unmitigated", task, {}) == wanted).mean() > 0.995


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("share", [0.1, 0.4])
def test_overwriting_a_share_by_hand(share, label):
    """Accuracy moves on the line to that of the constant answer, every rate on the line to the label."""
    n = 20_000
    task = task_on(draw(500, 1), draw(n, 2))
    accuracy, rates, tprs = in_words(predict("unmitigated", task, {}), task)
    found = in_words(predict("overwrite", task, {"share": share, "label": label}), task)
    spread = 0.5 * np.sqrt(share / n)  # no more than share x n answers change
    assert found[0] == pytest.approx((1 - share) * accuracy + share * (task.target.y == label).mean(), abs=4 * spread)
    assert found[1] == pytest.approx((1 - share) * rates + share * label, abs=6 * spread)
    assert found[2] == pytest.approx((1 - share) * tprs + share * label, abs=10 * spread)


def test_overwriting_none_and_all(split):
    task = task_on(*split)
    plain = predict("unmitigated", task, {}).copy()
    assert (predict("overwrite", task, {"share": 0.0}) == plain).all()
    assert (predict("overwrite", task, {"share": 1.0}) == 1).all()
    assert (predict("overwrite", task, {"share": 1.0, "label": 0}) == 0).all()
    assert (predict("unmitigated", task, {}) == plain).all()


# reweighing

#: 100 rows: group 0 has 30 without and 10 with the favourable label, group 1 has 20 and 40.
TABLE_Y = np.repeat([0, 1, 0, 1], [30, 10, 20, 40])
TABLE_Z = np.repeat([0, 0, 1, 1], [30, 10, 20, 40])


def test_reweighing_by_hand():
    """P(z=0) = 0.4, P(y=1) = 0.5: 0.2 / 0.3, 0.2 / 0.1, 0.3 / 0.2, 0.3 / 0.4."""
    weights = reweighing_weights(TABLE_Y, TABLE_Z, 2)
    assert weights[[0, 30, 40, 60]].tolist() == pytest.approx([2 / 3, 2, 1.5, 0.75])
    assert len(np.unique(weights)) == 4


@pytest.mark.parametrize("n_groups", [2, 4])
def test_reweighed_label_and_group_are_independent(n_groups):
    rng = np.random.default_rng(n_groups)
    z = rng.integers(0, n_groups, 3000)
    y = (rng.random(3000) < 0.1 + 0.2 * z).astype(int)
    weights = reweighing_weights(y, z, n_groups)
    joint = np.zeros((n_groups, 2))
    np.add.at(joint, (z, y), weights / len(y))
    assert joint == pytest.approx(np.outer(joint.sum(1), joint.sum(0)), abs=1e-12)
    assert joint.sum(1) == pytest.approx(np.bincount(z) / len(z))  # and both keep their shares
    assert joint[:, 1].sum() == pytest.approx(y.mean())
    raw = np.array([y[z == k].mean() for k in range(n_groups)])
    assert np.ptp(raw) > 0.15


def test_reweighing_with_an_empty_cell():
    weights = reweighing_weights(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 2, 2, 2]), 4)
    assert np.isfinite(weights).all()
    assert weights.tolist() == pytest.approx([0.6, 0.6, 0.6 * 0.6 / 0.2, 0.6, 0.6])


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_reweighing_hands_the_weights_to_the_model(share):
    weights, x = handed_over(task_on(({"a": np.arange(100.0)}, TABLE_Y, TABLE_Z)), "reweighing", share=share)
    assert weights[[0, 30, 40, 60]].tolist() == pytest.approx(np.power([2 / 3, 2, 1.5, 0.75], share).tolist())
    assert x is None


def test_reweighing_is_a_weighted_fit(split):
    (columns, y, z), (columns_target, *_) = split
    x, x_target = (np.column_stack([c["merit"], c["rank"], c["sector"] == "u"]) for c in (columns, columns_target))
    scaler = StandardScaler().fit(x)
    share = pd.crosstab(z, y).to_numpy() / len(y)
    weights = [share[k].sum() * share[:, label].sum() / share[k, label] for k, label in zip(z, y, strict=True)]
    fit = LogisticRegression().fit(scaler.transform(x), y, sample_weight=weights)
    task = task_on(*split)
    found = predict("reweighing", task, {})
    assert (found == fit.predict(scaler.transform(x_target))).mean() > 0.995
    assert (found != predict("unmitigated", task, {})).mean() > 0.01


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("tilted", {}),
        ("tilted", {"control": "eop", "lambda_z": 0.0}),
        ("tilted", {"control": "dp_eop", "lambda_z": 0.0, "lambda_eop": 0.0}),
        ("reweighing", {"share": 0.0}),
        ("steering", {"share": 0.0}),
        ("overwrite", {"share": 0.0}),
    ],
)
def test_a_dial_at_zero_is_unmitigated_bit_for_bit(split, classifier, name, setting):
    task = task_on(*split, classifier=classifier)
    assert (predict(name, task, setting) == predict("unmitigated", task, {})).all()


# FADM's tilt on real rows

#: P(x, y, z) of four kinds of row; group 1 has the favourable label more often.
JOINT = np.array(
    [
        [[0.16, 0.02], [0.02, 0.02]],
        [[0.12, 0.06], [0.04, 0.06]],
        [[0.05, 0.10], [0.02, 0.12]],
        [[0.02, 0.06], [0.02, 0.11]],
    ]
)
KINDS = np.array(["p", "q", "r", "s"])


@cache
def discrete(*, swapped=False):
    """40,000 rows in exactly these shares, and one target row of every kind, label and group."""
    x, y, z = np.repeat(np.indices((4, 2, 2)).reshape(3, -1), np.rint(40_000 * JOINT.ravel()).astype(int), axis=1)
    each = np.indices((4, 2, 2)).reshape(3, -1)
    if swapped:
        z, each[2] = 1 - z, 1 - each[2]
    return task_on(({"kind": KINDS[x]}, y, z), ({"kind": KINDS[each[0]]}, each[1], each[2])), x


def at_prices(dp, eop):
    """The setting that puts these prices on the two gaps."""
    if dp and eop:
        return {"control": "dp_eop", "lambda_z": dp, "lambda_eop": eop}
    return {"control": "eop", "lambda_z": eop} if eop else {"control": "dp", "lambda_z": dp}


def exact(dp, eop):
    """Sizes of the multipliers at two prices, from the joint by hand; they push against group 1."""
    p_x = JOINT.sum((1, 2))
    dual = Dual(
        JOINT[:, 1].sum(1) / p_x, JOINT.sum(1) / p_x[:, None], JOINT[:, 1] / JOINT[:, 1].sum(1, keepdims=True),
        JOINT.sum((0, 1)), JOINT[:, 1].sum(0), share=p_x,
    )  # fmt: skip
    multiplier = dual.multiplier(dp, eop)
    assert multiplier.dp[1] >= 0 <= multiplier.eop[1]
    return multiplier.dp[1], multiplier.eop[1]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("dp", "eop"), [(0.2, 0.0), (1.0, 0.0), (0.0, 0.1)])
def test_tilt_weights_in_closed_form(dp, eop, swapped):
    """y = 1: 1 - s w - r u; y = 0: 1 + s w, whichever group has the higher rate; beyond equality s stays."""
    task, x = discrete(swapped=swapped)
    pi, pi_1 = JOINT.sum((0, 1)), JOINT[:, 1].sum(0)
    p_high, p_high_1 = JOINT[:, :, 1].sum(1) / JOINT.sum((1, 2)), JOINT[:, 1, 1] / JOINT[:, 1].sum(1)
    w = p_high / pi[1] - (1 - p_high) / pi[0]
    u = p_high_1 / pi_1[1] - (1 - p_high_1) / pi_1[0]
    s, r = exact(dp, eop)
    wanted = np.where(task.source.y == 1, 1 - s * w[x] - r * u[x], 1 + s * w[x])
    assert wanted.min() > 0.05  # nothing is clipped
    weights, _ = handed_over(task, "tilted", **at_prices(dp, eop))
    assert np.abs(weights - wanted).max() < 0.05
    assert np.ptp(wanted) > 0.3


@pytest.mark.parametrize("strength", [2.0, 5.0])
def test_entropy_weights_in_closed_form(strength):
    """``exp(strength H(p(z|x)))``, scaled within each label: labels stay as common as they are."""
    task, x = discrete()
    y = task.source.y
    p_z = JOINT.sum(1) / JOINT.sum((1, 2))[:, None]
    wanted = np.exp(-strength * (p_z * np.log(p_z)).sum(1))[x]
    for label in (0, 1):
        wanted[y == label] /= wanted[y == label].mean()
    weights, _ = handed_over(task, "tilted", control="entropy", lambda_z=strength)
    assert np.abs(weights - wanted).max() < 0.1
    assert [weights[y == label].mean() for label in (0, 1)] == pytest.approx([1.0, 1.0])
    assert np.ptp(wanted) > 0.3


@pytest.mark.parametrize(("dp", "eop"), [(0.0, 0.0), (0.15, 0.0), (0.2, 0.0), (0.0, 0.1), (0.1, 0.01)])
def test_tilted_model_is_the_best_rule_at_this_price(dp, eop):
    """Among all 16 rules on four kinds of row, the one with the highest accuracy - price x |gap|."""

    def value(rule):
        says = np.array(rule)[:, None]
        rates = (JOINT.sum(1) * says).sum(0) / JOINT.sum((0, 1))
        tprs = (JOINT[:, 1] * says).sum(0) / JOINT[:, 1].sum(0)
        right = (JOINT[:, 1] * says + JOINT[:, 0] * (1 - says)).sum()
        return right - dp * abs(rates[1] - rates[0]) - eop * abs(tprs[1] - tprs[0])

    best = max(itertools.product([0, 1], repeat=4), key=value)
    task, _ = discrete()
    found = predict("tilted", task, at_prices(dp, eop))
    kinds = np.searchsorted(KINDS, task.target.frame["kind"].astype(str))
    assert found.tolist() == np.array(best)[kinds].tolist()


def test_tilt_where_a_group_never_has_the_favourable_label(split):
    columns, y, z = split[0]
    task = task_on((columns, np.where(z == 1, y, 0), z), split[1])
    assert set(predict("tilted", task, {"control": "dp", "lambda_z": 0.1})) <= {0, 1}
    with pytest.raises(SettingError, match=r"Opportunity has no price here: of .* none in group"):
        predict("tilted", task, {"control": "dp_eop", "lambda_z": 0.1, "lambda_eop": 0.02})


class _Recorder:
    """In place of gradient boosting: remembers the rows it was fit on and refuses to predict one of them.

    Rows are known by the first feature.
    """

    calls: list

    def __init__(self, *_):
        pass

    def fit(self, x, labels):
        self.classes_ = np.unique(labels)
        self.seen = x[:, 0]
        return self

    def predict_proba(self, x):
        assert not np.isin(x[:, 0], self.seen).any()
        self.calls.append((self.seen, x[:, 0]))
        return np.full((len(x), len(self.classes_)), 1 / len(self.classes_))


@pytest.fixture
def recorder(monkeypatch):
    """Boosting that records; the list of (rows learnt from, rows predicted)."""
    _Recorder.calls = []
    monkeypatch.setattr("fairviz.posteriors.boosted", _Recorder)
    monkeypatch.setitem(CLASSIFIERS, "gradient_boosting", _Recorder)
    return _Recorder.calls


def numbered(start, y, z):
    return {"number": np.arange(start, start + len(y))}, y, z


def test_posteriors_never_ask_a_model_that_saw_the_row(recorder):
    rng = np.random.default_rng(0)
    y, z = rng.integers(0, 2, (2, 8000))
    estimate(task_on(numbered(0, y, z)).source)
    times = np.bincount(np.concatenate([test for _, test in recorder]).astype(int))
    # eta and p(z|x) once each; p(z|x, y=1) once for who has the label, by all five folds for who has not
    assert times.tolist() == np.where(y == 1, 3, 7).tolist()
    for seen, _ in recorder:
        assert len(seen) >= 0.79 * min(8000, y.sum())


def test_fair_bayes_never_predicts_a_row_with_a_model_that_saw_it(recorder):
    rng = np.random.default_rng(0)
    y, z, y_target, z_target = rng.integers(0, 2, (4, 5000))
    task = task_on(numbered(0, y, z), numbered(5000, y_target, z_target))
    predict("fair_bayes", task, {"multiplier_dp": 0.1, "multiplier_eop": 0.01})
    times = np.bincount(np.concatenate([test for _, test in recorder]).astype(int))
    assert times[:5000].tolist() == [0] * 5000  # only the target is predicted,
    assert times[5000:].tolist() == [3] * 5000  # once for p(y|x), p(z|x) and p(z|x, y=1)
    for seen, _ in recorder:
        assert (seen >= 5000).any()
        assert np.isin(np.flatnonzero(y == 1), seen).all()


# fairlearn

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


# fairret


def test_fairret_without_weight_does_not_look_at_groups(split):
    (columns, y, z), target = split
    other = np.random.default_rng(0).permutation(z)
    plain = [
        predict("fairret", task_on((columns, y, groups), target), {"constraint": c, "weight": 0.0})
        for groups, c in itertools.product((z, other), ("dp", "eop"))
    ]
    assert all((found == plain[0]).all() for found in plain)
    task = task_on(*split)
    assert in_words(plain[0], task)[0] == pytest.approx(in_words(predict("unmitigated", task, {}), task)[0], abs=0.02)


@pytest.mark.parametrize(("constraint", "which"), [("dp", 1), ("eop", 2)])
def test_fairret_closes_the_gap_that_it_names(constraint, which):
    task = task_on(draw(4000, 1), draw(4000, 2))
    plain, fair = (
        in_words(predict("fairret", task, {"constraint": constraint, "weight": weight}), task) for weight in (0.0, 2.0)
    )
    assert plain[which][1] - plain[which][0] > 0.15
    assert abs(fair[which][1] - fair[which][0]) < 0.4 * (plain[which][1] - plain[which][0])
    assert fair[0] > 0.6  # not by a constant answer


def test_fairret_is_a_network_whatever_the_classifier(split):
    setting = {"constraint": "dp", "weight": 0.3}
    answers = [predict("fairret", task_on(*split, classifier=name), setting) for name in CLASSIFIERS]
    assert all((found == answers[0]).all() for found in answers)


def test_fairret_where_a_group_is_in_the_target_only(split):
    """The groups that the source has are still held to its rate."""
    columns, y, z = split[1]
    task = task_on(split[0], (columns, y, np.where(np.arange(len(z)) % 10 == 0, 2, z)))
    assert len(task.source.groups) == 3
    plain, fair = (predict("fairret", task, {"constraint": "dp", "weight": weight}) for weight in (0.0, 2.0))
    gaps = [found[z == 1].mean() - found[z == 0].mean() for found in (plain, fair)]
    assert gaps[1] < 0.5 * gaps[0]


# the fair Bayes rule


@pytest.mark.parametrize(("control", "price"), [("dp", 0.0), ("dp", 0.1), ("dp", 0.2)])
def test_fair_bayes_in_the_simulated_world(hiring, control, price):
    """Accuracy, counted with the exact posterior, and rates of the best rule there is at this price."""
    story, task = hiring
    found = predict("fair_bayes", task, {f"multiplier_{control}": price})
    p_y = story.posterior(task.target.frame, "North")[0]
    best = story.bayes_frontier("North", [price], control=control, n=100_000).iloc[0]
    assert np.where(found == 1, p_y, 1 - p_y).mean() == pytest.approx(best["accuracy"], abs=0.008)
    assert (found == task.target.y).mean() == pytest.approx(best["accuracy"], abs=0.012)
    _, rates, _ = in_words(found, task)
    assert task.target.groups == ("men", "women")
    assert rates.tolist() == pytest.approx([best["rate_men"], best["rate_women"]], abs=0.03)


def test_multipliers_move_the_fair_bayes_rule(hiring):
    """Against the group with more favourable labels, on and on: it is a dial of multipliers, without an end."""
    _, task = hiring

    def gaps(which, *settings):
        return [np.subtract(*in_words(predict("fair_bayes", task, setting), task)[which]) for setting in settings]

    rates = gaps(1, *({"multiplier_dp": v} for v in (0, 0.1, 0.2, 0.3)))
    assert all(b < a - 0.01 for a, b in itertools.pairwise(rates))
    tprs = gaps(2, *({"multiplier_eop": v} for v in (0, 0.05)))
    assert tprs[1] < tprs[0] - 0.01


def test_fair_bayes_on_few_rows_is_still_near_the_best():
    """Six kinds of row with yes in 90 %, 10 %, 90 % ...: the best rule is right in nine of ten."""
    rng = np.random.default_rng(0)

    def few(n):
        kind = rng.choice(6, n, p=[0.25, 0.22, 0.18, 0.15, 0.11, 0.09])
        y = rng.random(n) < np.array([0.9, 0.1])[kind % 2]
        return {"kind": np.array(list("abcdef"))[kind]}, y, rng.integers(0, 2, n)

    task = task_on(few(700), few(700))
    assert in_words(predict("unmitigated", task, {}), task)[0] > 0.87
    assert in_words(predict("fair_bayes", task, {}), task)[0] > 0.87


# steering


@pytest.mark.parametrize("dimension", [1, 2])
def test_ideal_normal_has_the_least_divergence(dimension):
    """Against numerical minimisation of the shares' sum of KL(N(m, S) || N(mean_z, cov_z))."""
    rng = np.random.default_rng(dimension)
    means, roots = rng.normal(size=(3, dimension)), rng.normal(size=(3, dimension, dimension))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(dimension)
    shares = np.array([10.0, 30.0, 60.0])
    cells = [MultivariateNormal(torch.tensor(m), torch.tensor(c)) for m, c in zip(means, covariances, strict=True)]
    lower = np.tril_indices(dimension)

    def normal(v):
        root = np.zeros((dimension, dimension))
        root[lower] = v[dimension:]
        return v[:dimension], root @ root.T + 1e-12 * np.eye(dimension)

    def divergence(mean, covariance):
        common = MultivariateNormal(torch.tensor(mean), torch.tensor(covariance))
        return sum(q * float(kl_divergence(common, cell)) for q, cell in zip(shares / 100, cells, strict=True))

    start = np.concatenate([means.mean(0), np.eye(dimension)[lower]])
    best = minimize(lambda v: divergence(*normal(v)), start, method="BFGS", options={"gtol": 1e-7})
    mean, covariance = ideal_normal(means, covariances, shares)
    assert mean == pytest.approx(normal(best.x)[0], abs=1e-4)
    assert covariance == pytest.approx(normal(best.x)[1], abs=1e-4)
    assert divergence(mean, covariance) <= best.fun + 1e-9
    assert divergence(np.average(means, 0, shares), np.average(covariances, 0, shares)) > best.fun + 0.01


def gaussian(n, seed, *, scale=(1.0, 1.0)):
    """Two numbers, normal given label and group; groups differ in mean, spread and correlation, not in base rate."""
    rng = np.random.default_rng(seed)
    y, z = (rng.random(n) < 0.4).astype(int), rng.integers(0, 2, n)
    means = np.array([[[0, 0], [1, -0.5]], [[1.5, 1], [2.0, 1.5]]])
    roots = np.array([[[[1, 0], [0.5, 1]], [[1.5, 0], [-0.5, 0.7]]], [[[0.8, 0], [0, 1]], [[1, 0], [0.9, 1.2]]]])
    x = means[y, z] + np.einsum("nij,nj->ni", roots[y, z], rng.normal(size=(n, 2)))
    return x * scale, y, z


def moments(x, y, z, label):
    return [(x[cell].mean(0), np.cov(x[cell].T)) for cell in ((y == label) & (z == 0), (y == label) & (z == 1))]


@pytest.mark.parametrize("scale", [(1.0, 1.0), (1.0, 1e3), (1e-2, 1e5)])
@pytest.mark.parametrize("label", [0, 1])
def test_steered_groups_have_equal_means_and_covariances(label, scale):
    """Whatever the units: an amount of money beside a number of years."""
    x, y, z = gaussian(4000, 0, scale=scale)
    (m0, c0), (m1, c1) = moments(x, y, z, label)
    assert (np.abs(m0 - m1) / scale).max() > 0.4
    unit = np.outer(scale, scale)
    moved = steer(x, y, z)
    (n0, d0), (n1, d1) = moments(moved, y, z, label)
    assert np.abs(n0 - n1) / scale == pytest.approx(np.zeros(2), abs=1e-6)
    assert np.abs(d0 - d1) / unit == pytest.approx(np.zeros((2, 2)), abs=1e-4)
    # and they are those of the average precision
    q = np.bincount(z[y == label]) / (y == label).sum()
    precision = q[0] * np.linalg.inv(c0 / unit) + q[1] * np.linalg.inv(c1 / unit)
    assert d0 / unit == pytest.approx(np.linalg.inv(precision), abs=1e-3)
    pull = q[0] * np.linalg.inv(c0 / unit) @ (m0 / scale) + q[1] * np.linalg.inv(c1 / unit) @ (m1 / scale)
    assert n0 / scale == pytest.approx(np.linalg.solve(precision, pull), abs=1e-3)


@pytest.mark.real
def test_steering_adults_numbers(adult):
    """Money, years and hours of real people: equal covariances for men and women of either label."""
    source = Task.of(*adult.leave_out("Black"), "logistic_regression", 0, 20_000).source
    x = source.features[["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]].to_numpy(float)
    moved = steer(x, source.y, source.z)
    for label in (0, 1):
        (_, c0), (_, c1) = moments(moved, source.y, source.z, label)
        sd = np.sqrt(np.diag(c0))
        assert np.abs((c0 - c1) / np.outer(sd, sd)).max() < 0.005


def test_every_cell_moves_by_one_symmetric_affine_map():
    x, y, z = gaussian(2000, 1)
    x = x / x.std(0)
    moved = steer(x, y, z)
    for label, group in itertools.product((0, 1), (0, 1)):
        cell = (y == label) & (z == group)
        design = np.column_stack([x[cell], np.ones(cell.sum())])
        solution, *_ = np.linalg.lstsq(design, moved[cell], rcond=None)
        assert design @ solution == pytest.approx(moved[cell], abs=1e-8)
        assert solution[:2] == pytest.approx(solution[:2].T, abs=1e-8)
        assert np.linalg.eigvalsh(solution[:2]).min() > 0


def test_a_label_with_one_group_alone_is_left_alone():
    x, y, z = gaussian(1000, 2)
    z = np.where(y == 1, 1, z)
    before = x.copy()
    moved = steer(x, y, z)
    assert (moved[y == 1] == x[y == 1]).all()
    assert (moved[y == 0] != x[y == 0]).all()
    assert (x == before).all()


def test_steering_moves_three_groups_and_one_number():
    x, y, z = gaussian(3000, 3)
    z = np.where(np.arange(3000) % 3 == 0, 2, z)
    x[z == 2] = 3 * x[z == 2] + 1
    moved = steer(x[:, :1], y, z)
    for label in (0, 1):
        cells = [moved[(y == label) & (z == k), 0] for k in range(3)]
        assert np.ptp([c.mean() for c in cells]) < 1e-6
        assert np.ptp([c.std(ddof=1) for c in cells]) < 1e-3


def test_steering_without_numbers():
    y, z = np.repeat([0, 1], 50), np.tile([0, 1], 50)
    assert steer(np.empty((100, 0)), y, z).shape == (100, 0)
    rng = np.random.default_rng(0)
    kind, y, z = rng.choice(list("abc"), 300), rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    task = task_on(({"kind": kind}, y, z))
    weights, x = handed_over(task, "steering")
    assert (x == task.x).all()
    assert weights == pytest.approx(reweighing_weights(y, z, 2))


def test_on_steered_rows_discriminant_analysis_has_equal_rates():
    """Every threshold on the score, so every cost: true and false positive rates do not depend on the group."""
    x, y, z = gaussian(60_000, 4)
    fresh, y_fresh, z_fresh = gaussian(200_000, 5)

    def gaps(train, test):
        score = LinearDiscriminantAnalysis().fit(train, y).decision_function(test)
        cells = [[score[(y_fresh == label) & (z_fresh == k)] for k in (0, 1)] for label in (0, 1)]
        return np.array([[(a > cut).mean() - (b > cut).mean() for a, b in cells] for cut in (-3, -1, 0, 1, 3)])

    assert np.abs(gaps(x, fresh)).max(0).min() > 0.1
    assert np.abs(gaps(steer(x, y, z), steer(fresh, y_fresh, z_fresh))).max() < 0.012


def with_numbers(n, seed):
    """Ages in whole years with some missing, an amount, and a category."""
    x, y, z = gaussian(n, seed)
    age = np.clip(np.round(40 + 8 * x[:, 0]), 17, 90)
    age[::11] = np.nan
    kind = np.random.default_rng(seed).choice(["a", "b", "c"], n)
    return {"age": age, "kind": kind, "amount": np.round(1000 * np.exp(0.3 * x[:, 1]))}, y, z


def test_steering_hands_over_numbers_that_occur():
    """Only numbers move, and to values that occur; what is missing stays so; weights are those of reweighing."""
    columns, y, z = with_numbers(2000, 6)
    task = task_on((columns, y, z))
    before = task.x.copy()
    weights, x = handed_over(task, "steering", share=1.0)
    assert np.array_equal(task.x, before, equal_nan=True)
    assert weights == pytest.approx(reweighing_weights(y, z, 2))
    assert (x[:, 1] == before[:, 1]).all()
    assert (np.isnan(x) == np.isnan(before)).all()
    assert (x[:, [0, 2]] != before[:, [0, 2]]).mean() > 0.3
    for j in (0, 2):
        there = before[~np.isnan(before[:, j]), j]
        assert set(x[~np.isnan(x[:, j]), j]) <= set(there)


def test_steering_part_of_the_way():
    columns, y, z = gaussian(3000, 7)
    source = ({"a": columns[:, 0], "b": columns[:, 1]}, y, z)

    def gap(share):
        x = handed_over(task_on(source), "steering", share=share)[1]
        return np.array([np.subtract(*[x[(y == label) & (z == k)].mean(0) for k in (1, 0)]) for label in (0, 1)])

    assert gap(0.5) == pytest.approx(gap(0.0) / 2, abs=0.02)
    assert gap(1.0) == pytest.approx(np.zeros((2, 2)), abs=0.02)


# all of them


def test_every_mitigation_is_covered_here():
    assert set(SETTINGS) == set(MITIGATIONS)


@pytest.mark.parametrize("name", list(MITIGATIONS))
def test_the_same_seed_gives_the_same_answers(name, split):
    """Also after other mitigations have used the task, and whatever the state of the global generators."""
    task = task_on(*split, seed=1)
    answers = []
    for state, used in enumerate((task, task, task_on(*split, seed=1))):
        np.random.seed(state)  # noqa: NPY002
        torch.manual_seed(state)
        before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
        answers.append(predict(name, used, SETTINGS[name]))
        assert (np.random.get_state()[1] == before[0]).all()  # noqa: NPY002
        assert (torch.get_rng_state() == before[1]).all()
        predict("overwrite", used, {"share": 0.9})
    assert all((found == answers[0]).all() for found in answers)
    assert answers[0].shape == (len(task.target),)
    assert answers[0].dtype == np.int64
    assert set(answers[0]) <= {0, 1}


@pytest.mark.parametrize("name", ["overwrite", "fairret"])
def test_another_seed_gives_other_answers(name, split):
    first, second = (predict(name, task_on(*split, seed=seed), SETTINGS[name]) for seed in (0, 1))
    assert (first != second).any()


@pytest.mark.parametrize("name", list(MITIGATIONS))
def test_three_groups_and_cells_missing(name):
    """The third group is in 8 % of the rows; the target has a category and an empty cell that the source lacks."""
    rng = np.random.default_rng(0)

    def three(n, seed):
        columns, y, z = draw(n, seed)
        return columns, y, np.where(rng.random(n) < 0.08, 2, z)

    source, target = three(900, 1), three(600, 2)
    source[0]["merit"][:20] = np.nan
    target[0]["merit"][:20] = np.nan
    target[0]["sector"][:30] = "w"
    task = task_on(source, target)
    assert len(task.source.groups) == 3
    found = predict(name, task, SETTINGS[name])
    assert found.shape == (600,)
    assert set(found) <= {0, 1}
    if name not in ("constant", "overwrite"):
        assert (found == task.target.y).mean() > 0.6


def test_unknown_mitigation():
    with pytest.raises(SettingError, match=r"No method 'magic'. Choose one of .*'?unmitigated'?, .*fair_bayes"):
        method_named("magic")
    with pytest.raises(KeyError, match="magic"):
        MITIGATIONS["magic"]


@pytest.mark.parametrize("name", list(MITIGATIONS))
def test_unknown_setting(name, split):
    with pytest.raises(SettingError, match=rf"^{name} has no setting 'colour'; it has "):
        predict(name, task_on(*split), {**SETTINGS[name], "colour": 1})


def test_missing_setting(split):
    with pytest.raises(SettingError, match=r"^overwrite needs the setting 'share', such as 1.0"):
        predict("overwrite", task_on(*split), {})


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("exponentiated_gradient", {"constraint": "both", "bound": 0.1}),
        ("grid_search", {"constraint": "both", "index": 1}),
        ("grid_search", {"constraint": "dp", "index": 9}),
        ("threshold_optimizer", {"constraint": "both"}),
        ("fairret", {"constraint": "both", "weight": 0.1}),
        ("overwrite", {"share": 0.5, "label": 2}),
        ("overwrite", {"share": 0.5, "label": 0.5}),
        ("reweighing", {"share": 1.6}),
        ("reweighing", {"share": float("nan")}),
        ("steering", {"share": -0.1}),
        ("steering", {"share": "1"}),
        ("fair_bayes", {"multiplier_dp": float("inf")}),
        ("tilted", {"control": "magic", "lambda_z": 0.1}),
        ("tilted", {"control": "dp", "lambda_z": 10.5}),
        ("tilted", {"control": "eop", "lambda_z": 0.1, "lambda_eop": 0.1}),
    ],
)
def test_a_value_that_the_dial_does_not_have(name, setting, split):
    with pytest.raises(SettingError):
        predict(name, task_on(*split), setting)


def test_unknown_classifier(split):
    for name in ("unmitigated", "grid_search"):
        with pytest.raises(SettingError, match="forest"):
            predict(name, task_on(*split, classifier="forest"), SETTINGS[name])


def test_mitigations_use_the_downstream_models():
    assert base.CLASSIFIERS is CLASSIFIERS


@pytest.mark.parametrize("name", list(MITIGATIONS))
def test_a_source_with_one_label(name, split):
    """References answer; whatever has to learn says what is missing."""
    columns, y, z = split[0]
    task = task_on((columns, np.ones_like(y), z), split[1])
    if name in ("constant", "unmitigated", "overwrite"):
        assert predict(name, task, SETTINGS[name]).tolist() == [1] * len(task.target)
    else:
        with pytest.raises(DataError, match="one class only"):
            predict(name, task, SETTINGS[name])


def test_dials_and_keys_have_one_name_each():
    """Dials are compared by name, over all mitigations; a class answers under the name that it is registered by."""
    made = [MITIGATIONS[name] for name in MITIGATIONS]
    dials = [dial.name for mitigation in made for dial in mitigation.dials]
    assert [mitigation.name for mitigation in made] == list(MITIGATIONS)
    assert len(set(dials)) == len(dials)
    assert [m.name for m in made if m.needs_group] == ["threshold_optimizer"]
    assert {m.name for m in made if m.kind == REFERENCE} == {"unmitigated", "overwrite", "constant", "fair_bayes"}
