"""The fair Bayes rule in worlds with known answers."""

import itertools

import numpy as np
import pytest

from tests.mitigation.tasks import in_words, predict, task_on


@pytest.mark.parametrize(("control", "price"), [("dp", 0.0), ("dp", 0.1), ("dp", 0.2)])
def test_fair_bayes_in_the_simulated_world(hiring, control, price):
    """Accuracy, counted with the exact posterior, and rates of the best rule there is at this price."""
    story, task = hiring
    found = predict("fair_bayes", task, {f"multiplier_{control}": price})
    p_y = story.posterior(task.target.frame, "North")[0]
    best = story.bayes_frontier("North", [price], control=control, n=100_000).iloc[0]
    assert np.where(found == 1, p_y, 1 - p_y).mean() == pytest.approx(best["accuracy"], abs=0.008)
    assert (found == task.target.y).mean() == pytest.approx(best["accuracy"], abs=0.012)
    _, rates, _ = in_words(found, task)
    assert task.target.groups == ("men", "women")
    assert rates.tolist() == pytest.approx([best["rate_men"], best["rate_women"]], abs=0.03)


def test_multipliers_move_the_fair_bayes_rule(hiring):
    """Against the group with more favourable labels, on and on: it is a dial of multipliers, without an end."""
    _, task = hiring

    def gaps(which, *settings):
        return [np.subtract(*in_words(predict("fair_bayes", task, setting), task)[which]) for setting in settings]

    rates = gaps(1, *({"multiplier_dp": v} for v in (0, 0.1, 0.2, 0.3)))
    assert all(b < a - 0.01 for a, b in itertools.pairwise(rates))
    tprs = gaps(2, *({"multiplier_eop": v} for v in (0, 0.05)))
    assert tprs[1] < tprs[0] - 0.01


def test_fair_bayes_on_few_rows_is_still_near_the_best():
    """Six kinds of row with yes in 90 %, 10 %, 90 % ...: the best rule is right in nine of ten."""
    rng = np.random.default_rng(0)

    def few(n):
        kind = rng.choice(6, n, p=[0.25, 0.22, 0.18, 0.15, 0.11, 0.09])
        y = rng.random(n) < np.array([0.9, 0.1])[kind % 2]
        return {"kind": np.array(list("abcdef"))[kind]}, y, rng.integers(0, 2, n)

    task = task_on(few(700), few(700))
    assert in_words(predict("unmitigated", task, {}), task)[0] > 0.87
    assert in_words(predict("fair_bayes", task, {}), task)[0] > 0.87
