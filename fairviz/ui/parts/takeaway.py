"""What can be taken away from a view: a report for others, and a scenario for programs and for this app."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from fairviz.data.sets import DATASETS
from fairviz.data.sources import OWN
from fairviz.errors import JobError
from fairviz.evaluation.metrics import MIN_ROWS
from fairviz.experiments.scenario import Scenario
from fairviz.store.specs import versions
from fairviz.telling.report import shown
from fairviz.telling.view import View
from fairviz.ui.parts import base, links, loading
from fairviz.ui.parts.setting import Setting

#: Seconds that a report may take before it is given up.
PATIENCE = 60


def section(
    setting: Setting, view: View, facts: dict[str, Any], trials: pd.DataFrame, *, status: str, note: str,
    command: Callable[[str], str] | None, recorded: bool,
) -> None:  # fmt: skip
    """Buttons; what they give is made when they are pressed.

    Parameters
    ----------
    trials : DataFrame
        The trials that are shown, with their counts.
    status, note : str
        What the numbers are, as said on the page.
    command : callable, optional
        Held-out domain -> the command that gives its numbers again.
    recorded : bool
        Whether the whole dial is recorded, and can be handed out.
    """
    address, link = dict(links.address()), links.whole()
    scenario = partial(_scenario, setting, view, facts, trials, address, link, status, note, command)
    with st.container(horizontal=True, vertical_alignment="center", key="takeaway"):
        st.markdown("**Take it away**", width="content")
        st.download_button(
            "Report", partial(_report, scenario, "html"), f"fairviz-report-{base.nonce()}.html", "text/html",
            key="download_report", on_click="ignore", icon=":material/description:",
            help="What was asked, what it costs, for whom, how sure, what not to conclude: a file to print or pass on, "
            "without a script. Nothing in it is about fewer than ten people.",
        )  # fmt: skip
        st.download_button(
            "Report as JSON", partial(_report, scenario, "json"), f"fairviz-report-{base.nonce()}.json",
            "application/json", key="download_report_json", on_click="ignore",
        )  # fmt: skip
        if recorded:
            st.download_button(
                "Hand-out (the dial itself)", partial(_handout, setting, view), f"fairviz-handout-{base.nonce()}.html",
                "text/html", key="download_handout", on_click="ignore",
                help="One file with the working dial over recorded results. It opens from a memory stick, in any "
                "browser, without a network.",
            )  # fmt: skip
        else:
            st.button(
                "Hand-out (the dial itself)", key="no_handout", disabled=True,
                help="Only of recorded dials: move this one to a recorded stop.",
            )  # fmt: skip
        st.download_button(
            "Scenario", partial(_text, scenario), f"fairviz-scenario-{base.nonce()}.json", "application/json",
            key="download_scenario", on_click="ignore",
            help="This view as a file (JSON): opens here under 'Your data'; 'fairviz run' gives the same counts again, "
            "'fairviz report' makes the report.",
        )  # fmt: skip


def _scenario(
    setting: Setting, view: View, facts: dict[str, Any], trials: pd.DataFrame, address: dict[str, list[str]],
    link: str, status: str, note: str, command: Callable[[str], str] | None,
) -> Scenario:  # fmt: skip
    told = {"data": [setting.dataset], "control": [setting.control], "model": [setting.classifier],
            "strength": [f"{setting.lambda_y:.12g}"], "labels": [setting.labels]}  # fmt: skip
    if setting.goal is None:  # written out: a default of today need not be one of tomorrow
        told |= {f"price_{setting.control}": [f"{setting.lambda_z:.12g}"]}
    source, own = loading.source(setting.dataset, setting.options), setting.dataset == OWN
    about = shown(
        view, title=source.title, labels=(facts["labels"][0], facts["labels"][1]), nouns=dict(source.nouns),
        domain_word=source.nouns.get("domain", facts["schema"]["domain"]), sensitive=facts["schema"]["sensitive"],
        control=setting.control, classifier=setting.classifier, lambda_y=setting.lambda_y, lambda_z=setting.lambda_z,
        lambda_eop=setting.lambda_eop, prices=list(setting.prices), controlled=setting.controlled, status=status,
        note=note, link="" if own else link, command=command(view.now.domains[0]) if command is not None else "",
        teaching=setting.dataset in DATASETS, versions=versions(), only_trained=_only_trained(facts, view.now.domains),
    )  # fmt: skip
    return Scenario.of(setting.dataset, setting.options, trials, {**told, **address}, about)


def _only_trained(facts: dict[str, Any], tested: Sequence[str]) -> list[str]:
    """Domains that are large enough to speak of and were not tested."""
    people = pd.DataFrame(facts["counts"]).groupby("domain", sort=False)["n"].sum()
    return [str(domain) for domain, n in people.items() if domain not in tested and n >= MIN_ROWS]


def _text(scenario: Callable[[], Scenario]) -> str:
    return json.dumps(scenario().to_json(), indent=1, ensure_ascii=False)


def _report(scenario: Callable[[], Scenario], form: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "scenario.json"
        asked.write_text(_text(scenario))
        return _made("report", str(asked), ending=form)


def _handout(setting: Setting, view: View) -> bytes:
    return _made(
        "handout", "--dataset", setting.dataset, "--control", setting.control, "--classifier", setting.classifier,
        "--metric", view.metric, "--labels", setting.labels, f"--lambda-z={setting.lambda_z:.12g}",
        f"--domains={','.join(view.now.domains)}", ending="html",
    )  # fmt: skip


def _made(*words: str, ending: str) -> bytes:
    """What a command writes, in a process of its own: drawing would hold everybody's page up."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / f"made.{ending}"
        command = [sys.executable, "-m", "fairviz", words[0], "--out", str(made), *words[1:]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603
        if done.returncode or not made.exists():
            raise JobError(f"The file could not be made. {done.stderr.strip()[-300:]}")
        return made.read_bytes()
