"""A threshold per group on the unmitigated model (Hardt et al. 2016), fairlearn's. Needs the target's groups."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedKFold

from fairviz.errors import DataError
from fairviz.evaluation.downstream import fitted
from fairviz.mitigation.base import Mitigation, Task, needed
from fairviz.mitigation.reductions import CONSTRAINT
from fairviz.settings import Dial, Parameter, Setting, spread

#: Gaps between the groups' rates on the source that are allowed, of selection rates and of true positive rates.
DP_TOLERANCES = (0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2)
EOP_TOLERANCES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.16)
#: Parts of the source that take turns in giving the scores that thresholds are set on.
FOLDS = 5


def _crossed(tolerances: tuple[float, ...], constraint: str) -> tuple[Setting, ...]:
    return spread("tolerance", tolerances, constraint=constraint, folds=FOLDS)


class _Scores(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A model for fairlearn whose features are its scores: thresholds are set on those that it is handed."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> _Scores:
        """Nothing is learnt."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Scores (n, 1) as probabilities of both labels, (n, 2)."""
        score = np.asarray(x, float)[:, 0]
        return np.column_stack([1 - score, score])


class ThresholdOptimizer(Mitigation):
    """Group thresholds that hold a gap between the groups' rates on the source.

    Scores of rows that a model was trained on are too sure, so with ``folds`` of 2 or more thresholds are set on scores
    of models that did not see the row; the target is scored by the model of all source rows. ``tolerance`` is the gap
    that is allowed.
    """

    name = "threshold_optimizer"
    source = "Hardt et al. (2016), fairlearn"
    parameters = (
        CONSTRAINT,
        Parameter("tolerance", 0.0, symbol="gap at most", neutral=True),
        Parameter("folds", 1, low=1, high=20, whole=True, neutral=True),
    )
    dials = (
        Dial(
            "threshold_optimizer", "Threshold per group",
            (*_crossed(DP_TOLERANCES, "dp"), *_crossed(EOP_TOLERANCES, "eop")),
            light=(*_crossed(DP_TOLERANCES[::2], "dp"), *_crossed(EOP_TOLERANCES[::2], "eop")),
            quick=(*_crossed((0.0,), "dp"), *_crossed((0.0,), "eop")),
        ),
    )  # fmt: skip
    needs_group = True

    def answer(self, task: Task, *, constraint: str, tolerance: float, folds: int) -> np.ndarray:
        """See :class:`Mitigation`."""
        postprocessing = needed("fairlearn.postprocessing")

        names = {"dp": "demographic_parity", "eop": "true_positive_rate_parity"}
        model = task.once("thresholds' model", task.fitted, seeded=task.seeded)
        seen = task.once(f"scores {folds}", lambda: _scores(task, model, folds))
        adjusted = postprocessing.ThresholdOptimizer(
            estimator=_Scores(), constraints=names[constraint], prefit=True, predict_method="predict_proba",
            tol=tolerance or None,
        )  # fmt: skip
        adjusted.fit(seen[:, None], task.source.y, sensitive_features=task.source.z)
        return np.asarray(
            adjusted.predict(
                model.predict_proba(task.x_target)[:, 1:], sensitive_features=task.target.z, random_state=task.seed
            )
        )


def _scores(task: Task, model: Any, folds: int) -> np.ndarray:
    """Probabilities (n,) of the favourable label for the source's rows; of models that did not see the row, if crossed.

    Raises
    ------
    DataError
        A group has too few rows of one label to be divided.
    """
    if folds < 2:
        return np.asarray(model.predict_proba(task.x)[:, 1])
    cell = 2 * task.source.z + task.source.y
    smallest = int(np.bincount(cell)[np.unique(cell)].min())
    if smallest < 2:
        raise DataError("A group has one row of a label only, so scores cannot be crossed. Give more rows.")
    seen = np.empty(len(cell))
    parts = StratifiedKFold(min(folds, smallest), shuffle=True, random_state=task.seed)
    for train, test in parts.split(cell, cell):
        part = fitted(task.codes, task.x[train], task.source.y[train], classifier=task.classifier, seed=task.seed)
        seen[test] = part.predict_proba(task.x[test])[:, 1]
    return seen
