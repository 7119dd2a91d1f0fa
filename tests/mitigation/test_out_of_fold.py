"""No posterior of a row comes from a model that saw it."""

import numpy as np
import pytest

from fairviz.evaluation import CLASSIFIERS
from fairviz.posteriors import estimate
from tests.mitigation.tasks import predict, task_on


class _Recorder:
    """In place of gradient boosting: remembers the rows it was fit on and refuses to predict one of them.

    Rows are known by the first feature.
    """

    calls: list

    def __init__(self, *_):
        pass

    def fit(self, x, labels):
        self.classes_ = np.unique(labels)
        self.seen = x[:, 0]
        return self

    def predict_proba(self, x):
        assert not np.isin(x[:, 0], self.seen).any()
        self.calls.append((self.seen, x[:, 0]))
        return np.full((len(x), len(self.classes_)), 1 / len(self.classes_))


@pytest.fixture
def recorder(monkeypatch):
    """Boosting that records; the list of (rows learnt from, rows predicted)."""
    _Recorder.calls = []
    monkeypatch.setattr("fairviz.posteriors.boosted", _Recorder)
    monkeypatch.setitem(CLASSIFIERS._loaded, "gradient_boosting", _Recorder)
    return _Recorder.calls


def numbered(start, y, z):
    return {"number": np.arange(start, start + len(y))}, y, z


def test_posteriors_never_ask_a_model_that_saw_the_row(recorder):
    rng = np.random.default_rng(0)
    y, z = rng.integers(0, 2, (2, 8000))
    estimate(task_on(numbered(0, y, z)).source)
    times = np.bincount(np.concatenate([test for _, test in recorder]).astype(int))
    # eta and p(z|x) once each; p(z|x, y=1) once for who has the label, by all five folds for who has not
    assert times.tolist() == np.where(y == 1, 3, 7).tolist()
    for seen, _ in recorder:
        assert len(seen) >= 0.79 * min(8000, y.sum())


def test_fair_bayes_never_predicts_a_row_with_a_model_that_saw_it(recorder):
    rng = np.random.default_rng(0)
    y, z, y_target, z_target = rng.integers(0, 2, (4, 5000))
    task = task_on(numbered(0, y, z), numbered(5000, y_target, z_target))
    predict("fair_bayes", task, {"multiplier_dp": 0.1, "multiplier_eop": 0.01})
    times = np.bincount(np.concatenate([test for _, test in recorder]).astype(int))
    assert times[:5000].tolist() == [0] * 5000  # only the target is predicted,
    assert times[5000:].tolist() == [3] * 5000  # once for p(y|x), p(z|x) and p(z|x, y=1)
    for seen, _ in recorder:
        assert (seen >= 5000).any()
        assert np.isin(np.flatnonzero(y == 1), seen).all()
