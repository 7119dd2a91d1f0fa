"""Numbers at any price within a blink, by weights on one pool of rows."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from fairviz.controls import control_named
from fairviz.controls.dials import NETWORK, SOLVERS_OF
from fairviz.data.dataset import DomainDataset
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import FeatureCodes, fitted
from fairviz.synthesizers.fadm import FADM
from fairviz.synthesizers.pool import Pool
from fairviz.synthesizers.teacher import Answers

#: Source rows per domain on which a price is chosen.
VALIDATION_ROWS = 2000


class Preview:
    """One fit, one pool of its rows, one target: what is asked again and again is made once.

    Where the control moves the decision rule, a classifier is trained once, on the unweighted pool, and a setting moves
    its answers (docs/method.md, "Preview"): milliseconds. Otherwise a setting costs one weighted training.

    Parameters
    ----------
    fit : FADM
    source, target : DomainDataset
        The rows that the fit was trained on, and the domain held out.
    n : int
        Rows of the pool.
    seed : int
        Of the pool's noise and of the downstream classifier: that of the sampled result which replaces the preview.
    labels : str
        Who labels the pool: ``network`` or ``boosted``.
    """

    def __init__(
        self, fit: FADM, source: DomainDataset, target: DomainDataset, *, n: int = 10_000, seed: int = 0,
        labels: str = NETWORK,
    ) -> None:  # fmt: skip
        self.pool = Pool.draw(fit, n, random_state=seed, labels=labels, solver=SOLVERS_OF[labels])
        self.target, self.seed = target, seed
        self._fit, self._source, self._labels = fit, source, labels
        features = self.pool.rows[list(target.schema.features)]
        self._codes = FeatureCodes(features)
        self._x = self._codes(features)
        self._target = _People(target, self._codes, fit, labels)
        self._plain: dict[str, Any] = {}

    def model(self, classifier: str, **setting: Any) -> tuple[Any, float]:
        """A classifier trained on the weighted pool (as in ``Pool.weights``), and the effective sample size."""
        weights = self.pool.weights(**setting)
        fit = fitted(self._codes, self._x, self.pool.y, classifier=classifier, seed=self.seed, weights=weights)
        return fit, self.pool.size(weights)

    def test(self, classifier: str, **setting: Any) -> tuple[Counts, float]:
        """Counts on the target, and the effective sample size."""
        return self._asked(self._target, classifier, setting)

    def validate(self, classifier: str, **setting: Any) -> Counts:
        """Counts on real source rows, a domain each. Never the target's."""
        return self._asked(self._validation, classifier, setting)[0]

    def _asked(self, people: _People, classifier: str, setting: dict[str, Any]) -> tuple[Counts, float]:
        if control_named(setting.get("control", "dp")).gaps:
            plain = self._unweighted(classifier)
            if hasattr(plain, "predict_proba"):
                log_odds = people.log_odds(classifier, plain) + self.pool.log_odds(people.answers, **setting)
                size = self.pool.size(self.pool.weights(**setting))
                return Counts.from_predictions(people.rows, (log_odds > 0).astype(np.int64)), size
        model, size = self.model(classifier, **setting)
        return Counts.from_predictions(people.rows, people.predict(model)), size

    def _unweighted(self, classifier: str) -> Any:
        """The classifier trained on the pool as it is."""
        if classifier not in self._plain:
            self._plain[classifier] = self.model(classifier)[0]
        return self._plain[classifier]

    @cached_property
    def _validation(self) -> _People:
        """Source rows on which prices are chosen, all domains alike."""
        rng = np.random.default_rng(self.seed)
        picks = []
        for code in np.unique(self._source.d):
            rows = np.flatnonzero(self._source.d == code)
            picks.append(rows if len(rows) <= VALIDATION_ROWS else rng.choice(rows, VALIDATION_ROWS, replace=False))
        return _People(self._source.take(np.sort(np.concatenate(picks))), self._codes, self._fit, self._labels)


class _People:
    """People asked about again and again: each distinct coded row once, in order, so that neighbours take the same
    branches of a tree.
    """

    def __init__(self, rows: DomainDataset, codes: FeatureCodes, fit: FADM, labels: str) -> None:
        self.rows, self._fit, self._labels = rows, fit, labels
        distinct, back = np.unique(codes(rows.features), axis=0, return_inverse=True)
        self._distinct, self._back = np.ascontiguousarray(distinct), back.ravel()
        self._log_odds: dict[str, np.ndarray] = {}

    @cached_property
    def answers(self) -> Answers:
        """What the networks, or the teacher, say of them."""
        return self._fit.answers(self.rows.features, self._labels)

    def predict(self, model: Any) -> np.ndarray:
        """0/1 for everybody, (n,)."""
        return np.asarray(model.predict(self._distinct).astype(np.int64)[self._back])

    def log_odds(self, name: str, model: Any) -> np.ndarray:
        """Of the favourable label, by a classifier of that name which is asked more than once, (n,)."""
        if name not in self._log_odds:
            p = np.asarray(model.predict_proba(self._distinct), float)
            yes = np.clip(p @ (np.asarray(model.classes_) == 1), 1e-12, 1 - 1e-12)  # it may have seen one label only
            self._log_odds[name] = np.log(yes) - np.log1p(-yes)
        return self._log_odds[name][self._back]
