"""Fairness on the classifier's side: real source rows in, predictions for the target out.

Every function takes a :class:`Task` and the value of its own dial, and returns 0/1 predictions for the target's rows.
They use the same rows, the same downstream models and the same target as everything else here.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold

from fairviz.data.dataset import DomainDataset
from fairviz.diffusion.guidance import Push, Tilt
from fairviz.dual import shares
from fairviz.errors import DataError, SettingError
from fairviz.evaluation.downstream import CLASSIFIERS, FeatureCodes, fitted, weight_name
from fairviz.numerics import settle
from fairviz.posteriors import estimate
from fairviz.steering import steer

#: Rounds of the reductions approach; more changed no accuracy by a thousandth on Adult.
MAX_ROUNDS = 20
FAIRRET_EPOCHS = 20


@dataclass
class Task:
    """One split: real source rows to learn from, a target to predict, a downstream model.

    Attributes
    ----------
    source, target : DomainDataset
    classifier : str
        A key of ``CLASSIFIERS``.
    seed : int
    """

    source: DomainDataset
    target: DomainDataset
    classifier: str
    seed: int
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, source: DomainDataset, target: DomainDataset, classifier: str, seed: int, n: int | None = None) -> Task:
        """A task on ``n`` source rows drawn at random (all, if there are fewer)."""
        if n is not None and n < len(source):
            source = source.take(np.sort(np.random.default_rng(seed).choice(len(source), n, replace=False)))
        return cls(source, target, classifier, seed)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """A value that several settings of a dial share."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    @property
    def codes(self) -> FeatureCodes:
        """Codes of the source's features."""
        return self.once("codes", lambda: FeatureCodes(self.source.features))

    @property
    def x(self) -> np.ndarray:
        """Source features, (n, F)."""
        return self.once("x", lambda: self.codes(self.source.features))

    @property
    def x_target(self) -> np.ndarray:
        """Target features, (m, F)."""
        return self.once("x_target", lambda: self.codes(self.target.features))

    def model(self) -> Any:
        """A fresh downstream model."""
        if self.classifier not in CLASSIFIERS:
            raise SettingError(f"No classifier {self.classifier!r}. Choose one of {', '.join(CLASSIFIERS)}.")
        return CLASSIFIERS[self.classifier](self.codes, self.seed)

    def predict(self, weights: np.ndarray | None = None, x: np.ndarray | None = None) -> np.ndarray:
        """Fit the downstream model on the source (with weights, or other features) and predict the target, (m,)."""
        fit = fitted(
            self.codes,
            self.x if x is None else x,
            self.source.y,
            classifier=self.classifier,
            seed=self.seed,
            weights=weights,
        )
        return fit.predict(self.x_target).astype(np.int64)


def untouched(task: Task) -> np.ndarray:
    """The downstream model as it is."""
    return task.once("untouched", task.predict)


def constant(task: Task) -> np.ndarray:
    """Always the source's more frequent label."""
    return np.full(len(task.target), int(task.source.y.mean() > 0.5))


def overwrite(task: Task, *, share: float, label: int = 1) -> np.ndarray:
    """The trivial line: a random share of the untouched predictions is overwritten with one label."""
    predicted = untouched(task).copy()
    hit = np.random.default_rng([task.seed, 1]).random(len(predicted)) < share
    predicted[hit] = label
    return predicted


def reweighing(task: Task, *, share: float = 1.0) -> np.ndarray:
    """Weights ``P(y) P(z) / P(y, z)`` (Kamiran and Calders 2012), to the power of ``share`` (1: theirs)."""
    return task.predict(reweighing_weights(task.source.y, task.source.z, len(task.source.groups)) ** share)


def reweighing_weights(y: np.ndarray, z: np.ndarray, n_groups: int) -> np.ndarray:
    """Weights (n,) that make label and group independent."""
    joint = np.bincount(2 * z + y, minlength=2 * n_groups).reshape(-1, 2) / len(y)
    weight = joint.sum(1, keepdims=True) * joint.sum(0) / np.where(joint > 0, joint, 1.0)
    return weight[z, y]


def tilted(task: Task, *, lambda_dp: float = 0.0, lambda_eop: float = 0.0) -> np.ndarray:
    """FADM's tilt as weights on real rows, with posteriors from cross-fitted gradient boosting (docs/method.md)."""
    source = task.source
    dual = task.once("dual", lambda: estimate(source, max_rows=len(source), seed=task.seed))
    tilt = Tilt.from_shares(torch.from_numpy(dual.pi), torch.from_numpy(dual.pi_1))
    multiplier = dual.multiplier(lambda_dp, lambda_eop)
    push = Push.alike(len(source), *multiplier.scaled())
    # beyond equality every price has the same multiplier, and the same answers
    name = f"tilted {multiplier.dp.tolist()} {multiplier.eop.tolist()}"
    return task.once(name, lambda: task.predict(tilt.weights(dual.p_z, dual.p_z1, source.y, push)))


def _constraint(kind: str, bound: float | None = None) -> Any:
    from fairlearn.reductions import DemographicParity, TruePositiveRateParity

    made = {"dp": DemographicParity, "eop": TruePositiveRateParity}[kind]
    return made() if bound is None else made(difference_bound=bound)


def exponentiated_gradient(task: Task, *, constraint: str, bound: float) -> np.ndarray:
    """The reductions approach (Agarwal et al. 2018), fairlearn's; a randomised classifier drawn with the seed."""
    from fairlearn.reductions import ExponentiatedGradient

    model = task.model()
    reduction = ExponentiatedGradient(
        model, _constraint(constraint, bound), max_iter=MAX_ROUNDS, sample_weight_name=weight_name(model)
    )
    with _quiet():
        reduction.fit(task.x, task.source.y, sensitive_features=task.source.z)
        return np.asarray(reduction.predict(task.x_target, random_state=task.seed)).astype(np.int64)


def grid_search(task: Task, *, constraint: str, index: int, size: int = 9) -> np.ndarray:
    """Predictor ``index`` of fairlearn's GridSearch over ``size`` multipliers (Agarwal et al. 2018, section 3.4)."""
    from fairlearn.reductions import GridSearch

    def fit() -> Any:
        model = task.model()
        grid = GridSearch(
            model, _constraint(constraint), grid_size=size, grid_limit=1.0, sample_weight_name=weight_name(model)
        )
        with _quiet():
            return grid.fit(task.x, task.source.y, sensitive_features=task.source.z)

    grid = task.once(f"grid {constraint} {size}", fit)
    with _quiet():
        return np.asarray(grid.predictors_[index].predict(task.x_target)).astype(np.int64)


def threshold_optimizer(task: Task, *, constraint: str) -> np.ndarray:
    """A threshold per group on the untouched model (Hardt et al. 2016), fairlearn's. Needs the target's groups."""
    from fairlearn.postprocessing import ThresholdOptimizer

    names = {"dp": "demographic_parity", "eop": "true_positive_rate_parity"}
    model = fitted(task.codes, task.x, task.source.y, classifier=task.classifier, seed=task.seed)
    adjusted = ThresholdOptimizer(
        estimator=model, constraints=names[constraint], prefit=True, predict_method="predict_proba"
    )
    with _quiet():
        adjusted.fit(task.x, task.source.y, sensitive_features=task.source.z)
        found = adjusted.predict(task.x_target, sensitive_features=task.target.z, random_state=task.seed)
    return np.asarray(found).astype(np.int64)


def fairret(task: Task, *, constraint: str, weight: float) -> np.ndarray:
    """The small network with a fairness term in its loss (Buyl, Defrance and De Bie 2024, *fairret*, norm loss).

    As wide as the downstream network; Adam, 20 epochs. The model is always this network, whatever ``task.classifier``.
    """
    from fairret.loss import NormLoss
    from fairret.statistic import PositiveRate, TruePositiveRate

    from fairviz.evaluation.downstream import _linear_input

    encode = task.once("linear input", lambda: _linear_input(task.codes).fit(task.x))
    x = torch.from_numpy(np.asarray(encode.transform(task.x), np.float32))
    y = torch.from_numpy(task.source.y).float()[:, None]
    z = torch.nn.functional.one_hot(torch.from_numpy(np.unique(task.source.z, return_inverse=True)[1])).float()
    rng = torch.Generator().manual_seed(task.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(task.seed)
        net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))
    loss_fn = NormLoss(PositiveRate() if constraint == "dp" else TruePositiveRate())
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    size = min(512, len(x))
    for _ in range(FAIRRET_EPOCHS):
        for rows in torch.randperm(len(x), generator=rng).split(size):
            logit = net(x[rows])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, y[rows])
            here = (z[rows] * (y[rows] if constraint == "eop" else 1)).sum(0) > 0  # groups that the batch can speak of
            if weight and int(here.sum()) > 1:
                given = () if constraint == "dp" else (y[rows],)
                loss = loss + weight * loss_fn(logit, z[rows][:, here], *given)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    with torch.no_grad():
        out = net(torch.from_numpy(np.asarray(encode.transform(task.x_target), np.float32)))
    return (out[:, 0] > 0).numpy().astype(np.int64)


def steering(task: Task, *, share: float = 1.0) -> np.ndarray:
    """Affine steering of the numeric block (Sharma et al. 2025, *On Optimal Steering to Achieve Exact Fairness*).

    The numbers of every label and group are taken as normal and moved by the affine map onto the nearest common normal
    distribution of the label (``steering.ideal_normal``); base rates are equalised by :func:`reweighing_weights`. On
    such a distribution the minimiser of any cost-sensitive risk on the numbers treats the groups alike, also one that
    does not see the group. ``share`` goes part of the way. Moved numbers are set to the nearest value that occurs. The
    target's rows are not moved.
    """
    numeric = [j for j, flag in enumerate(task.codes.is_category) if not flag]
    y, z = task.source.y, task.source.z
    x = task.x.copy()
    block = np.where(np.isnan(x[:, numeric]), np.nanmean(x[:, numeric], 0), x[:, numeric]) if numeric else x[:, :0]
    moved = (1 - share) * block + share * steer(block, y, z)
    for j in range(len(numeric)):  # back to values that occur: others would give the label away
        values = np.unique(x[~np.isnan(x[:, numeric[j]]), numeric[j]])
        upper = np.searchsorted(values, moved[:, j]).clip(1, max(len(values) - 1, 1))
        if len(values) > 1:
            low, high = values[upper - 1], values[upper]
            moved[:, j] = np.where(moved[:, j] - low < high - moved[:, j], low, high)
    x[:, numeric] = np.where(np.isnan(x[:, numeric]), np.nan, moved)
    return task.predict(reweighing_weights(y, z, len(task.source.groups)) ** share, x)


def fair_bayes(task: Task, *, lambda_dp: float = 0.0, lambda_eop: float = 0.0) -> np.ndarray:
    """The plug-in fair Bayes rule with the target's own rows: a bound for the others, not a rival.

    ``p(y|x)``, ``p(z|x)`` and ``p(z|x, y=1)`` come from gradient boosting on source and target rows, cross-fitted over
    the target, so it sees labels and groups of the domain that nobody else sees (Menon and Williamson 2018). Its dial
    is the multiplier itself, not a price: probabilities learnt on several domains are not calibrated on one of them, so
    no point of equality can be read off them, and its front is that of all multipliers against the group that has more
    favourable labels.
    """

    def estimate_target() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
        pi, pi_1 = (torch.from_numpy(share) for share in shares(target.y, target.z, k))
        tilt, toward = Tilt.from_shares(pi, pi_1), torch.from_numpy(_ahead(pi.numpy(), pi_1.numpy())).float()
        w = tilt.w(torch.from_numpy(p_z).float(), toward).numpy()
        return p_y, w, tilt.u(torch.from_numpy(p_z1).float(), toward).numpy()

    p_y, w, u = task.once("fair bayes", estimate_target)
    # gain of saying yes, halved: p - 1/2 - (lambda_dp w + lambda_eop p u) / 2
    return (p_y * (1 - 0.5 * lambda_eop * u) > 0.5 + 0.5 * lambda_dp * w).astype(np.int64)


def _ahead(pi: np.ndarray, pi_1: np.ndarray) -> np.ndarray:
    """Unit contrast (K,) of the groups' rates of the favourable label against their mean."""
    rate = np.where(pi > 0, pi_1 / np.where(pi > 0, pi, 1.0), 0.0)
    contrast = np.where(pi > 0, rate - rate[pi > 0].mean(), 0.0)
    return 2 * contrast / max(float(np.abs(contrast).sum()), 1e-12)


def _probabilities(task: Task, x: np.ndarray, labels: np.ndarray, test: np.ndarray, n_classes: int) -> np.ndarray:
    out = np.zeros((len(test), n_classes))
    if len(np.unique(labels)) < 2:
        out[:, int(labels[0])] = 1.0
        return out
    name = "gradient_boosting" if len(x) > 2000 else "logistic_regression"
    model = fitted(task.codes, x, labels, classifier=name, seed=task.seed)
    out[:, model.classes_.astype(int)] = model.predict_proba(test)
    return out


class _quiet(warnings.catch_warnings):
    """Within the block, what the libraries warn about on every run is not printed."""

    def __enter__(self) -> Any:
        entered = super().__enter__()
        warnings.simplefilter("ignore")
        return entered


RIVALS: dict[str, Callable[..., np.ndarray]] = {
    "constant": constant,
    "untouched": untouched,
    "overwrite": overwrite,
    "reweighing": reweighing,
    "tilted": tilted,
    "exponentiated_gradient": exponentiated_gradient,
    "grid_search": grid_search,
    "threshold_optimizer": threshold_optimizer,
    "fairret": fairret,
    "steering": steering,
    "fair_bayes": fair_bayes,
}


#: Rivals that make sense of a source with one label only.
ONE_LABEL_WILL_DO = ("constant", "untouched", "overwrite")


def predict(name: str, task: Task, setting: dict[str, Any]) -> np.ndarray:
    """Predictions (m,) of a rival at a position of its dial.

    Raises
    ------
    SettingError
        Unknown rival or setting.
    DataError
        The source has one label only.
    """
    if name not in RIVALS:
        raise SettingError(f"No rival {name!r}. Choose one of {', '.join(RIVALS)}.")
    if setting.get("constraint", "dp") not in ("dp", "eop"):
        raise SettingError(f"Rival {name!r}: constraint {setting['constraint']!r}; choose 'dp' or 'eop'.")
    if not 0 <= setting.get("index", 0) < setting.get("size", 9):
        raise SettingError("index")
    try:
        inspect.signature(RIVALS[name]).bind(task, **setting)
    except TypeError as error:
        raise SettingError(f"Rival {name!r}: {error}.") from None
    settle()
    if name not in ONE_LABEL_WILL_DO and len(np.unique(task.source.y)) < 2:
        raise DataError("The source rows have one class only. Hold out another domain, or add rows of both classes.")
    return RIVALS[name](task, **setting)
