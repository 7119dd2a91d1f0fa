"""Every chart as it is drawn: compiled by Vega, then measured; on all that ships, as wide as a column and a phone."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest
import vl_convert

from fairviz import charts
from fairviz.controls import CONTROLS
from fairviz.data.sources import fingerprint_of
from fairviz.evaluation.metrics import AXES, METRICS, Ratio
from fairviz.evaluation.pareto import hull
from fairviz.evaluation.tradeoff import Sweep
from fairviz.experiments.publish import FRONTIER
from fairviz.experiments.results import Results
from fairviz.library import Library
from fairviz.ui.compare import FIRST, RATIOS, TRIVIAL
from fairviz.view import View, direction, dumbbell_frame, now_frame, recorded_background

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
    if item.get("baseline") in above:
        rise = -above[item["baseline"]] * (high if item["baseline"] != "middle" else size)
    else:
        rise = -0.8 * size
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
            at = (x + item.get("x", 0), y + item.get("y", 0))
            hidden = item.get("opacity", 1) == 0
            if mark["marktype"] == "group":
                _walk(item, *at, out, item.get("orient", axis) if mark["role"] == "axis" else axis)
                if mark["role"] == "legend":
                    out.legends.append(Box(*at, at[0] + item["width"], at[1] + item["height"]))
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


@cache
def recorded(dataset: str) -> tuple[Sweep, dict]:
    entry = Library().recorded(fingerprint_of(dataset))
    assert entry is not None
    facts = entry.json("facts.json")
    return Sweep.of(entry.table("trials.csv"), facts["groups"]), facts


SINGLE = [(d, domain) for d in ("adult", "simulated") for domain in recorded(d)[1]["domains"]]


@cache
def behind(dataset: str, control: str, metric: str, domains: tuple[str, ...], lambda_y: float, classifier: str):
    sweep, _ = recorded(dataset)
    return recorded_background(
        sweep, control=control, lambda_y=lambda_y, classifier=classifier, domains=domains, metric=metric
    )


def draw_tradeoff(view: View, metric: str, now: pd.DataFrame, truth: pd.DataFrame | None, width: int) -> Drawn:
    chart = charts.tradeoff(
        view.path, view.seeds, now, view.references, view.constant, y_title=METRICS[metric].short,
        higher_is_fairer=METRICS[metric].higher_is_better, truth=truth,
    )  # fmt: skip
    found = drawn(chart, width)
    check(found)
    finite = view.path.dropna(subset=["fairness"])
    drawn_at = [finite["accuracy"], view.references["accuracy"], view.constant["accuracy"]]
    if truth is not None:
        low, high = sorted(found.ends("left"))
        inner = 0.06 * (high - low)  # the line goes on to the frame
        drawn_at.append(truth.loc[truth["fairness"].between(low + inner, high - inner), "accuracy"])
    spans(found, "bottom", pd.concat(drawn_at))
    assert len(found.labels("left")) >= 3
    return found


def draw_dumbbell(view: View, metric: str, width: int) -> Drawn:
    pair = direction(view, metric)
    assert pair is not None
    ratio = isinstance(METRICS[metric], Ratio)
    title = "women ÷ men" if ratio else "men − women, points"
    found = drawn(charts.dumbbell(dumbbell_frame(view, metric), title=title, ratio=ratio), width)
    check(found)
    assert len({t.text for t in found.labels("bottom")}) >= 3
    return found


def the_truth(facts: dict, metric: str, domains: tuple[str, ...]) -> pd.DataFrame | None:
    if "bayes_frontier" not in facts or metric not in ("R_DP", "R_EOp"):
        return None
    rows = pd.DataFrame(facts["bayes_frontier"])
    rows = rows[(rows["control"] == ("dp" if metric == "R_DP" else "eop")) & rows["domain"].isin(domains)]
    return rows.groupby("lambda_z", as_index=False)[["accuracy", metric]].mean().rename(columns={metric: "fairness"})


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("metric", AXES)
@pytest.mark.parametrize("control", [name for name, control in CONTROLS.items() if control.recorded])
@pytest.mark.parametrize("dataset", ["adult", "simulated"])
def test_recorded_settings(dataset: str, control: str, metric: str, width: int) -> None:
    """Along the dial: its start, its second stop, its middle and its end."""
    sweep, facts = recorded(dataset)
    domains = tuple(facts["domains"])
    prices = sweep.prices(control)
    for price in (prices[0], prices[1], prices[len(prices) // 2], prices[-1]):
        view = behind(dataset, control, metric, domains, 1.0, "gradient_boosting").at(price)
        found = draw_tradeoff(view, metric, now_frame(view, price), the_truth(facts, metric, domains), width)
        assert f"λ_z = {price:g}" in [t.text for t in found.texts]  # where the dial stands is always said
        low, high = sorted(found.ends("bottom"))
        assert high - low <= 0.2 or dataset != "adult"
    draw_dumbbell(view, metric, width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("classifier", ["logistic_regression", "mlp"])
@pytest.mark.parametrize("dataset", ["adult", "simulated"])
def test_other_classifiers_and_label_strengths(dataset: str, classifier: str, width: int) -> None:
    sweep, facts = recorded(dataset)
    for strength in sweep.label_strengths():
        view = behind(dataset, "dp", "R_DP", tuple(facts["domains"]), strength, classifier).at(0.2)
        draw_tradeoff(view, "R_DP", now_frame(view, 0.2, "0.0123–0.456"), None, width)
        draw_dumbbell(view, "R_DP", width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("metric", ["R_DP", "R_EOp", "eop_difference"])
@pytest.mark.parametrize(("dataset", "domain"), SINGLE)
def test_one_domain(dataset: str, domain: str, metric: str, width: int) -> None:
    _, facts = recorded(dataset)
    for price in (0.0, 0.2):
        view = behind(dataset, "dp", metric, (domain,), 1.0, "gradient_boosting").at(price)
        if np.isnan(view.head["fairness"]):
            assert view.domains[0]["R_EOp_why"]
        draw_tradeoff(view, metric, now_frame(view, price), the_truth(facts, metric, (domain,)), width)
        draw_dumbbell(view, metric, width)


@cache
def compared(dataset: str) -> pd.DataFrame:
    entry = next(e for e in Library().shipped.entries(FRONTIER) if e.spec["dataset"]["name"] == dataset)
    points = Results.of(entry).select(classifier=entry.spec["classifiers"][0]).points()
    return points.assign(id=[f"{m} {s}" for m, s in zip(points["method"], points["setting"], strict=True)])


def shipped_frontiers() -> list[str]:
    return sorted(e.spec["dataset"]["name"] for e in Library().shipped.entries(FRONTIER))


@pytest.mark.parametrize("width", [*WIDTHS, 1150])
@pytest.mark.parametrize("every", [False, True], ids=["first families", "all families"])
@pytest.mark.parametrize("metric", RATIOS)
@pytest.mark.parametrize("dataset", shipped_frontiers())
def test_comparisons(dataset: str, metric: str, every: bool, width: int) -> None:
    points = compared(dataset)
    part = points if every else points[points["family"].isin([*FIRST, TRIVIAL])]
    part = part.rename(
        columns={metric: "fairness", f"{metric}_low": "fairness_low", f"{metric}_high": "fairness_high"}
    ).dropna(subset=["fairness"])
    fronts = pd.DataFrame(
        [
            {"family": family, "accuracy": a, "fairness": f, "order": k}
            for family, rows in part.groupby("family", sort=False)
            for k, (a, f) in enumerate(hull(rows[["accuracy", "fairness"]].to_numpy(float)))
        ]
    )
    constant = float(points.loc[points["dial"] == "constant", "accuracy"].iloc[0])
    edge = part["accuracy"].max() - charts.LEFT_EDGE
    seen = part[part["accuracy"] >= edge]
    ends = (seen["id"].iloc[0], seen.sort_values("fairness")["id"].iloc[-1])
    for selected in ends if width == WIDTHS[-1] else ends[:1]:
        chart = charts.frontier(
            part,
            fronts,
            constant,
            y_title=METRICS[metric].short,
            selected=selected,
            neutral=[TRIVIAL],
        )
        found = drawn(chart, width)
        accuracies = pd.concat([seen["accuracy"], pd.Series([constant] if constant >= edge else [], dtype=float)])
        spans(found, "bottom", accuracies)
        spans(found, "left", seen["fairness"])
        check(found)
        assert {t.text for t in found.texts if t.role == "legend-label"} == {
            family if len(family) <= 26 else family.split(",")[0] for family in part["family"]
        }
        if width > WIDTHS[0]:  # on a desk there is room for the label of what is in the chart
            assert ("always the same answer" in {t.text for t in found.texts}) == (constant >= edge)
        assert found.plot.bottom - found.plot.top > 200  # the legend leaves room for the chart


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("steps", [2, 30_000])
def test_losses(steps: int, width: int) -> None:
    names = ["score network", "label classifier", "group classifier"]
    history = pd.DataFrame(
        [{"step": s, "loss": name, "value": 1 / (1 + s) + k} for s in (1, steps) for k, name in enumerate(names)]
    )
    found = drawn(charts.losses(history), width)
    check(found)
    assert {t.text for t in found.texts if t.role == "legend-label"} == set(names)


def test_names_of_any_kind_are_drawn() -> None:
    """Control characters end the compiler, and nobody can read them."""
    frame = pd.DataFrame(
        {
            "domain": ["a\x00b\x1b[31m (n=1,519)", "\x85 (n=8)", "long name of a domain " * 4 + "(n=7)"],
            "before": [0.4, 0.5, np.nan], "now": [0.6, 1.4, np.nan], "low": [0.5, 0.9, np.nan],
            "high": [0.7, 2.9, np.nan],
            "reason": ["", "", "not estimable: fewer than 10 rows: women\x07 (3), men (2), people of no group (1)"],
        }
    )  # fmt: skip
    for width in WIDTHS:
        found = drawn(charts.dumbbell(frame, title="a\x00 ÷ b", ratio=True), width)
        texts = " ".join(t.text for t in found.texts)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", texts)
        for text in found.texts:
            assert text.box.inside(found.view), text
