"""Parts of a spread: hand-worked mean squares, simulated effects of known size, and the binomial's own variance."""

import numpy as np
import pandas as pd
import pytest

from fairviz.experiments.methods import line_named
from fairviz.experiments.parts import one_way, parts, parts_text
from fairviz.experiments.results import Results
from fairviz.settings import text_of

GROUPS = ("a", "b")


def test_mean_squares_by_hand() -> None:
    """Groups (1, 3), (5, 7): within 2 + 2 over 2; between 2 * (2^2 + 2^2) = 16, less 2, over 2."""
    within, between = one_way(np.array([1.0, 3, 5, 7]), np.array([0, 0, 1, 1]))
    assert (within, between) == (pytest.approx(2), pytest.approx(7))
    # (1, 3), (2): n0 = 3 - 5/3; between 2 * 0 + 0 = 0 is below within: cut off at 0
    assert one_way(np.array([1.0, 3, 2]), np.array([0, 0, 1])) == (pytest.approx(2), 0)
    with pytest.raises(ValueError, match="two groups"):
        one_way(np.array([1.0, 2]), np.array([0, 1]))


def test_effects_of_known_size_come_back() -> None:
    """3,000 experiments of five seeds and three fits: fits of variance 4, seeds of variance 1."""
    rng, group = np.random.default_rng(0), np.array([0, 1, 2, 0, 1])
    found = []
    for _ in range(3000):
        fits = rng.normal(0, 2, 3)
        values = fits[group] + rng.normal(0, 1, 5)
        found.append(one_way(values, group))
    within, between = np.mean(found, 0)
    assert within == pytest.approx(1, rel=0.1)
    # cutting off at 0 adds a little: never more than what the smallest experiments lack
    assert 3.8 < between < 4.6


def table(right: int, people: int = 1000) -> dict[str, int]:
    """Both groups: half of either label, so many right in all; everything symmetric, so R_DP is 1."""
    half, each = people // 4, right // 4
    return {
        f"n_{k}_{y}_{p}": each if y == p else half - each for k in (0, 1) for y in (0, 1) for p in (0, 1)
    }  # fmt: skip


def results(right: dict[int, int], fits: int) -> Results:
    dial = line_named("fadm_soft_dp").about("full")
    setting = {"labels": "boosted", "preset": "fairviz", **({"fits": fits} if fits > 1 else {})}
    dial["positions"] = [{"setting": setting, "wording": "–"}]
    rows = [
        {
            "method": "fadm_preview",
            "setting": text_of(setting),
            "target": "d",
            "seed": seed,
            "classifier": "c",
            **table(n),
        }
        for seed, n in right.items()
    ]
    return Results(pd.DataFrame(rows), GROUPS, (dial,))


def test_people_seeds_and_fits() -> None:
    """Seeds 0 and 3 are of fit 0 and count 800 and 840 of 1,000, 1 and 4 of fit 1: 700, 740; 2 of fit 2: 600."""
    found = parts(results({0: 800, 3: 840, 1: 700, 4: 740, 2: 600}, 3), "fadm_soft_dp", "accuracy")
    assert found is not None
    assert found["seeds"] == pytest.approx(0.04 / np.sqrt(2))  # of (.80, .84) and (.70, .74)
    # 736 of 1,000 right in the mean: sqrt(.736 * .264 / 1000)
    assert found["people"] == pytest.approx(np.sqrt(0.736 * 0.264 / 1000), rel=0.1)
    means, grand, n0 = np.array([0.82, 0.72, 0.6]), 0.736, (5 - 9 / 5) / 2
    square = (np.array([2, 2, 1]) * (means - grand) ** 2).sum() / 2
    assert found["fits"] == pytest.approx(np.sqrt((square - 0.0008) / n0))
    text = parts_text(results({0: 800, 3: 840, 1: 700, 4: 740, 2: 600}, 3))
    assert f"seeds {100 * found['seeds']:.2f}, fits {100 * found['fits']:.2f}" in text


def test_one_fit_says_nothing_of_fits() -> None:
    assert parts(results({0: 800, 1: 840}, 1), "fadm_soft_dp", "accuracy") is None
    assert parts(results({0: 800, 1: 840, 2: 700}, 3), "fadm_soft_dp", "accuracy") is None  # each fit once
    assert parts_text(results({0: 800, 1: 840}, 1)) == ""
