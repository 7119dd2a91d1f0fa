"""What is chosen, kept in the page's address: stable ids, never display text, and only what is not the default.

A link to be passed on writes everything out, with its version and the rows it is about: a default of today need not be
one of tomorrow. Addresses of earlier versions held display text; they are still understood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

#: By name: what the address says, or said when the widget was last drawn.
_SEEN = "_address"
#: By name: which widget it was when it was last drawn.
_FORMS = "_forms"
#: By name: what the address is to say after this run.
_WANTED = "_wanted"
#: By name: the same, defaults written out.
_WHOLE = "_whole"
#: By name: what the widget is called, what a link asked of it in vain, and what stood there instead: ids, and words.
_MISSED = "_missed"
#: Fingerprint of the rows that the page shows; version and rows that a link named, and what was shown then.
_ABOUT, _CAME = "_about", "_came"
#: Of links as they are written now; and parameters that no widget has.
VERSION, VERSION_NAME, ROWS_NAME = 1, "v", "rows"


def _went_back() -> bool:
    """Whether this run is the browser's way back or forward."""
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))


def take(name: str, read: Callable[[list[str]], Any]) -> Any:
    """Take over what the address says, when a widget is new in the session or the person went back.

    At no other time: a run may carry the address of before the person's last action.

    Parameters
    ----------
    name : str
        Of the parameter, and of the widget.
    read : callable
        Texts of the address -> value of the widget; None if they mean nothing, and are passed over.

    Returns
    -------
    object
        The value that the address gave just now, or None; one that the session remembers is put back in silence.
    """
    seen: dict[str, list[str]] = st.session_state.setdefault(_SEEN, {})
    here, now, back = name in st.session_state, st.query_params.get_all(name), _went_back()
    if here and not (back and now != seen.get(name, [])):
        return None
    remembered = not now and not back  # drawn before, then hidden, or on another page
    texts = seen.get(name, []) if remembered else now
    value = read(texts) if texts else None
    if value is not None:
        st.session_state[name] = value
    elif back:
        st.session_state.pop(name, None)
    return None if remembered else value


def put(name: str, texts: Sequence[str], default: bool = False) -> None:
    """Say what a parameter stands at; the address leaves a default out. :func:`write` writes them all."""
    st.session_state.setdefault(_WHOLE, {})[name] = list(texts)
    told = [] if default else list(texts)
    st.session_state.setdefault(_SEEN, {})[name] = told
    st.session_state.setdefault(_WANTED, {})[name] = told


def about(rows: str) -> None:
    """Say which rows the page shows, by their fingerprint."""
    st.session_state[_ABOUT] = rows


def whole() -> str:
    """A link to what the page shows now, everything written out; "" for a page that is about no rows."""
    rows = st.session_state.get(_ABOUT)
    if not rows:
        return ""
    told = {VERSION_NAME: [str(VERSION)], ROWS_NAME: [rows[:12]], **st.session_state.get(_WHOLE, {})}
    return f"{st.context.url or ''}?{urlencode({name: texts for name, texts in told.items() if texts}, doseq=True)}"


def _miss(name: str, label: str, asked: Sequence[str], ids: Sequence[str], shown: Sequence[str]) -> None:
    """Remember that a link asked for something that is not here; ``shown``: what people call what stands instead."""
    st.session_state.setdefault(_MISSED, {})[name] = (label, list(asked), list(ids), list(shown))


def in_vain() -> list[str]:
    """What a link asked for and cannot have, a sentence each, for as long as what is shown instead stays."""
    found, missed, now = [], st.session_state.get(_MISSED, {}), st.session_state.get(_WHOLE, {})
    for name, (label, asked, ids, shown) in list(missed.items()):
        if now.get(name, ids) != ids:  # the person has chosen
            del missed[name]
        elif name in now:
            instead = f" Shown instead: {', '.join(shown)}." if shown else ""
            found.append(f"The link asks for {', '.join(asked)[:80]} ({label}), which is not here.{instead}")
    return found + _of_another()


def _of_another() -> list[str]:
    """Whether a link is of a later version, or about other rows than those that are shown."""
    rows = st.session_state.get(_ABOUT, "")
    asked: tuple[str, str, str] = st.session_state.setdefault(
        _CAME, (st.query_params.get(VERSION_NAME, ""), st.query_params.get(ROWS_NAME, ""), rows)
    )
    version, asked_rows, at_first = asked
    found = []
    if version.isdecimal() and int(version) > VERSION:
        found.append(f"The link is of version {version[:9]}; this fairviz reads version {VERSION} and may miss some.")
    if asked_rows and rows and rows == at_first and not rows.startswith(asked_rows):
        found.append("The link is about other rows than those here (another fingerprint), so numbers may differ.")
    return found


def write() -> None:
    """Write the address once, at the end of a page: one step in the browser's history, without what is hidden now."""
    wanted: dict[str, list[str]] = st.session_state.pop(_WANTED, {})
    for name in (_WHOLE, _ABOUT):
        st.session_state.pop(name, None)
    ours = st.session_state.get(_SEEN, {})
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    then = {name: texts for name, texts in now.items() if name not in ours and name not in (VERSION_NAME, ROWS_NAME)}
    then |= {name: texts for name, texts in wanted.items() if texts}
    if then != now:
        st.query_params.from_dict({name: texts if len(texts) > 1 else texts[0] for name, texts in then.items()})


def address() -> dict[str, list[str]]:
    """What the address says, or will say after this run."""
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    return {name: texts for name, texts in (now | st.session_state.get(_WANTED, {})).items() if texts}


def hold(name: str, form: tuple[Any, ...], value: Any, folded: bool = False) -> None:
    """Give a widget its value, where it does not have it by itself: when it is new, or another one than before.

    What has not changed is left alone: a value that is set on every run takes a moving dial out of the person's hand.

    Parameters
    ----------
    form : tuple
        What makes the widget another one: its kind, options, range.
    folded : bool
        The widget is in a popover: the browser makes it when that is first opened, from what the last run told of it,
        and without a value it would stand at its first option or lowest end, and say so to the app.
    """
    forms = st.session_state.setdefault(_FORMS, {})
    if folded or forms.get(name) != form or name not in st.session_state or st.session_state[name] != value:
        st.session_state[name] = value
    forms[name] = form


def number(texts: list[str]) -> float | None:
    """The finite number that the address holds."""
    try:
        value = float(texts[0])
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _known(options: Sequence[Any], *shown: Callable[[Any], str]) -> Callable[[str], Any]:
    """From an id, or from a text that earlier versions wrote, to the option."""
    ways: list[Callable[[Any], str]] = [*shown, str]
    return {str(way(option)): option for way in ways for option in options}.get


def choose(
    widget: Callable[..., Any], label: str, options: Sequence[Any], *, key: str, default: Any = None,
    format_func: Callable[[Any], str] = str, formerly: Callable[[Any], str] = str, say: bool = True,
    folded: bool = False, **how: Any,
) -> Any:  # fmt: skip
    """One of several options, by a select box, a segmented control or the like.

    Parameters
    ----------
    widget : callable
        ``st.selectbox`` or a widget with the same arguments.
    default : object, optional
        The first option by default.
    formerly : callable
        What an option was called in earlier versions.
    say : bool
        Whether it is said that a link asks for what is no option.
    folded : bool
        See :func:`hold`.
    """
    default = options[0] if default is None else default
    read, new = _known(options, formerly, format_func), key not in st.session_state
    found = take(key, lambda texts: read(texts[0]))
    stands = st.session_state.get(key)
    hold(key, (widget.__name__, *options), stands if stands in options else default, folded)
    value = widget(label, options, key=key, format_func=format_func, **how)
    asked = st.query_params.get_all(key)
    if say and new and asked and found is None and stands is None:
        _miss(key, label, asked, [str(value)], [format_func(value)])
    put(key, [str(value)], value == default)
    return value


def choose_some(
    widget: Callable[..., Any], label: str, options: Sequence[str], *, key: str, default: Sequence[str] | None = None,
    **how: Any,
) -> list[str]:  # fmt: skip
    """Any of several options, by pills or a box.

    Parameters
    ----------
    widget : callable
        ``st.pills`` or ``st.multiselect``.
    default : sequence of str, optional
        All options by default.
    """
    start = list(options if default is None else default)
    read, new = _known(options, how.get("format_func", str)), key not in st.session_state
    take(key, lambda texts: list(dict.fromkeys(found for text in texts if (found := read(text)) is not None)) or None)
    before = st.session_state.get(_FORMS, {}).get(key, ())[1:]
    stands = st.session_state.get(key, [None])
    every = default is None and before and set(stands) == set(before)  # all, also those that have come
    if not set(stands) <= set(options) or every:
        stands = start
    hold(key, ("some", *options), stands)
    value = list(widget(label, options, key=key, **how))
    lost = [text for text in st.query_params.get_all(key) if read(text) is None] if new else []
    if lost:
        _miss(key, label, lost, value, value)
    put(key, value, value == start)
    return value


def kept(name: str, known: Callable[[str], bool], most: int) -> list[str]:
    """Texts that have no widget, such as pins: what the session or a link says, of those that are known, ``most`` at
    most; they are changed in the session's state.
    """
    take(name, lambda texts: [text for text in dict.fromkeys(texts) if known(text)][:most] or None)
    texts: list[str] = st.session_state.setdefault(name, [])
    put(name, texts, not texts)
    return texts


def flag(name: str) -> bool:
    """What is on or off and has no widget; it is changed in the session's state."""
    take(name, lambda texts: texts[0] == "1")
    value = bool(st.session_state.get(name, False))
    put(name, ["1"] if value else [], not value)
    return value


def slide(
    widget: Callable[..., Any], label: str, low: float, high: float, default: float, step: float, *, key: str,
    folded: bool = False, **how: Any,
) -> float:  # fmt: skip
    """A number between two others, on a slider; what an address asks for beyond them is the nearest end; for ``folded``
    see :func:`hold`.
    """
    take(key, number)
    hold(key, ("slider", low, high, step), float(min(max(st.session_state.get(key, default), low), high)), folded)
    value = float(widget(label, low, high, step=step, key=key, **how))
    put(key, [format(value, ".12g")], abs(value - default) < 1e-12)
    return value
