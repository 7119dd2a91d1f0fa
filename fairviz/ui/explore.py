"""The first screen: a dial, a sentence, two charts, a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairviz.controls import CONTROLS
from fairviz.controls.dials import BOOSTED, NETWORK
from fairviz.data.sets import DATASETS
from fairviz.data.sources import OWN, fingerprint_of
from fairviz.errors import FairvizError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.evaluation.goal import Goal
from fairviz.store.specs import FIT, FRONTIER, SWEEP
from fairviz.telling import words
from fairviz.ui.parts import base, dials, links, live, loading, mine, pins, recorded, weighted
from fairviz.ui.parts.setting import Setting

#: Height of the dial's place in pixels where what is on its way comes and goes in it, so that nothing below moves.
ROW = 176
#: Steps of the free dial between two recorded stops.
BETWEEN = 5
BOOSTING = "gradient_boosting"
#: Where the dial stands at first if it is not known where equality is, as a share of the last stop.
START = 0.7
#: Second price of "dp_eop" at first, as a share of its equality point.
SECOND_START = 0.5
LABEL_TITLES = {BOOSTED: "Boosted on real rows", NETWORK: "From the networks"}
PRICE, GOAL = "price", "goal"
MODES = {PRICE: "Set a price", GOAL: "Reach a goal"}
GOALS = {"R_DP": "R_DP at least", "R_EOp": "R_EOp at least", "accuracy": "Lose at most, in points of accuracy"}


@base.guarded(FIT, SWEEP, FRONTIER)
def page() -> None:
    """Explore."""
    first_line = st.container(
        key="first_line", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    )
    with first_line:
        base.header("fairviz · What does fairness cost?", "Explore")
        mine.open_linked()
        own = mine.tables()
        chosen = links.choose(
            st.selectbox, "Data set", [*DATASETS, *own], key="data", label_visibility="collapsed", width=230,
            say=False, format_func=lambda d: own[d].title if d in own else DATASETS[d].title,
        )  # fmt: skip
        _present()
    left, sentence = st.container(key="top").columns(2, gap="medium", vertical_alignment="top")
    dial, told = left.container(), chosen not in own and bool(DATASETS[chosen].knobs)
    below = left.container(horizontal=True, vertical_alignment="bottom", gap="small", key="settings")
    dataset, options = (OWN, {"id": chosen}) if chosen in own else (chosen, {})
    control, more = below.container(), below.popover("More", icon=":material/tune:")
    pin = below.container(width="content")
    if told:
        with below:
            options = live.story_knobs(chosen)
    links.about(fingerprint_of(dataset, options))
    free = live.ready(dataset, options)
    answer = sentence.container(border=True, key="answer")
    # what is on its way comes and goes below the dial
    dial = dial.container(height=ROW, border=False, key="dial_place") if free or dataset == OWN else dial
    goals = chosen not in own or free  # found among fits, or recorded prices
    setting = _dial(dataset, options, goals, dial, (control, more), free)
    recorded_here = recorded.answers(setting, free)
    if dataset != OWN:
        pins.button(pin, setting if recorded_here and setting.goal is None else None)
    try:
        if recorded_here:
            recorded.body(setting, free, answer)
            if free:
                live.warm(setting)
        elif weighted.answers(setting, free):
            weighted.body(setting, answer, dial.container(key="under_way"))
        else:
            live.body(setting, answer, dial.container(key="under_way"))
    except FairvizError as error:
        st.error(words.plain(str(error)), icon=":material/error:")


def _present() -> None:
    """The way into the lecture view, of which the stylesheet makes dial, headline and charts, large; and back."""
    on = links.flag("present")
    st.button(
        "Leave" if on else "Present", key="leave" if on else "present_button", type="tertiary",
        icon=":material/close_fullscreen:" if on else ":material/open_in_full:", on_click=_turn_present,
        shortcut="Esc" if on else None,
        help="Back to everything." if on else "For a lecture: dial, headline and charts, large. The link says so too.",
    )  # fmt: skip


def _turn_present() -> None:
    st.session_state["present"] = not st.session_state.get("present", False)


def _dial(
    dataset: str,
    options: dict[str, Any],
    goals: bool,
    dial: DeltaGenerator,
    below: Sequence[DeltaGenerator],
    free: bool,
) -> Setting:
    """The dial; below it the control, and under "More" what else can be set.

    Parameters
    ----------
    goals : bool
        Whether a price can be looked for that reaches a goal.
    below : (DeltaGenerator, DeltaGenerator)
        Where the control goes, and what else can be set.
    free : bool
        Any price is computed here.
    """
    weighs = dataset == OWN and not free  # real rows, whose labels are what they are
    control_box, box = below
    mode = _mode(box) if goals else PRICE
    model, strength = box.container(), box.container()
    labels = BOOSTED if weighs else _labels(box, dataset, options, free)
    stops = None if free else dials.stops(dataset, options, labels)
    swept = [c for c in CONTROLS if stops is None or c in stops.controls()]
    control = links.choose(
        control_box.selectbox, "Fair control", swept, label_visibility="collapsed", key="control",
        format_func=lambda c: CONTROLS[c].title,
        help="  \n".join(f"**{words.plain(c.title)}** {words.plain(c.note)}" for c in CONTROLS.values()),
    )  # fmt: skip
    classifier = links.choose(
        model.selectbox, "Trained on the weighted rows" if weighs else "Trained on synthetic rows",
        [c for c in dict.fromkeys((BOOSTING, *CLASSIFIERS)) if stops is None or c in stops.classifiers()],
        format_func=words.model_title, key="model", folded=True,
        help="The downstream classifier. It is tested on real people of the held-out domain"
        + ("." if weighs else "; it never sees real rows."),
    )  # fmt: skip
    help_z = (
        "What equality is worth to you: how many points of accuracy one point less of the gap between groups may "
        "cost. 0 is no fair control."
    )
    help_y = (
        "Guidance scale of the label: how strongly each row is drawn towards it. 1: as in the data. More: clearer "
        "cases than in the data."
    )
    if labels != NETWORK:
        help_y += " With boosted labels it moves which people are drawn, not how they are labelled."
    if weighs:
        lambda_y = 1.0
    elif stops is not None:
        lambda_y = links.choose(
            strength.select_slider, "Label guidance λ_y", stops.label_strengths(), default=1.0,
            format_func=words.price_text, key="strength", folded=True, help=help_y,
            disabled=len(stops.label_strengths()) < 2,
        )  # fmt: skip
    else:
        lambda_y = links.slide(
            strength.slider,
            "Label guidance λ_y",
            0.0,
            3.0,
            1.0,
            0.1,
            format="%g",
            key="strength",
            help=help_y,
            folded=True,
        )
    if mode == GOAL:
        return Setting(
            dataset, options, control, lambda_y, 0.0, _second_price(dataset, options, control, dial), classifier,
            _goal(dial, free), labels=labels,
        )  # fmt: skip
    lambda_z, lambda_eop = _prices(dataset, options, control, stops, dial, help_z)
    text = words.meaning(control, lambda_y, lambda_z, lambda_eop)
    ends, why_not = dials.ends(dataset, options, control)
    text += words.at_equality(control, lambda_z, ends, stops.still_from(control) if stops is not None else None)
    moved = min(lambda_z, max(ends.values(), default=0.0))
    if ends and moved > dials.smallest_share(dataset, options, control):
        text += " Approximate here: the price is above the smallest group's share."
    said = dial.container(key="meaning")
    said.caption(words.plain(text))
    for sentence in dict.fromkeys(why_not.values()):
        said.caption(words.plain(sentence))
    if not CONTROLS[control].gaps:  # nothing on the page says what such a control cannot do
        said.caption(words.plain(CONTROLS[control].note))
    return Setting(dataset, options, control, lambda_y, lambda_z, lambda_eop, classifier, labels=labels)


def _mode(box: DeltaGenerator) -> str:
    """Whether a price is set, or what it should reach."""
    chosen: str = links.choose(
        box.segmented_control, "Dial", list(MODES), format_func=MODES.__getitem__, required=True, key="dial",
        folded=True,
        help="Set what a point of gap is worth; or say what should be reached, and the price is found on people of the "
        "domains trained on.",
    )  # fmt: skip
    return chosen


def _labels(box: DeltaGenerator, dataset: str, options: dict[str, Any], free: bool) -> str:
    """Who labels synthetic rows: anybody where rows can be drawn, else whom there are recorded results of."""
    recorded_ones = [] if free else loading.recorded_labels(dataset, options)
    chosen: str = links.choose(
        box.selectbox, "Labels of synthetic rows", recorded_ones or list(LABEL_TITLES),
        format_func=LABEL_TITLES.__getitem__, key="labels", folded=True,
        help="From boosting on the real rows trained on, which comes closest to what real rows teach; or from the "
        "networks, as published.",
    )  # fmt: skip
    return chosen


def _prices(
    dataset: str, options: dict[str, Any], control: str, stops: dials.Stops | None, dial: DeltaGenerator, help_z: str
) -> tuple[float, float]:
    """The dial: over recorded stops, or free. It ends where the gap on the source is zero."""
    what = CONTROLS[control]
    end = max(dials.ends(dataset, options, control)[0].values(), default=0.0)
    how: dict[str, Any] = {"key": f"price_{control}", "story": f"{dataset} {options}", "help": help_z}
    name = "Fairness price λ_z" if what.gaps else "Strength of the control, λ_z"
    if not what.gaps:
        how["help"] = what.note + " 0 is no fair control."
    if stops is not None:
        every = tuple(stops.prices(control))
        wanted = what.start(end) if end else 0.0 if dataset == OWN else START * every[-1]
        start = min(every, key=lambda price: abs(price - wanted))
        how["help"] += " The stops are the recorded settings."
        lambda_z = _slide(dial, name, every, 0.0, start, **how)
    else:
        step = what.step(end) / BETWEEN if what.gaps else what.step(end)
        lambda_z = _slide(dial, name, (what.stops(end)[-1],), step, what.start(end), **how)
    return lambda_z, _second_price(dataset, options, control, dial)


def _slide(
    dial: DeltaGenerator, label: str, stops: tuple[float, ...], step: float, start: float, *, key: str, story: str,
    help: str | None = None,
) -> float:  # fmt: skip
    """A dial of prices: over some stops, or from 0 to the one stop that is given, in steps."""
    top = stops[-1]
    if step:
        _settle(
            key, story, (top, step), lambda asked: round(round(min(max(asked, 0.0), top) / step) * step, 12), start,
            dial,
        )  # fmt: skip
        place = dial.container(key=f"in_reach_{key}")
        price = place.slider(label, 0.0, top, step=step, format="%g", key=key, help=help)
    else:
        _settle(key, story, stops, lambda asked: min(stops, key=lambda price: abs(price - asked)), start, dial)
        place = dial.container(key=f"in_reach_{key}")
        price = place.select_slider(label, stops, format_func=words.price_text, key=key, help=help)
    links.put(key, [format(price, ".12g")], abs(price - start) < 1e-12)
    return float(price)


def _settle(
    key: str, story: str, form: tuple[float, ...], nearest: Callable[[float], float], start: float, dial: DeltaGenerator
) -> None:
    """Stand the dial where it stood, or where the link says; where it has no such stop, at the nearest one.

    A link made elsewhere, or another data set, may ask for a price that is no stop; a link is told so.
    """
    from_link = links.take(key, links.number)
    stood = st.session_state.setdefault("dial_of", {})
    if stood.get(key, story) != story and from_link is None:  # another data set has a dial of its own
        st.session_state.pop(key, None)
    stood[key] = story
    asked = st.session_state.get(key, start)
    shown = nearest(asked)
    links.hold(key, form, shown)
    if from_link is not None and abs(shown - asked) > 1e-9:
        st.session_state["told_of_link"] = {key: (asked, shown)}
    told = st.session_state.get("told_of_link", {}).get(key)
    if told is not None and abs(told[1] - shown) < 1e-9:
        dial.caption(words.plain(
            f"The link asks for λ_z {told[0]:g}, where this dial has no stop; the nearest one, {told[1]:g}, is shown."
        ))  # fmt: skip


def _second_price(dataset: str, options: dict[str, Any], control: str, dial: DeltaGenerator) -> float:
    if not CONTROLS[control].has_second:
        return 0.0
    second = next(c for c in CONTROLS.values() if c.gaps == CONTROLS[control].gaps[1:])
    end = max(dials.ends(dataset, options, second.name)[0].values(), default=0.0)
    stops, step = second.stops(end), second.step(end) / BETWEEN
    start = min(stops, key=lambda price: abs(price - SECOND_START * end))
    how = {"key": "price_second", "story": f"{dataset} {options}"}
    return _slide(dial, "Price of the true positive gap", (stops[-1],), step, start, **how)


def _goal(dial: DeltaGenerator, free: bool) -> Goal:
    """What should be reached, instead of a price."""
    with dial:
        left, right = st.columns([2, 3], vertical_alignment="bottom")
    kind = links.choose(left.selectbox, "Goal", list(GOALS), format_func=lambda g: GOALS[g], key="goal")
    if kind == "accuracy":
        value = links.slide(right.slider, "Points", 0.1, 5.0, 1.0, 0.1, format="%g", key="goal_points") / 100
    else:
        value = links.slide(right.slider, "Ratio", 0.5, 1.0, 0.9, 0.01, format="%g", key="goal_ratio")
    how = (
        "The price is found on real people of the domains trained on, one price for each held-out domain; nobody of "
        "the held-out domain is looked at."
    )
    if not free:
        how = (
            "The price is found among recorded prices, one for each held-out domain, on the recorded tests of the "
            "other domains. Models tested there were trained on people of this one too; tests on it are not looked at."
        )
    dial.caption(f"{how} How close it comes over there is what the chart shows.")
    return Goal(kind, value)
