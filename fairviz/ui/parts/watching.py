"""Watch rows being made: from noise to people, without a price and with one, from the same noise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from fairviz import charts
from fairviz.data.sets import DATASETS
from fairviz.telling import words
from fairviz.ui.parts import base, links, loading

if TYPE_CHECKING:
    from fairviz.synthesizers.watching import Watched

ROWS, STEPS, PRICE = 300, 20, 0.2


def section(dataset: str) -> None:
    """Folded away; drawn when somebody asks."""
    with st.expander("Watch rows being made"):
        fits = {d: entry for d, entry in loading.fits(dataset, {}).items() if d != "all"}
        if not fits:
            st.info("There is no fit to draw from yet.", icon=":material/info:")
            return
        st.markdown(
            f"A generator starts from noise and takes it away in {STEPS} steps until made-up people are left. Two "
            "classifiers look on: one guesses the group, one the label. On the right the price "
            f"{PRICE:g} pulls at every step; the noise is the same."
        )
        if not st.session_state.get("watching") and not st.button(
            "Show me", key="watch", icon=":material/play_arrow:", on_click=_begin
        ):
            return
        step = int(links.slide(st.slider, "Step", 0, STEPS, STEPS, 1, key="watch_step"))
        entry = fits[next(iter(sorted(fits)))]
        off, on, groups, labels = _drawn(str(entry.path), json.dumps({"n": ROWS, "n_steps": STEPS, "price": PRICE}))
        nouns = DATASETS[dataset].nouns
        reach = 1.05 * float(max(abs(part.places).max() for part in (off, on)))
        for column, part, title in zip(
            st.columns(2, gap="medium"), (off, on), ("Without a price", f"With the price {PRICE:g}"), strict=True
        ):
            with column:
                _one(part, step, title, [nouns.get(group, group) for group in groups], labels, reach)


def _begin() -> None:
    st.session_state["watching"] = True


def _one(part: Watched, step: int, title: str, groups: list[str], labels: tuple[str, str], reach: float) -> None:
    guess, yes = part.group[step].argmax(1), part.label[step] > 0.5
    frame = pd.DataFrame(
        {
            "x": part.places[step, :, 0],
            "y": part.places[step, :, 1],
            "group": [groups[k] for k in guess],
            "label": [labels[int(k)] for k in yes],
        }
    )
    st.markdown(f"**{title}**")
    base.draw(
        charts.cloud(frame, groups=groups, labels=labels, reach=reach), key=f"cloud_{title}",
        alt=f"{title}: {len(frame)} rows at step {step}",
    )  # fmt: skip
    shares = [
        f"{words.plain(group)}: {100 * part.label[step][guess == k].mean():.0f}" if (guess == k).sum() >= 10
        else f"{words.plain(group)}: too few"
        for k, group in enumerate(groups)
    ]  # fmt: skip
    noise = float(part.ratios[step])
    left = "none" if noise == 0 else f"{noise:.1f} times as much as signal"
    st.caption(f"Noise left: {left}. Of 100 rows taken for each group, {words.plain(labels[1])}: {'; '.join(shares)}.")


@st.cache_resource(max_entries=4, show_spinner="Drawing …")
def _drawn(path: str, how: str) -> tuple[Watched, Watched, list[str], tuple[str, str]]:
    """Shared between sessions: never changed."""
    from fairviz.synthesizers.watching import watched

    given: dict[str, Any] = json.loads(how)
    fit = loading.fit_at(path)
    off, on = watched(fit, given.pop("n"), **given)
    return off, on, list(fit.groups_), (str(fit.labels_[0]), str(fit.labels_[1]))
