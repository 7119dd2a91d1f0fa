"""The app's one stylesheet: constant, for what Streamlit has no setting for. Nothing that a person gave is in it."""

from __future__ import annotations

import streamlit as st

STYLESHEET = """
<style>
/* the page begins below the menu's button, not an empty bar lower */
[data-testid="stMainBlockContainer"] { padding-top: 1.5rem; }
[data-testid="stHeader"] { height: 1.5rem; min-height: 1.5rem; background: transparent; }
/* chosen values: white on the accent colour has too little contrast in the dark theme */
[data-testid="stMultiSelect"] [data-tag] { background-color: rgba(86, 180, 233, 0.25); color: inherit; }
[data-testid="stMultiSelect"] [data-tag] * { color: inherit; }
</style>
"""


def apply() -> None:
    """Put the stylesheet on the page."""
    st.html(STYLESHEET)
