"""How far chance alone can move a number: bootstrap intervals and the noise floor, both from counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS, MIN_ROWS, other_reading

N_REPLICATES = 1000


def bootstrap(counts: Counts, *, n: int = N_REPLICATES, seed: int = 0) -> np.ndarray:
    """Resampled tables, (n, M, K, 2, 2): the rows of every domain drawn again with replacement.

    Drawing rows with replacement is a multinomial draw over the domain's cells, so no rows are needed.
    """
    rng = np.random.default_rng(seed)
    flat = counts.table.reshape(len(counts.domains), -1)
    draws = [rng.multinomial(row.sum(), row / max(row.sum(), 1), size=n) for row in flat]
    return np.stack(draws, 1).reshape(n, *counts.table.shape)


def _percentiles(values: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Central interval over axis 0; NaN where fewer than half of the replicates are estimable."""
    tail = 50 * (1 - level)
    enough = np.isfinite(values).mean(0) >= 0.5
    filled = np.where(np.isfinite(values).any(0), values, 0.0)
    low, high = np.nanpercentile(filled, [tail, 100 - tail], axis=0)
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)


def interval(
    counts: Counts, function: Callable[[np.ndarray], np.ndarray], *, level: float = 0.95, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Bootstrap percentile interval of a metric per domain (and trailing axes), NaN where it is not estimable."""
    observed = np.isfinite(function(counts.table))
    low, high = _percentiles(function(bootstrap(counts, seed=seed)), level)
    return np.where(observed, low, np.nan), np.where(observed, high, np.nan)


def intervals(counts: Counts, *, level: float = 0.95, seed: int = 0) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Interval of every metric per domain, names as in ``metrics``."""
    tables = bootstrap(counts, seed=seed)
    flipped = other_reading(tables)
    todo = {name: (function, tables) for name, function in METRICS.items()}
    todo |= {f"{name}_other": (METRICS[name], flipped) for name in ("R_DP", "R_EOp")}
    result = {}
    for name, (function, drawn) in todo.items():
        low, high = _percentiles(function(drawn), level)
        observed = np.isfinite(function(counts.table if drawn is tables else other_reading(counts.table)))
        result[name] = (np.where(observed, low, np.nan), np.where(observed, high, np.nan))
    return result


def mean_interval(
    counts: Counts, function: Callable[[np.ndarray], np.ndarray], *, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Interval of a metric's mean over the domains where it is estimable."""
    keep = np.isfinite(function(counts.table))
    if not keep.any():
        return float("nan"), float("nan")
    values = function(bootstrap(counts, seed=seed))[:, keep]
    filled = np.where(np.isfinite(values), values, np.nan)
    means = np.nanmean(np.where(np.isfinite(filled).any(1, keepdims=True), filled, 0.0), 1)
    low, high = np.percentile(means, [50 * (1 - level), 100 - 50 * (1 - level)])
    return float(low), float(high)


def noise_floor(counts: Counts, metric: str, *, n: int = 2000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Median and 5th percentile of a ratio under a perfectly equal model with these counts, each (M,).

    Every group gets the domain's pooled rate; only chance makes the groups differ.

    Parameters
    ----------
    metric : str
        ``"R_DP"`` or ``"R_EOp"``.
    """
    table = counts.table if metric == "R_DP" else counts.table[:, :, 1:, :]
    rows = table.sum((-2, -1))
    pooled = table[..., 1].sum((-2, -1)) / np.maximum(rows.sum(-1), 1)
    rng = np.random.default_rng(seed)
    rates = rng.binomial(rows, pooled[:, None], size=(n, *rows.shape)) / np.maximum(rows, 1)
    high = rates.max(-1)
    ratio = np.where(high > 0, rates.min(-1) / np.where(high > 0, high, 1), 1.0)
    median, low = np.percentile(ratio, [50, 5], axis=0)
    estimable = (rows >= MIN_ROWS).all(-1) & (pooled > 0)
    return np.where(estimable, median, np.nan), np.where(estimable, low, np.nan)
