"""Trials asked of the worker beside the app: progress meanwhile, and the page again when they are there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fairviz.experiments.drawer import Batch
from fairviz.telling import words
from fairviz.ui.parts import loading

#: In the session: what was asked for last.
_ASKED = "drawing"


@dataclass(frozen=True)
class Words:
    """What is said meanwhile; ``{domain}`` and ``{error}`` are filled in.

    Attributes
    ----------
    doing, failed : str
    """

    doing: str
    failed: str


@dataclass(frozen=True)
class _Asked:
    wanted: str
    futures: dict[str, Future[Any]]
    words: Words


def ask(batches: Mapping[str, Batch], place: DeltaGenerator, told: Words) -> str:
    """Have trials carried out, a batch for each held-out domain, unless they are on their way; never waits.

    What was asked for before and is not wanted any more is taken back.

    Returns
    -------
    str
        Why what was asked for cannot be; "" as long as nothing has failed.
    """
    wanted = json.dumps([_told(batch) for batch in batches.values()])
    asked: _Asked | None = st.session_state.get(_ASKED)
    if asked is not None and asked.wanted != wanted:
        for future in asked.futures.values():  # the dial has moved on
            future.cancel()
        asked = st.session_state[_ASKED] = None
    if not batches:
        return ""
    if asked is None:
        futures = loading.drawer().submit(batches.values(), session_alive())
        st.session_state[_ASKED] = _Asked(wanted, dict(zip(batches, futures, strict=True)), told)
    failed = _failed(asked) if asked is not None else ""
    if not failed:
        with place:
            _watch(wanted)
    return failed


def session_alive() -> Callable[[], bool]:
    """Whether the browser tab of this session is still there, to be asked from any thread."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return lambda: True
    key, running = context.session_id, runtime.get_instance()
    return lambda: running.is_active_session(key)


def _told(batch: Batch) -> list[object]:
    digest = batch.run.digest if batch.run is not None else ""
    return [batch.spec.to_json(), digest, *map(asdict, batch.trials)]


def _failed(asked: _Asked) -> str:
    for domain, future in asked.futures.items():
        if future.done() and (error := future.exception()) is not None:
            return asked.words.failed.format(domain=domain, error=error)
    return ""


@st.fragment(run_every="0.5s")
def _watch(wanted: str) -> None:
    """Progress; the page is drawn again when everything is there."""
    asked: _Asked | None = st.session_state.get(_ASKED)
    if asked is None or asked.wanted != wanted:
        return
    done = [domain for domain, future in asked.futures.items() if future.done()]
    if failed := _failed(asked):
        st.caption(words.plain(failed))
        return
    if len(done) == len(asked.futures):
        st.session_state[_ASKED] = None
        st.rerun()
    now = next(domain for domain in asked.futures if domain not in done)
    text = asked.words.doing.format(domain=words.plain(now))
    st.progress(len(done) / len(asked.futures), text)
