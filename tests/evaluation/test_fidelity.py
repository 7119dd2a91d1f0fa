"""Fidelity against hand-worked tables, closed forms, and other people of the same kind."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from fairviz.evaluation.fidelity import FIDELITY, Detection, Impossible, LinearDetection, Shapes, Trends


def people(n: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(shift, 1, n)
    return pd.DataFrame({"x": x, "k": np.where(x + rng.normal(size=n) > shift, "u", "v")})


def test_shapes_by_hand() -> None:
    """Total variation of (.5, .3, .2) and (.4, .3, .3) is .1; Kolmogorov-Smirnov of 1..4 against 3..6 is 1/2."""
    real = pd.DataFrame({"k": list("aaaaabbbcc"), "x": [1.0, 2, 3, 4, 1, 2, 3, 4, 1, 4]})
    rows = pd.DataFrame({"k": list("aaaabbbccc"), "x": real["x"]})
    assert Shapes()(real, rows) == pytest.approx((0.9 + 1) / 2)
    one, other = pd.DataFrame({"x": [1.0, 2, 3, 4]}), pd.DataFrame({"x": [3.0, 4, 5, 6]})
    assert Shapes()(one, other) == pytest.approx(0.5)


def test_shapes_of_a_shift_follow_the_normal() -> None:
    """Two normals a distance of 1 apart: the largest gap of their distributions is 2 Phi(1/2) - 1."""
    one, other = people(40_000, 1)[["x"]], people(40_000, 2, shift=1.0)[["x"]]
    assert Shapes()(one, other) == pytest.approx(1 - (2 * norm.cdf(0.5) - 1), abs=0.01)


def test_trends_by_hand() -> None:
    """Numbers: correlations 1 and -1 are as far apart as can be. Categories: half of the pairs are others."""
    up, down = pd.DataFrame({"x": [1.0, 2, 3], "w": [1.0, 2, 3]}), pd.DataFrame({"x": [1.0, 2, 3], "w": [3.0, 2, 1]})
    assert Trends()(up, down) == pytest.approx(0.0, abs=1e-12)
    assert Trends()(up, up) == pytest.approx(1.0)
    real = pd.DataFrame({"a": list("uuvv"), "b": list("rsrs")})
    rows = pd.DataFrame({"a": list("uuvv"), "b": list("rrss")})
    assert Trends()(real, rows) == pytest.approx(0.5)
    assert Shapes()(real, rows) == 1.0  # single columns do not show it


@pytest.mark.parametrize("detection", [Detection(), LinearDetection()], ids=lambda d: d.name)
@pytest.mark.parametrize("shift", [0.5, 1.0, 3.0])
def test_detection_of_a_shift_follows_the_normal(detection: Detection, shift: float) -> None:
    """The best classifier's AUC is Phi(d / sqrt 2) for two normals d apart."""
    one, other = people(6000, 3)[["x"]], people(6000, 4, shift=shift)[["x"]]
    assert detection(one, other) == pytest.approx(2 * (1 - norm.cdf(shift / np.sqrt(2))), abs=0.05)


def test_people_of_the_same_kind_score_best_but_for_chance() -> None:
    one, other = people(4000, 5), people(3000, 6)
    for metric in FIDELITY:
        assert metric(one, other) == pytest.approx(metric.best, abs=0.06), metric.name
        assert metric.low <= metric.best <= metric.high
        assert metric.best == (metric.high if metric.better == "high" else metric.low)


def test_only_boosting_sees_a_relation_that_is_no_line() -> None:
    """Same columns one by one, and no linear trace: the sign of the product is what differs."""
    rng = np.random.default_rng(8)
    real = pd.DataFrame(rng.normal(size=(6000, 2)), columns=["x", "w"])
    rows = pd.DataFrame(rng.normal(size=(6000, 2)), columns=["x", "w"])
    rows["w"] = np.abs(rows["w"]) * np.sign(rows["x"]) * np.sign(rng.random(6000) - 0.1)
    # 90 % of rows have a positive product, 50 % of real ones: AUC = 1/2 + (0.9 - 0.5) / 2 = 0.7
    assert Detection()(real, rows) == pytest.approx(0.6, abs=0.05)
    assert LinearDetection()(real, rows) > 0.93


def test_impossible_rows_are_counted() -> None:
    real = pd.DataFrame({"a": ["u"] * 100 + ["v"] * 100, "b": ["r"] * 100 + ["s"] * 100})
    rows = pd.DataFrame({"a": list("uuvv"), "b": list("rsrs")})
    assert Impossible()(real, rows) == 0.5
    assert Impossible()(real, real) == 0.0


def test_gaps_and_categories_of_one_side_only() -> None:
    real = pd.DataFrame({"x": [1.0, np.nan, 3.0] * 40, "k": ["u", "v", "u"] * 40})
    rows = pd.DataFrame({"x": [np.nan] * 60, "k": ["w"] * 60})
    for metric in FIDELITY:
        value = metric(real, rows)
        assert metric.low <= value <= metric.high, metric.name
    assert Shapes()(real, rows) == 0.0
    assert Detection()(real, rows) == pytest.approx(0.0, abs=0.01)
