"""How well synthetic rows stand for real ones, beside what other real rows would score.

Shapes and trends are those of SDMetrics (column shapes, column pair trends); detection is the classifier two-sample
test of the TabSyn and TabDiff protocols. Marginal scores are near their end for every good generator: detection tells
generators apart (docs/method.md, "Fidelity").
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import combinations
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from fairviz.evaluation.downstream import FeatureCodes, fitted
from fairviz.zeros import Zeros

BINS = 10
FOLDS = 3
HIGH, LOW = "high", "low"


class Fidelity(ABC):
    """A score of rows against real ones; subclasses set the attributes.

    Attributes
    ----------
    name, title : str
    best : float
        Its value if both are drawn from the same people, but for chance.
    better : str
        ``high`` or ``low``.
    low, high : float
        Range.
    meaning : str
        One sentence.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    best: ClassVar[float] = 1.0
    better: ClassVar[str] = HIGH
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    meaning: ClassVar[str]

    @abstractmethod
    def __call__(self, real: pd.DataFrame, rows: pd.DataFrame, seed: int = 0) -> float:
        """Value of ``rows`` (m rows) against ``real`` (n rows), the same columns in both."""


def _numeric(real: pd.DataFrame) -> list[str]:
    return [str(c) for c in real.columns if pd.api.types.is_numeric_dtype(real[c])]


def _codes(real: pd.DataFrame, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Both as integer codes (n, F), (m, F), and how many codes a column has; numbers by tenths of the real ones."""
    numeric, found, sizes = set(_numeric(real)), [], []
    for name in real.columns:
        parts = [frame[name] for frame in (real, rows)]
        if name in numeric:
            values = [part.to_numpy(float, na_value=np.nan) for part in parts]
            edges = np.unique(np.nanquantile(values[0], np.linspace(0, 1, BINS + 1)[1:-1]))
            coded = [np.where(np.isnan(v), len(edges) + 1, np.searchsorted(edges, v, side="right")) for v in values]
            sizes.append(len(edges) + 2)
        else:
            kinds = pd.Index(sorted({*parts[0].astype(str), *parts[1].astype(str)}))
            coded = [kinds.get_indexer(pd.Index(part.astype(str))) for part in parts]
            sizes.append(len(kinds))
        found.append(coded)
    both = [np.stack([coded[k] for coded in found], 1).astype(np.int64) for k in (0, 1)]
    return both[0], both[1], sizes


def _overlap(one: np.ndarray, other: np.ndarray, size: int) -> float:
    """1 minus the total variation distance of two samples of codes below ``size``."""
    p, q = (np.bincount(codes, minlength=size) / len(codes) for codes in (one, other))
    return float(np.minimum(p, q).sum())


class Shapes(Fidelity):
    """Column shapes."""

    name = "shapes"
    title = "Column shapes"
    meaning = "How alike the distributions of single columns are: 1 is the same, in the mean over columns."

    def __call__(self, real: pd.DataFrame, rows: pd.DataFrame, seed: int = 0) -> float:
        """1 - Kolmogorov-Smirnov distance of numbers, 1 - total variation distance of categories."""
        one, other, sizes = _codes(real, rows)
        numeric, scores = set(_numeric(real)), []
        for j, name in enumerate(real.columns):
            if name in numeric:
                values = [frame[name].dropna().to_numpy(float) for frame in (real, rows)]
                scores.append(1 - float(ks_2samp(*values, method="asymp").statistic) if min(map(len, values)) else 0.0)
            else:
                scores.append(_overlap(one[:, j], other[:, j], sizes[j]))
        return float(np.mean(scores))


class Trends(Fidelity):
    """Column pair trends."""

    name = "trends"
    title = "Pair trends"
    meaning = "How alike the relations of two columns are: 1 is the same, in the mean over all pairs."

    def __call__(self, real: pd.DataFrame, rows: pd.DataFrame, seed: int = 0) -> float:
        """Two numbers by their correlation, others by their table of tenths and categories."""
        one, other, sizes = _codes(real, rows)
        numeric, names, scores = set(_numeric(real)), list(real.columns), []
        for i, j in combinations(range(len(names)), 2):
            if names[i] in numeric and names[j] in numeric:
                apart = [_correlation(frame[names[i]], frame[names[j]]) for frame in (real, rows)]
                scores.append(1 - abs(apart[0] - apart[1]) / 2)
            else:
                pairs = [codes[:, i] * sizes[j] + codes[:, j] for codes in (one, other)]
                scores.append(_overlap(pairs[0], pairs[1], sizes[i] * sizes[j]))
        return float(np.mean(scores)) if scores else 1.0


def _correlation(one: pd.Series, other: pd.Series) -> float:
    found = one.astype(float).corr(other.astype(float))
    return 0.0 if pd.isna(found) else float(found)


class Detection(Fidelity):
    """Detection by boosting."""

    name = "detection"
    title = "Detection, boosting"
    meaning = (
        "2 (1 - AUC) of a classifier that tells synthetic rows from real ones: 1 is a coin toss, 0 is never wrong."
    )
    classifier: ClassVar[str] = "gradient_boosting"

    def __call__(self, real: pd.DataFrame, rows: pd.DataFrame, seed: int = 0) -> float:
        """Three folds, as many rows of either kind."""
        n, rng = min(len(real), len(rows)), np.random.default_rng(seed)
        parts = [frame.iloc[np.sort(rng.choice(len(frame), n, replace=False))] for frame in (real, rows)]
        plain = [part.astype({c: str for c in part.columns if c not in _numeric(real)}) for part in parts]
        both, labels = pd.concat(plain, ignore_index=True), np.repeat([0, 1], n)
        codes, score = FeatureCodes(both), np.zeros(2 * n)
        x = codes(both)
        for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, labels):
            model = fitted(codes, x[train], labels[train], classifier=self.classifier, seed=seed)
            score[test] = model.predict_proba(x[test])[:, 1]
        return 2 * (1 - max(0.5, float(roc_auc_score(labels, score))))


class LinearDetection(Detection):
    """Detection by logistic regression."""

    name = "detection_linear"
    title = "Detection, logistic regression"
    classifier: ClassVar[str] = "logistic_regression"


class Impossible(Fidelity):
    """Structural zeros."""

    name = "impossible"
    title = "Impossible rows"
    best = 0.0
    better = LOW
    meaning = "Share of rows with a pair of values that never occur together, though 20 or more would by chance."

    def __call__(self, real: pd.DataFrame, rows: pd.DataFrame, seed: int = 0) -> float:
        """Of pairs that ``real`` never has."""
        return float(Zeros.learn(real).violated(rows).mean())


FIDELITY: tuple[Fidelity, ...] = (Shapes(), Trends(), Detection(), LinearDetection(), Impossible())


#: Rows of each kind that are compared, at most.
MAX_COMPARED = 20_000


def beside_real(real: pd.DataFrame, rows: pd.DataFrame, seed: int = 0) -> dict[str, tuple[float, float]]:
    """Every score of :data:`FIDELITY`: of ``rows`` against real ones, and of real ones against as many other real ones.

    Real rows are cut in two at random, so that both numbers are against the same half.

    Parameters
    ----------
    real, rows : DataFrame
        The same columns; 4 rows or more of each.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(real))
    half = min(len(real) // 2, MAX_COMPARED)
    first, second = (real.iloc[np.sort(part)] for part in (order[:half], order[half : 2 * half]))
    some = rows.iloc[np.sort(rng.choice(len(rows), min(len(rows), half), replace=False))]
    return {metric.name: (metric(first, some, seed), metric(first, second, seed)) for metric in FIDELITY}
