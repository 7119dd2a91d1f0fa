"""Compare's tables of methods: what a setting gives that was chosen elsewhere, and how far each front reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fairviz import charts
from fairviz.evaluation.metrics import METRICS
from fairviz.experiments.chosen import RULE, most_equal, of_little_use
from fairviz.experiments.chosen import headline as chosen_headline
from fairviz.experiments.pairwise import MEANING, RIGHT
from fairviz.experiments.results import CONSTANT, TRIVIAL, UNMITIGATED, kinds_of
from fairviz.experiments.tables import number, settings_text, with_span
from fairviz.store import Entry
from fairviz.telling import words
from fairviz.ui.parts import base, comparisons

#: Small charts side by side.
PANELS = 3


def headline(entry: Entry, classifier: str, metric: str) -> None:
    """Before any chart: what comes out where nobody looked."""
    path = str(entry.path)
    results, rows = comparisons.comparison_results(path), comparisons.comparison_chosen(path, classifier, metric)
    told = chosen_headline(rows, results.family(results.ours), results.family(UNMITIGATED), metric)
    if told:
        st.markdown(words.plain(told))


def named(entry: Entry, classifier: str, metric: str) -> str:
    """The family that the headline names first."""
    path = str(entry.path)
    results = comparisons.comparison_results(path)
    return most_equal(comparisons.comparison_chosen(path, classifier, metric), results.family(UNMITIGATED))


def usual(entry: Entry, classifier: str, metric: str, family: str) -> tuple[str, str] | None:
    """Method and setting that a family was given for most held-out domains; None where nothing could be chosen."""
    rows = comparisons.comparison_chosen(str(entry.path), classifier, metric)
    found = rows.loc[rows["family"] == family, "usual"].tolist() if len(rows) else []
    return found[0] if found else None


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
    base.table(frame, key="compare_chosen", alt="Every method at settings chosen on the other domains")
    st.caption(
        words.plain(
            f"{RULE.format(metric=metric, standard=title.lower())} Means over the held-out domains, each counting the "
            "same; beside them all people together. Intervals: test people and seeds, of one fit a domain, or of "
            "several where seeds take turns with them (below). A fair Bayes rule estimated with the target's own rows "
            "is no method that anybody could use. Rows equal to that of real rows without control: no control was "
            "chosen there, or the method has none for this model."
        )
    )


def by_domain(entry: Entry, points: pd.DataFrame, classifier: str, metric: str, families: Sequence[str]) -> None:
    """The methods shown on each held-out domain, at settings chosen on the others: a small chart for each domain."""
    path = str(entry.path)
    rows, results = comparisons.comparison_chosen(path, classifier, metric), comparisons.comparison_results(path)
    if not len(rows):
        return
    frame = domain_points(rows, families, metric, results.family(results.ours), results.family(UNMITIGATED))
    kinds = kinds_of(points)
    drawn = charts.panels(
        frame, kinds, y_title=METRICS[metric].short, what=METRICS[rows["standard"].iloc[0]].title.lower(),
        neutral=[results.family(TRIVIAL)],
    )  # fmt: skip
    if not drawn:
        return
    st.markdown("#### Domain by domain")
    st.caption(words.plain(
        "The methods chosen above, each at the setting chosen on the other domains. "
        f"Ring: {results.family(results.ours)}, with its 95 % interval. Dashed: as right as real rows without control."
    ))  # fmt: skip
    there = [family for family in dict.fromkeys(frame["family"]) if family in kinds]
    base.draw(charts.names(there, kinds, [results.family(TRIVIAL)]), key="panel_names", alt="Symbols of methods")
    people = pd.DataFrame(entry.json("facts.json")["counts"]).groupby("domain")["n"].sum()
    domains = people[[d for d in frame["domain"].unique() if d in people]].sort_values(ascending=False)
    for start in range(0, len(domains), PANELS):
        here = list(domains.items())[start : start + PANELS]
        for column, (domain, n) in zip(st.columns(PANELS, gap="medium"), here, strict=False):
            column.markdown(f"**{words.plain(str(domain))}** · {n:,} people")
            if domain in drawn:
                with column:
                    base.draw(drawn[domain], key=f"panel_{domain}", alt=f"Methods tested on {domain}")
            else:
                column.caption(f"{words.plain(metric)} cannot be judged here: too few people of a group.")
    left_out = frame[(frame["gain"] < -charts.FARTHEST) & frame["fairness"].notna()]
    if len(left_out):
        told = (f"{row.family} on {row.domain}" for row in left_out.itertuples())
        st.caption(
            words.plain(f"Left out, more than {100 * charts.FARTHEST:g} points below real rows: {', '.join(told)}.")
        )


def domain_points(rows: pd.DataFrame, families: Sequence[str], metric: str, ours: str, real: str) -> pd.DataFrame:
    """The frame of ``charts.panels`` from ``chosen_elsewhere``: families that are shown, on domains that real rows were
    tested on too.
    """
    known = {row["family"]: row for row in rows.to_dict("records")}
    beside = known[real]["by_domain"] if real in known else {}
    return pd.DataFrame(
        [
            {
                "domain": domain, "family": family, "gain": at["right"] - beside[domain]["right"],
                "fairness": at[metric], "low": at[f"{metric}_low"], "high": at[f"{metric}_high"],
                "setting": known[family]["settings"][domain], "ours": family == ours,
            }
            for family in families
            if family in known
            for domain, at in known[family]["by_domain"].items()
            if domain in beside
        ],
        columns=["domain", "family", "gain", "fairness", "low", "high", "setting", "ours"],
    )  # fmt: skip


def against(entry: Entry, classifier: str, metric: str) -> None:
    """The product and each other method on the same held-out domains."""
    path = str(entry.path)
    results, rows = comparisons.comparison_results(path), comparisons.comparison_chosen(path, classifier, metric)
    mine = results.family(results.ours)
    found = comparisons.comparison_pairs(path, classifier, metric).to_dict("records")
    if not found:
        return
    with st.expander(f"Wins and losses: {mine} against each other method"):
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
