"""Pages forget what they read for another test."""

import pytest

from fairviz.ui.parts import loading


@pytest.fixture
def fresh_caches(monkeypatch):
    """Cached resources belong to the folders of one test; the next one must not find them either."""
    forget()
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)
    yield
    loading.drawer().close()
    forget()


def forget() -> None:
    import streamlit as st

    st.cache_resource.clear()
    st.cache_data.clear()
