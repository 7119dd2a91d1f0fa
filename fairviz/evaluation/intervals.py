"""How far chance alone can move a number: bootstrap intervals and the noise floor, both from counts."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS, MIN_ROWS, other_reading

N_REPLICATES = 1000


def bootstrap(counts: Counts, *, n: int = N_REPLICATES, seed: int = 0) -> np.ndarray:
    """Resampled tables, (n, M, K, 2, 2): the rows of every domain drawn again with replacement.

    Drawing rows with replacement is a multinomial draw over the domain's cells, so no rows are needed. A domain's
    replicates depend on its name and ``seed`` only, not on which other domains are there.
    """
    draws = []
    for domain, table in zip(counts.domains, counts.table, strict=True):
        rng = np.random.default_rng([seed, zlib.crc32(domain.encode())])
        row = table.ravel()
        draws.append(rng.multinomial(row.sum(), row / max(row.sum(), 1), size=n))
    return np.stack(draws, 1).reshape(n, *counts.table.shape)


def central_interval(
    drawn: np.ndarray, value: np.ndarray, level: float = 0.95, limits: tuple[float, float] = (0.0, 1.0)
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile interval over axis 0, moved so that its median lies on ``value``, cut off at ``limits``.

    Chance can only lower a smallest-over-largest ratio, so its replicates lie too low near equality; moving them is
    the simplest correction for bias. NaN where ``value`` is, or where fewer than half of the replicates are estimable.
    """
    tail = 50 * (1 - level)
    enough = (np.isfinite(drawn).mean(0) >= 0.5) & np.isfinite(value)
    filled = np.where(np.isfinite(drawn).any(0), drawn, 0.0)
    low, middle, high = np.nanpercentile(filled, [tail, 50, 100 - tail], axis=0)
    low, high = (np.clip(value + end - middle, *limits) for end in (low, high))
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)


def interval(
    counts: Counts, function: Callable[[np.ndarray], np.ndarray], *, level: float = 0.95, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Bootstrap interval of a metric per domain (and trailing axes), NaN where it is not estimable."""
    return central_interval(function(bootstrap(counts, seed=seed)), function(counts.table), level)


def intervals(counts: Counts, *, level: float = 0.95, seed: int = 0) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Interval of every metric per domain, names as in ``metrics``."""
    tables = bootstrap(counts, seed=seed)
    result = {n: central_interval(f(tables), f(counts.table), level) for n, f in METRICS.items()}
    for name in ("R_DP", "R_EOp"):
        function = METRICS[name]
        value = function(other_reading(counts.table))
        result[f"{name}_other"] = central_interval(function(other_reading(tables)), value, level)
    return result


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
