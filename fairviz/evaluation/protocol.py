"""Leave one domain out: train on source rows (synthetic or real), test on the target's real rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import Model


def evaluate(
    train: pd.DataFrame,
    target: DomainDataset,
    *,
    classifier: str,
    seed: int = 0,
    weights: np.ndarray | None = None,
) -> Counts:
    """Train a downstream classifier on ``train`` (features and label), test it on ``target``.

    Parameters
    ----------
    train : DataFrame
        Rows as a synthesizer gives them; bring foreign rows to form with ``DomainDataset.conform``.
    classifier : str
        A key of ``CLASSIFIERS``.
    weights : ndarray, shape (n,), optional
        Weights of the rows of ``train``.

    Returns
    -------
    Counts
        One domain for each domain in ``target``.
    """
    return Counts.from_predictions(target, trained(train, target, classifier, seed, weights).predict(target.features))


def trained(
    train: pd.DataFrame, target: DomainDataset, classifier: str, seed: int = 0, weights: np.ndarray | None = None
) -> Model:
    """The downstream model of :func:`evaluate`; label and features are those of the target's schema."""
    schema = target.schema
    labels = (train[schema.label] == schema.favourable).to_numpy(np.int64)
    return Model.fit(train[list(schema.features)], labels, classifier=classifier, seed=seed, weights=weights)


def drawn(source: DomainDataset, n: int | None, seed: int) -> DomainDataset:
    """``n`` source rows at random, in their order; all, if there are not more."""
    if n is None or n >= len(source):
        return source
    return source.take(np.sort(np.random.default_rng(seed).choice(len(source), n, replace=False)))


def real_data_model(
    source: DomainDataset, target: DomainDataset, *, classifier: str, n: int | None = None, seed: int = 0
) -> Counts:
    """The same classifier trained on real source rows (``n`` of them at random, or all)."""
    return evaluate(drawn(source, n, seed).frame, target, classifier=classifier, seed=seed)


def constant_predictor(source: DomainDataset, target: DomainDataset) -> Counts:
    """Always the source's more frequent label."""
    return Counts.from_predictions(target, np.full(len(target), source.frequent))
