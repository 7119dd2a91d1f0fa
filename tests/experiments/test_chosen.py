"""Settings chosen on the other domains, on tables small enough to choose by hand."""

import pandas as pd
import pytest

from fairviz.experiments.chosen import chosen_elsewhere, headline, most_equal, of_little_use
from fairviz.experiments.results import Results
from fairviz.settings import text_of

#: 100 people a group: 50 of either label. Accuracy and rates of yes follow from how many of each get a yes.
DIAL = {
    "name": "dial", "method": "m", "title": "Dial", "family": "Dial", "kind": "generator", "needs_group": False,
    "source": "", "only": "",
    "positions": [{"setting": {"s": k}, "wording": f"s {k}"} for k in (0, 1, 2)],
}  # fmt: skip
CONSTANT = {**DIAL, "name": "constant", "method": "constant", "title": "Constant", "family": "Constant",
            "kind": "reference", "positions": [{"setting": {}, "wording": "–"}]}  # fmt: skip


def counts(first: tuple[int, int], second: tuple[int, int]) -> dict[str, int]:
    """Of each group: people without and with the favourable label who get a yes, of 50 each."""
    table = {}
    for k, (wrong, right) in enumerate((first, second)):
        table |= {f"n_{k}_0_0": 50 - wrong, f"n_{k}_0_1": wrong, f"n_{k}_1_0": 50 - right, f"n_{k}_1_1": right}
    return table


def row(method: str, setting: dict, target: str, table: dict) -> dict:
    return {
        "method": method,
        "setting": text_of(setting),
        "target": target,
        "seed": 0,
        "classifier": "c",
        "n": 100,
    } | table


def results(tables: dict[str, dict[int, dict]]) -> Results:
    rows = [row("m", {"s": k}, target, table) for target, by in tables.items() for k, table in by.items()]
    rows += [row("constant", {}, target, counts((0, 0), (0, 0))) for target in tables]
    return Results(pd.DataFrame(rows), ("a", "b"), (DIAL, CONSTANT))


ONE = counts((5, 45), (0, 40))  # 90 % right; .50 against .40: .8
NEAR = counts((5, 44), (1, 40))  # 89 %; .49 against .41: .837
FAR = counts((10, 40), (10, 40))  # 80 %; 1


def test_the_setting_is_that_of_the_other_domains() -> None:
    """On d1 setting 0 is best, but d2 and d3 say: 1 loses one point and is more equal; 2 loses ten."""
    tables = {
        "d1": {0: FAR, 1: ONE, 2: NEAR},
        "d2": {0: ONE, 1: NEAR, 2: FAR},
        "d3": {0: ONE, 1: NEAR, 2: FAR},
    }
    found = results(tables)
    chosen = chosen_elsewhere(found, "R_DP", found.points()).set_index("family")
    mine = chosen.loc["Dial"]
    # for d1: d2, d3 say 90, 89, 80 and .8, .837, 1, so 1; for d2: d1, d3 say 85, 89.5, 84.5, so 1 alone is allowed
    assert mine["settings"] == {"d1": "s 1", "d2": "s 1", "d3": "s 1"}
    assert mine["usual"] == ("m", text_of({"s": 1}))
    assert mine["accuracy"] == pytest.approx((0.90 + 0.89 + 0.89) / 3)
    assert mine["R_DP"] == pytest.approx((0.40 / 0.50 + 2 * 0.41 / 0.49) / 3)
    assert mine["all_accuracy"] == pytest.approx((0.90 + 0.89 + 0.89) / 3)
    assert mine["all_R_DP"] == pytest.approx((0.40 + 0.41 + 0.41) / (0.50 + 0.49 + 0.49))
    assert mine["accuracy_low"] < mine["accuracy"] < mine["accuracy_high"]


def test_a_point_and_no_more_may_be_lost() -> None:
    tables = {d: {0: ONE, 1: counts((5, 44), (2, 40)), 2: FAR} for d in ("d1", "d2")}  # 1: 88.5 %, more equal
    found = results(tables)
    mine = chosen_elsewhere(found, "R_DP", found.points()).set_index("family").loc["Dial"]
    assert set(mine["settings"].values()) == {"s 0"}
    tables = {d: {0: ONE, 1: NEAR, 2: FAR} for d in ("d1", "d2")}  # 89 %: exactly one point
    found = results(tables)
    mine = chosen_elsewhere(found, "R_DP", found.points()).set_index("family").loc["Dial"]
    assert set(mine["settings"].values()) == {"s 1"}


def test_a_setting_without_a_test_on_every_domain_is_left_out() -> None:
    tables = {"d1": {0: ONE, 1: NEAR}, "d2": {0: ONE}, "d3": {0: ONE, 1: NEAR}}
    found = results(tables)
    mine = chosen_elsewhere(found, "R_DP", found.points()).set_index("family").loc["Dial"]
    assert set(mine["settings"].values()) == {"s 0"}


def test_where_always_the_same_answer_is_right_more_often() -> None:
    """Half of these people have either label, so a constant is right for 500 of 1,000; the dial for 400."""
    poor = {d: {k: counts((30, 20), (30, 20)) for k in (0, 1, 2)} for d in ("d1", "d2")}
    assert "right for 500 of 1,000, more often than 1 of 1 methods" in of_little_use(results(poor).points())
    good = {d: {0: ONE, 1: NEAR, 2: FAR} for d in ("d1", "d2")}
    assert of_little_use(results(good).points()) == ""


def test_one_domain_alone_leaves_nothing_to_choose_on() -> None:
    found = results({"d1": {0: ONE, 1: NEAR, 2: FAR}})
    assert chosen_elsewhere(found, "R_DP", found.points()).empty


def test_where_accuracy_says_little_balanced_accuracy_stands_for_it() -> None:
    """90 of 100 have the unfavourable label: saying no to all is right for 90 %, and finds half of what there is."""
    few = {"no": 45, "yes": 5}

    def mixed(wrong: int, right: int) -> dict[str, int]:
        """The same in both groups: of 45 truly no and 5 truly yes, how many get a yes."""
        one = {"0_0": few["no"] - wrong, "0_1": wrong, "1_0": few["yes"] - right, "1_1": right}
        return {f"n_{k}_{cell}": n for k in (0, 1) for cell, n in one.items()}

    def unequal(wrong: int, right: int) -> dict[str, int]:
        return {**mixed(wrong, right), "n_1_0_0": 45, "n_1_0_1": 0}

    # 0: 85 of 100 right, balanced (41/45 + 4/5 - ...); 1 is less accurate, balanced better, and more equal
    by = {0: unequal(4, 2), 1: mixed(9, 5), 2: unequal(20, 5)}
    rows = [row("m", {"s": k}, d, table) for d in ("d1", "d2") for k, table in by.items()]
    rows += [row("constant", {}, d, mixed(0, 0)) for d in ("d1", "d2")]
    found = Results(pd.DataFrame(rows), ("a", "b"), (DIAL, CONSTANT))
    assert "balanced accuracy" in of_little_use(found.points())
    mine = chosen_elsewhere(found, "R_DP", found.points()).set_index("family").loc["Dial"]
    assert mine["standard"] == "balanced_accuracy"
    assert set(mine["settings"].values()) == {"s 1"}  # by accuracy it would lose 6 points against setting 0
    assert mine["balanced_accuracy"] == pytest.approx((36 / 45 + 5 / 5) / 2)
    there = mine["by_domain"]["d1"]
    assert (there["right"], there["R_DP"]) == (pytest.approx(0.9), pytest.approx(1.0))
    assert 0.8 < there["right_low"] < 0.9 < there["right_high"] < 1  # 36 of 45 and 5 of 5, halved
    assert there["R_DP_low"] < 1 == there["R_DP_high"]
    assert mine["all_balanced_accuracy"] == pytest.approx(0.9)


def test_the_headline_names_the_most_equal_the_product_and_doing_nothing() -> None:
    rows = [
        ("Bound", "reference", False, 0.9, 0.99), ("Thresholds", "classifier", True, 0.9, 0.98),
        ("Far", "generator", False, 0.886, 0.9), ("Grid", "classifier", False, 0.889, 0.74),
        ("Ours", "generator", False, 0.8884, 0.67),
        ("Plain", "reference", False, 0.897, float("nan")),
    ]  # fmt: skip
    names = ["family", "kind", "needs_group", "accuracy", "R_DP"]
    table = pd.DataFrame(rows, columns=names).assign(standard="accuracy", R_DP_high=0.7)
    assert headline(table, "Ours", "Plain", "R_DP") == (
        "Chosen without the held-out domain, accuracy and R_DP, means over domains: the most equal within a point of "
        "real rows is Grid 88.9 % and 0.74; Ours 88.8 % and 0.67; Plain 89.7 % and not estimable. Intervals are in the "
        "table below."
    )
    alike = headline(table.assign(R_DP_high=[1, 1, 1, 1, 0.74, 1]), "Ours", "Plain", "R_DP")
    assert "is Grid 88.9 % and 0.74, not told apart by intervals from 'Ours'; Ours" in alike  # not Far, nor references
    whole = headline(table.assign(all_R_DP=0.5), "Ours", "Plain", "R_DP")
    assert "Grid 88.9 % and 0.74 (all people together 0.50); Ours" in whole  # another average, another winner
    assert most_equal(table, "Plain") == "Grid"  # the one named Far loses 1.1 points
    assert most_equal(table[:4], "Plain") == "Far"  # without real rows to lose against
    alone = headline(table[4:5], "Ours", "Plain", "R_DP")
    assert "is Ours 88.8 % and 0.67. Intervals" in alone
    far = headline(table[[True, True, True, False, True, True]].assign(R_DP=0.5, accuracy=[0.9, 0.9, 0.8, 0.8, 0.9]),
                   "Ours", "Plain", "R_DP")  # fmt: skip
    assert "domains: Ours 80.0 % and 0.50; Plain" in far  # nobody is near: nobody is called the most equal
    assert headline(table[3:], "Grid", "Plain", "R_DP").count("Grid") == 1
    assert headline(table[:2], "Ours", "Plain", "R_DP") == ""  # nothing that anybody could use
    assert headline(pd.DataFrame(), "Ours", "Plain", "R_DP") == ""
