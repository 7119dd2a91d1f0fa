"""The paper's fair control: rows whose group is hard to guess (Lin et al. 2024, eq. 10-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fairviz.controls.base import Control, Guided, Steering, Weighable

if TYPE_CHECKING:
    from torch import Tensor

    from fairviz.diffusion.guidance import ScoreFn


class Mixing(Steering):
    """Rows drawn where the group's entropy is high; labels stay as common as they are."""

    def __init__(self, weight: np.ndarray) -> None:
        self.weight = weight

    def prior(self, fit: Guided) -> Tensor:
        """The source's."""
        import torch

        return torch.full((len(self.weight),), fit.label_prior_, dtype=torch.float64)

    def terms(self, fit: Guided, y: Tensor) -> list[ScoreFn]:
        """The entropy's gradient."""
        import torch

        from fairviz.diffusion.guidance import entropy_term

        return [entropy_term(fit.nets_.sensitive, torch.from_numpy(self.weight).float())]


class Entropy(Control):
    """``exp(lambda_z H(p(z|x)))`` as the density's factor."""

    name = "entropy"
    title = "Entropy: hard-to-guess group (the paper's)"
    meaning = "Synthetic people whose group is hard to guess are drawn up to {times} times as often."
    note = "Moves where rows come from, not the best decision rule; larger values mostly cost accuracy."
    top = 100.0
    fixed = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 50.0)

    def start(self, end: float) -> float:
        """Where the dial stands at first."""
        return 5.0

    def steering(self, fit: Guided, lambda_z: np.ndarray, lambda_eop: np.ndarray) -> Steering | None:
        """See :meth:`Control.steering`."""
        return Mixing(lambda_z) if lambda_z.any() else None

    def weights(self, rows: Weighable, lambda_z: float, lambda_eop: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """See :meth:`Control.weights`."""
        ones, shape = np.ones(len(rows.y)), np.zeros(len(rows.y))
        if lambda_z:
            p_z = rows.p_z
            shape = lambda_z * -(p_z * np.log(np.maximum(p_z, np.float32(1e-12)))).sum(1).astype(float)
        return ones, shape


ENTROPY = Entropy()
