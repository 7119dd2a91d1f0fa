"""Guidance: functions from score to score. The only place here that knows of labels, groups and fairness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from fairviz.diffusion.networks import (
    EXPECTED,
    GIVEN_LABEL,
    MARGINAL,
    LabelClassifier,
    SensitiveClassifier,
    pick_head,
)

#: x (B, D), t (B,) or (1,) -> (B, D)
ScoreFn = Callable[[Tensor, Tensor], Tensor]
#: The tilt's factor is clipped here; beyond lambda_z = min_k pi_k it would turn negative.
FLOOR = 0.05


def guided(score: ScoreFn, *terms: ScoreFn) -> ScoreFn:
    """The sum of a score and guidance terms (eq. 11)."""

    def total(x: Tensor, t: Tensor) -> Tensor:
        result = score(x, t)
        for term in terms:
            result = result + term(x, t)
        return result

    return total


def _gradient(value: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Row-wise gradient of ``value``: (B, D) -> (B,)."""
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(value(x).sum(), x)
    return gradient


def label_term(classifier: LabelClassifier, y: Tensor, weight: Tensor) -> ScoreFn:
    """``weight * grad log p(y | x_t)`` (eq. 7); y and weight have shape (B,)."""
    rows = torch.arange(len(y))

    def term(x: Tensor, t: Tensor) -> Tensor:
        return weight[:, None] * _gradient(lambda x: classifier(x, t)[rows, y], x)

    return term


def entropy_term(classifier: SensitiveClassifier, weight: Tensor) -> ScoreFn:
    """``weight * grad H(p(z | x_t))``, the paper's fair control (eq. 10-11); weight has shape (B,)."""

    def entropy(x: Tensor, t: Tensor) -> Tensor:
        log_p = classifier(x, t)[:, MARGINAL]
        return -(log_p.exp() * log_p).sum(1)

    return lambda x, t: weight[:, None] * _gradient(lambda x: entropy(x, t), x)


@dataclass(frozen=True)
class Tilt:
    """The label-aware control (docs/method.md, "Fair control that knows the label").

    ``w(x) = sum_k c_k p(z=k | x) / pi_k`` and ``w1(x) = sum_k c_k p(z=k | x, y=1) / pi_1k``. Rows with y = 1 are
    tilted by ``1 - l_d w - l_e w1``, rows with y = 0 by ``1 + l_d w``, clipped at :data:`FLOOR`.

    Attributes
    ----------
    c : Tensor, shape (K,)
        Contrast between groups, sums to 0, absolute values sum to 2.
    pi : Tensor, shape (K,)
        ``P(z=k)`` in the source.
    pi_1 : Tensor, shape (K,)
        ``P(y=1, z=k)`` in the source.
    """

    c: Tensor
    pi: Tensor
    pi_1: Tensor

    @classmethod
    def from_source(cls, y: Tensor, z: Tensor, n_groups: int) -> Tilt:
        """Shares counted on source labels y (n,) and groups z (n,).

        ``c_k`` is proportional to the group's rate of the favourable label minus the mean rate over groups: with
        two groups +1 for the higher and -1 for the lower. A group absent from the source gets contrast 0.
        """
        pi = torch.bincount(z, minlength=n_groups).double() / len(z)
        pi_1 = torch.bincount(z, weights=y.double(), minlength=n_groups) / len(z)
        present = pi > 0
        rate = torch.where(present, pi_1 / pi.clamp(min=1e-12), torch.zeros_like(pi))
        contrast = torch.where(present, rate - rate[present].mean(), torch.zeros_like(rate))
        total = contrast.abs().sum()
        if total < 1e-12:  # all groups have the same rate: any contrast will do, take the first two
            contrast = torch.zeros_like(contrast)
            first = torch.nonzero(present).flatten()[:2]
            if len(first) == 2:
                contrast[first] = torch.tensor([1.0, -1.0], dtype=contrast.dtype)
            total = contrast.abs().sum().clamp(min=1e-12)
        floor = 0.5 / len(z)  # a group without favourable rows would divide by zero
        return cls((2 * contrast / total).float(), pi.clamp(min=floor).float(), pi_1.clamp(min=floor).float())

    def w(self, p_z: Tensor) -> Tensor:
        """``w(x)`` from ``p(z | x)``, (..., K) -> (...)."""
        return (p_z * (self.c / self.pi)).sum(-1)

    def w1(self, p_z1: Tensor) -> Tensor:
        """``w1(x)`` from ``p(z | x, y=1)``, (..., K) -> (...)."""
        return (p_z1 * (self.c / self.pi_1)).sum(-1)

    @staticmethod
    def factor(w: Tensor, w1: Tensor, y: Tensor, price_dp: Tensor, price_eop: Tensor) -> Tensor:
        """The clipped factor; all arguments broadcast against each other."""
        favourable = 1 - price_dp * w - price_eop * w1
        return torch.where(y == 1, favourable, 1 + price_dp * w).clamp(min=FLOOR)

    def label_prior(self, y: Tensor, p_z: Tensor, p_z1: Tensor, price_dp: Tensor, price_eop: Tensor) -> Tensor:
        """``P(y=1)`` of the tilted joint for each price, ``pi_y E[factor | y]`` normalised.

        Parameters
        ----------
        y, p_z, p_z1 : Tensor, shapes (m,), (m, K), (m, K)
            Reference rows of the source: label, ``p(z|x)``, ``p(z|x, y=1)``.
        price_dp, price_eop : Tensor, shape (n,)
        """
        w, w1 = self.w(p_z), self.w1(p_z1)
        pairs = list(zip(price_dp.tolist(), price_eop.tolist(), strict=True))
        priors = {}
        for dp, eop in set(pairs):
            mass = self.factor(w, w1, y, torch.tensor(dp), torch.tensor(eop))
            priors[dp, eop] = float(mass[y == 1].sum() / mass.sum())
        return torch.tensor([priors[pair] for pair in pairs], dtype=torch.float64)


def tilt_term(classifier: SensitiveClassifier, tilt: Tilt, y: Tensor, price_dp: Tensor, price_eop: Tensor) -> ScoreFn:
    """``grad log E[factor(x_0) | x_t, y]`` (Doob's h-transform of the tilt); y and prices have shape (B,).

    The factor is linear in ``p(z|x_0)`` and ``p(z|x_0, y=1)``, so their expectations given ``x_t`` and y enter in
    their place; the classifier has a head for each.
    """

    any_dp, any_eop = bool(price_dp.any()), bool(price_eop.any())
    nothing = torch.zeros_like(price_dp)

    def log_factor(x: Tensor, t: Tensor) -> Tensor:
        log_p = classifier(x, t)
        # a head whose price is 0 everywhere drops out of the factor
        w = tilt.w(pick_head(log_p, EXPECTED, y).exp()) if any_dp else nothing
        w1 = tilt.w1(log_p[:, GIVEN_LABEL + 1].exp()) if any_eop else nothing
        return tilt.factor(w, w1, y, price_dp, price_eop).log()

    return lambda x, t: _gradient(lambda x: log_factor(x, t), x)
