"""The plug-in fair Bayes rule with the target's own rows: a bound for the others, not a rival."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold

from fairviz.diffusion.guidance import Tilt
from fairviz.dual import shares
from fairviz.evaluation.downstream import fitted
from fairviz.mitigation.base import Mitigation, Task
from fairviz.settings import REFERENCE, Dial, Parameter, spread

DP = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
EOP = (0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.12)


class FairBayes(Mitigation):
    """``p(y|x)``, ``p(z|x)`` and ``p(z|x, y=1)`` come from boosting on source and target rows, cross-fitted over the
    target, so it sees labels and groups of the domain that nobody else sees (Menon and Williamson 2018).

    Its dial is the multiplier itself, not a price: probabilities learnt on several domains are not calibrated on one of
    them, so no point of equality can be read off them, and its front is that of all multipliers against the group that
    has more favourable labels.
    """

    name = "fair_bayes"
    source = "Menon and Williamson (2018), plug-in"
    kind = REFERENCE
    parameters = (
        Parameter("multiplier_eop", 0.0, high=10.0, symbol="multiplier, true positives", neutral=True),
        Parameter("multiplier_dp", 0.0, high=10.0, symbol="multiplier", neutral=True),
    )
    dials = (
        Dial(
            "fair_bayes", "Fair Bayes rule, estimated on the target",
            ({}, *spread("multiplier_dp", DP), *spread("multiplier_eop", EOP)),
            quick=({}, *spread("multiplier_dp", (0.1, 0.2))),
        ),
    )  # fmt: skip

    def answer(self, task: Task, *, multiplier_dp: float, multiplier_eop: float) -> np.ndarray:
        """See :class:`Mitigation`."""
        p_y, w, u = task.once("fair bayes", lambda: _estimate(task))
        # gain of saying yes, halved: p - 1/2 - (s w + r p u) / 2
        return np.asarray(p_y * (1 - 0.5 * multiplier_eop * u) > 0.5 + 0.5 * multiplier_dp * w)


def _estimate(task: Task) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``p(y=1|x)``, and what a yes adds to either gap, (m,) each, for the target's rows."""
    target, k = task.target, len(task.target.groups)
    p_y, p_z, p_z1 = np.zeros(len(target)), np.zeros((len(target), k)), np.zeros((len(target), k))
    strata = 2 * target.z + target.y
    folds = min(5, int(np.bincount(strata)[np.unique(strata)].min()))
    for train, test in StratifiedKFold(max(2, folds), shuffle=True, random_state=task.seed).split(strata, strata):
        x = np.concatenate([task.x, task.x_target[train]])
        y = np.concatenate([task.source.y, target.y[train]])
        z = np.concatenate([task.source.z, target.z[train]])
        p_y[test] = _probabilities(task, x, y, task.x_target[test], 2)[:, 1]
        p_z[test] = _probabilities(task, x, z, task.x_target[test], k)
        p_z1[test] = _probabilities(task, x[y == 1], z[y == 1], task.x_target[test], k)
    pi, pi_1 = shares(target.y, target.z, k)
    tilt = Tilt.from_shares(torch.from_numpy(pi), torch.from_numpy(pi_1))
    toward = torch.from_numpy(_ahead(pi, pi_1)).float()
    w, u = tilt.w(torch.from_numpy(p_z).float(), toward), tilt.u(torch.from_numpy(p_z1).float(), toward)
    return p_y, w.numpy(), u.numpy()


def _ahead(pi: np.ndarray, pi_1: np.ndarray) -> np.ndarray:
    """Unit contrast (K,) of the groups' rates of the favourable label against their mean."""
    rate = np.where(pi > 0, pi_1 / np.where(pi > 0, pi, 1.0), 0.0)
    contrast = np.where(pi > 0, rate - rate[pi > 0].mean(), 0.0)
    return 2 * contrast / max(float(np.abs(contrast).sum()), 1e-12)


def _probabilities(task: Task, x: np.ndarray, labels: np.ndarray, test: np.ndarray, n_classes: int) -> np.ndarray:
    """Probabilities (m, n_classes) by the downstream model's settings."""
    out = np.zeros((len(test), n_classes))
    if len(np.unique(labels)) < 2:
        out[:, int(labels[0])] = 1.0
        return out
    name = "gradient_boosting" if len(x) > 2000 else "logistic_regression"
    model = fitted(task.codes, x, labels, classifier=name, seed=task.seed)
    out[:, model.classes_.astype(int)] = model.predict_proba(test)
    return out
