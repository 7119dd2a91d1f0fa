"""The same setting tested with several seeds on the same rows: one estimator, and intervals over people and seeds.

Counts are averaged over runs first; every figure is then taken once, from the averaged counts. A ratio shown is
therefore the quotient of the rates shown beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.intervals import bootstrap, central_interval, folded_interval, read_on, replicated
from fairviz.evaluation.metrics import METRICS

#: Replicates per run; all runs' replicates are pooled.
N_PER_RUN = 250


def average(parts: Sequence[Counts]) -> Counts:
    """Mean counts over runs, in whole people, so that every (group, label) total stays exact. Never for rates."""
    totals = parts[0].table.sum(-1)
    positives = np.rint(np.mean([part.table[..., 1] for part in parts], 0)).astype(np.int64)
    return Counts(parts[0].domains, parts[0].groups, np.stack([totals - positives, positives], -1))


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean over finite values; NaN where there is none."""
    finite = np.isfinite(values)
    total = np.where(finite, values, 0.0).sum(axis)
    return np.where(finite.any(axis), total / np.maximum(finite.sum(axis), 1), np.nan)


@dataclass(frozen=True)
class Runs:
    """Counts of one setting, a part per seed; all parts have the same domains and rows."""

    parts: tuple[Counts, ...]

    def __post_init__(self) -> None:
        totals = self.parts[0].table.sum(-1)
        assert all((part.table.sum(-1) == totals).all() for part in self.parts), "runs were tested on different rows"

    @property
    def domains(self) -> tuple[str, ...]:
        """Held-out domains."""
        return self.parts[0].domains

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups."""
        return self.parts[0].groups

    @cached_property
    def table(self) -> np.ndarray:
        """Counts averaged over runs, (M, K, 2, 2), not rounded: what every figure is taken from.

        A group has as many people of each label in every run, so its rates here are the means of the runs' rates.
        """
        return np.asarray(np.mean([part.table for part in self.parts], 0))

    @cached_property
    def counts(self) -> Counts:
        """The same in whole people, for sizes of groups."""
        return average(self.parts)

    @cached_property
    def pooled(self) -> Runs:
        """All domains as one, every person counting the same."""
        return Runs(tuple(Counts(("all",), p.groups, p.table.sum(0, keepdims=True)) for p in self.parts))

    @cached_property
    def _replicates(self) -> np.ndarray:
        """(runs x N_PER_RUN, M, K, 2, 2)."""
        n = N_PER_RUN if len(self.parts) > 1 else 4 * N_PER_RUN
        return np.concatenate([bootstrap(part, n=n, seed=seed) for seed, part in enumerate(self.parts)])

    def value(self, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """A metric per domain, (M,), of the counts averaged over runs."""
        return function(self.table)

    def span(self, metric: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Value and 95 % interval of a metric per domain, each (M,): test people drawn again, and another seed.

        A replicate is one run's, so the seeds' share of the interval is that of a single run: rather wide than narrow.
        """
        value = self.value(METRICS[metric])
        return (value, *folded_interval(metric, read_on(metric, self._replicates, self.table), value))

    def free_span(
        self, function: Callable[[np.ndarray], np.ndarray], limits: tuple[float, float]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same of any function of rates, such as ``tradeoff.oriented``, cut off at ``limits``."""
        value = self.value(function)
        return (value, *central_interval(replicated(function, self._replicates), value, limits=limits))

    def mean_span(self, metric: str) -> tuple[float, float, float, int]:
        """Mean over the domains where the metric is estimable, its interval, and how many those domains are."""
        value = self.value(METRICS[metric])
        keep = np.isfinite(value)
        if not keep.any():
            return float("nan"), float("nan"), float("nan"), 0
        mean = np.array(value[keep].mean())
        drawn = read_on(metric, self._replicates[:, keep], self.table[keep])
        low, high = folded_interval(metric, _mean(drawn, 1), mean)
        return float(mean), float(low), float(high), int(keep.sum())
