"""A recorded setting: numbers measured before, for data sets whose rows need not be here."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairviz.controls.dials import NETWORK
from fairviz.data.sets import DATASETS
from fairviz.evaluation.goal import Goal
from fairviz.evaluation.tradeoff import Sweep
from fairviz.experiments.trial import rerun_command
from fairviz.store.specs import FRONTIER, SWEEP
from fairviz.telling import words
from fairviz.ui.parts import live, loading
from fairviz.ui.parts.scene import layout, show
from fairviz.ui.parts.setting import Setting


def answers(setting: Setting, free: bool) -> bool:
    """Whether recorded numbers answer for a setting; ``free``: any price can be computed here."""
    if setting.options or (free and setting.labels == NETWORK):  # recorded on fits of another training than those here
        return False
    found = loading.recorded(setting.dataset, setting.labels)
    if found is None or setting.control not in found[0].controls():
        return False
    if setting.classifier not in found[0].classifiers():
        return False
    if setting.goal is not None:
        return not free and not setting.lambda_eop
    return setting.recorded_in(found[0].prices(setting.control), found[0].label_strengths()) is not None


def body(setting: Setting, free: bool, sentence: DeltaGenerator) -> None:
    """Sentence, charts and tables from recorded numbers."""
    found = loading.recorded(setting.dataset, setting.labels)
    assert found is not None, "answers() has just found it"
    sweep, facts, made = found
    places = layout(setting, facts["domains"], facts["labels"], sentence)
    if places is None:
        return
    aimed = ""
    if setting.goal is None:
        stop = setting.recorded_in(sweep.prices(setting.control), sweep.label_strengths())
        assert stop is not None, "answers() has just found it"
        setting = replace(setting, lambda_z=stop[0], lambda_y=stop[1])
    else:
        setting, aimed = _solved(setting, setting.goal, places.domains)
    prices = tuple((domain, setting.price(domain)) for domain in places.domains)
    view = loading.recorded_setting(
        setting.dataset, setting.labels, setting.control, setting.lambda_y, prices, setting.classifier, places.metric
    )
    drawn, real = sweep.sizes
    status = f"{aimed}Recorded · {len(view.seeds)} seeds of {drawn:,} synthetic rows per domain"
    chosen = "λ_z is set by you, not tuned on these people." if setting.goal is None else (
        "λ_z was found for each domain on the recorded tests of the other ones, whose models were trained on it too."
    )  # fmt: skip
    note = f"Recorded {made['time'][:10]}. {chosen}"
    note += words.diamond(real)
    if setting.labels == NETWORK:
        note += " These fits were meta-trained, as in the paper."
    here = DATASETS[setting.dataset].available()
    if not free and here:
        note += (
            " The dial stops at recorded prices; with a fit for every held-out domain, trained below, it moves freely."
        )
    shown = _trials(setting.dataset, setting.labels, setting.control, setting.lambda_y, prices, setting.classifier)
    show(
        setting, view, places, facts, note, status=status, recorded=True, command=partial(_trial, setting, sweep),
        trials=shown,
    )  # fmt: skip
    if not here:
        st.caption(words.plain(
            "The dial stops at recorded prices. With the rows of the data set on this machine it moves freely: "
            f"{words.how_to_get(setting.dataset)}"
        ))  # fmt: skip
        live.offer_download(setting.dataset)
    elif not free:
        live.offer_training(setting)


@loading.stamped(SWEEP, FRONTIER)
def _trials(
    dataset: str, labels: str, control: str, lambda_y: float, prices: tuple[tuple[str, float], ...], classifier: str
) -> pd.DataFrame:
    """The trials of a recorded setting; ``prices`` by held-out domain. Shared between sessions: never changed."""
    found = loading.recorded(dataset, labels)
    assert found is not None, "it is on the page already"
    domains = [domain for domain, _ in prices]
    return found[0].setting(control, lambda_y, classifier, domains).at_prices(dict(prices)).rows


def _solved(setting: Setting, goal: Goal, domains: list[str]) -> tuple[Setting, str]:
    """A price for each domain, from the recorded tests of all others, and a sentence on what was aimed at."""
    how = (setting.dataset, setting.labels, setting.control, setting.lambda_y, setting.classifier)
    found = {domain: loading.recorded_price(*how, domain, (goal.kind, goal.value)) for domain in domains}
    setting = replace(setting, prices=tuple((domain, one.price) for domain, one in found.items()))
    return setting, words.aimed(goal, found, setting.price_text, "the other domains")


def _trial(setting: Setting, sweep: Sweep, target: str) -> str:
    """The command that runs a recorded trial of a domain again: its fit need not be one that is here."""
    dial = sweep.setting(setting.control, setting.lambda_y, setting.classifier, [target])
    row = dial.select(lambda_z=setting.price(target)).rows.sort_values("seed").iloc[0]
    return rerun_command(setting.dataset, row.to_dict())
