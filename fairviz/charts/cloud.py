"""Rows as points in two dimensions, by what is guessed of them."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from fairviz.charts.axes import NOW, REAL

COLOURS = (NOW, REAL, "#009E73", "#CC79A7", "#C17F00", "#2A9DB5", "#9467BD", "#8C6D1F")


def cloud(
    frame: pd.DataFrame, *, groups: Sequence[str], labels: Sequence[str], reach: float, height: int = 300
) -> alt.Chart:
    """A point per row: colour by the group that is guessed, shape by the label.

    Parameters
    ----------
    frame : DataFrame
        ``x, y, group, label``.
    groups, labels : sequence of str
        In order; of labels the favourable one last.
    reach : float
        Both axes go from minus to plus this.
    """
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    axis = alt.Axis(labels=False, ticks=False, title=None, domain=False, grid=False)
    legend = alt.Legend(orient="bottom", title=None, labelFontSize=12, labelLimit=200)
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_point(size=38, opacity=0.75, filled=True, clip=True)
        .encode(
            x=alt.X("x:Q", scale=scale, axis=axis),
            y=alt.Y("y:Q", scale=scale, axis=axis),
            color=alt.Color(
                "group:N", scale=alt.Scale(domain=list(groups), range=list(COLOURS[: len(groups)])), legend=legend
            ),
            shape=alt.Shape(
                "label:N", scale=alt.Scale(domain=list(labels), range=["circle", "triangle-up"]), legend=legend
            ),
        )
        .properties(height=height)
    )
    return chart
