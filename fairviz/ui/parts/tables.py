"""Under the charts: the domain table, counts, the command."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from fairviz.telling import words
from fairviz.telling.view import View, counts_table
from fairviz.ui.parts import base
from fairviz.ui.parts.rows import synthetic as synthetic
from fairviz.ui.parts.setting import Setting

#: What is said of a ratio whose interval reaches equality.
MAYBE = ", maybe chance"


def domain_frame(domains: list[dict[str, Any]], favourable: str, nouns: Mapping[str, str]) -> pd.DataFrame:
    """One row of text per held-out domain: n, accuracy, each group's rate, ratios with intervals and floors."""
    rows = []
    for row in sorted(domains, key=lambda r: -r["n"]):
        line = {
            "Held-out domain": row["domain"],
            "People": f"{row['n']:,}",
            "Right": words.span(row["accuracy"], percent=True),
        }
        line[f"Told {favourable}"] = "; ".join(_rate(group, nouns) for group in row["groups"])
        for metric in ("R_DP", "R_EOp"):
            why = row[f"{metric}_why"]
            less = row[f"{metric}_less"]
            turn = f" {nouns.get(less, less)} less{MAYBE if row[metric][2] >= 1 else ''}" if less else ""
            line[metric] = f"not estimable: {why}" if why else words.span(row[metric]) + turn
            median, low = row[f"{metric}_floor"]
            line[f"{metric} if equal"] = "" if math.isnan(median) else f"{median:.2f} / {low:.2f}"
        rows.append(line)
    return pd.DataFrame(rows)


def _rate(group: Mapping[str, Any], nouns: Mapping[str, str]) -> str:
    """``women 8.1 % of 16,192``."""
    rate = "" if math.isnan(group["rate"]) else f"{100 * group['rate']:.1f} % of "
    return f"{nouns.get(group['group'], group['group'])} {rate}{group['n']:,}"


def domain_table(
    domains: list[dict[str, Any]], favourable: str, nouns: Mapping[str, str], key: str = "domain_table"
) -> None:
    """The table of :func:`domain_frame`, with what it means below."""
    frame = domain_frame(domains, favourable, nouns)
    st.markdown("**Domain by domain** · 95 % intervals over test people and seeds in brackets")
    base.table(frame, key=key, alt="Counts, accuracy and fairness per held-out domain")
    st.caption(
        "R_DP: lower rate of favourable answers over the higher one. R_EOp: the same among people whose true label is "
        "favourable. Rates are means over the runs, and a ratio is the quotient of these means. Chance alone lowers a "
        "ratio: with 30 people in each group that of an equal model comes out about 0.14 too low if the rates are near "
        "60 %, 0.30 if near 20 %; with 1,000 people 0.03 and 0.07. A ratio that is truly 0.5 is hardly off. “If "
        "equal”: what one run of a model without group difference would show with the people of this row, typically / "
        "1 in 20 below."
    )


def details(
    setting: Setting, view: View, favourable: str, nouns: Mapping[str, str], command: Callable[[str], str] | None,
    token: str | None = None,
) -> None:  # fmt: skip
    """Folded away: counts, rows, command. ``token``: see :func:`base.show_again`."""
    with st.expander("Counts per domain and group"):
        counts = base.show_again(partial(_counts, view, favourable, nouns), token=token, key="counts")
        st.download_button(
            "Download counts (CSV)", counts, f"fairviz-counts-{base.nonce()}.csv", "text/csv",
            key="download_counts", on_click="ignore",
        )  # fmt: skip
    synthetic(setting)
    if command is None:
        return
    with st.expander("The commands for one domain and seed"):
        domains = [row["domain"] for row in view.domains]
        target = (
            st.selectbox("Held-out domain", domains, key=f"command_{setting.dataset}")
            if len(domains) > 1
            else domains[0]
        )
        code = partial(_code, command, target)
        base.show_again(code, token=token and json.dumps([token, target]), key="command")
        st.caption(
            "Seeds 0, 1, 2 … (in every line) give the recorded runs; the numbers above are their means. All at once: "
            "take the scenario away (above); `fairviz run FILE` gives its counts again, `fairviz report FILE` "
            "the sentences."
        )


def _counts(view: View, favourable: str, nouns: Mapping[str, str]) -> str:
    table = counts_table(view, favourable, nouns)
    st.dataframe(table, hide_index=True, key="counts_table")
    if len(view.now.parts) > 1:
        st.caption("Predicted and found are means over runs, so they need not be whole.")
    return str(table.to_csv(index=False))


def _code(command: Callable[[str], str], target: str) -> None:
    st.code(command(target), language="bash", wrap_lines=True)
