"""Any setting, computed now: needs the data set's rows and a fit for each held-out domain."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairviz import charts
from fairviz.data.dataset import DomainDataset
from fairviz.data.sources import DATASETS
from fairviz.errors import FairvizError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.runs import Runs
from fairviz.jobs import JobStatus
from fairviz.library import FitSpec
from fairviz.pretrain import facts
from fairviz.sweep import CONSTANT, REAL, Cell, compute
from fairviz.ui import common, tables, words
from fairviz.ui.frame import Frame, layout, show
from fairviz.ui.setting import Setting
from fairviz.view import View, background, mean_point


def story_knobs() -> dict:
    """Knobs of the simulated story; the defaults have shipped fits."""
    with st.popover("Change the story", icon=":material/tune:"):
        st.caption("A labour market in four regions. Past decisions disfavoured women; the sector hints at the group.")
        bias = st.slider("Bias of past decisions", 0.0, 4.0, 1.0, 0.5, key="bias", bind="query-params")
        proxy = st.slider("How much the sector gives away", 0.0, 4.0, 1.0, 0.5, key="proxy", bind="query-params")
        shift = st.slider("How far the regions differ", 0.0, 2.0, 1.0, 0.25, key="shift", bind="query-params")
        st.caption("A new story needs new fits: one to three minutes each, in the background.")
    knobs = {"bias": bias, "proxy": proxy, "shift": shift}
    return {} if all(v == 1.0 for v in knobs.values()) else knobs


def body(setting: Setting, sentence: DeltaGenerator) -> None:
    """Sample, train, test at the setting, domain by domain, and draw it."""
    if not DATASETS[setting.dataset].available():
        _how_to_get_rows(setting, sentence)
        return
    dataset = common.rows(setting.dataset, json.dumps(setting.options, sort_keys=True))
    fits = common.fits(setting.dataset, setting.options)
    missing = [d for d in dataset.domains if d not in fits]
    if missing:
        training(setting, dataset, missing, sentence)
    if len(missing) == len(dataset.domains):
        return
    frame = layout(setting.dataset, [d for d in dataset.domains if d in fits], list(dataset.labels), sentence)
    if frame is None:
        return
    view = _view(setting, dataset, frame)
    note = (
        "Live: one seed of 10,000 synthetic rows per domain, drawn and tested on this machine; means over seeds are in "
        "the recorded numbers. λ_z is set by you, not tuned on these people."
    )
    show(setting, view, frame, facts(dataset), note, recorded=False)


def _how_to_get_rows(setting: Setting, sentence: DeltaGenerator) -> None:
    """Without the rows of a data set: recorded results and sampling work, live tests do not."""
    source = DATASETS[setting.dataset]
    assert source.files is not None
    get = "Press to download them from the publisher (less than 2 MB), or set" if source.downloadable else "Set"
    sentence.info(
        f"Live tests need the rows of {source.title}, which are not on this machine. Recorded numbers and drawing "
        f"synthetic rows work without them. {get} FAIRVIZ_DATA to a folder that has "
        f"{words.plain(' and '.join(source.files.files))}.",
        icon=":material/download:",
    )
    if source.downloadable and st.button("Download the rows", key="download_data", type="primary"):
        try:
            with st.spinner("Downloading …"):
                source.files.download()
        except FairvizError as error:
            st.error(words.plain(str(error)), icon=":material/error:")
        else:
            st.rerun()
    tables.synthetic(setting)


def _cells(setting: Setting, target: str) -> dict[str, Cell]:
    now = Cell(target, setting.classifier, 0, setting.control, setting.lambda_y, setting.lambda_z, setting.lambda_eop)
    if setting.lambda_z == 0 and setting.lambda_eop == 0:
        now = replace(now, control="dp")
    return {
        "now": now,
        "before": Cell(target, setting.classifier, 0, "dp", setting.lambda_y),
        "real": Cell(target, setting.classifier, 0, train=REAL),
        "constant": Cell(target, setting.classifier, 0, train=CONSTANT),
    }


def _view(setting: Setting, dataset: DomainDataset, frame: Frame) -> View:
    """Compute or read the cells of every domain, with progress where the sentence will be."""
    domains, metric = frame.domains, frame.metric
    parts: dict[str, list[Counts]] = {"now": [], "before": [], "real": [], "constant": []}
    place = frame.sentence.empty()
    bar = place.progress(0.0, "Drawing rows and testing …")
    for index, domain in enumerate(domains):
        bar.progress(index / len(domains), f"Drawing rows and testing on {words.plain(domain)} …")
        spec = FitSpec.of(dataset, domain, setting.options)
        for name, cell in _cells(setting, domain).items():
            parts[name] += compute(spec, [cell], common.library(), dataset)
    place.empty()
    counts = {name: Runs((Counts.concat(found),)) for name, found in parts.items()}
    seeds = pd.DataFrame([{**mean_point(counts["now"], metric, ""), "lambda_z": setting.lambda_z, "seed": 0}])
    path = _trail(setting, domains, counts, metric)
    return background(counts["before"], counts["real"], counts["constant"], path, metric).view(counts["now"], seeds)


def _trail(setting: Setting, domains: list[str], counts: dict[str, Runs], metric: str) -> pd.DataFrame:
    """The settings tried in this session with everything but the price the same, as the path of the dial."""
    key = json.dumps([setting.dataset, setting.options, setting.control, setting.lambda_y, setting.lambda_eop,
                      setting.classifier, domains])  # fmt: skip
    tried: dict[float, Runs] = st.session_state.setdefault("trail", {}).setdefault(key, {})
    tried[setting.lambda_z] = counts["now"]
    if setting.lambda_eop == 0:
        tried[0.0] = counts["before"]
    return pd.DataFrame(
        [
            {"lambda_z": price, **mean_point(c, metric, "")}
            for price, c in sorted(tried.items(), key=lambda item: item[0])
        ]
    )


def training(setting: Setting, dataset: DomainDataset, missing: list[str], sentence: DeltaGenerator) -> None:
    """Offer, show and stop background fits for the domains that have none."""
    specs = {d: FitSpec.of(dataset, d, setting.options) for d in missing}
    jobs = {d: common.queue().find(s) for d, s in specs.items()}
    _say_what_ended(jobs)
    running = [domain for domain, job in jobs.items() if job is not None and job.live]
    if running:
        if len(missing) == len(dataset.domains):
            sentence.markdown("The first numbers will be here when a fit is done.")
        _watch(specs, running)
        return
    sentence.info(
        f"No fit yet for {words.plain(words.join(missing))}. Training takes one to three minutes each, in the "
        "background; you can reload or leave this page meanwhile.",
        icon=":material/model_training:",
    )
    if st.button(f"Train {len(missing)} fit{'s' if len(missing) > 1 else ''}", type="primary", key="train"):
        for spec in specs.values():
            common.queue().submit(spec)
        st.rerun()


def _say_what_ended(jobs: dict[str, JobStatus | None]) -> None:
    """Fits that were stopped or failed, and why."""
    if any(job is not None and job.state == "cancelled" for job in jobs.values()):
        st.warning("Stopped; nothing of the unfinished fits was kept (cancelled).", icon=":material/stop_circle:")
    for domain, job in jobs.items():
        if job is not None and job.state in ("failed", "interrupted"):
            st.warning(f"Fit without {words.plain(domain)}: {job.state}. {words.plain(job.message)}")


@st.fragment(run_every="1s")
def _watch(specs: dict[str, FitSpec], began: list[str]) -> None:
    """Progress of the running fits; reruns the page once the fits that ran when it was drawn are not those that run."""
    queue = common.queue()
    states = {domain: queue.find(spec) for domain, spec in specs.items()}
    live_ones = {d: s for d, s in states.items() if s is not None and s.live}
    if list(live_ones) != began:
        st.rerun()
    with st.container(border=True):
        st.markdown(f"**Training {len(live_ones)} fit{'s' if len(live_ones) > 1 else ''}**")
        for domain, status in live_ones.items():
            if status.n_steps:
                done = status.step / status.n_steps
                left = f"{status.seconds_left:.0f} s left"
                text = (
                    f"Without {words.plain(domain)}: step {status.step:,} of {status.n_steps:,}, {left}, {status.state}"
                )
            else:
                done, text = 0.0, f"Without {words.plain(domain)}: {status.state}"
            st.progress(done, text)
        if st.button("Stop", key="stop", icon=":material/stop:"):
            for spec in specs.values():
                job = queue.find(spec)
                if job is not None and job.live:
                    queue.cancel_fit(spec)
        running = next((s for s in live_ones.values() if len(s.history) > 1), None)
        if running is not None:
            history = pd.DataFrame(
                running.history, columns=["step", "score network", "label classifier", "group classifier"]
            )
            common.draw(charts.losses(history.melt("step", var_name="loss")), key="losses", alt="Training losses")
