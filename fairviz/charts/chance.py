"""What chance does to a ratio in groups of different size."""

from __future__ import annotations

import altair as alt
import pandas as pd

from fairviz.charts.axes import NOW, SMALL, Side, ink, layer_of, layered, x_of
from fairviz.charts.dumbbell import listing


def chance(frame: pd.DataFrame, *, title: str, height: int = 250) -> alt.LayerChart | alt.FacetChart:
    """Per domain the ratio that a perfectly equal model would show: its median, and a bar from the value that one test
    in twenty falls below up to 1.

    Parameters
    ----------
    frame : DataFrame
        ``domain, people`` (of the smaller group), ``middle, low``; domains without a value are left out.
    """
    known = frame.dropna(subset=["middle"])
    known = known.assign(domain=[f"{name} (n={n:,})" for name, n in zip(known["domain"], known["people"], strict=True)])
    x = Side([title, "n: people of the smaller group"], (0.0, 1.0), "ratio")
    y = alt.Y("domain:N", sort=known["domain"].tolist(), title=None, axis=listing())
    tip = [
        alt.Tooltip("domain:N", title="domain"),
        alt.Tooltip("middle:Q", title="typical", format=".2f"),
        alt.Tooltip("low:Q", title="one in twenty below", format=".2f"),
    ]
    rows = layer_of("known")
    layers = [
        rows.mark_rule(color=NOW, opacity=0.25, strokeWidth=8).encode(x=x_of("low"), x2=alt.X2Datum(1.0), y=y),
        rows.mark_point(color=NOW, filled=True, size=60, opacity=1).encode(x=x_of("middle"), y=y, tooltip=tip),
        rows.mark_text(color=ink(NOW), fontSize=SMALL, fontWeight="bold", dy=-10)
        .encode(x=x_of("middle"), y=y, text=alt.Text("middle:Q", format=".2f")),
    ]  # fmt: skip
    return layered(layers, {"known": known}, height, x=x)
