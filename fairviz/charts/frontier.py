"""Every method's settings and fronts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from fairviz.charts.axes import ACCURACY, BASE, Side, extent, layer_of, layered, x_of, y_of
from fairviz.charts.labels import Labels, upright

#: How far left of the most accurate point the comparison's chart reaches.
LEFT_EDGE = 0.06
#: Colours for families, after Okabe and Ito's, each with a contrast of 3 on either background; repeated with the shapes
#: of their kinds.
FAMILY_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#C17F00", "#2A9DB5", "#9467BD", "#8C6D1F")
NEUTRAL = "#7A7A7A"
#: Shapes of a kind's families, so that colour is never the only thing that tells them apart.
SHAPES = {
    "generator": ("circle", "triangle-up", "triangle-down", "triangle-left", "triangle-right"),
    "classifier": ("square", "cross", "arrow", "wedge"),
    "reference": ("diamond",),
}


def left_edge(points: pd.DataFrame) -> float:
    """The lowest accuracy in the comparison's chart."""
    return float(points.loc[points["fairness"].notna(), "accuracy"].max()) - LEFT_EDGE


def frontier(
    points: pd.DataFrame,
    fronts: pd.DataFrame,
    constant: float | None,
    *,
    y_title: str,
    selected: str | None = None,
    neutral: Sequence[str] = (),
    height: int = 520,
) -> alt.LayerChart | alt.FacetChart:
    """Every method's settings and fronts, accuracy against fairness; best corner top right. A click selects a point.

    Parameters
    ----------
    points : DataFrame
        ``id, family, kind, title, wording, accuracy, fairness`` and the ends of both intervals.
    fronts : DataFrame
        ``family, accuracy, fairness, order``: non-dominated points of each family.
    constant : float, optional
        Accuracy of the constant predictor.
    selected : str, optional
        ``id`` of the point that is looked at.
    neutral : sequence of str
        Families that are there to compare with, drawn in grey.
    """
    edge = left_edge(points)
    visible = points[points["accuracy"] >= edge]
    line = pd.DataFrame({"accuracy": [constant] if constant is not None and constant >= edge else []}, dtype=float)
    line = line.assign(label="always the same answer")
    x = Side(ACCURACY, extent(pd.concat([visible["accuracy"], line["accuracy"]]), 0.002, 0.01), "percent")
    y = Side(y_title, extent(visible["fairness"], 0.005, 0.02), "ratio")
    tip = [
        alt.Tooltip("title:N", title="method"),
        alt.Tooltip("wording:N", title="setting"),
        alt.Tooltip("accuracy:Q", title="accuracy", format=".1%"),
        alt.Tooltip("fairness:Q", title="fairness", format=".2f"),
    ]
    frames = {"points": visible, "fronts": fronts, "selected": visible[visible["id"] == selected]}
    layers: list[alt.Chart] = []
    if len(line):
        frames["constant"] = line
        labels = Labels(x, y, [(a, f, 4.0) for a, f in visible[["accuracy", "fairness"]].to_numpy()])
        about = [alt.Tooltip("label:N", title="what"), tip[2]]
        layers += upright("constant", labels.along(*line[["accuracy", "label"]].iloc[0]), about)
    kinds = dict(points.drop_duplicates("family")[["family", "kind"]].to_numpy())
    layers += _layers(_colour(list(kinds), neutral), _shape(kinds), tip)
    return layered(layers, frames, height, x=x, y=y)


#: Of families' names, what a phone has room for.
_SHORTER = {
    "/^Real rows, | weights$/g": "''", "'Exponentiated'": "'Exp.'", "'Always the same answer'": "'Constant answer'",
}  # fmt: skip


def _shorter(label: str) -> str:
    """An expression for a label that fits a phone."""
    for what, instead in _SHORTER.items():
        label = f"replace({label}, {what}, {instead})"
    return label


def _colour(families: list[str], neutral: Sequence[str]) -> alt.Color:
    """Families by colour, named below the plot."""
    coloured = [family for family in families if family not in neutral]
    colours = [NEUTRAL if f in neutral else FAMILY_COLOURS[coloured.index(f) % len(FAMILY_COLOURS)] for f in families]
    return alt.Color("family:N", title=None, scale=alt.Scale(domain=families, range=colours), legend=_legend())


def _shape(kinds: Mapping[str, str]) -> alt.Shape:
    """Families by shape, in the same legend; ``kinds``: of every family."""
    met: dict[str, int] = {}
    shapes = []
    for kind in kinds.values():
        of_kind = SHAPES.get(kind, SHAPES["reference"])
        shapes.append(of_kind[met.get(kind, 0) % len(of_kind)])
        met[kind] = met.get(kind, 0) + 1
    scale = alt.Scale(domain=list(kinds), range=shapes)
    return alt.Shape("family:N", title=None, scale=scale, legend=_legend())


def _legend() -> alt.Legend:
    return alt.Legend(
        orient="bottom",
        columns=alt.ExprRef("width > 1000 ? 5 : width > 760 ? 4 : width > 420 ? 3 : 2"),
        # the longest name says after a comma what the chart does not need; on a phone squares say what is of real rows
        labelExpr="length(datum.label) > 26 ? split(datum.label, ',')[0] : "
        f"width < 330 ? {_shorter('datum.label')} : datum.label",
        labelLimit=0,
        labelFontSize=12,
        labelOffset=2,
        columnPadding=4,
        rowPadding=3,
        padding=0,
        symbolSize=60,
    )


def _layers(colour: alt.Color, shape: alt.Shape, tip: list[alt.Tooltip]) -> list[alt.Chart]:
    """Fronts, points to click, and the point that is looked at."""
    chosen = alt.selection_point(name="chosen", fields=["id"], on="click", empty=False)
    where = {"x": x_of("accuracy"), "y": y_of("fairness")}
    rule = layer_of("selected").mark_rule(color=BASE, strokeWidth=1.5, clip=True)
    return [
        rule.encode(x=x_of("accuracy_low"), x2=alt.X2("accuracy_high:Q"), y=y_of("fairness")),
        rule.encode(x=x_of("accuracy"), y=y_of("fairness_low"), y2=alt.Y2("fairness_high:Q")),
        layer_of("fronts")
        .mark_line(strokeWidth=2, opacity=0.7, clip=True)
        .encode(**where, color=colour, order=alt.Order("order:Q")),
        layer_of("points")
        .mark_point(filled=True, size=85, opacity=0.9, clip=True)
        .encode(**where, color=colour, shape=shape, tooltip=tip)
        .add_params(chosen),
        layer_of("selected").mark_point(size=320, strokeWidth=2.5, color=BASE, filled=False, clip=True).encode(**where),
    ]
