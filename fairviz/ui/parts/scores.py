"""Compare's tables of methods: what a setting gives that was chosen elsewhere, and how far each front reaches."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from fairviz.evaluation.metrics import METRICS
from fairviz.experiments.chosen import RULE, of_little_use
from fairviz.experiments.chosen import headline as chosen_headline
from fairviz.experiments.pairwise import MEANING, RIGHT
from fairviz.experiments.results import CONSTANT, UNMITIGATED
from fairviz.experiments.tables import number, settings_text, with_span
from fairviz.store import Entry
from fairviz.telling import words
from fairviz.ui.parts import comparisons


def headline(entry: Entry, classifier: str, metric: str) -> None:
    """Before any chart: what comes out where nobody looked."""
    path = str(entry.path)
    results, rows = comparisons.comparison_results(path), comparisons.comparison_chosen(path, classifier, metric)
    told = chosen_headline(rows, results.family(results.ours), results.family(UNMITIGATED), metric)
    if told:
        st.markdown(words.plain(told))


def chosen(entry: Entry, classifier: str, metric: str) -> None:
    """The first thing to look at: no setting was picked after the test."""
    path = str(entry.path)
    rows = comparisons.comparison_chosen(path, classifier, metric).to_dict("records")
    st.markdown("#### Chosen without the held-out domain")
    if not rows:
        st.caption("One domain alone was held out here, so there is no other one to choose a setting on.")
        return
    told = of_little_use(comparisons.comparison_points(path, classifier))
    if told:
        st.info(words.plain(told), icon=":material/info:")
    standard = rows[0]["standard"]
    title = METRICS[standard].title
    frame = pd.DataFrame(
        {
            "Method": [_name(row["family"], row["needs_group"]) for row in rows],
            f"{title}, %": [with_span(row, standard, 1, 100) for row in rows],
            metric: [with_span(row, metric, 2) for row in rows],
            f"All people: {title.lower()}, %": [f"{100 * row[f'all_{standard}']:.1f}" for row in rows],
            f"All people: {metric}": [_number(row[f"all_{metric}"]) for row in rows],
            "Chosen": [settings_text(row["settings"].values()) for row in rows],
        }
    )
    st.dataframe(frame, hide_index=True, key="compare_chosen")
    st.caption(
        words.plain(
            f"{RULE.format(metric=metric, standard=title.lower())} Means over the held-out domains, each counting the "
            "same; beside them all people together. Intervals: test people and seeds, of one fit a domain, or of "
            "several where seeds take turns with them (below). A fair Bayes rule estimated with the target's own rows "
            "is no method that anybody could use."
        )
    )


def against(entry: Entry, classifier: str, metric: str) -> None:
    """The product and each other method on the same held-out domains."""
    path = str(entry.path)
    results, rows = comparisons.comparison_results(path), comparisons.comparison_chosen(path, classifier, metric)
    mine = results.family(results.ours)
    found = comparisons.comparison_pairs(path, classifier, metric).to_dict("records")
    if not found:
        return
    with st.expander(f"Domain by domain: {mine} against each other method"):
        frame = pd.DataFrame(
            {
                "Against": [row["family"] for row in found],
                "Domains": [row["domains"] for row in found],
                **{
                    f"{title}: {said}": [
                        number(row[f"{what}_p"], 3)
                        if said == "p"
                        else ", ".join(str(row[f"{what}_{how}"]) for how in ("won", "tied", "lost"))
                        for row in found
                    ]
                    for what, title in ((RIGHT, METRICS[rows["standard"].iloc[0]].title), (metric, metric))
                    for said in ("won, tied, lost", "p")
                },
            }
        )
        st.dataframe(frame, hide_index=True, key="compare_pairs")
        st.caption(words.plain(f"{MEANING} {comparisons.comparison_parts(path, classifier)}".strip()))


def fronts(entry: Entry, classifier: str, metric: str) -> None:
    """Hypervolumes and distances of all families."""
    path = str(entry.path)
    scores = comparisons.comparison_scores(path, classifier, metric)
    scores = scores[scores["family"] != comparisons.comparison_results(path).family(CONSTANT)].sort_values(
        "hypervolume_strict", ascending=False
    )
    with st.expander("How far each method's front gets, picked after the test"):
        frame = pd.DataFrame(
            {
                "Method": [_name(r.family, r.needs_group) for r in scores.itertuples()],
                "Hypervolume": scores["hypervolume_strict"].round(4),
                "From a coin toss": scores["hypervolume"].round(3),
                "± seeds": scores["hypervolume_sd"].round(3),
                "Points below the Bayes rule": ["–" if math.isnan(d) else f"{100 * d:.2f}" for d in scores["distance"]],
                "Most accurate, %": (100 * scores["best_accuracy"]).round(1),
                "Fairest": scores["fairest"].round(2),
                "Settings": scores["settings"],
            }
        )
        st.dataframe(frame, hide_index=True, key="compare_scores")
        st.caption(
            words.plain(
                f"Hypervolume: area between the front and the constant predictor's accuracy, {metric} 0. From a coin "
                "toss: the same counted from accuracy 0.5, which flatters whatever beats nothing but a coin; ± seeds "
                "is of that. Points below the Bayes rule: mean accuracy lost, at equal fairness, against the fair "
                "Bayes rule estimated with the target's own rows; below 0 is better than that estimate, – means no "
                "fairness in common. A front may mix two settings by lot; more settings reach a little further. "
                f"{comparisons.made_line(path)}"
            )
        )


def _name(family: str, needs_group: bool) -> str:
    return f"{family}{' (needs the group)' if needs_group else ''}"


def _number(value: float) -> str:
    return "not estimable" if math.isnan(value) else f"{value:.2f}"
