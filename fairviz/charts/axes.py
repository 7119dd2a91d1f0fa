"""What every chart shares: colours, readable data, axes that say where they stand, layers over named frames."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

#: Of marks: colour-blind safe (after Okabe and Ito), each with a contrast of at least 3 on either background.
NOW, PATH, REAL, BASE, TRUTH, OTHER = "#0072B2", "#3A93C8", "#D55E00", "#7A7A7A", "#009E73", "#CC79A7"
#: Of text: on a light and on a dark background, with a contrast of at least 4.5 there; no colour has it on both.
INKS = {
    NOW: ("#0072B2", "#56B4E9"), PATH: ("#2A6F9C", "#56B4E9"), REAL: ("#A84300", "#F0935A"),
    BASE: ("#6B6B6B", "#A3A3A3"), OTHER: ("#9C3F78", "#D98FBA"),
}  # fmt: skip
#: Smallest text in a chart, and the titles of axes, in pixels: the longest has to stand beside the plot.
SMALL, TITLE = 12, 13
#: Pixels between the ends of an axis' domain and the plot's frame: room for half of the largest symbol.
INSET = 12
UNREADABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def ink(colour: str) -> alt.ExprRef:
    """The colour of text that goes with a mark's, by the background that the chart is drawn on."""
    light, dark = INKS[colour]
    return alt.ExprRef(f"luminance(background) < 0.2 ? '{dark}' : '{light}'")


def readable(text: str) -> str:
    """Control characters as their pictures, so that names stay different; compilers of charts end at them."""
    return UNREADABLE.sub(lambda m: chr(0x2400 + ord(m[0])) if m[0] < " " else "\ufffd", text)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as a chart's data; missing values are null."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{k: readable(v) if isinstance(v, str) else v for k, v in row.items()} for row in rows]


def extent(values: pd.Series, pad: float, least: float) -> tuple[float, float]:
    """From the smallest to the largest value and a little more, at least ``least`` wide, within 0 and 1."""
    finite = values.dropna()
    if finite.empty:
        return 0.0, 1.0
    low, high = float(finite.min()) - pad, float(finite.max()) + pad
    more = max(0.0, least - (high - low)) / 2
    low, high = max(0.0, low - more), min(1.0, high + more)
    return min(low, 1.0 - least), max(high, least)


def axis_of(domain: tuple[float, float], kind: str) -> alt.Axis:
    """An axis with at least three labels that say exactly where they stand; ``kind`` is percent, ratio,
    points or whole.
    """
    low, high = domain
    step = 10.0 ** math.ceil(math.log10(high - low))
    while math.floor(high / step + 1e-9) - math.ceil(low / step - 1e-9) < 3:
        first = round(step / 10 ** math.floor(math.log10(step) + 1e-9))
        step *= 0.4 if first == 5 else 0.5
    values = [round(k * step, 9) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    shared: dict[str, Any] = {"values": values, "titleFontSize": TITLE, "labelFontSize": SMALL}
    if kind == "percent":
        return alt.Axis(**shared, format=f".{max(0, digits - 2)}%")
    if kind == "points":
        return alt.Axis(**shared, labelExpr=f"format(100 * datum.value, '.{max(0, digits - 2)}f')")
    return alt.Axis(**shared, format=f".{digits if kind == 'whole' else max(1, digits)}f")


@dataclass(frozen=True)
class Side:
    """One axis of a plot: the only place where a layer's scale, axis and title come from; ``beside``: an expression for
    pixels at its right end that are left for names.
    """

    title: str | list[str]
    domain: tuple[float, float]
    kind: str
    reverse: bool = False
    beside: str = ""

    def shared(self) -> dict[str, object]:
        """What every layer's channel gets."""
        scale = alt.Scale(domain=list(self.domain), nice=False, zero=False, padding=INSET, reverse=self.reverse)
        if self.beside:
            scale["rangeMax"] = alt.ExprRef(f"width - {self.beside}")
        title = self.title if isinstance(self.title, str) else [readable(line) for line in self.title]
        return {"scale": scale, "axis": axis_of(self.domain, self.kind), "title": title}

    def held(self, field: str) -> str:
        """An expression for the value, at the frame if it lies beyond it."""
        low, high = self.domain
        return f"isValid(datum.{field}) ? clamp(datum.{field}, {low:.6g}, {high:.6g}) : null"

    def share(self, value: float) -> float:
        """Where a value stands, from 0 at the lower end of the screen's coordinate to 1."""
        low, high = self.domain
        return (value - low) / (high - low)


def x_of(field: str) -> alt.X:
    """A number across."""
    return alt.X(f"{field}:Q")  # a bare string is looked up in the whole grammar, which takes longer than all else


def y_of(field: str) -> alt.Y:
    """A number upward."""
    return alt.Y(f"{field}:Q")


def layer_of(name: str) -> alt.Chart:
    """A layer over a named frame; see :func:`layered`."""
    return alt.Chart(alt.NamedData(name))


def layered(
    layers: list[alt.Chart], frames: dict[str, pd.DataFrame], height: int, **sides: Side
) -> alt.LayerChart | alt.FacetChart:
    """Layers over named frames. Altair copies inline data once per layer, which made up half of a redrawn page.

    Layers name fields only; their scales come from ``sides``. A layer with a scale of its own, or with none, would
    stretch the axis for all.
    """
    for name, side in sides.items():
        shared = side.shared()
        for layer in layers:
            channel = layer.encoding[name]
            if isinstance(channel, (alt.X, alt.Y)):
                for key, value in shared.items():
                    channel[key] = value
    return alt.layer(*layers, datasets={n: records(f) for n, f in frames.items()}).properties(height=height)


ACCURACY = "Accuracy, mean over unseen domains →"
