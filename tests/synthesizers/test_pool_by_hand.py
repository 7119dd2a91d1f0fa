"""Weights on a pool of unguided rows, by hand."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from fairviz.diffusion.guidance import Tilt
from fairviz.errors import SettingError
from fairviz.synthesizers.pool import Pool, effective_sample_size
from tests.synthesizers.known import Against


def by_hand(
    y: list[int], p_z: list[list[float]], p_z1: list[list[float]] | None = None, p_y: list[float] | None = None,
    *, c: tuple[float, ...] = (-1.0, 1.0), pi: tuple[float, ...] = (0.4, 0.6), pi_1: tuple[float, ...] = (0.1, 0.3),
) -> Pool:  # fmt: skip
    """A pool without a fit."""
    tilt = Tilt(*(torch.tensor(v) for v in (pi, pi_1)))
    columns = [np.array(v, np.float32) for v in (p_y or [0.5] * len(y), p_z, p_z1 or p_z)]
    return Pool(pd.DataFrame({"y": y}), np.array(y, np.int64), *columns, tilt, Against(c))


@pytest.mark.parametrize(
    ("weights", "size"), [([1, 1, 1], 3.0), ([1, 0, 0], 1.0), ([2, 1], 9 / 5), ([5, 5], 2.0), ([0, 0], 0.0)]
)
def test_effective_sample_size_by_hand(weights: list[float], size: float) -> None:
    assert effective_sample_size(np.array(weights, float)) == pytest.approx(size)


# With groups (0.4, 0.6) and favourable shares (0.1, 0.3): w = p1 / 0.6 - p0 / 0.4, w1 = p1 / 0.3 - p0 / 0.1.
TWO = {
    "y": [1, 0, 1, 0],
    "p_z": [[0.5, 0.5], [0.5, 0.5], [0.1, 0.9], [0.1, 0.9]],  # w: -5/12, -5/12, 5/4, 5/4
    "p_z1": [[0.4, 0.6], [0.4, 0.6], [0.1, 0.9], [0.1, 0.9]],  # w1: -2, -2, 2, 2
}


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ({"control": "dp", "lambda_z": 0.24}, [1.1, 0.9, 0.7, 1.3]),
        ({"control": "eop", "lambda_z": 0.1}, [1.2, 1.0, 0.8, 1.0]),
        ({"control": "dp_eop", "lambda_z": 0.24, "lambda_eop": 0.1}, [1.3, 0.9, 0.5, 1.3]),
        ({"control": "dp_eop", "lambda_z": 0.0, "lambda_eop": 0.1}, [1.2, 1.0, 0.8, 1.0]),
        ({"control": "dp", "lambda_z": 2.4}, [2.0, 0.05, 0.05, 4.0]),  # 1 - 1 and 1 - 3 are clipped
        ({"control": "eop", "lambda_z": 0.6}, [2.2, 1.0, 0.05, 1.0]),  # 1 - 1.2 is clipped
        ({}, [1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_two_groups_by_hand(setting: dict, wanted: list[float]) -> None:
    """Not normalised within a label: the tilted label prior is in the weights."""
    assert by_hand(**TWO).weights(**setting) == pytest.approx(wanted, abs=1e-6)


def test_three_groups_by_hand() -> None:
    """w = -0.75 p0 / 0.2 - 0.25 p1 / 0.25 + p2 / 0.5, w1 = -0.75 p0 / 0.05 - 0.25 p1 / 0.125 + p2 / 0.25."""
    shares = {"c": (-0.75, -0.25, 1.0), "pi": (0.2, 0.25, 0.5), "pi_1": (0.05, 0.125, 0.25)}
    p_z = [[0.4, 0.3, 0.3]] * 2 + [[0.0, 0.2, 0.8]] * 2  # w: -1.5 - 0.3 + 0.6 = -1.2 and -0.2 + 1.6 = 1.4
    p_z1 = [[0.2, 0.3, 0.5]] * 2 + [[0.0, 0.1, 0.9]] * 2  # w1: -3 - 0.6 + 2 = -1.6 and -0.2 + 3.6 = 3.4
    three = by_hand([1, 0, 1, 0], p_z, p_z1, **shares)
    assert three.weights(control="dp", lambda_z=0.5) == pytest.approx([1.6, 0.4, 0.3, 1.7], abs=1e-6)
    assert three.weights(control="eop", lambda_z=0.25) == pytest.approx([1.4, 1.0, 0.15, 1.0], abs=1e-6)
    both = three.weights(control="dp_eop", lambda_z=0.5, lambda_eop=0.05)
    assert both == pytest.approx([1.68, 0.4, 0.13, 1.7], abs=1e-6)
    assert three.weights(control="dp", lambda_z=1.0) == pytest.approx([2.2, 0.05, 0.05, 2.4], abs=1e-6)


def test_entropy_by_hand() -> None:
    """Within a label proportional to exp(lambda H); a label weighs as much as it has rows."""
    sure, even, tilted_row = 0.0, math.log(2), -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    pool = by_hand([1, 1, 0, 0, 0], [[1.0, 0.0], [0.5, 0.5], [0.5, 0.5], [0.9, 0.1], [0.0, 1.0]])
    for price in (0.5, 2.0, 20.0):
        weights = pool.weights(control="entropy", lambda_z=price)
        assert weights[1] / weights[0] == pytest.approx(math.exp(price * (even - sure)), rel=1e-4)
        assert weights[2] / weights[3] == pytest.approx(math.exp(price * (even - tilted_row)), rel=1e-4)
        assert weights[2] / weights[4] == pytest.approx(math.exp(price * even), rel=1e-4)
        assert weights[:2].sum() == pytest.approx(2.0)
        assert weights[2:].sum() == pytest.approx(3.0)


def test_entropy_of_three_groups() -> None:
    pool = by_hand([1, 1], [[1 / 3] * 3, [0.5, 0.5, 0.0]], c=(-1.0, 0.0, 1.0), pi=(0.3,) * 3, pi_1=(0.1,) * 3)
    weights = pool.weights(control="entropy", lambda_z=3.0)
    assert weights[0] / weights[1] == pytest.approx((3 / 2) ** 3, rel=1e-4)


@pytest.mark.parametrize(("strength", "power"), [(3.0, 2.0), (2.0, 1.0), (0.5, -0.5), (0.0, -1.0)])
def test_lambda_y_by_hand(strength: float, power: float) -> None:
    """Within a label proportional to p(y|x)^(lambda_y - 1)."""
    pool = by_hand([1, 1, 0, 0, 0], [[0.5, 0.5]] * 5, p_y=[0.8, 0.2, 0.9, 0.6, 0.3])
    weights = pool.weights(lambda_y=strength)
    assert weights[0] / weights[1] == pytest.approx(4.0**power, rel=1e-4)
    assert weights[2] / weights[3] == pytest.approx(1.5**power, rel=1e-4)
    assert weights[3] / weights[4] == pytest.approx(2.0**power, rel=1e-4)
    assert weights[:2].sum() == pytest.approx(2.0)
    assert weights[2:].sum() == pytest.approx(3.0)


def test_lambda_y_together_with_a_tilt() -> None:
    """Rows change within a label, a label weighs what the tilt alone gives it."""
    pool = by_hand(**TWO, p_y=[0.8, 0.9, 0.2, 0.3])
    weights = pool.weights(control="dp", lambda_z=0.24, lambda_y=2.0)
    assert weights[0] / weights[2] == pytest.approx(1.1 / 0.7 * 4.0, rel=1e-4)
    assert weights[1] / weights[3] == pytest.approx(0.9 / 1.3 * 3.0, rel=1e-4)
    assert weights[[0, 2]].sum() == pytest.approx(1.8, rel=1e-5)
    assert weights[[1, 3]].sum() == pytest.approx(2.2, rel=1e-5)


def test_lambda_y_together_with_entropy() -> None:
    pool = by_hand([1, 1], [[0.5, 0.5], [1.0, 0.0]], p_y=[0.3, 0.6])
    weights = pool.weights(control="entropy", lambda_z=2.0, lambda_y=3.0)
    assert weights[0] / weights[1] == pytest.approx(4.0 * 0.25, rel=1e-4)


@pytest.mark.parametrize(
    "setting",
    [
        {"control": "entropy", "lambda_z": 50.0},
        {"control": "entropy", "lambda_z": 100.0},
        {"lambda_y": 4.0},
        {"lambda_y": 10.0},
        {"lambda_y": 0.0},
    ],
)
def test_label_shares_stay_at_extreme_settings(setting: dict) -> None:
    """However strong: one label's rows are all more typical, or less certain, than the other's."""
    pool = by_hand([1, 1, 0, 0], [[0.5, 0.5], [0.4, 0.6], [0.9, 0.1], [0.99, 0.01]], p_y=[0.9, 0.8, 0.4, 0.1])
    weights = pool.weights(**setting)
    assert np.isfinite(weights).all()
    assert weights[:2].sum() == pytest.approx(2.0)
    assert weights[2:].sum() == pytest.approx(2.0)


def test_a_pool_of_one_label() -> None:
    pool = by_hand([1, 1], [[0.5, 0.5], [1.0, 0.0]], p_y=[0.3, 0.6])
    assert pool.weights(lambda_y=2.0) == pytest.approx([2 / 3, 4 / 3], rel=1e-4)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"control": "fair"}, "No control 'fair'"),
        ({"lambda_z": -0.1}, "lambda_z is -0.1"),
        ({"lambda_z": float("nan")}, "lambda_z is nan"),
        ({"lambda_y": float("inf")}, "lambda_y is inf"),
        ({"lambda_y": -1.0}, "lambda_y is -1"),
        ({"lambda_y": 200.0}, "lambda_y is 200; choose a number from 0 to 10"),
        ({"control": "entropy", "lambda_z": 2000.0}, "lambda_z is 2000; choose a number from 0 to 100"),
        ({"lambda_z": [0.1, 0.2]}, "lambda_z has shape"),
        ({"lambda_eop": 0.1}, "lambda_eop goes with control 'dp_eop' only, not with 'dp'"),
        ({"lambda_eop": -0.1, "control": "dp_eop"}, "lambda_eop is -0.1"),
    ],
)
def test_bad_settings(setting: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        by_hand(**TWO).weights(**setting)
