"""Diffusion without meta-learning and without a fair control: what FADM adds is measured against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from fairviz.diffusion.losses import NoisedBatch, score_loss
from fairviz.diffusion.networks import ScoreNetwork
from fairviz.diffusion.sde import VPSDE
from fairviz.diffusion.solvers import solve
from fairviz.settings import Dial, Parameter, spread
from fairviz.synthesizers.base import FitStep
from fairviz.synthesizers.tabular import TableSynthesizer, draw_codes
from fairviz.synthesizers.training import descend


@dataclass(kw_only=True, eq=False, repr=False)
class DDPM(TableSynthesizer):
    """The score network of FADM, conditional on the label, trained plainly (the paper's baseline "DDPM").

    Network, noise levels, loss and solver are those of :class:`fairviz.synthesizers.FADM`, so a difference to FADM at
    price 0 is the meta-learning's.

    Parameters
    ----------
    n_iter, batch_size, hidden, depth, learning_rate, random_state
        As in FADM.
    """

    registered: ClassVar[str] = "ddpm"
    source_of_idea: ClassVar[str] = "the paper's baseline"
    dials: ClassVar[tuple[Dial, ...]] = (Dial("ddpm", "DDPM"),)
    takes_steps: ClassVar[bool] = True
    settings: ClassVar[dict[str, tuple[float, float, float]]] = {"n_steps": (10, 1, 5000)}

    n_iter: int = 5000
    batch_size: int = 512
    hidden: int = 256
    depth: int = 3
    learning_rate: float = 4e-3
    random_state: int = 0

    @property
    def _n_conditions(self) -> int:
        return 2

    def _condition(self, y: Tensor, z: Tensor) -> Tensor:
        """What the network is told about a row, as a code."""
        return y

    def _build(self) -> nn.ModuleDict:
        score = ScoreNetwork(
            VPSDE(),
            self.encoder_.width_,
            self.blocks_,
            hidden=self.hidden,
            depth=self.depth,
            n_labels=self._n_conditions,
        )
        return nn.ModuleDict({"score": score})

    def _train(self, x: Tensor, y: Tensor, z: Tensor) -> Iterator[FitStep]:
        net = self.nets_["score"]
        condition = self._condition(y, z)
        rng = torch.Generator().manual_seed(self.random_state)
        weights = dict(net.named_parameters())

        def loss(rows: Tensor) -> dict[str, Tensor]:
            t = net.noise.draw_times(net.sde, len(rows), rng)
            clean = x[rows]
            noise = torch.randn(clean.shape, generator=rng)
            batch = NoisedBatch(clean, condition[rows], z[rows], t, net.sde.perturb(clean, t, noise), clean[:, :0])
            return {"score": score_loss(net, weights, batch)}

        yield from descend(
            self.nets_, loss, len(x),
            n_iter=self.n_iter, batch_size=self.batch_size, peak=self.learning_rate, rng=rng, memory=self.memory,
        )  # fmt: skip

    def _codes(self, n: int, rng: torch.Generator, **settings: float) -> tuple[Tensor, Tensor]:
        """Labels and conditions, (n,) each."""
        y = draw_codes(self.joint_.sum(0), n, rng)
        return y, y

    def _draw(self, n: int, rng: torch.Generator, **settings: float) -> tuple[Tensor, Tensor]:
        net = self.nets_["score"]
        y, condition = self._codes(n, rng, **settings)
        noise = torch.randn(n, self.encoder_.width_, generator=rng)
        *_, x = solve(
            net.sde,
            lambda x, t: net.sde.score_of(x, t, net.denoised(x, t, condition)),
            noise,
            n_steps=int(settings["n_steps"]),
            solver="sde_dpmpp_2m",
            rng=rng,
        )
        return x, y


class Balanced(DDPM):
    """Label and group drawn independently of each other, features given both.

    The idea of fair-tab-diffusion (Yang et al. 2024, *Balanced mixed-type tabular data synthesis with diffusion
    models*): the sampled joint of label and group has no dependence left. ``share`` moves from the data's joint (0) to
    the product of its margins (1); features are drawn from ``p(x | y, z)``.

    Parameters
    ----------
    n_iter, batch_size, hidden, depth, learning_rate, random_state
        As in FADM.
    """

    registered: ClassVar[str] = "balanced"
    source_of_idea: ClassVar[str] = "the idea of fair-tab-diffusion, Yang et al. (2024), arXiv 2404.08254"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("share", 1.0, symbol="share"),)
    dials: ClassVar[tuple[Dial, ...]] = (
        Dial(
            "balanced", "Balanced diffusion", spread("share", tuple(k / 8 for k in range(9))),
            quick=spread("share", (0.0, 1.0)),
        ),
    )  # fmt: skip
    settings: ClassVar[dict[str, tuple[float, float, float]]] = {"share": (1.0, 0.0, 1.0), "n_steps": (10, 1, 5000)}

    @property
    def _n_conditions(self) -> int:
        return 2 * len(self.groups_)

    def _condition(self, y: Tensor, z: Tensor) -> Tensor:
        return 2 * z + y

    def joint(self, share: float) -> Tensor:
        """The joint of group and label that rows are drawn from, (K, 2), sums to 1."""
        independent = self.joint_.sum(1, keepdim=True) * self.joint_.sum(0, keepdim=True)
        # a cell without rows was never trained on
        mixed = torch.where(self.joint_ > 0, (1 - share) * self.joint_ + share * independent, 0.0)
        return mixed / mixed.sum()

    def _codes(self, n: int, rng: torch.Generator, **settings: float) -> tuple[Tensor, Tensor]:
        code = draw_codes(self.joint(settings["share"]).flatten(), n, rng)
        return code % 2, code
