"""Numbers at any price within a blink, by weights on one pool of rows; and the price that reaches a goal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fairviz.data.dataset import DomainDataset
from fairviz.errors import SettingError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import FeatureCodes, fitted
from fairviz.evaluation.metrics import METRICS
from fairviz.synthesizers.fadm import FADM
from fairviz.synthesizers.preview import Pool, effective_sample_size

#: Source rows per domain on which a price is chosen.
VALIDATION_ROWS = 2000


class Preview:
    """One fit, one pool of its rows, one target: codes are made once, a new setting costs one weighted fit.

    Parameters
    ----------
    fit : FADM
    source, target : DomainDataset
        The rows that the fit was trained on, and the domain held out.
    n : int
        Rows of the pool.
    seed : int
        Of the pool's noise and of the downstream classifier: that of the sampled result which replaces the preview.
    """

    def __init__(self, fit: FADM, source: DomainDataset, target: DomainDataset, *, n: int = 10_000, seed: int = 0):
        self.pool = Pool.draw(fit, n, random_state=seed)
        self.target, self.seed = target, seed
        self._source = source
        features = self.pool.rows[list(target.schema.features)]
        self._codes = FeatureCodes(features)
        self._x = self._codes(features)
        self._distinct = _Distinct(self._codes(target.features))

    def model(self, classifier: str, **setting: Any) -> tuple[Any, float]:
        """The downstream classifier at a setting (as in ``Pool.weights``), and the effective sample size."""
        weights = self.pool.weights(**setting)
        fit = fitted(self._codes, self._x, self.pool.y, classifier=classifier, seed=self.seed, weights=weights)
        return fit, effective_sample_size(weights)

    def test(self, classifier: str, **setting: Any) -> tuple[Counts, float]:
        """Counts on the target, and the effective sample size."""
        model, size = self.model(classifier, **setting)
        return Counts.from_predictions(self.target, self._distinct.predict(model)), size

    @cached_property
    def _validation(self) -> tuple[DomainDataset, _Distinct]:
        """Source rows on which prices are chosen, all domains alike, and their codes."""
        rng = np.random.default_rng(self.seed)
        picks = []
        for code in np.unique(self._source.d):
            rows = np.flatnonzero(self._source.d == code)
            picks.append(rows if len(rows) <= VALIDATION_ROWS else rng.choice(rows, VALIDATION_ROWS, replace=False))
        chosen = self._source.take(np.sort(np.concatenate(picks)))
        return chosen, _Distinct(self._codes(chosen.features))

    def validate(self, classifier: str, **setting: Any) -> Counts:
        """Counts on real source rows, a domain each. Never the target's."""
        rows, distinct = self._validation
        model, _ = self.model(classifier, **setting)
        return Counts.from_predictions(rows, distinct.predict(model))


class _Distinct:
    """Coded rows asked about again and again: each distinct one once, in order, so that neighbours take the same
    branches of a tree.
    """

    def __init__(self, x: np.ndarray) -> None:
        rows, back = np.unique(x, axis=0, return_inverse=True)
        self.rows, self.back = np.ascontiguousarray(rows), back.ravel()

    def predict(self, model: Any) -> np.ndarray:
        """0/1 for every row given at the start, (n,)."""
        return model.predict(self.rows).astype(np.int64)[self.back]


@dataclass(frozen=True)
class Goal:
    """What a price should reach.

    Attributes
    ----------
    kind : str
        ``R_DP`` or ``R_EOp``: the ratio is to be at least ``value``. ``accuracy``: at most ``value`` (a share, 0.01 is
        one point) of accuracy may be lost against price 0.
    value : float
    """

    kind: str
    value: float

    def __post_init__(self) -> None:
        if self.kind not in ("R_DP", "R_EOp", "accuracy"):
            raise SettingError(f"No goal {self.kind!r}. Choose one of 'R_DP', 'R_EOp', 'accuracy'.")
        if not 0 <= self.value <= 1:
            raise SettingError(f"The goal is {self.value:g}; choose a number from 0 to 1.")


@dataclass(frozen=True)
class Solved:
    """A price chosen on source rows.

    Attributes
    ----------
    price : float
    reached : float
        The goal's quantity on source validation rows at this price: the ratio, or the accuracy lost.
    met : bool
        Whether that satisfies the goal; if not, the price is the one that comes closest.
    """

    price: float
    reached: float
    met: bool


def solve_price(at: Callable[[float], Counts], goal: Goal, top: float, *, coarse: int = 5, halvings: int = 4) -> Solved:
    """The lowest price that reaches a fairness goal, or the highest that keeps an accuracy goal.

    A coarse walk brackets the crossing, bisection narrows it to ``top / coarse / 2^halvings``. Ratios need not rise
    with the price, so the first crossing counts.

    Parameters
    ----------
    at : callable
        Price -> counts on validation rows; all of them together count as one population, since the ratio of a small
        domain is mostly noise.
    top : float
        Highest price to try.
    """
    kept: dict[float, float] = {}
    base = float(METRICS["accuracy"](at(0.0).table.sum(0))) if goal.kind == "accuracy" else 0.0
    if goal.kind == "accuracy":
        kept[0.0] = 0.0

    def value(price: float) -> float:
        if price not in kept:
            found = float(METRICS[goal.kind](at(price).table.sum(0)))
            kept[price] = base - found if goal.kind == "accuracy" else found
        return kept[price]

    def good(price: float) -> bool:
        found = value(price)
        return bool(found <= goal.value) if goal.kind == "accuracy" else bool(found >= goal.value)

    prices = [top * k / coarse for k in range(coarse + 1)]
    wanted = goal.kind != "accuracy"  # walk until the fairness goal is met, or until the accuracy goal is broken
    crossing = next((k for k, price in enumerate(prices) if good(price) == wanted), None)
    if crossing is None or crossing == 0:
        if crossing == 0:
            return Solved(0.0, value(0.0), wanted)
        price = top if goal.kind == "accuracy" else max(kept, key=lambda p: (np.nan_to_num(kept[p], nan=-1.0), -p))
        return Solved(price, value(price), good(price))
    low, high = prices[crossing - 1], prices[crossing]
    for _ in range(halvings):
        middle = 0.5 * (low + high)
        if good(middle) == wanted:
            high = middle
        else:
            low = middle
    price = high if wanted else low
    return Solved(price, value(price), good(price))
