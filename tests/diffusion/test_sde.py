"""The SDE's coefficients against numerical integration of its definition."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad, solve_ivp

from fairviz.diffusion.sde import RATIO_MAX, RATIO_MIN, VPSDE, NoiseLevels

SDE = VPSDE()


@pytest.mark.parametrize("t", [1e-3, 0.1, 0.37, 1.0])
def test_coefficients_solve_the_moment_equations(t: float) -> None:
    """d mean = -beta/2 mean dt and d var = beta (1 - var) dt, from a clean row (mean 1, variance 0)."""
    beta = lambda s: 0.1 + (20 - 0.1) * s  # noqa: E731
    moments = solve_ivp(
        lambda s, m: [-beta(s) / 2 * m[0], beta(s) * (1 - m[1])], (0, t), [1.0, 0.0], rtol=1e-10, atol=1e-12
    )
    time = torch.tensor(t, dtype=torch.float64)
    assert float(SDE.alpha(time)) == pytest.approx(moments.y[0, -1], rel=1e-6)
    assert float(SDE.sigma(time)) ** 2 == pytest.approx(moments.y[1, -1], rel=1e-6)
    assert float(SDE.alpha(time)) == pytest.approx(np.exp(-0.5 * quad(beta, 0, t)[0]), rel=1e-9)


def test_time_of_ratio_inverts_the_ratio() -> None:
    t = torch.linspace(0.001, 1, 50, dtype=torch.float64)
    assert torch.allclose(SDE.time_of_ratio(SDE.sigma(t) / SDE.alpha(t)), t, atol=1e-9)


def test_denoised_and_score_on_a_gaussian() -> None:
    """For x_0 ~ N(2, 9): E[x_0 | x_t] by conditioning of a joint normal, the score from the marginal's density."""
    t = torch.tensor([0.05, 0.3, 0.8], dtype=torch.float64)
    x = torch.tensor([[0.3], [-1.0], [2.0]], dtype=torch.float64)
    alpha, sigma = SDE.alpha(t)[:, None], SDE.sigma(t)[:, None]
    score = -(x - 2 * alpha) / (9 * alpha**2 + sigma**2)
    conditional = 2 + 9 * alpha / (9 * alpha**2 + sigma**2) * (x - 2 * alpha)
    assert torch.allclose(SDE.denoised(x, t, score), conditional)
    assert torch.allclose(SDE.score_of(x, t, conditional), score)


@pytest.mark.parametrize("levels", [NoiseLevels(), NoiseLevels(mean=-1.0, std=0.9)])
def test_drawn_times_have_lognormal_ratios(levels: NoiseLevels) -> None:
    rng = torch.Generator().manual_seed(0)
    t = levels.draw_times(SDE, 20_000, rng).double()
    log_ratio = torch.log(SDE.sigma(t) / SDE.alpha(t))
    assert float(log_ratio.mean()) == pytest.approx(levels.mean, abs=0.02)
    assert float(log_ratio.std()) == pytest.approx(levels.std, abs=0.02)
    assert float(log_ratio.exp().min()) >= RATIO_MIN * 0.99
    assert float(log_ratio.exp().max()) <= RATIO_MAX * 1.01
