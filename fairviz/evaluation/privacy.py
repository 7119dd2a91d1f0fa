"""What synthetic rows give away of the people trained on, beside people of the same kind who were not.

Passing distance tests is no proof: sets that pass them leak (Ganev et al. 2025, arXiv 2505.01524), so an attack stands
beside them. All compare with *held-out* rows: people of the same kind that the generator never saw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import pairwise_distances_argmin_min

from fairviz.evaluation.scores import AUC
from fairviz.numerics import settle

#: Rows of each kind that distances are measured from and to, at most.
MAX_COMPARED = 10_000


@dataclass(frozen=True)
class Privacy:
    """What an observer of synthetic rows can tell.

    Attributes
    ----------
    nearer : float
        Share of synthetic rows that are nearer to a row trained on than to any of as many held-out ones, in the mean
        over random choices of them. 0.5: trained-on and held-out people are alike to them; 1: all are near copies.
    nearer_low, nearer_high : float
        95 % interval over those choices and over rows.
    attack : float
        AUC of the membership attack that takes the distance to the nearest synthetic row for evidence. 0.5: it learns
        nothing; 1: it knows who was trained on.
    attack_low, attack_high : float
        95 % interval over people (DeLong).
    copies : float
        Share of synthetic rows that equal a row trained on.
    copies_held : float
        Share of synthetic rows that equal a held-out row; as many of either are compared.
    """

    nearer: float
    nearer_low: float
    nearer_high: float
    attack: float
    attack_low: float
    attack_high: float
    copies: float
    copies_held: float


class Places:
    """Rows as points: numbers by their rank among the given rows, 0 to 1; two other categories are 1 apart."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.names = [str(name) for name in rows.columns]
        self.sorted: dict[str, np.ndarray] = {}
        self.kinds: dict[str, pd.Index] = {}
        for name in self.names:
            if pd.api.types.is_numeric_dtype(rows[name]):
                self.sorted[name] = np.sort(rows[name].dropna().to_numpy(float))
            else:
                self.kinds[name] = pd.Index(sorted(rows[name].astype(str).unique()))

    def __call__(self, rows: pd.DataFrame) -> np.ndarray:
        """Points (n, D), float32; squared distances count differing categories and add squared differences of ranks."""
        parts = []
        for name in self.names:
            if name in self.sorted:
                values = rows[name].to_numpy(float, na_value=np.nan)
                known = self.sorted[name]
                sides = [np.searchsorted(known, values, side=side) for side in ("left", "right")]
                rank = (sides[0] + sides[1]) / (2 * max(len(known), 1))
                gone = np.isnan(values)
                parts += [np.where(gone, 0.5, rank)[:, None], gone[:, None] * 1.0]
            else:
                place = self.kinds[name].get_indexer(pd.Index(rows[name].astype(str)))
                block = np.zeros((len(rows), len(self.kinds[name]) + 1))
                block[np.arange(len(rows)), place] = np.sqrt(0.5)  # an unknown one is the last column
                parts.append(block)
        return np.concatenate(parts, 1).astype(np.float32)


def _nearest(rows: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Distance of every point (n, D) to the nearest of others (m, D)."""
    return np.asarray(pairwise_distances_argmin_min(rows, to)[1])


def _keys(rows: pd.DataFrame) -> pd.Series:
    return pd.util.hash_pandas_object(rows.astype(str), index=False)


def privacy(
    trained: pd.DataFrame, held: pd.DataFrame, rows: pd.DataFrame, *, choices: int = 20, seed: int = 0
) -> Privacy:
    """What synthetic rows give away.

    Parameters
    ----------
    trained, held : DataFrame
        Rows that the generator was trained on, and rows of the same kind that it never saw.
    rows : DataFrame
        Synthetic ones, the same columns.
    choices : int
        Random choices of as many rows trained on as held out.
    """
    settle()
    rng = np.random.default_rng(seed)
    n = min(len(trained), len(held), MAX_COMPARED)
    some = rows.iloc[np.sort(rng.choice(len(rows), min(len(rows), MAX_COMPARED), replace=False))]
    places = Places(trained)
    points, kept = places(some), held.iloc[rng.permutation(len(held))[:n]]
    to_held, shares, first = _nearest(points, places(kept)), [], None
    for _ in range(choices if n < len(trained) else 1):
        chosen = trained.iloc[rng.choice(len(trained), n, replace=False)]
        near = _nearest(points, places(chosen))
        shares.append(float(np.where(near == to_held, 0.5, near < to_held).mean()))
        first = chosen if first is None else first
    assert first is not None
    distances = np.concatenate([_nearest(places(part), points) for part in (first, kept)])
    attack, low, high = AUC.span(np.repeat([1, 0], n), -distances)
    nearer = float(np.mean(shares))
    half = 1.96 * float(np.sqrt(nearer * (1 - nearer) / min(n, len(some)) + np.var(shares)))
    seen, others, drawn = set(_keys(first)), set(_keys(kept)), _keys(some)
    return Privacy(
        nearer, max(0.0, nearer - half), min(1.0, nearer + half), attack, low, high,
        float(drawn.isin(seen).mean()), float(drawn.isin(others).mean()),
    )  # fmt: skip
