"""The one training loop: progress, the moving average of the weights, and steps of gradient descent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from fairviz.errors import DataError
from fairviz.synthesizers.base import FitStep
from fairviz.synthesizers.memory import Memory

EMA = 0.998
WARM_UP = 100


def learning_rate(step: int, n_steps: int, peak: float) -> float:
    """Linear warm-up, then cosine decay to a hundredth of the peak."""
    warm = min(1.0, (step + 1) / min(WARM_UP, n_steps))
    return peak * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / n_steps)))


def fold(average: Sequence[Tensor], weights: Sequence[Tensor], step: int) -> None:
    """Move the exponential moving average of the weights on by one step, in place."""
    decay = min(EMA, (step + 1) / (step + 10))
    torch._foreach_lerp_(list(average), [w.detach() for w in weights], 1 - decay)


class Progress:
    """Turns the losses of a step into a :class:`FitStep`: smoothed, and with the seconds left at the present pace."""

    def __init__(self, n_steps: int, first: int = 0) -> None:
        self.n_steps, self.begun, self.smooth = n_steps, time.monotonic(), dict[str, float]()
        self.first = first

    def after(self, step: int, losses: Mapping[str, float], hint: str) -> FitStep:
        """The state after step ``step`` (from 0).

        Raises
        ------
        DataError
            A loss is no longer a number.
        """
        for name, value in losses.items():
            if not math.isfinite(value):
                raise DataError(f"Training diverged at step {step + 1} ({name} loss is {value}). {hint}")
            self.smooth[name] = 0.98 * self.smooth.get(name, value) + 0.02 * value
        left = (time.monotonic() - self.begun) / (step + 1 - self.first) * (self.n_steps - step - 1)
        return FitStep(step + 1, self.n_steps, dict(self.smooth), left)


def loop(
    n_iter: int, take: Callable[[int], Mapping[str, float]], averaged: Sequence[Tensor], hint: str,
    begin: Callable[[Sequence[Tensor]], Memory] | None = None,
) -> Iterator[FitStep]:  # fmt: skip
    """Every training: a step, the moving average, a report; at the end the average takes the weights' place.

    Parameters
    ----------
    take : callable
        Step (from 0) -> its losses by name, for display; changes the weights.
    averaged : sequence of Tensor
        Weights whose moving average is kept.
    hint : str
        What to do if a loss is no longer a number.
    begin : callable, optional
        Average of the weights -> a memory that watches the training, and may make it go on from a later step.

    Raises
    ------
    DataError
        A loss is no longer a number.
    """
    average = [w.detach().clone() for w in averaged]
    memory = begin(average) if begin is not None else Memory()
    progress = Progress(n_iter, memory.step)
    for step in range(memory.step, n_iter):
        losses = take(step)
        fold(average, averaged, step)
        memory.step = step + 1
        yield progress.after(step, losses, hint)
    with torch.no_grad():
        for weight, mean in zip(averaged, average, strict=True):
            weight.copy_(mean)


class Descent:
    """Steps of AdamW with a cosine rate and clipped gradients.

    Parameters
    ----------
    weights : sequence of Tensor
    n_iter : int
        Steps that there will be.
    peak : float
        Largest rate.
    """

    def __init__(self, weights: Sequence[Tensor], n_iter: int, peak: float) -> None:
        self.weights, self.n_iter, self.peak = list(weights), n_iter, peak
        self.optimiser = torch.optim.AdamW(self.weights, lr=peak, betas=(0.9, 0.99), weight_decay=1e-4)

    def watched(self, memory: Memory | None, rng: torch.Generator) -> Callable[[Sequence[Tensor]], Memory] | None:
        """What :func:`loop` begins with, if a memory is to watch."""
        if memory is None:
            return None

        def begin(average: Sequence[Tensor]) -> Memory:
            memory.hold(self.weights, average, self.optimiser, rng)
            return memory

        return begin

    def step(self, step: int, loss: Tensor) -> None:
        """Descend one loss (a scalar)."""
        self.optimiser.param_groups[0]["lr"] = learning_rate(step, self.n_iter, self.peak)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.weights, 5.0)
        self.optimiser.step()


def descend(
    nets: nn.Module, loss_of: Callable[[Tensor], dict[str, Tensor]], n_rows: int, *, n_iter: int, batch_size: int,
    peak: float, rng: torch.Generator, memory: Memory | None = None,
) -> Iterator[FitStep]:  # fmt: skip
    """Plain training on batches of rows.

    Parameters
    ----------
    loss_of : callable
        Row indices (batch_size,) -> named losses, whose sum is descended.
    memory : Memory, optional
        Watches the training, and may make it go on from a later step.
    """
    descent = Descent(list(nets.parameters()), n_iter, peak)

    def take(step: int) -> dict[str, float]:
        losses = loss_of(torch.randint(n_rows, (batch_size,), generator=rng))
        descent.step(step, torch.stack(list(losses.values())).sum())
        return {name: float(loss.detach()) for name, loss in losses.items()}

    hint = f"Lower the learning rate ({peak:g})."
    yield from loop(n_iter, take, descent.weights, hint, descent.watched(memory, rng))
