"""The reductions approach (Agarwal et al. 2018), fairlearn's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from fairviz.errors import SettingError
from fairviz.evaluation.downstream import weight_name
from fairviz.mitigation.base import Mitigation, Task, needed
from fairviz.settings import Dial, Parameter, Setting, spread

#: Rounds of the reductions approach; more changed no accuracy by a thousandth on Adult.
MAX_ROUNDS = 20
#: Multipliers of the grid where nothing is said, and those that are compared: as many as FADM has prices.
GRID, FINE_GRID = 9, 17
#: Largest gaps that are tried, of selection rates and of true positive rates.
DP_BOUNDS = (0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.16)
EOP_BOUNDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.16)
#: No grid has more multipliers.
MAX_GRID = 101
SOURCE = "Agarwal et al. (2018), fairlearn"
CONSTRAINT = Parameter("constraint", choices=("dp", "eop"), symbol="constraint")


def _constraint(kind: str, bound: float | None = None) -> Any:
    from fairlearn.reductions import DemographicParity, TruePositiveRateParity

    made = {"dp": DemographicParity, "eop": TruePositiveRateParity}[kind]
    return made() if bound is None else made(difference_bound=bound)


def _fine(indices: Iterable[int], constraint: str) -> tuple[Setting, ...]:
    """Positions on the finer grid; its middle is the multiplier 0."""
    return spread("index", indices, constraint=constraint, size=FINE_GRID)


class ExponentiatedGradient(Mitigation):
    """A randomised classifier, drawn with the seed."""

    name = "exponentiated_gradient"
    source = SOURCE
    parameters = (CONSTRAINT, Parameter("bound", symbol="gap at most"))
    dials = (
        Dial(
            "exponentiated_gradient", "Exponentiated gradient",
            (*spread("bound", DP_BOUNDS, constraint="dp"), *spread("bound", EOP_BOUNDS, constraint="eop")),
            light=(
                *spread("bound", DP_BOUNDS[::2], constraint="dp"), *spread("bound", EOP_BOUNDS[1::2], constraint="eop"),
            ),
            quick=({"constraint": "dp", "bound": 0.04},),
        ),
    )  # fmt: skip

    def answer(self, task: Task, *, constraint: str, bound: float) -> np.ndarray:
        """See :class:`Mitigation`."""
        reductions = needed("fairlearn.reductions")

        def fit() -> Any:
            model = task.model()
            reduction = reductions.ExponentiatedGradient(
                model, _constraint(constraint, bound), max_iter=MAX_ROUNDS, sample_weight_name=weight_name(model)
            )
            return reduction.fit(task.x, task.source.y, sensitive_features=task.source.z) or reduction

        reduction = task.once(f"reduction {constraint} {bound}", fit, seeded=task.seeded)
        return np.asarray(reduction.predict(task.x_target, random_state=task.seed))


class GridSearch(Mitigation):
    """Predictor ``index`` of a grid of ``size`` multipliers from -1 to 1 (their section 3.4)."""

    name = "grid_search"
    source = SOURCE
    parameters = (
        CONSTRAINT,
        Parameter("index", high=MAX_GRID - 1, whole=True, symbol="multiplier"),
        Parameter("size", GRID, low=2, high=MAX_GRID, whole=True, symbol="of", neutral=True),
    )
    dials = (
        Dial(
            "grid_search", "Grid search",
            (*_fine(range(8, 17), "dp"), *_fine(range(9, 17), "eop")),
            light=(*_fine(range(8, 17, 2), "dp"), *_fine(range(10, 17, 2), "eop")),
            quick=_fine((12,), "dp"),
        ),
    )  # fmt: skip

    def answer(self, task: Task, *, constraint: str, index: int, size: int) -> np.ndarray:
        """See :class:`Mitigation`."""
        if index >= size:
            raise SettingError(f"grid_search: there is no multiplier {index} of {size}; the last is {size - 1}.")
        reductions = needed("fairlearn.reductions")

        def fit() -> Any:
            model = task.model()
            grid = reductions.GridSearch(
                model, _constraint(constraint), grid_size=size, grid_limit=1.0, sample_weight_name=weight_name(model)
            )
            return grid.fit(task.x, task.source.y, sensitive_features=task.source.z)

        grid = task.once(f"grid {constraint} {size}", fit, seeded=task.seeded)
        return np.asarray(grid.predictors_[index].predict(task.x_target))
