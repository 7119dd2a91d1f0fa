"""Two models on the same people, against counting by hand, the textbook's example and drawing people again."""

import numpy as np
import pytest

from fairviz.evaluation.paired import Paired, more_mistakes


def paired(y, before, now, z=None) -> Paired:
    """Counted the slow way."""
    z = np.zeros(len(y), int) if z is None else z
    k = int(z.max()) + 1
    tables, both = np.zeros((2, k, 2, 2), int), np.zeros((k, 2), int)
    for person in range(len(y)):
        for which, told in enumerate((before, now)):
            tables[which, z[person], y[person], told[person]] += 1
        both[z[person], y[person]] += before[person] and now[person]
    return Paired(tables[0], tables[1], both)


def test_by_hand() -> None:
    """Ten people: two lose a right yes, one a wrong one; one gains a right yes."""
    y = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
    before = np.array([1, 1, 1, 0, 0, 1, 1, 0, 0, 0])
    now = np.array([0, 0, 1, 1, 0, 0, 1, 0, 0, 0])
    found = paired(y, before, now)
    assert found.lost.tolist() == [[1, 2]]
    assert found.gained.tolist() == [[0, 1]]
    cost = more_mistakes([found])
    assert cost.value == pytest.approx((2 - 2) / 10)  # two new mistakes, two mended
    # b = c = 2 of 10 people: sqrt(4) / 10 on either side, times 1.96
    assert (cost.low, cost.high) == (pytest.approx(-0.392, abs=1e-3), pytest.approx(0.392, abs=1e-3))


def test_the_textbook_s_matched_pairs() -> None:
    """Agresti's prime minister: 1,600 people, 944 approve first and 880 later; 150 changed to no, 86 to yes.

    His difference is -0.04 with a standard error of 0.0095.
    """
    y = np.ones(1600, int)  # everybody deserves the yes, so a mistake is a no
    before, now = np.zeros((2, 1600), int)
    before[:944], now[:794], now[944:1030] = 1, 1, 1
    cost = more_mistakes([paired(y, before, now)])
    assert cost.value == pytest.approx(0.04)
    assert (cost.high - cost.low) / 2 / 1.96 == pytest.approx(0.0095, abs=5e-5)


def test_the_interval_is_that_of_people_drawn_again() -> None:
    rng = np.random.default_rng(0)
    n = 3000
    y, before, z = (rng.random((3, n)) < [[0.4], [0.5], [0.3]]).astype(int)
    now = np.where(rng.random(n) < 0.1, 1 - before, before)
    change = (now != y).astype(int) - (before != y).astype(int)
    drawn = [change[rng.integers(0, n, n)].mean() for _ in range(4000)]
    cost = more_mistakes([paired(y, before, now, z)])
    assert cost.value == pytest.approx(change.mean())
    assert (cost.high - cost.low) == pytest.approx(np.ptp(np.quantile(drawn, [0.025, 0.975])), rel=0.06)


def test_runs_that_differ_widen_it_and_runs_that_agree_do_not_narrow_it() -> None:
    """Seeds are tested on the same people, so more of them say no more of people."""
    y, before = np.zeros((2, 400), int)
    some, more = before.copy(), before.copy()
    some[:8], more[:40] = 1, 1
    one, other = paired(y, before, some), paired(y, before, more)
    alone, same, apart = more_mistakes([one]), more_mistakes([one] * 5), more_mistakes([one, other])
    assert same == alone
    assert apart.value == pytest.approx(0.06)
    people = np.mean([0.02 * 0.98, 0.1 * 0.9]) / 400
    assert ((apart.high - apart.low) / 2 / 1.96) ** 2 == pytest.approx(people + 0.08**2 / 2 / 2, rel=1e-3)


def test_nobody_told_otherwise_costs_nothing() -> None:
    y = np.array([0, 1, 1])
    assert vars(more_mistakes([paired(y, y, y)])) == {"value": 0, "low": 0, "high": 0}


@pytest.mark.parametrize("both", [[[3]], [[0]]])
def test_counts_that_cannot_be_are_refused(both) -> None:
    """Of three people two are told yes before and two now: one or two are told so by both."""
    table = np.array([[[0, 0], [1, 2]]])
    with pytest.raises(AssertionError, match="told yes by both"):
        Paired(table, table, np.array([[0, both[0][0]]]))
