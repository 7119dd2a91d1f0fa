"""Training losses."""

from __future__ import annotations

import altair as alt
import pandas as pd

from fairviz.charts.axes import NOW, REAL, TRUTH


def losses(history: pd.DataFrame, *, height: int = 180) -> alt.Chart:
    """Training losses over steps: ``step, loss, value``."""
    result: alt.Chart = (
        alt.Chart(history)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("step:Q", title="step"),
            y=alt.Y("value:Q", title="loss", scale=alt.Scale(zero=False)),
            color=alt.Color("loss:N", title=None, scale=alt.Scale(range=[NOW, REAL, TRUTH])),
            strokeDash=alt.StrokeDash("loss:N", title=None),
        )
        .properties(height=height)
    )
    return result
