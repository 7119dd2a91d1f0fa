"""The price that reaches a goal, on counts whose answer is known."""

from collections.abc import Callable

import numpy as np
import pytest

from fairviz.errors import SettingError
from fairviz.evaluation import Counts
from fairviz.evaluation.goal import Goal, Solved, solve_price, solve_stops
from fairviz.evaluation.metrics import METRICS

N = 1_000_000


def counts(ratio: float = 1.0, accuracy: float = 0.8, ratio_eop: float = 1.0, name: str = "d", n: int = N) -> Counts:
    """One domain, two groups of ``n`` rows, half of them favourable, with these metrics to six digits or so."""
    table = np.zeros((1, 2, 2, 2), np.int64)
    for k, (rate, tpr) in enumerate(((0.4 * ratio, 0.5 * ratio_eop), (0.4, 0.5))):
        yes = round(n * rate)
        true_yes = round(0.5 * n * tpr)
        table[0, k, 1] = n // 2 - true_yes, true_yes
        table[0, k, 0] = n // 2 - (yes - true_yes), yes - true_yes
    if ratio_eop == 1.0 and ratio == 1.0:  # predictions independent of the group: set how many are right
        right = round(n * accuracy / 2)
        table[0, :, 1] = n // 2 - right, right
        table[0, :, 0] = right, n // 2 - right
    return Counts((name,), ("g0", "g1"), table)


class Asked:
    """A function of the price that remembers what it was asked."""

    def __init__(self, made: Callable[[float], Counts]) -> None:
        self.made, self.prices = made, []

    def __call__(self, price: float) -> Counts:
        self.prices.append(price)
        return self.made(price)


def ratio_of(function: Callable[[float], float]) -> Asked:
    return Asked(lambda price: counts(ratio=function(price)))


def loses(function: Callable[[float], float]) -> Asked:
    return Asked(lambda price: counts(accuracy=0.9 - function(price)))


NOBODY = Counts(("d",), ("g0", "g1"), np.array([[[[500, 0], [500, 0]], [[500, 0], [500, 0]]]]))


def test_the_made_up_counts_are_what_they_say() -> None:
    assert METRICS["R_DP"](counts(ratio=0.7).table.sum(0)) == pytest.approx(0.7, abs=1e-5)
    assert METRICS["R_EOp"](counts(ratio_eop=0.6).table.sum(0)) == pytest.approx(0.6, abs=1e-5)
    assert METRICS["accuracy"](counts(accuracy=0.83).table.sum(0)) == pytest.approx(0.83, abs=1e-5)


@pytest.mark.parametrize("goal", [0.52, 0.6, 0.713, 0.8, 0.95])
def test_lowest_price_that_reaches_a_ratio(goal: float) -> None:
    """R_DP = 0.5 + price: crossed at goal - 0.5, found from above within top / 80."""
    at = ratio_of(lambda price: 0.5 + price)
    found = solve_price(at, Goal("R_DP", goal), 0.5)
    assert goal - 0.5 - 1e-5 <= found.price <= goal - 0.5 + 0.5 / 80 + 1e-5
    assert found.reached == pytest.approx(0.5 + found.price, abs=1e-5)
    assert found.met
    assert len(at.prices) == len(set(at.prices)) <= 10
    assert max(at.prices) <= 0.5


def test_opportunity_is_another_ratio() -> None:
    at = Asked(lambda price: counts(ratio=0.9, ratio_eop=0.4 + 5 * price))
    found = solve_price(at, Goal("R_EOp", 0.75), 0.12)
    assert 0.07 - 1e-5 <= found.price <= 0.07 + 0.12 / 80 + 1e-5
    assert found.reached == pytest.approx(0.4 + 5 * found.price, abs=1e-4)
    assert found.met


@pytest.mark.parametrize("goal", [0.001, 0.01, 0.025, 0.04])
def test_highest_price_that_keeps_accuracy(goal: float) -> None:
    """A tenth of the price is lost: crossed at 10 goal, found from below within top / 80."""
    at = loses(lambda price: 0.1 * price)
    found = solve_price(at, Goal("accuracy", goal), 0.5)
    assert 10 * goal - 0.5 / 80 - 1e-4 <= found.price <= 10 * goal + 1e-4
    assert found.reached == pytest.approx(0.1 * found.price, abs=1e-5)
    assert found.reached <= goal
    assert found.met
    assert len(at.prices) <= 11


def test_accuracy_is_lost_against_price_zero_not_against_one() -> None:
    at = Asked(lambda price: counts(accuracy=0.55 - 0.1 * price))
    assert solve_price(at, Goal("accuracy", 0.02), 0.5).price == pytest.approx(0.2, abs=0.5 / 80 + 1e-4)


def test_steps_and_halvings() -> None:
    at = ratio_of(lambda price: 0.5 + price)
    found = solve_price(at, Goal("R_DP", 0.777), 0.4, coarse=2, halvings=6)
    assert 0 <= found.price - 0.277 <= 0.4 / 2 / 64 + 1e-5
    assert len(at.prices) <= 3 + 6
    coarse = solve_price(ratio_of(lambda price: 0.5 + price), Goal("R_DP", 0.777), 0.4, coarse=4, halvings=0)
    assert coarse.price == pytest.approx(0.3)


@pytest.mark.parametrize("kind", ["R_DP", "R_EOp"])
def test_a_goal_met_without_a_price(kind: str) -> None:
    at = Asked(lambda price: counts(ratio=0.9 + 0.1 * price, ratio_eop=0.9 + 0.1 * price))
    found = solve_price(at, Goal(kind, 0.85), 1.0)
    assert (found.price, found.met) == (0.0, True)
    assert found.reached == pytest.approx(0.9, abs=1e-5)
    assert at.prices == [0.0]


def test_a_goal_of_nothing_lost() -> None:
    """Nothing is lost up to 0.3."""
    found = solve_price(loses(lambda price: max(0.0, 0.1 * (price - 0.3))), Goal("accuracy", 0.0), 1.0)
    assert 0.3 - 1 / 80 <= found.price <= 0.3 + 1e-9
    assert found.met
    assert found.reached == 0.0


def test_accuracy_lost_from_the_first_step_on() -> None:
    found = solve_price(loses(lambda price: 0.1 if price > 0 else 0.0), Goal("accuracy", 0.05), 1.0)
    assert found == Solved(0.0, 0.0, True)


def test_accuracy_never_lost_takes_the_highest_price() -> None:
    found = solve_price(loses(lambda price: 0.01 * price), Goal("accuracy", 0.05), 0.7)
    assert (found.price, found.met) == (0.7, True)
    assert found.reached == pytest.approx(0.007, abs=1e-5)


def test_a_ratio_out_of_reach_comes_closest() -> None:
    """Best of those tried, whatever side it is on; the lowest price of several that are as good."""
    hill = solve_price(ratio_of(lambda price: 0.8 - (price - 0.4) ** 2), Goal("R_DP", 0.9), 1.0)
    assert hill.price == pytest.approx(0.4)
    assert hill.reached == pytest.approx(0.8, abs=1e-5)
    assert not hill.met
    rising = solve_price(ratio_of(lambda price: 0.5 + 0.1 * price), Goal("R_DP", 0.9), 1.0)
    assert (rising.price, rising.met) == (1.0, False)
    flat = solve_price(ratio_of(lambda price: 0.6 if price < 0.29 else 0.7), Goal("R_DP", 0.9), 1.0)
    assert (flat.price, flat.met) == (pytest.approx(0.3), False)


@pytest.mark.parametrize("peak", [0.07, 0.27, 0.33, 0.52, 0.94])
def test_a_peak_is_not_jumped_over(peak: float) -> None:
    """The goal is met on a twentieth of the dial only, wherever that lies between the steps of the first walk."""
    at = ratio_of(lambda price: 0.96 if peak - 0.025 <= price <= peak + 0.025 else 0.6 + 0.1 * price)
    found = solve_price(at, Goal("R_DP", 0.95), 1.0)
    assert found.met
    assert peak - 0.025 <= found.price <= peak + 0.025


def test_a_slope_that_leads_to_a_peak_is_followed() -> None:
    """A cusp a hundredth wide, with a rise on both sides that a walk can see."""
    at = ratio_of(lambda price: 0.96 - 3 * abs(price - 0.463))
    found = solve_price(at, Goal("R_DP", 0.93), 1.0)
    assert found.met
    assert found.price == pytest.approx(0.463, abs=0.011)


def test_the_first_crossing_counts() -> None:
    """Over the goal between 0.3 and 0.5 and again from 0.7 on."""
    at = ratio_of(lambda price: 0.9 if 0.3 <= price <= 0.5 or price >= 0.7 else 0.6)
    found = solve_price(at, Goal("R_DP", 0.8), 1.0)
    assert 0.3 <= found.price <= 0.3 + 1 / 80 + 1e-9
    assert found.met
    kept = solve_price(loses(lambda price: 0.1 if 0.3 < price < 0.5 else 0.0), Goal("accuracy", 0.05), 1.0)
    assert 0.3 - 1 / 80 <= kept.price <= 0.3 + 1e-9
    assert kept.met


def test_not_estimable_is_not_reached() -> None:
    """Where nobody is told yes there is no ratio."""
    some = Asked(lambda price: NOBODY if price > 0.5 else counts(ratio=0.5 + 0.2 * price))
    found = solve_price(some, Goal("R_DP", 0.9), 1.0)
    assert (found.price, found.met) == (pytest.approx(0.5), False)
    never = solve_price(lambda price: NOBODY, Goal("R_DP", 0.0), 1.0)
    assert (never.price, never.met) == (0.0, False)
    assert np.isnan(never.reached)


def test_domains_count_as_one_population() -> None:
    """A small domain far from the goal does not hold up a large one."""

    def at(price: float) -> Counts:
        return Counts.concat([counts(ratio=0.5 + price), counts(ratio=0.1, name="small", n=1000)])

    found = solve_price(at, Goal("R_DP", 0.8), 0.5)
    assert found.price == pytest.approx(0.3, abs=0.5 / 80 + 2e-3)
    assert found.met


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("R_dp", 0.8, "No goal 'R_dp'. Choose one of 'R_DP', 'R_EOp', 'accuracy'"),
        ("R_DP", -0.1, "The goal is -0.1; choose a number from 0 to 1"),
        ("R_EOp", 1.2, "The goal is 1.2"),
        ("accuracy", float("nan"), "The goal is nan"),
        ("accuracy", float("inf"), "The goal is inf"),
    ],
)
def test_goals_that_are_none(kind: str, value: float, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Goal(kind, value)


def test_goals_at_the_ends() -> None:
    assert [Goal(kind, value).value for kind in ("R_DP", "R_EOp", "accuracy") for value in (0, 1)] == [0, 1] * 3


def of_rates(no: int, yes: int, right: int = 100) -> Counts:
    """Two groups of 200, both half favourable; ``no`` and ``yes`` of them are told yes."""
    table = [[[100 - k // 2, k // 2], [100 - (k - k // 2), k - k // 2]] for k in (no, yes)]
    return Counts(("d",), ("a", "b"), [table])


STOPS = (0.0, 0.1, 0.2, 0.3)


def test_of_recorded_prices_the_first_that_reaches_a_ratio() -> None:
    rates = dict(zip(STOPS, ((20, 100), (50, 100), (90, 100), (80, 100)), strict=True))
    found = solve_stops(lambda price: of_rates(*rates[price]), Goal("R_DP", 0.85), STOPS)
    assert (found.price, found.reached, found.met) == (0.2, pytest.approx(0.9), True)
    none = solve_stops(lambda price: of_rates(*rates[price]), Goal("R_DP", 0.95), STOPS)
    assert (none.price, none.reached, none.met) == (0.2, pytest.approx(0.9), False)


def test_of_recorded_prices_the_last_before_too_much_accuracy_is_lost() -> None:
    """Right for 90, 89.6, 88 and 89.9 of a hundred: 0.2 loses two points, so 0.3 is not reached any more."""
    right = dict(zip(STOPS, (900, 896, 880, 899), strict=True))

    def at(price: float) -> Counts:
        wrong = 1000 - right[price]
        return Counts(("d",), ("a", "b"), [[[[500 - wrong, wrong], [0, 500]], [[500, 0], [0, 500]]]])

    found = solve_stops(at, Goal("accuracy", 0.005), STOPS)
    assert (found.price, found.met) == (0.1, True)
    assert found.reached == pytest.approx(0.002)
    assert solve_stops(at, Goal("accuracy", 0.05), STOPS).price == 0.3
    assert solve_stops(at, Goal("accuracy", 0.0), STOPS).price == 0.0
