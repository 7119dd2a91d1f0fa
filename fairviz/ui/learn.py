"""A lesson in seven steps: predict, then see. Each step has a link of its own."""

from __future__ import annotations

import streamlit as st

from fairviz.controls.dials import BOOSTED, NETWORK
from fairviz.data.sets import DATASETS
from fairviz.data.sources import fingerprint_of
from fairviz.errors import DataError
from fairviz.store.specs import FIT, FRONTIER, SWEEP
from fairviz.telling.lesson import Recorded, Step, lesson
from fairviz.ui.parts import base, links, loading, watching

#: What the lesson is about.
DATASET = "adult"


@base.guarded(FIT, SWEEP, FRONTIER)
def page() -> None:
    """Learn."""
    with st.container(key="first_line", horizontal=True, vertical_alignment="center"):
        base.header("fairviz · Learn", "Learn")
    links.about(fingerprint_of(DATASET))
    steps = _lesson()
    keys = [step.key for step in steps]
    chosen = links.choose(
        st.segmented_control, "Step", keys, key="step", required=True, label_visibility="collapsed",
        format_func=lambda key: f"{keys.index(key) + 1}",
    )  # fmt: skip
    number = keys.index(chosen)
    _show(steps[number], number, len(steps))
    with st.container(horizontal=True, key="turn"):
        if number:
            st.button("Back", key="back", icon=":material/arrow_back:", on_click=_go, args=(keys[number - 1],))
        if number + 1 < len(keys):
            st.button("Next", key="next", icon=":material/arrow_forward:", on_click=_go, args=(keys[number + 1],))
        elif base.pages():
            st.page_link(base.pages()[0], label="Now turn it yourself", icon=":material/tune:")
    watching.section(DATASET)
    st.caption(
        "Adult is a public table of the US census of 1994, used for teaching. Every number is looked up in recorded "
        "results; nothing here is a finding about people today."
    )


def _go(key: str) -> None:
    st.session_state["step"] = key


def _show(step: Step, number: int, many: int) -> None:
    """One idea: text and guess on the left, what is seen on the right once a guess was made."""
    st.markdown(f"### {number + 1} of {many} · {step.title}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        with st.container(key="headline_lesson"):
            st.markdown(step.text)
        guess = st.radio(
            step.question, range(len(step.options)), index=None, key=f"guess_{step.key}",
            format_func=step.options.__getitem__,
        )  # fmt: skip
        with st.expander("For whoever teaches this"):
            st.markdown(step.note)
    with right:
        if guess is None:
            st.info("Make a guess. Then the page shows what happened.", icon=":material/help:")
            return
        said = "You guessed right." if guess == step.right else f"It is: {step.options[step.right]}."
        st.markdown(f"**{said}** {step.answer}")
        for k, (says, chart) in enumerate(step.charts()):
            st.caption(says)  # above: two charts follow each other, and it is to be clear whose it is
            base.draw(chart, key=f"lesson_{step.key}_{k}", alt=says)


@loading.stamped(SWEEP, FRONTIER)
def _lesson() -> tuple[Step, ...]:
    """The steps on what ships. Shared between sessions: never changed."""
    ours, published = (loading.recorded(DATASET, labels) for labels in (BOOSTED, NETWORK))
    if ours is None or published is None:
        raise DataError(
            f"The lesson needs the recorded results of {DATASETS[DATASET].title}, which are not here. Restore "
            f"'pretrained', or run 'fairviz pretrain --dataset {DATASET}'."
        )
    return lesson(Recorded(ours[0], published[0], ours[1], DATASETS[DATASET].nouns))
