"""Every solver brings Gaussian data back: mean and covariance, with the exact score."""

import pytest
import torch

from fairviz.diffusion.sde import VPSDE
from fairviz.diffusion.solvers import SOLVERS, ratio_grid, solve

SDE = VPSDE()
MEAN = torch.tensor([1.0, -0.5])
COV = torch.tensor([[1.0, 0.6], [0.6, 0.8]])
N = 40_000


def exact_score(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """grad log N(alpha MEAN, alpha^2 COV + sigma^2 I)."""
    alpha, sigma = SDE.alpha(t[:1]), SDE.sigma(t[:1])
    precision = torch.linalg.inv(alpha**2 * COV + sigma**2 * torch.eye(2))
    return -(x - alpha * MEAN) @ precision


def sample(solver: str, n_steps: int, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    noise = torch.randn(N, 2, generator=rng)
    *_, x = solve(SDE, exact_score, noise, n_steps=n_steps, solver=solver, rng=rng)
    return x


# standard errors at N: mean 0.005, covariance 0.007; Euler-Maruyama adds a step error of order 1/n_steps
@pytest.mark.parametrize(
    ("solver", "n_steps", "tolerance"), [("sde_dpmpp_2m", 60, 0.025), ("euler_maruyama", 600, 0.03)]
)
def test_mean_and_covariance_return(solver: str, n_steps: int, tolerance: float) -> None:
    x = sample(solver, n_steps)
    assert torch.allclose(x.mean(0), MEAN, atol=tolerance)
    assert torch.allclose(torch.cov(x.T), COV, atol=tolerance)


def test_ten_steps_lose_no_more_variance_than_the_last_noise_ratio_explains() -> None:
    """Ten steps end at noise ratio 0.2; denoising there removes r^2/(1+r^2) of a unit variance, about 4 %."""
    x = sample("sde_dpmpp_2m", 10)
    assert torch.allclose(x.mean(0), MEAN, atol=0.12)
    shrunk = COV @ torch.linalg.inv(COV + 0.2**2 * torch.eye(2)) @ COV
    assert torch.allclose(torch.cov(x.T), shrunk, atol=0.06)


def test_the_few_step_solver_is_stochastic() -> None:
    """Same start, other noise on the way, other rows."""
    noise = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    ends = []
    for seed in (1, 2):
        *_, x = solve(
            SDE, exact_score, noise, n_steps=10, solver="sde_dpmpp_2m", rng=torch.Generator().manual_seed(seed)
        )
        ends.append(x)
    assert (ends[0] - ends[1]).abs().mean() > 0.3


@pytest.mark.parametrize("solver", list(SOLVERS))
@pytest.mark.parametrize("n_steps", [1, 2, 7])
def test_one_state_per_evaluation(solver: str, n_steps: int) -> None:
    calls = []

    def score(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        calls.append(float(t[0]))
        return exact_score(x, t)

    rng = torch.Generator().manual_seed(0)
    states = list(solve(SDE, score, torch.randn(5, 2, generator=rng), n_steps=n_steps, solver=solver, rng=rng))
    assert len(states) == len(calls) == n_steps
    assert calls == sorted(calls, reverse=True)
    assert all(torch.isfinite(state).all() for state in states)


def test_grid_ends() -> None:
    assert float(ratio_grid(10)[0]) == pytest.approx(10)
    assert float(ratio_grid(10)[-1]) == pytest.approx(0.2)
    assert float(ratio_grid(100)[0]) == pytest.approx(80)
    assert float(ratio_grid(100)[-1]) == pytest.approx(0.02)
