"""The first screen: a dial, a sentence, two charts, a table."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairviz.data.sources import DATASETS
from fairviz.errors import FairvizError
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.synthesizers import CONTROLS
from fairviz.ui import common, live, words
from fairviz.ui.frame import layout, show
from fairviz.ui.setting import LIVE, RECORDED, Setting

MODEL_TITLES = {
    "gradient_boosting": "Gradient boosting",
    "logistic_regression": "Logistic regression",
    "mlp": "Small neural network",
}
START = {"dp": 0.2, "eop": 0.03, "entropy": 5.0, "dp_eop": 0.2}
HIGHEST = {control: CONTROLS[control].grid[-1] for control in CONTROLS}


def page() -> None:
    """Explore."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("#### fairviz · What does fairness cost?", width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            dataset = st.selectbox(
                "Data set", list(DATASETS), format_func=lambda d: DATASETS[d].title, key="data", bind="query-params",
                label_visibility="collapsed", width=230,
            )  # fmt: skip
            mode = st.segmented_control(
                "Numbers", [RECORDED, LIVE], default=RECORDED, required=True, key="numbers", bind="query-params",
                label_visibility="collapsed",
                help="Recorded: measured in advance over several seeds, instant. Live: any setting, computed now.",
            )  # fmt: skip
    options = live.story_knobs() if dataset == "simulated" and mode == LIVE else {}
    dial, sentence = st.columns(2, gap="medium", vertical_alignment="top")
    setting = _dial(dataset, options, mode or RECORDED, dial)
    try:
        _body(setting, sentence.container(border=True))
    except FairvizError as error:
        st.error(words.plain(str(error)), icon=":material/error:")


def _dial(dataset: str, options: dict, mode: str, dial: DeltaGenerator) -> Setting:
    """The dial, beside the sentence; below both, what else can be set."""
    control_box, model, strength = st.columns([3, 2, 2], gap="medium", vertical_alignment="top")
    found = common.recorded(dataset) if mode == RECORDED else None
    recorded = found[0] if found else None
    swept = [c for c in CONTROLS if recorded is None or c in recorded.controls()]
    control = control_box.selectbox(
        "Fair control", swept, format_func=lambda c: CONTROLS[c].title, key="control", bind="query-params",
        help="  \n".join(f"**{words.plain(c.title)}** {words.plain(c.note)}" for c in CONTROLS.values()),
    )  # fmt: skip
    classifier = model.selectbox(
        "Trained on the synthetic rows", ["gradient_boosting", *(c for c in CLASSIFIERS if c != "gradient_boosting")],
        format_func=lambda c: MODEL_TITLES[c], key="model", bind="query-params",
        help="The downstream classifier. It never sees real rows; it is tested on real people of the held-out domain.",
    )  # fmt: skip
    help_z = "0 is no fair control. The larger, the more accuracy may be given up for equality."
    help_y = (
        "How strongly each row is drawn towards its label. 1: as in the data. More: clearer cases than in the data."
    )
    lambda_eop = 0.0
    if recorded is not None:
        grid = recorded.prices(control)
        start = min(grid, key=lambda price: abs(price - START[control]))
        lambda_z = dial.select_slider(
            "Fairness price λ_z", grid, value=start, format_func=words.price_text, key=f"price_{control}",
            bind="query-params", help=help_z + " The stops are the recorded settings.",
        )  # fmt: skip
        lambda_y = strength.select_slider(
            "Label strength λ_y", recorded.label_strengths(), value=1.0, format_func=words.price_text, key="strength",
            bind="query-params", help=help_y,
        )  # fmt: skip
    else:
        top = HIGHEST[control]
        start = st.session_state.get(f"price_{control}", START[control])  # where the recorded dial was left
        lambda_z = dial.slider(
            "Fairness price λ_z", 0.0, top, start, top / 70, format="%g", key=f"any_{control}",
            bind="query-params", help=help_z,
        )  # fmt: skip
        lambda_y = strength.slider(
            "Label strength λ_y", 0.0, 3.0, 1.0, 0.1, format="%g", key="any_strength", bind="query-params", help=help_y
        )
        if control == "dp_eop":
            lambda_eop = dial.slider(
                "Price of the true positive gap", 0.0, 0.2, 0.02, 0.001, format="%g", key="any_eop", bind="query-params"
            )
    text = words.meaning(control, lambda_y, lambda_z, lambda_eop)
    if control.startswith("dp") and lambda_z > common.smallest_share(dataset):
        text += " Approximate here: the price is above the smallest group's share."
    dial.caption(words.plain(text))
    if control == "entropy":
        dial.caption(words.plain(CONTROLS[control].note))
    return Setting(dataset, options, mode, control, lambda_y, lambda_z, lambda_eop, classifier)


def _body(setting: Setting, sentence: DeltaGenerator) -> None:
    """Sentence, charts and tables for a setting."""
    found = common.recorded(setting.dataset)
    if setting.mode == LIVE or found is None:
        live.body(setting, sentence)
        return
    sweep, facts, made = found
    frame = layout(setting.dataset, facts["domains"], facts["labels"], sentence)
    if frame is None:
        return
    view = common.recorded_setting(
        setting.dataset,
        setting.control,
        setting.lambda_y,
        setting.lambda_z,
        setting.classifier,
        tuple(frame.domains),
        frame.metric,
    )
    rows = int(sweep.rows["n"].max())
    note = (
        f"Recorded {made['time'][:10]}: means over {len(view.seeds)} seeds, {rows:,} synthetic rows each. "
        "λ_z is set by you, not tuned on these people."
    )
    if not DATASETS[setting.dataset].available():
        note += " Prices in between: switch to Live, which needs the rows of the data set and says how to get them."
    show(setting, view, frame, facts, note, recorded=True)
