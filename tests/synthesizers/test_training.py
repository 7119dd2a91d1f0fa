"""What trainings share: the learning rate and the moving average, by hand."""

import math

import pytest
import torch

from fairviz.synthesizers.training import EMA, fold, learning_rate


def test_learning_rate_warms_up_and_decays() -> None:
    """A hundred steps up to the peak, then a cosine down to a hundredth of it."""
    n, peak = 100_000, 0.3
    assert learning_rate(0, n, peak) == pytest.approx(0.01 * peak)
    assert learning_rate(49, n, peak) == pytest.approx(0.5 * peak, rel=1e-4)
    assert learning_rate(99, n, peak) == pytest.approx(peak, rel=1e-4)
    assert learning_rate(n // 2, n, peak) == pytest.approx(peak * (0.01 + 0.99 / 2))
    assert learning_rate(n // 3, n, peak) == pytest.approx(peak * (0.01 + 0.99 * 0.75), rel=1e-4)
    assert learning_rate(n - 1, n, peak) == pytest.approx(0.01 * peak, rel=1e-4)
    after = [learning_rate(step, 1000, peak) for step in range(99, 1000)]
    assert after == sorted(after, reverse=True)
    assert max(learning_rate(step, 1000, peak) for step in range(1000)) <= peak


def test_learning_rate_of_a_short_run_still_warms_up() -> None:
    rates = [learning_rate(step, 4, 1.0) for step in range(4)]
    decay = [0.01 + 0.99 * share for share in (1.0, 0.5 + math.sqrt(0.125), 0.5, 0.5 - math.sqrt(0.125))]
    assert rates == pytest.approx([warm * d for warm, d in zip((0.25, 0.5, 0.75, 1.0), decay, strict=True)])


def test_fold_is_the_moving_average_by_hand() -> None:
    """Decay (step + 1) / (step + 10) at first: 1/10, 2/11, 3/12."""
    average, weight = [torch.tensor([0.0, 10.0])], torch.tensor([1.0, 20.0], requires_grad=True)
    fold(average, [weight], 0)
    assert average[0].tolist() == pytest.approx([0.9, 19.0])
    with torch.no_grad():
        weight.copy_(torch.tensor([2.0, 0.0]))
    fold(average, [weight], 1)
    assert average[0].tolist() == pytest.approx([0.9 * 2 / 11 + 2.0 * 9 / 11, 19.0 * 2 / 11])
    fold(average, [weight], 2)
    first = 0.25 * (0.9 * 2 / 11 + 18 / 11) + 0.75 * 2.0
    assert average[0].tolist() == pytest.approx([first, 0.25 * 19.0 * 2 / 11])
    assert weight.tolist() == [2.0, 0.0]
    assert not average[0].requires_grad


def test_fold_settles_at_a_long_memory() -> None:
    average = [torch.tensor([0.0])]
    fold(average, [torch.tensor([1.0])], 1_000_000)
    assert EMA == 0.998
    assert float(average[0]) == pytest.approx(1 - EMA, rel=1e-4)
