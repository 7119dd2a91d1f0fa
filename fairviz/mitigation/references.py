"""What mitigations are compared with: the model as it is, one answer for all, answers overwritten at random."""

from __future__ import annotations

import numpy as np

from fairviz.mitigation.base import Mitigation, Task
from fairviz.settings import REFERENCE, Dial, Parameter, spread


class Unmitigated(Mitigation):
    """The downstream model as it is."""

    name = "unmitigated"
    kind = REFERENCE
    dials = (Dial("unmitigated", "Real rows, unmitigated"),)
    one_label_will_do = True

    def answer(self, task: Task) -> np.ndarray:
        """See :class:`Mitigation`."""
        return task.unmitigated


class Constant(Mitigation):
    """Always the source's more frequent label."""

    name = "constant"
    kind = REFERENCE
    dials = (Dial("constant", "Always the same answer"),)
    one_label_will_do = True

    def answer(self, task: Task) -> np.ndarray:
        """See :class:`Mitigation`."""
        return np.full(len(task.target), task.source.frequent)


class Overwrite(Mitigation):
    """The trivial line: a random share of the unmitigated predictions is overwritten with one label."""

    name = "overwrite"
    kind = REFERENCE
    parameters = (Parameter("share", symbol="share"), Parameter("label", 1, whole=True, symbol="label"))
    dials = (
        Dial(
            "overwrite", "Trivial line: answers overwritten", spread("share", (0.05, 0.1, 0.2, 0.4, 0.7)),
            family="Trivial line", quick=spread("share", (0.2,)),
        ),
    )  # fmt: skip
    one_label_will_do = True

    def answer(self, task: Task, *, share: float, label: int) -> np.ndarray:
        """See :class:`Mitigation`."""
        predicted = task.unmitigated.copy()
        hit = np.random.default_rng([task.seed, 1]).random(len(predicted)) < share
        predicted[hit] = label
        return predicted
