"""Label and group made unrelated: guided rows and weights against the closed form of a world that is known."""

import numpy as np
import pytest
import torch

from fairviz.controls import CONTROLS
from fairviz.controls.independence import given_label, joint_of, log_ratios
from fairviz.mitigation.reweighing import reweighing_weights
from fairviz.synthesizers import FADM
from fairviz.synthesizers.pool import Pool
from tests.diffusion import toy
from tests.synthesizers.discrete import CATEGORIES, SMALL, world

SHARES = (0.5, 1.0, 1.5)
CONTROL = CONTROLS["independence"]


@pytest.fixture(scope="module")
def fit() -> FADM:
    return FADM(n_iter=1500, **SMALL).fit(world(12_000))


def closed_form(share: float) -> np.ndarray:
    """P(x, y), every cell of the world times (P(y) P(z) / P(y, z)) to the power of the share."""
    both = toy.JOINT.sum(0)
    weight = (both.sum(1, keepdims=True) * both.sum(0) / both) ** share
    joint = toy.JOINT * weight
    return joint.sum(2) / joint.sum()


def table(rows, weights=None) -> np.ndarray:
    weights = np.ones(len(rows)) if weights is None else weights
    x, y = (rows[name].astype(str).to_numpy() for name in ("x", "y"))
    found = np.array([[weights[(x == c) & (y == label)].sum() for label in ("no", "yes")] for c in CATEGORIES])
    return found / found.sum()


def test_at_one_label_and_group_are_independent_in_the_closed_form() -> None:
    both = toy.JOINT.sum(0)
    joint = toy.JOINT * np.exp(log_ratios(both))
    left = joint.sum(0) / joint.sum()
    assert left == pytest.approx(np.outer(both.sum(1), both.sum(0)))
    assert np.abs(both - left).max() > 0.02


def test_ratios_are_the_weights_of_reweighing() -> None:
    """Written elsewhere, for rows."""
    rng = np.random.default_rng(0)
    y, z = rng.integers(0, 2, 500), rng.integers(0, 3, 500)
    joint = np.array([[((y == label) & (z == k)).mean() for k in range(3)] for label in (0, 1)])
    assert np.exp(log_ratios(joint))[y, z] == pytest.approx(reweighing_weights(y, z, 3))


def test_nobody_there_weighs_as_before() -> None:
    assert log_ratios(np.array([[0.5, 0.2], [0.3, 0.0]]))[1, 1] == 0.0


@pytest.mark.parametrize("share", SHARES)
def test_guided_rows_follow_the_closed_form(fit, share) -> None:
    wanted, start = closed_form(share), toy.JOINT.sum(2)
    rows = fit.sample(12_000, control="independence", lambda_z=share, random_state=1, n_steps=20)
    plain = fit.sample(12_000, random_state=1, n_steps=20)
    assert np.abs(table(rows) - wanted).max() < 0.03
    move = wanted - start
    moved = ((table(rows) - table(plain)) * move).sum() / (move**2).sum()
    assert moved == pytest.approx(1.0, abs=0.3 if share >= 1 else 0.4)  # half of the way is half as far above chance


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("labels", ["network", "boosted"])
def test_weights_follow_the_closed_form(fit, share, labels) -> None:
    wanted, start = closed_form(share), toy.JOINT.sum(2)
    pool = Pool.draw(fit, 12_000, random_state=0, n_steps=20, labels=labels)
    found = table(pool.rows, pool.weights(control="independence", lambda_z=share))
    assert np.abs(found - wanted).max() < 0.03
    move = wanted - start
    moved = ((found - table(pool.rows, pool.weights())) * move).sum() / (move**2).sum()
    assert moved == pytest.approx(1.0, abs=0.3)


def test_the_group_given_the_label_by_bayes(fit) -> None:
    """From p(z|x), p(z|x, y=1) and p(y=1|x) of the world itself."""

    class Rows:
        x = np.arange(4).repeat(2)
        y = np.tile([0, 1], 4)
        p_z = (toy.JOINT.sum(1) / toy.JOINT.sum((1, 2))[:, None])[x]
        p_z1 = (toy.JOINT[:, 1] / toy.JOINT[:, 1].sum(1, keepdims=True))[x]
        p_yes = (toy.JOINT[:, 1].sum(1) / toy.JOINT.sum((1, 2)))[x]

    wanted = toy.JOINT[Rows.x, Rows.y] / toy.JOINT[Rows.x, Rows.y].sum(1, keepdims=True)
    assert given_label(Rows()) == pytest.approx(wanted, abs=1e-5)


def test_the_label_prior_stays_at_one_and_moves_as_the_weights_do(fit) -> None:
    joint, label = joint_of(fit.price_), fit.label_prior_
    shares = np.array([0.0, 1.0, 0.5])
    prior = CONTROL.steering(fit, shares, np.zeros(3)).prior(fit)
    assert prior.dtype == torch.float64
    assert prior[:2].tolist() == pytest.approx([label, label])
    mass = (joint * (joint.sum(1, keepdims=True) * joint.sum(0) / joint) ** 0.5).sum(1) / joint.sum(1)
    half = label * mass[1] / (label * mass[1] + (1 - label) * mass[0])
    assert float(prior[2]) == pytest.approx(half)


def test_a_trial_on_soft_rows_is_fairer(fit) -> None:
    """The rule learnt from the weights: the label's rate moves towards the group that has it less often."""
    pool = Pool.draw(fit, 8000, random_state=0, n_steps=20, labels="boosted")
    p_z_given_x = toy.JOINT.sum(1) / toy.JOINT.sum((1, 2))[:, None]
    gaps = []
    for share in (0.0, 1.0):
        joint = table(pool.rows, pool.weights(control="independence", lambda_z=share))
        yes = joint[:, 1] / joint.sum(1)  # a randomised rule that says yes as often as the rows do
        rates = (p_z_given_x * toy.JOINT.sum((1, 2))[:, None] * yes[:, None]).sum(0) / toy.JOINT.sum((0, 1))
        gaps.append(abs(rates[1] - rates[0]))
    assert gaps[1] < 0.6 * gaps[0]
