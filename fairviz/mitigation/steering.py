"""Affine steering: labelled groups moved onto the normal distributions that treat them alike."""

from __future__ import annotations

import numpy as np

from fairviz.mitigation.base import Mitigation, Task
from fairviz.mitigation.reweighing import reweighing_weights
from fairviz.settings import Dial, Parameter, spread


def ideal_normal(means: np.ndarray, covariances: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The normal N(m, S) that minimises ``sum_z share_z KL(N(m, S) || N(mean_z, cov_z))``: precisions average.

    Parameters
    ----------
    means, covariances, shares : ndarray, shapes (K, F), (K, F, F), (K,)

    Returns
    -------
    (mean, covariance) : ndarray, shapes (F,), (F, F)
    """
    shares = shares / shares.sum()
    precisions = np.linalg.inv(covariances)
    covariance = np.linalg.inv((shares[:, None, None] * precisions).sum(0))
    return covariance @ np.einsum("k,kij,kj->i", shares, precisions, means), covariance


def _root(matrix: np.ndarray, power: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.clip(values, 1e-12, None) ** power) @ vectors.T)


def steer(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Move every (label, group) cell of x (n, F) onto its label's :func:`ideal_normal` by an affine map."""
    out = x.astype(float).copy()
    if x.shape[1] == 0:
        return out
    unit = np.where(x.std(0) > 0, x.std(0), 1.0)  # one unit for all: squares of money would swamp years
    x = x / unit
    ridge = 1e-6 * np.eye(x.shape[1])
    for label in (0, 1):
        cells = [np.flatnonzero((y == label) & (z == k)) for k in np.unique(z[y == label])]
        cells = [rows for rows in cells if len(rows) > x.shape[1] + 1]
        if len(cells) < 2:
            continue
        means = np.stack([x[rows].mean(0) for rows in cells])
        covariances = np.stack([np.atleast_2d(np.cov(x[rows].T)) + ridge for rows in cells])
        mean, covariance = ideal_normal(means, covariances, np.array([len(rows) for rows in cells], float))
        for rows, m, c in zip(cells, means, covariances, strict=True):
            root, back = _root(c, 0.5), _root(c, -0.5)
            move = back @ _root(root @ covariance @ root, 0.5) @ back  # the optimal map between two normals
            out[rows] = (mean + (x[rows] - m) @ move.T) * unit
    return out


class AffineSteering(Mitigation):
    """Affine steering of the numeric block (Sharma et al. 2025, *On Optimal Steering to Achieve Exact Fairness*).

    The numbers of every label and group are taken as normal and moved by the affine map onto the nearest common normal
    distribution of the label (:func:`ideal_normal`); base rates are equalised by :func:`reweighing_weights`. On such a
    distribution the minimiser of any cost-sensitive risk on the numbers treats the groups alike, also one that does not
    see the group. ``share`` goes part of the way. Moved numbers are set to the nearest value that occurs. The target's
    rows are not moved.
    """

    name = "steering"
    source = "Sharma et al. (2025), arXiv 2509.15759"
    parameters = (Parameter("share", 1.0, symbol="share"),)
    dials = (
        Dial(
            "steering", "Affine steering", spread("share", tuple(k / 8 for k in range(9))),
            quick=spread("share", (1.0,)),
        ),
    )  # fmt: skip

    def answer(self, task: Task, *, share: float) -> np.ndarray:
        """See :class:`Mitigation`."""
        numeric = [j for j, flag in enumerate(task.codes.is_category) if not flag]
        y, z = task.source.y, task.source.z
        x = task.x.copy()
        block = np.where(np.isnan(x[:, numeric]), np.nanmean(x[:, numeric], 0), x[:, numeric]) if numeric else x[:, :0]
        moved = (1 - share) * block + share * steer(block, y, z)
        for j in range(len(numeric)):  # back to values that occur: others would give the label away
            values = np.unique(x[~np.isnan(x[:, numeric[j]]), numeric[j]])
            upper = np.searchsorted(values, moved[:, j]).clip(1, max(len(values) - 1, 1))
            if len(values) > 1:
                low, high = values[upper - 1], values[upper]
                moved[:, j] = np.where(moved[:, j] - low < high - moved[:, j], low, high)
        x[:, numeric] = np.where(np.isnan(x[:, numeric]), np.nan, moved)
        return task.predict(reweighing_weights(y, z, len(task.source.groups)) ** share, x)
