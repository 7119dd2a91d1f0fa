"""Every method's settings and fronts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from fairviz.charts.axes import ACCURACY, BASE, SMALL, Side, extent, ink, layer_of, layered, x_of, y_of
from fairviz.charts.labels import Labels, apart, upright, width_of

#: How far left of the most accurate point the comparison's chart reaches.
LEFT_EDGE = 0.04
#: Width of the plot from which on families are named at the ends of their fronts; below, in a legend.
DESK = 620
#: Pixels from one name to the next, between fronts and names, and from a name's symbol to the name.
LINE, LEAD, BESIDE = 16.0, 34, 10
#: Pixels of a legend's line that nobody sees.
BLANK = 24
#: Colours for families, after Okabe and Ito's, each with a contrast of 3 on either background; repeated with the shapes
#: of their kinds.
FAMILY_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#C17F00", "#2A9DB5", "#9467BD", "#8C6D1F")
NEUTRAL = "#7A7A7A"
_TURNED_CROSS = "M-1,-0.6L-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0Z"
_PENTAGON = "M0,-1L0.95,-0.31L0.59,0.81L-0.59,0.81L-0.95,-0.31Z"
#: Shapes of a kind's families, so that colour is never the only thing that tells them apart.
SHAPES = {
    "generator": ("circle", "triangle-up", "triangle-down", "triangle-left", "triangle-right"),
    "classifier": ("square", "cross", _PENTAGON, _TURNED_CROSS),
    "reference": ("diamond",),
}


def left_edge(points: pd.DataFrame, always: Sequence[str] = ()) -> float:
    """The lowest accuracy in the comparison's chart; ``always``: families whose most accurate point is in it."""
    known = points[points["fairness"].notna()]
    ours = known[known["family"].isin(always)].groupby("family")["accuracy"].max()
    return min([float(known["accuracy"].max()) - LEFT_EDGE, *(float(best) - 0.01 for best in ours)])


def frontier(
    points: pd.DataFrame,
    fronts: pd.DataFrame,
    constant: float | None,
    *,
    y_title: str,
    kinds: Mapping[str, str],
    selected: str | None = None,
    neutral: Sequence[str] = (),
    always: Sequence[str] = (),
    height: int = 520,
) -> alt.LayerChart | alt.FacetChart:
    """Every method's settings and fronts, accuracy against fairness; best corner top right. A click selects a point.

    Parameters
    ----------
    points : DataFrame
        ``id, family, title, wording, accuracy, fairness`` and the ends of both intervals.
    fronts : DataFrame
        ``family, accuracy, fairness, order``: non-dominated points of each family.
    constant : float, optional
        Accuracy of the constant predictor.
    kinds : mapping
        Kinds of all families that there are, by family: each keeps its colour and shape whichever are drawn.
    selected : str, optional
        ``id`` of the point that is looked at.
    neutral : sequence of str
        Families that are there to compare with, drawn in grey.
    always : sequence of str
        Families that are in the chart however inaccurate they are: see :func:`left_edge`.
    """
    edge = left_edge(points, always)
    visible = points[points["accuracy"] >= edge]
    named = [family for family in dict.fromkeys(points["family"]) if family in set(visible["family"])]
    line = pd.DataFrame({"accuracy": [constant] if constant is not None and constant >= edge else []}, dtype=float)
    line = line.assign(label="always the same answer")
    margin = round(max((width_of(_short(family), SMALL) for family in named), default=0.0)) + BESIDE
    x = Side(ACCURACY, extent(pd.concat([visible["accuracy"], line["accuracy"]]), 0.002, 0.01), "percent",
             beside=f"(width < {DESK} ? 0 : {margin + LEAD})")  # fmt: skip
    y = Side(y_title, extent(visible["fairness"], 0.005, 0.02), "ratio")
    tip = [
        alt.Tooltip("title:N", title="method"),
        alt.Tooltip("wording:N", title="setting"),
        alt.Tooltip("accuracy:Q", title="accuracy", format=".1%"),
        alt.Tooltip("fairness:Q", title="fairness", format=".2f"),
    ]
    frames = {"points": visible, "fronts": fronts, "selected": visible[visible["id"] == selected]}
    frames["ends"] = _ends(fronts[fronts["accuracy"] >= edge], y, height)
    layers: list[alt.Chart] = []
    if len(line):
        frames["constant"] = line
        labels = Labels(x, y, [(a, f, 4.0) for a, f in visible[["accuracy", "fairness"]].to_numpy()])
        about = [alt.Tooltip("label:N", title="what"), tip[2]]
        layers += upright("constant", labels.along(*line[["accuracy", "label"]].iloc[0]), about)
    colour, shape = colour_of(kinds, neutral, _legend(named)), shape_of(kinds, _legend(named))
    layers += _layers(colour, shape, tip) + _names(colour, shape, margin)
    return layered(layers, frames, height, x=x, y=y)


def _short(family: str) -> str:
    """The longest names say after a comma what the chart does not need."""
    return family.split(",")[0] if len(family) > 26 else family


def _ends(fronts: pd.DataFrame, y: Side, height: int) -> pd.DataFrame:
    """Of each family the most accurate point of its front, and where its name stands: ``share`` of the plot's height,
    in the order of the ends and none over another.
    """
    last = fronts.sort_values("accuracy").drop_duplicates("family", keep="last").sort_values("fairness")[::-1]
    wanted = [1 - y.share(value) for value in last["fairness"]]
    room = height - 90  # of a plot with its axis below; where it is higher, names stand a little further apart
    return last.assign(name=last["family"].map(_short), share=apart(wanted, LINE / room, LINE / room))


#: Of families' names, what a phone has room for.
_SHORTER = {
    "/^Real rows, | weights$/g": "''", "'Exponentiated'": "'Exp.'", "'Always the same answer'": "'Constant answer'",
}  # fmt: skip


def _shorter(label: str) -> str:
    """An expression for a label that fits a phone."""
    for what, instead in _SHORTER.items():
        label = f"replace({label}, {what}, {instead})"
    return label


def colour_of(kinds: Mapping[str, str], neutral: Sequence[str], legend: alt.Legend | None) -> alt.Color:
    """Families by colour; ``kinds``: of every family."""
    coloured = [family for family in kinds if family not in neutral]
    colours = [NEUTRAL if f in neutral else FAMILY_COLOURS[coloured.index(f) % len(FAMILY_COLOURS)] for f in kinds]
    return alt.Color("family:N", title=None, scale=alt.Scale(domain=list(kinds), range=colours), legend=legend)


def shape_of(kinds: Mapping[str, str], legend: alt.Legend | None) -> alt.Shape:
    """Families by shape, in the same legend."""
    met: dict[str, int] = {}
    shapes = []
    for kind in kinds.values():
        of_kind = SHAPES.get(kind, SHAPES["reference"])
        shapes.append(of_kind[met.get(kind, 0) % len(of_kind)])
        met[kind] = met.get(kind, 0) + 1
    scale = alt.Scale(domain=list(kinds), range=shapes)
    return alt.Shape("family:N", title=None, scale=scale, legend=legend)


def _legend(named: Sequence[str]) -> alt.Legend:
    """What a narrow plot has below it; a wide one has a blank line, for Vega draws nothing with an empty legend."""
    there = alt.ExprRef(f"width < {DESK} ? 1 : 0")
    return alt.Legend(
        orient="bottom",
        values=alt.ExprRef(f"width < {DESK} ? {json.dumps(list(named))} : {json.dumps(list(named[:1]))}"),
        columns=alt.ExprRef("width > 420 ? 3 : 2"),
        # on a phone squares say what is of real rows
        labelExpr="length(datum.label) > 26 ? split(datum.label, ',')[0] : "
        f"width < 330 ? {_shorter('datum.label')} : datum.label",
        labelLimit=0,
        labelFontSize=12,
        labelOffset=2,
        columnPadding=4,
        rowPadding=3,
        padding=0,
        offset=alt.ExprRef(f"width < {DESK} ? 18 : -{BLANK}"),
        symbolSize=60,
        symbolOpacity=there,
        labelOpacity=there,
    )


def _names(colour: alt.Color, shape: alt.Shape, margin: int) -> list[alt.Chart]:
    """In a wide plot, right of everything: each family's symbol and name, and a line from its front's end."""
    there, down = alt.ExprRef(f"width < {DESK} ? 0 : 1"), alt.ExprRef("datum.share * height")
    ends, y = layer_of("ends"), alt.YValue(down)
    rule = ends.mark_rule(strokeWidth=1, strokeDash=[1, 2], opacity=there)
    return [
        rule.encode(
            x=x_of("accuracy"), y=y_of("fairness"), color=colour,
            x2=alt.X2Value(alt.ExprRef(f"width - {margin + BESIDE}")), y2=alt.Y2Value(down),
        ),
        ends.mark_point(filled=True, size=60, opacity=there).encode(
            x=alt.XValue(alt.ExprRef(f"width - {margin}")), y=y, color=colour, shape=shape
        ),
        ends.mark_text(color=ink(BASE), fontSize=SMALL, align="left", baseline="middle", dx=BESIDE).encode(
            x=alt.XValue(alt.ExprRef(f"width - {margin}")), y=y,
            text=alt.TextValue(alt.ExprRef(f"width < {DESK} ? '' : datum.name")),
        ),
    ]  # fmt: skip


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
