"""Weights on a pool of unguided rows: by hand, and against guided rows in a world whose joint is known."""

import copy
import functools
import math

import numpy as np
import pandas as pd
import pytest
import torch

from fairviz.controls import CONTROLS
from fairviz.data import Schema
from fairviz.data.dataset import DomainDataset
from fairviz.diffusion.guidance import Tilt
from fairviz.dual import Multiplier
from fairviz.errors import SettingError
from fairviz.synthesizers import FADM
from fairviz.synthesizers.pool import Pool, effective_sample_size

SCHEMA = Schema(("a", "b"), "y", "yes", "z", "d")
A, B = ("a0", "a1"), ("b0", "b1", "b2")


def _joint() -> np.ndarray:
    """P(a, b, y, z), shape (2, 3, 2, 2); z = 1 gets the favourable label more often, and a and b hint at it."""
    a, b, z = np.indices((2, 3, 2))
    x_z = np.array([0.45, 0.55])[z] * np.array([[0.75, 0.25], [0.25, 0.75]])[z, a]
    x_z = x_z * np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])[z, b]
    logit = np.array([[0.0, -1.2, 0.9], [-0.8, 0.9, 0.0]])[a, b] + 0.8 * (z - 0.5)
    yes = 1 / (1 + np.exp(-logit))
    return np.stack([x_z * (1 - yes), x_z * yes], 2)


JOINT = _joint()
P_XY = JOINT.sum(3)  # (2, 3, 2)
P_Z = JOINT.sum(2) / JOINT.sum((2, 3))[..., None]  # p(z | x), (2, 3, 2)
P_Z1 = JOINT[:, :, 1] / P_XY[:, :, 1, None]  # p(z | x, y=1)
PI, PI_1 = JOINT.sum((0, 1, 2)), JOINT[:, :, 1].sum((0, 1))
W = P_Z[..., 1] / PI[1] - P_Z[..., 0] / PI[0]
W1 = P_Z1[..., 1] / PI_1[1] - P_Z1[..., 0] / PI_1[0]
#: Control, its price, and the same as prices of both gaps.
TILTS = [("dp", 0.1, 0.1, 0.0), ("dp", 0.2, 0.2, 0.0), ("eop", 0.12, 0.0, 0.12)]
N_ROWS = 8000


def tilted(dp: float, eop: float) -> np.ndarray:
    """P(a, b, y) after the tilt, straight from its definition; nothing is clipped at these prices."""
    out = np.stack([P_XY[..., 0] * (1 + dp * W), P_XY[..., 1] * (1 - dp * W - eop * W1)], 2)
    assert (out > 0.05 * P_XY).all()
    return out / out.sum()


def world(n: int = 6000, domains: tuple[str, ...] = ("d1", "d2", "d3")) -> DomainDataset:
    """About ``n`` rows in the joint's proportions, in alike domains."""
    counts = np.rint(JOINT * n).astype(int)
    a, b, y, z = np.repeat(np.indices(JOINT.shape).reshape(4, -1), counts.ravel(), axis=1)
    frame = pd.DataFrame(
        {
            "a": np.array(A)[a],
            "b": np.array(B)[b],
            "y": np.array(["no", "yes"])[y],
            "z": np.array(["z0", "z1"])[z],
            "d": np.random.default_rng(0).choice(domains, len(a)),
        }
    )
    return DomainDataset.from_frame("world", frame, SCHEMA)


@functools.cache
def fitted() -> FADM:
    """A fit that has learnt the world. Its domains are alike, so plain training will do."""
    size = {"hidden": 32, "depth": 2, "classifier_hidden": 32, "classifier_depth": 2, "batch_size": 256}
    return FADM(n_iter=2000, learning_rate=0.008, meta="none", **size).fit(world())


def cells(frame: pd.DataFrame) -> np.ndarray:
    """Index of every row's (a, b)."""
    return 3 * frame["a"].astype(str).map(A.index).to_numpy() + frame["b"].astype(str).map(B.index).to_numpy()


def table(frame: pd.DataFrame, weights: np.ndarray | None = None) -> np.ndarray:
    """P(a, b, y) of (weighted) rows."""
    cell = 2 * cells(frame) + (frame["y"].astype(str) == "yes").to_numpy()
    out = np.bincount(cell, weights=weights, minlength=12).reshape(2, 3, 2)
    return out / out.sum()


@pytest.fixture(scope="module")
def fit() -> FADM:
    """The fit with multipliers that are the prices, so that what a tilt does is tested apart from how far it goes."""
    fit = copy.copy(fitted())
    fit.dual_ = Against((-1.0, 1.0))
    return fit


@pytest.fixture(scope="module")
def pool(fit: FADM) -> Pool:
    return Pool.draw(fit, N_ROWS, random_state=0, n_steps=20)


def by_hand(
    y: list[int], p_z: list[list[float]], p_z1: list[list[float]] | None = None, p_y: list[float] | None = None,
    *, c: tuple[float, ...] = (-1.0, 1.0), pi: tuple[float, ...] = (0.4, 0.6), pi_1: tuple[float, ...] = (0.1, 0.3),
) -> Pool:  # fmt: skip
    """A pool without a fit."""
    tilt = Tilt(*(torch.tensor(v) for v in (pi, pi_1)))
    columns = [np.array(v, np.float32) for v in (p_y or [0.5] * len(y), p_z, p_z1 or p_z)]
    return Pool(pd.DataFrame({"y": y}), np.array(y, np.int64), *columns, tilt, Against(c))


class Against:
    """Stands for a dual that never reaches equality: the multiplier is the price, against the group with contrast 1."""

    def __init__(self, c: tuple[float, ...]) -> None:
        self.c = np.array(c)

    def multiplier(self, lambda_dp: float, lambda_eop: float) -> Multiplier:
        return Multiplier(lambda_dp * self.c, lambda_eop * self.c)


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


def test_a_pool_is_the_rows_of_the_fit(fit: FADM) -> None:
    pool = Pool.draw(fit, 1500, random_state=4)
    pd.testing.assert_frame_equal(pool.rows, fit.sample(1500, random_state=4))
    assert len(pool) == 1500
    assert pool.y.tolist() == (pool.rows["y"] == "yes").astype(int).tolist()
    pd.testing.assert_frame_equal(
        Pool.draw(fit, 300, random_state=4, n_steps=20).rows, fit.sample(300, random_state=4, n_steps=20)
    )


@pytest.mark.parametrize("control", list(CONTROLS))
def test_price_zero_weighs_every_row_alike(pool: Pool, control: str) -> None:
    assert (pool.weights(control=control) == 1.0).all()
    assert effective_sample_size(pool.weights(control=control)) == pytest.approx(len(pool))


def test_the_classifiers_answers_are_those_of_each_row(pool: Pool) -> None:
    """p(y|x) of the row's own label, p(z|x) and p(z|x, y=1), against the world's."""
    cell, y = cells(pool.rows), pool.y
    own = (P_XY / P_XY.sum(2, keepdims=True)).reshape(6, 2)[cell, y]
    assert np.abs(pool.p_y - own).max() < 0.06
    assert np.abs(pool.p_z - P_Z.reshape(6, 2)[cell]).max() < 0.06
    assert np.abs(pool.p_z1 - P_Z1.reshape(6, 2)[cell]).max() < 0.06
    assert np.abs(P_Z - P_Z1).max() > 0.07  # the two are told apart
    assert pool.tilt.pi.tolist() == pytest.approx(PI, abs=2e-3)
    assert pool.tilt.pi_1.tolist() == pytest.approx(PI_1, abs=2e-3)


@pytest.fixture(scope="module")
def guided(fit: FADM) -> dict:
    """Tables of guided rows, two seeds each, and of unguided rows with the same noise."""
    settings = [("dp", 0.0, 0.0, 0.0), *TILTS]
    return {
        (control, price): [
            table(fit.sample(N_ROWS, control=control, lambda_z=price, random_state=seed, n_steps=20)) for seed in (1, 2)
        ]
        for control, price, _, _ in settings
    }


@pytest.mark.parametrize(("control", "price", "dp", "eop"), TILTS)
def test_weighted_rows_agree_with_guided_rows(
    pool: Pool, guided: dict, control: str, price: float, dp: float, eop: float
) -> None:
    """Every cell of P(a, b, y): within the spread of two seeds and four standard errors of both samples."""
    weights = pool.weights(control=control, lambda_z=price)
    found, (one, two) = table(pool.rows, weights), guided[control, price]
    p = tilted(dp, eop)
    error = np.sqrt(p * (1 - p) * (1 / effective_sample_size(weights) + 1 / N_ROWS))
    allowed = np.abs(one - two) + 4 * error
    assert (np.abs(found - one) <= allowed).all()
    if price > 0.1:  # the bound is narrow enough to see that the weights were left out
        assert (np.abs(table(pool.rows) - one) > allowed).any()


@pytest.mark.parametrize(("control", "price", "dp", "eop"), TILTS)
def test_both_follow_the_closed_form(
    pool: Pool, guided: dict, control: str, price: float, dp: float, eop: float
) -> None:
    """Cells within 0.025 (training and chance), and the whole of the move, no more and no less, within a quarter."""
    wanted, move = tilted(dp, eop), tilted(dp, eop) - P_XY
    found = {
        "weights": table(pool.rows, pool.weights(control=control, lambda_z=price)),
        "guided": guided[control, price][0],
    }
    start = {"weights": table(pool.rows), "guided": guided["dp", 0.0][0]}
    for how, cells_found in found.items():
        assert np.abs(cells_found - wanted).max() < 0.025, how
        moved = ((cells_found - start[how]) * move).sum() / (move**2).sum()
        assert moved == pytest.approx(1.0, abs=0.25), how


@pytest.mark.parametrize(("control", "price", "dp", "eop"), TILTS)
def test_both_have_the_same_best_rule(
    pool: Pool, guided: dict, control: str, price: float, dp: float, eop: float
) -> None:
    """The more frequent label of every cell, where the closed form leaves it in no doubt."""
    wanted = tilted(dp, eop)
    share = wanted[..., 1] / wanted.sum(2)
    clear = np.abs(share - 0.5) > 0.08
    found = table(pool.rows, pool.weights(control=control, lambda_z=price))
    for joint in (found, *guided[control, price]):
        assert ((joint[..., 1] > joint[..., 0]) == (share > 0.5))[clear].all()
    assert clear.sum() >= 3
    if price == 0.2:  # and it is not the rule without a price
        assert ((P_XY[..., 1] > P_XY[..., 0]) != (share > 0.5))[clear].any()


def test_lambda_y_follows_the_closed_form(pool: Pool) -> None:
    """p(x | y) p(y | x), the label share as it was."""
    found, start = table(pool.rows, pool.weights(lambda_y=2.0)), table(pool.rows)
    wanted = P_XY * P_XY / P_XY.sum(2, keepdims=True)
    wanted = wanted / wanted.sum((0, 1)) * P_XY.sum((0, 1))
    assert np.abs(found - wanted).max() < 0.025
    assert np.abs(P_XY - wanted).max() > 0.04
    assert found.sum((0, 1)) == pytest.approx(start.sum((0, 1)))


def test_entropy_follows_the_closed_form(pool: Pool) -> None:
    """p(x | y) exp(lambda H(p(z | x))), the label share as it was."""
    found, start = table(pool.rows, pool.weights(control="entropy", lambda_z=5.0)), table(pool.rows)
    wanted = P_XY * np.exp(-5.0 * (P_Z * np.log(P_Z)).sum(2))[..., None]
    wanted = wanted / wanted.sum((0, 1)) * P_XY.sum((0, 1))
    assert np.abs(found - wanted).max() < 0.025
    assert np.abs(P_XY - wanted).max() > 0.04
    assert found.sum((0, 1)) == pytest.approx(start.sum((0, 1)))
