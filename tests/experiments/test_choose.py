"""The rule that chooses settings, on made-up counts."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from fairviz.experiments.methods import line_named
from fairviz.experiments.plan import Plan
from fairviz.experiments.plans import choose
from fairviz.experiments.trial import Trial
from fairviz.store.trials import Row
from tests.experiments.trials import DOMAINS, changed

PRICES = ({}, {"control": "dp", "lambda_z": 0.1}, {"control": "dp", "lambda_z": 0.2})
FADM_DP = [line_named("fadm_dp")]


def inner_row(setting, validation, without, right, men_yes, women_yes, method="fadm") -> dict:
    """1,000 men and 1,000 women, half of them truly yes.

    ``right`` of each 1,000 are told right, so the accuracy is right / 1,000; ``men_yes`` of 1,000 men are told yes.
    """
    table = []
    for yes in (men_yes, women_yes):
        found = (right - 500 + yes) // 2  # right = found + 500 - (yes - found)
        wrong = yes - found
        assert found + 500 - wrong == right
        assert min(found, wrong) >= 0
        table.append([[500 - wrong, wrong], [500 - found, found]])
    one = Trial.of(method, setting, validation, "gradient_boosting", 0, without=without)
    return Row("", asdict(one), np.array(table)).flat()


def inner_table(target: str, numbers, method="fadm", settings=PRICES) -> pd.DataFrame:
    """A row per setting and validation domain; ``numbers``: right, men_yes, women_yes per setting."""
    return pd.DataFrame(
        inner_row(setting, validation, target, *number, method=method)
        for setting, number in zip(settings, numbers, strict=True)
        for validation in DOMAINS
        if validation != target
    )


PLAN = Plan("simulated", ("fadm_dp",), quick=True)
NEVER = ((800, 500, 500), (500, 500, 100), (500, 500, 100))  # nothing to gain beyond price 0


def chosen(dataset, east, north=NEVER) -> dict:
    inner = pd.concat([inner_table("East", east), inner_table("North", north)])
    found = choose(PLAN, dataset, inner, FADM_DP)
    return {target: setting.get("lambda_z", 0.0) for (_, target), setting in found.items()}


def test_hand_made_rows_are_what_they_say() -> None:
    row = inner_row(PRICES[0], "West", "East", 800, 500, 400)
    assert sum(row[f"n_{k}_{y}_{y}"] for k in (0, 1) for y in (0, 1)) == 1600
    assert row["n_0_0_1"] + row["n_0_1_1"] == 500
    assert row["n_1_0_1"] + row["n_1_1_1"] == 400


@pytest.mark.parametrize(
    ("numbers", "price"),
    [
        # fairer at every price: 0.1 costs six tenths of a point, 0.2 costs two points
        (((800, 500, 300), (794, 500, 400), (780, 500, 500)), 0.1),
        # 0.2 costs eight tenths of a point
        (((800, 500, 300), (796, 500, 400), (792, 500, 500)), 0.2),
        # just over one point
        (((800, 500, 300), (788, 500, 400), (788, 500, 500)), 0.0),
        # within the point it is fairness alone that counts, not accuracy
        (((796, 500, 480), (800, 500, 300), (798, 500, 310)), 0.0),
        # the most accurate need not be price 0: from 0.1 the others are too far
        (((780, 500, 500), (800, 500, 300), (780, 500, 500)), 0.1),
        # equal in all: the first
        (((800, 500, 400), (800, 500, 400), (800, 500, 400)), 0.0),
        # nobody is told yes at 0.2, and it is not within the budget
        (((800, 500, 300), (798, 500, 400), (500, 0, 0)), 0.1),
    ],
    ids=["budget", "inside", "just over", "fairness", "not the first", "tie", "nobody"],
)
def test_the_rule_by_hand(dataset, numbers, price) -> None:
    assert chosen(dataset, numbers)["East"] == price
    assert chosen(dataset, NEVER, numbers) == {"East": 0.0, "North": price}


def test_exactly_one_point_is_at_most_one_point(dataset) -> None:
    assert chosen(dataset, ((800, 500, 300), (794, 500, 400), (790, 500, 500)))["East"] == 0.2


def test_telling_nobody_yes_is_not_the_fairest_setting(dataset) -> None:
    """At 0.2 everybody is told no, which is as accurate as the others."""
    assert chosen(dataset, ((500, 500, 300), (500, 500, 400), (500, 0, 0)))["East"] == 0.1


def test_the_budget_is_of_the_mean_over_validation_domains(dataset) -> None:
    """2.8 points lost in one domain and none in two are 0.93 of a point; 3.6 are 1.2."""
    for lost, price in ((28, 0.2), (36, 0.1)):
        inner = inner_table("East", ((800, 500, 300), (800, 500, 310), (800, 500, 500)))
        hit = (inner["target"] == "West") & inner["setting"].str.contains("0.2", regex=False)
        assert hit.sum() == 1
        worse = inner_row(PRICES[2], "West", "East", 800 - lost, 500, 500)
        inner.loc[hit, list(worse)] = list(worse.values())
        inner = pd.concat([inner, inner_table("North", NEVER)])
        assert choose(PLAN, dataset, inner, FADM_DP)["fadm_dp", "East"].get("lambda_z", 0.0) == price


def test_all_three_ratios_count(dataset) -> None:
    """Equally accurate settings: neither R_DP nor R_EOp alone decides."""
    inner = pd.concat([inner_table("East", NEVER), inner_table("North", NEVER)], ignore_index=True)

    def put(setting, men, women):
        text = json.dumps(setting, sort_keys=True)
        assert text in set(inner["setting"])
        rows = (inner["setting"] == text) & (inner["without"] == "East")
        for k, (wrong, right) in enumerate((men, women)):
            for name, value in (("0_0", 500 - wrong), ("0_1", wrong), ("1_0", 500 - right), ("1_1", right)):
                inner.loc[rows, f"n_{k}_{name}"] = value

    def price():
        return choose(PLAN, dataset, inner, FADM_DP)["fadm_dp", "East"].get("lambda_z", 0.0)

    # of 2,000 people 1,450 are right each time; R_DP, R_DP of the other reading, R_EOp:
    low = (100, 400), (125, 275)  # 400/500, 500/600, 275/400: mean 0.774
    parity = (100, 400), (150, 300)  # 450/500, 500/550, 300/400: 0.853
    chance = (150, 350), (80, 330)  # 410/500, 500/590, 330/350: 0.870
    found = (150, 350), (20, 270)  # 290/500, 500/710, 270/350: 0.685
    for settings, wanted in (((low, parity, chance), 0.2), ((parity, found, low), 0.0), ((low, parity, found), 0.1)):
        for setting, people in zip(PRICES, settings, strict=True):
            put(setting, *people)
        assert price() == wanted


def test_rows_of_the_target_play_no_part(dataset) -> None:
    """Neither the data set's rows of the target, nor trials tested on it, nor trials of another method."""
    numbers = ((800, 500, 300), (794, 500, 400), (780, 500, 500))
    inner = pd.concat([inner_table("East", numbers), inner_table("North", NEVER)], ignore_index=True)
    wanted = choose(PLAN, dataset, inner, FADM_DP)
    assert wanted["fadm_dp", "East"] == PRICES[1]
    assert choose(PLAN, changed(dataset, "East"), inner, FADM_DP) == wanted
    tempting = [(500, 500, 100), (500, 500, 100), (990, 500, 500)]  # on East, price 0.2 is best by far
    more = [inner_row(s, "East", "North", *n) for s, n in zip(PRICES, tempting, strict=True)]
    more += [inner_row(s, "East", "", *n) for s, n in zip(PRICES, tempting, strict=True)]
    others = inner_table("East", tempting, method="fadm_preview")
    tested_on_east = (inner["without"] == "North") & (inner["target"] == "East")
    swapped = pd.concat([inner[~tested_on_east], pd.DataFrame(more), others], ignore_index=True)
    assert choose(PLAN, dataset, swapped, FADM_DP)["fadm_dp", "East"] == PRICES[1]


def test_a_method_with_one_position_has_nothing_to_choose(dataset) -> None:
    none = inner_table("East", NEVER).head(0)
    found = choose(PLAN, dataset, none, [line_named("vae"), line_named("gan")])
    assert found == {(name, target): {} for name in ("vae", "gan") for target in ("East", "North")}


def test_dials_of_one_method_choose_among_their_own_positions(dataset) -> None:
    """They share the start, and nothing else: what is best by far for one is no position of the other."""
    entropy = {"control": "entropy", "lambda_z": 10.0}
    rows = [inner_table(t, ((800, 500, 300), (794, 500, 400), (780, 500, 500))) for t in ("East", "North")]
    rows += [inner_table(t, ((990, 500, 500),), settings=(entropy,)) for t in ("East", "North")]
    found = choose(PLAN, dataset, pd.concat(rows), [*FADM_DP, line_named("fadm_entropy")])
    assert found == {
        (name, target): setting
        for name, setting in (("fadm_dp", PRICES[1]), ("fadm_entropy", entropy))
        for target in ("East", "North")
    }
