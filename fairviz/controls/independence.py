"""Label and group made unrelated: the weights of Kamiran and Calders (2012) as guidance and as weights on rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fairviz.controls.base import Control, Guided, Steering, Weighable

if TYPE_CHECKING:
    from torch import Tensor

    from fairviz.diffusion.guidance import ScoreFn
    from fairviz.dual import Dual


def joint_of(dual: Dual) -> np.ndarray:
    """``P(y, z)`` in the source, (2, K)."""
    yes = np.asarray(dual.pi_1, float)
    return np.stack([np.asarray(dual.pi, float) - yes, yes])


def log_ratios(joint: np.ndarray) -> np.ndarray:
    """``log P(y) P(z) / P(y, z)``, (2, K); 0 where nobody is, for nothing is known of such rows."""
    apart = joint.sum(1, keepdims=True) * joint.sum(0)
    there = joint > 1e-12
    return np.where(there, np.log(np.where(there, apart, 1.0)) - np.log(np.where(there, joint, 1.0)), 0.0)


def given_label(rows: Weighable) -> np.ndarray:
    """``p(z | x, y)`` of every row's own label, (n, K), by the law of total probability from ``p(z | x)``, ``p(z | x,
    y=1)`` and ``p(y=1 | x)``; where hardly anybody has the other label, ``p(z | x)``.
    """
    p_z, p_z1, yes = (np.asarray(part, float) for part in (rows.p_z, rows.p_z1, rows.p_yes))
    no = (1 - yes)[:, None]
    other = np.where(no > 0.01, (p_z - yes[:, None] * p_z1) / np.maximum(no, 0.01), p_z)
    found = np.where((rows.y == 1)[:, None], p_z1, np.clip(other, 1e-6, 1.0))
    return np.asarray(found / found.sum(1, keepdims=True))


class Unrelating(Steering):
    """Rows of groups that have their label more often than others are drawn less often."""

    def __init__(self, joint: np.ndarray, share: np.ndarray) -> None:
        self.joint, self.share = joint, share

    def prior(self, fit: Guided) -> Tensor:
        """The source's, moved as the weights move it: not at all at share 1."""
        import torch

        ratios = np.exp(self.share[:, None, None] * log_ratios(self.joint))  # (B, 2, K)
        label = self.joint.sum(1)
        moved = (self.joint * ratios).sum(2) / np.where(label > 0, label, 1.0)
        mass = np.array([1 - fit.label_prior_, fit.label_prior_]) * moved
        return torch.from_numpy(mass[:, 1] / mass.sum(1))

    def terms(self, fit: Guided, y: Tensor) -> list[ScoreFn]:
        """The weights' gradient."""
        import torch

        from fairviz.diffusion.guidance import group_term

        logs = torch.from_numpy(self.share[:, None] * log_ratios(self.joint)[y.numpy()]).float()
        return [group_term(fit.nets_.sensitive, y, logs)]


class Independence(Control):
    """``(P(y) P(z) / P(y, z)) ** lambda_z`` as the joint density's factor; 1 makes label and group independent."""

    name = "independence"
    title = "Independence: label unrelated to group"
    meaning = (
        "People are drawn as if label and group had less to do with each other: {price} of the way, where at 1 every "
        "group has the favourable label equally often."
    )
    note = "Moves the decision rule. At 1 no group has the favourable label more often; beyond, the other way round."
    top = 2.0
    fixed = tuple(k / 8 for k in range(17))
    recorded = ("boosted",)

    def start(self, end: float) -> float:
        """Where the dial stands at first."""
        return 1.0

    def steering(self, fit: Guided, lambda_z: np.ndarray, lambda_eop: np.ndarray) -> Steering | None:
        """See :meth:`Control.steering`."""
        return Unrelating(joint_of(fit.price_), np.asarray(lambda_z, float)) if lambda_z.any() else None

    def weights(self, rows: Weighable, lambda_z: float, lambda_eop: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """See :meth:`Control.weights`."""
        ones, nothing = np.ones(len(rows.y)), np.zeros(len(rows.y))
        if not lambda_z:
            return ones, nothing
        ratios = np.exp(lambda_z * log_ratios(joint_of(rows.price)))
        return (given_label(rows) * ratios[rows.y]).sum(1), nothing


INDEPENDENCE = Independence()
