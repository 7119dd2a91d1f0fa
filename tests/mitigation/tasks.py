"""Tasks made by hand, and mitigations by name."""

import numpy as np
import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import Schema
from fairviz.mitigation import MITIGATIONS
from fairviz.mitigation.base import Task

#: A position of every mitigation's dial.
SETTINGS = {
    "constant": {},
    "unmitigated": {},
    "overwrite": {"share": 0.2},
    "reweighing": {"share": 0.7},
    "tilted": {"control": "dp_eop", "lambda_z": 0.1, "lambda_eop": 0.02},
    "exponentiated_gradient": {"constraint": "dp", "bound": 0.02},
    "grid_search": {"constraint": "dp", "index": 6},
    "threshold_optimizer": {"constraint": "dp"},
    "fairret": {"constraint": "dp", "weight": 0.3},
    "steering": {"share": 0.8},
    "fair_bayes": {"multiplier_dp": 0.1, "multiplier_eop": 0.02},
}


def predict(name, task, setting):
    """Predictions for the target of a mitigation by name."""
    return MITIGATIONS[name]().predict(task, setting)


def rows(place, columns, y, z):
    """A table of the given features; labels y (n,) of 0 and 1, groups z (n,) of 0, 1, ..."""
    return pd.DataFrame(
        {
            **columns,
            "label": np.where(np.asarray(y) == 1, "yes", "no"),
            "group": [f"group {k}" for k in z],
            "place": place,
        }
    )


def task_on(source, target=None, *, classifier="logistic_regression", seed=0):
    """A task from (columns, y, z) of the source and of the target (by default the same rows)."""
    frame = pd.concat([rows("here", *source), rows("there", *(target or source))], ignore_index=True)
    schema = Schema(tuple(source[0]), label="label", favourable="yes", sensitive="group", domain="place")
    return Task.of(*DomainDataset.from_frame("made", frame, schema).leave_out("there"), classifier, seed)


def draw(n, seed, *, lag=1.5):
    """``merit`` and ``rank``, the second lower in group 0; the label depends on both, the group is no feature."""
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 2, n)
    merit, rank = rng.normal(size=n), rng.normal(size=n) + lag * (z - 0.5)
    sector = np.where(rng.random(n) < 0.3 + 0.4 * z, "u", "v")
    y = (rng.random(n) < 1 / (1 + np.exp(-(1.5 * merit + 1.5 * rank)))).astype(int)
    return {"merit": merit, "rank": rank, "sector": sector}, y, z


def in_words(predicted, task):
    """Accuracy, rates of yes by group, true positive rates by group."""
    y, z = task.target.y, task.target.z
    rates = np.array([predicted[z == k].mean() for k in (0, 1)])
    tprs = np.array([predicted[(z == k) & (y == 1)].mean() for k in (0, 1)])
    return (predicted == y).mean(), rates, tprs


def handed_over(task, name, **setting):
    """Weights and features that a mitigation hands to the downstream model."""
    seen = {}

    def catch(weights=None, x=None):
        seen.update(weights=weights, x=x)
        return np.zeros(len(task.target), int)

    task.predict = catch
    try:
        predict(name, task, setting)
    finally:
        del task.predict
    return seen["weights"], seen["x"]
