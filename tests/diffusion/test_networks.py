"""Networks and losses against worked answers."""

import numpy as np
import pytest
import torch
from torch import Tensor

from fairviz.diffusion.losses import NoisedBatch, label_loss, score_loss, sensitive_loss
from fairviz.diffusion.networks import (
    EXPECTED,
    GIVEN_LABEL,
    MARGINAL,
    SCORE_NETWORKS,
    LabelClassifier,
    ScoreNetwork,
    SensitiveClassifier,
)
from fairviz.diffusion.sde import VPSDE
from tests.diffusion import toy

SDE = VPSDE()


every_network = pytest.mark.parametrize("kind", SCORE_NETWORKS)


def network(kind: str = "plain", **change: object) -> ScoreNetwork:
    """Two blocks of 3 and 2 categories around a number in column 3."""
    settings = {"hidden": 16, "depth": 2, "n_labels": 0, **change}
    torch.manual_seed(0)
    return SCORE_NETWORKS[kind](SDE, 6, [(0, 3), (4, 6)], **settings)  # type: ignore[arg-type]


def batch(n: int = 64) -> NoisedBatch:
    rng = torch.Generator().manual_seed(0)
    x = torch.zeros(n, 6)
    x[torch.arange(n), torch.randint(3, (n,), generator=rng)] = 1
    x[torch.arange(n), 4 + torch.randint(2, (n,), generator=rng)] = 1
    x[:, 3] = torch.randn(n, generator=rng)
    t = 0.05 + 0.9 * torch.rand(n, generator=rng)
    y, z = torch.randint(2, (n,), generator=rng), torch.randint(3, (n,), generator=rng)
    return NoisedBatch(x, y, z, t, SDE.perturb(x, t, torch.randn(x.shape, generator=rng)), torch.full((n, 3), 1 / 3))


@every_network
def test_fresh_network_is_the_posterior_under_a_flat_prior(kind: str) -> None:
    """The head starts at zero: blocks follow from the evidence alone (Bayes' rule by densities), numbers as N(0, 1)."""
    b = batch()
    out = network(kind).denoised(b.x_t, b.t)
    alpha, sigma = SDE.alpha(b.t)[:, None], SDE.sigma(b.t)[:, None]
    density = torch.stack(
        [torch.exp(-((b.x_t[:, :3] - alpha * torch.eye(3)[k]) ** 2).sum(1) / (2 * sigma[:, 0] ** 2)) for k in range(3)],
        1,
    )
    assert torch.allclose(out[:, :3], density / density.sum(1, keepdim=True), atol=1e-5)
    assert torch.allclose(out[:, 3], alpha[:, 0] * b.x_t[:, 3], atol=1e-6)
    assert torch.allclose(out[:, 4:].sum(1), torch.ones(len(out)), atol=1e-6)


def test_score_loss_by_hand() -> None:
    """With a zero head: mean over two blocks and one number of cross entropy and squared EDM residual."""
    b, net = batch(), network()
    params = dict(net.named_parameters())
    alpha, sigma = SDE.alpha(b.t)[:, None], SDE.sigma(b.t)[:, None]
    logits = (b.x_t * alpha / sigma**2).double()
    entropy = [-(torch.log_softmax(logits[:, a:c], 1) * b.x[:, a:c]).sum(1).mean() for a, c in ((0, 3), (4, 6))]
    square = (((b.x[:, 3:4] - alpha * b.x_t[:, 3:4]) / sigma) ** 2).mean()
    assert float(score_loss(net, params, b).detach()) == pytest.approx(float((sum(entropy) + square) / 3), rel=1e-5)


def test_the_minimiser_of_the_score_loss_is_the_exact_denoiser() -> None:
    """In the discrete world the loss at the exact posterior is below that of any other prior."""
    y = torch.ones(4000, dtype=torch.long)
    rng = np.random.default_rng(0)
    codes = torch.tensor(rng.choice(4, 4000, p=toy.P_X_GIVEN_Y[:, 1]))
    x = torch.nn.functional.one_hot(codes, 4).float()
    t = torch.full((4000,), 0.4)
    x_t = SDE.perturb(x, t, torch.randn(x.shape, generator=torch.Generator().manual_seed(0)))
    b = NoisedBatch(x, y, y, t, x_t, torch.zeros(4000, 2))
    net = ScoreNetwork(SDE, 4, [(0, 4)], hidden=4, depth=1, n_labels=0)

    def at(prior: Tensor) -> float:
        with torch.no_grad():
            net.head.bias.copy_(prior.log())
        return float(score_loss(net, dict(net.named_parameters()), b).detach())

    best = at(toy.tensor(toy.P_X_GIVEN_Y[:, 1]))
    assert best < at(torch.full((4,), 0.25)) - 0.005
    assert best < at(toy.tensor(toy.P_X_GIVEN_Y[:, 0])) - 0.005


@every_network
def test_label_reaches_a_conditional_network_only(kind: str) -> None:
    b = batch()
    net = network(kind, n_labels=2)
    torch.nn.init.normal_(net.head.weight)
    assert not torch.allclose(net.denoised(b.x_t, b.t, b.y), net.denoised(b.x_t, b.t, 1 - b.y))
    with pytest.raises(AssertionError):
        net(b.x_t, b.t)


def test_a_residual_network_is_told_what_blocks_say_by_themselves() -> None:
    """What its first layer gets beside the row: each block's posterior under a flat prior, by normal densities."""
    b, net = batch(), network("residual")
    seen: list[Tensor] = []
    net.first.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    net(b.x_t, b.t)
    alpha, sigma = (f(b.t).double()[:, None] for f in (SDE.alpha, SDE.sigma))
    for first, width, columns in ((0, 3, slice(6, 9)), (4, 2, slice(9, 11))):
        block = b.x_t[:, first : first + width].double()
        log_density = torch.stack([-((block - alpha * torch.eye(width)[k]) ** 2).sum(1) for k in range(width)], 1)
        density = torch.exp(log_density / (2 * sigma**2))
        assert torch.allclose(seen[0][:, columns].double(), density / density.sum(1, keepdim=True), atol=1e-5)


def test_classifier_losses_by_hand() -> None:
    b = batch()
    torch.manual_seed(1)
    label = LabelClassifier(SDE, 6, hidden=8, depth=1)
    log_p = label(b.x_t, b.t).detach()
    wanted = -sum(float(log_p[i, b.y[i]]) for i in range(64)) / 64
    assert float(label_loss(label, dict(label.named_parameters()), b).detach()) == pytest.approx(wanted, rel=1e-5)

    sensitive = SensitiveClassifier(SDE, 6, 3, hidden=8, depth=1)
    log_q = sensitive(b.x_t, b.t).detach()
    total = 0.0
    for i in range(64):
        y, z = int(b.y[i]), int(b.z[i])
        total -= float(log_q[i, MARGINAL, z]) + float(log_q[i, GIVEN_LABEL + y, z])
        total -= float(log_q[i, EXPECTED + y].mean())  # the soft target is flat
    found = float(sensitive_loss(sensitive, dict(sensitive.named_parameters()), b).detach())
    assert found == pytest.approx(total / 64, rel=1e-5)


def test_unseen_category_costs_nothing() -> None:
    """A block of zeros (category unseen in fitting) adds nothing to the loss and no NaN."""
    b = batch()
    b.x[:, :3] = 0
    assert np.isfinite(float(score_loss(network(), dict(network().named_parameters()), b).detach()))
