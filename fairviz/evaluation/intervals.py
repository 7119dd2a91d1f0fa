"""How far chance alone can move a number: bootstrap intervals and the noise floor, both from counts."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS, MIN_ROWS, between

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


def replicated(function: Callable[[np.ndarray], np.ndarray], tables: np.ndarray) -> np.ndarray:
    """A metric of resampled tables (n, ..., K, 2, 2), whatever few people a replicate drew.

    Whether a group is large enough is asked of the data, once; replicates that drew fewer are part of what chance does.
    Metrics are shares, so tables may be multiplied to pass the limit.
    """
    return function(MIN_ROWS * tables)


def central_interval(
    drawn: np.ndarray, value: np.ndarray, level: float = 0.95, limits: tuple[float, float] = (0.0, 1.0)
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile interval over axis 0, moved so that its median lies on ``value``, cut off at ``limits``.

    Moving the replicates is the simplest correction for bias. NaN where ``value`` is, or where fewer than half of the
    replicates are estimable.
    """
    tail = 50 * (1 - level)
    enough = (np.isfinite(drawn).mean(0) >= 0.5) & np.isfinite(value)
    filled = np.where(np.isfinite(drawn).any(0), drawn, 0.0)
    low, middle, high = np.nanpercentile(filled, [tail, 50, 100 - tail], axis=0)
    low, high = (np.clip(value + end - middle, *limits) for end in (low, high))
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)


def read_on(metric: str, tables: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """A metric of resampled tables, (n, ...), read on beyond equality where two groups changed places.

    A smallest-over-largest ratio folds at 1 (a gap at 0): near equality its replicates pile up on one side and their
    percentiles never reach equality. So where a replicate's direction is not that of the data, 0.9 is read as 1.1 and a
    gap of 0.1 as -0.1. With more than two groups, and for other metrics, the replicates stay as they are.

    Parameters
    ----------
    tables : ndarray, shape (n, ..., K, 2, 2)
    shown : ndarray, shape (..., K, 2, 2)
        The data's own counts.
    """
    what = METRICS[metric]
    drawn = replicated(what, tables)
    if what.rate is None or shown.shape[-3] != 2:
        return drawn
    rates = between(metric).group_rates
    now, then = (np.subtract(r[..., 1], r[..., 0]) for r in (replicated(rates, tables), rates(shown)))
    return np.where(now * np.where(then < 0, -1.0, 1.0) < 0, 2 * what.equality - drawn, drawn)


def folded_interval(
    metric: str, drawn: np.ndarray, value: np.ndarray, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """:func:`central_interval` of what :func:`read_on` gave, folded back at equality."""
    what = METRICS[metric]
    if what.rate is None:
        return central_interval(drawn, value, level)
    if what.equality:
        low, high = central_interval(drawn, value, level, (0.0, 2.0))
        return np.minimum(low, np.where(high > 1, 2 - high, low)), np.minimum(high, 1.0)
    low, high = central_interval(drawn, value, level, (-1.0, 1.0))
    return np.maximum(low, 0.0), np.maximum(high, np.where(low < 0, -low, high))


def interval(
    counts: Counts, function: Callable[[np.ndarray], np.ndarray], *, level: float = 0.95, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Bootstrap interval of a metric per domain (and trailing axes), NaN where it is not estimable."""
    return central_interval(replicated(function, bootstrap(counts, seed=seed)), function(counts.table), level)


def intervals(counts: Counts, *, level: float = 0.95, seed: int = 0) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Interval of every metric per domain, names as in ``metrics``."""
    tables = bootstrap(counts, seed=seed)
    return {
        name: folded_interval(name, read_on(name, tables, counts.table), metric(counts.table), level)
        for name, metric in METRICS.items()
    }


def noise_floor(counts: Counts, metric: str, *, n: int = 2000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Median and 5th percentile of a ratio under a perfectly equal model with these counts, each (M,).

    Every group gets the domain's pooled rate; only chance makes the groups differ.

    Parameters
    ----------
    metric : str
        A ratio of one rate, such as ``"R_DP"``.
    """
    what = between(metric)
    assert what.rate is not None, metric
    table = what.read(counts.table)
    rows = what.rate.rows(table)
    pooled = what.rate.found(table).sum(-1) / np.maximum(rows.sum(-1), 1)
    rng = np.random.default_rng(seed)
    rates = rng.binomial(rows, pooled[:, None], size=(n, *rows.shape)) / np.maximum(rows, 1)
    high = rates.max(-1)
    ratio = np.where(high > 0, rates.min(-1) / np.where(high > 0, high, 1), 1.0)
    median, low = np.percentile(ratio, [50, 5], axis=0)
    estimable = (rows >= MIN_ROWS).all(-1) & (pooled > 0)
    return np.where(estimable, median, np.nan), np.where(estimable, low, np.nan)
