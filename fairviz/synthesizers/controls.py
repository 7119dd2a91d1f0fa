"""The fair controls, and what their price means in words."""

from __future__ import annotations

from dataclasses import dataclass


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
    grid : tuple of float
        Values of lambda_z at which results are recorded.
    """

    title: str
    meaning: str
    note: str
    grid: tuple[float, ...]


CONTROLS: dict[str, Control] = {
    "dp": Control(
        "Parity: equal rates of yes",
        "Each point of gap in the rate of yes between groups is worth {price} points of accuracy.",
        "Moves the decision rule: up to the smallest group's share, the price is exact; beyond it the tilt is clipped.",
        (0.0, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.35),
    ),
    "eop": Control(
        "Opportunity: equal true positive rates",
        "Each point of gap in the true positive rate between groups is worth {price} points of accuracy.",
        "Moves the decision rule so that people whose true label is favourable are found equally often.",
        (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15),
    ),
    "entropy": Control(
        "Entropy: hard-to-guess group (the paper's)",
        "Synthetic people whose group is hard to guess are drawn up to {times} times as often.",
        "Moves where rows come from, not the best decision rule; larger values mostly cost accuracy.",
        (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 50.0),
    ),
    "dp_eop": Control(
        "Parity and opportunity together",
        "A point of gap in the rate of yes is worth {price} points of accuracy, one in the true positive rate "
        "{price_eop}.",
        "The joint optimum of both prices, not one control after the other.",
        (0.0, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.35),
    ),
}
#: Controls with recorded sweeps; "dp_eop" has two prices and is sampled on demand.
SWEPT_CONTROLS = ("dp", "eop", "entropy")
LAMBDA_Y_GRID = (0.5, 1.0, 2.0)
