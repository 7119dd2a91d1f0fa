"""Methods on each held-out domain: a small chart for each, all with the same axes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from fairviz.charts.axes import BASE, SMALL, Side, extent, layer_of, layered, x_of, y_of
from fairviz.charts.frontier import colour_of, shape_of

#: Points of accuracy below real rows at which a method is left out: farther ones would squeeze all others.
FARTHEST = 0.05
#: Letters of an upright title that have room beside a small plot.
UPRIGHT = 22


def shown(points: pd.DataFrame) -> pd.DataFrame:
    """The points that panels show: estimable, and not farther below real rows than :data:`FARTHEST`."""
    return points[points["fairness"].notna() & (points["gain"] >= -FARTHEST)]


def panels(
    points: pd.DataFrame,
    kinds: Mapping[str, str],
    *,
    y_title: str,
    what: str = "accuracy",
    neutral: Sequence[str] = (),
    height: int = 230,
) -> dict[str, alt.LayerChart | alt.FacetChart]:
    """By domain, in the order of the rows: accuracy beside that on real rows against fairness. A domain without a point
    to show has no chart.

    Parameters
    ----------
    points : DataFrame
        ``domain, family, gain, fairness, low, high, setting, ours``: accuracy less that of the model on real rows, the
        fairness and its interval; the interval is drawn where ``ours`` is true.
    kinds : mapping
        Kinds of all families, by family: colours and shapes are those of :func:`frontier`.
    what : str
        What being right is measured by.
    neutral : sequence of str
        Families that are there to compare with, drawn in grey.
    """
    drawn = shown(points)
    if drawn.empty:
        return {}
    low, high = float(drawn["gain"].min()), float(drawn["gain"].max())
    pad = max(0.003, 0.05 * (high - low))
    x = Side([f"Points of {what}", "above real rows →"], (low - pad, high + pad), "points")
    y = Side(textwrap.wrap(y_title, UPRIGHT), extent(drawn["fairness"], 0.02, 0.1), "ratio")
    tip = [
        alt.Tooltip("family:N", title="method"),
        alt.Tooltip("setting:N", title="setting"),
        alt.Tooltip("points:Q", title="points above real rows", format="+.1f"),
        alt.Tooltip("fairness:Q", title="fairness", format=".2f"),
    ]
    found = {}
    for domain, part in drawn.groupby("domain", sort=False):
        part = part.assign(points=100 * part["gain"])
        frames = {"points": part, "ours": part[part["ours"]], "zero": pd.DataFrame([{"gain": 0.0}])}
        layers = [
            layer_of("zero").mark_rule(color=BASE, strokeDash=[5, 4], clip=True).encode(x=x_of("gain")),
            layer_of("ours")
            .mark_rule(color=BASE, strokeWidth=1.5, clip=True)
            .encode(x=x_of("gain"), y=y_of("low"), y2=alt.Y2("high:Q")),
            layer_of("points")
            .mark_point(filled=True, size=85, opacity=0.9)
            .encode(
                x=x_of("gain"), y=y_of("fairness"), color=colour_of(kinds, neutral, None), shape=shape_of(kinds, None),
                tooltip=tip,
            ),
            layer_of("ours")
            .mark_point(size=320, strokeWidth=2.5, color=BASE, filled=False)
            .encode(x=x_of("gain"), y=y_of("fairness")),
        ]  # fmt: skip
        found[str(domain)] = layered(layers, frames, height, x=x, y=y)
    return found


def names(families: Sequence[str], kinds: Mapping[str, str], neutral: Sequence[str] = ()) -> alt.Chart:
    """The symbols of some families and what they are, to stand above :func:`panels`."""
    legend = alt.Legend(
        orient="top", direction="horizontal", title=None, values=list(families), labelFontSize=SMALL, labelLimit=0,
        columns=alt.ExprRef("width > 900 ? 6 : width > 600 ? 4 : width > 420 ? 3 : 2"), columnPadding=10,
        symbolSize=70, symbolOpacity=0.9, rowPadding=3, padding=0, offset=0,
    )  # fmt: skip
    result: alt.Chart = (
        alt.Chart(pd.DataFrame({"family": list(families)}))
        .mark_point(filled=True, size=0, aria=False)
        .encode(color=colour_of(kinds, neutral, legend), shape=shape_of(kinds, legend))
        .properties(height=1, autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    )
    return result
