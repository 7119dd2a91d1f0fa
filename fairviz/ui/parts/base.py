"""Around a page: its first line, what is damaged, charts drawn."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import altair as alt
import pandas as pd
import streamlit as st

from fairviz import charts
from fairviz.errors import FairvizError
from fairviz.telling import words
from fairviz.telling.glossary import glossary
from fairviz.ui.parts import links, loading
from fairviz.ui.parts.loading import library, outdated

T = TypeVar("T")


def set_pages(pages: list[Any]) -> None:
    """Remember the app's pages for :func:`header`."""
    st.session_state["_pages"] = pages


def pages() -> list[Any]:
    """The app's pages."""
    return list(st.session_state.get("_pages", []))


def header(title: str, here: str) -> None:
    """The first line of a page: what it asks, and the way to the others."""
    with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
        st.markdown(f"#### {title}", width="content")
        for page in pages():
            if page.title == here:  # a disabled link is too pale to read
                st.markdown(f"**{page.title}**", width="content")
            else:
                st.page_link(page, width="content")


def guarded(*kinds: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """A page that says which results of these kinds are damaged, and why it stops where it cannot go on.

    Results are verified when they are read, so one may turn out damaged at any point of a page.
    """

    def guard(page: Callable[[], None]) -> Callable[[], None]:
        @wraps(page)
        def run() -> None:
            loading.look_again()
            notes = st.container(key="notes")
            for text in _damaged(kinds, loading.stamp(*kinds)):
                notes.warning(words.plain(text), icon=":material/broken_image:")
            try:
                page()
            except FairvizError as error:
                st.error(words.plain(str(error)), icon=":material/error:")
            for text in links.in_vain():
                notes.warning(words.plain(text), icon=":material/link_off:")
            with st.expander("Words, explained"):
                for word, meaning in glossary().items():
                    st.markdown(f"**{word}.** {words.plain(meaning)}")
            if link := links.whole():
                with st.expander("Link to this view"):
                    st.code(link, language=None, wrap_lines=True)
                    st.caption("Everything is written out. It opens where this app runs, for whoever may use it there.")
            links.write()

        return run

    return guard


@st.cache_resource(max_entries=10, show_spinner=False)
def _damaged(kinds: tuple[str, ...], stamp: str) -> list[str]:
    old = [
        f"{entry.path} was made by an earlier version, which named methods otherwise, and is left out. Run 'fairviz "
        f"{kind} --dataset {entry.spec['dataset']['name']}' again."
        for kind in kinds
        for entry in library().store.entries(kind)
        if outdated(entry)
    ]
    return library().damaged(*kinds) + old


def draw(chart: alt.TopLevelMixin, *, key: str, alt: str) -> None:
    """Show a chart. Not through ``st.altair_chart``: that checks the specification against the whole grammar on every
    rerun, which takes longer than all else on the page; the tests check it once.
    """
    st.vega_lite_chart(chart.to_dict(validate=False), key=key, alt=alt, width="stretch")


@st.cache_resource(max_entries=200, show_spinner=False)
def _specification(token: str, _build: Callable[[], alt.TopLevelMixin]) -> dict[str, Any]:
    return _build().to_dict(validate=False)


def draw_again(
    build: Callable[[], alt.TopLevelMixin], frames: dict[str, pd.DataFrame], *, token: str | None, key: str, alt: str
) -> None:
    """Show a chart of which only some named frames change: built once per ``token``, then only given new data.

    What is built is shared between sessions, so the token must name everything else in it; None builds it anew.
    """
    if token is None:
        draw(build(), key=key, alt=alt)
        return
    spec = _specification(f"{key} {token}", build)
    data = {**spec["datasets"], **{name: charts.records(frame) for name, frame in frames.items()}}
    st.vega_lite_chart({**spec, "datasets": data}, key=key, alt=alt, width="stretch")


@st.cache_resource(max_entries=1000, show_spinner=False)
def _shown(token: str, _show: Callable[[], Any]) -> Any:
    return _show()


def show_again(show: Callable[[], T], *, token: str | None, key: str) -> T:
    """Show what is no widget, and give what ``show`` returns: called once per ``token``, then sent again as it was.

    What is sent is shared between sessions, so the token must name everything in it; None calls it every time.
    Elements go where the page stands (``with place:``), never to a place that ``show`` names.
    """
    if token is None:
        return show()
    shown: T = _shown(f"{key} {token}", show)
    return shown


def table(frame: pd.DataFrame, *, key: str, alt: str) -> None:
    """A table that is all on the page and breaks its lines: nothing scrolls inside it. On a phone each row is a block,
    each of whose lines the stylesheet names by ``key``.
    """
    told = frame.rename(columns=words.plain).map(lambda cell: words.plain(str(cell)))
    with st.container(key=f"whole_{key}"):
        st.table(told, border="horizontal", hide_index=True, alt=alt)


def nonce() -> str:
    """For names of exported files: download links need no session, so names must not be guessable."""
    if "nonce" not in st.session_state:
        st.session_state["nonce"] = secrets.token_hex(6)
    return str(st.session_state["nonce"])
