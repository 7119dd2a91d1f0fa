"""What is chosen, kept in the page's address: stable ids, never display text, and only what is not the default.

Addresses of earlier versions held display text; they are still understood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

#: By name: what the address says, or said when the widget was last drawn.
_SEEN = "_address"
#: By name: which widget it was when it was last drawn.
_FORMS = "_forms"
#: By name: what the address is to say after this run.
_WANTED = "_wanted"


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


def put(name: str, texts: Sequence[str]) -> None:
    """Say what a parameter of the address is to be; nothing for the default. :func:`write` writes them all."""
    st.session_state.setdefault(_SEEN, {})[name] = list(texts)
    st.session_state.setdefault(_WANTED, {})[name] = list(texts)


def write() -> None:
    """Write the address once, at the end of a page: one step in the browser's history, without what is hidden now."""
    wanted: dict[str, list[str]] = st.session_state.pop(_WANTED, {})
    ours = st.session_state.get(_SEEN, {})
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    then = {name: texts for name, texts in now.items() if name not in ours}
    then |= {name: texts for name, texts in wanted.items() if texts}
    if then != now:
        st.query_params.from_dict({name: texts if len(texts) > 1 else texts[0] for name, texts in then.items()})


def address() -> dict[str, list[str]]:
    """What the address says, or will say after this run."""
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    return {name: texts for name, texts in (now | st.session_state.get(_WANTED, {})).items() if texts}


def hold(name: str, form: tuple[Any, ...], value: Any) -> None:
    """Give a widget its value, where it does not have it by itself: when it is new, or another one than before.

    What has not changed is left alone: a value that is set on every run takes a moving dial out of the person's hand.

    Parameters
    ----------
    form : tuple
        What makes the widget another one: its kind, options, range.
    """
    forms = st.session_state.setdefault(_FORMS, {})
    if forms.get(name) != form or name not in st.session_state or st.session_state[name] != value:
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
    format_func: Callable[[Any], str] = str, formerly: Callable[[Any], str] = str, **how: Any,
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
    """
    default = options[0] if default is None else default
    read = _known(options, formerly, format_func)
    take(key, lambda texts: read(texts[0]))
    stands = st.session_state.get(key)
    hold(key, (widget.__name__, *options), stands if stands in options else default)
    value = widget(label, options, key=key, format_func=format_func, **how)
    put(key, [] if value == default else [str(value)])
    return value


def choose_some(place: DeltaGenerator, label: str, options: Sequence[str], *, key: str, **how: Any) -> list[str]:
    """Any of several options, all at first, as pills."""
    read = _known(options, how.get("format_func", str))
    take(key, lambda texts: list(dict.fromkeys(found for text in texts if (found := read(text)) is not None)) or None)
    before = st.session_state.get(_FORMS, {}).get(key, ())[1:]
    stands = st.session_state.get(key, [None])
    if not set(stands) <= set(options) or (before and set(stands) == set(before)):  # all, also those that have come
        stands = list(options)
    hold(key, ("pills", *options), stands)
    value = list(place.pills(label, options, selection_mode="multi", key=key, **how))
    put(key, [] if value == list(options) else value)
    return value


def slide(
    widget: Callable[..., Any], label: str, low: float, high: float, default: float, step: float, *, key: str,
    **how: Any,
) -> float:  # fmt: skip
    """A number between two others, on a slider; what an address asks for beyond them is the nearest end."""
    take(key, number)
    hold(key, ("slider", low, high, step), float(min(max(st.session_state.get(key, default), low), high)))
    value = float(widget(label, low, high, step=step, key=key, **how))
    put(key, [] if abs(value - default) < 1e-12 else [format(value, ".12g")])
    return value
