"""What a setting does to people, all domains that are shown together: every person counts the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from fairviz.evaluation.metrics import METRICS, Rate, between
from fairviz.evaluation.paired import Cost, Paired, more_mistakes
from fairviz.evaluation.runs import Runs


@dataclass(frozen=True)
class Share:
    """Of a group's people, how many have something.

    Attributes
    ----------
    group : str
    people : int
        Whom the share is of.
    value, low, high : float
        From 0 to 1, with a 95 % interval over people and seeds; NaN of fewer than ``MIN_ROWS`` people.
    """

    group: str
    people: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Two groups' rates, compared by a metric.

    Attributes
    ----------
    value, low, high : float
        With a 95 % interval over people and seeds; NaN where it cannot be judged.
    less, more : str
        The groups with the smallest and the largest rate, or the two whose direction is kept; "" where it cannot be
        judged.
    """

    value: float
    low: float
    high: float
    less: str = ""
    more: str = ""


def compared(runs: Runs, metric: str, pair: tuple[int, int] | None = None) -> Comparison:
    """Who gets less, who gets more, and how the two compare.

    Parameters
    ----------
    metric : str
        A metric that compares groups.
    pair : (int, int), optional
        Of two groups, the one that is compared with the other: the direction is kept, so that a ratio may pass 1. By
        default the one that gets less.
    """
    what = between(metric)
    rates = runs.pooled.value(what.group_rates)[0]
    if pair is None or len(runs.groups) != 2:
        pair = (int(rates.argmin()), int(rates.argmax()))
        ends = runs.pooled.span(metric)
    else:
        ends = runs.pooled.free_span(partial(what.oriented, low=pair[0], high=pair[1]), what.open_limits)
    value, low, high = (float(end[0]) for end in ends)
    if np.isnan(value) or np.isnan(rates).any():
        return Comparison(float("nan"), float("nan"), float("nan"))
    return Comparison(value, low, high, runs.groups[pair[0]], runs.groups[pair[1]])


def shares(runs: Runs, rate: Rate) -> list[Share]:
    """A rate of every group."""
    spans = runs.pooled.free_span(rate, (0.0, 1.0))
    sizes = rate.rows(runs.pooled.counts.table)[0]
    return [
        Share(group, int(n), *(float(end[0, k]) for end in spans))
        for k, (group, n) in enumerate(zip(runs.groups, sizes, strict=True))
    ]


def cost(now: Runs, before: Runs, both: Sequence[np.ndarray] = ()) -> Cost:
    """How many more mistakes than before, as a share of all people; the interval is of matched pairs.

    Parameters
    ----------
    both : sequence of ndarray, shape (M, K, 2)
        Of every run: people of each domain, group and label who are told yes by both. Where it is not known (missing,
        or NaN), the interval is the widest that the counts allow.
    """
    pairs = []
    for k, (one, other) in enumerate(zip(before.parts, now.parts, strict=False)):
        told = both[k] if k < len(both) else np.array(np.nan)
        known = np.isfinite(told).all()
        pairs.append(
            Paired(one.table, other.table, told.astype(np.int64)) if known else Paired.widest(one.table, other.table)
        )
    right = METRICS["accuracy"]
    value = float(before.pooled.value(right)[0] - now.pooled.value(right)[0])
    found = more_mistakes(pairs)
    moved = value - found.value  # not 0 only where there are more runs of one than of the other
    return Cost(value, max(found.low + moved, -1.0), min(found.high + moved, 1.0))
