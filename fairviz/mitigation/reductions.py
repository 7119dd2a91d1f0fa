"""The reductions approach (Agarwal et al. 2018), fairlearn's."""

from __future__ import annotations

from typing import Any

import numpy as np

from fairviz.evaluation.downstream import weight_name
from fairviz.mitigation.base import Mitigation, Task, needed
from fairviz.settings import Dial, Parameter, spread

#: Rounds of the reductions approach; more changed no accuracy by a thousandth on Adult.
MAX_ROUNDS = 20
#: Multipliers of the grid.
GRID = 9
SOURCE = "Agarwal et al. (2018), fairlearn"
CONSTRAINT = Parameter("constraint", choices=("dp", "eop"), symbol="constraint")


def _constraint(kind: str, bound: float | None = None) -> Any:
    from fairlearn.reductions import DemographicParity, TruePositiveRateParity

    made = {"dp": DemographicParity, "eop": TruePositiveRateParity}[kind]
    return made() if bound is None else made(difference_bound=bound)


class ExponentiatedGradient(Mitigation):
    """A randomised classifier, drawn with the seed."""

    name = "exponentiated_gradient"
    source = SOURCE
    parameters = (CONSTRAINT, Parameter("bound", symbol="gap at most"))
    dials = (
        Dial(
            "exponentiated_gradient", "Exponentiated gradient",
            (*spread("bound", (0.01, 0.04, 0.08), constraint="dp"), {"constraint": "eop", "bound": 0.03}),
            light=({"constraint": "dp", "bound": 0.01}, {"constraint": "eop", "bound": 0.03}),
            quick=({"constraint": "dp", "bound": 0.04},),
        ),
    )  # fmt: skip

    def answer(self, task: Task, *, constraint: str, bound: float) -> np.ndarray:
        """See :class:`Mitigation`."""
        reductions = needed("fairlearn.reductions")

        model = task.model()
        reduction = reductions.ExponentiatedGradient(
            model, _constraint(constraint, bound), max_iter=MAX_ROUNDS, sample_weight_name=weight_name(model)
        )
        reduction.fit(task.x, task.source.y, sensitive_features=task.source.z)
        return np.asarray(reduction.predict(task.x_target, random_state=task.seed))


class GridSearch(Mitigation):
    """Predictor ``index`` of a grid of multipliers (their section 3.4)."""

    name = "grid_search"
    source = SOURCE
    parameters = (CONSTRAINT, Parameter("index", high=GRID - 1, whole=True, symbol="multiplier"))
    dials = (
        Dial(
            "grid_search", "Grid search",
            (*spread("index", (5, 6, 7, 8), constraint="dp"), *spread("index", (5, 6, 7), constraint="eop")),
            light=spread("index", (5, 6, 7, 8), constraint="dp"), quick=spread("index", (6,), constraint="dp"),
        ),
    )  # fmt: skip

    def answer(self, task: Task, *, constraint: str, index: int) -> np.ndarray:
        """See :class:`Mitigation`."""
        reductions = needed("fairlearn.reductions")

        def fit() -> Any:
            model = task.model()
            grid = reductions.GridSearch(
                model, _constraint(constraint), grid_size=GRID, grid_limit=1.0, sample_weight_name=weight_name(model)
            )
            return grid.fit(task.x, task.source.y, sensitive_features=task.source.z)

        return np.asarray(task.once(f"grid {constraint}", fit).predictors_[index].predict(task.x_target))
