"""Who decides what about whom: the columns of a table and their roles, proposed first, chosen by the person."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fairviz.data.cautions import TOO_MANY, Caution
from fairviz.data.cells import as_text
from fairviz.data.dividing import MAX_PARTS, MOST_KEPT
from fairviz.data.opened import Opened
from fairviz.data.proposals import FEW_VALUES, Proposed, propose_division, propose_label
from fairviz.data.roles import Division, Label, Roles
from fairviz.data.schema import MAX_GROUPS
from fairviz.errors import DataError
from fairviz.telling import words

BY_COLUMN, BY_CHANCE = "column", "chance"
WAYS = {BY_COLUMN: "A column", BY_CHANCE: "Random parts"}
#: Values of a label that are listed to choose from.
MAX_VALUES = 50


def choose_roles(opened: Opened, proposed: Proposed, cautions: Sequence[Caution], key: str) -> Roles:
    """Widgets for all roles; ``key`` tells tables apart.

    Raises
    ------
    DataError
        What was typed cannot be understood.
    """
    left, middle, right = st.columns(3, gap="medium")
    with left:
        st.markdown("**What is decided**")
        label = _label(opened.frame, proposed.labels, key)
    with middle:
        st.markdown("**About which groups**")
        group = _division(opened.frame, proposed.groups, [label.column], f"group_{key}", "Group", MAX_GROUPS)
    with right:
        st.markdown("**Domains: places, times, kinds**")
        how = st.segmented_control(
            "Domains are", list(WAYS), default=BY_COLUMN, format_func=WAYS.__getitem__, required=True,
            key=f"parts_{key}", label_visibility="collapsed",
        )  # fmt: skip
        taken = [label.column, *group.columns]
        if how == BY_CHANCE:
            domain = Division(parts=int(st.number_input("How many", 2, MAX_PARTS, 5, key=f"n_parts_{key}")))
            st.caption("Random parts show noise, not a change between places or times.")
        else:
            domain = _division(opened.frame, proposed.domains, taken, f"domain_{key}", "Domain", 12)
            taken += domain.columns
    rest = [name for name in opened.frame.columns if name not in taken]
    many = [c.column for c in cautions if c.kind == TOO_MANY and c.column in rest]
    merged = [] if not many else st.multiselect(
        f"Learned from with their {MOST_KEPT} most frequent values", many, key=f"merged_{key}_{'_'.join(taken)}",
        help="These columns have too many values to learn them all. Chosen here, all rarer values count as one; "
        "otherwise the column is left out.",
    )  # fmt: skip
    out = [name for name in rest if name in opened.odd or any(c.column == name and c.leave_out for c in cautions)]
    excluded = st.multiselect(
        "Left out of learning", [name for name in rest if name not in merged],
        default=[name for name in out if name not in merged], key=f"out_{key}_{'_'.join([*taken, *merged])}",
        help="All other columns are what a classifier may look at.",
    )  # fmt: skip
    return Roles(label, group, domain, tuple(excluded), merged=tuple(merged))


def _label(frame: pd.DataFrame, order: Sequence[str], key: str) -> Label:
    column = st.selectbox("Label", order, key=f"label_{key}", help="What was decided, or what came of it.")
    guess = propose_label(column, frame[column])
    if guess.at_least is not None:
        at = st.number_input(
            "Good for the person: at least", value=guess.at_least, key=f"at_least_{key}_{column}", format="%g"
        )
        return Label(column, at_least=float(at))
    counts = as_text(frame[column]).dropna().value_counts()
    if len(counts) > MAX_VALUES:
        st.caption(f"{len(counts):,} values; the {MAX_VALUES} most frequent can be chosen.")
    listed = list(counts.index[:MAX_VALUES])
    good = st.multiselect(
        "Good for the person", listed, default=[v for v in guess.favourable if v in listed],
        key=f"good_{key}_{column}",
    )  # fmt: skip
    return Label(column, tuple(good))


def _division(
    frame: pd.DataFrame, order: Sequence[str], taken: Sequence[str], key: str, title: str, most: int
) -> Division:
    """One column, or two that are crossed; numbers cut into bands."""
    free = [name for name in order if name not in taken]
    chosen = st.session_state.setdefault("_chosen", {})
    before = [name for name in chosen.get(key, []) if name in free]  # a new label does not undo what was chosen
    columns = st.multiselect(
        title, free, default=before or free[:1], max_selections=2, key=f"{key}_{'_'.join(taken)}",
        help="Two columns are crossed, such as sex × race.",
    )  # fmt: skip
    chosen[key] = columns
    bands = []
    for name in columns:
        guess = dict(propose_division(name, frame[name], most=most).bands)
        if name in guess or (pd.api.types.is_numeric_dtype(frame[name]) and frame[name].nunique() > FEW_VALUES):
            text = st.text_input(
                f"Bands of {words.plain(name)}, cut at", ", ".join(f"{edge:g}" for edge in guess.get(name, ())),
                key=f"bands_{key}_{name}", help="Rising numbers, such as 25, 45, 65. Empty: values as they are.",
            )  # fmt: skip
            if edges := _edges(text):
                bands.append((name, edges))
    return Division(tuple(columns), tuple(bands))


def _edges(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.replace(";", ",").split(",") if part.strip())
    except ValueError:
        raise DataError(f"Bands are cut at numbers separated by commas, such as 25, 45; found {text[:60]!r}.") from None
