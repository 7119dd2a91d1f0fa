"""Where the dial and its neighbours stand, and the command that does the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairviz.controls.dials import BOOSTED, NETWORK, SOFT, SOLVERS_OF
from fairviz.evaluation.goal import Goal
from fairviz.text import command_line


@dataclass(frozen=True)
class Setting:
    """Where the dial and its neighbours stand.

    ``goal`` replaces the price by what it should reach; ``prices`` are then the prices found for each held-out domain.
    ``labels`` says who labels synthetic rows: a ``boosted`` model of the source's real rows, or the ``network``.
    """

    dataset: str
    options: dict[str, Any]
    control: str
    lambda_y: float
    lambda_z: float
    lambda_eop: float
    classifier: str
    goal: Goal | None = None
    prices: tuple[tuple[str, float], ...] = ()
    labels: str = BOOSTED

    def price(self, domain: str) -> float:
        """The price for the fit that never saw ``domain``."""
        return dict(self.prices).get(domain, self.lambda_z)

    def has_price(self, domain: str) -> bool:
        """Whether a price is known for the fit that never saw ``domain``."""
        return self.goal is None or domain in dict(self.prices)

    @property
    def controlled(self) -> bool:
        """Whether any price is set."""
        return self.lambda_z > 0 or self.lambda_eop > 0 or any(price > 0 for _, price in self.prices)

    @property
    def price_text(self) -> str:
        """The price, or the range of prices, in short."""
        prices = sorted(price for _, price in self.prices) or [self.lambda_z]
        low, high = f"{prices[0]:.3g}", f"{prices[-1]:.3g}"
        return low if low == high else f"{low}–{high}"

    def recorded_in(self, prices: list[float], strengths: list[float]) -> tuple[float, float] | None:
        """The recorded price and label strength that this setting is, if it is one."""
        if self.goal is not None or self.lambda_eop:
            return None
        price = next((p for p in prices if abs(p - self.lambda_z) < 1e-9), None)
        strength = next((s for s in strengths if abs(s - self.lambda_y) < 1e-9), None)
        return None if price is None or strength is None else (price, strength)


def reproduce(setting: Setting, target: str) -> str:
    """The commands that draw the rows on screen and test them, a line each."""
    where = [("--dataset", setting.dataset), ("--target", target)]
    story = [(f"--{name}", f"{value:g}") for name, value in setting.options.items()]
    prices = [("--lambda-y", f"{setting.lambda_y:g}"), ("--lambda-z", f"{setting.price(target):g}")]
    if setting.lambda_eop:
        prices.append(("--lambda-eop", f"{setting.lambda_eop:g}"))
    if setting.labels != NETWORK:
        prices += [("--labels", SOFT), ("--solver", SOLVERS_OF[setting.labels])]
    sample = command_line(
        "fairviz", "sample", *where, ("-n", 10000), ("--control", setting.control), *prices, *story, ("--seed", 0),
        ("--out", "syn.csv"),
    )  # fmt: skip
    evaluate = command_line(
        "fairviz", "evaluate", "syn.csv", *where, ("--classifier", setting.classifier), *story, ("--seed", 0), "--json"
    )
    return f"{sample}\n{evaluate}"
