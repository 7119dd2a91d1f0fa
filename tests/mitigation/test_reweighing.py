"""Reweighing against a table worked by hand and scikit-learn used directly."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fairviz.mitigation.reweighing import reweighing_weights
from tests.mitigation.tasks import handed_over, predict, task_on

#: 100 rows: group 0 has 30 without and 10 with the favourable label, group 1 has 20 and 40.
TABLE_Y = np.repeat([0, 1, 0, 1], [30, 10, 20, 40])
TABLE_Z = np.repeat([0, 0, 1, 1], [30, 10, 20, 40])


def test_reweighing_by_hand():
    """P(z=0) = 0.4, P(y=1) = 0.5: 0.2 / 0.3, 0.2 / 0.1, 0.3 / 0.2, 0.3 / 0.4."""
    weights = reweighing_weights(TABLE_Y, TABLE_Z, 2)
    assert weights[[0, 30, 40, 60]].tolist() == pytest.approx([2 / 3, 2, 1.5, 0.75])
    assert len(np.unique(weights)) == 4


@pytest.mark.parametrize("n_groups", [2, 4])
def test_reweighed_label_and_group_are_independent(n_groups):
    rng = np.random.default_rng(n_groups)
    z = rng.integers(0, n_groups, 3000)
    y = (rng.random(3000) < 0.1 + 0.2 * z).astype(int)
    weights = reweighing_weights(y, z, n_groups)
    joint = np.zeros((n_groups, 2))
    np.add.at(joint, (z, y), weights / len(y))
    assert joint == pytest.approx(np.outer(joint.sum(1), joint.sum(0)), abs=1e-12)
    assert joint.sum(1) == pytest.approx(np.bincount(z) / len(z))  # and both keep their shares
    assert joint[:, 1].sum() == pytest.approx(y.mean())
    raw = np.array([y[z == k].mean() for k in range(n_groups)])
    assert np.ptp(raw) > 0.15


def test_reweighing_with_an_empty_cell():
    weights = reweighing_weights(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 2, 2, 2]), 4)
    assert np.isfinite(weights).all()
    assert weights.tolist() == pytest.approx([0.6, 0.6, 0.6 * 0.6 / 0.2, 0.6, 0.6])


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_reweighing_hands_the_weights_to_the_model(share):
    weights, x = handed_over(task_on(({"a": np.arange(100.0)}, TABLE_Y, TABLE_Z)), "reweighing", share=share)
    assert weights[[0, 30, 40, 60]].tolist() == pytest.approx(np.power([2 / 3, 2, 1.5, 0.75], share).tolist())
    assert x is None


def test_reweighing_is_a_weighted_fit(split):
    (columns, y, z), (columns_target, *_) = split
    x, x_target = (np.column_stack([c["merit"], c["rank"], c["sector"] == "u"]) for c in (columns, columns_target))
    scaler = StandardScaler().fit(x)
    share = pd.crosstab(z, y).to_numpy() / len(y)
    weights = [share[k].sum() * share[:, label].sum() / share[k, label] for k, label in zip(z, y, strict=True)]
    fit = LogisticRegression().fit(scaler.transform(x), y, sample_weight=weights)
    task = task_on(*split)
    found = predict("reweighing", task, {})
    assert (found == fit.predict(scaler.transform(x_target))).mean() > 0.995
    assert (found != predict("unmitigated", task, {})).mean() > 0.01
