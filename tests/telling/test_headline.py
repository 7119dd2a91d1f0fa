"""What stands in large type, against a hand-worked table; data cannot smuggle Markdown into it."""

import numpy as np
import pandas as pd
import pytest

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.runs import Runs
from fairviz.telling.headline import headline, whose
from fairviz.telling.view import View, background
from tests.evaluation.test_metrics import HAND

NOUNS, GROUPS, LABELS = {"Female": "women", "Male": "men"}, ("Female", "Male"), ("<=50K", ">50K")


def counts(table: np.ndarray, domains: tuple[str, ...] = ("a",)) -> Counts:
    return Counts(domains, GROUPS, table)


#: Ten more women are told yes, four of them rightly: 81 right of 100 before, 79 now.
NOW = HAND.copy()
NOW[0, 0] = [[21, 9], [0, 10]]


def view(now: np.ndarray, before: np.ndarray, metric: str = "R_DP") -> View:
    domains = tuple("abc"[: len(now)])
    path = pd.DataFrame({"lambda_z": [0.0], "accuracy": [0.8], "fairness": [0.5]})
    runs = Runs((counts(before, domains),))
    return background(runs, runs, runs, path, metric).view(Runs((counts(now, domains),)), path)


def say(now: np.ndarray, before: np.ndarray = HAND, metric: str = "R_DP", controlled: bool = True) -> list[str]:
    return headline(view(now, before, metric).effect, metric=metric, labels=LABELS, nouns=NOUNS, controlled=controlled)


def test_by_hand() -> None:
    """Women 19 of 40, men 30 of 60; before 9 of 40. Truly yes: women 10 of 10 (6), men 24 of 30."""
    first, second = say(NOW)
    assert first.startswith("At this price the model is wrong about **20 more people in 1,000** (")
    assert r'women get "\>50K" **0.95 times** as often as men (' in first
    assert first.endswith("instead of 0.45 times.")
    assert second == r'Of 100 who truly have "\>50K" it finds **100 women** (was 60) and **80 men** (was 80).'


def test_without_a_price() -> None:
    first, second = say(HAND, controlled=False)
    assert first.startswith("Without fair control the model is right about **810 people in 1,000**, and women get")
    assert "instead of" not in first
    assert second == r'Of 100 who truly have "\>50K" it finds **60 women** and **80 men**.'


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (HAND, HAND, "**as many people as without** (by "),
        (HAND, NOW, "**20 fewer people in 1,000** ("),
        (10 * NOW, 10 * HAND, "**20 more people in 1,000** ("),
    ],
)
def test_more_fewer_or_as_many(now: np.ndarray, before: np.ndarray, text: str) -> None:
    assert text in say(now, before)[0]


def test_the_interval_is_told_in_the_sentence_s_direction() -> None:
    """Nobody counted pairs. At worst 12 + 4 women and 12 + 12 men are told something else: 40 of 100 people."""
    half = round(1000 * (1.96 * np.sqrt(40 - 0.04) / 100))
    assert f"**20 more people in 1,000** ({half - 20} fewer to {half + 20} more)" in say(NOW)[0]
    assert f"**20 fewer people in 1,000** ({half - 20} more to {half + 20} fewer)" in say(HAND, NOW)[0]


def test_a_turned_direction_names_both_groups() -> None:
    even = np.array([[[[27, 3], [4, 6]], [[27, 3], [4, 6]]]])
    swapped = even.copy()
    even[0, 0] = [[30, 0], [4, 6]]
    swapped[0, 1] = [[30, 0], [4, 6]]
    first = say(even, swapped)[0]
    assert "women get" in first
    assert "; without control men got it 0.67 times as often as women." in first


def test_a_gap_is_in_points_and_the_other_label_is_named() -> None:
    assert r'women get "\>50K" **2.5 points** less often than men' in say(NOW, metric="dp_difference")[0]
    assert r'get "\<\=50K"' in say(NOW, metric="R_DP_other")[0].replace("=", r"\=")
    assert r'women who truly have "\>50K" are found **0.75 times** as often as men' in say(HAND, metric="R_EOp")[0]
    assert "it is right to say" in say(3 * HAND, 3 * HAND, metric="R_PP")[0]


def test_what_cannot_be_judged_is_said() -> None:
    table = HAND.copy()
    table[0, 0, 1] = [4, 5]
    first, second = say(table, table, metric="R_EOp")
    assert "cannot be judged: too few people of a group" in first
    assert "women" not in second  # nine women are no share
    assert "**80 men**" in second


def test_of_many_groups_the_extremes() -> None:
    groups = ("x", "y", "z")
    table = np.array([[[[50, 0], [5, 15]], [[50, 0], [10, 10]], [[50, 0], [15, 5]]]])
    runs = Runs((Counts(("a",), groups, table),))
    path = pd.DataFrame({"lambda_z": [0.0], "accuracy": [0.8], "fairness": [0.5]})
    effect = background(runs, runs, runs, path, "R_DP").view(runs, path).effect
    first, second = headline(effect, metric="R_DP", labels=LABELS, nouns={}, controlled=False)
    assert '"z" get "\\>50K" **0.33 times** as often as "x"' in first
    assert second.endswith('it finds **25 "z"** and **75 "x"**.')


def test_whose_people_they_are() -> None:
    assert whose(view(NOW, HAND).effect, "race") == "a: 100 people; nobody of this race was trained on"
    two = np.concatenate([HAND, 3 * HAND])
    assert whose(view(two, two).effect, "race") == "400 people of 2 domains together (race), each never trained on"


def test_nothing_from_data_is_markup() -> None:
    path = pd.DataFrame({"lambda_z": [0.0], "accuracy": [0.8], "fairness": [0.5]})
    runs = Runs((Counts(("*a*",), ("<b>", "[x](http://y)"), HAND),))
    effect = background(runs, runs, runs, path, "R_DP").view(runs, path).effect
    told = headline(effect, metric="R_DP", labels=("no", "![i](u)"), nouns={}, controlled=True)
    text = " ".join([*told, whose(effect, "$r$")])
    for raw in ("<b>", "](http", "![i]", "*a*", "$r$"):
        assert raw not in text
