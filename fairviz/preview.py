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
from fairviz.synthesizers.pool import Pool, effective_sample_size

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


def solve_price(
    at: Callable[[float], Counts], goal: Goal, top: float, *, coarse: int = 5, halvings: int = 4, levels: int = 3
) -> Solved:
    """The lowest price that reaches a fairness goal, or the highest that keeps an accuracy goal.

    A walk over ``coarse`` steps looks for the first crossing, bisection narrows it down. Ratios need not rise with the
    price: as long as nothing crosses, the walk is repeated with half the step, so a peak wider than
    ``top / coarse / 2^(levels - 1)`` is not jumped over; and the last look is around the best price found.

    Parameters
    ----------
    at : callable
        Price -> counts on validation rows; all of them together count as one population, since the ratio of a small
        domain is mostly noise.
    top : float
        Highest price to try: that of equality, beyond which nothing changes.
    """
    kept: dict[float, float] = {}
    by_accuracy = goal.kind == "accuracy"
    base = float(METRICS["accuracy"](at(0.0).table.sum(0))) if by_accuracy else 0.0
    if by_accuracy:
        kept[0.0] = 0.0

    def value(price: float) -> float:
        if price not in kept:
            found = float(METRICS[goal.kind](at(price).table.sum(0)))
            kept[price] = base - found if by_accuracy else found
        return kept[price]

    def crossed(price: float) -> bool:
        """Whether the fairness goal is reached, or the accuracy goal broken."""
        found = value(price)
        return not bool(found <= goal.value) if by_accuracy else bool(found >= goal.value)

    def walk(steps: int) -> tuple[float, float] | None:
        """The first price that crosses and the one before it."""
        prices = [top * k / steps for k in range(steps + 1)]
        k = next((k for k, price in enumerate(prices) if crossed(price)), None)
        return None if k is None else (prices[max(k - 1, 0)], prices[k])

    found, steps = walk(coarse), coarse
    for _ in range(levels - 1):
        if found is None and top > 0:
            steps *= 2
            found = walk(steps)
    if found is None and not by_accuracy and top > 0:
        found = _around_the_best(kept, crossed, top / steps, top)
    if found is None:
        best = max(kept, key=lambda p: (np.nan_to_num(kept[p], nan=-1.0), -p))
        price = top if by_accuracy else best
        return Solved(price, value(price), by_accuracy)
    low, high = found
    for _ in range(halvings if high > low else 0):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if crossed(middle) else (middle, high)
    price = low if by_accuracy else high
    return Solved(price, value(price), crossed(price) != by_accuracy)


def _around_the_best(
    kept: dict[float, float], crossed: Callable[[float], bool], step: float, top: float
) -> tuple[float, float] | None:
    """Between the best price so far and its neighbours: a price that crosses and one before that does not."""
    for _ in range(2):
        best = max(kept, key=lambda p: (np.nan_to_num(kept[p], nan=-1.0), -p))
        step /= 2
        for price in (best - step, best + step):
            if 0 < price <= top and crossed(price):
                return max(p for p in kept if p < price), price
    return None
