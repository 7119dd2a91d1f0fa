"""Wins, ties and losses counted by hand; p-values of the signed-rank test from its definition."""

import math

import pandas as pd
import pytest

from fairviz.experiments.pairwise import pairwise


def chosen(**families: list[tuple[float, float]]) -> pd.DataFrame:
    """Accuracy and R_DP of families, domain by domain."""
    return pd.DataFrame(
        [
            {
                "family": family,
                "by_domain": {f"d{k}": {"right": a, "R_DP": r} for k, (a, r) in enumerate(values) if a is not None},
            }
            for family, values in families.items()
        ]
    )


OURS = [(0.90, 0.5), (0.80, 0.6), (0.70, 0.7), (0.60, 0.8), (0.75, 0.9), (0.85, 0.4)]


def test_counted_by_hand() -> None:
    """Accuracy: +1, 0 and within a tenth of a point, -2, +3, +4, +5 points; R_DP: one is not estimable."""
    theirs = [(0.89, 0.5), (0.7995, 0.595), (0.72, math.nan), (0.57, 0.9), (0.71, 0.7), (0.80, 0.2)]
    found = pairwise({"s": chosen(ours=OURS, theirs=theirs)}, "ours", "R_DP").set_index("family").loc["theirs"]
    assert found["domains"] == 6
    assert [found[f"right_{k}"] for k in ("won", "tied", "lost")] == [4, 1, 1]
    assert [found[f"R_DP_{k}"] for k in ("won", "tied", "lost")] == [2, 2, 1]
    # ranks of .0005, .01, .02, .03, .04, .05 are 1 to 6; only that of -.02 is negative: W = 3. Of 64 sets of signs
    # {}, {1}, {2}, {1, 2}, {3} sum to 3 or less: p = 2 * 5 / 64
    assert found["right_p"] == pytest.approx(10 / 64)
    assert math.isnan(found["R_DP_p"])  # five domains


def test_always_better_is_the_smallest_p_there_is() -> None:
    worse = [(a - 0.01 * (k + 1), r - 0.02 * (k + 1)) for k, (a, r) in enumerate(OURS)]
    found = pairwise({"s": chosen(ours=OURS, theirs=worse)}, "ours", "R_DP").iloc[0]
    assert found["right_p"] == found["R_DP_p"] == pytest.approx(2 / 64)
    assert (found["right_won"], found["R_DP_won"]) == (6, 6)


def test_domains_of_all_sets_count_and_only_those_of_both() -> None:
    """Two sets with domains of the same name; a family that was not compared on one of them."""
    one, other = chosen(ours=OURS[:3], a=OURS[3:], b=OURS[:3]), chosen(ours=OURS[:3], a=OURS[:3])
    found = pairwise({"one": one, "other": other}, "ours", "R_DP").set_index("family")
    assert list(found.index) == ["a", "b"]
    assert found["domains"].to_dict() == {"a": 6, "b": 3}
    assert [found.loc["b", f"right_{k}"] for k in ("won", "tied", "lost")] == [0, 3, 0]
    # .90-.60, .80-.75 are won, .70-.85 is lost, and three are the same
    assert [found.loc["a", f"right_{k}"] for k in ("won", "tied", "lost")] == [2, 3, 1]
    assert math.isnan(found.loc["b", "right_p"])


def test_nobody_to_compare_with() -> None:
    assert len(pairwise({"s": chosen(ours=OURS)}, "ours", "R_DP")) == 0
    assert len(pairwise({"s": chosen(theirs=OURS)}, "", "R_DP")) == 0
    assert len(pairwise({}, "ours", "R_DP")) == 0
