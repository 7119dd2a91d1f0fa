"""Rows while they are made: the solver's states in two dimensions, and what the classifiers guess of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from fairviz.checks import check_count, check_price
from fairviz.controls import control_named
from fairviz.controls.base import Steering
from fairviz.controls.dials import BEST_SOLVER, NETWORK
from fairviz.diffusion.networks import MARGINAL
from fairviz.numerics import settle
from fairviz.synthesizers.guided import _Chunk
from fairviz.synthesizers.tabular import CHUNK, chunk_seeds

if TYPE_CHECKING:
    from fairviz.synthesizers.fadm import FADM


@dataclass(frozen=True)
class Watched:
    """States from noise to rows.

    Attributes
    ----------
    ratios : ndarray, shape (S,)
        Noise over signal at each state; 0 at the last, which are the rows.
    places : ndarray, shape (S, n, 2)
        Along the two directions in which finished rows without control differ most.
    group : ndarray, shape (S, n, K)
        What the group's classifier guesses.
    label : ndarray, shape (S, n)
        How likely the label's classifier takes the favourable label to be.
    """

    ratios: np.ndarray
    places: np.ndarray
    group: np.ndarray
    label: np.ndarray


@torch.no_grad()
def watched(
    fit: FADM, n: int, *, control: str = "dp", price: float = 0.0, n_steps: int = 20, solver: str = BEST_SOLVER,
    random_state: int = 0,
) -> tuple[Watched, Watched]:  # fmt: skip
    """The same noise without a price and with one.

    Parameters
    ----------
    n : int
        Rows, 1 to 1,000.
    price : float
        ``lambda_z``.
    n_steps : int
        Score evaluations; there is one state more.
    """
    n, n_steps = check_count("n", n, 1, CHUNK), check_count("n_steps", n_steps, 2, 200)
    what = control_named(control)
    prices, second = what.check(check_price("lambda_z", price, CHUNK, what.top), 0.0, CHUNK)
    settle()
    paths = []
    for priced in (False, True):
        ((_, _, rng),) = chunk_seeds(CHUNK, random_state)
        chunk = _Chunk(fit, what, n_steps, solver, NETWORK, rng)
        steering = what.steering(fit, prices, second) if priced else None
        paths.append(_path(chunk, steering))
    finished = paths[0][0][-1]
    middle = finished.mean(0)
    axes = torch.linalg.svd(finished - middle, full_matrices=False).Vh[:2].T
    axes = axes * torch.sign(axes.abs().max(0).values * axes.gather(0, axes.abs().argmax(0)[None])[0])  # one way round
    off, on = (
        Watched(ratios.numpy(), ((states - middle) @ axes)[:, :n].numpy(), group[:, :n].numpy(), label[:, :n].numpy())
        for states, ratios, group, label in paths
    )
    return off, on


def _path(chunk: _Chunk, steering: Steering | None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """States (S, B, D), noise ratios (S,), guesses of group (S, B, K) and label (S, B)."""
    fit = chunk.fit
    noise = torch.randn(CHUNK, fit.encoder_.width_, generator=chunk.rng)
    u = torch.rand(CHUNK, generator=chunk.rng, dtype=torch.float64)
    y = (u < (fit.label_prior_ if steering is None else steering.prior(fit))).long()
    states, times = list[torch.Tensor](), list[torch.Tensor]()

    def seen(x: torch.Tensor, t: torch.Tensor) -> None:
        states.append(x.clone())
        times.append(t)

    *_, last = chunk.states(noise, y, np.ones(CHUNK), steering, seen)
    states.append(last)
    times.append(times[-1])
    nets = fit.nets_
    ratios = [float(nets.sde.sigma(t) / nets.sde.alpha(t)) for t in times[:-1]]
    group = torch.stack([nets.sensitive(x, t)[:, MARGINAL].exp() for x, t in zip(states, times, strict=True)])
    label = torch.stack([nets.label(x, t)[:, 1].exp() for x, t in zip(states, times, strict=True)])
    return torch.stack(states), torch.tensor([*ratios, 0.0]), group, label
