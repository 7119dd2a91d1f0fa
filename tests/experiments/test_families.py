"""Fronts of families, their areas and distances, by hand; and what noise alone would give."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from fairviz.evaluation.counts import Counts
from fairviz.experiments.methods import lines
from fairviz.experiments.results import BOUND, CONSTANT, OURS, TRIVIAL, UNMITIGATED, family_scores, floors, ratio
from tests.experiments.by_hand import ALL, BEST, FADM, GROUPS, NAMES, PLAIN, both_seeds, results


def scores(rows=ALL, names=NAMES) -> pd.DataFrame:
    return family_scores(results(rows, names), "R_DP").set_index("family")


def test_the_families_that_results_knows_by_name_are_there() -> None:
    """By the dials that they hold; these tests call two of them as people read them."""
    families = {name: line.dial.family or line.dial.title for name, line in lines().items()}
    assert {UNMITIGATED, CONSTANT, TRIVIAL} <= set(lines())
    assert families[BOUND] == BEST
    assert [families[name] for name in OURS] == ["FADM, soft labels", "FADM, label-aware"]
    assert results().ours == "fadm_dp"  # the best one was not compared there
    assert results(names=("fadm_dp", "fadm_soft_dp")).ours == "fadm_soft_dp"
    assert results(names=("reweighing",)).ours == ""


def test_hypervolumes_by_hand() -> None:
    found = scores()
    fadm = found.loc["FADM, label-aware"]
    # 0.785 at 0.325, 0.725 at 0.8667: a rectangle and a trapezoid above a half
    fair = (0.9 + 20 / 24) / 2
    assert fadm["hypervolume"] == pytest.approx(0.285 * 0.325 + (0.285 + 0.225) / 2 * (fair - 0.325))
    # the same above the constant's 0.625
    assert fadm["hypervolume_strict"] == pytest.approx(0.16 * 0.325 + (0.16 + 0.10) / 2 * (fair - 0.325))
    assert fadm["hypervolume_sd"] == pytest.approx(0.0, abs=1e-12)  # both seeds alike
    assert fadm["fairest"] == pytest.approx(fair)
    assert fadm["best_accuracy"] == pytest.approx(0.785)
    assert fadm["settings"] == 2
    alone = found.loc["Real rows, unmitigated"]
    assert alone["hypervolume"] == pytest.approx(0.29 * 0.53)
    # seeds: 0.795 at 0.55 and 0.785 at 0.51
    assert alone["hypervolume_sd"] == pytest.approx((0.295 * 0.55 - 0.285 * 0.51) / math.sqrt(2))
    assert math.isnan(scores([r for r in ALL if r["seed"] == 0]).loc["Real rows, unmitigated", "hypervolume_sd"])


def test_the_unmitigated_model_starts_the_dial_on_the_classifier_s_side() -> None:
    found = scores()
    # 0.79 at 0.53, then down to 0.7675 at 0.65
    area = 0.29 * 0.53 + (0.29 + 0.2675) / 2 * 0.12
    assert found.loc["Reweighing", "hypervolume"] == pytest.approx(area)
    assert found.loc["Reweighing", "best_accuracy"] == pytest.approx(0.79)
    assert found.loc["Reweighing", "fairest"] == pytest.approx(0.65)
    assert found.loc["Reweighing", "settings"] == 1
    without = scores([r for r in ALL if r["method"] != "unmitigated"])
    assert without.loc["Reweighing", "hypervolume"] == pytest.approx(0.2675 * 0.65)
    assert without.loc["Reweighing", "best_accuracy"] == pytest.approx(0.7675)
    for family in ("FADM, label-aware", BEST, "Always the same answer"):  # not part of these
        assert found.loc[family, "hypervolume"] == without.loc[family, "hypervolume"]


def test_the_trivial_line_starts_at_the_unmitigated_model_too() -> None:
    line = both_seeds("overwrite", {"share": 0.4, "label": 1}, ((24, 24), (20, 35)), ((16, 6), (12, 16)))
    found = scores([*PLAIN, *line], ("unmitigated", "overwrite")).loc["Trivial line"]
    # Black: 36 + 24 + 30 + 35 of 200, 48 % : 55 %; Other: 24 + 6 + 18 + 16 of 100, 44 % : 56 %
    accuracy, fairness = (0.625 + 0.64) / 2, (48 / 55 + 44 / 56) / 2
    area = 0.29 * 0.53 + (0.29 + accuracy - 0.5) / 2 * (fairness - 0.53)
    assert found["hypervolume"] == pytest.approx(area)
    assert found["best_accuracy"] == pytest.approx(0.79)


def test_distance_to_the_bound_by_hand() -> None:
    found = scores()
    assert found.loc[BEST, "distance"] == 0.0

    def line(fairness, start, end):
        (a0, f0), (a1, f1) = start, end
        return a0 + (a1 - a0) * (fairness - f0) / (f1 - f0)

    best, ours = ((0.875, 0.45), (0.83, 0.825)), ((0.785, 0.325), (0.725, (0.9 + 20 / 24) / 2))
    gaps = [line(f, *best) - line(f, *ours) for f in (0.45, 0.825)]  # both straight, so the mean of the ends
    assert found.loc["FADM, label-aware", "distance"] == pytest.approx(sum(gaps) / 2)
    # up to 0.65 only: 0.79 until 0.53, then falling to 0.7675
    mine = (0.79 * 0.08 + (0.79 + 0.7675) / 2 * 0.12) / 0.20
    bound = (0.875 + line(0.65, *best)) / 2
    assert found.loc["Reweighing", "distance"] == pytest.approx(bound - mine, abs=1e-4)
    assert math.isnan(found.loc["Always the same answer", "distance"])
    assert scores([*FADM, *PLAIN])["distance"].isna().all()  # no bound in the table


def test_a_family_that_tells_nobody_yes_has_no_area() -> None:
    found = scores().loc["Always the same answer"]
    assert found["hypervolume"] == found["hypervolume_strict"] == 0.0
    assert math.isnan(found["fairest"])
    assert found["best_accuracy"] == pytest.approx(0.625)


def test_two_dials_of_one_family_share_a_front() -> None:
    fairer = both_seeds("fadm", {"control": "eop", "lambda_z": 0.02}, ((20, 20), (20, 20)), ((8, 4), (4, 8)))
    found = scores([*FADM, *fairer], ("fadm_dp", "fadm_eop"))
    assert list(found.index) == ["FADM, label-aware"]
    assert found["settings"].tolist() == [3]
    # Black 40 % : 40 %, 40 + 20 + 30 + 20 of 200; Other 24 % : 24 %, 32 + 4 + 26 + 8 of 100: 0.625 at 1
    fair = (0.9 + 20 / 24) / 2
    area = 0.285 * 0.325 + (0.285 + 0.225) / 2 * (fair - 0.325) + (0.225 + 0.125) / 2 * (1 - fair)
    assert found["hypervolume"].iloc[0] == pytest.approx(area)


def test_ratio_to_the_best_of_others() -> None:
    table = family_scores(results(), "R_DP")
    fair = (0.9 + 20 / 24) / 2
    ours = 0.285 * 0.325 + (0.285 + 0.225) / 2 * (fair - 0.325)
    theirs = 0.29 * 0.53 + (0.29 + 0.2675) / 2 * 0.12
    value, name = ratio(table, "FADM, label-aware", ["Real rows, unmitigated", "Reweighing"], "hypervolume")
    assert (value, name) == (pytest.approx(ours / theirs), "Reweighing")
    value, name = ratio(table, "FADM, label-aware", ["Real rows, unmitigated"], "hypervolume")
    assert (value, name) == (pytest.approx(ours / (0.29 * 0.53)), "Real rows, unmitigated")
    # above the constant's 0.625: .16 and .10 against .165
    strict = 0.16 * 0.325 + (0.16 + 0.10) / 2 * (fair - 0.325)
    value, name = ratio(table, "FADM, label-aware", ["Real rows, unmitigated"])
    assert (value, name) == (pytest.approx(strict / (0.165 * 0.53)), "Real rows, unmitigated")
    assert math.isnan(ratio(table, "FADM, label-aware", ["Always the same answer"])[0])


# floors


def exact_median(n: int, p: float) -> tuple[float, float]:
    """Where the smaller over the larger of two independent Binomial(n, p) has 48 % and 52 % below it."""
    share = binom.pmf(np.arange(n + 1), n, p)
    a, b = np.meshgrid(np.arange(n + 1), np.arange(n + 1))
    values = np.where(np.maximum(a, b) > 0, np.minimum(a, b) / np.maximum(np.maximum(a, b), 1), 1.0).ravel()
    order = values.argsort()
    below = np.outer(share, share).ravel()[order].cumsum()
    low, high = (values[order][np.searchsorted(below, level)] for level in (0.48, 0.52))
    return float(low), float(high)


def test_floors_are_the_median_of_an_equal_model() -> None:
    """40 women and 40 men; 24 of 80 are told yes. 25 and 25 are truly yes, of whom 20 of 50 are."""
    table = np.array([[[[13, 2], [17, 8]], [[13, 2], [13, 12]]]])
    found = floors(Counts(("a",), GROUPS, table))
    for metric, (low, high) in {"R_DP": exact_median(40, 24 / 80), "R_EOp": exact_median(25, 20 / 50)}.items():
        assert low <= found[metric] <= high
    many = floors(Counts(("a", "b"), GROUPS, np.concatenate([table, 10_000 * table])))
    assert many["R_DP"] == pytest.approx((found["R_DP"] + 1) / 2, abs=0.02)
    few = np.array([[[[20, 5], [3, 6]], [[10, 5], [10, 20]]]])  # nine women are truly yes
    both = floors(Counts(("a", "b"), GROUPS, np.concatenate([few, 10_000 * table])))
    assert both["R_EOp"] == pytest.approx(1.0, abs=0.01)
