"""From small tables of counts to means over seeds and domains; every expected number is worked by hand."""

import math

import numpy as np
import pytest

from fairviz.errors import StoreError
from fairviz.experiments.results import Results
from fairviz.store import write_entry
from tests.experiments.by_hand import ALL, FADM, GROUPS, NAMES, PLAIN, both_seeds, points, results, row
from tests.experiments.published import published


def test_means_over_seeds_then_domains() -> None:
    found = points().loc["unmitigated"]
    assert found["accuracy"] == pytest.approx(((0.79 + 0.77) / 2 + 0.80) / 2)
    assert found["R_DP"] == pytest.approx(((0.30 / 0.50 + 0.26 / 0.50) / 2 + 0.20 / 0.40) / 2)
    assert found["R_EOp"] == pytest.approx(((0.6 / 0.8 + 0.5 / 0.8) / 2 + 0.6 / 0.7) / 2)
    # the other label favourable: 70 and 74 women of 100 are told no, and 50 men of 100; rates first, then the ratio
    assert found["R_DP_other"] == pytest.approx((50 / 72 + 30 / 40) / 2)
    assert found["seeds"] == 2
    assert found["R_DP_domains"] == found["R_EOp_domains"] == 2


def test_every_point_by_hand_with_an_interval_around_it() -> None:
    found = points()
    wanted = {
        "fadm_dp 0": ((0.76 + 0.81) / 2, (0.4 + 0.25) / 2),
        "fadm_dp 0.2": ((0.73 + 0.72) / 2, (0.9 + 20 / 24) / 2),
        "reweighing": ((0.735 + 0.80) / 2, (0.8 + 0.5) / 2),
        "fair_bayes 0": ((0.86 + 0.89) / 2, (0.5 + 0.4) / 2),
        "fair_bayes 0.2": ((0.79 + 0.87) / 2, (0.9 + 0.75) / 2),
    }
    for name, (accuracy, fairness) in wanted.items():
        assert found.loc[name, "accuracy"] == pytest.approx(accuracy), name
        assert found.loc[name, "R_DP"] == pytest.approx(fairness), name
    for metric in ("accuracy", "R_DP", "R_EOp", "R_DP_other"):
        kept = found[found[metric].notna()]
        assert (kept[f"{metric}_low"] <= kept[metric]).all()
        assert (kept[metric] <= kept[f"{metric}_high"]).all()
    # 300 people at 0.79: the standard error over two domains of 200 and 100 is about 0.025
    width = found.loc["unmitigated", "accuracy_high"] - found.loc["unmitigated", "accuracy_low"]
    assert 0.06 < width < 0.14


def test_nobody_told_yes_has_no_ratio_but_an_accuracy() -> None:
    found = points().loc["constant"]
    assert found["accuracy"] == pytest.approx((0.55 + 0.70) / 2)
    assert math.isnan(found["R_DP"])
    assert math.isnan(found["R_EOp"])
    assert found["R_DP_domains"] == found["R_EOp_domains"] == 0
    assert found["R_DP_other"] == 1.0  # everybody is told no alike


def test_a_domain_with_nine_is_left_out_of_the_mean() -> None:
    """Nine women of Other are truly yes: no ratio of true positive rates there, all other numbers stand."""
    few = ((41, 9), (30, 20))
    rows = [row("unmitigated", {}, "Black", 0, (6, 24), (10, 40)),
            row("unmitigated", {}, "Other", 0, (4, 6), (6, 14), people=few)]  # fmt: skip
    found = points(rows).loc["unmitigated"]
    assert found["R_EOp"] == pytest.approx(0.75)
    assert found["R_EOp_domains"] == 1
    assert found["R_DP"] == pytest.approx((0.6 + 0.5) / 2)
    assert found["R_DP_domains"] == 2
    assert found["accuracy"] == pytest.approx((0.79 + (37 + 6 + 24 + 14) / 100) / 2)
    (seed,) = results(rows).by_seed("R_EOp").to_dict("records")
    assert seed["fairness"] == pytest.approx(0.75)


def test_by_seed() -> None:
    found = results().by_seed("R_DP").set_index(["dial", "setting", "seed"])
    numbers = found[["accuracy", "fairness"]]
    assert numbers.loc[("unmitigated", "{}", 0)].tolist() == pytest.approx([(0.79 + 0.80) / 2, (0.6 + 0.5) / 2])
    assert numbers.loc[("unmitigated", "{}", 1)].tolist() == pytest.approx([(0.77 + 0.80) / 2, (0.52 + 0.5) / 2])
    other = results().by_seed("R_DP_other").set_index(["dial", "setting", "seed"])
    assert other.loc[("unmitigated", "{}", 0), "fairness"] == pytest.approx((50 / 70 + 30 / 40) / 2)


def test_by_seed_has_a_row_per_dial_position_and_seed() -> None:
    """Also where two dials start at one trial."""
    names = ("fadm_entropy", *NAMES)
    found = results(names=names).by_seed("R_DP")
    assert len(found) == 2 * (7 + 1)
    starts = found[found["setting"] == "{}"].set_index(["dial", "seed"])
    assert starts.loc[("fadm_entropy", 1), "accuracy"] == starts.loc[("fadm_dp", 1), "accuracy"]
    assert starts.loc[("fadm_entropy", 1), "family"] == "FADM, entropy"


def test_the_order_is_that_of_the_dials() -> None:
    """Whatever the order of the rows; positions as in the dial."""
    found = results().points()
    assert list(dict.fromkeys(found["dial"])) == list(NAMES)
    assert found.loc[found["dial"] == "fadm_dp", "wording"].tolist() == ["λ_z 0", "λ_z 0.2"]
    assert list(dict.fromkeys(points(names=NAMES[::-1])["dial"])) == list(NAMES[::-1])
    shuffled = [ALL[k] for k in np.random.default_rng(0).permutation(len(ALL))]
    again = points(shuffled)
    assert list(again.index) == list(points().index)
    assert again["accuracy"].tolist() == points()["accuracy"].tolist()
    assert again["R_DP_low"].fillna(-1).tolist() == points()["R_DP_low"].fillna(-1).tolist()


def test_a_trial_of_two_dials_is_a_point_of_each() -> None:
    """FADM without a price starts the parity price's dial and the entropy's; each is told in its own words."""
    found = points(FADM, ("fadm_dp", "fadm_entropy"))
    assert list(found.index) == ["fadm_dp 0", "fadm_dp 0.2", "fadm_entropy 0"]
    assert found.loc["fadm_entropy 0", "family"] == "FADM, entropy"
    numbers = ["accuracy", "accuracy_low", "R_DP", "R_DP_high", "R_EOp", "seeds"]
    assert found.loc["fadm_entropy 0", numbers].tolist() == found.loc["fadm_dp 0", numbers].tolist()


def test_rows_of_a_dial() -> None:
    table = results(names=("fadm_entropy", *NAMES))
    assert set(table.dial("fadm_dp").rows["setting"]) == {"{}", '{"control": "dp", "lambda_z": 0.2}'}
    assert set(table.dial("fadm_entropy").rows["setting"]) == {"{}"}
    assert set(table.dial("fadm_entropy").rows["method"]) == {"fadm"}  # other methods have that setting too
    assert len(table.dial("reweighing").rows) == 4


def test_a_position_that_no_dial_names_is_no_point() -> None:
    rows = [*PLAIN, *both_seeds("reweighing", {"share": 0.9}, ((12, 24), (10, 35)), ((4, 6), (6, 14)))]
    assert set(points(rows)["dial"]) == {"unmitigated"}


def test_a_method_with_its_own_model_is_kept_for_every_classifier() -> None:
    rows = [
        *PLAIN,
        *both_seeds("unmitigated", {}, ((30, 10), (30, 10)), ((30, 5), (20, 5)), classifier="mlp"),
        *both_seeds("fairret", {"constraint": "dp", "weight": 0.1}, ((12, 24), (8, 32)), ((6, 4), (4, 8))),
    ]
    assert {r["classifier"] for r in rows if r["method"] == "fairret"} == {"mlp"}  # asked for gradient boosting
    table = results(rows, ("unmitigated", "fairret"))
    boosting, network = table.select(classifier="gradient_boosting"), table.select(classifier="mlp")
    assert len(boosting.rows) == len(network.rows) == 8
    for part in (boosting, network):
        assert part.points()["dial"].tolist() == ["unmitigated", "fairret"]
    assert boosting.points().set_index("dial")["accuracy"].tolist() == pytest.approx([0.79, 0.725])
    # the network's unmitigated model: Black 30 + 10 + 20 + 10 of 200, Other 10 + 5 + 10 + 5 of 100
    assert network.points().set_index("dial")["accuracy"].tolist() == pytest.approx([(0.35 + 0.30) / 2, 0.725])
    assert len(table.select(classifier="gradient_boosting", method="fairret", seed=1).rows) == 2


# published tables


def test_an_entry_gives_the_trials_back(frontier_entry) -> None:
    found = Results.of(frontier_entry)
    assert found.groups == GROUPS
    assert len(found.rows) == len(ALL)
    assert set(found.rows["without"]) == {""}
    assert list(found.points()[["dial", "method", "setting", "wording"]].itertuples(index=False, name=None)) == [
        ("fadm_dp", "fadm", "{}", "λ_z 0"), ("fadm_dp", "fadm", '{"control": "dp", "lambda_z": 0.2}', "λ_z 0.2"),
        ("unmitigated", "unmitigated", "{}", "–"), ("reweighing", "reweighing", '{"share": 1.0}', "share 1"),
        ("constant", "constant", "{}", "–"), ("fair_bayes", "fair_bayes", "{}", "multiplier 0"),
        ("fair_bayes", "fair_bayes", '{"multiplier_dp": 0.2}', "multiplier 0.2"),
    ]  # fmt: skip


def test_an_entry_of_an_earlier_version_is_refused(tmp_path, made) -> None:
    """It does not say what was compared, and its methods may have other names by now."""
    entry = published(tmp_path / "now", "frontier", ALL, made)
    facts = {name: value for name, value in entry.json("facts.json").items() if name != "dials"}
    tables = {"trials.csv": entry.table("trials.csv")}
    old = write_entry(tmp_path / "old", "frontier", entry.spec, json_files={"facts.json": facts}, tables=tables)
    with pytest.raises(StoreError, match=r"earlier version.*Run the same command again"):
        Results.of(old)
