"""Background fits for the domains that have none: what they cost, started, shown, stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fairviz import charts
from fairviz.data.dataset import DomainDataset
from fairviz.data.own import OwnStore
from fairviz.data.sources import OWN
from fairviz.experiments.drawer import COST, Batch
from fairviz.store import key_of
from fairviz.store.jobs import JobStatus
from fairviz.store.specs import FIT, FitSpec
from fairviz.synthesizers.hyper import FADMParams
from fairviz.telling import words
from fairviz.text import duration
from fairviz.turn import AT_ONCE
from fairviz.ui.parts import base, loading
from fairviz.ui.parts.setting import Setting

ITERATIONS = (1000, 2000, 4000, 8000, 12_000)
WIDTHS = (64, 128, 256, 512)
#: In the session: seconds of a fit by its key, or the future that will tell.
_COSTS = "_costs"


def training(
    setting: Setting, dataset: DomainDataset, missing: list[str], sentence: DeltaGenerator, *, first: bool
) -> None:
    """Offer, show and stop background fits for the domains that have none; ``first``: there are no numbers yet."""
    how = loading.source(setting.dataset, setting.options).training
    specs = {d: FitSpec.of(dataset, d, setting.options, **how) for d in missing}
    jobs = {d: loading.queue().find(s) for d, s in specs.items()}
    if any(_has_come(specs[domain], job) for domain, job in jobs.items()):
        st.rerun()  # since this run began: nothing would say so later
    _say_what_ended(jobs)
    running = [domain for domain, job in jobs.items() if job is not None and job.live]
    if running:
        if first:
            sentence.markdown("The first numbers will be here when a fit is done.")
        _watch(specs, _seen(specs, jobs))
        return
    if first:
        sentence.markdown("There are no numbers yet: fits are trained first. The offer is below.")
    with st.container(border=True):
        st.markdown(
            f"**Synthetic rows** come from fits, one for each held-out domain. For {words.plain(words.join(missing))} "
            "there is none yet. Training goes on in the background; you can reload or leave this page meanwhile."
        )
        if setting.dataset == OWN:
            chosen = _settings(setting, how)
            if chosen != how:  # fits of other settings do not go together
                missing, how = loading.held_out(OWN, setting.options), chosen
            specs = {d: FitSpec.of(dataset, d, setting.options, **how) for d in missing}
        _say_fewer(specs, dataset)
        _cost(specs)
        goes_on = any(job is not None and job.step for job in jobs.values())
        verb = "Go on with" if goes_on else "Train"
        if st.button(f"{verb} {len(missing)} fit{'s' if len(missing) > 1 else ''}", type="primary", key="train"):
            if setting.dataset == OWN:
                OwnStore().change(setting.options["id"], training=how)
            loading.queue().submit_all(list(specs.values()), _visitor())
            st.rerun()


def _visitor() -> str:
    """Who asks for fits: one session, named so that nobody can be told from it."""
    context = get_script_run_ctx()
    return hashlib.sha256(context.session_id.encode()).hexdigest()[:32] if context is not None else ""


def _settings(setting: Setting, how: Mapping[str, Any]) -> dict[str, Any]:
    """What matters in a training; the rest folded away. Only what is not a default is kept."""
    now, key = FADMParams(**how), setting.options["id"]
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    n_iter = left.select_slider(
        "Iterations", sorted({*ITERATIONS, now.n_iter}), now.n_iter, format_func="{:,}".format, key=f"n_iter_{key}",
        help="More bring synthetic rows closer to real ones, and take longer. With few rows they come to repeat the "
        "people trained on.",
    )  # fmt: skip
    across = right.checkbox(
        "Meta-learning across domains", now.meta != "none", key=f"meta_{key}",
        help="As published. It takes twice as long, and was not found to help.",
    )  # fmt: skip
    with st.expander("Advanced"):
        one, two, three = st.columns(3, gap="medium")
        hidden = one.select_slider("Width of the score network", sorted({*WIDTHS, now.hidden}), now.hidden,
                                   key=f"hidden_{key}")  # fmt: skip
        rate = two.number_input(
            "Learning rate", 1e-5, 1e-1, float(now.learning_rate), format="%.5f", key=f"learning_rate_{key}"
        )
        seed = three.number_input("Seed", 0, 2**31 - 1, int(now.random_state), key=f"random_state_{key}")
    meta = "none" if not across else "second_order" if now.meta == "none" else now.meta
    chosen = replace(
        now, n_iter=int(n_iter), meta=meta, hidden=int(hidden), learning_rate=float(rate), random_state=int(seed)
    )
    default = FADMParams()
    return {n: v for n, v in vars(chosen).items() if v != getattr(default, n)}


def _say_fewer(specs: Mapping[str, FitSpec], dataset: DomainDataset) -> None:
    """Where a small source bounds a training: how many iterations are run, and why."""
    run = sorted(spec.iterations(dataset) for spec in specs.values())
    asked = max(int(spec.params["n_iter"]) for spec in specs.values())
    if run[0] < asked:
        many = f"{run[0]:,}" if run[0] == run[-1] else f"{run[0]:,} to {run[-1]:,}"
        st.caption(
            f"Of {asked:,} iterations {many} are run: with more, the few people trained on would come back as they are."
        )


def _cost(specs: dict[str, FitSpec]) -> None:
    """What the training will take here: measured beside the app, on a few steps of the first of the fits."""
    spec = next(iter(specs.values()))
    known: dict[str, Future[Any] | float] = st.session_state.setdefault(_COSTS, {})
    key = key_of(spec.to_json())
    if key not in known:
        known[key] = loading.drawer().submit([Batch(spec, what=COST)])[0]
    found = known[key]
    if isinstance(found, Future) and not found.done():
        _measured(key)
        return
    if isinstance(found, Future):
        error = found.exception()
        if error is not None:
            st.warning(words.plain(f"What the training costs could not be measured: {error}."))
            return
        known[key] = found = float(found.result() or 0.0)
    rounds = -(-len(specs) // AT_ONCE)
    st.caption(
        f"About {duration(found * rounds)} on this machine, measured just now on a few steps: {duration(found)} a fit, "
        f"{min(AT_ONCE, len(specs))} at a time. A first draft of all of them comes after about a twentieth."
    )


@st.fragment(run_every="0.5s")
def _measured(key: str) -> None:
    found = st.session_state.get(_COSTS, {}).get(key)
    if isinstance(found, Future) and found.done():
        st.rerun()
    st.caption("Measuring on a few steps what the training will take here …")


def _has_come(spec: FitSpec, job: JobStatus | None) -> bool:
    """Whether a fit that was not there when the page began to be drawn is there now."""
    return job is not None and job.state == "done" and loading.library().get(FIT, spec.to_json()) is not None


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


def _seen(specs: Mapping[str, FitSpec], jobs: Mapping[str, JobStatus | None]) -> list[tuple[str, int]]:
    """Fits that run, and how far their newest drafts are: what makes the page look otherwise."""
    return [(d, loading.queue().drafted(specs[d])) for d, job in jobs.items() if job is not None and job.live]


@st.fragment(run_every="1s")
def _watch(specs: dict[str, FitSpec], seen: list[tuple[str, int]]) -> None:
    """Progress of the running fits; reruns the page when a fit has ended or a draft has come."""
    queue = loading.queue()
    states = {domain: queue.find(spec) for domain, spec in specs.items()}
    live_ones = {d: s for d, s in states.items() if s is not None and s.live}
    if _seen(specs, states) != seen:
        st.rerun()
    with st.container(border=True):
        st.markdown(f"**Training {len(live_ones)} fit{'s' if len(live_ones) > 1 else ''}**{_left(live_ones)}")
        for domain, status in live_ones.items():
            st.progress(status.step / status.n_steps if status.n_steps else 0.0, _progress(domain, status))
        if st.button("Stop", key="stop", icon=":material/stop:"):
            for domain in live_ones:
                queue.cancel_fit(specs[domain])
        running = next((s for s in live_ones.values() if len(s.history) > 1), None)
        if running is not None:
            history = pd.DataFrame(
                running.history, columns=["step", "score network", "label classifier", "group classifier"]
            )
            base.draw(charts.losses(history.melt("step", var_name="loss")), key="losses", alt="Training losses")


def _progress(domain: str, status: JobStatus) -> str:
    text = f"Without {words.plain(domain)}: {status.state}"
    if not status.n_steps:
        return text
    if status.state == "queued":  # it has given way
        return f"{text} at step {status.step:,} of {status.n_steps:,}, its draft is there; it goes on in its turn"
    return f"{text}, step {status.step:,} of {status.n_steps:,}, {duration(status.seconds_left)} left"


def _left(states: Mapping[str, JobStatus]) -> str:
    """How long all of them will take together, once a step of one is known to take how long."""
    told = [s for s in states.values() if s.step and s.n_steps > s.step and s.seconds_left]
    if not told:
        return ""
    each = sum(s.seconds_left / (s.n_steps - s.step) for s in told) / len(told)
    n_steps = told[0].n_steps
    left = sum(each * (n_steps - s.step) for s in states.values())
    return f" · about {duration(left / min(AT_ONCE, len(states)))} left"
