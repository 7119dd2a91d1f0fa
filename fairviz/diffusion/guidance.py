"""Guidance: functions from score to score. The only place here that knows of labels, groups and fairness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
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
#: The tilt's factor is clipped here; beyond a multiplier of min_k pi_k it would turn negative.
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
        result: Tensor = -(log_p.exp() * log_p).sum(1)
        return result

    return lambda x, t: weight[:, None] * _gradient(lambda x: entropy(x, t), x)


def group_term(classifier: SensitiveClassifier, y: Tensor, log_weight: Tensor) -> ScoreFn:
    """``grad log E[weight(z) | x_t, y]``: rows with label y (B,) are drawn as if group k weighed ``exp(log_weight)``,
    (B, K). Exact at every noise level: the expectation is linear in ``p(z | x_t, y)``, which the classifier has a head
    for.
    """

    def log_factor(x: Tensor, t: Tensor) -> Tensor:
        return torch.logsumexp(pick_head(classifier(x, t), GIVEN_LABEL, y) + log_weight, 1)

    return lambda x, t: _gradient(lambda x: log_factor(x, t), x)


@dataclass(frozen=True)
class Push:
    """How far, and between which groups, every row is tilted: the multiplier of its price (``fairviz.dual``).

    Attributes
    ----------
    dp, eop : Tensor, shape (B,)
        Sizes of the multipliers, not negative.
    toward_dp, toward_eop : Tensor, shape (B, K)
        Unit contrasts between groups: they sum to 0, their positive parts to 1.
    """

    dp: Tensor
    toward_dp: Tensor
    eop: Tensor
    toward_eop: Tensor

    @classmethod
    def alike(cls, n: int, dp: float, toward_dp: np.ndarray, eop: float, toward_eop: np.ndarray) -> Push:
        """The same for ``n`` rows: sizes, and unit contrasts of shape (K,)."""
        parts = (torch.as_tensor(part).float() for part in (dp, toward_dp, eop, toward_eop))
        return cls(*(part.expand(n, *part.shape) for part in parts))

    @property
    def nothing(self) -> bool:
        """Whether no row is tilted."""
        return not (bool(self.dp.any()) or bool(self.eop.any()))


@dataclass(frozen=True)
class Tilt:
    """The label-aware control (docs/method.md, "Fair control that knows the label").

    ``w(x) = sum_k c_k p(z=k | x) / pi_k`` and ``u(x) = sum_k c_k p(z=k | x, y=1) / pi_1k`` for a contrast c. Rows with
    y = 1 are tilted by ``1 - s w - r u``, rows with y = 0 by ``1 + s w``, clipped at :data:`FLOOR`; s and r are the
    sizes of the multipliers.

    Attributes
    ----------
    pi : Tensor, shape (K,)
        ``P(z=k)`` in the source.
    pi_1 : Tensor, shape (K,)
        ``P(y=1, z=k)`` in the source.
    """

    pi: Tensor
    pi_1: Tensor

    @classmethod
    def from_shares(cls, pi: Tensor, pi_1: Tensor) -> Tilt:
        """Shares (K,) counted on the source; a group that is not there is in no contrast, so any share will do."""
        return cls(*(torch.where(share > 0, share, 1.0).float() for share in (pi, pi_1)))

    def w(self, p_z: Tensor, toward: Tensor) -> Tensor:
        """``w(x)`` from ``p(z | x)`` and a contrast, (..., K) both -> (...)."""
        return (p_z * (toward / self.pi)).sum(-1)

    def u(self, p_z1: Tensor, toward: Tensor) -> Tensor:
        """``u(x)`` from ``p(z | x, y=1)`` and a contrast, (..., K) both -> (...)."""
        return (p_z1 * (toward / self.pi_1)).sum(-1)

    def factor(self, p_z: Tensor | None, p_z1: Tensor | None, y: Tensor, push: Push) -> Tensor:
        """The clipped factor of rows (B,); a posterior (B, K) that no row's push asks for may be None."""
        nothing = torch.zeros_like(push.dp)
        w = nothing if p_z is None else self.w(p_z, push.toward_dp)
        u = nothing if p_z1 is None else self.u(p_z1, push.toward_eop)
        favourable = 1 - push.dp * w - push.eop * u
        return torch.where(y == 1, favourable, 1 + push.dp * w).clamp(min=FLOOR)

    def weights(self, p_z: np.ndarray, p_z1: np.ndarray, y: np.ndarray, push: Push) -> np.ndarray:
        """The factor as weights (n,) of rows with posteriors (n, K) and labels (n,)."""
        given = [torch.from_numpy(np.asarray(p, np.float32)) for p in (p_z, p_z1)]
        return self.factor(given[0], given[1], torch.from_numpy(y), push).double().numpy()

    def label_prior(self, y: Tensor, p_z: Tensor, p_z1: Tensor, push: Push) -> float:
        """``P(y=1)`` of the tilted joint, ``pi_y E[factor | y]`` normalised; the push is one for all rows.

        Parameters
        ----------
        y, p_z, p_z1 : Tensor, shapes (m,), (m, K), (m, K)
            Reference rows of the source: label, ``p(z|x)``, ``p(z|x, y=1)``.
        """
        mass = self.factor(p_z, p_z1, y, push)
        return float(mass[y == 1].sum() / mass.sum())


def tilt_term(classifier: SensitiveClassifier, tilt: Tilt, y: Tensor, push: Push) -> ScoreFn:
    """``grad log E[factor(x_0) | x_t, y]`` (Doob's h-transform of the tilt); y has shape (B,).

    The factor is linear in ``p(z|x_0)`` and ``p(z|x_0, y=1)``, so their expectations given ``x_t`` and y enter in
    their place; the classifier has a head for each.
    """
    any_dp, any_eop = bool(push.dp.any()), bool(push.eop.any())

    def log_factor(x: Tensor, t: Tensor) -> Tensor:
        log_p = classifier(x, t)
        # a head whose push is 0 everywhere drops out of the factor
        p_z = pick_head(log_p, EXPECTED, y).exp() if any_dp else None
        p_z1 = log_p[:, GIVEN_LABEL + 1].exp() if any_eop else None
        return tilt.factor(p_z, p_z1, y, push).log()

    return lambda x, t: _gradient(lambda x: log_factor(x, t), x)
