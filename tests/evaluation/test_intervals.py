"""Intervals and noise floors against closed forms and enumeration."""

import numpy as np
import pytest
from scipy.stats import binom

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.intervals import bootstrap, interval, intervals, noise_floor
from fairviz.evaluation.metrics import METRICS, accuracy, demographic_parity_ratio, selection_rate
from fairviz.evaluation.runs import Runs
from tests.evaluation.test_metrics import HAND

COUNTS = Counts(("a", "b"), ("women", "men"), np.concatenate([HAND, HAND * 7]))


def test_bootstrap_spread_of_accuracy_is_binomial() -> None:
    draws = accuracy(bootstrap(COUNTS, n=4000))
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
    _, low, high, n = Runs((pair,)).mean_span(METRICS["accuracy"])
    assert n == 2
    one_low, one_high = interval(pair, METRICS["accuracy"])
    assert (high - low) / (one_high[0] - one_low[0]) == pytest.approx(1 / np.sqrt(2), rel=0.12)


def test_intervals_hold_their_value_near_equality() -> None:
    """Equal rates: every replicate's ratio is below 1, the interval still reaches the observed 1 and no further."""
    equal = Counts(("a",), ("women", "men"), np.array([[[[20, 20], [20, 20]], [[30, 30], [30, 30]]]]))
    assert (demographic_parity_ratio(bootstrap(equal)) < 1).mean() > 0.9
    low, high = interval(equal, demographic_parity_ratio)
    assert low[0] < 0.85
    assert high[0] == 1.0


def test_replicates_of_a_domain_do_not_depend_on_the_others() -> None:
    assert (bootstrap(COUNTS.domain("b"))[:, 0] == bootstrap(COUNTS)[:, 1]).all()


def test_runs_average_metrics_not_counts() -> None:
    """Opposite seeds: 9 of 40 against 30 of 60, and the reverse. Mean ratio 0.45; averaged counts would look fairer."""
    runs = Runs((Counts(("a",), ("women", "men"), HAND), Counts(("a",), ("women", "men"), HAND[:, ::-1])))
    assert runs.value(demographic_parity_ratio)[0] == pytest.approx(0.45)
    value, low, high = runs.span(demographic_parity_ratio)
    assert low[0] < value[0] < high[0]


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
