"""A conditional variational autoencoder (the paper's baseline "VAE")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from fairviz.settings import Dial
from fairviz.synthesizers.base import FitStep
from fairviz.synthesizers.tabular import TableSynthesizer, draw_codes
from fairviz.synthesizers.training import descend

LOG_VAR_LIMIT = 8.0


def silu(width: int) -> list[nn.Module]:
    """What is between two layers."""
    return [nn.SiLU()]


def mlp(
    n_in: int, hidden: int, depth: int, n_out: int, between: Callable[[int], list[nn.Module]] = silu
) -> nn.Sequential:
    """Linear layers with something in between, which is made for a width."""
    layers: list[nn.Module] = []
    for index in range(depth):
        layers += [nn.Linear(n_in if index == 0 else hidden, hidden), *between(hidden)]
    return nn.Sequential(*layers, nn.Linear(hidden, n_out))


def one_hot(codes: Tensor, n: int) -> Tensor:
    """(B,) -> (B, n), float."""
    return nn.functional.one_hot(codes, n).float()


@dataclass(kw_only=True, eq=False, repr=False)
class VAE(TableSynthesizer):
    """Encoder ``q(u | x, y)``, decoder ``p(x | u, y)``, standard normal latent u (Kingma and Welling 2014; for tables
    Xu et al. 2019, TVAE). Categories by cross entropy, numbers by a normal density with a learnt variance per column.

    Parameters
    ----------
    latent : int
        Dimension of u.
    kl_weight : float
        Weight of the divergence from the prior; 1 is the evidence bound.
    n_iter, batch_size, hidden, depth, learning_rate, random_state
        As in FADM.
    """

    registered: ClassVar[str] = "vae"
    source_of_idea: ClassVar[str] = "the paper's baseline"
    dials: ClassVar[tuple[Dial, ...]] = (Dial("vae", "VAE"),)

    n_iter: int = 5000
    batch_size: int = 512
    hidden: int = 256
    depth: int = 2
    latent: int = 32
    kl_weight: float = 1.0
    learning_rate: float = 2e-3
    random_state: int = 0

    def _build(self) -> nn.ModuleDict:
        width = self.encoder_.width_
        return nn.ModuleDict(
            {
                "encoder": mlp(width + 2, self.hidden, self.depth, 2 * self.latent),
                "decoder": mlp(self.latent + 2, self.hidden, self.depth, width),
                "spread": nn.ParameterList([nn.Parameter(torch.zeros(width))]),
            }
        )

    @property
    def _numbers(self) -> list[int]:
        return [s.start for s in self.encoder_.spans_ if s.kind == "number"]

    def _train(self, x: Tensor, y: Tensor, z: Tensor) -> Iterator[FitStep]:
        nets, blocks, numbers = self.nets_, self.blocks_, self._numbers
        rng = torch.Generator().manual_seed(self.random_state)

        def loss(rows: Tensor) -> dict[str, Tensor]:
            clean, label = x[rows], one_hot(y[rows], 2)
            mean, log_var = nets["encoder"](torch.cat([clean, label], 1)).chunk(2, 1)
            log_var = log_var.clamp(-LOG_VAR_LIMIT, LOG_VAR_LIMIT)
            latent = mean + torch.exp(0.5 * log_var) * torch.randn(mean.shape, generator=rng)
            out = nets["decoder"](torch.cat([latent, label], 1))
            fit = out.new_zeros(())
            for a, b in blocks:
                fit = fit - (torch.log_softmax(out[:, a:b], 1) * clean[:, a:b]).sum(1).mean()
            if numbers:
                spread = nets["spread"][0][numbers]
                error = (clean[:, numbers] - out[:, numbers]) * torch.exp(-spread)
                fit = fit + (0.5 * error**2 + spread).sum(1).mean()
            divergence = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
            return {"reconstruction": fit, "divergence": self.kl_weight * divergence}

        yield from descend(
            nets, loss, len(x), n_iter=self.n_iter, batch_size=self.batch_size, peak=self.learning_rate, rng=rng,
            memory=self.memory,
        )  # fmt: skip

    def _draw(self, n: int, rng: torch.Generator, **settings: float) -> tuple[Tensor, Tensor]:
        y = draw_codes(self.joint_.sum(0), n, rng)
        latent = torch.randn(n, self.latent, generator=rng)
        out = self.nets_["decoder"](torch.cat([latent, one_hot(y, 2)], 1))
        for a, b in self.blocks_:  # adding Gumbel noise makes the largest entry a draw from the softmax
            uniform = torch.rand(n, b - a, generator=rng).clamp(1e-9, 1 - 1e-7)
            out[:, a:b] = out[:, a:b] - torch.log(-torch.log(uniform))
        numbers = self._numbers
        if numbers:
            spread = torch.exp(self.nets_["spread"][0][numbers])
            out[:, numbers] += spread * torch.randn(n, len(numbers), generator=rng)
        return out, y
