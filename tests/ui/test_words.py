"""Sentences say what the numbers say, and data cannot smuggle Markdown into them."""

import numpy as np

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.tradeoff import headline
from fairviz.ui import words
from tests.evaluation.test_metrics import HAND

NOUNS = {"Female": "women", "Male": "men"}
COUNTS = Counts(("a", "b"), ("Female", "Male"), np.concatenate([HAND, HAND * 3]))


def say(counts: Counts, metric: str, controlled: bool = True) -> str:
    before = Counts(counts.domains, counts.groups, counts.table * 2)
    return words.sentence(
        headline(counts, metric), headline(before, metric), counts, metric=metric, favourable=">50K", nouns=NOUNS,
        domain_word="race", controlled=controlled,
    )  # fmt: skip


def test_parity_sentence() -> None:
    text = say(COUNTS, "R_DP")
    assert text.startswith("Tested on 400 people of a race the model never saw (2 held out in turn, averaged)")
    assert "right for **810 of 1,000**" in text
    assert r'It says "\>50K" for women **0.45 times' in text
    assert "as often as for men." in text
    assert "Without fair control: 810 of 1,000, 0.45 times." in text
    assert "Without fair control" not in say(COUNTS, "R_DP", controlled=False)


def test_opportunity_sentence() -> None:
    assert r'It finds women who are truly "\>50K" **0.75 times' in say(COUNTS, "R_EOp")
    assert "as often as it finds men." in say(COUNTS, "R_EOp")


def test_gap_sentence() -> None:
    assert "**27.5 points**" in say(COUNTS, "dp_difference")


def test_not_estimable_is_said() -> None:
    table = HAND.copy()
    table[0, 0, 1] = [1, 2]
    assert "Fairness cannot be judged here" in say(Counts(("a",), ("Female", "Male"), table), "R_EOp")
    mixed = Counts(("a", "b"), ("Female", "Male"), np.concatenate([HAND, table]))
    assert "runs over 1 of 2 domains" in say(mixed, "R_EOp")


def test_groups_that_swap_places_are_not_named() -> None:
    swapped = Counts(("a", "b"), ("Female", "Male"), np.concatenate([HAND, HAND[:, ::-1]]))
    assert words.lower_group(swapped, "R_DP") is None
    assert "the group that gets it less" in say(swapped, "R_DP")


def test_plain_takes_the_meaning_from_markdown() -> None:
    assert words.plain("![x](http://a.b)") == r"\!\[x\]\(http\:\/\/a\.b\)".replace(r"\/", "/")
    assert words.plain("a\x00b\nc") == "a b c"
    assert words.plain("$50 *now*") == r"\$50 \*now\*"


def test_meaning_names_the_price() -> None:
    assert "worth 0.2 points of accuracy" in words.meaning("dp", 0.2)
    assert words.meaning("dp", 0.0).startswith("No fair control")
    assert "0.2 points" in words.meaning("dp_eop", 0.2, 0.05)
    assert "0.05" in words.meaning("dp_eop", 0.2, 0.05)


def test_spans() -> None:
    assert words.span((0.7, 0.63, 0.77)) == "0.70 (0.63–0.77)"
    assert words.span((float("nan"),) * 3) == ""
    assert words.join(["a"]) == "a"
    assert words.join(["a", "b", "c"]) == "a, b and c"
