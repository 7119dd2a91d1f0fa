"""Whom the model serves worst: pairs of attributes, looked for when somebody asks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
import streamlit as st

from fairviz.errors import JobError
from fairviz.experiments.drawer import SERVED, Batch
from fairviz.experiments.trial import Trial
from fairviz.store.specs import FIT, FitSpec
from fairviz.telling import words
from fairviz.ui.parts import loading
from fairviz.ui.parts.setting import Setting

TITLES = {"wrong": "Told the wrong answer", "missed": "Deserving, but not found", "promised": "Wrongly promised"}
#: Seconds until it is given up.
PATIENCE = 180
NOTE = (
    "Of the held-out domain, one seed. A beam search over all pairs of attributes; the order is that of the share of "
    'errors beyond what looking at so many subgroups finds by chance. "Sure" is a corrected p below 0.05. Nothing is '
    "said of fewer than ten people. A subgroup that is served badly is a reason to look, not an explanation."
)


def section(setting: Setting, trials: pd.DataFrame, domains: Sequence[str]) -> None:
    """Folded away; computed beside the app when it is asked for."""
    with st.expander("Whom it serves worst"):
        if not loading.source(setting.dataset, setting.options).available():
            st.caption("This looks at single people, so it needs the rows of the data set on this machine.")
            return
        target = domains[0]
        if len(domains) > 1:
            target = st.selectbox("Held-out domain", domains, key=f"served_{setting.dataset}")
        row = trials[trials["target"] == target].sort_values("seed").iloc[0]
        trial = Trial.from_row(row.to_dict())
        key = json.dumps([loading.stamp(FIT), setting.dataset, setting.options, asdict(trial)], sort_keys=True)
        known: dict[str, dict[str, list[dict[str, Any]]]] = st.session_state.setdefault("served", {})
        if key not in known and st.button("Look for them", key="look_served", icon=":material/search:"):
            asked = _asked(setting, trial)  # reads the rows and looks for the fit: not before somebody asks
            if asked is None:
                st.caption("This needs the fit that never saw this domain; train it below.")
                return
            with st.spinner("Looking at every pair of attributes …"):
                try:
                    known[key] = loading.drawer().submit([asked])[0].result(PATIENCE)
                except (JobError, TimeoutError) as error:
                    st.error(words.plain(f"It could not be found out: {error or 'it took too long'}."))
        if key in known:
            _show(known[key])


def _asked(setting: Setting, trial: Trial) -> Batch | None:
    """What is asked of the worker; None where it would have to train first."""
    dataset = loading.rows(setting.dataset, json.dumps(setting.options, sort_keys=True))
    training = loading.source(setting.dataset, setting.options).training
    spec = FitSpec.of(dataset, trial.target, setting.options, **training)
    if trial.what.synthesizer:
        own = spec if setting.options else trial.fit_spec(dataset, setting.options)
        if own is None or loading.library().get(FIT, own.to_json()) is None:
            return None
        spec = own
    return Batch(spec, (trial,), what=SERVED)


def _show(found: dict[str, list[dict[str, Any]]]) -> None:
    kind = st.segmented_control(
        "Error", list(TITLES), format_func=TITLES.__getitem__, default="wrong", required=True, key="served_kind",
        label_visibility="collapsed",
    )  # fmt: skip
    rows = found[str(kind)]
    if not rows:
        st.info("No subgroup of ten people or more is served worse than the others.", icon=":material/info:")
        return
    frame = pd.DataFrame(
        {
            "Who": " and ".join(f"{c['attribute']}: {c['value']}" for c in one["conditions"]),
            "People": f"{one['people']:,}",
            "Errors, of 100": f"{100 * one['rate']:.0f} ({100 * one['low']:.0f}–{100 * one['high']:.0f})",
            "Without control": f"{100 * one['before'] / one['people']:.0f}",
            "Among all others": f"{100 * one['others']:.0f}",
            "Beyond chance": "sure" if one["p"] < 0.05 else "may be chance",
        }
        for one in rows
    )
    st.dataframe(frame, hide_index=True, key="served_table", alt="Subgroups that the model serves worst")
    st.caption(NOTE)
