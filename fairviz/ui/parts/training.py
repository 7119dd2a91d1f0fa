"""Background fits for the domains that have none: offered, shown, stopped."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairviz import charts
from fairviz.data.dataset import DomainDataset
from fairviz.store.jobs import JobStatus
from fairviz.store.specs import FitSpec
from fairviz.ui.parts import base, loading, words
from fairviz.ui.parts.setting import Setting


def training(
    setting: Setting, dataset: DomainDataset, missing: list[str], sentence: DeltaGenerator, *, first: bool
) -> None:
    """Offer, show and stop background fits for the domains that have none; ``first``: there are no numbers yet."""
    how = loading.source(setting.dataset, setting.options).training
    specs = {d: FitSpec.of(dataset, d, setting.options, **how) for d in missing}
    jobs = {d: loading.queue().find(s) for d, s in specs.items()}
    _say_what_ended(jobs)
    running = [domain for domain, job in jobs.items() if job is not None and job.live]
    if running:
        if first:
            sentence.markdown("The first numbers will be here when a fit is done.")
        _watch(specs, running)
        return
    sentence.info(
        f"No fit yet for {words.plain(words.join(missing))}. Training takes one to three minutes each, in the "
        "background; you can reload or leave this page meanwhile.",
        icon=":material/model_training:",
    )
    goes_on = any(job is not None and job.step for job in jobs.values())
    verb = "Go on with" if goes_on else "Train"
    if st.button(f"{verb} {len(missing)} fit{'s' if len(missing) > 1 else ''}", type="primary", key="train"):
        for spec in specs.values():
            loading.queue().submit(spec)
        st.rerun()


def _say_what_ended(jobs: dict[str, JobStatus | None]) -> None:
    """Fits that were stopped or failed, and why."""
    stopped = {domain: job for domain, job in jobs.items() if job is not None and job.state == "cancelled"}
    if stopped:
        done = [f"{words.plain(d)} at step {job.step:,} of {job.n_steps:,}" for d, job in stopped.items() if job.step]
        text = f"Stopped: without {words.join(done)}. It can go on from there." if done else "Stopped before it began."
        st.warning(text, icon=":material/stop_circle:")
    for domain, job in jobs.items():
        if job is not None and job.state in ("failed", "interrupted"):
            more = " It can go on from its last checkpoint." if job.state == "interrupted" and job.step else ""
            st.warning(f"Fit without {words.plain(domain)}: {job.state}. {words.plain(job.message)}{more}")


@st.fragment(run_every="1s")
def _watch(specs: dict[str, FitSpec], began: list[str]) -> None:
    """Progress of the running fits; reruns the page once the fits that ran when it was drawn are not those that run."""
    queue = loading.queue()
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
            base.draw(charts.losses(history.melt("step", var_name="loss")), key="losses", alt="Training losses")
