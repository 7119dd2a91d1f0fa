"""Synthetic rows at the dial's setting: drawn when asked for, looked at, and taken away with a data card."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from fairviz.controls.dials import SOLVERS_OF
from fairviz.data.sources import OWN
from fairviz.errors import FairvizError
from fairviz.experiments.card import FORMS, DataCard, packed
from fairviz.experiments.quality import measured_of
from fairviz.store import Entry
from fairviz.store.specs import FitSpec
from fairviz.telling import words
from fairviz.text import command_line
from fairviz.ui.parts import base, loading
from fairviz.ui.parts.setting import Setting

#: What a draw leaves to the sampler, written out: a default of today need not be one of tomorrow.
_LEFT = {"n_steps": 10, "random_state": 0}
_HELP = {
    "csv": "As drawn, to the last digit; what 'fairviz sample' writes.",
    "spreadsheet": "Texts that a spreadsheet would run as a formula get an apostrophe; the card says how many.",
    "parquet": "With the types of the columns, and the card in the file as well.",
}


def synthetic(setting: Setting) -> None:
    """Look at and download synthetic rows at this setting; drawn on demand."""
    with st.expander("Synthetic rows at this setting"):
        fits = loading.fits(setting.dataset, setting.options)
        priced = sorted(domain for domain in fits if setting.has_price(domain))
        if not priced:
            st.info("There is no fit to draw from yet.")
            return
        left, middle, right = st.columns([2, 2, 2], vertical_alignment="bottom")
        target = left.selectbox(
            "From the fit that never saw", priced, key=f"rows_target_{setting.dataset}",
            format_func=lambda t: "nothing held out" if t == "all" else t,
        )  # fmt: skip
        n = middle.select_slider("Rows", [100, 1000, 10_000], value=1000, key="rows_n")
        asked = right.button("Draw rows", key="draw", type="primary")
        settings = {
            "n": int(n),
            "control": setting.control,
            "lambda_y": setting.lambda_y,
            "lambda_z": setting.price(target),
            "lambda_eop": setting.lambda_eop,
            "labels": setting.labels,
            "solver": SOLVERS_OF[setting.labels],
            **_LEFT,
        }
        token = json.dumps([setting.dataset, setting.options, target, settings], sort_keys=True)
        if asked:
            st.session_state["drawn"] = token
        if st.session_state.get("drawn") != token:
            st.caption("Press the button to draw rows at the dial's present setting. Drawn here, on this machine.")
            return
        try:
            _drawn(setting, fits[target], settings)
        except FairvizError as error:
            st.error(words.plain(str(error)))


def _drawn(setting: Setting, entry: Entry, settings: dict[str, Any]) -> None:
    """The rows, and the ways to take them along."""
    path, told = str(entry.path), json.dumps(settings, sort_keys=True)
    frame = loading.synthetic_rows(path, told)
    source = loading.source(setting.dataset, setting.options)
    label = source.schema.label
    st.dataframe(frame[[label, *frame.columns.drop(label)]].head(200), hide_index=True, key="rows_table", height=280)
    share = (frame[label] == source.schema.favourable).mean()
    st.caption(
        f"{len(frame):,} rows, first 200 shown; {100 * share:.1f} % have the favourable label. "
        "Synthetic does not mean anonymous: rare combinations of real people can come back."
    )
    about = source.title, _again(setting, entry.spec["target"], settings), json.dumps(entry.spec)
    st.markdown("**Take them along**, with a data card that says what they are, where they are from, and how to draw "
                "them again: one ZIP each.")  # fmt: skip
    with st.container(horizontal=True):
        for form, (_, title) in FORMS.items():
            st.download_button(
                title, _packed(path, told, form, *about), f"fairviz-rows-{form}-{base.nonce()}.zip",
                "application/zip", key=f"download_rows_{form}", on_click="ignore", help=_HELP[form],
            )  # fmt: skip


def _again(setting: Setting, target: str, settings: dict[str, Any]) -> str:
    """The command that draws the same rows."""
    where: list[str | tuple[str, object]] = [("--dataset", setting.dataset), ("--target", target)]
    where += [(f"--{name}", f"{value:.12g}") for name, value in setting.options.items() if setting.dataset != OWN]
    if setting.dataset == OWN:  # no command finds a table of one's own by a name
        where = ["FOLDER_OF_THE_FIT"]
    given = [("-n", settings["n"]), ("--control", settings["control"])]
    given += [(f"--{name.replace('_', '-')}", f"{settings[name]!r}") for name in ("lambda_y", "lambda_z")]
    if settings["lambda_eop"]:
        given.append(("--lambda-eop", f"{settings['lambda_eop']!r}"))
    given.append(("--labels", settings["labels"]))
    given += [("--steps", settings["n_steps"]), ("--solver", settings["solver"]), ("--seed", settings["random_state"])]
    return command_line("fairviz", "sample", *where, *given, ("--out", "rows.csv"))


@st.cache_data(max_entries=12, show_spinner=False)
def _packed(path: str, settings: str, form: str, title: str, again: str, spec: str) -> bytes:
    """A download's bytes, made once for as long as the rows stay: they are asked for in every run of the page."""
    given, frame = json.loads(settings), loading.synthetic_rows(path, settings)
    told = {"n": given.pop("n"), "seed": given.pop("random_state"), **given}
    kept = FitSpec.from_json(json.loads(spec))
    measured = measured_of(loading.library(), kept, told["labels"])
    card = DataCard.of(kept, loading.fit_at(path), frame, told, title=title, again=again, measured=measured)
    return packed(frame, card, form)
