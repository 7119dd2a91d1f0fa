"""Two models on the same people: how many more mistakes the second makes, with an interval for matched pairs.

Most people are told the same by both, so the difference of two accuracies is known far better than either of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Standard normal quantile of a 95 % interval.
Z = 1.959963984540054


@dataclass(frozen=True)
class Paired:
    """Answers of two models to the same people, counted.

    Attributes
    ----------
    before, now : ndarray of int, shape (..., K, 2, 2)
        Count tables: group, label, prediction.
    both : ndarray of int, shape (..., K, 2)
        People of each group and label who are told yes by both.
    """

    before: np.ndarray
    now: np.ndarray
    both: np.ndarray

    def __post_init__(self) -> None:
        assert (self.before.sum(-1) == self.now.sum(-1)).all(), "the two were asked about different people"
        lost, gained = self.lost, self.gained
        no_by_both = self.before[..., 0] - gained
        assert min(lost.min(), gained.min(), no_by_both.min()) >= 0, "more people are told yes by both than by one"

    @classmethod
    def widest(cls, before: np.ndarray, now: np.ndarray) -> Paired:
        """Two models whose answers differ on as many people as their counts allow: where nobody counted pairs."""
        least = np.maximum(before[..., 1] + now[..., 1] - before.sum(-1), 0)
        return cls(before, now, least)

    @property
    def lost(self) -> np.ndarray:
        """People of each group and label who were told yes and no longer are, (..., K, 2)."""
        return np.asarray(self.before[..., 1] - self.both)

    @property
    def gained(self) -> np.ndarray:
        """People of each group and label who were told no and now are told yes, (..., K, 2)."""
        return np.asarray(self.now[..., 1] - self.both)


@dataclass(frozen=True)
class Cost:
    """How many more mistakes, as a share of the people; with a 95 % interval over people, and over runs if several.

    Attributes
    ----------
    value, low, high : float
        From -1 to 1; below 0 there are fewer mistakes than before.
    """

    value: float
    low: float
    high: float


def more_mistakes(runs: Sequence[Paired]) -> Cost:
    """The share of people that the second model is wrong about and the first is not, less that of the reverse.

    The variance over people is that of matched pairs, ``(b + c - (b - c)**2 / n) / n**2`` for ``b`` new mistakes and
    ``c`` mended ones among ``n`` people (Agresti, *Categorical Data Analysis*, section 11.1); to the mean over runs on
    the same people the variance of a run's mean is added.

    Parameters
    ----------
    runs : sequence of Paired
        One for each seed, all on the same people; all leading axes are pooled.
    """
    values, variances = [], []
    for run in runs:
        lost, gained = (part.reshape(-1, 2).sum(0) for part in (run.lost, run.gained))
        n = int(run.now.sum())
        new, mended = int(gained[0] + lost[1]), int(lost[0] + gained[1])
        values.append((new - mended) / n)
        variances.append((new + mended - (new - mended) ** 2 / n) / n**2)
    value, over_people = float(np.mean(values)), float(np.mean(variances))
    over_runs = float(np.var(values, ddof=1)) / len(values) if len(values) > 1 else 0.0
    half = Z * float(np.sqrt(over_people + over_runs))
    return Cost(value, max(value - half, -1.0), min(value + half, 1.0))
