"""Any setting, computed now: a preview at once, then the guided sample. Needs rows and a fit per held-out domain."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairviz.controls import CONTROLS
from fairviz.controls.dials import NETWORK
from fairviz.data.dataset import DomainDataset
from fairviz.data.sets import DATASETS
from fairviz.data.sources import OWN
from fairviz.errors import FairvizError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.runs import Runs
from fairviz.experiments.bench import Bench
from fairviz.experiments.drawer import Batch
from fairviz.experiments.methods import MOST_REAL
from fairviz.experiments.publish import facts
from fairviz.experiments.recorded import recorded_trial
from fairviz.experiments.trial import counts_of
from fairviz.experiments.weighted import ALL_ROWS
from fairviz.store import Entry
from fairviz.store.fits import is_whole
from fairviz.store.specs import FitSpec
from fairviz.telling import words
from fairviz.telling.view import View, background, mean_point
from fairviz.ui.parts import dials, links, loading, sampling, stages, tables
from fairviz.ui.parts.drawing import Words, ask
from fairviz.ui.parts.scene import Places, layout, show
from fairviz.ui.parts.setting import Setting
from fairviz.ui.parts.training import training

REAL = Words(
    "For comparison: weights on real rows, {domain} held out …",
    "Weights on real rows without {domain} could not be tested ({error}).",
)


def story_knobs(dataset: str) -> dict[str, Any]:
    """Knobs of the simulated story; the defaults have shipped fits."""
    with st.popover("Change the story", width="stretch"):
        st.caption("A labour market in four regions. Past decisions disfavoured women; the sector hints at the group.")
        knobs = {
            knob.name: links.slide(st.slider, knob.title, 0.0, knob.high, 1.0, knob.step, key=knob.name, folded=True)
            for knob in DATASETS[dataset].knobs
        }
        st.caption("A new story needs new fits: one to three minutes each, in the background.")
    return {} if all(v == 1.0 for v in knobs.values()) else knobs


def ready(dataset: str, options: dict[str, Any]) -> bool:
    """Whether any price can be computed here: the rows and a fit for every held-out domain."""
    if not loading.source(dataset, options).available():
        return False
    fits = loading.fits(dataset, options)
    return all(domain in fits for domain in loading.held_out(dataset, options))


def warm(setting: Setting) -> None:
    """Draw the pools beside a page that shows recorded numbers, for any price can be asked for next."""
    fits = loading.fits(setting.dataset, setting.options)
    paths = tuple((domain, str(fits[domain].path)) for domain in loading.held_out(setting.dataset, setting.options))
    loading.warmed(paths, setting.dataset, _json(setting.options), setting.classifier, setting.labels)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def body(setting: Setting, sentence: DeltaGenerator, aside: DeltaGenerator) -> None:
    """A setting that is not recorded: a preview at once, replaced by the guided sample when that is there."""
    if not loading.source(setting.dataset, setting.options).available():
        _how_to_get_rows(setting, sentence)
        return
    with aside, st.spinner("Reading the rows …"):
        dataset = loading.rows(setting.dataset, _json(setting.options))
    fits = loading.fits(setting.dataset, setting.options)
    here = [d for d in dataset.domains if d in fits]
    missing = [d for d in loading.held_out(setting.dataset, setting.options) if d not in fits]
    if missing:
        training(setting, dataset, missing, sentence, first=not here)
        if not here:
            return
    places = layout(setting, here, list(dataset.labels), sentence)
    if places is None:
        return
    word = aside.empty()  # at once, before anything is computed
    word.caption("Computing the numbers at this setting …")
    _made_whole(dataset, fits, word)
    paths = {domain: str(fits[domain].path) for domain in places.domains}
    aimed = ""
    if setting.goal is not None:
        setting, aimed = _solve(setting, paths, aside)
    specs = {domain: FitSpec.from_json(fits[domain].spec) for domain in places.domains}
    sampled = sampling.look(setting, dataset, specs)
    if sampled.runs is not None:
        now, status = sampled.runs, sampled.status
    else:
        counts, status = _preview(setting, paths, word)
        now = Runs((Counts.concat(counts),))
    view = _view(setting, dataset, places, paths, now)
    note = "Drawn and tested on this machine. λ_z is set by you, not tuned on these people."
    if aimed:
        note = "Drawn and tested on this machine. λ_z was found on the source's people, not on these."
    note += words.diamond(MOST_REAL)
    word.empty()
    other, wanted = _on_real_rows(setting, dataset, places)
    known = facts(dataset)
    recorded = loading.recorded_facts(setting.dataset, setting.options) or {}
    known |= {name: recorded[name] for name in ("bayes_frontier",) if name in recorded}  # the best, where it is known
    show(
        setting, view, places, known, note, status=aimed + status, recorded=False, trials=sampled.trials,
        other=other, preview=sampled.runs is None,
    )  # fmt: skip
    failed = ask(sampled.missing or wanted, aside, sampled.words if sampled.missing else REAL)
    if failed:
        sentence.caption(words.plain(failed))  # not beside the dial, whose place is of one height


def _on_real_rows(
    setting: Setting, dataset: DomainDataset, places: Places
) -> tuple[pd.DataFrame | None, dict[str, Batch]]:
    """The first answer to a person's own table as a second path, or what is to be tested for it."""
    if setting.dataset != OWN or setting.control not in dials.weighted(setting.options).controls():
        return None, {}
    real, wanted = stages.on_real_rows(setting, dataset, loading.held_out(OWN, setting.options), ALL_ROWS)
    if real is None:
        return None, wanted
    return real.path(setting, places.domains, places.metric, "real rows, weighted"), {}


def _made_whole(dataset: DomainDataset, fits: dict[str, Entry], word: DeltaGenerator) -> None:
    """Fits of an earlier version learn what they lack, once."""
    old = [d for d, entry in fits.items() if not is_whole(entry)]
    for domain in old:
        word.caption(f"Learning what this version needs from the people trained on without {words.plain(domain)} …")
        loading.library().fit(FitSpec.from_json(fits[domain].spec), dataset)
    if old:
        for kept in (loading.previewer, loading.previewed, loading.solved):
            kept.clear()
        st.rerun()


def _preview(setting: Setting, paths: dict[str, str], word: DeltaGenerator | None = None) -> tuple[list[Counts], str]:
    """Counts per domain from weighted rows, and what they are worth; ``word`` says which domain's turn it is."""
    found = []
    for domain, path in paths.items():
        if word is not None:
            word.caption(f"Computing the numbers at this setting, {words.plain(domain)} held out …")
        given = _json({"control": setting.control, "lambda_y": setting.lambda_y, "lambda_z": setting.price(domain),
                       "lambda_eop": setting.lambda_eop})  # fmt: skip
        found.append(
            loading.previewed(
                path, setting.dataset, _json(setting.options), domain, setting.classifier, given, setting.labels
            )
        )
    sizes = sorted(round(size) for _, size in found)
    worth = f"{sizes[0]:,}" if sizes[0] == sizes[-1] else f"{sizes[0]:,} to {sizes[-1]:,}"
    return [counts for counts, _ in found], f"Preview · 10,000 weighted rows per domain, worth {worth}"


def _solve(setting: Setting, paths: dict[str, str], place: DeltaGenerator) -> tuple[Setting, str]:
    """The setting with a price for each domain, and a sentence on what was aimed at."""
    goal = setting.goal
    assert goal is not None
    given = _json({"control": setting.control, "lambda_y": setting.lambda_y, "lambda_eop": setting.lambda_eop})
    found = {}
    bar = place.empty()
    control = CONTROLS[setting.control]
    for done, (domain, path) in enumerate(paths.items()):
        bar.progress(done / len(paths), f"Looking for the price without {words.plain(domain)} …")
        top = loading.fit_at(path).end_of_dial(setting.control) if control.gaps else control.fixed[-1]
        found[domain] = loading.solved(
            path, setting.dataset, _json(setting.options), domain, setting.classifier, given, (goal.kind, goal.value),
            top, setting.labels,
        )  # fmt: skip
    bar.empty()
    setting = replace(setting, prices=tuple((domain, s.price) for domain, s in found.items()))
    return setting, words.aimed(goal, found, setting.price_text, "the source's people")


def _how_to_get_rows(setting: Setting, sentence: DeltaGenerator) -> None:
    """Without the rows of a data set: recorded results and sampling work, tests do not."""
    source = DATASETS[setting.dataset]
    assert source.files is not None
    sentence.info(
        f"Testing needs the rows of {source.title}, which are not on this machine. To get them: "
        f"{words.plain(words.how_to_get(setting.dataset))}"
        + (" Recorded prices work without them." if loading.recorded_facts(setting.dataset, {}) else ""),
        icon=":material/download:",
    )
    offer_download(setting.dataset)
    tables.synthetic(setting)


def offer_download(dataset: str) -> None:
    """A button, where the publisher offers a file."""
    source = DATASETS[dataset]
    if source.files is not None and source.downloadable and st.button("Download the rows", key="download_data"):
        bar = st.progress(0.0, "Downloading …")
        try:
            source.files.download(
                lambda done, total: bar.progress(
                    min(done / total, 1.0) if total else 0.0, f"Downloading, {done / 1e6:.1f} MB …"
                )
            )
        except FairvizError as error:
            st.error(words.plain(str(error)), icon=":material/error:")
        else:
            st.rerun()


def offer_training(setting: Setting) -> None:
    """Fits for the domains that have none, where recorded numbers are on the page already."""
    dataset = loading.rows(setting.dataset, _json(setting.options))
    fits = loading.fits(setting.dataset, setting.options)
    missing = [d for d in loading.held_out(setting.dataset, setting.options) if d not in fits]
    if missing:
        training(setting, dataset, missing, st.container(), first=False)


def _view(setting: Setting, dataset: DomainDataset, places: Places, paths: dict[str, str], now: Runs) -> View:
    """The present numbers before a recorded background, or before one computed here."""
    domains, metric = tuple(places.domains), places.metric
    by_seed = [mean_point(Runs((part,)), metric, "") for part in now.parts]
    seeds = pd.DataFrame([{**point, "lambda_z": setting.lambda_z, "seed": k} for k, point in enumerate(by_seed)])
    same = not setting.options and setting.labels != NETWORK  # recorded on these very fits
    found = loading.recorded(setting.dataset, setting.labels) if same else None
    if found is not None and setting.control in found[0].controls():
        strength = next((s for s in found[0].label_strengths() if abs(s - setting.lambda_y) < 1e-9), None)
        if strength is not None:
            behind = loading.recorded_background(
                setting.dataset, setting.labels, setting.control, strength, setting.classifier, domains, metric
            )
            return behind.view(now, seeds)
    plain = replace(setting, lambda_z=0.0, lambda_eop=0.0, prices=(), control="dp")
    before = Runs((Counts.concat(_preview(plain, paths)[0]),))
    references = {}
    for method in ("unmitigated", "constant"):
        trials = [recorded_trial(domain, setting.classifier, 0, {}, method=method, n=MOST_REAL) for domain in domains]
        rows = Bench(dataset, loading.library(), setting.options).compute(trials)
        references[method] = Runs((counts_of(rows, dataset.groups),))
    path = _trail(setting, list(domains), now, before, metric)
    return background(before, references["unmitigated"], references["constant"], path, metric).view(now, seeds)


def _trail(setting: Setting, domains: list[str], now: Runs, before: Runs, metric: str) -> pd.DataFrame:
    """The settings tried in this session with everything but the price the same, as the path of the dial."""
    key = _json([setting.dataset, setting.options, setting.control, setting.lambda_y, setting.lambda_eop,
                 setting.classifier, setting.labels, domains])  # fmt: skip
    tried: dict[float, Runs] = st.session_state.setdefault("trail", {}).setdefault(key, {})
    if setting.goal is None:
        tried[setting.lambda_z] = now
    if setting.lambda_eop == 0:
        tried[0.0] = before
    points = [{"lambda_z": price, **mean_point(c, metric, "")} for price, c in sorted(tried.items())]
    return pd.DataFrame(points, columns=["lambda_z", "accuracy", "fairness", "label"])
