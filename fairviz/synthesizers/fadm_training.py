"""The training loop of FADM: Algorithm 1 over three networks that do not interact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from fairviz.diffusion.losses import NoisedBatch, label_loss, noised, score_loss, sensitive_loss
from fairviz.diffusion.networks import SCORE_NETWORKS, Blocks, LabelClassifier, ScoreNetwork, SensitiveClassifier
from fairviz.diffusion.sde import VPSDE
from fairviz.meta import meta_loss
from fairviz.synthesizers.base import FitStep
from fairviz.synthesizers.hyper import LATER, check_fadm_params, iterations
from fairviz.synthesizers.memory import Memory
from fairviz.synthesizers.tabular import seeded
from fairviz.synthesizers.training import Descent, loop


@dataclass(frozen=True)
class Networks:
    """The three networks of a fit."""

    sde: VPSDE
    score: ScoreNetwork
    label: LabelClassifier
    sensitive: SensitiveClassifier

    @classmethod
    def build(cls, sde: VPSDE, width: int, blocks: Blocks, n_groups: int, params: dict[str, Any]) -> Networks:
        """Fresh networks, seeded without touching torch's global generator."""
        check_fadm_params(params)
        size = {"hidden": params["classifier_hidden"], "depth": params["classifier_depth"]}
        n_labels = 2 if params["label_in_score"] else 0
        score = SCORE_NETWORKS[params.get("network", LATER["network"])]
        result: Networks = seeded(
            lambda: cls(
                sde,
                score(sde, width, blocks, hidden=params["hidden"], depth=params["depth"], n_labels=n_labels),
                LabelClassifier(sde, width, **size),
                SensitiveClassifier(sde, width, n_groups, **size),
            ),
            params["random_state"],
        )
        return result

    @property
    def modules(self) -> dict[str, nn.Module]:
        """By the name of their loss."""
        return {"score": self.score, "label": self.label, "sensitive": self.sensitive}

    def parameters(self) -> dict[str, Tensor]:
        """All weights by name, detached."""
        return {f"{k}.{n}": p.detach() for k, m in self.modules.items() for n, p in m.named_parameters()}

    @torch.no_grad()
    def load(self, values: dict[str, Tensor]) -> None:
        """Copy weights in, by name; gradients are switched off."""
        for name, parameter in self.parameters().items():
            parameter.copy_(values[name])
        self.freeze()

    def freeze(self) -> None:
        """Switch gradients off."""
        for module in self.modules.values():
            module.requires_grad_(False)


LOSSES = {"score": score_loss, "label": label_loss, "sensitive": sensitive_loss}


class DomainBatches:
    """Draws one source domain as ``B_out``, uniformly, and rows of the rest as ``B_in`` (Algorithm 1, lines 4, 5).

    Both have half the batch, whatever the domains' sizes: matrix kernels are prepared anew for every new shape,
    which made batches of varying size three times slower.
    """

    def __init__(self, d: Tensor, batch_size: int, rng: torch.Generator) -> None:
        self.batch_size, self.rng, self.n = batch_size, rng, len(d)
        domains = torch.unique(d)
        self.rows = [torch.nonzero(d == k).flatten() for k in domains]
        self.rest = [torch.nonzero(d != k).flatten() for k in domains]

    def draw(self) -> Tensor:
        """Row indices from all domains, (batch_size,)."""
        return torch.randint(self.n, (self.batch_size,), generator=self.rng)

    def split(self) -> tuple[Tensor, Tensor, float]:
        """Row indices of ``B_in`` and ``B_out``, (batch_size // 2,) each, and the share of rows of the domain out."""
        k = int(torch.randint(len(self.rows), (1,), generator=self.rng))
        half = self.batch_size // 2
        picks = [r[torch.randint(len(r), (half,), generator=self.rng)] for r in (self.rest[k], self.rows[k])]
        return picks[0], picks[1], len(self.rows[k]) / self.n


def train(
    nets: Networks, x: Tensor, y: Tensor, z: Tensor, d: Tensor, params: dict[str, Any], memory: Memory | None = None
) -> Iterator[FitStep]:
    """Run Algorithm 1; leaves the exponential moving average of the weights in ``nets``.

    Parameters
    ----------
    x : Tensor, shape (n, D)
        Encoded rows.
    y, z, d : Tensor, shape (n,)
        Label, group and domain codes.
    params : dict
        FADM's hyper-parameters.
    memory : Memory, optional
        Watches the training, and may make it go on from a later step.
    """
    rng = torch.Generator().manual_seed(params["random_state"])
    batches = DomainBatches(d, params["batch_size"], rng)
    meta = params["meta"] if len(torch.unique(d)) > 1 else "none"
    weights: dict[str, dict[str, Tensor]] = {k: dict(m.named_parameters()) for k, m in nets.modules.items()}
    flat = [p for group in weights.values() for p in group.values()]
    n_iter = iterations(params, len(x))
    descent = Descent(flat, n_iter, params["learning_rate"])

    def batch(rows: Tensor) -> NoisedBatch:
        return noised(nets.sde, nets.score.noise, nets.sensitive, x[rows], y[rows], z[rows], rng)

    def drawn() -> tuple[NoisedBatch, NoisedBatch | None, float, float]:
        """``B_in`` and ``B_out`` with the weights of their losses."""
        if meta == "none":
            return batch(batches.draw()), None, 1.0, 0.0
        rows_in, rows_out, share = batches.split()
        by_rows = params["domain_weights"] == "rows"
        return batch(rows_in), batch(rows_out), *((1.0 - share, share) if by_rows else (1.0, 1.0))

    def take(step: int) -> dict[str, float]:
        batch_in, batch_out, weight_in, weight_out = drawn()
        totals, losses = [], {}
        for name, loss_fn in LOSSES.items():
            net: Any = nets.modules[name]
            total, shown = meta_loss(
                weights[name],
                lambda p, b, fn=loss_fn, net=net: fn(net, p, b),  # type: ignore[misc]
                batch_in, batch_out,
                lr=params["inner_lr"], weight=weight_in, beta=params["beta"] * weight_out, mode=meta,
            )  # fmt: skip
            totals.append(total)
            losses[name] = float(shown)
        descent.step(step, torch.stack(totals).sum())
        return losses

    hint = f"Lower the learning rate ({params['learning_rate']:g}) or the inner rate ({params['inner_lr']:g})."
    yield from loop(n_iter, take, flat, hint, descent.watched(memory, rng))
    nets.freeze()
