"""Every method on the same people: fronts, one point in detail, domain by domain, the paper's table."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from fairviz import charts
from fairviz.data.sets import DATASETS
from fairviz.evaluation.metrics import METRICS
from fairviz.evaluation.pareto import hull
from fairviz.experiments.results import CONSTANT, MEANS, OURS, TRIVIAL, UNMITIGATED, kinds_of
from fairviz.experiments.tables import before_the_dual
from fairviz.store import Entry
from fairviz.store.specs import FRONTIER, QUALITY, TABLE, made_from
from fairviz.telling import words
from fairviz.ui.parts import base, comparisons, links, point, published, quality, scores

RATIOS = [metric for metric in MEANS if METRICS[metric].axis]
#: Dials whose families are drawn at first; the rest are a click away. The trivial line is always drawn.
FIRST = (
    *OURS, "fadm_entropy", "ddpm", "fairgan", "balanced", "unmitigated", "reweighing", "exponentiated_gradient",
    "grid_search",
)  # fmt: skip


@base.guarded(FRONTIER, TABLE, QUALITY)
def page() -> None:
    """Compare."""
    entries = comparisons.comparisons(FRONTIER)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        base.header("fairviz · Which method gets how far?", "Compare")
        if entries:
            dataset = links.choose(
                st.selectbox, "Data set", [d for d in DATASETS if d in entries],
                format_func=lambda d: DATASETS[d].title, key="compare_data", label_visibility="collapsed", width=230,
            )  # fmt: skip
    if not entries:
        st.info(
            "There is no comparison yet. Run `fairviz frontier --dataset simulated` and open this page again.",
            icon=":material/info:",
        )
        return
    links.about(made_from(entries[dataset][next(iter(entries[dataset]))]))
    _frontier(dataset, *_choose("run", entries[dataset]))
    quality.section(dataset)
    found = comparisons.comparisons(TABLE).get(dataset)
    if found:
        st.markdown("#### Table 1 of the paper, measured again")
        published.table(_choose("table_run", found)[1])


def _choose(name: str, found: dict[str, Entry]) -> tuple[str, Entry]:
    """Which of several comparisons of one data set to show, and where it is from; says so if it is the user's own.

    The choice is kept in the link, as ``name``.
    """
    origins = list(found)
    origin = origins[0]
    if len(origins) > 1:
        origin = links.choose(
            st.selectbox, "Whose results", origins, key=name, width=560,
            format_func=lambda o: comparisons.origin_text(o, found[o]), label_visibility="collapsed",
        )  # fmt: skip
    text = words.plain(comparisons.origin_text(origin, found[origin]))
    if origin == comparisons.QUICK:
        st.warning(text, icon=":material/speed:")
    elif origin == comparisons.YOURS and len(origins) == 1:
        st.caption(text)
    return origin, found[origin]


def _frontier(dataset: str, origin: str, entry: Entry) -> None:
    facts, source = entry.json("facts.json"), DATASETS[dataset]
    classifiers = entry.spec["classifiers"]
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="bottom")
    metric = links.choose(
        left.selectbox, "Upward in the chart", RATIOS,
        format_func=lambda m: METRICS[m].title, formerly=lambda m: METRICS[m].short, key="compare_axis",
        help=f"Favourable: {words.plain(facts['labels'][1])}. Means over the held-out domains where the ratio can be "
        "estimated, and over seeds.",
    )  # fmt: skip
    classifier = classifiers[0]
    points = comparisons.comparison_points(str(entry.path), classifier)
    results = comparisons.comparison_results(str(entry.path))
    trivial, first = results.family(TRIVIAL), {results.family(dial) for dial in FIRST}
    first.add(scores.named(entry, classifier, metric))
    families = [family for family in dict.fromkeys(points["family"]) if family != trivial]
    own = "" if origin == comparisons.SHIPPED else f"_{origin}"  # which may have other methods
    of = dict(points.drop_duplicates("family")[["dial", "family"]].to_numpy())  # a family by the first of its dials
    dials = [dial for dial, family in of.items() if family in families]
    chosen_dials = links.choose_some(
        right.multiselect, "Methods", dials, default=[d for d in dials if own or of[d] in first] or dials,
        key=f"methods_{dataset}{own}", format_func=of.__getitem__,
        help="Circles and triangles: synthetic rows. Squares, crosses and pentagons: real rows and a fairer model. "
        "Diamonds: to compare with.",
    )  # fmt: skip
    shown = [of[dial] for dial in chosen_dials]
    scores.headline(entry, classifier, metric)
    st.caption(
        f"Tested on one {words.plain(source.nouns.get('domain', 'domain'))} at a time "
        f"({words.plain(', '.join(entry.spec['targets']))}), trained on all others; {classifier.replace('_', ' ')} on "
        f"{results.learnt_from} "
        f"(fairret: its own small network). Explore's dial is {results.family(results.ours)}, there with fewer rows. "
        "Every method's whole dial is shown; "
        f"{'' if before_the_dual(entry) else 'prices go up to about equality on the source. '}"
        "Label strengths other than 1 were chosen after seeing Adult and the simulated world."
    )
    part = points[points["family"].isin([*shown, trivial] if shown else [])].rename(
        columns={metric: "fairness", f"{metric}_low": "fairness_low", f"{metric}_high": "fairness_high"}
    )
    if part["fairness"].notna().sum() == 0:
        st.info("Choose at least one method.", icon=":material/info:")
        return
    usual = scores.usual(entry, classifier, metric, results.family(results.ours))
    always = [results.family(dial) for dial in (results.ours, UNMITIGATED)]
    chosen = _chart(part, points, metric, trivial, always, usual)
    point.detail(dataset, entry, points, chosen, classifier, metric)
    point.pins(points)
    scores.chosen(entry, classifier, metric)
    scores.by_domain(entry, points, classifier, metric, families=[*shown, trivial])
    scores.against(entry, classifier, metric)
    scores.fronts(entry, classifier, metric)


def _chart(
    part: pd.DataFrame, points: pd.DataFrame, metric: str, trivial: str, always: list[str],
    usual: tuple[str, str] | None,
) -> str:  # fmt: skip
    """The chart, the best of some families always in it; returns the point that was clicked or chosen from the list.

    Parameters
    ----------
    usual : (str, str), optional
        Method and setting of the point that is looked at first.
    """
    fronts = []
    for family, rows in part.groupby("family", sort=False):
        front = hull(rows[["accuracy", "fairness"]].to_numpy(float))
        fronts += [
            {"family": family, "accuracy": a, "fairness": f, "order": k} for k, (a, f) in enumerate(front)
        ]  # fmt: skip
    constant = points.loc[points["dial"] == CONSTANT, "accuracy"]
    names = {r["id"]: f"{r['title']}: {r['wording']}" for r in part.to_dict("records")}
    shown = set(part["dial"])
    start = next((dial for dial in OURS if dial in shown), part["dial"].iloc[0])
    default = part.loc[part["dial"] == start, "id"].tolist()
    here = part[(part["method"] == usual[0]) & (part["setting"] == usual[1])]["id"].tolist() if usual else []
    key = "compare_point"
    clicked = _clicked()
    if clicked in names and st.session_state.get("compare_clicked") != clicked:
        st.session_state["compare_clicked"] = clicked
        st.session_state[key] = clicked
    links.take(key, lambda texts: texts[0] if texts[0] in names else None)
    start_at = here[0] if here else default[len(default) // 2]
    links.hold(key, tuple(names), st.session_state[key] if st.session_state.get(key) in names else start_at)
    columns = ["id", "family", "title", "wording", "accuracy", "accuracy_low", "accuracy_high", "fairness",
               "fairness_low", "fairness_high"]  # fmt: skip
    chart = charts.frontier(
        part[columns].dropna(subset=["fairness"]), pd.DataFrame(fronts),
        float(constant.iloc[0]) if len(constant) else None,
        y_title=METRICS[metric].short, selected=st.session_state[key], neutral=[trivial], always=always,
        kinds=kinds_of(points),
    )  # fmt: skip
    st.vega_lite_chart(
        chart.to_dict(validate=False), key="compare_chart", on_select="rerun", selection_mode="chosen", width="stretch",
        alt=f"Accuracy against {metric} of {len(names)} settings",
    )  # fmt: skip
    edge, notes = charts.left_edge(part, always), []
    far = int((part["accuracy"] < edge).sum())
    if far:
        many = f"{far} settings are" if far > 1 else "One setting is"
        below = 100 * (part.loc[part["fairness"].notna(), "accuracy"].max() - edge)
        notes.append(f"{many} more than {below:.0f} points less accurate and left of the chart.")
    if len(constant) and constant.iloc[0] < edge:
        notes.append(f"Always the same answer is right for {1000 * constant.iloc[0]:.0f} of 1,000, left of the chart.")
    if notes:
        st.caption(" ".join(notes))
    result: str = st.selectbox(
        "Look at one point: click it in the chart, or choose it here",
        list(names),
        format_func=lambda i: names[i],
        key=key,
    )
    links.put(key, [result], result == start_at)
    return result


def _clicked() -> str | None:
    event = st.session_state.get("compare_chart")
    found = event["selection"].get("chosen", []) if event else []
    return found[0].get("id") if found else None
