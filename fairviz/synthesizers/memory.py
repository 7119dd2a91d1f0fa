"""A training in progress as arrays: taken at any step, begun from later, and the end is the same to the last bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fairviz.errors import StoreError

#: Names of what the optimiser remembers of every weight.
MOMENTS = ("step", "exp_avg", "exp_avg_sq")


class Memory:
    """What a training is at its present step: weights, their moving average, the optimiser's moments, random state.

    Parameters
    ----------
    begin : mapping of str to ndarray, optional
        What :meth:`take` gave of the same training; it goes on there.
    """

    def __init__(self, begin: dict[str, np.ndarray] | None = None) -> None:
        self._begin = begin
        self._average: list[Tensor] = []
        self.step = 0

    def hold(
        self, weights: Sequence[Tensor], average: Sequence[Tensor], optimiser: torch.optim.Optimizer,
        rng: torch.Generator,
    ) -> int:  # fmt: skip
        """Watch a training that is about to begin; returns the step from which it goes on.

        Raises
        ------
        StoreError
            What it is to begin from is not of a training like this one.
        """
        self._weights, self._average, self._optimiser, self._rng = list(weights), list(average), optimiser, rng
        if self._begin is not None:
            self._restore(self._begin)
            self._begin = None
        return self.step

    @property
    def average(self) -> list[Tensor]:
        """The moving average of the weights at the present step, copied; empty before the training has begun."""
        return [mean.clone() for mean in self._average]

    def take(self) -> dict[str, np.ndarray]:
        """A copy of everything, by name."""
        found = {"at": np.array([self.step], np.int64), "rng": self._rng.get_state().numpy().copy()}
        for k, (weight, mean) in enumerate(zip(self._weights, self._average, strict=True)):
            found[f"weight.{k}"] = weight.detach().numpy().copy()
            found[f"average.{k}"] = mean.numpy().copy()
            for name in MOMENTS if weight in self._optimiser.state else ():
                found[f"{name}.{k}"] = self._optimiser.state[weight][name].numpy().copy()
        return found

    @torch.no_grad()
    def _restore(self, begin: dict[str, np.ndarray]) -> None:
        forms = {"at": (1,), "rng": self._rng.get_state().shape}
        for k, weight in enumerate(self._weights):
            forms |= {f"{kind}.{k}": weight.shape for kind in ("weight", "average")}
            if f"exp_avg.{k}" in begin:  # a weight that no loss reaches has no moments
                forms |= {f"step.{k}": (), f"exp_avg.{k}": weight.shape, f"exp_avg_sq.{k}": weight.shape}
        if {name: tuple(values.shape) for name, values in begin.items()} != {n: tuple(f) for n, f in forms.items()}:
            raise StoreError("The checkpoint is not of a training like this one.")
        for k, (weight, mean) in enumerate(zip(self._weights, self._average, strict=True)):
            weight.copy_(torch.from_numpy(begin[f"weight.{k}"]))
            mean.copy_(torch.from_numpy(begin[f"average.{k}"]))
            if f"exp_avg.{k}" in begin:
                self._optimiser.state[weight] = {n: torch.from_numpy(begin[f"{n}.{k}"].copy()) for n in MOMENTS}
        self._rng.set_state(torch.from_numpy(begin["rng"].copy()))
        self.step = int(begin["at"][0])
