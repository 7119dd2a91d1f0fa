"""Pages forget what they read for another test."""

import pytest

from fairviz.ui.parts import loading


@pytest.fixture
def fresh_caches(monkeypatch):
    """Cached resources belong to the folders of one test."""
    import streamlit as st

    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)
    yield
    loading.drawer().close()
