"""Metrics against hand-worked tables and fairlearn."""

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equal_opportunity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
    selection_rate,
    true_positive_rate,
)
from sklearn.metrics import balanced_accuracy_score, precision_score

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS, mean_over_domains, metrics, precision

#: Women: 40 rows, 10 truly yes (6 found), 30 no (3 wrongly yes). Men: 60 rows, 30 yes (24 found), 30 no (6 wrongly).
HAND = np.array([[[[27, 3], [4, 6]], [[24, 6], [6, 24]]]])


def test_hand_worked_table() -> None:
    values = metrics(Counts(("d",), ("women", "men"), HAND))
    assert values["accuracy"][0] == pytest.approx((27 + 6 + 24 + 24) / 100)
    assert values["R_DP"][0] == pytest.approx((9 / 40) / (30 / 60))
    assert values["R_EOp"][0] == pytest.approx(0.6 / 0.8)
    assert values["dp_difference"][0] == pytest.approx(0.5 - 0.225)
    assert values["eop_difference"][0] == pytest.approx(0.2)
    assert values["eo_difference"][0] == pytest.approx(max(0.2, 6 / 30 - 3 / 30))
    assert values["accuracy_gap"][0] == pytest.approx(33 / 40 - 48 / 60)
    assert np.isnan(values["R_PP"][0])  # 9 women were predicted yes, one too few to judge
    assert values["balanced_accuracy"][0] == pytest.approx((30 / 40 + 51 / 60) / 2)
    assert values["eo_ratio"][0] == pytest.approx(min(0.6 / 0.8, 0.1 / 0.2))
    assert values["R_DP_other"][0] == pytest.approx((30 / 60) / (31 / 40))
    assert values["R_EOp_other"][0] == pytest.approx((24 / 30) / (27 / 30))


@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_equal_to_fairlearn(n_groups: int) -> None:
    rng = np.random.default_rng(n_groups)
    n = 3000
    z, y = rng.integers(0, n_groups, n), rng.integers(0, 2, n)
    yhat = (rng.random(n) < 0.2 + 0.4 * y + 0.05 * z).astype(int)
    table = np.zeros((1, n_groups, 2, 2), int)
    np.add.at(table, (0, z, y, yhat), 1)
    values = {name: float(function(table)[0]) for name, function in METRICS.items()}
    common = {"y_true": y, "y_pred": yhat, "sensitive_features": z}
    assert values["R_DP"] == pytest.approx(demographic_parity_ratio(**common))
    assert values["dp_difference"] == pytest.approx(demographic_parity_difference(**common))
    assert values["R_EOp"] == pytest.approx(equal_opportunity_ratio(**common))
    assert values["eop_difference"] == pytest.approx(equal_opportunity_difference(**common))
    assert values["eo_difference"] == pytest.approx(equalized_odds_difference(**common))
    assert values["eo_ratio"] == pytest.approx(equalized_odds_ratio(**common))
    assert values["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(y, yhat))
    parts = {"s": selection_rate, "t": true_positive_rate, "p": precision_score}
    frame = MetricFrame(metrics=parts, **common)
    by_group = frame.by_group
    assert values["R_PP"] == pytest.approx(frame.ratio()["p"])
    from fairviz.evaluation import metrics as m

    assert m.selection_rate(table)[0].tolist() == pytest.approx(by_group["s"].tolist())
    assert m.true_positive_rate(table)[0].tolist() == pytest.approx(by_group["t"].tolist())
    assert precision(table)[0].tolist() == pytest.approx(by_group["p"].tolist())


def test_small_groups_are_not_estimable() -> None:
    """9 women who are truly yes: no R_EOp, but R_DP over 39 women stands. fairlearn would say 0 for none of them."""
    table = HAND.copy()
    table[0, 0, 1] = [4, 5]
    values = metrics(Counts(("d",), ("women", "men"), table))
    assert np.isnan(values["R_EOp"][0])
    assert np.isnan(values["eop_difference"][0])
    assert np.isfinite(values["R_DP"][0])
    assert METRICS["R_EOp"].why_not(table[0], ("women", "men")) == (
        "fewer than 10 rows with the favourable label: women (9)"
    )
    assert METRICS["R_DP"].why_not(table[0], ("women", "men")) is None
    table[0, 0, 1] = [4, 6]
    assert np.isfinite(metrics(Counts(("d",), ("women", "men"), table))["R_EOp"][0])


def test_nobody_selected_is_not_estimable() -> None:
    table = np.array([[[[30, 0], [10, 0]], [[40, 0], [20, 0]]]])
    values = metrics(Counts(("d",), ("women", "men"), table))
    assert np.isnan(values["R_DP"][0])
    assert values["dp_difference"][0] == 0
    assert values["accuracy"][0] == pytest.approx(0.7)
    assert "nobody" in str(METRICS["R_DP"].why_not(table[0], ("women", "men")))


def test_mean_says_over_how_many_domains() -> None:
    assert mean_over_domains(np.array([0.5, np.nan, 0.7])) == (pytest.approx(0.6), 2)
    mean, n = mean_over_domains(np.array([np.nan]))
    assert np.isnan(mean)
    assert n == 0
