"""Charts compiled by Vega as Streamlit has them drawn, and measured."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import vl_convert

#: A column of the page on a desk, and a phone.
WIDTHS = (560, 340)
#: An axis may reach beyond the marks at each end by this, and by this share of what the marks span.
MARGIN, SHARE = 0.01, 0.12
#: What Streamlit's theme sets and what takes room (its fonts are narrower than those assumed here).
THEME = {
    "axis": {
        "labelFontSize": 12, "titleFontSize": 14, "titleFontWeight": "normal", "ticks": False, "domain": False,
        "labelFlush": True, "labelFlushOffset": 1, "labelBound": False, "labelLimit": 100, "titlePadding": 16,
        "labelPadding": 16, "labelSeparation": 4, "labelOverlap": True,
    },
    "legend": {
        "labelFontSize": 14, "titleFontSize": 14, "titlePadding": 8, "labelPadding": 16, "columnPadding": 8,
        "rowPadding": 4, "padding": 8,
    },
    "view": {"strokeWidth": 0},
    "axisDiscrete": {"grid": False},
}  # fmt: skip


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def inside(self, other: Box, slack: float = 2.0) -> bool:
        return (
            self.left >= other.left - slack
            and self.top >= other.top - slack
            and self.right <= other.right + slack
            and self.bottom <= other.bottom + slack
        )

    def meets(self, other: Box) -> bool:
        return min(self.right, other.right) - max(self.left, other.left) > 0.5 and (
            min(self.bottom, other.bottom) - max(self.top, other.top) > 0.5
        )


@dataclass(frozen=True)
class Text:
    """A text as drawn; ``role`` says whose it is: mark, axis-label, axis-title, legend-label."""

    text: str
    role: str
    box: Box
    clip: bool
    limited: bool
    axis: str
    at: tuple[float, float]


@dataclass(frozen=True)
class Drawn:
    """All that was drawn: texts, symbols, and lines or rules with whether they end at the plot's frame."""

    view: Box
    plot: Box
    texts: list[Text]
    symbols: list[tuple[Box, bool]]
    strokes: list[tuple[Box, bool]]
    legends: list[Box]

    def labels(self, orient: str) -> list[Text]:
        return [t for t in self.texts if t.role == "axis-label" and t.axis == orient]

    def ends(self, orient: str) -> tuple[float, float]:
        """Values at the ends of an axis, from where its labels stand. Its labels must say exactly where they stand."""
        labels = self.labels(orient)
        values = np.array([number(t.text) for t in labels])
        places = np.array([t.at[0] if orient == "bottom" else t.at[1] for t in labels])
        assert len(set(values)) == len(values) >= 3, f"labels of the {orient} axis: {[t.text for t in labels]}"
        slope, start = np.polyfit(places, values, 1)
        assert np.abs(places - (values - start) / slope).max() < 1.5, [t.text for t in labels]
        a, b = (self.plot.left, self.plot.right) if orient == "bottom" else (self.plot.bottom, self.plot.top)
        return start + slope * a, start + slope * b


def number(label: str) -> float:
    """The value of an axis label."""
    found = label.replace("−", "-")
    return float(found[:-1]) / 100 if found.endswith("%") else float(found)


def width_of(text: str, size: float, bold: bool) -> float:
    """Wider than any common sans-serif font sets it, and than the page's own by a tenth or more."""
    wide = sum(0.30 if c in " .,:;'|!iljI()[]·" else 0.36 if c in "ftr-" else 0.87 if c in "mwMW%" else
               0.68 if c.isupper() else 0.52 for c in text)  # fmt: skip
    return wide * size * (1.08 if bold else 1.0)


def _text_box(item: dict, x: float, y: float) -> Box:
    size = item.get("fontSize", 11)
    lines = item["text"] if isinstance(item["text"], list) else str(item["text"]).split("\n")
    bold = str(item.get("fontWeight", "")) in ("bold", "600", "700")
    wide = max(width_of(str(line), size, bold) for line in lines)
    wide = min(wide, item["limit"]) if item.get("limit") else wide
    step = item.get("lineHeight", size + 2)
    high, above = step * (len(lines) - 1) + size, {"top": 0.0, "middle": 0.5, "bottom": 1.0}
    start = {"left": 0.0, "center": -0.5, "right": -1.0}[item.get("align", "left")] * wide
    rise = -above.get(item.get("baseline"), 0.8) * size  # further lines hang below the first, whatever the baseline
    dx, dy = item.get("dx", 0), item.get("dy", 0)
    if item.get("angle") in (-90, 270):
        corners = [(rise + dy, -start - dx), (rise + high + dy, -start - wide - dx)]
    else:
        corners = [(start + dx, rise + dy), (start + wide + dx, rise + high + dy)]
    (a, b), (c, d) = corners
    return Box(x + min(a, c), y + min(b, d), x + max(a, c), y + max(b, d))


def drawn(chart, width: int) -> Drawn:
    """A chart as Streamlit has it drawn in a container of this width."""
    spec = json.loads(json.dumps(chart.to_dict(validate=False)))
    spec["width"], spec["padding"] = width, {"bottom": 20}
    spec["autosize"] = {"type": "fit", "contains": "padding"}
    mine = spec.get("config", {})
    spec["config"] = {**THEME, **mine, "legend": {**THEME["legend"], **mine.get("legend", {})}}
    graph = vl_convert.vegalite_to_scenegraph(spec)
    x, y = graph["origin"]
    frame = graph["scenegraph"]["items"][0]
    x, y = x + frame.get("x", 0), y + frame.get("y", 0)
    out = Drawn(
        Box(0, 0, graph["width"], graph["height"]), Box(x, y, x + frame["width"], y + frame["height"]), [], [], [], []
    )
    _walk(frame, x, y, out, "")
    return out


def _walk(group: dict, x: float, y: float, out: Drawn, axis: str) -> None:
    for mark in group.get("items", []):
        for item in mark["items"]:
            # a label without room is empty and stands nowhere
            at = (x + (item.get("x") or 0), y + (item.get("y") or 0))
            hidden = item.get("opacity", 1) == 0
            if mark["marktype"] == "group":
                _walk(item, *at, out, item.get("orient", axis) if mark["role"] == "axis" else axis)
                if mark["role"] == "legend":
                    out.legends.append(Box(*at, at[0] + item["width"], at[1] + item["height"]))
            elif mark["marktype"] == "text" and item.get("stroke"):
                continue  # what lies behind a label in the background's colour
            elif mark["marktype"] == "text" and not hidden and item.get("text") not in (None, ""):
                box = _text_box(item, *at)
                free = _text_box({**item, "limit": 0}, *at)
                limited = free.right - free.left > box.right - box.left + 0.1
                words = " ".join(item["text"]) if isinstance(item["text"], list) else str(item["text"])
                out.texts.append(Text(words, mark["role"], box, mark["clip"], limited, axis, at))
            elif mark["role"] != "mark" or hidden:
                continue
            elif mark["marktype"] == "symbol":
                r = item.get("size", 64) ** 0.5 / 2
                out.symbols.append((Box(at[0] - r, at[1] - r, at[0] + r, at[1] + r), mark["clip"]))
            elif mark["marktype"] in ("rule", "line"):
                end = (x + item.get("x2", item.get("x", 0)), y + item.get("y2", item.get("y", 0)))
                out.strokes.append(
                    (Box(min(at[0], end[0]), min(at[1], end[1]), max(at[0], end[0]), max(at[1], end[1])), mark["clip"])
                )


def check(found: Drawn) -> None:
    """What holds for every chart."""
    for text in found.texts:
        assert text.box.inside(found.view), f"cut at the chart's edge: {text}"
        assert not text.limited, f"shortened: {text}"
        if text.role == "mark":
            assert text.box.inside(found.plot), f"outside the plot: {text}"
    for one, other in itertools.combinations(found.texts, 2):
        assert not one.box.meets(other.box), f"one over the other: {one} {other}"
    for box, _ in found.symbols:
        assert box.inside(found.plot), f"a symbol outside the plot: {box} {found.plot}"
    for box, clip in found.strokes:
        assert clip or box.inside(found.plot), f"a line outside the plot: {box} {found.plot}"
    for box in found.legends:
        assert box.inside(found.view, 2), f"the legend is cut: {box}"
        assert not box.meets(found.plot), f"the legend covers the plot: {box}"


def spans(found: Drawn, orient: str, values: pd.Series) -> None:
    """An axis holds all values and reaches little beyond."""
    low, high = sorted(found.ends(orient))
    reach = MARGIN + SHARE * float(values.max() - values.min())
    assert values.min() - reach <= low <= values.min() + 1e-6, (low, values.min(), reach)
    assert values.max() - 1e-6 <= high <= values.max() + reach, (high, values.max(), reach)
