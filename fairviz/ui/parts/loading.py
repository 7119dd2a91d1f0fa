"""What pages read, kept in memory between reruns and shared between sessions: never changed. Keys are strings."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fairviz.controls.dials import BOOSTED, NETWORK
from fairviz.data.dataset import DomainDataset
from fairviz.data.sources import OWN, Source, fingerprint_of, load_dataset, source_of
from fairviz.errors import FairvizError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.goal import Goal, Solved, solve_price, solve_stops
from fairviz.evaluation.tradeoff import Sweep
from fairviz.experiments.publish import facts
from fairviz.experiments.recorded import sweep_of
from fairviz.store import Entry, read_entry
from fairviz.store.fits import load_fit
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FRONTIER, SWEEP, TABLE
from fairviz.telling import view
from fairviz.telling.view import Background, View

if TYPE_CHECKING:
    from fairviz.experiments.drawer import Drawer
    from fairviz.experiments.preview import Preview
    from fairviz.synthesizers.fadm import FADM

P = ParamSpec("P")
T = TypeVar("T")
#: In the session: stamps of this run of the page, by kind.
_STAMPS = "_stamps"


def outdated(entry: Entry) -> bool:
    """Whether a comparison is of a version that did not say what its dials are."""
    return entry.kind in (FRONTIER, TABLE) and "dials" not in entry.spec


@st.cache_resource
def library() -> Library:
    """The user's store and the shipped one."""
    return Library()


@st.cache_resource
def queue() -> JobQueue:
    """Background fits."""
    return JobQueue(library=library())


def look_again() -> None:
    """Notice what has come, gone or been touched in the stores: once per run of a page, for files are many."""
    st.session_state[_STAMPS] = {}


def stamp(*kinds: str) -> str:
    """``Library.stamp``, asked once per run of a page; a thread beside it asks each time."""
    beside = get_script_run_ctx(suppress_warning=True) is None
    known: dict[str, str] = {} if beside else st.session_state.get(_STAMPS, {})
    for kind in kinds:
        if kind not in known:
            known[kind] = library().stamp(kind)
    return " ".join(known[kind] for kind in kinds)


def stamped(*kinds: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function whose answers are kept until an entry of these kinds comes, goes or is touched."""

    def keep(read: Callable[P, T]) -> Callable[P, T]:
        def kept(stamp: str, *args: P.args, **kwargs: P.kwargs) -> T:
            return read(*args, **kwargs)

        kept.__module__, kept.__qualname__ = read.__module__, read.__qualname__  # what a cache is known by
        cached = st.cache_resource(max_entries=500, show_spinner=False)(kept)

        @wraps(read)
        def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            return cached(stamp(*kinds), *args, **kwargs)

        return ask

    return keep


@stamped(SWEEP, FRONTIER)
def _shipped(dataset: str) -> tuple[Entry, pd.DataFrame, dict[str, Any]] | None:
    """A data set's recorded sweep, or else its comparison, with its trials and facts: read once for both labels."""
    entry = library().recorded(fingerprint_of(dataset))
    if entry is None:
        return None
    known = entry.json("facts.json")
    if entry.kind != SWEEP:
        known["domains"] = entry.spec["targets"]
    return entry, entry.table("trials.csv"), known


@stamped(SWEEP, FRONTIER)
def recorded(dataset: str, labels: str) -> tuple[Sweep, dict[str, Any], dict[str, Any]] | None:
    """What a dial shows without rows: a data set's recorded sweep, or the dial's part of its comparison; with the facts
    of the data set (``domains``: those held out) and who made it. None if none is shipped for these labels.
    """
    found = _shipped(dataset)
    if found is None:
        return None
    entry, trials, known = found
    sweep = sweep_of(trials, known["groups"], labels, whole=entry.kind == SWEEP)
    return None if sweep is None else (sweep, known, entry.made)


def recorded_labels(dataset: str, options: dict[str, Any]) -> list[str]:
    """Whose labels there are recorded results of, the best first."""
    return [] if options else [labels for labels in (BOOSTED, NETWORK) if recorded(dataset, labels) is not None]


def recorded_facts(dataset: str, options: dict[str, Any]) -> dict[str, Any] | None:
    """Facts of a data set with recorded results, whosever labels they are of."""
    found = None if options else _shipped(dataset)
    return None if found is None else found[2]


def held_out(dataset: str, options: dict[str, Any]) -> list[str]:
    """Domains that are held out: of a data set with very many, those that are compared."""
    told = recorded_facts(dataset, options)
    chosen = told["domains"] if told else source(dataset, options).compare.held_out if dataset == OWN else ()
    return list(chosen or rows(dataset, json.dumps(options, sort_keys=True)).domains)


def source(dataset: str, options: dict[str, Any]) -> Source:
    """What a data set is, a person's own among them."""
    return source_of(dataset, options)


@st.cache_resource(max_entries=4, show_spinner=False)
def published_facts(dataset: str, options: str) -> dict[str, Any]:
    """``publish.facts`` of a data set whose rows are here; ``options`` is JSON. Never changed."""
    return facts(rows(dataset, options))


def _recorded_sweep(dataset: str, labels: str) -> Sweep:
    found = recorded(dataset, labels)
    assert found is not None, "asked for what was recorded of it"
    return found[0]


@stamped(SWEEP, FRONTIER)
def recorded_background(
    dataset: str, labels: str, control: str, lambda_y: float, classifier: str, domains: tuple[str, ...], metric: str
) -> Background:
    """What stays while the dial moves; arguments are plain values, never frames."""
    return view.recorded_background(
        _recorded_sweep(dataset, labels), control=control, lambda_y=lambda_y, classifier=classifier, domains=domains,
        metric=metric,
    )  # fmt: skip


@stamped(SWEEP, FRONTIER)
def recorded_setting(
    dataset: str, labels: str, control: str, lambda_y: float, prices: tuple[tuple[str, float], ...], classifier: str,
    metric: str,
) -> View:  # fmt: skip
    """The view of a recorded setting; ``prices`` by held-out domain."""
    domains = tuple(domain for domain, _ in prices)
    return recorded_background(dataset, labels, control, lambda_y, classifier, domains, metric).at(dict(prices))


@stamped(SWEEP, FRONTIER)
def recorded_price(
    dataset: str, labels: str, control: str, lambda_y: float, classifier: str, domain: str, goal: tuple[str, float]
) -> Solved:
    """The recorded price that reaches a goal in all other domains."""
    sweep, others = _recorded_sweep(dataset, labels), [d for d in held_out(dataset, {}) if d != domain]
    part = sweep.setting(control, lambda_y, classifier, others)
    return solve_stops(lambda price: part.select(lambda_z=price).runs().counts, Goal(*goal), sweep.prices(control))


@stamped(FIT)
def fits(dataset: str, options: dict[str, Any]) -> dict[str, Entry]:
    """Default fits of a registered data set by target. Verified once, and again when a fit has come or gone."""
    return library().find_fits(fingerprint_of(dataset, options), source(dataset, options).training)


@st.cache_resource(max_entries=3, show_spinner=False)  # threads beside a page read them too
def rows(dataset: str, options: str) -> DomainDataset:
    """A data set's rows; ``options`` is JSON."""
    return load_dataset(dataset, **json.loads(options))


@stamped(FIT)
def fit_at(path: str) -> FADM:
    """A verified fit by its folder. Shared between sessions: never changed."""
    return cast("FADM", load_fit(read_entry(Path(path))))


@st.cache_resource
def drawer() -> Drawer:
    """Draws guided rows beside the app."""
    from fairviz.experiments.drawer import Drawer

    return Drawer(library())


@st.cache_resource(max_entries=16, show_spinner=False)
def previewer(path: str, dataset: str, options: str, target: str, labels: str) -> Preview:
    """The pool of a fit with the target's rows. Shared between sessions: never changed."""
    from fairviz.experiments.preview import Preview

    source, held_out = rows(dataset, options).leave_out(target)
    return Preview(fit_at(path), source, held_out, labels=labels)


@st.cache_resource(max_entries=2000, show_spinner=False)
def previewed(
    path: str, dataset: str, options: str, target: str, classifier: str, setting: str, labels: str
) -> tuple[Counts, float]:
    """Counts and effective sample size of a preview; ``setting`` is JSON as for ``Pool.weights``."""
    return previewer(path, dataset, options, target, labels).test(classifier, **json.loads(setting))


@st.cache_resource(max_entries=500, show_spinner=False)
def solved(
    path: str, dataset: str, options: str, target: str, classifier: str, setting: str, goal: tuple[str, float],
    top: float, labels: str,
) -> Solved:  # fmt: skip
    """The price that reaches a goal, from source rows only."""
    given = json.loads(setting)
    preview = previewer(path, dataset, options, target, labels)
    return solve_price(lambda price: preview.validate(classifier, **{**given, "lambda_z": price}), Goal(*goal), top)


@st.cache_resource(max_entries=8, show_spinner=False)
def warmed(
    fits: tuple[tuple[str, str], ...], dataset: str, options: str, classifier: str, labels: str
) -> threading.Thread:
    """A thread that draws the pools of fits, pairs of target and folder, so that the first free move finds them."""

    def draw() -> None:
        for target, path in fits:
            if not threading.main_thread().is_alive():  # the server is told to stop
                return
            with suppress(FairvizError):  # told when somebody asks for it
                previewed(path, dataset, options, target, classifier, "{}", labels)

    thread = threading.Thread(target=draw, name="pools")  # no daemon: torch does not bear being cut off
    thread.start()
    return thread


@st.cache_data(max_entries=20, show_spinner="Drawing synthetic rows …")
def synthetic_rows(path: str, settings: str) -> pd.DataFrame:
    """Rows sampled from the fit at ``path``; ``settings`` is JSON."""
    return fit_at(path).sample(**json.loads(settings))
