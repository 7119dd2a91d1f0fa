"""Metrics of scores, for models that give one: how well they put people in order, whatever the threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

#: 97.5 % point of the normal distribution.
Z = 1.959963984540054


@dataclass(frozen=True)
class ScoreMetric:
    """A metric of 0/1 labels and scores.

    Attributes
    ----------
    name, title : str
    needs : str
        What it is computed from.
    """

    name: str
    title: str
    needs: str = "scores"

    def __call__(self, y: np.ndarray, score: np.ndarray) -> float:
        """Value for labels y (n,) and scores (n,); NaN if not estimable."""
        return self.span(y, score)[0]

    def span(self, y: np.ndarray, score: np.ndarray) -> tuple[float, float, float]:
        """Value and 95 % interval over people, after DeLong, DeLong and Clarke-Pearson (1988); NaN without both labels.

        The variance is that of the structural components: for everyone, the share of people with the other label who
        are put on the right side of them.
        """
        yes, no = score[y == 1], score[y == 0]
        if len(yes) < 2 or len(no) < 2:
            return (math.nan,) * 3
        both = rankdata(np.concatenate([yes, no]))
        of_yes = (both[: len(yes)] - rankdata(yes)) / len(no)
        of_no = 1 - (both[len(yes) :] - rankdata(no)) / len(yes)
        value = float(of_yes.mean())
        half = Z * math.sqrt(of_yes.var(ddof=1) / len(yes) + of_no.var(ddof=1) / len(no))
        return value, max(0.0, value - half), min(1.0, value + half)


AUC = ScoreMetric("auc", "Area under the ROC curve (AUC)")
