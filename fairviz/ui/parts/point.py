"""One point of Compare's chart in detail, and up to four of them side by side."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from fairviz.data.sets import DATASETS
from fairviz.experiments.results import UNMITIGATED
from fairviz.experiments.tables import with_span
from fairviz.experiments.trial import rerun_command
from fairviz.store import Entry
from fairviz.telling import words
from fairviz.telling.headline import headline, whose
from fairviz.ui.parts import comparisons, links, tables
from fairviz.ui.parts.pins import MOST


def detail(dataset: str, entry: Entry, points: pd.DataFrame, chosen: str, classifier: str, metric: str) -> None:
    """One point: what it does to people, settings, counts per domain, the command, pin."""
    row = points[points["id"] == chosen].iloc[0]
    source, facts = DATASETS[dataset], entry.json("facts.json")
    with st.container(border=True):
        left, right = st.columns([4, 1], vertical_alignment="top")
        group = " **Needs the person's group when it decides.**" if row["needs_group"] else ""
        left.markdown(
            f"**{words.plain(row['title'])}**, {words.plain(row['wording'])}: right for "
            f"**{with_span(row, 'accuracy', 0, 1000)} of 1,000**, R\\_DP **{with_span(row, 'R_DP', 2)}**, "
            f"R\\_EOp **{with_span(row, 'R_EOp', 2)}**; {row['seeds']} seeds.{group}"
        )
        with left:
            _people(entry, row, classifier, metric)
        left.caption(words.plain(f"{row['source'] or 'For comparison'} · Setting: {row['setting']}"))
        pins = links.kept("pins", set(points["id"]).__contains__, MOST)
        if chosen in pins:
            if right.button("Unpin", key="unpin", icon=":material/keep_off:"):
                pins.remove(chosen)
                st.rerun()
        elif right.button(
            "Pin", key="pin", icon=":material/keep:", disabled=len(pins) >= MOST,
            help=f"Side by side below, up to {MOST}.",
        ):  # fmt: skip
            pins.append(chosen)
            st.rerun()
        rows, domains = comparisons.comparison_point(str(entry.path), classifier, row["method"], row["setting"])
        with st.expander("Counts and ratios per held-out domain"):
            tables.domain_table(domains, facts["schema"]["favourable"], source.nouns, key="compare_domains")
        with st.expander("Run it again"):
            targets = list(dict.fromkeys(rows["target"]))
            target = st.selectbox("Held-out domain", targets, key=f"compare_target_{dataset}")
            trial = rows[rows["target"] == target].iloc[0].to_dict()
            st.code(rerun_command(dataset, trial), language="bash", wrap_lines=True)
            st.caption(
                "Prints the counts of one seed; seeds 0 to "
                f"{max(entry.spec['seeds'])} give the mean above. Generators without a shipped fit are trained first."
            )


def _people(entry: Entry, row: pd.Series, classifier: str, metric: str) -> None:
    """What the point means: all people counted together, beside the same model on real rows without control."""
    found = comparisons.comparison_effect(str(entry.path), classifier, row["method"], row["setting"], metric)
    if found is None:
        return
    facts, nouns = entry.json("facts.json"), DATASETS[entry.spec["dataset"]["name"]].nouns
    labels, controlled = (facts["labels"][0], facts["labels"][1]), row["method"] != UNMITIGATED
    for text in headline(
        found, metric=metric, labels=labels, nouns=nouns, controlled=controlled, here="Beside real rows without control"
    ):
        st.markdown(text)
    st.caption(
        f"{whose(found, nouns.get('domain', facts['schema']['domain']))}. In these sentences all people count the "
        "same, in the chart and the line above all domains, so their numbers differ."
    )


def pins(points: pd.DataFrame) -> None:
    """Up to four points side by side, and how they differ from the first."""
    pins = [p for p in st.session_state.get("pins", []) if p in set(points["id"])]
    if not pins:
        return
    st.markdown("**Pinned**")
    first = points[points["id"] == pins[0]].iloc[0]
    for column, pin in zip(st.columns(MOST), pins, strict=False):
        row = points[points["id"] == pin].iloc[0]
        with column.container(border=True):
            st.markdown(f"**{words.plain(row['title'])}**  \n{words.plain(row['wording'])}")
            for name, title, scale, digits in (
                ("accuracy", "Right, of 1,000", 1000, 0), ("R_DP", "R_DP", 1, 2), ("R_EOp", "R_EOp", 1, 2)
            ):  # fmt: skip
                value = "not estimable" if math.isnan(row[name]) else f"{scale * row[name]:.{digits}f}"
                change = scale * (row[name] - first[name])
                delta = None if pin == pins[0] or math.isnan(change) else f"{change:+.{digits}f}"
                st.metric(title, value, delta, delta_color="off")
            if st.button("Unpin", key=f"unpin_{pin}"):
                st.session_state["pins"].remove(pin)
                st.rerun()
