"""Generative adversarial networks, plain and fair (the paper's baselines "GAN" and "FairGAN")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from fairviz.settings import Dial, Parameter, spread
from fairviz.synthesizers.base import FitStep
from fairviz.synthesizers.tabular import TableSynthesizer, draw_codes
from fairviz.synthesizers.training import loop
from fairviz.synthesizers.vae import mlp, one_hot

PENALTY = 10.0
N_CRITIC = 3
TEMPERATURE = 0.5
#: FairGAN's weights that are compared: the paper's 1, and up to where the group can hardly be guessed.
FAIRNESS = (0.3, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0, 100.0)


def _leaky(width: int) -> list[nn.Module]:
    return [nn.LeakyReLU(0.2)]


def _normed(width: int) -> list[nn.Module]:
    return [nn.LayerNorm(width), nn.ReLU()]


@dataclass(kw_only=True, eq=False, repr=False)
class GAN(TableSynthesizer):
    """Generator of features and label given the group, against a critic with gradient penalty (Gulrajani et al. 2017).

    Categories and label by the Gumbel softmax, as in CTGAN (Xu et al. 2019).

    Parameters
    ----------
    latent : int
        Dimension of the generator's noise.
    n_iter, batch_size, hidden, depth, learning_rate, random_state
        As in FADM; an iteration is a step of each network.
    """

    registered: ClassVar[str] = "gan"
    source_of_idea: ClassVar[str] = "the paper's baseline"
    dials: ClassVar[tuple[Dial, ...]] = (Dial("gan", "GAN"),)

    n_iter: int = 1500
    batch_size: int = 512
    hidden: int = 256
    depth: int = 2
    latent: int = 64
    learning_rate: float = 4e-4
    random_state: int = 0

    @property
    def _fairness(self) -> float:
        return 0.0

    def _build(self) -> nn.ModuleDict:
        width, n_groups = self.encoder_.width_ + 2, len(self.groups_)
        nets = {
            "generator": mlp(self.latent + n_groups, self.hidden, self.depth, width, _normed),
            "critic": mlp(width + n_groups, self.hidden, self.depth, 1, _leaky),
        }
        if self._fairness:
            nets["detector"] = mlp(width, self.hidden, self.depth, n_groups, _leaky)
        return nn.ModuleDict(nets)

    def _generate(self, z: Tensor, rng: torch.Generator, *, hard: bool = False) -> Tensor:
        """Features and label block, (B, D + 2), for groups z (B,)."""
        noise = torch.randn(len(z), self.latent, generator=rng)
        out = self.nets_["generator"](torch.cat([noise, one_hot(z, len(self.groups_))], 1))
        width = self.encoder_.width_
        parts, at = [], 0
        for a, b in [*self.blocks_, (width, width + 2)]:
            if at < a:
                parts.append(out[:, at:a])
            uniform = torch.rand(len(z), b - a, generator=rng).clamp(1e-9, 1 - 1e-7)
            noisy = out[:, a:b] - torch.log(-torch.log(uniform))
            parts.append(noisy if hard else torch.softmax(noisy / TEMPERATURE, 1))
            at = b
        return torch.cat(parts, 1)

    def _train(self, x: Tensor, y: Tensor, z: Tensor) -> Iterator[FitStep]:
        nets, n_groups = self.nets_, len(self.groups_)
        rng = torch.Generator().manual_seed(self.random_state)
        real_rows = torch.cat([x, one_hot(y, 2)], 1)
        rate, betas = self.learning_rate, (0.5, 0.9)
        optimisers = {name: torch.optim.Adam(net.parameters(), lr=rate, betas=betas) for name, net in nets.items()}

        def take(step: int) -> dict[str, float]:
            for _ in range(N_CRITIC):
                rows = torch.randint(len(x), (self.batch_size,), generator=rng)
                distance = self._critic_step(real_rows[rows], z[rows], rng, optimisers["critic"])
            losses = {"critic": distance}
            if self._fairness:
                losses["detector"] = self._detector_step(z[rows], rng, optimisers["detector"])
            fake = self._generate(z[rows], rng)
            loss = -nets["critic"](torch.cat([fake, one_hot(z[rows], n_groups)], 1)).mean()
            losses["generator"] = float(loss.detach())
            if self._fairness:  # the detector must not tell the groups apart
                loss = loss - self._fairness * nn.functional.cross_entropy(nets["detector"](fake), z[rows])
            optimisers["generator"].zero_grad(set_to_none=True)
            loss.backward()
            optimisers["generator"].step()
            return losses

        hint = f"Lower the learning rate ({rate:g})."
        yield from loop(self.n_iter, take, list(nets["generator"].parameters()), hint)

    def _critic_step(self, real: Tensor, z: Tensor, rng: torch.Generator, optimiser: torch.optim.Optimizer) -> float:
        """One step of the critic on real rows and as many drawn ones; its estimate of the distance."""
        critic, group = self.nets_["critic"], one_hot(z, len(self.groups_))
        with torch.no_grad():
            fake = torch.cat([self._generate(z, rng), group], 1)
        real = torch.cat([real, group], 1)
        mix = torch.rand(len(real), 1, generator=rng)
        between = (mix * real + (1 - mix) * fake).requires_grad_(True)
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        distance = critic(real).mean() - critic(fake).mean()
        loss = PENALTY * ((slope.norm(dim=1) - 1) ** 2).mean() - distance
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return float(distance.detach())

    def _detector_step(self, z: Tensor, rng: torch.Generator, optimiser: torch.optim.Optimizer) -> float:
        """One step of the network that guesses the group from drawn features and label."""
        with torch.no_grad():
            fake = self._generate(z, rng)
        loss = nn.functional.cross_entropy(self.nets_["detector"](fake), z)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    def _draw(self, n: int, rng: torch.Generator, **settings: float) -> tuple[Tensor, Tensor]:
        z = draw_codes(self.joint_.sum(1), n, rng)
        out = self._generate(z, rng, hard=True)
        width = self.encoder_.width_
        return out[:, :width], out[:, width:].argmax(1)


@dataclass(kw_only=True, eq=False, repr=False)
class FairGAN(GAN):
    """GAN with a second discriminator that must not tell the groups apart (Xu et al. 2018, *FairGAN*).

    It guesses the group from the drawn features and label; the generator is rewarded for its errors. The weight acts
    in training, so every value is a fit of its own.

    Parameters
    ----------
    fairness : float
        Weight of the second discriminator (lambda of the paper; 1 there).
    latent, n_iter, batch_size, hidden, depth, learning_rate, random_state
        As in :class:`GAN`.
    """

    registered: ClassVar[str] = "fairgan"
    source_of_idea: ClassVar[str] = "Xu et al. (2018), arXiv 1805.11202"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("fairness", 1.0, high=1e3, symbol="weight", in_fit=True),)
    dials: ClassVar[tuple[Dial, ...]] = (
        Dial("fairgan", "FairGAN", spread("fairness", FAIRNESS), quick=spread("fairness", (1.0,))),
    )

    fairness: float = 1.0

    @property
    def _fairness(self) -> float:
        return self.fairness
