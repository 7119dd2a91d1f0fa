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
    ("solver", "n_steps", "tolerance"),
    [("sde_dpmpp_2m", 60, 0.025), ("mixed_dpmpp_2m", 60, 0.025), ("euler_maruyama", 600, 0.03)],
)
def test_mean_and_covariance_return(solver: str, n_steps: int, tolerance: float) -> None:
    x = sample(solver, n_steps)
    assert torch.allclose(x.mean(0), MEAN, atol=tolerance)
    assert torch.allclose(torch.cov(x.T), COV, atol=tolerance)


@pytest.mark.parametrize(("solver", "last"), [("sde_dpmpp_2m", 0.2), ("mixed_dpmpp_2m", 0.15)])
def test_ten_steps_lose_no_more_variance_than_the_last_noise_ratio_explains(solver: str, last: float) -> None:
    """Ten steps end at noise ratio r = 0.2; denoising there removes r^2/(1+r^2) of a unit variance, about 4 %."""
    x = sample(solver, 10)
    assert torch.allclose(x.mean(0), MEAN, atol=0.12)
    shrunk = COV @ torch.linalg.inv(COV + last**2 * torch.eye(2)) @ COV
    assert torch.allclose(torch.cov(x.T), shrunk, atol=0.06)


def test_late_steps_add_no_noise() -> None:
    """Where there is more signal than noise the mixed solver goes on along one path, the other one does not."""
    n_steps = 20
    for solver, same in (("mixed_dpmpp_2m", True), ("sde_dpmpp_2m", False)):
        states = []
        for late in (1, 2):
            rng = torch.Generator().manual_seed(0)
            found = []
            steps = solve(SDE, exact_score, torch.zeros(50, 2), n_steps=n_steps, solver=solver, rng=rng)
            for k, state in enumerate(steps):
                found.append(state)
                if k == 12:  # ratios fall from 10 to 0.1, and below 1 here
                    rng.manual_seed(late)
            states.append(found[-1])
        assert torch.equal(states[0], states[1]) == same


@pytest.mark.parametrize("solver", ["sde_dpmpp_2m", "mixed_dpmpp_2m"])
def test_few_step_solvers_are_stochastic(solver: str) -> None:
    """Same start, other noise on the way, other rows."""
    noise = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    ends = []
    for seed in (1, 2):
        *_, x = solve(SDE, exact_score, noise, n_steps=10, solver=solver, rng=torch.Generator().manual_seed(seed))
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
