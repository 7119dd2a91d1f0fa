"""The fair controls: what their price means in words, and where their dials stop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from fairviz.dual import MAX_PRICE

#: Strongest label guidance; beyond it the few clearest rows are drawn over and over.
MAX_LAMBDA_Y = 10.0
#: Stops of a dial from 0 to equality, at least.
STOPS = 10
NICE = (1.0, 2.0, 2.5, 5.0)


@dataclass(frozen=True)
class Control:
    """A fair control.

    Attributes
    ----------
    title : str
        Short name for a menu.
    meaning : str
        What lambda_z means; the page fills in ``{price}``, ``{price_eop}`` and ``{times}`` (2 to the power of price).
    note : str
        What it can and cannot do.
    top : float
        Largest lambda_z.
    fixed : tuple of float
        Stops of a dial that has no point of equality.
    """

    title: str
    meaning: str
    note: str
    top: float = MAX_PRICE
    fixed: tuple[float, ...] = ()

    @property
    def ends_at_equality(self) -> bool:
        """Whether a price large enough makes the gap on the source zero, beyond which nothing more is asked for."""
        return not self.fixed

    def step(self, end: float) -> float:
        """Distance of the dial's stops: the widest round one that gives :data:`STOPS` of them up to ``end``."""
        if self.fixed:
            return self.fixed[1]
        if not end > 1e-9:  # the rule is as equal as it gets
            return 0.01
        power = 10.0 ** math.floor(math.log10(end / STOPS))
        return round(max(n * power for n in NICE if n * power * STOPS <= end * (1 + 1e-9)), 12)

    def stops(self, end: float) -> tuple[float, ...]:
        """Values of lambda_z from 0 to the first at or beyond ``end``, the point of equality."""
        if self.fixed:
            return self.fixed
        step = self.step(end)
        return tuple(round(k * step, 12) for k in range(max(1, math.ceil(end / step - 1e-9)) + 1))

    def start(self, end: float) -> float:
        """Where the dial stands at first: the stop nearest to seven tenths of the way."""
        return 5.0 if self.fixed else min(self.stops(end), key=lambda price: abs(price - 0.7 * end))


CONTROLS: dict[str, Control] = {
    "dp": Control(
        "Parity: equal rates of yes",
        "Each point of gap in the rate of yes between groups is worth {price} points of accuracy.",
        "Moves the decision rule, towards the group that gets yes less often, until both get it equally often.",
    ),
    "eop": Control(
        "Opportunity: equal true positive rates",
        "Each point of gap in the true positive rate between groups is worth {price} points of accuracy.",
        "Moves the decision rule so that people whose true label is favourable are found equally often.",
    ),
    "entropy": Control(
        "Entropy: hard-to-guess group (the paper's)",
        "Synthetic people whose group is hard to guess are drawn up to {times} times as often.",
        "Moves where rows come from, not the best decision rule; larger values mostly cost accuracy.",
        top=100.0,
        fixed=(0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 50.0),
    ),
    "dp_eop": Control(
        "Parity and opportunity together",
        "A point of gap in the rate of yes is worth {price} points of accuracy, one in the true positive rate "
        "{price_eop}.",
        "The joint optimum of both prices, not one control after the other.",
    ),
}
#: Controls with recorded sweeps; "dp_eop" has two prices and is sampled on demand.
SWEPT_CONTROLS = ("dp", "eop", "entropy")
LAMBDA_Y_GRID = (0.5, 1.0, 2.0)


def gap_prices(control: str, lambda_z: Any, lambda_eop: Any) -> tuple[Any, Any]:
    """The prices of the gap in rates of yes and of the gap in true positive rates, numbers or arrays."""
    nothing = 0.0 * lambda_z
    return {"dp": (lambda_z, nothing), "eop": (nothing, lambda_z), "dp_eop": (lambda_z, lambda_eop)}.get(
        control, (nothing, nothing)
    )
