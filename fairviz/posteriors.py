"""``p(y=1|x)``, ``p(z|x)``, ``p(z|x, y=1)`` on a data set's own rows, each asked of a model that never saw it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold

from fairviz.data.dataset import DomainDataset
from fairviz.dual import Dual, shares
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.evaluation.downstream import FeatureCodes
from fairviz.evaluation.metrics import MIN_ROWS
from fairviz.numerics import settle

#: Rows that posteriors are asked for; of more, so many are drawn. The equality point then moves by about a hundredth.
MAX_ROWS = 50_000
#: Below so many rows to learn from boosting is worse than a straight line.
FEW_ROWS = 2000
#: Rows of the rarest label that stopping on rows held back takes.
FEW_OF_A_KIND = 20
FOLDS = 5
#: Standard errors by which a classifier must beat the group shares to count as telling the groups apart.
TOLD_APART = 2.0


def boosted(codes: FeatureCodes, labels: np.ndarray, seed: int) -> HistGradientBoostingClassifier:
    """Boosting for probabilities: slower, with smaller trees, and stopped on rows held back.

    Against the downstream model's settings it halves the error of all three probabilities on 4,000 and on 15,000 rows
    of the simulated world, and changes little on 45,000 of Adult: a price's multiplier is only as good as they are.
    """
    stops = np.bincount(labels)[np.unique(labels)].min() >= FEW_OF_A_KIND
    return HistGradientBoostingClassifier(
        learning_rate=0.08, max_iter=300 if stops else 50, max_leaf_nodes=15, min_samples_leaf=30,
        categorical_features=codes.is_category, early_stopping=bool(stops), validation_fraction=0.15,
        n_iter_no_change=10, random_state=seed,
    )  # fmt: skip


def probabilities(
    codes: FeatureCodes, x: np.ndarray, labels: np.ndarray, test: np.ndarray, n_classes: int, seed: int
) -> np.ndarray:
    """Probabilities (m, n_classes) for rows test (m, F), learnt from rows x (n, F) with integer labels (n,)."""
    out = np.zeros((len(test), n_classes))
    if len(np.unique(labels)) < 2:
        out[:, int(labels[0])] = 1.0
        return out
    settle()
    # not through ``downstream.fitted``: that refuses few rows, and here a sentence on the price says it (``why_not``)
    model = boosted(codes, labels, seed) if len(x) > FEW_ROWS else CLASSIFIERS["logistic_regression"](codes, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, labels)
    out[:, model.classes_.astype(int)] = model.predict_proba(test)
    return out


def cross_fitted(
    codes: FeatureCodes, x: np.ndarray, labels: np.ndarray, learnt: np.ndarray, n_classes: int, seed: int
) -> np.ndarray:
    """Probabilities (n, n_classes) of ``labels`` for every row, from models fit on other rows.

    Parameters
    ----------
    x : ndarray, shape (n, F)
    labels : ndarray of int, shape (n,)
    learnt : ndarray of bool, shape (n,)
        Rows to learn from; a row that is not among them is predicted by the mean of the folds.
    """
    out = np.zeros((len(labels), n_classes))
    inside, outside = np.flatnonzero(learnt), np.flatnonzero(~learnt)
    if len(inside) < FOLDS:  # nothing to learn from: as common as they are
        out[:] = np.bincount(labels[inside], minlength=n_classes) / max(len(inside), 1)
        return out
    commonest = np.bincount(labels[inside]).max()
    kind = StratifiedKFold if commonest >= FOLDS else KFold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class rarer than the folds is in some of them only
        folds = list(kind(FOLDS, shuffle=True, random_state=seed).split(inside, labels[inside]))
    for train, test in folds:
        known = (x[inside[train]], labels[inside[train]])
        out[inside[test]] = probabilities(codes, *known, x[inside[test]], n_classes, seed)
        if len(outside):
            out[outside] += probabilities(codes, *known, x[outside], n_classes, seed) / FOLDS
    return out


def told_apart(p_z: np.ndarray, z: np.ndarray) -> bool:
    """Whether probabilities (n, K), each from a model that did not see the row, know anything of the groups z (n,).

    Under no knowledge the probability given to a row's own group is on average the one given to its share.
    """
    if len(np.unique(z)) < 2:
        return False
    share = np.bincount(z, minlength=p_z.shape[1]) / len(z)
    excess = p_z[np.arange(len(z)), z] - p_z @ share
    return bool(excess.mean() > TOLD_APART * excess.std() / np.sqrt(len(z)) + 1e-12)


def estimate(source: DomainDataset, *, max_rows: int = MAX_ROWS, seed: int = 0) -> Dual:
    """The dual of a source: posteriors cross-fitted by boosting (a straight line, if rows are few), shares counted.

    Parameters
    ----------
    source : DomainDataset
        All rows that may be learnt from.
    max_rows : int
        Rows that the dual rests on.
    """
    pi, pi_1 = shares(source.y, source.z, len(source.groups))
    told = _too_few(source)
    if len(source) > max_rows:
        drawn = source.take(np.sort(np.random.default_rng(seed).choice(len(source), max_rows, replace=False)))
        # a group that all but vanished from the draw would look as if nobody were ever in it
        source = drawn if _too_few(drawn).keys() <= told.keys() else source
    y, z, k = source.y, source.z, len(source.groups)
    codes = FeatureCodes(source.features)
    x, every = codes(source.features), np.ones(len(source), bool)
    eta = cross_fitted(codes, x, y, every, 2, seed)[:, 1]
    p_z = cross_fitted(codes, x, z, every, k, seed)
    p_z1 = cross_fitted(codes, x, z, y == 1, k, seed)
    return Dual(eta, p_z, p_z1, pi, pi_1, why_not={**_not_told_apart(source, p_z, p_z1), **told})


def _too_few(source: DomainDataset) -> dict[str, str]:
    """For "dp" and "eop", where a group of the source has too few rows for a rate: why there is no price."""
    y, z, groups, found = source.y, source.z, source.groups, {}
    n = f"{len(source):,} source rows"
    rows, positives = np.bincount(z, minlength=len(groups)), np.bincount(z, weights=y, minlength=len(groups))
    small = [k for k in np.flatnonzero(rows) if rows[k] < MIN_ROWS]
    if small:
        found["dp"] = (
            f"Parity has no price here: of {n} only {int(rows[small[0]])} are of group {groups[small[0]]!r}, too few "
            "for a rate. Merge the group with another one, or leave its rows out."
        )
    without = [groups[k] for k in np.flatnonzero(rows) if positives[k] == 0]
    small = [k for k in np.flatnonzero(rows) if positives[k] < MIN_ROWS]
    if without:
        found["eop"] = (
            f"Opportunity has no price here: of {n} none in group {_listed(without)} has the label "
            f"{source.schema.favourable!r}, so there is no true positive rate. Hold out another domain, or use parity."
        )
    elif small:
        found["eop"] = (
            f"Opportunity has no price here: of {n} only {int(positives[small[0]])} in group {groups[small[0]]!r} have "
            f"the label {source.schema.favourable!r}, too few for a true positive rate. Merge the group with another "
            "one, hold out another domain, or use parity."
        )
    return found


def _not_told_apart(source: DomainDataset, p_z: np.ndarray, p_z1: np.ndarray) -> dict[str, str]:
    """For "dp" and "eop", where features say nothing of the groups: why there is no price, as a sentence."""
    y, z, groups, found = source.y, source.z, source.groups, {}
    n = f"{len(source):,} source rows"
    if not told_apart(p_z, z):
        found["dp"] = (
            f"Parity has no price here: on {n} boosting did not tell {_listed(groups)} apart from these features, so a "
            "price has nothing to act on. With more rows it might. Add features, or choose another sensitive attribute."
        )
    favourable = y == 1
    if not told_apart(p_z1[favourable], z[favourable]):
        found["eop"] = (
            f"Opportunity has no price here: among {int(favourable.sum()):,} source rows with the label "
            f"{source.schema.favourable!r} boosting did not tell {_listed(groups)} apart from these features, so "
            "a price has nothing to act on. With more rows it might. Add features, or use parity."
        )
    return found


def _listed(names: Sequence[str]) -> str:
    shown = [repr(name) for name in names]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]
