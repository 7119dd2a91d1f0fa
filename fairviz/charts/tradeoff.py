"""The dial's path, the present point and what it is compared with."""

from __future__ import annotations

import json
import textwrap

import altair as alt
import pandas as pd

from fairviz.charts.axes import (
    ACCURACY,
    BASE,
    NOW,
    OTHER,
    PATH,
    REAL,
    TRUTH,
    Side,
    extent,
    layer_of,
    layered,
    x_of,
    y_of,
)
from fairviz.charts.labels import Labels, Spot, beside, upright

#: Letters of an upright title that have room beside the plot.
UPRIGHT = 26


def tradeoff(
    path: pd.DataFrame,
    seeds: pd.DataFrame,
    now: pd.DataFrame,
    references: pd.DataFrame,
    constant: pd.DataFrame,
    *,
    y_title: str,
    higher_is_fairer: bool,
    truth: pd.DataFrame | None = None,
    other: pd.DataFrame | None = None,
    pinned: pd.DataFrame | None = None,
    height: int = 250,
) -> alt.LayerChart | alt.FacetChart:
    """Accuracy against fairness; best corner top right.

    Parameters
    ----------
    path : DataFrame
        ``lambda_z, accuracy, fairness``: means over seeds, in order of the price.
    seeds : DataFrame
        ``accuracy, fairness``: single seeds at the present setting.
    now : DataFrame
        One row: ``accuracy, fairness`` and their ``_low``, ``_high``, ``label``.
    references : DataFrame
        ``accuracy, fairness, label``: models to compare with.
    constant : DataFrame
        One row ``accuracy, label``: drawn as a line, since it may have no fairness ratio.
    truth : DataFrame, optional
        ``accuracy, fairness``: the best possible, where it is known.
    other : DataFrame, optional
        ``lambda_z, accuracy, fairness, label``: the same dial turned for other rows; ``label`` says which.
    pinned : DataFrame, optional
        ``accuracy, fairness, label, title``: settings to compare with; ``label`` stands beside the mark.
    """
    finite = path.dropna(subset=["fairness"])
    behind = None if other is None or other["fairness"].isna().all() else other.dropna(subset=["fairness"])
    kept = finite.iloc[:0] if pinned is None else pinned.dropna(subset=["fairness"])
    x, y = _sides(finite, pd.concat([references, kept]), constant, (truth, behind), y_title, higher_is_fairer)
    tip = [
        alt.Tooltip("lambda_z:Q", title="λ_z", format="g"),
        alt.Tooltip("accuracy:Q", title="accuracy", format=".1%"),
        alt.Tooltip("fairness:Q", title="fairness", format=".2f"),
    ]
    tip_ref = [alt.Tooltip("label:N", title="what"), *tip[1:]]
    start = finite[finite["lambda_z"] == 0].assign(label="no control")
    frames = {"constant": constant, "finite": finite, "start": start, "seeds": seeds, "now": now}
    frames["references"] = references
    labels, texts, start_is_named = _labels(x, y, finite, start, references, behind, kept)
    frames |= {f"pin_{label}": kept[kept["label"] == label] for label in kept.get("label", ())}
    layers = upright("constant", labels.along(*constant[["accuracy", "label"]].iloc[0]), tip_ref[:2])
    if truth is not None:
        frames["truth"] = truth
        line = layer_of("truth").mark_line(color=TRUTH, strokeDash=[2, 3], strokeWidth=2, clip=True)
        layers.append(line.encode(x=x_of("accuracy"), y=y_of("fairness"), order=alt.Order("lambda_z:Q"), tooltip=tip))
    if behind is not None:
        frames |= {"other": behind, "other_end": behind.sort_values("lambda_z").tail(1)}
        layers += _beside(tip, tip_ref)
    lines = [finite.sort_values("lambda_z"), *([] if behind is None else [behind.sort_values("lambda_z")])]
    others = finite[~finite["lambda_z"].isin(now["lambda_z"])]
    stops = pd.concat([now, others.assign(label=others["lambda_z"].map("λ_z = {:g}".format))])
    if start_is_named:
        stops = stops[(stops["lambda_z"] != 0) | ~stops["accuracy"].isin(start["accuracy"])]
    label, frames["places"] = labels.moving("now", 13, stops, lines)
    layers += [
        *_behind(tip, tip_ref),
        *_pins(kept, tip[1:]),
        *_present(x, y, tip_ref),
        *texts,
        label,
    ]
    return layered(layers, frames, height, x=x, y=y)


def _sides(
    finite: pd.DataFrame, references: pd.DataFrame, constant: pd.DataFrame,
    more: tuple[pd.DataFrame | None, pd.DataFrame | None], y_title: str, higher_is_fairer: bool,
) -> tuple[Side, Side]:  # fmt: skip
    """Both axes, from the whole path, not from the present point: they must not move with the dial.

    ``more``: the best possible, and the other path.
    """
    truth, other = more
    drawn = [finite, references, *([other] if other is not None else [])]
    every = pd.concat([f[["accuracy", "fairness"]] for f in drawn], ignore_index=True)
    kind = "ratio" if higher_is_fairer else "points"
    y = Side(
        textwrap.wrap(y_title, UPRIGHT) or "", extent(every["fairness"], 0.04, 0.1), kind, reverse=not higher_is_fairer
    )
    accuracies = [every["accuracy"], constant["accuracy"]]
    if truth is not None:  # as far as it is as fair as what is drawn
        accuracies.append(truth.loc[truth["fairness"].between(*y.domain), "accuracy"])
    return Side(ACCURACY, extent(pd.concat(accuracies), 0.004, 0.015), "percent"), y


def _labels(
    x: Side, y: Side, finite: pd.DataFrame, start: pd.DataFrame, references: pd.DataFrame, other: pd.DataFrame | None,
    pinned: pd.DataFrame,
) -> tuple[Labels, list[alt.Chart], bool]:  # fmt: skip
    """Places for labels, the labels of what stays, and whether price 0 has one however narrow the plot is."""
    known, both = references.dropna(subset=["fairness"]), ["accuracy", "fairness"]
    beyond = finite.iloc[:0] if other is None else other
    radii = ((finite, 4.0), (known, 7.0), (start, 5.0), (beyond, 3.0), (pinned, 7.0))
    labels = Labels(x, y, [(a, f, radius) for frame, radius in radii for a, f in frame[both].to_numpy()])
    texts: list[alt.Chart] = []
    spots: dict[str, Spot | None] = {}
    ends = beyond.sort_values("lambda_z").tail(1)
    marks = (("references", known, REAL, 11.0), ("start", start, PATH, 10.0), ("other_end", ends, OTHER, 9.0))
    for name, frame, colour, gap in marks:
        if len(frame) == 1:
            row = frame.iloc[0]
            spots[name] = labels.beside(row["accuracy"], row["fairness"], row["label"], gap)
            texts += beside(name, spots[name], colour)
    for row in pinned.to_dict("records"):
        spot = labels.beside(row["accuracy"], row["fairness"], row["label"], 9.0)
        texts += beside(f"pin_{row['label']}", spot, BASE)
    first = spots.get("start")
    return labels, texts, first is not None and first.least == 0


def _pins(pinned: pd.DataFrame, tip: list[alt.Tooltip]) -> list[alt.Chart]:
    """What is pinned: hollow squares."""
    where = {"x": x_of("accuracy"), "y": y_of("fairness")}
    return [
        layer_of(f"pin_{label}")
        .mark_point(color=BASE, filled=False, shape="square", size=150, strokeWidth=2)
        .encode(**where, tooltip=[alt.Tooltip("title:N", title="pinned"), *tip])
        for label in pinned.get("label", ())
    ]


def _beside(tip: list[alt.Tooltip], tip_ref: list[alt.Tooltip]) -> list[alt.Chart]:
    """The other path: dashed, with open circles."""
    where = {"x": x_of("accuracy"), "y": y_of("fairness")}
    line = layer_of("other").mark_line(color=OTHER, strokeWidth=2, strokeDash=[6, 4], clip=True)
    dots = layer_of("other").mark_point(color=OTHER, filled=False, shape="circle", size=30)
    return [
        line.encode(**where, order=alt.Order("lambda_z:Q")),
        dots.encode(**where, tooltip=[tip_ref[0], *tip]),
    ]


def _behind(tip: list[alt.Tooltip], tip_ref: list[alt.Tooltip]) -> list[alt.Chart]:
    """The path of the dial, and models to compare with."""
    where = {"x": x_of("accuracy"), "y": y_of("fairness")}
    return [
        layer_of("finite").mark_line(color=PATH, strokeWidth=2.5).encode(**where, order=alt.Order("lambda_z:Q")),
        layer_of("finite").mark_circle(color=PATH, size=45, opacity=1).encode(**where, tooltip=tip),
        layer_of("references")
        .mark_point(color=REAL, filled=True, shape="diamond", size=130)
        .encode(**where, tooltip=tip_ref),
    ]


def _present(x: Side, y: Side, tip: list[alt.Tooltip]) -> list[alt.Chart]:
    """The present point, its interval and its seeds; what lies beyond the frame is drawn at its edge."""
    held = {"x": x.held("accuracy"), "y": y.held("fairness")}
    ends = {f"{kind}_{end}": side for kind, side in (("accuracy", x), ("fairness", y)) for end in ("low", "high")}
    now = layer_of("now").transform_calculate(**held, **{f"{end}_at": side.held(end) for end, side in ends.items()})
    rule = now.mark_rule(color=NOW, strokeWidth=1.5)
    return [
        layer_of("seeds")
        .transform_calculate(**held)
        .mark_circle(color=NOW, size=22, opacity=0.55)
        .encode(x=x_of("x"), y=y_of("y")),
        rule.encode(x=x_of("accuracy_low_at"), x2=alt.X2("accuracy_high_at:Q"), y=y_of("y")),
        rule.encode(x=x_of("x"), y=y_of("fairness_low_at"), y2=alt.Y2("fairness_high_at:Q")),
        _goes_on(now, y),
        now.mark_point(color=NOW, filled=True, shape="circle", size=190, opacity=1).encode(
            x=x_of("x"), y=y_of("y"), tooltip=tip
        ),
    ]


def _goes_on(now: alt.Chart, y: Side) -> alt.Chart:
    """Triangles where an interval goes on beyond the frame."""
    up = {"fairness_low": 0, "fairness_high": 180} if y.reverse else {"fairness_high": 0, "fairness_low": 180}
    turned = {"accuracy_high": 90, "accuracy_low": 270, **up}
    beyond: alt.Chart = (
        now.transform_fold(list(turned), as_=["end", "value"])
        .transform_filter("isValid(datum.value) && datum.value !== datum[datum.end + '_at']")
        .transform_calculate(
            x="slice(datum.end, 0, 1) === 'a' ? datum[datum.end + '_at'] : datum.x",
            y="slice(datum.end, 0, 1) === 'f' ? datum[datum.end + '_at'] : datum.y",
        )
        .mark_point(
            color=NOW, filled=True, shape="triangle-up", size=45, opacity=1, aria=False,
            angle=alt.ExprRef(f"{json.dumps(turned)}[datum.end]"),
        )
        .encode(x=x_of("x"), y=y_of("y"))
    )  # fmt: skip
    return beyond
