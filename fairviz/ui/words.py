"""Numbers as sentences: both groups, the favourable label and n are named. No Streamlit here."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import selection_rate, true_positive_rate
from fairviz.synthesizers.controls import CONTROLS


def plain(text: str) -> str:
    """Text from data as it is: Markdown, LaTeX and control characters lose their meaning."""
    text = "".join(c if c.isprintable() else " " for c in str(text))
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>$:~&])", r"\\\1", text)


def price_text(value: float) -> str:
    """A price as short as it can be."""
    return f"{value:g}"


def meaning(control: str, lambda_z: float, lambda_eop: float = 0.0) -> str:
    """What lambda_z means, in words."""
    if lambda_z == 0 and lambda_eop == 0:
        return "No fair control: rows are drawn as the data are, and no accuracy is given up for equality."
    return CONTROLS[control].meaning.format(price=price_text(lambda_z), price_eop=price_text(lambda_eop))


def _per_thousand(value: float) -> str:
    return f"{1000 * value:.0f}"


def lower_group(counts: Counts, metric: str) -> tuple[str, str] | None:
    """(lower, higher) group if the same one is lowest and highest wherever both can be told; else None."""
    rates = true_positive_rate(counts.table) if metric.startswith(("R_EOp", "eop")) else selection_rate(counts.table)
    pairs = {
        (counts.groups[int(row.argmin())], counts.groups[int(row.argmax())])
        for row in rates
        if not any(math.isnan(v) for v in row)
    }
    return pairs.pop() if len(pairs) == 1 else None


def _times(value: float, low: float, high: float) -> str:
    return f"{value:.2f} times ({low:.2f} to {high:.2f})"


def sentence(
    head: Mapping[str, float],
    before: Mapping[str, float],
    counts: Counts,
    *,
    metric: str,
    favourable: str,
    nouns: Mapping[str, str],
    domain_word: str,
    controlled: bool,
) -> str:
    """The one sentence beside the chart (plain text with Markdown bold).

    Parameters
    ----------
    head, before : mapping
        ``tradeoff.headline`` at the present setting and at lambda_z = 0.
    counts : Counts
        At the present setting, one entry per domain.
    nouns : mapping
        Words for groups; a group without one is quoted as it is.
    """

    def word(group: str) -> str:
        return plain(nouns.get(group, f'"{group}"'))

    n = f"{int(counts.table.sum()):,}"
    article = "an" if domain_word[0] in "aeiou" else "a"
    who = f"Tested on {n} people of {article} {plain(domain_word)} the model never saw"
    if len(counts.domains) > 1:
        who += f" ({len(counts.domains)} held out in turn, averaged)"
    text = f"{who}: right for **{_per_thousand(head['accuracy'])} of 1,000** "
    text += f"({_per_thousand(head['accuracy_low'])} to {_per_thousand(head['accuracy_high'])}). "
    if math.isnan(head["fairness"]):
        return text + "Fairness cannot be judged here: too few people of a group, or nobody gets the favourable answer."
    yes = plain(f'"{favourable}"')
    pair = lower_group(counts, metric)
    low, high = (word(pair[0]), word(pair[1])) if pair else ("the group that gets it less", "the other")
    true_rate = metric.startswith(("R_EOp", "eop"))
    verb = f"It finds {low} who are truly {yes}" if true_rate else f"It says {yes} for {low}"
    if metric == "R_DP_other":
        verb = f"Read the other way, it gives the unfavourable answer ratio between {low} and {high} of"
        text += f"{verb} **{_times(head['fairness'], head['fairness_low'], head['fairness_high'])}**."
    elif metric.startswith("R_"):
        text += f"{verb} **{_times(head['fairness'], head['fairness_low'], head['fairness_high'])}** as often as "
        text += f"{'it finds ' if true_rate else 'for '}{high}."
    else:
        spread = f"({100 * head['fairness_low']:.1f} to {100 * head['fairness_high']:.1f})"
        text += f"{verb} **{100 * head['fairness']:.1f} points** {spread} less often than "
        text += f"{'' if true_rate else 'for '}{high}."
    if head["n_domains"] < len(counts.domains):
        text += f" The fairness figure runs over {head['n_domains']} of {len(counts.domains)} domains; "
        text += "the rest are too small."
    if not controlled:  # about as long as what stands here otherwise, so that nothing moves
        return text + " Fair control is off: this is the starting point."
    if not math.isnan(before["fairness"]):
        value = (
            f"{before['fairness']:.2f} times" if metric.startswith("R_") else f"{100 * before['fairness']:.1f} points"
        )
        text += f" Without fair control: {_per_thousand(before['accuracy'])} of 1,000, {value}."
    return text


def span(value: tuple[float, float, float], *, percent: bool = False) -> str:
    """``0.70 (0.63–0.77)``; empty for not estimable."""
    middle, low, high = value
    if math.isnan(middle):
        return ""
    if percent:
        return f"{100 * middle:.1f} % ({100 * low:.0f}–{100 * high:.0f})"
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def join(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
