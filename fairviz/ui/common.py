"""Shared by the pages: cached loaders (string keys only) and small pieces of layout."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import altair as alt
import pandas as pd
import streamlit as st

from fairviz import charts, view
from fairviz.controls import CONTROLS
from fairviz.data.dataset import ALL_DOMAINS, DomainDataset
from fairviz.data.sources import DATASETS, fingerprint_of, load_dataset
from fairviz.draws import Drawer
from fairviz.errors import FairvizError, SettingError, StoreError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.tradeoff import Sweep, domain_rows
from fairviz.experiments import tables
from fairviz.experiments.publish import FRONTIER, TABLE, facts
from fairviz.experiments.results import Results, family_scores
from fairviz.jobs import JobQueue
from fairviz.library import FIT, SWEEP, Library, load_fit, made_from
from fairviz.preview import Goal, Preview, Solved, solve_price
from fairviz.store import Entry, read_entry
from fairviz.synthesizers import FADM
from fairviz.ui import words
from fairviz.view import Background, View


def set_pages(pages: list) -> None:
    """Remember the app's pages for :func:`header`."""
    st.session_state["_pages"] = pages


def header(title: str, here: str) -> None:
    """The first line of a page: what it asks, and the way to the others."""
    with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
        st.markdown(f"#### {title}", width="content")
        for page in st.session_state.get("_pages", []):
            st.page_link(page, disabled=page.title == here, width="content")


def guarded(*kinds: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """A page that says which results of these kinds are damaged, and why it stops where it cannot go on.

    Results are verified when they are read, so one may turn out damaged at any point of a page.
    """

    def guard(page: Callable[[], None]) -> Callable[[], None]:
        @wraps(page)
        def run() -> None:
            for text in _damaged(kinds, library().stamp(*kinds)):
                st.warning(words.plain(text), icon=":material/broken_image:")
            try:
                page()
            except FairvizError as error:
                st.error(words.plain(str(error)), icon=":material/error:")

        return run

    return guard


@st.cache_resource(max_entries=10, show_spinner=False)
def _damaged(kinds: tuple[str, ...], stamp: str) -> list[str]:
    old = [
        f"{entry.path} was made by an earlier version, which named methods otherwise, and is left out. Run 'fairviz "
        f"{kind} --dataset {entry.spec['dataset']['name']}' again."
        for kind in kinds
        for entry in library().store.entries(kind)
        if _outdated(entry)
    ]
    return library().damaged(*kinds) + old


def _outdated(entry: Entry) -> bool:
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


@st.cache_resource(max_entries=8, show_spinner=False)
def _recorded(dataset: str, stamp: str) -> tuple[Sweep, dict, dict] | None:
    entry = library().recorded(fingerprint_of(dataset))
    if entry is None:
        return None
    facts = entry.json("facts.json")
    return Sweep.of(entry.table("trials.csv"), facts["groups"]), facts, entry.made


def recorded(dataset: str) -> tuple[Sweep, dict, dict] | None:
    """A registered data set's recorded sweep, its facts and who made it; None if none is shipped."""
    return _recorded(dataset, library().stamp(SWEEP))


def smallest_share(dataset: str, options: dict, control: str) -> float:
    """The smallest group's share of the source that a control divides by; a multiplier beyond it is clipped.

    Of all people for parity, of all people who have the favourable label for opportunity; 1 if nothing is known.
    """
    found = None if options else recorded(dataset)
    if found is not None:
        facts = found[1]
    elif fits(dataset, options):
        facts = published_facts(dataset, json.dumps(options, sort_keys=True))
    else:
        return 1.0
    counts = pd.DataFrame(facts["counts"])
    among = counts[counts["label"] == 1] if CONTROLS[control].gaps[:1] == ("eop",) else counts
    return float(among.groupby("group")["n"].sum().min() / counts["n"].sum())


@st.cache_resource(max_entries=4, show_spinner=False)
def published_facts(dataset: str, options: str) -> dict:
    """``pretrain.facts`` of a data set whose rows are here; ``options`` is JSON. Never changed."""
    return facts(rows(dataset, options))


@st.cache_resource(max_entries=200, show_spinner=False)
def _end(path: str, stamp: str, control: str) -> tuple[float | None, str]:
    try:
        return _fit_at(path, stamp).end_of_dial(control), ""
    except SettingError as error:
        return None, str(error)


def ends(dataset: str, options: dict, control: str) -> tuple[dict[str, float], dict[str, str]]:
    """By held-out domain: the price of equality on the source, or why there is no price there.

    From the recorded results where there are some, so that no fit need be opened; empty for a control without
    such a price, or without any fit.
    """
    gaps = CONTROLS[control].gaps
    if not gaps:
        return {}, {}
    found = None if options else recorded(dataset)
    told = found[1].get("equality", {}).get(gaps[0], {}) if found else {}
    if told:
        return told, {}
    stamp = library().stamp(FIT)
    asked = {d: _end(str(e.path), stamp, control) for d, e in fits(dataset, options).items() if d != ALL_DOMAINS}
    return {d: end for d, (end, _) in asked.items() if end is not None}, {
        d: why for d, (_, why) in asked.items() if why
    }


#: Where a comparison is from, in the order in which they are offered; these words stand in links.
SHIPPED, YOURS, QUICK = "shipped", "yours", "quick"


@st.cache_resource(max_entries=20, show_spinner=False)
def _comparisons(kind: str, stamp: str) -> dict[str, dict[str, Entry]]:
    names = {source.fingerprint: name for name, source in DATASETS.items()}
    found: dict[str, dict[str, Entry]] = {SHIPPED: {}, YOURS: {}, QUICK: {}}
    for store in library().stores:
        for entry in sorted(store.entries(kind), key=lambda e: e.made["time"]):  # the newest of its kind stays
            name = names.get(made_from(entry))
            if name is not None and not _outdated(entry):
                origin = QUICK if entry.spec["quick"] else SHIPPED if store.read_only else YOURS
                found[origin][name] = entry
    return {name: {o: entries[name] for o, entries in found.items() if name in entries} for name in DATASETS}


def comparisons(kind: str) -> dict[str, dict[str, Entry]]:
    """Published comparisons of a kind by registered data set, and then by where they are from."""
    return {name: found for name, found in _comparisons(kind, library().stamp(kind)).items() if found}


def origin_text(origin: str, entry: Entry) -> str:
    """What to call a comparison where there is a choice."""
    if origin == SHIPPED:
        return "Shipped with fairviz"
    seeds, dials = len(entry.spec["seeds"]), len(entry.spec["dials"])
    text = (
        f"Yours, made {entry.made['time'][:10]}, {seeds} seed{'s' if seeds > 1 else ''}, "
        f"{dials} method{'s' if dials > 1 else ''}"
    )
    return f"{text} · quick run: few rows, not for conclusions" if origin == QUICK else text


@st.cache_resource(max_entries=10, show_spinner=False)
def comparison_results(path: str) -> Results:
    """The trials of a published comparison. Shared between sessions: never changed."""
    return Results.of(read_entry(Path(path)))


@st.cache_resource(max_entries=20, show_spinner="Reading the results …")
def comparison_points(path: str, classifier: str) -> pd.DataFrame:
    """Means and intervals of every method and setting, with an ``id``. Shared between sessions: never changed."""
    results = comparison_results(path).select(classifier=classifier)
    points = results.points()
    points["id"] = [f"{d} {s}" for d, s in zip(points["dial"], points["setting"], strict=True)]
    return points.assign(n=int(results.rows["n"].max()))


@st.cache_resource(max_entries=20, show_spinner=False)
def comparison_scores(path: str, classifier: str, metric: str) -> pd.DataFrame:
    """Hypervolumes and distances of all families. Shared between sessions: never changed."""
    results = comparison_results(path).select(classifier=classifier)
    return family_scores(results, metric, comparison_points(path, classifier))


@st.cache_resource(max_entries=200, show_spinner=False)
def comparison_point(path: str, classifier: str, method: str, setting: str) -> tuple[pd.DataFrame, list[dict]]:
    """The trials of one point, and its domains as ``tradeoff.domain_rows``. Shared between sessions: never changed."""
    one = comparison_results(path).select(classifier=classifier, method=method, setting=setting)
    return one.rows.sort_values(["seed", "target"]), domain_rows(one.runs())


@st.cache_resource(max_entries=10, show_spinner=False)
def table1(path: str) -> tuple[pd.DataFrame, str]:
    """The rows of a published Table 1 and how it was made. Shared between sessions: never changed."""
    entry = read_entry(Path(path))
    return tables.table1_rows(entry), tables.table1_note(entry)


@st.cache_resource(max_entries=20, show_spinner=False)
def made_line(path: str) -> str:
    """How a published comparison was made."""
    return tables.made_line(read_entry(Path(path)))


@st.cache_resource(max_entries=100, show_spinner=False)
def _recorded_background(
    dataset: str, stamp: str, control: str, lambda_y: float, classifier: str, domains: tuple[str, ...], metric: str
) -> Background:
    found = _recorded(dataset, stamp)
    if found is None:  # it was there a moment ago
        raise StoreError(f"The recorded results of {dataset} have just been damaged or removed. Reload the page.")
    return view.recorded_background(
        found[0], control=control, lambda_y=lambda_y, classifier=classifier, domains=domains, metric=metric
    )


def recorded_background(
    dataset: str, control: str, lambda_y: float, classifier: str, domains: tuple[str, ...], metric: str
) -> Background:
    """What stays while the dial moves; arguments are plain values, never frames."""
    return _recorded_background(dataset, library().stamp(SWEEP), control, lambda_y, classifier, domains, metric)


@st.cache_resource(max_entries=500, show_spinner=False)
def _recorded_setting(
    dataset: str, stamp: str, control: str, lambda_y: float, lambda_z: float, classifier: str,
    domains: tuple[str, ...], metric: str,
) -> View:  # fmt: skip
    return _recorded_background(dataset, stamp, control, lambda_y, classifier, domains, metric).at(lambda_z)


def recorded_setting(
    dataset: str, control: str, lambda_y: float, lambda_z: float, classifier: str, domains: tuple[str, ...], metric: str
) -> View:
    """The view of a recorded setting. Shared between sessions: never changed."""
    stamp = library().stamp(SWEEP)
    return _recorded_setting(dataset, stamp, control, lambda_y, lambda_z, classifier, domains, metric)


@st.cache_resource(max_entries=20, show_spinner=False)
def _fits(fingerprint: str, stamp: str) -> dict[str, Entry]:
    return library().find_fits(fingerprint)


def fits(dataset: str, options: dict) -> dict[str, Entry]:
    """Default fits of a registered data set by target. Verified once, and again when a fit has come or gone."""
    return _fits(fingerprint_of(dataset, options), library().stamp(FIT))


@st.cache_resource(max_entries=3, show_spinner="Reading the rows …")
def rows(dataset: str, options: str) -> DomainDataset:
    """A data set's rows; ``options`` is JSON."""
    return load_dataset(dataset, **json.loads(options))


@st.cache_resource(max_entries=12, show_spinner=False)
def _fit_at(path: str, stamp: str) -> FADM:
    return load_fit(read_entry(Path(path)))


def fit_at(path: str) -> FADM:
    """A verified fit by its folder. Shared between sessions: never changed."""
    return _fit_at(path, library().stamp(FIT))


@st.cache_resource
def drawer() -> Drawer:
    """Draws guided rows beside the app."""
    return Drawer(library())


@st.cache_resource(max_entries=16, show_spinner="Drawing a pool of rows …")
def previewer(path: str, dataset: str, options: str, target: str) -> Preview:
    """The pool of a fit with the target's rows. Shared between sessions: never changed."""
    source, held_out = rows(dataset, options).leave_out(target)
    return Preview(fit_at(path), source, held_out)


@st.cache_resource(max_entries=2000, show_spinner=False)
def previewed(
    path: str, dataset: str, options: str, target: str, classifier: str, setting: str
) -> tuple[Counts, float]:
    """Counts and effective sample size of a preview; ``setting`` is JSON as for ``Pool.weights``."""
    return previewer(path, dataset, options, target).test(classifier, **json.loads(setting))


@st.cache_resource(max_entries=500, show_spinner=False)
def solved(
    path: str,
    dataset: str,
    options: str,
    target: str,
    classifier: str,
    setting: str,
    goal: tuple[str, float],
    top: float,
) -> Solved:
    """The price that reaches a goal, from source rows only."""
    given = json.loads(setting)
    preview = previewer(path, dataset, options, target)
    return solve_price(lambda price: preview.validate(classifier, **{**given, "lambda_z": price}), Goal(*goal), top)


@st.cache_data(max_entries=20, show_spinner="Drawing synthetic rows …")
def synthetic_rows(path: str, settings: str) -> pd.DataFrame:
    """Rows sampled from the fit at ``path``; ``settings`` is JSON."""
    return fit_at(path).sample(**json.loads(settings))


def draw(chart: alt.TopLevelMixin, *, key: str, alt: str) -> None:
    """Show a chart. Not through ``st.altair_chart``: that checks the specification against the whole grammar on every
    rerun, which takes longer than all else on the page; the tests check it once.
    """
    st.vega_lite_chart(chart.to_dict(validate=False), key=key, alt=alt, width="stretch")


@st.cache_resource(max_entries=200, show_spinner=False)
def _specification(token: str, _build: Callable[[], alt.TopLevelMixin]) -> dict:
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


def spreadsheet_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells that a spreadsheet would run as a formula get an apostrophe."""
    out = frame.copy()
    for name in out.columns:
        if not pd.api.types.is_numeric_dtype(out[name]):
            text = out[name].astype(str)
            out[name] = text.where(~text.str.match(r"^[=+\-@\t\r]"), "'" + text)
    return out


def nonce() -> str:
    """For names of exported files: download links need no session, so names must not be guessable."""
    if "nonce" not in st.session_state:
        st.session_state["nonce"] = secrets.token_hex(6)
    return st.session_state["nonce"]
