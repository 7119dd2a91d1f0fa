"""Five score networks trained one by one, and stacked in one batch of matrices. ``python -m benchmarks.stacked``."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.common import keep
from fairviz.numerics import settle

NETS, ROWS, WIDTHS = 5, 512, (131, 256, 256, 256, 131)
STEPS, ROUNDS = 40, 3


def one_by_one(x: Tensor) -> Callable[[], None]:
    """A step of every network, with an optimiser each."""
    nets = []
    for _ in range(NETS):
        layers: list[nn.Module] = []
        for a, b in itertools.pairwise(WIDTHS):
            layers += [nn.Linear(a, b), nn.SiLU()]
        nets.append(nn.Sequential(*layers[:-1]))
    optimisers = [torch.optim.AdamW(net.parameters(), lr=1e-3) for net in nets]

    def step() -> None:
        for net, optimiser, part in zip(nets, optimisers, x, strict=True):
            optimiser.zero_grad(set_to_none=True)
            net(part).square().mean().backward()
            optimiser.step()

    return step


def together(x: Tensor) -> Callable[[], None]:
    """The same of stacked weights."""
    pairs = list(itertools.pairwise(WIDTHS))
    weights = [nn.Parameter(0.05 * torch.randn(NETS, a, b)) for a, b in pairs]
    shifts = [nn.Parameter(torch.zeros(NETS, 1, b)) for _, b in pairs]
    optimiser = torch.optim.AdamW([*weights, *shifts], lr=1e-3)

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        h = x
        for k, (weight, shift) in enumerate(zip(weights, shifts, strict=True)):
            h = torch.baddbmm(shift, h, weight)
            if k < len(pairs) - 1:
                h = nn.functional.silu(h)
        h.square().mean((1, 2)).sum().backward()
        optimiser.step()

    return step


def main() -> None:
    """Alternate both, so that a busy machine meets them alike."""
    torch.set_num_threads(1)
    settle()
    x, rows = torch.randn(NETS, ROWS, WIDTHS[0]), []
    for turn in range(ROUNDS):
        for name, made in (("one by one", one_by_one), ("stacked", together)):
            step = made(x)
            step()
            begun = time.perf_counter()
            for _ in range(STEPS):
                step()
            rows.append(
                {"round": turn, "how": name, "ms_a_step": round(1000 * (time.perf_counter() - begun) / STEPS, 1)}
            )
    keep("stacked", rows)


if __name__ == "__main__":
    main()
