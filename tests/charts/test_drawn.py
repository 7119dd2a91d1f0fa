"""Every chart as it is drawn, measured: on all that ships, as wide as a column and a phone."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from fairviz import charts
from fairviz.controls import CONTROLS
from fairviz.data.sources import fingerprint_of
from fairviz.evaluation.metrics import METRICS, Ratio, axes
from fairviz.evaluation.pareto import hull
from fairviz.evaluation.tradeoff import Sweep
from fairviz.experiments.recorded import sweep_of
from fairviz.experiments.results import Results, kinds_of
from fairviz.store.library import Library
from fairviz.store.specs import FRONTIER
from fairviz.telling.view import View, direction, dumbbell_frame, now_frame, recorded_background
from fairviz.ui.compare import FIRST, RATIOS, TRIVIAL
from tests.charts.drawing import WIDTHS, Drawn, check, drawn, spans


@cache
def recorded(dataset: str, labels: str = "network") -> tuple[Sweep, dict]:
    entry = Library().recorded(fingerprint_of(dataset))
    assert entry is not None
    facts = entry.json("facts.json")
    sweep = sweep_of(entry.table("trials.csv"), facts["groups"], labels, whole=True)
    assert sweep is not None
    return sweep, facts


INTERVAL = ("accuracy_low", "accuracy_high", "fairness_low", "fairness_high")
SINGLE = [(d, domain) for d in ("adult", "simulated") for domain in recorded(d)[1]["domains"]]


@cache
def behind(dataset: str, control: str, metric: str, domains: tuple[str, ...], lambda_y: float, classifier: str,
           labels: str = "network"):  # fmt: skip
    sweep, _ = recorded(dataset, labels)
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
@pytest.mark.parametrize("metric", axes())
@pytest.mark.parametrize(
    ("labels", "control"), [(labels, name) for name, control in CONTROLS.items() for labels in control.recorded]
)
@pytest.mark.parametrize("dataset", ["adult", "simulated"])
def test_recorded_settings(dataset: str, labels: str, control: str, metric: str, width: int) -> None:
    """Along the dial: its start, its second stop, its middle and its end."""
    sweep, facts = recorded(dataset, labels)
    domains = tuple(facts["domains"])
    prices = sweep.prices(control)
    for price in (prices[0], prices[1], prices[len(prices) // 2], prices[-1]):
        view = behind(dataset, control, metric, domains, 1.0, "gradient_boosting", labels).at(price)
        found = draw_tradeoff(view, metric, now_frame(view, price), the_truth(facts, metric, domains), width)
        said = {f"λ_z = {price:g}", *(() if price else ("no control",))}
        assert said & {t.text for t in found.texts}  # where the dial stands is always said
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
@pytest.mark.parametrize("shift", [(0.0, 0.0), (-0.004, -0.05), (0.003, 0.04), (-0.08, 0.1)])
@pytest.mark.parametrize("metric", ["R_DP", "dp_difference"])
def test_a_second_path_is_drawn_and_named(metric: str, shift: tuple[float, float], width: int) -> None:
    """Beside, on and far from the dial's own path; the axes reach to it, and its label meets nothing."""
    view = behind("adult", "dp", metric, tuple(recorded("adult")[1]["domains"]), 1.0, "gradient_boosting").at(0.1)
    other = view.path.assign(accuracy=view.path["accuracy"] + shift[0], label="draft, 10 to 30 % trained")
    other["fairness"] = (other["fairness"] + shift[1]).clip(0, 1)
    found = drawn(
        charts.tradeoff(
            view.path, view.seeds, now_frame(view, 0.1), view.references, view.constant, y_title="y",
            higher_is_fairer=METRICS[metric].higher_is_better, other=other,
        ),
        width,
    )  # fmt: skip
    check(found)
    drawn_at = (view.path, other, view.references, view.constant)
    spans(found, "bottom", pd.concat([frame["accuracy"] for frame in drawn_at]))
    low, high = sorted(found.ends("left"))
    scale = 1 if metric == "R_DP" else 100
    assert low <= scale * other["fairness"].min()
    assert scale * other["fairness"].max() <= high
    if width == max(WIDTHS):
        assert "draft, 10 to 30 % trained" in [t.text for t in found.texts]


def test_no_control_has_one_label_only() -> None:
    """At price 0 its name stands there already; at another price both are written."""
    view = behind("adult", "dp", "R_DP", tuple(recorded("adult")[1]["domains"]), 1.0, "gradient_boosting")
    for price, labels in ((0.0, {"no control"}), (0.2, {"no control", "λ_z = 0.2"})):
        found = draw_tradeoff(view.at(price), "R_DP", now_frame(view.at(price), price), None, 560)
        assert {t.text for t in found.texts} & {"no control", "λ_z = 0", "λ_z = 0.2"} == labels


@pytest.mark.parametrize("higher", [True, False])
def test_an_interval_beyond_the_frame_ends_in_a_triangle_there(higher: bool) -> None:
    """Accuracy beyond the right edge and fairness beyond both ends: three triangles on the edges; no line goes on."""
    path = pd.DataFrame({"lambda_z": [0.0, 1.0], "accuracy": [0.8, 0.78], "fairness": [0.4, 0.6]})
    nobody = pd.DataFrame({"accuracy": [0.7], "label": ["c"]})
    within = {"accuracy_low": 0.77, "accuracy_high": 0.79, "fairness_low": 0.55, "fairness_high": 0.62}
    beyond = {**within, "accuracy_high": 0.95, "fairness_low": 0.05, "fairness_high": 0.99}
    inside, outside = (
        drawn(charts.tradeoff(
            path, path.iloc[:0][["accuracy", "fairness"]], path.iloc[[1]].assign(label="now", **ends),
            path.iloc[:0].assign(label="r"), nobody, y_title="y", higher_is_fairer=higher,
        ), 500)
        for ends in (within, beyond)
    )  # fmt: skip
    assert len(outside.symbols) == len(inside.symbols) + 3
    plot = outside.plot
    assert all(box.inside(plot) for box, clip in outside.strokes)
    centres = [((box.left + box.right) / 2, (box.top + box.bottom) / 2) for box, _ in outside.symbols]
    assert sum(x > plot.right - 2 * charts.INSET for x, _ in centres) == 1
    assert sum(y < plot.top + 2 * charts.INSET for _, y in centres) == 1
    assert sum(y > plot.bottom - 2 * charts.INSET for _, y in centres) == 1


@pytest.mark.parametrize("width", [300, 340, 480, 560, 800])
@pytest.mark.parametrize("stop", range(1, 6))  # at 0 "no control" stands there too
def test_the_moving_label_keeps_off_the_path(stop: int, width: int) -> None:
    """On an arch, whose either side has room, no dot of the path lies under the label, and none between two dots."""
    angle = np.linspace(0.1, 2.3, 6)
    path = pd.DataFrame({"lambda_z": range(6), "accuracy": 0.8 + 0.1 * np.cos(angle), "fairness": 0.9 * np.sin(angle)})
    now = path.iloc[[stop]].assign(label=f"λ_z = {stop}", **dict.fromkeys(INTERVAL, np.nan))
    found = drawn(charts.tradeoff(
        path, path.iloc[:0][["accuracy", "fairness"]], now, path.iloc[:0].assign(label="r"),
        pd.DataFrame({"accuracy": [0.7], "label": ["c"]}), y_title="y", higher_is_fairer=True, height=280,
    ), width)  # fmt: skip
    label = next(t.box for t in found.texts if t.text == f"λ_z = {stop}")
    (low, high), (bottom, top) = sorted(found.ends("bottom")), sorted(found.ends("left"))
    plot = found.plot
    share = np.linspace(0, 1, 20)[:, None, None]
    points = path[["accuracy", "fairness"]].to_numpy()
    for accuracy, fairness in ((1 - share) * points[:-1] + share * points[1:]).reshape(-1, 2):
        x = plot.left + (accuracy - low) / (high - low) * (plot.right - plot.left)
        y = plot.bottom - (fairness - bottom) / (top - bottom) * (plot.bottom - plot.top)
        assert not (label.left < x < label.right and label.top < y < label.bottom), (accuracy, fairness)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shift", [(0.0, 0.0), (-0.004, -0.05), (0.003, 0.04), (-0.08, 0.1)])
def test_what_is_pinned_is_drawn_and_numbered(shift: tuple[float, float], width: int) -> None:
    """On the path, beside it and far from it: a square each, the axes reach to it, its number meets nothing."""
    view = behind("adult", "dp", "R_DP", tuple(recorded("adult")[1]["domains"]), 1.0, "gradient_boosting").at(0.1)
    kept = view.path.iloc[[2, 5]][["accuracy", "fairness"]] + shift
    kept = kept.assign(label=["1", "2"], title="t")
    how = {"y_title": "y", "higher_is_fairer": True}
    chart = charts.tradeoff(view.path, view.seeds, now_frame(view, 0.1), view.references, view.constant, pinned=kept,
                            **how)  # fmt: skip
    found, without = drawn(chart, width), drawn(
        charts.tradeoff(view.path, view.seeds, now_frame(view, 0.1), view.references, view.constant, **how), width
    )  # fmt: skip
    check(found)
    assert len(found.symbols) == len(without.symbols) + 2
    low, high = sorted(found.ends("bottom"))
    assert low <= kept["accuracy"].min()
    assert kept["accuracy"].max() <= high
    assert {"1", "2"} <= {t.text for t in found.texts if t.role == "mark"}


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


def named_at(found: Drawn, names: set[str]) -> float:
    """Where the chart's own right end is: the names stand in one column right of all points, each with a symbol left
    of it and a line that comes from the points.
    """
    texts = [t for t in found.texts if t.role == "mark" and t.text in names]
    assert sorted(t.text for t in texts) == sorted(names)
    (left,) = {round(t.box.left) for t in texts}
    column = [box for box, _ in found.symbols if abs((box.left + box.right) / 2 + 10 - left) < 1.5]
    assert len(column) == len(names)
    leads = [box.left for box, _ in found.strokes if abs(box.right - (left - 20)) < 1.5]
    assert len(leads) == len(names)
    points = [box.right for box, _ in found.symbols if box not in column]
    right = left - 10 - 34  # the symbol, and the room for lines
    assert max(points) <= right
    return right


@pytest.mark.parametrize("width", [*WIDTHS, 1150])
@pytest.mark.parametrize("every", [False, True], ids=["first families", "all families"])
@pytest.mark.parametrize("metric", RATIOS)
@pytest.mark.parametrize("dataset", shipped_frontiers())
def test_comparisons(dataset: str, metric: str, every: bool, width: int) -> None:
    points = compared(dataset)
    family = dict(zip(points["dial"], points["family"], strict=True))
    first = {family[dial] for dial in (*FIRST, TRIVIAL) if dial in family}
    part = points if every else points[points["family"].isin(first)]
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
    always = [family["fadm_soft_dp"], family["unmitigated"]]
    best = part[part["family"].isin(always)].groupby("family")["accuracy"].max()
    edge = min(part["accuracy"].max() - 0.04, best.min() - 0.01)
    seen = part[part["accuracy"] >= edge]
    ends = (seen["id"].iloc[0], seen.sort_values("fairness")["id"].iloc[-1])
    for selected in ends if width == WIDTHS[-1] else ends[:1]:
        chart = charts.frontier(
            part,
            fronts,
            constant,
            y_title=METRICS[metric].short,
            kinds=kinds_of(points),
            selected=selected,
            neutral=[family[TRIVIAL]],
            always=always,
        )
        found = drawn(chart, width)
        texts = {t.text for t in found.texts if t.role == "mark"}
        named = set(seen["family"])
        names = {name if len(name) <= 26 else name.split(",")[0] for name in named}
        desk = width > max(WIDTHS)
        if desk:  # each family at the end of its front: its name, its symbol, and a line that leads there
            right = named_at(found, names)
        accuracies = pd.concat([seen["accuracy"], pd.Series([constant] if constant >= edge else [], dtype=float)])
        spans(replace(found, plot=replace(found.plot, right=right)) if desk else found, "bottom", accuracies)
        spans(found, "left", seen["fairness"])
        check(found)
        if width == min(WIDTHS):  # a phone
            names = {name.removeprefix("Real rows, ").removesuffix(" weights") for name in names}
            names = {name.replace("Exponentiated", "Exp.").replace("Always the same", "Constant") for name in names}
        if not desk:
            assert {t.text for t in found.texts if t.role == "legend-label"} == names
        if width > WIDTHS[0]:  # on a desk there is room for the label of what is in the chart
            assert ("always the same answer" in texts) == (constant >= edge)
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
