"""The first screen: a dial, a sentence, two charts, a table."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairviz.data.sources import DATASETS
from fairviz.errors import FairvizError
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.library import FIT, SWEEP
from fairviz.preview import Goal
from fairviz.synthesizers import CONTROLS
from fairviz.ui import common, live, words
from fairviz.ui.frame import layout, show
from fairviz.ui.setting import Setting

MODEL_TITLES = {
    "gradient_boosting": "Gradient boosting",
    "logistic_regression": "Logistic regression",
    "mlp": "Small neural network",
}
START = {"dp": 0.2, "eop": 0.03, "entropy": 5.0, "dp_eop": 0.2}
HIGHEST = {control: CONTROLS[control].grid[-1] for control in CONTROLS}


#: Height of the dial's place in pixels: as high as the longest usual sentence, so that nothing below moves with it.
ROW = 232
#: Step of the free dial; every recorded stop lies on it.
STEP = {"dp": 0.005, "eop": 0.005, "entropy": 0.5, "dp_eop": 0.005}
PRICE, GOAL = "Set a price", "Reach a goal"
GOALS = {"R_DP": "R_DP at least", "R_EOp": "R_EOp at least", "accuracy": "Lose at most, in points of accuracy"}


@common.guarded(FIT, SWEEP)
def page() -> None:
    """Explore."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        common.header("fairviz · What does fairness cost?", "Explore")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            dataset = st.selectbox(
                "Data set", list(DATASETS), format_func=lambda d: DATASETS[d].title, key="data", bind="query-params",
                label_visibility="collapsed", width=230,
            )  # fmt: skip
            mode = st.segmented_control(
                "Dial", [PRICE, GOAL], default=PRICE, required=True, key="dial", bind="query-params",
                label_visibility="collapsed",
                help="Set what a point of gap is worth; or say what should be reached, and the price is found on "
                "people of the domains trained on.",
            )  # fmt: skip
    options = live.story_knobs() if dataset == "simulated" else {}
    left, sentence = st.columns(2, gap="medium", vertical_alignment="top")
    free = live.ready(dataset, options)
    dial = left.container(height=ROW, border=False) if free else left  # only guided draws come and go below the dial
    setting = _dial(dataset, options, mode or PRICE, dial, free)
    try:
        _body(setting, sentence.container(border=True), dial.container())
    except FairvizError as error:
        st.error(words.plain(str(error)), icon=":material/error:")


def _dial(dataset: str, options: dict, mode: str, dial: DeltaGenerator, free: bool) -> Setting:
    """The dial, beside the sentence; below both, what else can be set. ``free``: any price can be computed here."""
    control_box, model, strength = st.columns([3, 2, 2], gap="medium", vertical_alignment="top")
    found = None if options else common.recorded(dataset)
    stops = None if free or found is None else found[0]
    swept = [c for c in CONTROLS if stops is None or c in stops.controls()]
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
    if stops is not None:
        lambda_y = strength.select_slider(
            "Label strength λ_y", stops.label_strengths(), value=1.0, format_func=words.price_text, key="strength",
            bind="query-params", help=help_y,
        )  # fmt: skip
    else:
        lambda_y = strength.slider(
            "Label strength λ_y", 0.0, 3.0, 1.0, 0.1, format="%g", key="strength", bind="query-params", help=help_y
        )
    if mode == GOAL:
        return Setting(
            dataset, options, control, lambda_y, 0.0, _second_price(control, dial), classifier, _goal(dial)
        )  # fmt: skip
    start = START[control]
    if stops is not None:
        lambda_z = dial.select_slider(
            "Fairness price λ_z", stops.prices(control), value=start, format_func=words.price_text,
            key=f"price_{control}", bind="query-params", help=help_z + " The stops are the recorded settings.",
        )  # fmt: skip
    else:
        lambda_z = dial.slider(
            "Fairness price λ_z", 0.0, HIGHEST[control], start, STEP[control], format="%g", key=f"price_{control}",
            bind="query-params", help=help_z,
        )  # fmt: skip
    lambda_eop = _second_price(control, dial)
    text = words.meaning(control, lambda_y, lambda_z, lambda_eop)
    if control.startswith("dp") and lambda_z > common.smallest_share(dataset):
        text += " Approximate here: the price is above the smallest group's share."
    dial.caption(words.plain(text))
    if control == "entropy":
        dial.caption(words.plain(CONTROLS[control].note))
    return Setting(dataset, options, control, lambda_y, lambda_z, lambda_eop, classifier)


def _second_price(control: str, dial: DeltaGenerator) -> float:
    if control != "dp_eop":
        return 0.0
    return dial.slider(
        "Price of the true positive gap", 0.0, 0.12, 0.02, 0.005, format="%g", key="price_second", bind="query-params"
    )


def _goal(dial: DeltaGenerator) -> Goal:
    """What should be reached, instead of a price."""
    with dial:
        left, right = st.columns([2, 3], vertical_alignment="bottom")
    kind = left.selectbox("Goal", list(GOALS), format_func=lambda g: GOALS[g], key="goal", bind="query-params")
    if kind == "accuracy":
        value = right.slider("Points", 0.1, 5.0, 1.0, 0.1, format="%g", key="goal_points", bind="query-params") / 100
    else:
        value = right.slider("Ratio", 0.5, 1.0, 0.9, 0.01, format="%g", key="goal_ratio", bind="query-params")
    dial.caption(
        "The price is found on real people of the domains trained on, one price for each held-out domain; nobody of "
        "the held-out domain is looked at. How close it comes over there is what the chart shows."
    )
    return Goal(kind, value)


def _body(setting: Setting, sentence: DeltaGenerator, aside: DeltaGenerator) -> None:
    """Sentence, charts and tables for a setting: recorded numbers where there are some, computed now otherwise.

    Progress goes ``aside``, below the dial, where it moves nothing.
    """
    found = None if setting.options else common.recorded(setting.dataset)
    stop = None
    if found is not None and setting.control in found[0].controls():
        stop = setting.recorded_in(found[0].prices(setting.control), found[0].label_strengths())
    if found is None or stop is None:
        live.body(setting, sentence, aside)
        return
    sweep, facts, made = found
    frame = layout(setting.dataset, facts["domains"], facts["labels"], sentence)
    if frame is None:
        return
    setting = replace(setting, lambda_z=stop[0], lambda_y=stop[1])
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
    status = f"Recorded · {len(view.seeds)} seeds of {rows:,} synthetic rows per domain"
    note = f"Recorded {made['time'][:10]}. λ_z is set by you, not tuned on these people."
    if not DATASETS[setting.dataset].available():
        note += (
            " The dial stops at recorded prices; with the rows of the data set on this machine it moves freely: "
            f"{words.how_to_get(setting.dataset)}"
        )
    show(setting, view, frame, facts, note, status=status, recorded=True)
