"""Groups of all people together, against fractions worked by hand, binomial intervals and every possible pairing."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import false_positive_rate, true_positive_rate
from fairviz.evaluation.paired import Paired, more_mistakes
from fairviz.evaluation.people import compared, cost, shares
from fairviz.evaluation.runs import Runs
from tests.evaluation.test_metrics import HAND

GROUPS = ("women", "men")


def runs(*tables: np.ndarray) -> Runs:
    return Runs(tuple(Counts(("a", "b"), GROUPS, table) for table in tables))


TWO = np.concatenate([HAND, HAND[:, ::-1] * 3])  # b: three times a, with women and men changed over


def test_everybody_counts_the_same() -> None:
    """Women of a 40, yes 9; of b 180, yes 90. Men of a 60, yes 30; of b 120, yes 27."""
    found = compared(runs(TWO), "R_DP")
    women, men = Fraction(99, 220), Fraction(57, 180)
    assert found.value == pytest.approx(float(men / women))
    assert (found.less, found.more) == ("men", "women")
    assert found.low < found.value < found.high
    mean = np.mean([Fraction(9, 40) / Fraction(30, 60)] * 2)
    assert abs(found.value - float(mean)) > 0.1  # the mean of the domains' own ratios is another number


def test_shares_by_hand() -> None:
    found, wrong = shares(runs(TWO), true_positive_rate), shares(runs(TWO), false_positive_rate)
    assert [one.people for one in found] == [10 + 90, 30 + 30]
    assert [one.value for one in found] == pytest.approx([(6 + 72) / 100, (24 + 18) / 60])
    assert [one.people for one in wrong] == [30 + 90, 30 + 90]
    assert [one.value for one in wrong] == pytest.approx([(3 + 18) / 120, (6 + 9) / 120])


def test_an_interval_is_that_of_a_share_of_people() -> None:
    """With one run: the textbook's normal interval."""
    many = shares(runs(30 * TWO), true_positive_rate)
    for one in many:
        half = 1.96 * np.sqrt(one.value * (1 - one.value) / one.people)
        assert (one.high - one.low) / 2 == pytest.approx(half, rel=0.1)
        assert one.low < one.value < one.high


def test_too_few_people_are_no_share() -> None:
    table = HAND.copy()
    table[0, 0, 1] = [4, 5]
    few = Runs((Counts(("a",), GROUPS, table),))
    women, men = shares(few, true_positive_rate)
    assert np.isnan([women.value, women.low, women.high]).all()
    assert men.value == pytest.approx(0.8)
    nobody = compared(few, "R_EOp")
    assert np.isnan(nobody.value)
    assert (nobody.less, nobody.more) == ("", "")


def test_a_cost_is_what_the_accuracies_differ_by() -> None:
    """Of 100 people 81 were right before; now 6 women more are told yes, 4 of them rightly."""
    now = HAND.copy()
    now[0, 0] = [[25, 5], [0, 10]]
    both = np.array([[[3, 6], [6, 24]]])
    one, other = (Runs((Counts(("a",), GROUPS, table),)) for table in (HAND, now))
    found = cost(other, one, (both,))
    assert found.value == pytest.approx((2 - 4) / 100)
    # six people were told something else: b = 2 new mistakes, c = 4 mended
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.sqrt(6 - 4 / 100) / 100, rel=1e-3)
    assert found.low < 0 < found.high


def test_the_widest_interval_is_that_of_the_worst_pairing() -> None:
    """Every way in which nine people can have been told yes by both, tried out."""
    before, now = np.array([[[3, 2], [1, 3]]]), np.array([[[2, 3], [2, 2]]])
    widths = []
    # of five people two and three are told yes: none to two by both; of four three and two: one or two
    for wrong, right in itertools.product(range(3), (1, 2)):
        found = more_mistakes([Paired(before, now, np.array([[wrong, right]]))])
        widths.append(found.high - found.low)
    widest = more_mistakes([Paired.widest(before, now)])
    assert widest.high - widest.low == pytest.approx(max(widths))
    assert len(set(np.round(widths, 6))) > 1


def test_more_runs_of_one_than_of_the_other() -> None:
    """Live numbers of one seed beside a recorded start of three: the value is that of the figures shown."""
    starts = runs(TWO, TWO, np.concatenate([HAND, HAND[:, ::-1] * 3]) + 0)
    worse = TWO.copy()
    worse[0, 0, 1] = [6, 4]
    found = cost(runs(worse), starts)
    assert found.value == pytest.approx(2 / 400)
    assert found.low <= found.value <= found.high
