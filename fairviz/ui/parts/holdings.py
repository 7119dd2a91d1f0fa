"""What a person holds: tables with their fits and trials, and what was made on this machine of built-in sets."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from fairviz.data import ALL_DOMAINS
from fairviz.data.own import QUOTA, Own, OwnStore
from fairviz.data.sets import DATASETS
from fairviz.store.holdings import (
    KINDS,
    TRAINING,
    Held,
    carry_out,
    entries_of,
    fingerprints,
    remove,
    remove_table,
    trainings_of,
)
from fairviz.store.specs import FIT, FRONTIER, SWEEP, TABLE
from fairviz.telling import words
from fairviz.ui.parts import loading, mine

_WORDS = {FIT: "Fit", SWEEP: "Recorded sweep", FRONTIER: "Comparison", TABLE: "Table 1", TRAINING: "Training"}


@loading.stamped(*KINDS)
def _entries() -> list[Held]:
    """What the user's store holds; read again when an entry has come or gone."""
    return entries_of(loading.library())


@st.cache_data(max_entries=500, show_spinner=False)
def _fingerprint(key: str) -> str:
    """Of a table that was kept before fingerprints were; its rows are read once."""
    found = fingerprints([OwnStore().get(key)])
    return found[0] if found else ""


def body(visit: Callable[[Own], None]) -> None:
    """Everything that a person holds here, with its size, and the way to get rid of it.

    Parameters
    ----------
    visit : callable
        Opens Explore on a table.
    """
    held = [*_entries(), *trainings_of(loading.queue())]
    trials = loading.library().trials.sizes()
    _tables(held, trials, visit)
    _made_here(held, trials)


def megabytes(size: float) -> str:
    """``0.4 MB``; what is there is never 0."""
    return f"{max(size / 1e6, 0.1 if size else 0.0):.1f} MB"


def age(made: float) -> str:
    """``today``, ``1 day ago``, ``9 days ago``; "" if nobody knows."""
    days = int((time.time() - made) / 86400)
    return "" if not made else "today" if days < 1 else f"{days} day{'s' if days > 1 else ''} ago"


def _tables(held: Sequence[Held], trials: dict[str, tuple[int, int]], visit: Callable[[Own], None]) -> None:
    """One's own tables: open, rename, delete; what was made from each."""
    store = OwnStore()
    found = store.of(mine.owner())
    if not found:
        return
    st.markdown("#### Your tables")
    made = {own.id: [one for one in held if one.of_table(own.id)] for own in found}
    counts = {own.id: trials.get(own.fingerprint or _fingerprint(own.id), (0, 0)) for own in found}
    used = sum(own.size for own in found)
    more = sum(one.size for some in made.values() for one in some) + sum(size for _, size in counts.values())
    left, right = st.columns([6, 1.2], vertical_alignment="center")
    left.markdown(f"**{used / 1e6:.1f} of {QUOTA / 1e6:.0f} MB used** by tables; what was made from them takes "
                  f"{megabytes(more)} more.")  # fmt: skip
    with right.popover("Delete all", width="stretch"):
        st.markdown(f"All {len(found)} tables and everything made from them?")
        if st.button("Delete all for good", key="delete_all", type="primary"):
            _remove([partial(_delete, own) for own in found])
    for own in found:
        with st.container(border=True):
            _table(store, own, visit)
            _contents(made[own.id], counts[own.id], own.id)


def _table(store: OwnStore, own: Own, visit: Callable[[Own], None]) -> None:
    left, *right = st.columns([5, 1, 1, 1], vertical_alignment="center")
    size = megabytes(own.size) if own.size else "a built-in set"
    left.markdown(f"**{words.plain(own.title)}** · {size} · {age(own.made)}")
    if right[0].button("Open", key=f"open_{own.id}", width="stretch"):
        visit(own)
    with right[1].popover("Rename", width="stretch"), st.form(f"form_{own.id}", border=False):
        title = st.text_input("New name", own.title, key=f"rename_{own.id}")
        if st.form_submit_button("Rename", key=f"renamed_{own.id}"):
            store.change(own.id, title=title)
            st.rerun()
    with right[2].popover("Delete", width="stretch"):
        st.markdown("The table and everything made from it?")
        if st.button("Delete for good", key=f"delete_{own.id}", type="primary"):
            _remove([partial(_delete, own)])


def _delete(own: Own) -> None:
    remove_table(own, loading.library(), loading.queue(), OwnStore())


def _remove(steps: Sequence[Callable[[], None]]) -> None:
    """Carry removals out, and show what is left."""
    carry_out(steps)
    st.rerun()


def _told(made: Sequence[Held], trials: tuple[int, int]) -> str:
    """How much was made, in a line."""
    fits = [one for one in made if one.kind == FIT]
    results = [one for one in made if one.kind not in (FIT, TRAINING)]
    trainings = [one for one in made if one.kind == TRAINING]
    parts = []
    for some, word in ((fits, "fit"), (results, "comparison"), (trainings, "unfinished training")):
        if some:
            parts.append(f"{len(some)} {word}{'s' * (len(some) > 1)} ({megabytes(sum(one.size for one in some))})")
    if trials[0]:
        parts.append(f"{trials[0]:,} trial{'s' * (trials[0] > 1)} ({megabytes(trials[1])})")
    return words.join(parts) if parts else "nothing yet"


def _contents(made: Sequence[Held], trials: tuple[int, int], key: str, *, may_delete: bool = True) -> None:
    """What was made from one data set, a line each, and a way to delete single ones."""
    st.caption(f"Made from it: {_told(made, trials)}.")
    if not made:
        return
    made = sorted(made, key=lambda one: (one.kind, one.target, one.synthesizer, -one.made))
    with st.expander("Fits and results"):
        st.dataframe(
            pd.DataFrame([_line(one) for one in made]), hide_index=True, key=f"held_{key}",
            height=min(38 + 35 * len(made), 320),
            column_config={
                "what": "What", "held_out": "Held out", "age": "Made", "took": "Took",
                "size": st.column_config.NumberColumn("MB", format="%.2f"),
            },
        )  # fmt: skip
        if not may_delete:
            return
        by_key = {one.key: one for one in made}
        left, right = st.columns([5, 1.2], vertical_alignment="bottom")
        chosen = left.multiselect(
            "To be deleted", list(by_key), key=f"chosen_{key}", placeholder="Choose fits or results",
            format_func=lambda one: _name(by_key[one]) if one in by_key else "",
        )  # fmt: skip
        if right.button("Delete these", key=f"these_{key}", width="stretch", disabled=not chosen):
            library, queue = loading.library(), loading.queue()
            _remove([partial(remove, by_key[one], library, queue) for one in chosen])


def _held_out(one: Held) -> str:
    if one.kind not in (FIT, TRAINING):
        return ""
    return "nothing" if one.target == ALL_DOMAINS else one.target


def _what(one: Held) -> str:
    if one.kind == TRAINING:
        return f"Training, {one.state} at {100 * one.share:.0f} %"
    return f"{_WORDS[one.kind]} ({one.synthesizer})" if one.kind == FIT else _WORDS[one.kind]


def _name(one: Held) -> str:
    """What to call one of several; the key tells twins apart."""
    out = _held_out(one)
    return words.plain(f"{_what(one)}{f' without {out}' if out and out != 'nothing' else ''} · {one.key[:6]}")


def _line(one: Held) -> dict[str, object]:
    took = f"{one.seconds:,.0f} s" if one.seconds else ""
    return {"what": _what(one), "held_out": _held_out(one), "size": one.size / 1e6, "age": age(one.made), "took": took}


def _made_here(held: Sequence[Held], trials: dict[str, tuple[int, int]]) -> None:
    """Fits and comparisons of built-in sets that did not come with the package."""
    made = {name: [one for one in held if one.built_in == name] for name in DATASETS}
    made = {name: some for name, some in made.items() if some}
    if not made:
        return
    st.markdown("#### Made on this machine")
    may_delete = mine.shared()
    st.caption("Fits and comparisons of built-in sets, beside those that come with the app."
               + ("" if may_delete else " Everybody who uses this server shares them, so they stay."))  # fmt: skip
    for name, some in made.items():
        prints = {one.fingerprint for one in some} | {DATASETS[name].fingerprint}
        rows, size = (sum(trials.get(p, (0, 0))[k] for p in prints) for k in (0, 1))
        with st.container(border=True):
            st.markdown(f"**{words.plain(DATASETS[name].title)}**")
            _contents(some, (rows, size), name, may_delete=may_delete)
