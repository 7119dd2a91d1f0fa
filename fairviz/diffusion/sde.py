"""The variance-preserving SDE of the paper (eq. 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class VPSDE:
    """``dx = -beta(t)/2 x dt + sqrt(beta(t)) dw`` with linear beta, t in (0, 1], 1 is noise (eq. 2).

    ``x_t = alpha(t) x_0 + sigma(t) eps`` with ``alpha^2 + sigma^2 = 1``. The *noise ratio* ``sigma / alpha``
    (EDM's noise level) runs from 0 to about 152.
    """

    beta_min: float = 0.1
    beta_max: float = 20.0

    def beta(self, t: Tensor) -> Tensor:
        """beta(t), same shape as ``t``."""
        return self.beta_min + (self.beta_max - self.beta_min) * t

    def _integral(self, t: Tensor) -> Tensor:
        return self.beta_min * t + 0.5 * (self.beta_max - self.beta_min) * t**2

    def alpha(self, t: Tensor) -> Tensor:
        """Signal coefficient, ``exp(-1/2 int_0^t beta)``."""
        return torch.exp(-0.5 * self._integral(t))

    def sigma(self, t: Tensor) -> Tensor:
        """Noise coefficient, ``sqrt(1 - alpha^2)``, accurate for small t."""
        return torch.sqrt(-torch.expm1(-self._integral(t)))

    def time_of_ratio(self, ratio: Tensor) -> Tensor:
        """The t at which ``sigma / alpha`` equals ``ratio``; inverse in closed form, clipped to [0, 1]."""
        integral = torch.log1p(ratio**2)
        slope = self.beta_max - self.beta_min
        root = torch.sqrt(self.beta_min**2 + 2 * slope * integral)
        return (2 * integral / (self.beta_min + root)).clamp(0.0, 1.0)

    def perturb(self, x: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """``x_t`` for clean rows x (B, D), times t (B,), standard normal noise (B, D)."""
        return self.alpha(t)[:, None] * x + self.sigma(t)[:, None] * noise

    def denoised(self, x: Tensor, t: Tensor, score: Tensor) -> Tensor:
        """``E[x_0 | x_t]`` from the score (Tweedie), shapes (B, D), (B,), (B, D)."""
        return (x + self.sigma(t)[:, None] ** 2 * score) / self.alpha(t)[:, None]

    def score_of(self, x: Tensor, t: Tensor, denoised: Tensor) -> Tensor:
        """The score from ``E[x_0 | x_t]``; inverse of :meth:`denoised`."""
        return (self.alpha(t)[:, None] * denoised - x) / self.sigma(t)[:, None] ** 2


#: Noise ratios between which networks are trained and rows are sampled.
RATIO_MIN, RATIO_MAX = 0.02, 80.0


@dataclass(frozen=True)
class NoiseLevels:
    """Noise ratios that a network is trained on: their logarithm is normal (Karras et al. 2022, EDM, table 1)."""

    mean: float = -0.4
    std: float = 1.4

    def draw_times(self, sde: VPSDE, n: int, rng: torch.Generator) -> Tensor:
        """Times (n,) of these noise ratios, within the trained range.

        Stratified over the batch, which lowers the variance of the loss and changes nothing on average.
        """
        u = (torch.arange(n) + torch.rand(n, generator=rng)) / n
        u = u[torch.randperm(n, generator=rng)]
        log_ratio = self.mean + self.std * math.sqrt(2) * torch.erfinv((2 * u - 1).clamp(-0.999999, 0.999999))
        return sde.time_of_ratio(log_ratio.exp().clamp(RATIO_MIN, RATIO_MAX))
