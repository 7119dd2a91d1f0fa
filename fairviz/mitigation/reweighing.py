"""Weights that make label and group independent (Kamiran and Calders 2012)."""

from __future__ import annotations

import numpy as np

from fairviz.mitigation.base import Mitigation, Task
from fairviz.settings import Dial, Parameter, spread


def reweighing_weights(y: np.ndarray, z: np.ndarray, n_groups: int) -> np.ndarray:
    """Weights (n,) ``P(y) P(z) / P(y, z)`` of rows with labels and groups (n,)."""
    joint = np.bincount(2 * z + y, minlength=2 * n_groups).reshape(-1, 2) / len(y)
    weight = joint.sum(1, keepdims=True) * joint.sum(0) / np.where(joint > 0, joint, 1.0)
    return np.asarray(weight[z, y])


#: Shares that are compared.
SHARES = (0.2, 0.4, 0.6, 0.8, 1.0, 1.125, 1.25, 1.375, 1.5)


class Reweighing(Mitigation):
    """The weights to the power of ``share``; 1 is theirs."""

    name = "reweighing"
    source = "Kamiran and Calders (2012)"
    parameters = (Parameter("share", 1.0, high=1.5, symbol="share"),)
    dials = (
        Dial(
            "reweighing", "Reweighing", spread("share", SHARES), quick=spread("share", (1.0,)),
        ),
    )  # fmt: skip

    def answer(self, task: Task, *, share: float) -> np.ndarray:
        """See :class:`Mitigation`."""
        return task.predict(reweighing_weights(task.source.y, task.source.z, len(task.source.groups)) ** share)
