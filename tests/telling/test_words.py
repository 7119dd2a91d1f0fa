"""Sentences say what the numbers say, and data cannot smuggle Markdown into them."""

import numpy as np
import pandas as pd

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.runs import Runs
from fairviz.telling import words
from fairviz.telling.view import background
from tests.evaluation.test_metrics import HAND

NOUNS = {"Female": "women", "Male": "men"}
GROUPS = ("Female", "Male")
COUNTS = Counts(("a", "b"), GROUPS, np.concatenate([HAND, HAND * 3]))
TURNED = Counts(("a", "b"), GROUPS, COUNTS.table[:, ::-1])


def say(counts: Counts, metric: str, controlled: bool = True, before: Counts | None = None) -> str:
    runs = Runs((counts,))
    path = pd.DataFrame({"lambda_z": [0.0], "accuracy": [0.8], "fairness": [0.5]})
    view = background(Runs((before or counts,)), runs, runs, path, metric).view(runs, path)
    return words.sentence(
        view, metric=metric, labels=("<=50K", ">50K"), nouns=NOUNS, domain_word="race", controlled=controlled
    )


def test_parity_sentence() -> None:
    text = say(COUNTS, "R_DP")
    assert text.startswith("Tested on 400 people of a race the model never saw, 2 held out in turn and each counting")
    assert "right for **810 of 1,000**" in text
    assert r'It says "\>50K" for women **0.45 times**' in text
    assert "as often as for men." in text
    assert "Without fair control: 810 of 1,000, 0.45 times." in text
    assert "Without fair control" not in say(COUNTS, "R_DP", controlled=False)


def test_domains_count_the_same_and_all_people_together_are_told() -> None:
    """Ratios 0.45 (100 rows) and 1 (400 rows): mean 0.725; together by hand."""
    even = np.array([[[[40, 40], [40, 40]], [[40, 40], [80, 80]]]])
    text = say(Counts(("a", "b"), GROUPS, np.concatenate([HAND, even])), "R_DP")
    together = ((9 + 80) / (40 + 160)) / ((30 + 120) / (60 + 240))
    assert "**0.72 times**" in text or "**0.73 times**" in text
    assert f"All 500 together: {1000 * (81 + 200) / 500:.0f} of 1,000, {together:.2f} times." in text


def test_opportunity_sentence() -> None:
    assert r'It finds women whose label is "\>50K" **0.75 times**' in say(COUNTS, "R_EOp")
    assert "as often as men." in say(COUNTS, "R_EOp")
    assert "It rests on only 10 women in a with that label" in say(COUNTS, "R_EOp")


def test_gap_sentence() -> None:
    text = say(COUNTS, "dp_difference")
    assert r'It says "\>50K" for women **27.5 points**' in text
    assert "less often than for men." in text


def test_the_other_label() -> None:
    """<=50K goes to 31 of 40 women and 30 of 60 men: men get it 0.65 times as often."""
    text = say(COUNTS, "R_DP_other")
    assert r'It says "<=50K" for men **0.65 times**'.replace("<", r"\<") in text
    assert "as often as for women." in text


def test_not_estimable_is_said() -> None:
    table = HAND.copy()
    table[0, 0, 1] = [1, 2]
    assert "Fairness cannot be judged here" in say(Counts(("a",), GROUPS, table), "R_EOp")
    mixed = Counts(("a", "b"), GROUPS, np.concatenate([HAND, table]))
    assert "runs over 1 of 2 domains" in say(mixed, "R_EOp")


def test_domains_that_differ_in_direction_are_named() -> None:
    swapped = Counts(("a", "b"), GROUPS, np.concatenate([HAND, HAND[:, ::-1]]))
    assert words.who_gets_less(Runs((swapped,)), "R_DP") == {"Female": ["a"], "Male": ["b"]}
    assert "(women in a; men in b)" in say(swapped, "R_DP")


def test_more_than_two_groups() -> None:
    three = Counts(("a",), ("x", "y", "z"), np.concatenate([HAND, HAND[:, :1]], 1))
    assert "The group that gets least gets it **0.45 times**" in say(three, "R_DP")
    assert 'as often as the one that gets most ("x" in a)' in say(three, "R_DP")


def test_a_turned_direction_is_told() -> None:
    text = say(TURNED, "R_DP", before=COUNTS)
    assert r'It says "\>50K" for men **0.45 times**' in text
    assert "Without fair control: 810 of 1,000, 0.45 times, and it was women who got less." in text


def test_plain_takes_the_meaning_from_markdown() -> None:
    assert words.plain("![x](http://a.b)") == r"\!\[x\]\(http\:\/\/a\.b\)".replace(r"\/", "/")
    assert words.plain("a\x00b\nc") == "a b c"
    assert words.plain("$50 *now*") == r"\$50 \*now\*"


def test_meaning_names_the_price() -> None:
    assert "worth 0.2 points of accuracy" in words.meaning("dp", 1.0, 0.2)
    assert words.meaning("dp", 1.0, 0.0).endswith("rows are drawn as the data are.")
    assert "more clearly than in the data" in words.meaning("dp", 2.0, 0.0)
    assert "0.2 points" in words.meaning("dp_eop", 1.0, 0.2, 0.05)
    assert "0.05" in words.meaning("dp_eop", 1.0, 0.2, 0.05)
    assert "up to 32 times" in words.meaning("entropy", 1.0, 5.0)


def test_who_gets_less_is_told_from_unrounded_rates() -> None:
    """5.2 women and 4.8 men of 40 on average: the same in whole people, not in the rates."""
    parts = []
    for women, men in ((5, 5), (5, 5), (5, 5), (5, 5), (6, 4)):
        parts.append(Counts(("a",), GROUPS, np.array([[[[20, 0], [20 - women, women]], [[20, 0], [20 - men, men]]]])))
    runs = Runs(tuple(parts))
    assert (runs.counts.table[0, 0] == runs.counts.table[0, 1]).all()
    assert words.who_gets_less(runs, "R_DP") == {"Male": ["a"]}


def test_spans() -> None:
    assert words.span((0.0, float("nan"), float("nan"))) == "0.00 (no interval)"
    assert words.span((0.7, 0.63, 0.77)) == "0.70 (0.63–0.77)"
    assert words.span((0.7, 0.63, 0.77), percent=True) == "70.0 % (63–77)"
    assert words.span((0.829, 0.826, 0.832), percent=True) == "82.9 % (82.6–83.2)"  # not 83 to 83
    assert words.span((float("nan"),) * 3) == ""
    assert words.join(["a"]) == "a"
    assert words.join(["a", "b", "c"]) == "a, b and c"
