"""Steering against numerical minimisation, and worlds with known answers."""

import itertools

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from torch.distributions import MultivariateNormal, kl_divergence

from fairviz.mitigation.base import Task
from fairviz.mitigation.reweighing import reweighing_weights
from fairviz.mitigation.steering import ideal_normal, steer
from tests.mitigation.tasks import handed_over, task_on


@pytest.mark.parametrize("dimension", [1, 2])
def test_ideal_normal_has_the_least_divergence(dimension):
    """Against numerical minimisation of the shares' sum of KL(N(m, S) || N(mean_z, cov_z))."""
    rng = np.random.default_rng(dimension)
    means, roots = rng.normal(size=(3, dimension)), rng.normal(size=(3, dimension, dimension))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(dimension)
    shares = np.array([10.0, 30.0, 60.0])
    cells = [MultivariateNormal(torch.tensor(m), torch.tensor(c)) for m, c in zip(means, covariances, strict=True)]
    lower = np.tril_indices(dimension)

    def normal(v):
        root = np.zeros((dimension, dimension))
        root[lower] = v[dimension:]
        return v[:dimension], root @ root.T + 1e-12 * np.eye(dimension)

    def divergence(mean, covariance):
        common = MultivariateNormal(torch.tensor(mean), torch.tensor(covariance))
        return sum(q * float(kl_divergence(common, cell)) for q, cell in zip(shares / 100, cells, strict=True))

    start = np.concatenate([means.mean(0), np.eye(dimension)[lower]])
    best = minimize(lambda v: divergence(*normal(v)), start, method="BFGS", options={"gtol": 1e-7})
    mean, covariance = ideal_normal(means, covariances, shares)
    assert mean == pytest.approx(normal(best.x)[0], abs=1e-4)
    assert covariance == pytest.approx(normal(best.x)[1], abs=1e-4)
    assert divergence(mean, covariance) <= best.fun + 1e-9
    assert divergence(np.average(means, 0, shares), np.average(covariances, 0, shares)) > best.fun + 0.01


def gaussian(n, seed, *, scale=(1.0, 1.0)):
    """Two numbers, normal given label and group; groups differ in mean, spread and correlation, not in base rate."""
    rng = np.random.default_rng(seed)
    y, z = (rng.random(n) < 0.4).astype(int), rng.integers(0, 2, n)
    means = np.array([[[0, 0], [1, -0.5]], [[1.5, 1], [2.0, 1.5]]])
    roots = np.array([[[[1, 0], [0.5, 1]], [[1.5, 0], [-0.5, 0.7]]], [[[0.8, 0], [0, 1]], [[1, 0], [0.9, 1.2]]]])
    x = means[y, z] + np.einsum("nij,nj->ni", roots[y, z], rng.normal(size=(n, 2)))
    return x * scale, y, z


def moments(x, y, z, label):
    return [(x[cell].mean(0), np.cov(x[cell].T)) for cell in ((y == label) & (z == 0), (y == label) & (z == 1))]


@pytest.mark.parametrize("scale", [(1.0, 1.0), (1.0, 1e3), (1e-2, 1e5)])
@pytest.mark.parametrize("label", [0, 1])
def test_steered_groups_have_equal_means_and_covariances(label, scale):
    """Whatever the units: an amount of money beside a number of years."""
    x, y, z = gaussian(4000, 0, scale=scale)
    (m0, c0), (m1, c1) = moments(x, y, z, label)
    assert (np.abs(m0 - m1) / scale).max() > 0.4
    unit = np.outer(scale, scale)
    moved = steer(x, y, z)
    (n0, d0), (n1, d1) = moments(moved, y, z, label)
    assert np.abs(n0 - n1) / scale == pytest.approx(np.zeros(2), abs=1e-6)
    assert np.abs(d0 - d1) / unit == pytest.approx(np.zeros((2, 2)), abs=1e-4)
    # and they are those of the average precision
    q = np.bincount(z[y == label]) / (y == label).sum()
    precision = q[0] * np.linalg.inv(c0 / unit) + q[1] * np.linalg.inv(c1 / unit)
    assert d0 / unit == pytest.approx(np.linalg.inv(precision), abs=1e-3)
    pull = q[0] * np.linalg.inv(c0 / unit) @ (m0 / scale) + q[1] * np.linalg.inv(c1 / unit) @ (m1 / scale)
    assert n0 / scale == pytest.approx(np.linalg.solve(precision, pull), abs=1e-3)


@pytest.mark.real
def test_steering_adults_numbers(adult):
    """Money, years and hours of real people: equal covariances for men and women of either label."""
    source = Task.of(*adult.leave_out("Black"), "logistic_regression", 0, 20_000).source
    x = source.features[["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]].to_numpy(float)
    moved = steer(x, source.y, source.z)
    for label in (0, 1):
        (_, c0), (_, c1) = moments(moved, source.y, source.z, label)
        sd = np.sqrt(np.diag(c0))
        assert np.abs((c0 - c1) / np.outer(sd, sd)).max() < 0.005


def test_every_cell_moves_by_one_symmetric_affine_map():
    x, y, z = gaussian(2000, 1)
    x = x / x.std(0)
    moved = steer(x, y, z)
    for label, group in itertools.product((0, 1), (0, 1)):
        cell = (y == label) & (z == group)
        design = np.column_stack([x[cell], np.ones(cell.sum())])
        solution, *_ = np.linalg.lstsq(design, moved[cell], rcond=None)
        assert design @ solution == pytest.approx(moved[cell], abs=1e-8)
        assert solution[:2] == pytest.approx(solution[:2].T, abs=1e-8)
        assert np.linalg.eigvalsh(solution[:2]).min() > 0


def test_a_label_with_one_group_alone_is_left_alone():
    x, y, z = gaussian(1000, 2)
    z = np.where(y == 1, 1, z)
    before = x.copy()
    moved = steer(x, y, z)
    assert (moved[y == 1] == x[y == 1]).all()
    assert (moved[y == 0] != x[y == 0]).all()
    assert (x == before).all()


def test_steering_moves_three_groups_and_one_number():
    x, y, z = gaussian(3000, 3)
    z = np.where(np.arange(3000) % 3 == 0, 2, z)
    x[z == 2] = 3 * x[z == 2] + 1
    moved = steer(x[:, :1], y, z)
    for label in (0, 1):
        cells = [moved[(y == label) & (z == k), 0] for k in range(3)]
        assert np.ptp([c.mean() for c in cells]) < 1e-6
        assert np.ptp([c.std(ddof=1) for c in cells]) < 1e-3


def test_steering_without_numbers():
    y, z = np.repeat([0, 1], 50), np.tile([0, 1], 50)
    assert steer(np.empty((100, 0)), y, z).shape == (100, 0)
    rng = np.random.default_rng(0)
    kind, y, z = rng.choice(list("abc"), 300), rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    task = task_on(({"kind": kind}, y, z))
    weights, x = handed_over(task, "steering")
    assert (x == task.x).all()
    assert weights == pytest.approx(reweighing_weights(y, z, 2))


def test_on_steered_rows_discriminant_analysis_has_equal_rates():
    """Every threshold on the score, so every cost: true and false positive rates do not depend on the group."""
    x, y, z = gaussian(60_000, 4)
    fresh, y_fresh, z_fresh = gaussian(200_000, 5)

    def gaps(train, test):
        score = LinearDiscriminantAnalysis().fit(train, y).decision_function(test)
        cells = [[score[(y_fresh == label) & (z_fresh == k)] for k in (0, 1)] for label in (0, 1)]
        return np.array([[(a > cut).mean() - (b > cut).mean() for a, b in cells] for cut in (-3, -1, 0, 1, 3)])

    assert np.abs(gaps(x, fresh)).max(0).min() > 0.1
    assert np.abs(gaps(steer(x, y, z), steer(fresh, y_fresh, z_fresh))).max() < 0.012


def with_numbers(n, seed):
    """Ages in whole years with some missing, an amount, and a category."""
    x, y, z = gaussian(n, seed)
    age = np.clip(np.round(40 + 8 * x[:, 0]), 17, 90)
    age[::11] = np.nan
    kind = np.random.default_rng(seed).choice(["a", "b", "c"], n)
    return {"age": age, "kind": kind, "amount": np.round(1000 * np.exp(0.3 * x[:, 1]))}, y, z


def test_steering_hands_over_numbers_that_occur():
    """Only numbers move, and to values that occur; what is missing stays so; weights are those of reweighing."""
    columns, y, z = with_numbers(2000, 6)
    task = task_on((columns, y, z))
    before = task.x.copy()
    weights, x = handed_over(task, "steering", share=1.0)
    assert np.array_equal(task.x, before, equal_nan=True)
    assert weights == pytest.approx(reweighing_weights(y, z, 2))
    assert (x[:, 1] == before[:, 1]).all()
    assert (np.isnan(x) == np.isnan(before)).all()
    assert (x[:, [0, 2]] != before[:, [0, 2]]).mean() > 0.3
    for j in (0, 2):
        there = before[~np.isnan(before[:, j]), j]
        assert set(x[~np.isnan(x[:, j]), j]) <= set(there)


def test_steering_part_of_the_way():
    columns, y, z = gaussian(3000, 7)
    source = ({"a": columns[:, 0], "b": columns[:, 1]}, y, z)

    def gap(share):
        x = handed_over(task_on(source), "steering", share=share)[1]
        return np.array([np.subtract(*[x[(y == label) & (z == k)].mean(0) for k in (1, 0)]) for label in (0, 1)])

    assert gap(0.5) == pytest.approx(gap(0.0) / 2, abs=0.02)
    assert gap(1.0) == pytest.approx(np.zeros((2, 2)), abs=0.02)
