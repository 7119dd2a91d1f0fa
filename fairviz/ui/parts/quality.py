"""Compare's table of how alike rows are to real ones, and of what they give away."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from fairviz.evaluation.quality import MEASURES
from fairviz.experiments.quality import means, quality_note
from fairviz.store import read_entry
from fairviz.store.specs import QUALITY
from fairviz.telling import words
from fairviz.ui.parts import comparisons


@st.cache_resource(max_entries=10, show_spinner=False)
def _table(path: str) -> tuple[pd.DataFrame, str]:
    """A row per measure, and how it was measured. Shared between sessions: never changed."""
    entry = read_entry(Path(path))
    found = means(entry)
    frame = pd.DataFrame(
        {
            "Measure": [m.title for m in MEASURES],
            **{maker: [m.told(*values[m.name]) for m in MEASURES] for maker, values in found.items()},
            "Good is": [f"{m.better}, of {m.low:g} to {m.high:g}" for m in MEASURES],
            "Meaning": [m.meaning for m in MEASURES],
        }
    )
    return frame, quality_note(entry)


def section(dataset: str) -> None:
    """Likeness, use and privacy of generators' rows on a data set."""
    st.markdown("#### How real are the rows, and what do they give away?")
    found = comparisons.comparisons(QUALITY).get(dataset)
    if not found:
        st.caption(f"Not measured on this data set yet: `fairviz quality --dataset {dataset}` does it.")
        return
    origin, entry = next(iter(found.items()))
    frame, note = _table(str(entry.path))
    if origin == comparisons.QUICK:
        note = f"A quick run of yours: few iterations, one half; not for conclusions. {note}"
    st.dataframe(frame, hide_index=True, key="compare_quality")
    st.caption(words.plain(note))
