"""Numbers at any price within a blink, by weights on one pool of rows."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from fairviz.data.dataset import DomainDataset
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import FeatureCodes, fitted
from fairviz.synthesizers.fadm import FADM
from fairviz.synthesizers.pool import Pool, effective_sample_size

#: Source rows per domain on which a price is chosen.
VALIDATION_ROWS = 2000


class Preview:
    """One fit, one pool of its rows, one target: codes are made once, a new setting costs one weighted fit.

    Parameters
    ----------
    fit : FADM
    source, target : DomainDataset
        The rows that the fit was trained on, and the domain held out.
    n : int
        Rows of the pool.
    seed : int
        Of the pool's noise and of the downstream classifier: that of the sampled result which replaces the preview.
    """

    def __init__(self, fit: FADM, source: DomainDataset, target: DomainDataset, *, n: int = 10_000, seed: int = 0):
        self.pool = Pool.draw(fit, n, random_state=seed)
        self.target, self.seed = target, seed
        self._source = source
        features = self.pool.rows[list(target.schema.features)]
        self._codes = FeatureCodes(features)
        self._x = self._codes(features)
        self._distinct = _Distinct(self._codes(target.features))

    def model(self, classifier: str, **setting: Any) -> tuple[Any, float]:
        """The downstream classifier at a setting (as in ``Pool.weights``), and the effective sample size."""
        weights = self.pool.weights(**setting)
        fit = fitted(self._codes, self._x, self.pool.y, classifier=classifier, seed=self.seed, weights=weights)
        return fit, effective_sample_size(weights)

    def test(self, classifier: str, **setting: Any) -> tuple[Counts, float]:
        """Counts on the target, and the effective sample size."""
        model, size = self.model(classifier, **setting)
        return Counts.from_predictions(self.target, self._distinct.predict(model)), size

    @cached_property
    def _validation(self) -> tuple[DomainDataset, _Distinct]:
        """Source rows on which prices are chosen, all domains alike, and their codes."""
        rng = np.random.default_rng(self.seed)
        picks = []
        for code in np.unique(self._source.d):
            rows = np.flatnonzero(self._source.d == code)
            picks.append(rows if len(rows) <= VALIDATION_ROWS else rng.choice(rows, VALIDATION_ROWS, replace=False))
        chosen = self._source.take(np.sort(np.concatenate(picks)))
        return chosen, _Distinct(self._codes(chosen.features))

    def validate(self, classifier: str, **setting: Any) -> Counts:
        """Counts on real source rows, a domain each. Never the target's."""
        rows, distinct = self._validation
        model, _ = self.model(classifier, **setting)
        return Counts.from_predictions(rows, distinct.predict(model))


class _Distinct:
    """Coded rows asked about again and again: each distinct one once, in order, so that neighbours take the same
    branches of a tree.
    """

    def __init__(self, x: np.ndarray) -> None:
        rows, back = np.unique(x, axis=0, return_inverse=True)
        self.rows, self.back = np.ascontiguousarray(rows), back.ravel()

    def predict(self, model: Any) -> np.ndarray:
        """0/1 for every row given at the start, (n,)."""
        return np.asarray(model.predict(self.rows).astype(np.int64)[self.back])
