"""Sentence, charts and tables around a view, recorded or live."""

from __future__ import annotations

import json
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairviz import charts
from fairviz.controls import CONTROLS
from fairviz.data.sources import OWN
from fairviz.evaluation.metrics import METRICS, Ratio, axes
from fairviz.store.specs import FRONTIER, SWEEP
from fairviz.telling import words
from fairviz.telling.effect import Effect
from fairviz.telling.headline import HERE, in_the_data, minded, told, whose
from fairviz.telling.view import View, across, dumbbell_frame, now_frame, whom_frame
from fairviz.ui.parts import base, links, loading, pins, served, tables, takeaway
from fairviz.ui.parts.setting import Setting, reproduce


@dataclass(frozen=True)
class Places:
    """Where things go, and what the two selectors at the charts say."""

    sentence: DeltaGenerator
    left: DeltaGenerator
    right: DeltaGenerator
    domains: list[str]
    metric: str


#: Seconds that the headline is ahead of the charts: a browser gathers what comes within 10 ms and shows it at once, and
#: charts take it several times as long as text.
AHEAD = 0.015
#: What the marks of the charts are.
MARKS = (
    "Accuracy against equality: means over domains that count the same, whatever their size; in the sentences all "
    "people count the same, so their numbers differ. Brackets are 95 % ranges. Line: path of the dial. Cross: 95 % "
    "interval over test people and seeds. Small dots: single seeds. Diamond: the same model trained on real rows. "
    "Dashed: giving everyone the more frequent answer. Triangle: the interval goes on."
)
BRACKETS = "Brackets hold the true value in about 95 of 100 such tests of this one fit."
WIDEST = " The first is as wide as can be, for it was not counted who is told something else."
COUNTED = " Here every person counts the same; in the chart of accuracy every domain does."
PREVIEW = "A preview, from re-weighted rows: it can be off by more than its brackets say. *Sampled* follows."
GREEN = " Green: the best any rule can do, known because this world is made up."
INTERVALS = " Intervals are of 95 %, over test people and seeds; what another fit would change is not in them."


def _follow(control: str) -> None:
    """The axis shows what the control moves, until the person (or a link) chooses another."""
    if "axis_chosen" not in st.session_state:
        known = {text for m in axes() for text in (m, METRICS[m].title, METRICS[m].short)}
        st.session_state["axis_chosen"] = st.query_params.get("axis") in known
    if not st.session_state["axis_chosen"]:
        st.session_state["axis"] = CONTROLS[control].moves


def _chosen() -> None:
    st.session_state["axis_chosen"] = True


def layout(setting: Setting, names: list[str], labels: list[str], sentence: DeltaGenerator) -> Places | None:
    """The selectors at the charts and the charts' places; None if no domain is chosen."""
    _follow(setting.control)
    left, right = st.container(key="plots").columns(2, gap="medium")
    at_axis, at_domains = st.container(key="selectors").columns(2, gap="medium", vertical_alignment="bottom")
    metric = links.choose(
        at_axis.selectbox, "Upward in the chart", axes(), key="axis",
        default=CONTROLS[setting.control].moves, format_func=lambda m: METRICS[m].title,
        formerly=lambda m: METRICS[m].short, on_change=_chosen,
        help=f"Favourable: {words.plain(labels[1])}. R\\_DP: the lower group's rate of favourable answers over the "
        "higher group's. R\\_EOp: the same among people whose true label is favourable. 1 is equal.",
    )  # fmt: skip
    domains = links.choose_some(
        partial(at_domains.pills, selection_mode="multi", wrap=True), "Held out and tested on", names,
        key=f"domains_{setting.dataset}", format_func=words.plain,
        help="Each was left out of the training of its own fit.",
    )  # fmt: skip
    if not domains:
        sentence.info("Choose at least one domain to test on.", icon=":material/info:")
        return None
    return Places(sentence, left.container(), right.container(), domains, metric)


def show(
    setting: Setting, view: View, places: Places, facts: dict[str, Any], note: str, *, status: str, recorded: bool,
    command: Callable[[str], str] | None = None, trials: pd.DataFrame | None = None,
    other: pd.DataFrame | None = None, preview: bool = False,
) -> None:  # fmt: skip
    """Draw a view. Recorded charts are kept between visitors; live ones hold a visitor's own path and are not.

    Parameters
    ----------
    status : str
        What the numbers are: recorded, preview or sampled, and from how much.
    command : callable, optional
        Held-out domain -> the command that gives its numbers again; by default those of the dial.
    trials : DataFrame, optional
        The trials that are shown, with their counts: what a scenario holds.
    preview : bool
        The numbers are of re-weighted rows, and others follow.
    other : DataFrame, optional
        A second path, see ``charts.tradeoff``; of live numbers only.
    """
    source, schema = loading.source(setting.dataset, setting.options), facts["schema"]
    metric, nouns = places.metric, source.nouns
    token = still = None
    if recorded:  # the same for everybody; all but the present point stays while the dial moves
        where = [loading.stamp(SWEEP, FRONTIER), places.domains, metric]
        token = json.dumps([*where, asdict(setting), status, note])
        still = json.dumps([*where, asdict(replace(setting, lambda_z=0.0))])
    kept = pins.of(setting.dataset) if not setting.options else []
    pinned = pins.frame(setting.dataset, kept, view.now.domains, metric) if kept else None
    still = still and json.dumps([still, [pin.text for pin in kept]])
    token = token and json.dumps([token, [pin.text for pin in kept]])
    effect = view.effect
    tell = partial(_tell, setting, view, metric, facts, nouns, status, preview)
    with places.sentence:
        base.show_again(tell, token=token, key="headline_told")
    time.sleep(AHEAD)
    with places.left:
        scatter = partial(_scatter, setting, view, metric, facts, still, other, pinned)
        truth = base.show_again(scatter, token=token, key="tradeoff")
    with places.right:
        base.show_again(partial(_dumbbell, view, metric, nouns, still), token=token, key="dumbbell")
    beside = f" Dashed circles: {words.plain(other['label'].iloc[0])}." if other is not None and len(other) else ""
    story = f"{words.plain(source.story)} " if source.story else ""
    st.caption(story + MARKS + beside + (GREEN if truth else "") + (" Squares: pinned." if kept else ""))
    if pinned is not None:
        here = f"{CONTROLS[setting.control].title.split(':')[0]}, λ_z {setting.price_text}"
        pins.table(setting.dataset, pinned, view, f"{here}, {words.model_title(setting.classifier)}")
    _for_whom(effect, facts, nouns, token, still)
    if command is None and setting.dataset != OWN:  # a command line cannot name a person's own table
        command = partial(reproduce, setting)
    if trials is not None:
        takeaway.section(setting, view, facts, trials, status=status, note=note, command=command, recorded=recorded)
    with st.expander("How sure, and what the numbers are from"):
        sure = partial(_how_sure, setting, view, effect, metric, facts, nouns, note)
        base.show_again(sure, token=token, key="how_sure")
    table = partial(tables.domain_table, view.domains, schema["favourable"], nouns)
    base.show_again(table, token=token, key="domain_table")
    if trials is not None:
        served.section(setting, trials, view.now.domains)
    tables.details(setting, view, schema["favourable"], nouns, command, token)


def _tell(
    setting: Setting, view: View, metric: str, facts: dict[str, Any], nouns: Mapping[str, str], status: str,
    preview: bool,
) -> None:  # fmt: skip
    """What the numbers are, and what they say."""
    effect = view.effect
    with st.container(key="headline", gap="small"):
        here = HERE if CONTROLS[setting.control].gaps else "At this strength"
        for text in told(effect, **_how(setting, metric, facts, nouns), here=here):
            st.markdown(text)
    st.caption(f"{words.plain(status)} · {whose(effect, _domain_word(facts, nouns))}")
    with st.container(key="mind"):
        _mind(setting, view, metric, facts, nouns, preview)


def _how(setting: Setting, metric: str, facts: dict[str, Any], nouns: Mapping[str, str]) -> dict[str, Any]:
    """What ``telling.headline`` is to know."""
    return {"metric": metric, "labels": _labels(facts), "nouns": nouns, "controlled": setting.controlled}


def _mind(
    setting: Setting, view: View, metric: str, facts: dict[str, Any], nouns: Mapping[str, str], preview: bool
) -> None:
    """What makes the headline weak; else what its brackets are, so that nothing moves when there is something."""
    effect = view.effect
    brackets = BRACKETS + (WIDEST if setting.controlled and not effect.counted else "")
    alike = COUNTED if len(effect.domains) > 1 else ""
    price = None if setting.prices else setting.lambda_z
    found = minded(view, price, **_how(setting, metric, facts, nouns))
    for text in found or [(PREVIEW if preview else brackets) + alike]:
        st.markdown(text)


def _labels(facts: dict[str, Any]) -> tuple[str, str]:
    return facts["labels"][0], facts["labels"][1]


def _domain_word(facts: dict[str, Any], nouns: Mapping[str, str]) -> str:
    return nouns.get("domain", facts["schema"]["domain"])


def _how_sure(
    setting: Setting, view: View, effect: Effect, metric: str, facts: dict[str, Any], nouns: Mapping[str, str],
    note: str,
) -> None:  # fmt: skip
    """Means over domains, small groups, where the intervals come from, and what was trained on what."""
    st.markdown(words.sentence(
        view, metric=metric, labels=_labels(facts), nouns=nouns, domain_word=_domain_word(facts, nouns),
        controlled=setting.controlled,
    ))  # fmt: skip
    text = "" if not setting.controlled else " " + (words.PAIRED if effect.counted else words.WIDEST)
    st.caption(f"Downstream model: {words.model_title(setting.classifier)}. {words.plain(note)}{INTERVALS}{text}")


def _for_whom(
    effect: Effect, facts: dict[str, Any], nouns: Mapping[str, str], token: str | None, still: str | None
) -> None:
    """Of 100 people of every group: who is found, and who is wrongly promised."""
    yes = f'"{textwrap.shorten(facts["labels"][1], 20, placeholder="…")}"'
    st.markdown("**For whom** · of 100 people of each group; hollow: no control, filled: now, band: 95 % interval")
    st.caption(in_the_data(effect, labels=_labels(facts), nouns=nouns))
    left, right = st.columns(2, gap="medium")
    places = (
        (left, "found", f"of 100 with {yes}: told so", effect.found, effect.found_before),
        (right, "promised", f"of 100 without {yes}: wrongly told so", effect.promised, effect.promised_before),
    )
    for place, key, title, now, before in places:
        with place:
            show = partial(_shares, whom_frame(now, before, nouns), title, key, still)
            base.show_again(show, token=token, key=f"whom_{key}")


def _shares(frame: pd.DataFrame, title: str, key: str, still: str | None) -> None:
    build = partial(charts.whom, frame, title=title)
    frames = charts.known_and_not(charts.labelled(frame))
    base.draw_again(build, frames, token=still, key=f"whom_{key}", alt=title)


def _scatter(
    setting: Setting, view: View, metric: str, facts: dict[str, Any], still: str | None, other: pd.DataFrame | None,
    pinned: pd.DataFrame | None,
) -> bool:  # fmt: skip
    """The trade-off chart; whether the best possible is drawn in it."""
    now, what = now_frame(view, setting.lambda_z, setting.price_text), METRICS[metric]
    truth = _truth(setting, facts, view, metric)
    build = partial(
        charts.tradeoff, view.path, view.seeds, now, view.references, view.constant, y_title=what.short,
        higher_is_fairer=what.higher_is_better, truth=truth, other=other, pinned=pinned,
    )  # fmt: skip
    alt = f"Accuracy {view.head['accuracy']:.3f}, {metric} {view.head['fairness']:.3f} at the present setting"
    base.draw_again(build, {"now": now, "seeds": view.seeds}, token=still, key="tradeoff", alt=alt)
    return truth is not None


def _dumbbell(view: View, metric: str, nouns: Mapping[str, str], still: str | None) -> None:
    """The chart of domains."""
    frame = dumbbell_frame(view, metric)
    ratio = isinstance(METRICS[metric], Ratio)
    build = partial(charts.dumbbell, frame, title=across(view, nouns, METRICS[metric].short), ratio=ratio)
    alt = f"{metric} in each held-out domain, without control and now"
    base.draw_again(build, charts.judged_and_not(frame), token=still, key="dumbbell", alt=alt)


def _truth(setting: Setting, facts: dict[str, Any], view: View, metric: str) -> pd.DataFrame | None:
    """The known best frontier (mean over the domains shown), if the data set has one."""
    rows = facts.get("bayes_frontier")
    known = {control.moves: name for name, control in CONTROLS.items() if control.recorded and control.gaps}
    if not rows or metric not in known or setting.options:
        return None
    frame = pd.DataFrame(rows)
    frame = frame[frame["domain"].isin(view.now.domains) & (frame["control"] == known[metric])]
    mean = frame.groupby("lambda_z", as_index=False)[["accuracy", metric]].mean()
    return mean.rename(columns={metric: "fairness"})
