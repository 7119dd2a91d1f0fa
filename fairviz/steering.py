"""Affine steering: labelled groups moved onto the normal distributions that treat them alike (numpy only)."""

from __future__ import annotations

import numpy as np


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
    return (vectors * np.clip(values, 1e-12, None) ** power) @ vectors.T


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
