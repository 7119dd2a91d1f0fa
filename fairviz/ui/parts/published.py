"""The paper's Table 1, measured again, beside what the paper says."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from fairviz.experiments.tables import SHORT, with_span
from fairviz.store import Entry
from fairviz.telling import words
from fairviz.ui.parts import base, comparisons, links


def table(entry: Entry) -> None:
    """The paper's Table 1, ours beside."""
    facts = entry.json("facts.json")
    rows, note = comparisons.table1(str(entry.path))
    places = ["mean", *entry.spec["targets"]]
    place = links.choose(
        st.segmented_control, "Held-out domain", places, required=True, key="table1_domain",
        format_func=lambda d: "Mean of all" if d == "mean" else words.plain(SHORT.get(d, d)),
    )  # fmt: skip
    part = rows[rows["domain"] == place]
    yes, no = facts["labels"][1], facts["labels"][0]
    chosen = {m: "; ".join(dict.fromkeys(rows.loc[(rows["method"] == m) & (rows["setting"] != ""), "setting"]))
              for m in part["method"]}  # fmt: skip
    frame = pd.DataFrame(
        {
            "Method": part["title"],
            "Accuracy, %": [with_span(r, "accuracy", 1, 100) for r in part.to_dict("records")],
            f"R_DP ({yes})": [with_span(r, "R_DP", 2) for r in part.to_dict("records")],
            f"R_DP ({no})": [with_span(r, "R_DP_other", 2) for r in part.to_dict("records")],
            "R_EOp": [with_span(r, "R_EOp", 2) for r in part.to_dict("records")],
            "Paper: accuracy, R_DP, R_EOp": [_paper(r) for r in part.to_dict("records")],
            "Chosen inside the source": [chosen[m] if place == "mean" else s
                                         for m, s in zip(part["method"], part["setting"], strict=True)],
        }
    )  # fmt: skip
    base.table(frame, key="table1", alt="The paper's Table 1, measured again")
    st.caption(words.plain(note))


def _paper(row: dict[str, Any]) -> str:
    found = row.get("paper")
    return f"{found[0]:.2f}, {found[1]:.2f}, {found[2]:.2f}" if isinstance(found, (tuple, list)) else "–"
