"""Leave one domain out: train on source rows (synthetic or real), test on the target's real rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import fit_predict


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
    schema = target.schema
    labels = (train[schema.label] == schema.favourable).to_numpy(np.int64)
    features = train[list(schema.features)]
    return Counts.from_predictions(
        target, fit_predict(features, labels, target.features, classifier=classifier, seed=seed, weights=weights)
    )


def real_data_model(
    source: DomainDataset, target: DomainDataset, *, classifier: str, n: int | None = None, seed: int = 0
) -> Counts:
    """The same classifier trained on real source rows (``n`` of them at random, or all)."""
    rows = np.arange(len(source))
    if n is not None and n < len(source):
        rows = np.random.default_rng(seed).choice(len(source), n, replace=False)
    return evaluate(source.frame.iloc[rows], target, classifier=classifier, seed=seed)


def constant_predictor(source: DomainDataset, target: DomainDataset) -> Counts:
    """Always the source's more frequent label."""
    answer = int(source.y.mean() > 0.5)
    return Counts.from_predictions(target, np.full(len(target), answer))
