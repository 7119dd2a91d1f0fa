"""Score network and noise-conditional classifiers over encoded rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from fairviz.diffusion.sde import VPSDE, NoiseLevels

#: Half-open column ranges of the one-hot blocks.
Blocks = Sequence[tuple[int, int]]
N_FREQUENCIES = 8
#: Heads of the sensitive classifier: p(z|x_t); p(z|x_t, y); E[p(z|x_0) | x_t, y].
MARGINAL, GIVEN_LABEL, EXPECTED = 0, 1, 3
N_HEADS = 5


def _trunk(n_in: int, hidden: int, depth: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index in range(depth):
        layers += [nn.Linear(n_in if index == 0 else hidden, hidden), nn.SiLU()]
    return nn.Sequential(*layers)


class _TimeFeatures(nn.Module):
    """Sines and cosines of the log noise ratio, (B,) -> (B, 2 N_FREQUENCIES + 1)."""

    frequency: Tensor

    def __init__(self, sde: VPSDE) -> None:
        super().__init__()
        self.sde = sde
        self.register_buffer("frequency", 2.0 ** torch.linspace(-3, 1, N_FREQUENCIES), persistent=False)

    def forward(self, t: Tensor) -> Tensor:
        log_ratio = torch.log(self.sde.sigma(t) / self.sde.alpha(t))[:, None]
        phase = log_ratio * self.frequency
        return torch.cat([0.25 * log_ratio, phase.sin(), phase.cos()], 1)

    def beside(self, x: Tensor, t: Tensor, *more: Tensor) -> Tensor:
        """Rows x (B, D) with the features of t, (B,) or (1,), and further columns."""
        return torch.cat([x, self(t).expand(len(x), -1), *more], 1)


class ScoreNetwork(nn.Module):
    """Predicts ``E[x_0 | x_t, y]``, from which the score follows.

    One-hot blocks: category probabilities by a softmax over the network's output *plus* the exact evidence
    ``alpha x_t / sigma^2`` that the noised block itself carries, so the network learns the prior given the
    other columns. Numbers: ``alpha x_t + sigma F`` (EDM's preconditioning for unit variance, on the VP path).

    Parameters
    ----------
    width : int
        D, the encoded width.
    blocks : sequence of (start, stop)
        One-hot blocks; all other columns are numbers.
    n_labels : int
        0: unconditional, as in the paper. 2: the label is an input.
    """

    #: Noise that it is trained on.
    noise: ClassVar[NoiseLevels] = NoiseLevels()
    is_category: Tensor

    def __init__(self, sde: VPSDE, width: int, blocks: Blocks, *, hidden: int, depth: int, n_labels: int) -> None:
        super().__init__()
        self.sde, self.width, self.n_labels = sde, width, n_labels
        self.blocks = [(int(a), int(b)) for a, b in blocks]
        self.time = _TimeFeatures(sde)
        self._make_trunk(hidden, depth)
        self.head = nn.Linear(hidden, width)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        is_category = torch.zeros(width)
        for a, b in self.blocks:
            is_category[a:b] = 1.0
        self.register_buffer("is_category", is_category, persistent=False)
        in_block = {c for a, b in self.blocks for c in range(a, b)}
        self.numbers = [c for c in range(width) if c not in in_block]

    def _make_trunk(self, hidden: int, depth: int) -> None:
        self.trunk = _trunk(self.width + 2 * N_FREQUENCIES + 1 + self.n_labels, hidden, depth)

    def _features(self, x: Tensor, t: Tensor, label: list[Tensor], evidence: Tensor) -> Tensor:
        """What the head sees, (B, hidden), from x (B, D), t (B,) or (1,), and ``alpha / sigma^2`` on blocks (B, D)."""
        features: Tensor = self.trunk(self.time.beside(x, t, *label))
        return features

    def forward(self, x: Tensor, t: Tensor, y: Tensor | None = None) -> Tensor:
        """Block logits (evidence included) and number residuals F, (B, D), from x (B, D), t (B,) or (1,), y (B,)."""
        label = []
        if self.n_labels:
            assert y is not None, "a label-conditional score network needs labels"
            label.append(nn.functional.one_hot(y, self.n_labels).to(x.dtype))
        evidence = (self.sde.alpha(t) / self.sde.sigma(t) ** 2)[:, None] * self.is_category
        return torch.addcmul(self.head(self._features(x, t, label, evidence)), x, evidence)

    def denoised(self, x: Tensor, t: Tensor, y: Tensor | None = None) -> Tensor:
        """``E[x_0 | x_t]`` (given y, if conditional), (B, D)."""
        # columns first: a softmax over rows of contiguous memory is five times faster than over a slice of columns
        out = self(x, t, y).T.contiguous()
        result = torch.empty_like(out)
        for a, b in self.blocks:
            result[a:b] = torch.softmax(out[a:b], 0)
        alpha, sigma = self.sde.alpha(t), self.sde.sigma(t)
        result[self.numbers] = alpha * x.T[self.numbers] + sigma * out[self.numbers]
        return result.T.contiguous()


class _ResidualLayer(nn.Module):
    """A layer beside a skip connection, which time and label scale and shift (FiLM, Perez et al. 2018)."""

    def __init__(self, hidden: int, n_about: int) -> None:
        super().__init__()
        self.about = nn.Linear(n_about, 2 * hidden)
        nn.init.zeros_(self.about.weight)
        nn.init.zeros_(self.about.bias)
        self.linear = nn.Linear(hidden, hidden)

    def forward(self, h: Tensor, about: Tensor) -> Tensor:
        """From features h (B, hidden) and what is known of all of them, (B, n_about)."""
        scale, shift = self.about(about).chunk(2, 1)
        result: Tensor = h + nn.functional.silu(self.linear(nn.functional.silu(torch.addcmul(h + shift, h, scale))))
        return result


class ResidualScoreNetwork(ScoreNetwork):
    """A score network that also sees what every block says by itself: its categories' probabilities under a flat prior.

    From the noised block alone, which at little noise is a category and at much noise is none, a layer learns this
    only roughly; the softmax of the exact evidence says it. Layers have skip connections. Less noise is trained on
    than EDM does for pictures, for that is where categories are decided. How much closer to the data it comes by
    which of these: benchmarks/LOG.md.
    """

    noise: ClassVar[NoiseLevels] = NoiseLevels(mean=-0.8, std=1.2)

    def _make_trunk(self, hidden: int, depth: int) -> None:
        n_about = 2 * N_FREQUENCIES + 1 + self.n_labels
        self.first = nn.Linear(self.width + sum(b - a for a, b in self.blocks) + n_about, hidden)
        self.layers = nn.ModuleList([_ResidualLayer(hidden, n_about) for _ in range(depth)])
        self.last = nn.LayerNorm(hidden)

    def _features(self, x: Tensor, t: Tensor, label: list[Tensor], evidence: Tensor) -> Tensor:
        about = torch.cat([self.time(t).expand(len(x), -1), *label], 1)
        h = self.first(torch.cat([x, *self._by_themselves(x * evidence), about], 1))
        for layer in self.layers:
            h = layer(h, about)
        features: Tensor = self.last(h)
        return features

    def _by_themselves(self, evidence: Tensor) -> list[Tensor]:
        """Probabilities of every block's categories, (B, columns of blocks), from its evidence alone, (B, D)."""
        columns = evidence.T.contiguous()  # as in :meth:`denoised`
        probabilities = [torch.softmax(columns[a:b], 0) for a, b in self.blocks]
        return [torch.cat(probabilities).T] if probabilities else []


#: Score networks by name. ``plain`` is that of earlier versions.
SCORE_NETWORKS: dict[str, type[ScoreNetwork]] = {"plain": ScoreNetwork, "residual": ResidualScoreNetwork}


class LabelClassifier(nn.Module):
    """``log p(y | x_t)``, (B, 2)."""

    def __init__(self, sde: VPSDE, width: int, *, hidden: int, depth: int) -> None:
        super().__init__()
        self.time = _TimeFeatures(sde)
        self.trunk = _trunk(width + 2 * N_FREQUENCIES + 1, hidden, depth)
        self.head = nn.Linear(hidden, 2)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Logarithms of ``p(y|x_t)``, (B, 2)."""
        return torch.log_softmax(self.head(self.trunk(self.time.beside(x, t))), 1)


class SensitiveClassifier(nn.Module):
    """Log probabilities of the K groups under five heads, (B, 5, K).

    Head ``MARGINAL``: ``p(z | x_t)``. Heads ``GIVEN_LABEL + y``: ``p(z | x_t, y)``. Heads ``EXPECTED + y``:
    ``E[p(z | x_0) | x_t, y]``, trained on the classifier's own clean prediction (what the parity control's
    h-transform needs; it differs from the previous one, which also learns from the label).
    """

    def __init__(self, sde: VPSDE, width: int, n_groups: int, *, hidden: int, depth: int) -> None:
        super().__init__()
        self.n_groups = n_groups
        self.time = _TimeFeatures(sde)
        self.trunk = _trunk(width + 2 * N_FREQUENCIES + 1, hidden, depth)
        self.head = nn.Linear(hidden, N_HEADS * n_groups)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Logarithms of the heads' posteriors, (B, heads, K)."""
        out = self.head(self.trunk(self.time.beside(x, t)))
        return torch.log_softmax(out.view(len(x), N_HEADS, self.n_groups), 2)


def pick_head(log_p: Tensor, first: int, y: Tensor) -> Tensor:
    """Rows of a label-dependent head, (B, 5, K) -> (B, K)."""
    return log_p[torch.arange(len(log_p)), first + y]
