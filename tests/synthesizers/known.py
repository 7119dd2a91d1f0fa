"""A world whose joint is known, and a fit that has learnt it."""

import copy
import functools

import numpy as np
import pandas as pd

from fairviz.data import Schema
from fairviz.data.dataset import DomainDataset
from fairviz.dual import Multiplier
from fairviz.synthesizers import FADM

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


class Against:
    """Stands for a dual that never reaches equality: the multiplier is the price, against the group with contrast 1."""

    def __init__(self, c: tuple[float, ...]) -> None:
        self.c = np.array(c)

    def multiplier(self, lambda_dp: float, lambda_eop: float) -> Multiplier:
        return Multiplier(lambda_dp * self.c, lambda_eop * self.c)


def priced() -> FADM:
    """The fit with multipliers that are the prices, so that what a tilt does is tested apart from how far it goes."""
    fit = copy.copy(fitted())
    fit.dual_ = Against((-1.0, 1.0))
    return fit
