"""Training losses. Each batch carries its own noise, so a loss is a pure function of the parameters."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from fairviz.diffusion.networks import (
    EXPECTED,
    GIVEN_LABEL,
    MARGINAL,
    LabelClassifier,
    ScoreNetwork,
    SensitiveClassifier,
    pick_head,
)
from fairviz.diffusion.sde import RATIO_MIN, VPSDE, NoiseLevels

Params = dict[str, Tensor]


@dataclass(frozen=True)
class NoisedBatch:
    """Clean rows x (B, D), labels y (B,), groups z (B,), times t (B,), noised rows x_t (B, D).

    ``soft`` (B, K) is ``p(z | x_0)``, the sensitive classifier's own clean prediction, as a constant.
    """

    x: Tensor
    y: Tensor
    z: Tensor
    t: Tensor
    x_t: Tensor
    soft: Tensor


def clean_time(sde: VPSDE, n: int) -> Tensor:
    """The smallest time trained on, (n,): "clean" for a noise-conditional network."""
    return sde.time_of_ratio(torch.tensor(RATIO_MIN)).expand(n)


def noised(
    sde: VPSDE, levels: NoiseLevels, sensitive: SensitiveClassifier, x: Tensor, y: Tensor, z: Tensor,
    rng: torch.Generator,
) -> NoisedBatch:  # fmt: skip
    """Draw times and noise for a batch of clean rows, and the soft target from the current classifier."""
    t = levels.draw_times(sde, len(x), rng)
    with torch.no_grad():
        soft = sensitive(x, clean_time(sde, len(x)))[:, MARGINAL].exp()
    return NoisedBatch(x, y, z, t, sde.perturb(x, t, torch.randn(x.shape, generator=rng)), soft)


def score_loss(net: ScoreNetwork, params: Params, batch: NoisedBatch) -> Tensor:
    """Denoising loss: eq. 4's minimiser, with EDM's weight and noise levels instead of eq. 5's.

    Numbers: squared error on the residual ``F = (x_0 - alpha x_t) / sigma``. Blocks: cross entropy of the
    category, whose minimiser gives the same ``E[x_0 | x_t]`` (score interpolation, Dieleman et al. 2022).
    Sum over columns and blocks, divided by their number.
    """
    out = functional_call(net, params, (batch.x_t, batch.t, batch.y if net.n_labels else None))
    total = out.new_zeros(())
    for a, b in net.blocks:
        known = batch.x[:, a:b].sum(1)  # 0 for a category unseen in fitting
        total = total - (torch.log_softmax(out[:, a:b], 1) * batch.x[:, a:b]).sum() / known.sum().clamp(min=1)
    if net.numbers:
        alpha, sigma = net.sde.alpha(batch.t)[:, None], net.sde.sigma(batch.t)[:, None]
        residual = (batch.x[:, net.numbers] - alpha * batch.x_t[:, net.numbers]) / sigma
        total = total + ((out[:, net.numbers] - residual) ** 2).mean(0).sum()
    result: Tensor = total / (len(net.blocks) + len(net.numbers))
    return result


def label_loss(net: LabelClassifier, params: Params, batch: NoisedBatch) -> Tensor:
    """Cross entropy of the label from the noised row (Algorithm 1, line 9)."""
    return nn.functional.nll_loss(functional_call(net, params, (batch.x_t, batch.t)), batch.y)


def sensitive_loss(net: SensitiveClassifier, params: Params, batch: NoisedBatch) -> Tensor:
    """Cross entropy of the group (Algorithm 1, line 11), summed over the three kinds of head."""
    log_p = functional_call(net, params, (batch.x_t, batch.t))
    hard = nn.functional.nll_loss(log_p[:, MARGINAL], batch.z)
    given_label = nn.functional.nll_loss(pick_head(log_p, GIVEN_LABEL, batch.y), batch.z)
    expected = -(batch.soft * pick_head(log_p, EXPECTED, batch.y)).sum(1).mean()
    return hard + given_label + expected
