"""What stands in large type, against a hand-worked table; data cannot smuggle Markdown into it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.paired import Cost
from fairviz.evaluation.runs import Runs
from fairviz.telling.headline import headline, in_the_data, past_the_best, whose
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
    first, second, third = say(NOW)
    assert first.startswith("At this price the model is wrong about **20 more people in 1,000**, which may be chance (")
    assert "; 210 instead of 190), and" in first
    assert third.startswith(r'**Mind:** Only 10 women truly have "\>50K"')
    assert r'women are told "\>50K" **0.95 times** as often as men (' in first
    assert first.endswith("instead of 0.45 times.")
    assert second == r'Of 100 women who truly have "\>50K" it finds **100** (was 60), of 100 men **80** (was 80).'


def test_without_a_price() -> None:
    first, second, _ = say(HAND, controlled=False)
    assert first.startswith("Without fair control the model is right about **810 people in 1,000**, and women are told")
    assert "instead of" not in first
    assert second == r'Of 100 women who truly have "\>50K" it finds **60**, of 100 men **80**.'


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (HAND, HAND, "**as many people as without control** ("),
        (HAND, NOW, "**20 fewer people in 1,000**, which may be chance ("),
        (100 * NOW, 100 * HAND, "**20 more people in 1,000** ("),
    ],
)
def test_more_fewer_or_as_many(now: np.ndarray, before: np.ndarray, text: str) -> None:
    assert text in say(now, before)[0]


def test_totals_that_do_not_add_up_leave_one_out() -> None:
    """132 wrong of 700 instead of 131: 188.6 and 187.1 of 1,000, so one more, but not 189 instead of 187."""
    now, before = 7 * HAND, 7 * HAND
    now[0, 0, 0], before[0, 0, 0] = [190, 20], [191, 19]
    effect = replace(view(now, before).effect, cost=Cost(1 / 700, 0.0006, 0.002))
    first = headline(effect, metric="R_DP", labels=LABELS, nouns=NOUNS, controlled=True)[0]
    assert "**1 more person in 1,000** (1 to 2; 189 in all)" in first


def test_one_more_that_may_be_chance_is_about_as_many() -> None:
    """Nobody counted pairs: at worst 19 + 20 of 700 women or so are told something else."""
    now, before = 7 * HAND, 7 * HAND
    now[0, 0, 0], before[0, 0, 0] = [190, 20], [191, 19]
    assert "wrong about **roughly as many people as without control** (" in say(now, before)[0]
    assert "wrong about **roughly as many people as without control** (" in say(before, now)[0]


def test_a_gap_that_turned_is_said() -> None:
    """Of 1,000 women 60 of 100 found and of 3,000 men 80; then 100 and 80. Of a hundredth it may be chance."""
    assert say(100 * NOW, 100 * HAND)[1].endswith("of 100 men **80** (was 80): now fewer men are found than women.")
    assert "fewer" not in say(NOW)[1]
    assert "fewer" not in say(100 * HAND, 100 * HAND)[1]


def test_the_interval_is_told_in_the_sentence_s_direction() -> None:
    """Nobody counted pairs. At worst 12 + 4 women and 12 + 12 men are told something else: 40 of 100 people."""
    half = round(1000 * (1.96 * np.sqrt(40 - 0.04) / 100))
    assert f"**20 more people in 1,000**, which may be chance ({half - 20} fewer to {half + 20} more;" in say(NOW)[0]
    assert (
        f"**20 fewer people in 1,000**, which may be chance ({half - 20} more to {half + 20} fewer;"
        in say(HAND, NOW)[0]
    )


def test_the_direction_is_kept() -> None:
    """Women 9 of 40 before and 6 of 40 now, men 6 and 9: a ratio beyond 1 says who gets it more often."""
    even = np.array([[[[27, 3], [4, 6]], [[27, 3], [4, 6]]]])
    swapped = even.copy()
    even[0, 0] = [[30, 0], [4, 6]]
    swapped[0, 1] = [[30, 0], [4, 6]]
    first = say(even, swapped)[0]
    assert r'men are told "\\>50K" **1.50 times** as often as women ('.replace("\\\\", "\\") in first
    assert first.endswith("instead of 0.67 times.")
    gap = say(even, swapped, metric="dp_difference")[0]
    assert "**7.5 points** more often than women (" in gap
    assert gap.endswith("instead of 7.5 points.")


def test_a_gap_is_in_points_and_the_other_label_is_named() -> None:
    assert r'women are told "\>50K" **2.5 points** less often than men' in say(NOW, metric="dp_difference")[0]
    assert r'are told "\<\=50K"' in say(NOW, metric="R_DP_other")[0].replace("=", r"\=")
    assert r'women who truly have "\>50K" are found **0.75 times** as often as men' in say(HAND, metric="R_EOp")[0]
    assert "it is right to say" in say(3 * HAND, 3 * HAND, metric="R_PP")[0]


def test_what_cannot_be_judged_is_said() -> None:
    table = HAND.copy()
    table[0, 0, 1] = [4, 5]
    first, second = say(table, table, metric="R_EOp")[:2]
    assert "cannot be judged: too few people of a group" in first
    assert second.endswith("it finds **80** (was 80); too few women to say.")


def test_of_many_groups_the_extremes() -> None:
    groups = ("x", "y", "z")
    table = np.array([[[[50, 0], [5, 15]], [[50, 0], [10, 10]], [[50, 0], [15, 5]]]])
    runs = Runs((Counts(("a",), groups, table),))
    path = pd.DataFrame({"lambda_z": [0.0], "accuracy": [0.8], "fairness": [0.5]})
    effect = background(runs, runs, runs, path, "R_DP").view(runs, path).effect
    first, second = headline(effect, metric="R_DP", labels=LABELS, nouns={}, controlled=False)[:2]
    assert '"z" are told "\\>50K" **0.33 times** as often as "x"' in first
    assert second.startswith('Of 100 "z" who')
    assert second.endswith('it finds **25**, of 100 "x" **75**.')


def test_what_to_mind() -> None:
    """A model that says yes to all; one that is worse than one answer; domains that go another way than their sum."""
    everybody = 10 * np.array([[[[0, 30], [0, 10]], [[0, 30], [0, 30]]]])
    assert any('It tells "\\>50K" to 1,000 of 1,000 people' in text for text in say(everybody, 10 * HAND))
    worse = 10 * np.array([[[[10, 20], [4, 6]], [[24, 6], [6, 24]]]])  # 640 of 1,000; the other label has 600
    assert not any("One answer for all" in text for text in say(worse, worse))
    bad = 10 * np.array([[[[5, 25], [4, 6]], [[24, 6], [6, 24]]]])  # 590
    assert any("One answer for all would be right about 600 people in 1,000" in text for text in say(bad, bad))
    # a: women 20 of 40, men 40 of 40; b: women 40 of 40, men 20 of 40. Together equal, in each domain half
    half = np.array([[[10, 10], [10, 10]], [[0, 20], [0, 20]]])
    apart = 10 * np.stack([half, half[::-1]])
    level = 10 * np.array([[[[4, 16], [4, 16]], [[8, 12], [8, 12]]]] * 2)
    told = say(apart, level)
    assert any("Domain by domain it is less equal than without control: 0.50 times on average" in text for text in told)
    assert "instead of 0.75 times" in told[-1]


def test_no_group_gains() -> None:
    """Of 1,000 women 60 and of 3,000 men 80 of 100 found; then 40 and 80; a hundredth of them is too few to say."""
    fewer = HAND.copy()
    fewer[0, 0, 1] = [6, 4]
    assert say(100 * fewer, 100 * HAND)[1].endswith("of 100 men **80** (was 80): no group gains.")
    assert "gains" not in say(fewer, HAND)[1]
    assert "gains" not in say(100 * HAND, 100 * HAND)[1]
    assert "gains" not in say(100 * HAND, 100 * fewer)[1]


def test_what_the_data_say_themselves() -> None:
    """10 of 40 women and 30 of 60 men."""
    found = in_the_data(view(NOW, HAND).effect, labels=LABELS, nouns=NOUNS)
    assert found == (r'In the data 25 of 100 women and 50 of 100 men have "\>50K"; whether that is just was not asked.')


def test_a_lower_price_that_is_more_equal_and_cheaper_is_said() -> None:
    """Now it is 19/40 over 30/60 with 79 of 100 right; .98 with 83 is better, .96 hardly, .98 with 70 dearer."""

    def at(price: float, accuracy: float, fairness: float) -> str:
        path = pd.DataFrame({"lambda_z": [0.0, price], "accuracy": [0.9, accuracy], "fairness": [1.0, fairness]})
        return past_the_best(replace(view(100 * NOW, 100 * HAND), path=path), 0.2, NOUNS)

    said = "Less did more on these very people: at 0.1 the mean over domains is 0.98 times, at less cost; "
    assert at(0.1, 0.83, 0.98) == said + "here 0.95 times, which may be chance."
    assert at(0.1, 0.83, 1.0).endswith("here 0.95 times.")  # of 10,000 people 0.95 has an interval of .02 and less
    assert at(0.1, 0.7, 0.98) == at(0.1, 0.83, 0.96) == at(0.3, 0.83, 0.98) == ""
    turned = np.array([[[[14, 16], [2, 8]], [[22, 8], [8, 22]]]])  # women 24 of 40, men 30 of 60: 0.83 the other way
    path = pd.DataFrame({"lambda_z": [0.0, 0.1], "accuracy": [0.9, 0.9], "fairness": [1.0, 0.98]})
    far = replace(view(100 * turned, 100 * HAND), path=path)
    brief = "Less did more on these very people: 0.98 times at 0.1, at less cost."
    assert past_the_best(far, 0.2, NOUNS, briefly=True) == brief
    beyond = past_the_best(far, 0.2, NOUNS)
    assert beyond.endswith(
        "here 0.83 times. The smaller rate is divided by the larger, and in a domain it is now the other group's."
    )


def test_whose_people_they_are() -> None:
    assert whose(view(NOW, HAND).effect, "race") == "a: 100 people; nobody of this race was trained on"
    two = np.concatenate([HAND, 3 * HAND])
    assert whose(view(two, two).effect, "race") == "400 people of 2 domains together (race), none trained on"


def test_nothing_from_data_is_markup() -> None:
    path = pd.DataFrame({"lambda_z": [0.0], "accuracy": [0.8], "fairness": [0.5]})
    runs = Runs((Counts(("*a*",), ("<b>", "[x](http://y)"), HAND),))
    effect = background(runs, runs, runs, path, "R_DP").view(runs, path).effect
    told = headline(effect, metric="R_DP", labels=("no", "![i](u)"), nouns={}, controlled=True)
    text = " ".join([*told, whose(effect, "$r$")])
    for raw in ("<b>", "](http", "![i]", "*a*", "$r$"):
        assert raw not in text
