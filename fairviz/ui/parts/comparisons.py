"""Published comparisons as Compare reads them, kept in memory; shared between sessions: never changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from fairviz.data.sets import DATASETS
from fairviz.evaluation.tradeoff import domain_rows
from fairviz.experiments import tables
from fairviz.experiments.chosen import chosen_elsewhere
from fairviz.experiments.pairwise import pairwise
from fairviz.experiments.parts import parts_text
from fairviz.experiments.results import UNMITIGATED, Results, family_scores
from fairviz.store import Entry, read_entry
from fairviz.store.specs import made_from
from fairviz.telling.effect import Effect
from fairviz.ui.parts.loading import library, outdated, stamp

#: Where a comparison is from, in the order in which they are offered; these words stand in links.
SHIPPED, YOURS, QUICK = "shipped", "yours", "quick"


@st.cache_resource(max_entries=20, show_spinner=False)
def _comparisons(kind: str, stamp: str) -> dict[str, dict[str, Entry]]:
    names = {source.fingerprint: name for name, source in DATASETS.items()}
    found: dict[str, dict[str, Entry]] = {SHIPPED: {}, YOURS: {}, QUICK: {}}
    for store in library().stores:
        for entry in sorted(store.entries(kind), key=lambda e: e.made["time"]):  # the newest of its kind stays
            name = names.get(made_from(entry))
            if name is not None and not outdated(entry):
                origin = QUICK if entry.spec["quick"] else SHIPPED if store.read_only else YOURS
                found[origin][name] = entry
    return {name: {o: entries[name] for o, entries in found.items() if name in entries} for name in DATASETS}


def comparisons(kind: str) -> dict[str, dict[str, Entry]]:
    """Published comparisons of a kind by registered data set, and then by where they are from."""
    return {name: found for name, found in _comparisons(kind, stamp(kind)).items() if found}


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
    return points


@st.cache_resource(max_entries=20, show_spinner=False)
def comparison_scores(path: str, classifier: str, metric: str) -> pd.DataFrame:
    """Hypervolumes and distances of all families. Shared between sessions: never changed."""
    results = comparison_results(path).select(classifier=classifier)
    return family_scores(results, metric, comparison_points(path, classifier))


@st.cache_resource(max_entries=20, show_spinner=False)
def comparison_chosen(path: str, classifier: str, metric: str) -> pd.DataFrame:
    """What settings give that were chosen on the other domains. Shared between sessions: never changed."""
    results = comparison_results(path).select(classifier=classifier)
    return chosen_elsewhere(results, metric, comparison_points(path, classifier))


@st.cache_resource(max_entries=20, show_spinner=False)
def comparison_pairs(path: str, classifier: str, metric: str) -> pd.DataFrame:
    """The product against every other family, domain by domain. Shared between sessions: never changed."""
    results = comparison_results(path)
    return pairwise({"": comparison_chosen(path, classifier, metric)}, results.family(results.ours), metric)


@st.cache_resource(max_entries=20, show_spinner=False)
def comparison_parts(path: str, classifier: str) -> str:
    """Where the spread of the product's figures comes from, where several fits say."""
    return parts_text(comparison_results(path).select(classifier=classifier))


@st.cache_resource(max_entries=200, show_spinner=False)
def comparison_point(
    path: str, classifier: str, method: str, setting: str
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """The trials of one point, and its domains as ``tradeoff.domain_rows``. Shared between sessions: never changed."""
    one = comparison_results(path).select(classifier=classifier, method=method, setting=setting)
    return one.rows.sort_values(["seed", "target"]), domain_rows(one.runs())


@st.cache_resource(max_entries=200, show_spinner=False)
def comparison_effect(path: str, classifier: str, method: str, setting: str, metric: str) -> Effect | None:
    """What a point does to all people, beside the same model on real rows without control; None where that was not
    tested on the same people. Shared between sessions: never changed.
    """
    results = comparison_results(path).select(classifier=classifier)
    now = results.select(method=method, setting=setting).runs()
    before = results.select(method=UNMITIGATED).runs()
    return Effect.of(now, before, (), metric) if before.parts and before.domains == now.domains else None


@st.cache_resource(max_entries=10, show_spinner=False)
def table1(path: str) -> tuple[pd.DataFrame, str]:
    """The rows of a published Table 1 and how it was made. Shared between sessions: never changed."""
    entry = read_entry(Path(path))
    return tables.table1_rows(entry), tables.table1_note(entry)


@st.cache_resource(max_entries=20, show_spinner=False)
def made_line(path: str) -> str:
    """How a published comparison was made."""
    return tables.made_line(read_entry(Path(path)))
