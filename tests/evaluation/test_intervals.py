"""Intervals and noise floors against closed forms and enumeration."""

import numpy as np
import pytest
from scipy.stats import binom

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.intervals import bootstrap, interval, intervals, noise_floor
from fairviz.evaluation.metrics import METRICS, selection_rate
from fairviz.evaluation.runs import Runs
from tests.evaluation.test_metrics import HAND

COUNTS = Counts(("a", "b"), ("women", "men"), np.concatenate([HAND, HAND * 7]))


def test_bootstrap_spread_of_accuracy_is_binomial() -> None:
    draws = METRICS["accuracy"](bootstrap(COUNTS, n=4000))
    for m, n in enumerate((100, 700)):
        assert draws[:, m].mean() == pytest.approx(0.81, abs=0.005)
        assert draws[:, m].std() == pytest.approx(np.sqrt(0.81 * 0.19 / n), rel=0.06)


def test_bootstrap_keeps_the_rows_of_a_domain() -> None:
    assert set(bootstrap(COUNTS, n=50).sum((-3, -2, -1)).ravel()) == {100, 700}


def test_interval_of_a_rate() -> None:
    """Men's selection rate in b: 210 of 420, and the number of men varies too; normal approximation."""
    low, high = interval(COUNTS, selection_rate)
    assert low.shape == (2, 2)
    half = 1.96 * np.sqrt(0.5 * 0.5 / 420)
    assert low[1, 1] == pytest.approx(0.5 - half, abs=0.01)
    assert high[1, 1] == pytest.approx(0.5 + half, abs=0.01)


def test_more_rows_make_narrower_intervals() -> None:
    for name, (low, high) in intervals(COUNTS).items():
        if name == "R_PP":  # nine women of domain a are predicted yes
            assert np.isnan(low[0]), name
            continue
        assert (high >= low).all(), name
        assert high[1] - low[1] < high[0] - low[0], name


def test_not_estimable_has_no_interval() -> None:
    table = HAND.copy()
    table[0, 0, 1] = [1, 2]
    low, high = intervals(Counts(("a",), ("women", "men"), table))["R_EOp"]
    assert np.isnan(low[0])
    assert np.isnan(high[0])


def test_mean_interval_is_narrower_than_its_parts() -> None:
    """Two independent domains of the same size: the mean's spread is 1/sqrt(2) of one's."""
    pair = Counts(("a", "b"), ("women", "men"), np.concatenate([HAND * 20, HAND * 20]))
    _, low, high, n = Runs((pair,)).mean_span("accuracy")
    assert n == 2
    one_low, one_high = interval(pair, METRICS["accuracy"])
    assert (high - low) / (one_high[0] - one_low[0]) == pytest.approx(1 / np.sqrt(2), rel=0.12)


def test_intervals_hold_their_value_near_equality() -> None:
    """Equal rates: every replicate's ratio is below 1, the interval still reaches the observed 1 and no further."""
    equal = Counts(("a",), ("women", "men"), np.array([[[[20, 20], [20, 20]], [[30, 30], [30, 30]]]]))
    assert (METRICS["R_DP"](bootstrap(equal)) < 1).mean() > 0.9
    low, high = interval(equal, METRICS["R_DP"])
    assert low[0] < 0.85
    assert high[0] == 1.0


def test_replicates_of_a_domain_do_not_depend_on_the_others() -> None:
    assert (bootstrap(COUNTS.domain("b"))[:, 0] == bootstrap(COUNTS)[:, 1]).all()


def test_an_interval_near_equality_reaches_it() -> None:
    """19 and 25 of 40: a difference of 1.4 standard errors, so equality is not ruled out, nor the other direction."""
    table = np.array([[[[10, 0], [21, 19]], [[10, 0], [15, 25]]]])
    for metric, equal in (("R_EOp", 1.0), ("eop_difference", 0.0)):
        low, high = intervals(Counts(("a",), ("women", "men"), table))[metric]
        assert equal in (low[0], high[0]), metric
        value, *ends = Runs((Counts(("a",), ("women", "men"), table),)).span(metric)
        assert equal in (ends[0][0], ends[1][0]), metric
        assert ends[0][0] < value[0] < ends[1][0], metric
    table *= 20  # ten times fewer people would not tell; 800 do
    low, high = intervals(Counts(("a",), ("women", "men"), table))["R_EOp"]
    assert high[0] < 0.9


def test_a_group_just_large_enough_has_an_interval() -> None:
    """Ten women truly yes: half of the replicates draw fewer, which is chance and no reason to be silent."""
    low, high = intervals(Counts(("a",), ("women", "men"), HAND))["R_EOp"]
    assert 0.1 < low[0] < 0.75 < high[0] <= 1
    runs = Runs((Counts(("a",), ("women", "men"), HAND),) * 2)
    _, low, high = runs.span("R_EOp")
    assert 0.1 < low[0] < 0.75 < high[0] <= 1


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """Two groups of 60, rates 0.5 and 0.5, 0.4 or 0.25, three runs that agree in nine answers of ten."""
    rng = np.random.default_rng(0)
    for truth in (1.0, 0.8, 0.5):
        hits = 0
        for _ in range(150):
            rates = np.array([0.5 * truth, 0.5])
            person = rng.random((2, 60)) < rates[:, None]
            parts = []
            for _ in range(3):
                yes = np.where(rng.random((2, 60)) < 0.9, person, rng.random((2, 60)) < rates[:, None]).sum(1)
                table = [[[50, 0], [60 - k, k]] for k in yes]
                parts.append(Counts(("a",), ("women", "men"), np.array([table])))
            _, low, high = Runs(tuple(parts)).span("R_EOp")
            hits += int(low[0] <= truth <= high[0])
        assert hits >= 0.9 * 150, truth


def test_rates_are_averaged_before_the_ratio() -> None:
    """6 and 14 women of 40, 14 and 6 men of 40: equal on average, though each run is not."""
    one, other = (
        np.array([[[[34, 6], [0, 0]], [[26, 14], [0, 0]]]]),
        np.array([[[[26, 14], [0, 0]], [[34, 6], [0, 0]]]]),
    )
    runs = Runs(tuple(Counts(("a",), ("women", "men"), t) for t in (one, other)))
    assert runs.value(METRICS["R_DP"])[0] == 1.0
    assert runs.value(selection_rate)[0].tolist() == [0.25, 0.25]
    _, low, high = runs.span("R_DP")
    assert low[0] < 6 / 14 < high[0] == 1.0


def test_runs_of_different_people_are_refused() -> None:
    with pytest.raises(AssertionError, match="different rows"):
        Runs((Counts(("a",), ("women", "men"), HAND), Counts(("a",), ("women", "men"), HAND[:, ::-1])))


def test_noise_floor_by_enumeration() -> None:
    """Two groups with pooled rate p: the ratio's exact distribution by summing over both binomials."""
    table = np.array([[[[6, 6], [5, 3]], [[20, 10], [10, 10]]]])
    n = np.array([20, 50])
    p = (6 + 3 + 10 + 10) / 70
    k0, k1 = np.meshgrid(np.arange(21), np.arange(51), indexing="ij")
    weight = np.outer(binom.pmf(np.arange(21), 20, p), binom.pmf(np.arange(51), 50, p))
    r0, r1 = k0 / n[0], k1 / n[1]
    high = np.maximum(r0, r1)
    ratio = np.where(high > 0, np.minimum(r0, r1) / np.where(high > 0, high, 1), 1.0)
    order = np.argsort(ratio.ravel())
    cumulative = weight.ravel()[order].cumsum()
    wanted = [ratio.ravel()[order][np.searchsorted(cumulative, q)] for q in (0.5, 0.05)]
    median, low = noise_floor(Counts(("d",), ("a", "b"), table), "R_DP", n=20_000)
    assert median[0] == pytest.approx(wanted[0], abs=0.02)
    assert low[0] == pytest.approx(wanted[1], abs=0.02)
    assert wanted[0] < 0.9  # with so few rows, equality does not look equal


def test_noise_floor_needs_rows() -> None:
    table = HAND.copy()
    table[0, 0, 1] = [1, 2]
    median, _ = noise_floor(Counts(("d",), ("a", "b"), table), "R_EOp")
    assert np.isnan(median[0])
