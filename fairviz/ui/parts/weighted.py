"""The first answer to a person's own table: a fair control as weights on its rows, before a generator is trained."""

from __future__ import annotations

import json
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairviz.controls import CONTROLS
from fairviz.data.sources import OWN
from fairviz.experiments.weighted import ALL_ROWS, FIRST_ROWS
from fairviz.telling import words
from fairviz.ui.parts import dials, live, loading, stages
from fairviz.ui.parts.drawing import Words, ask
from fairviz.ui.parts.scene import layout, show
from fairviz.ui.parts.setting import Setting

#: In the session: digests of drafts that could not be tested.
_BROKEN = "_broken"
#: The downstream model of the first numbers, whichever is chosen.
QUICK = "logistic_regression"
NOTE = (
    "The fair control as weights on the real rows of all other domains; no generator is involved yet. λ_z is set by "
    "you, not tuned on these people."
)
FAILED = "Numbers without {domain} could not be computed ({error})."
FIRST = Words("First numbers: weights on real rows, {domain} held out …", FAILED)
DRAFT = Words("Testing a draft of synthetic rows, {domain} held out …", FAILED)
ALL = Words(
    "These are first numbers; now with all rows, {domain} held out …",
    "The first numbers stand: those of all rows without {domain} could not be computed. {error}",
)


def answers(setting: Setting, free: bool) -> bool:
    """Whether weights on real rows are all there is for a setting."""
    return setting.dataset == OWN and not free


def body(setting: Setting, sentence: DeltaGenerator, aside: DeltaGenerator) -> None:
    """Numbers from weighted rows, the best that are there; what is missing is asked of the worker."""
    options = json.dumps(setting.options, sort_keys=True)
    with aside, st.spinner("Reading the rows …"):
        dataset, facts = loading.rows(OWN, options), loading.published_facts(OWN, options)
    held_out = loading.held_out(OWN, setting.options)
    places = layout(setting, held_out, list(dataset.labels), sentence)
    if places is None:
        return
    stops = dials.weighted(setting.options)
    prices = stops.prices(setting.control)
    told, made_by = FIRST, replace(setting, classifier=QUICK)
    turned, batches = stages.on_real_rows(made_by, dataset, held_out, FIRST_ROWS)
    drafts, rows = stages.Drafts(), f"up to {FIRST_ROWS:,} rows"
    if turned is not None:
        told, (better, batches) = ALL, stages.on_real_rows(setting, dataset, held_out, ALL_ROWS)
        if better is not None:
            turned, made_by, rows = better, setting, "all rows of the other domains"
        drafts = stages.look(setting, dataset, held_out, prices, st.session_state.get(_BROKEN, []))
    if drafts.missing:  # what is new goes first
        told, batches = DRAFT, drafts.missing
    if turned is None:
        sentence.markdown("The first numbers will be here in a few seconds.")
    else:
        price = min(prices, key=lambda stop: abs(stop - setting.lambda_z))
        here = replace(made_by, lambda_y=1.0, lambda_z=price)
        view = turned.background(here, places.domains, places.metric).at(price)
        status = f"Real rows, weighted · {words.model_title(here.classifier)} on {rows}"
        status += f" · synthetic rows: {drafts.share}" if drafts.tested is not None else " · no synthetic rows yet"
        shown = turned.trials(here, places.domains)
        other = drafts.path(setting, places.domains, places.metric)
        show(here, view, places, facts, NOTE, status=status, recorded=False, trials=shown, other=other)
    why = {control: stops.why_not(control) for control in CONTROLS if CONTROLS[control].recorded}
    for text in dict.fromkeys(text for text in why.values() if text):
        sentence.caption(words.plain(text))
    failed = ask(batches, aside, told)
    if failed and told is DRAFT:
        broken = [batch.run.digest for batch in drafts.missing.values() if batch.run is not None]
        st.session_state[_BROKEN] = [*st.session_state.get(_BROKEN, []), *broken]
    if failed:
        sentence.caption(words.plain(failed))  # not beside the dial, whose place is of one height
    live.offer_training(setting)
