"""The price that reaches a goal, from counts on validation rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fairviz.errors import SettingError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS


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
    search = _Search(at, goal, top)
    found, steps = search.walk(coarse), coarse
    for _ in range(levels - 1):
        if found is None and top > 0:
            steps *= 2
            found = search.walk(steps)
    if found is None and not search.by_accuracy and top > 0:
        found = search.around_the_best(top / steps)
    if found is None:
        price = top if search.by_accuracy else search.best
        return Solved(price, search.value(price), search.by_accuracy)
    low, high = found
    for _ in range(halvings if high > low else 0):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if search.crossed(middle) else (middle, high)
    price = low if search.by_accuracy else high
    return Solved(price, search.value(price), search.crossed(price) != search.by_accuracy)


def solve_stops(at: Callable[[float], Counts], goal: Goal, stops: Sequence[float]) -> Solved:
    """Of some prices, in order: the first that reaches a fairness goal, or the last before an accuracy goal breaks.

    Parameters
    ----------
    at : callable
        Price -> counts on validation rows, as for :func:`solve_price`.
    stops : sequence of float
        From 0 on.
    """
    search = _Search(at, goal, stops[-1])
    k = next((k for k, price in enumerate(stops) if search.crossed(price)), None)
    if search.by_accuracy:
        price = stops[-1] if k is None else stops[max(k - 1, 0)]
        return Solved(price, search.value(price), True)
    price = search.best if k is None else stops[k]
    return Solved(price, search.value(price), k is not None)


class _Search:
    """Prices that were tried, and what each gave: the goal's ratio, or the accuracy lost."""

    def __init__(self, at: Callable[[float], Counts], goal: Goal, top: float) -> None:
        self.at, self.goal, self.top = at, goal, top
        self.by_accuracy = goal.kind == "accuracy"
        self.base = float(METRICS["accuracy"](at(0.0).table.sum(0))) if self.by_accuracy else 0.0
        self.kept: dict[float, float] = {0.0: 0.0} if self.by_accuracy else {}

    def value(self, price: float) -> float:
        """What a price gives."""
        if price not in self.kept:
            found = float(METRICS[self.goal.kind](self.at(price).table.sum(0)))
            self.kept[price] = self.base - found if self.by_accuracy else found
        return self.kept[price]

    def crossed(self, price: float) -> bool:
        """Whether the fairness goal is reached, or the accuracy goal broken."""
        found = self.value(price)
        return not bool(found <= self.goal.value) if self.by_accuracy else bool(found >= self.goal.value)

    def walk(self, steps: int) -> tuple[float, float] | None:
        """The price before the first that crosses, and that one."""
        prices = [self.top * k / steps for k in range(steps + 1)]
        k = next((k for k, price in enumerate(prices) if self.crossed(price)), None)
        return None if k is None else (prices[max(k - 1, 0)], prices[k])

    @property
    def best(self) -> float:
        """The price that gave most, so far."""
        return max(self.kept, key=lambda p: (np.nan_to_num(self.kept[p], nan=-1.0), -p))

    def around_the_best(self, step: float) -> tuple[float, float] | None:
        """Between the best price so far and its neighbours: one that does not cross and the next, which does."""
        for _ in range(2):
            best = self.best
            step /= 2
            for price in (best - step, best + step):
                if 0 < price <= self.top and self.crossed(price):
                    return max(p for p in self.kept if p < price), price
        return None
