"""The first answer to a person's own table: a fair control as weights on its rows, before a generator is trained."""

from __future__ import annotations

import json
from dataclasses import replace

from streamlit.delta_generator import DeltaGenerator

from fairviz.controls import CONTROLS
from fairviz.data.sources import OWN
from fairviz.evaluation.tradeoff import Sweep
from fairviz.experiments.trial import Trial, table_of
from fairviz.experiments.weighted import ALL_ROWS, FIRST_ROWS, METHOD, trials
from fairviz.store.specs import FitSpec
from fairviz.ui.parts import live, loading, words
from fairviz.ui.parts.drawing import Words, ask
from fairviz.ui.parts.scene import layout, show
from fairviz.ui.parts.setting import Setting
from fairviz.ui.parts.view import recorded_background

#: The downstream model of the first numbers, whichever is chosen.
QUICK = "logistic_regression"
NOTE = (
    "The fair control as weights on the real rows of all other domains; no generator is involved yet. λ_z is set by "
    "you, not tuned on these people."
)
FAILED = "Numbers without {domain} could not be computed ({error})."
FIRST = Words("First numbers: weights on real rows, {domain} held out …", FAILED)
ALL = Words("These are first numbers; now with all rows, {domain} held out …", FAILED)


def answers(setting: Setting, free: bool) -> bool:
    """Whether weights on real rows are all there is for a setting."""
    return setting.dataset == OWN and not free


def body(setting: Setting, sentence: DeltaGenerator, aside: DeltaGenerator) -> None:
    """Numbers from weighted rows, the best that are there; what is missing is asked of the worker."""
    options = json.dumps(setting.options, sort_keys=True)
    dataset, facts = loading.rows(OWN, options), loading.published_facts(OWN, options)
    held_out = loading.held_out(OWN, setting.options)
    places = layout(setting, held_out, list(dataset.labels), sentence)
    if places is None:
        return
    stops = loading.weighted(setting.options)
    prices = stops.prices(setting.control)
    library, fingerprint = loading.library(), dataset.fingerprint()
    told, missing, table, made_by = FIRST, dict[str, list[Trial]](), None, QUICK
    for n, classifier, saying in ((FIRST_ROWS, QUICK, FIRST), (ALL_ROWS, setting.classifier, ALL)):
        keys = {t.key(fingerprint): t for t in trials(setting.control, prices, held_out, classifier, n)}
        stored = library.trials.get(keys)
        open_ones = [trial for key, trial in keys.items() if key not in stored]
        if open_ones:
            told, missing = saying, {d: [t for t in open_ones if t.target == d] for d in held_out}
            break
        table, made_by = table_of(stored.values()), classifier
    batches = {d: (FitSpec.of(dataset, d, setting.options), batch) for d, batch in missing.items() if batch}
    if table is None:
        sentence.markdown("The first numbers will be here in a few seconds.")
    else:
        sweep = Sweep.of(table, dataset.groups, METHOD)
        price = min(prices, key=lambda stop: abs(stop - setting.lambda_z))
        here = replace(setting, lambda_y=1.0, lambda_z=price, classifier=made_by)
        view = recorded_background(
            sweep, control=here.control, lambda_y=1.0, classifier=made_by, domains=places.domains,
            metric=places.metric,
        ).at(price)  # fmt: skip
        rows = f"up to {FIRST_ROWS:,} rows" if made_by == QUICK and missing else "all rows of the other domains"
        status = f"Real rows, weighted · {words.model_title(made_by)} on {rows} · no synthetic rows yet"
        shown = sweep.setting(here.control, 1.0, made_by, places.domains).select(lambda_z=price).rows
        show(here, view, places, facts, NOTE, status=status, recorded=False, trials=shown)
    why = {control: stops.why_not(control) for control in CONTROLS if CONTROLS[control].recorded}
    for text in dict.fromkeys(text for text in why.values() if text):
        sentence.caption(words.plain(text))
    failed = ask(batches, aside, told)
    if failed:
        aside.caption(words.plain(failed))
    live.offer_training(setting)
