"""Reverse-time solvers (eq. 3). They see a score function and nothing else.

All rows are at the same time, so the score is asked with t of shape (1,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from fairviz.diffusion.guidance import ScoreFn
from fairviz.diffusion.sde import RATIO_MAX, RATIO_MIN, VPSDE


def ratio_grid(n_steps: int, *, rho: float = 7.0) -> Tensor:
    """Noise ratios from high to low, (n_steps,), spaced as in Karras et al. 2022, eq. 5.

    The more steps, the wider the range: 10 down to 0.2 with ten steps (one-hot blocks are decided in between; steps
    spent elsewhere cost accuracy downstream), 80 down to 0.02 with a hundred.
    """
    top = min(max(float(n_steps), 10.0), RATIO_MAX)
    bottom = min(max(2.0 / n_steps, RATIO_MIN), 0.5)
    return _karras(top, bottom, n_steps, rho)


def _karras(top: float, bottom: float, n_steps: int, rho: float = 7.0) -> Tensor:
    ramp = torch.linspace(0, 1, n_steps, dtype=torch.float64)
    result: Tensor = (top ** (1 / rho) + ramp * (bottom ** (1 / rho) - top ** (1 / rho))) ** rho
    return result


def _dpmpp_2m(
    sde: VPSDE, score: ScoreFn, x: Tensor, ratios: Tensor, churn: Callable[[float], float], rng: torch.Generator
) -> Iterator[Tensor]:
    """DPM-Solver++(2M): second order, one score evaluation a step. Ends with the denoised row.

    Lu et al. 2022, *DPM-Solver++*, algorithm 2 with the SDE update of appendix A.6; ``h`` is the step in
    ``log(alpha / sigma)``.

    Parameters
    ----------
    x : Tensor, shape (B, D)
        Standard normal rows, taken as the state at the largest noise ratio.
    ratios : Tensor, shape (n_steps,)
        Noise ratios from high to low.
    churn : callable
        Noise ratio -> share of the reverse SDE's fresh noise: 1 is the SDE, 0 the probability flow.
    """
    times = sde.time_of_ratio(ratios).to(x.dtype)
    previous: Tensor | None = None
    h_previous, n_steps = 0.0, len(ratios)
    for i in range(n_steps):
        t = times[i : i + 1]
        denoised = sde.denoised(x, t, score(x, t))
        if i == n_steps - 1:
            yield denoised
            return
        h = float(torch.log(ratios[i] / ratios[i + 1]))
        forgotten = churn(float(ratios[i])) * h
        estimate = denoised
        if previous is not None:
            estimate = denoised + (h / (2 * h_previous)) * (denoised - previous)
        now, then = times[i], times[i + 1]
        decay = torch.exp(torch.tensor(-forgotten))
        fresh = -torch.expm1(torch.tensor(-(h + forgotten)))
        kept = (sde.sigma(then) / sde.sigma(now) * decay).to(x.dtype)
        x = kept * x + (sde.alpha(then) * fresh).to(x.dtype) * estimate
        if forgotten:
            noise = torch.randn(x.shape, generator=rng, dtype=x.dtype)
            x = x + (sde.sigma(then) * (-torch.expm1(torch.tensor(-2 * forgotten))).sqrt()).to(x.dtype) * noise
        previous, h_previous = denoised, h
        yield x


def sde_dpmpp_2m(sde: VPSDE, score: ScoreFn, x: Tensor, *, n_steps: int, rng: torch.Generator) -> Iterator[Tensor]:
    """SDE-DPM-Solver++(2M): few steps, stochastic to the end; see :func:`_dpmpp_2m`.

    Parameters
    ----------
    x : Tensor, shape (B, D)
        Standard normal rows, taken as the state at the largest noise ratio of :func:`ratio_grid`.
    n_steps : int
        Score evaluations.
    """
    yield from _dpmpp_2m(sde, score, x, ratio_grid(n_steps), lambda _: 1.0, rng)


def mixed_dpmpp_2m(sde: VPSDE, score: ScoreFn, x: Tensor, *, n_steps: int, rng: torch.Generator) -> Iterator[Tensor]:
    """DPM-Solver++(2M), stochastic while there is more noise than signal, then along the probability flow.

    Fresh noise mends what the first, coarse steps get wrong; what is added late, few steps cannot take away again. With
    ten steps rows are harder to tell from real ones than those of :func:`sde_dpmpp_2m` (benchmarks/LOG.md).

    Parameters
    ----------
    x : Tensor, shape (B, D)
        Standard normal rows, taken as the state at the largest noise ratio: 6 with ten steps, 25 with fifty.
    n_steps : int
        Score evaluations.
    """
    top, bottom = min(max(n_steps / 2, 6.0), RATIO_MAX), min(max(2.0 / n_steps, RATIO_MIN), 0.15)
    yield from _dpmpp_2m(sde, score, x, _karras(top, bottom, n_steps), lambda ratio: float(ratio > 1), rng)


def euler_maruyama(sde: VPSDE, score: ScoreFn, x: Tensor, *, n_steps: int, rng: torch.Generator) -> Iterator[Tensor]:
    """Euler-Maruyama on eq. 3, the reference: needs 200 steps or more. Ends with the denoised row.

    Steps are even in the square root of t: small where the score changes fast.
    """
    t_end = float(sde.time_of_ratio(torch.tensor(RATIO_MIN)))
    times = torch.linspace(1.0, t_end**0.5, n_steps, dtype=torch.float64) ** 2
    for i in range(n_steps):
        t = times[i : i + 1].to(x.dtype)
        value = score(x, t)
        if i == n_steps - 1:
            yield sde.denoised(x, t, value)
            return
        dt = float(times[i] - times[i + 1])
        beta = sde.beta(t)[:, None]
        noise = torch.randn(x.shape, generator=rng, dtype=x.dtype)
        x = x + (0.5 * beta * x + beta * value) * dt + (beta * dt).sqrt() * noise
        yield x


Solver = Callable[..., Iterator[Tensor]]
SOLVERS: dict[str, Solver] = {
    "sde_dpmpp_2m": sde_dpmpp_2m, "mixed_dpmpp_2m": mixed_dpmpp_2m, "euler_maruyama": euler_maruyama,
}  # fmt: skip


def solve(
    sde: VPSDE, score: ScoreFn, x: Tensor, *, n_steps: int, solver: str, rng: torch.Generator
) -> Iterator[Tensor]:
    """Yield the states from noise to rows; the last one is the sample.

    Parameters
    ----------
    x : Tensor, shape (B, D)
        Standard normal noise.
    solver : str
        A key of :data:`SOLVERS`.
    """
    return SOLVERS[solver](sde, score, x, n_steps=n_steps, rng=rng)
