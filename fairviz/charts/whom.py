"""Of every group's people, how many have something: without control and now."""

from __future__ import annotations

import textwrap

import altair as alt
import pandas as pd

from fairviz.charts.axes import BASE, NOW, PATH, SMALL, Side, ink, layer_of, layered, readable, x_of

#: Pixels of a group's line, of few groups and of many, and of the axis below them.
LINE, NARROW, FEW, AXIS = 40, 26, 3, 76


def whom(frame: pd.DataFrame, *, title: str) -> alt.LayerChart | alt.FacetChart:
    """Per group, of 100 people: without control (hollow) and now (filled), the number beside it.

    Parameters
    ----------
    frame : DataFrame
        ``group, people, before, now, low, high`` in percent; NaN where there are too few people, and then ``reason``.
    title : str
        What is counted.
    """
    frame = labelled(frame)
    y = alt.Y("group:N", sort=frame["group"].tolist(), title=None, axis=alt.Axis(labelLimit=170, labelFontSize=13))
    x = Side(textwrap.wrap(readable(title), 38), (0.0, 100.0), "whole")
    tip = [
        alt.Tooltip("group:N", title="group"),
        alt.Tooltip("people:Q", title="people", format=","),
        alt.Tooltip("before:Q", title="without control, of 100", format=".0f"),
        alt.Tooltip("now:Q", title="now, of 100", format=".0f"),
        alt.Tooltip("low:Q", title="95 % from", format=".0f"),
        alt.Tooltip("high:Q", title="to", format=".0f"),
    ]
    known = layer_of("known")
    layers = [
        known.mark_rule(color=NOW, opacity=0.25, strokeWidth=10).encode(x=x_of("low"), x2=alt.X2("high:Q"), y=y),
        known.mark_rule(color=PATH, strokeWidth=2.5).encode(x=x_of("before"), x2=alt.X2("now:Q"), y=y),
        known.mark_point(color=BASE, filled=False, size=110, strokeWidth=2).encode(x=x_of("before"), y=y, tooltip=tip),
        known.mark_point(color=NOW, filled=True, size=130, opacity=1).encode(x=x_of("now"), y=y, tooltip=tip),
        known.mark_text(
            color=ink(NOW), fontSize=SMALL, fontWeight="bold", baseline="bottom", dy=-7,
            align=alt.ExprRef("datum.now > 75 ? 'right' : datum.now < 25 ? 'left' : 'center'"),
        ).encode(x=x_of("now"), y=y, text=alt.Text("label:N")),
        layer_of("silent")
        .mark_text(color=ink(BASE), align="left", dx=6, fontSize=SMALL, fontStyle="italic")
        .encode(y=y, x=alt.XValue(0), text=alt.Text("reason:N")),
    ]  # fmt: skip
    return layered(layers, known_and_not(frame), (LINE if len(frame) <= FEW else NARROW) * len(frame) + AXIS, x=x)


def labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """The chart's frame with what stands beside the points: ``64 (was 49)``."""
    return frame.assign(
        group=[readable(group) for group in frame["group"]],
        label=[_told(now, before) for now, before in frame[["now", "before"]].to_numpy(float)],
    )


def known_and_not(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The chart's frames by name: groups with a share, and those of too few people."""
    return {"known": frame.dropna(subset=["now"]), "silent": frame[frame["now"].isna()]}


def _told(now: float, before: float) -> str:
    return "" if pd.isna(now) else f"{now:.0f}" if pd.isna(before) else f"{now:.0f} (was {before:.0f})"
