"""Whose tables are whose: what a person handed in, or opened by a link that somebody gave them."""

from __future__ import annotations

import hashlib
import re
import secrets
from contextlib import suppress

import streamlit as st

from fairviz.data.own import NOT_FOUND, Own, OwnStore
from fairviz.data.sets import DATASETS
from fairviz.errors import DataError
from fairviz.telling import words

#: In the session: ids that came by a link, and who this is where nothing else tells.
_OPENED, _NOBODY = "_opened", "_nobody"
_COOKIE = "_streamlit_xsrf"
#: The owner of tables where the app is used without a proxy or a login.
HERE = "this machine"
_ID = re.compile(r"[0-9a-f]{32}")


def token_of(cookie: str) -> str:
    """What stays the same of the server's own cookie for as long as a browser is open; "" if it is none.

    Streamlit writes ``2|mask|token with the mask|time``, with a new mask every time.
    """
    parts = cookie.strip("\"'").split("|")
    try:
        version, mask, masked = parts[0], bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
    except (IndexError, ValueError):
        return ""
    if version != "2" or len(mask) != 4 or not masked:
        return ""
    return bytes(byte ^ mask[k % 4] for k, byte in enumerate(masked)).hex()


def owner() -> str:
    """Who sits there: the person logged in, anybody on this machine, or a browser that came through a proxy."""
    if getattr(st.user, "is_logged_in", False):
        told = st.user.get("sub") or st.user.get("email")
        return hashlib.sha256(f"user {told}".encode()).hexdigest()[:32]
    if "X-Forwarded-For" not in st.context.headers:
        return HERE
    token = token_of(st.context.cookies.get(_COOKIE, ""))
    if not token:
        token = st.session_state.setdefault(_NOBODY, secrets.token_hex(16))
    return hashlib.sha256(f"browser {token}".encode()).hexdigest()[:32]


def shared() -> bool:
    """Whether everybody who uses the app on this machine is one owner."""
    return owner() == HERE


def tables() -> dict[str, Own]:
    """Tables by id: one's own, the newest first, then those that were opened by a link."""
    store = OwnStore()
    found = {own.id: own for own in store.of(owner())}
    for key in st.session_state.get(_OPENED, []):
        if key not in found:
            with suppress(DataError):  # deleted meanwhile
                found[key] = store.get(key)
    return found


def open_linked() -> None:
    """Take up the table that the address asks for; say so where there is none."""
    asked = st.query_params.get("data", "")
    opened = st.session_state.setdefault(_OPENED, [])
    if not asked or asked in DATASETS or asked in opened or asked in {own.id for own in OwnStore().of(owner())}:
        return
    if not _ID.fullmatch(asked):
        if asked not in {source.title for source in DATASETS.values()}:  # what links of before said
            st.warning(f"The link asks for the data set {words.plain(asked[:60])}, which is not here.")
        return
    try:
        opened.append(OwnStore().get(asked).id)
    except DataError:
        st.warning(words.plain(f"The link asks for a table. {NOT_FOUND}"), icon=":material/link_off:")
