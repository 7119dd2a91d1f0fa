"""Where the chart of chance draws what it is told."""

from __future__ import annotations

import pandas as pd
import pytest

from fairviz import charts
from tests.charts.drawing import check, drawn


@pytest.mark.parametrize("width", [358, 560])
def test_dots_and_bars_stand_where_their_values_are(width: int) -> None:
    """Of the axis from 0 to 1: a dot at 0.5 in its middle, a bar from 0.25 to its end; what has none is left out."""
    frame = pd.DataFrame(
        {"domain": ["A", "B", "C"], "people": [900, 11, 0], "middle": [1.0, 0.5, None], "low": [0.9, 0.25, None]}
    )
    found = drawn(charts.chance(frame, title="smaller ÷ larger"), width)
    check(found)
    assert [text.text for text in found.texts if text.role == "mark"] == ["1.00", "0.50"]
    left, right = found.plot.left + charts.INSET, found.plot.right - charts.INSET
    (first, _), (second, _) = found.symbols
    assert (first.left + first.right) / 2 == pytest.approx(right)
    assert (second.left + second.right) / 2 == pytest.approx((left + right) / 2)
    bars = [box for box, _ in found.strokes]
    assert [bar.left for bar in bars] == pytest.approx([left + 0.9 * (right - left), left + 0.25 * (right - left)])
    assert all(bar.right == pytest.approx(right) for bar in bars)
