"""Entry point of the app: the list of pages, and run."""

import streamlit as st

from fairviz.ui import compare, data, explore, learn
from fairviz.ui.parts import base, style

st.set_page_config(page_title="fairviz", page_icon="⚖️", layout="wide", initial_sidebar_state="collapsed")
style.apply()
pages = [
    st.Page(explore.page, title="Explore", url_path="explore", default=True),
    st.Page(data.page, title="Your data", url_path="data"),
    st.Page(compare.page, title="Compare", url_path="compare"),
    st.Page(learn.page, title="Learn", url_path="learn"),
]
base.set_pages(pages)
st.navigation(pages, position="hidden").run()  # the pages link to each other in their first line
