"""Guided sampling against quadrature and against a discrete world in closed form."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fairviz.diffusion.guidance import FLOOR, Push, Tilt, entropy_term, guided, label_term, tilt_term
from fairviz.diffusion.networks import N_HEADS
from fairviz.diffusion.sde import VPSDE
from fairviz.diffusion.solvers import solve
from fairviz.dual import Dual
from tests.diffusion import toy

SDE = VPSDE()
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
SLOPE, OFFSET = torch.tensor([1.5, -1.0]), 0.4


class ExactLabel(nn.Module):
    """log p(y | x_t) for x_0 ~ N(0, I) and p(y=1 | x_0) = sigmoid(SLOPE x_0 + OFFSET), by Gauss-Hermite."""

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        # x_0 | x_t ~ N(alpha x_t, sigma^2 I), so the logit is normal too
        mean = SDE.alpha(t) * (x @ SLOPE) + OFFSET
        sd = SDE.sigma(t) * SLOPE.norm()
        logits = mean[:, None] + sd[:, None] * torch.tensor(NODES, dtype=x.dtype)
        weights = torch.tensor(WEIGHTS / WEIGHTS.sum(), dtype=x.dtype)
        p = (torch.sigmoid(logits) * weights).sum(1).clamp(1e-7, 1 - 1e-7)
        return torch.stack([(1 - p).log(), p.log()], 1)


@pytest.mark.parametrize("solver", ["sde_dpmpp_2m", "mixed_dpmpp_2m"])
def test_label_guidance_on_a_gaussian_prior(solver: str) -> None:
    """Moments of N(0, I) sigmoid(a x + b) by two-dimensional quadrature."""
    n = 30_000
    rng = torch.Generator().manual_seed(1)
    y = torch.ones(n, dtype=torch.long)
    score = guided(lambda x, t: -x, label_term(ExactLabel(), y, torch.ones(n)))
    *_, x = solve(SDE, score, torch.randn(n, 2, generator=rng), n_steps=50, solver=solver, rng=rng)
    u, v = np.meshgrid(NODES, NODES)
    density = np.outer(WEIGHTS, WEIGHTS).T / (1 + np.exp(-(1.5 * u - v + OFFSET)))
    density /= density.sum()
    mean = [(density * u).sum(), (density * v).sum()]
    cov = (density * u * v).sum() - mean[0] * mean[1]
    assert x.mean(0).tolist() == pytest.approx(mean, abs=0.03)
    assert float(torch.cov(x.T)[0, 1]) == pytest.approx(cov, abs=0.03)
    assert abs(cov) > 0.1  # the label couples the two, which the prior does not


def test_entropy_gradient_in_closed_form() -> None:
    """p(z=1|x) = sigmoid(a x): dH/dx = -logit p (1 - p) a."""
    slope = torch.tensor([2.0, -0.5, 1.0])

    class Logistic(nn.Module):
        def forward(self, x: Tensor, t: Tensor) -> Tensor:
            logit = x @ slope
            both = torch.stack([nn.functional.logsigmoid(-logit), nn.functional.logsigmoid(logit)], 1)
            return both[:, None].expand(-1, N_HEADS, -1)

    x = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    weight = torch.linspace(0, 3, 20)
    logit = x @ slope
    p = torch.sigmoid(logit)
    expected = weight[:, None] * (-logit * p * (1 - p))[:, None] * slope
    assert torch.allclose(entropy_term(Logistic(), weight)(x, torch.full((20,), 0.3)), expected, atol=1e-5)


def toy_sample(y: Tensor, dp: float, eop: float, solver: str, seed: int = 0) -> np.ndarray:
    """Category frequencies of guided rows, all with the same label."""
    n, rng = len(y), torch.Generator().manual_seed(seed)
    term = tilt_term(toy.ExactSensitive(), toy.TILT, y, toy.push(n, dp, eop))
    score = guided(toy.exact_score(y), term)
    *_, x = solve(SDE, score, torch.randn(n, 4, generator=rng), n_steps=40, solver=solver, rng=rng)
    return np.bincount(x.argmax(1).numpy(), minlength=4) / n


@pytest.mark.parametrize(("dp", "eop"), [(0.3, 0.0), (0.0, 0.1), (0.15, 0.05)])
@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("solver", ["sde_dpmpp_2m", "mixed_dpmpp_2m"])
def test_tilted_rows_in_a_discrete_world(dp: float, eop: float, label: int, solver: str) -> None:
    """Guided rows have the distribution p(x|y) (1 - l_d s w - l_e [y=1] w1), not the untilted one."""
    n = 20_000
    found = toy_sample(torch.full((n,), label), dp, eop, solver)
    wanted = toy.tilted(dp, eop)[:, label] / toy.tilted(dp, eop)[:, label].sum()
    # four standard errors of a frequency, and a little for forty steps
    assert np.abs(found - wanted).max() < 4 * 0.5 / np.sqrt(n) + 0.008
    if label == 1 or dp > 0:
        assert np.abs(toy.P_X_GIVEN_Y[:, label] - wanted).max() > 0.03


@pytest.mark.parametrize(("dp", "eop"), [(0.3, 0.0), (0.0, 0.1), (0.15, 0.05)])
def test_label_prior_of_the_tilted_joint(dp: float, eop: float) -> None:
    counts = np.rint(toy.JOINT.sum(2) * 100_000).astype(int)
    x, y = np.repeat(np.indices((4, 2)).reshape(2, -1), counts.ravel(), axis=1)
    p_z, p_z1 = toy.tensor(toy.P_Z_GIVEN_X[x]), toy.tensor(toy.P_Z_GIVEN_XY[x, 1])
    prior = toy.TILT.label_prior(torch.tensor(y), p_z, p_z1, toy.push(1, dp, eop))
    assert prior == pytest.approx(toy.tilted(dp, eop)[:, 1].sum(), abs=1e-4)


@pytest.mark.parametrize(("dp", "eop"), [(0.3, 0.0), (0.0, 0.1), (0.15, 0.05)])
def test_bayes_rule_of_the_tilt_is_the_priced_rule(dp: float, eop: float) -> None:
    """Among all 16 rules, the most accurate on the tilted joint maximises accuracy - price x gap on the true one."""
    rules = np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, -1).T
    tilted = toy.tilted(dp, eop)
    on_tilted = [(tilted[:, 1] * r + tilted[:, 0] * (1 - r)).sum() for r in rules]
    values = []
    for r in rules:
        accuracy = (toy.JOINT[:, 1].sum(1) * r + toy.JOINT[:, 0].sum(1) * (1 - r)).sum()
        rate = (toy.JOINT.sum(1) * r[:, None]).sum(0) / toy.PI
        tpr = (toy.JOINT[:, 1] * r[:, None]).sum(0) / toy.PI_1
        values.append(accuracy - dp * (rate[1] - rate[0]) - eop * (tpr[1] - tpr[0]))
    assert int(np.argmax(on_tilted)) == int(np.argmax(values))


def test_importance_weights_agree_with_guided_rows() -> None:
    """The factor as a weight on unguided rows gives the distribution of guided rows."""
    n = 20_000
    rng = np.random.default_rng(0)
    x = rng.choice(4, n, p=toy.P_X_GIVEN_Y[:, 1])
    y = torch.ones(n, dtype=torch.long)
    weight = toy.TILT.weights(toy.P_Z_GIVEN_X[x], toy.P_Z_GIVEN_XY[x, 1], y.numpy(), toy.push(n, 0.2, 0.05))
    weighted = np.bincount(x, weights=weight, minlength=4) / weight.sum()
    assert np.abs(weighted - toy_sample(y, 0.2, 0.05, "sde_dpmpp_2m")).max() < 0.025


def test_factor_by_hand_and_clipped() -> None:
    """pi = (0.4, 0.6), p(z|x) = (0.1, 0.9): w = 0.9 / 0.6 - 0.1 / 0.4 = 1.25 against group 1."""
    tilt = Tilt(torch.tensor([0.4, 0.6]), torch.tensor([0.1, 0.3]))
    p, y, toward = torch.tensor([[0.1, 0.9]] * 2), torch.tensor([1, 0]), np.array([-1.0, 1.0])
    for size, wanted in ((0.2, [0.75, 1.25]), (0.8, [FLOOR, 2.0])):
        assert tilt.factor(p, p, y, Push.alike(2, size, toward, 0.0, toward)).tolist() == pytest.approx(wanted)
    # u = 0.9 / 0.3 - 0.1 / 0.1 = 2, on rows with the favourable label alone
    assert tilt.factor(p, p, y, Push.alike(2, 0.0, toward, 0.1, toward)).tolist() == pytest.approx([0.8, 1.0])
    assert Tilt.from_shares(torch.tensor([0.4, 0.0]), torch.tensor([0.1, 0.0])).pi.tolist() == pytest.approx([0.4, 1.0])


@pytest.mark.parametrize("seed", range(4))
def test_three_groups_bayes_rule_of_the_tilt_lowers_the_largest_gap(seed: int) -> None:
    """The most accurate rule on the joint tilted by the dual's multiplier, against doing nothing at the same price."""
    rng = np.random.default_rng(seed)
    merit, lean = rng.normal(size=(200, 1, 1)), np.array([-0.6, 0.0, 0.9])
    joint = rng.gamma(5.0, size=(200, 2, 3)) * np.exp(merit * (np.array([-1.0, 1.0])[:, None] + lean))
    joint /= joint.sum()
    p_x, pi, pi_1 = joint.sum((1, 2)), joint.sum((0, 1)), joint[:, 1].sum(0)
    p_z, p_z1 = joint.sum(1) / p_x[:, None], joint[:, 1] / joint[:, 1].sum(1, keepdims=True)
    eta = joint[:, 1].sum(1) / p_x
    dual = Dual(eta, p_z, p_z1, pi, pi_1, share=p_x)
    tilt = Tilt.from_shares(torch.tensor(pi), torch.tensor(pi_1))
    before, values = dual.rule(), []
    for price in (0.05, 0.1, 0.2):
        push = Push.alike(200, *dual.multiplier(price).scaled())
        yes, no = (tilt.weights(p_z, p_z1, np.full(200, label), push) for label in (1, 0))
        rule = (eta * yes > (1 - eta) * no).astype(float)
        values.append(dual.accuracy(rule) - price * dual.gap(rule, "dp"))
        assert values[-1] > dual.accuracy(before) - price * dual.gap(before, "dp")
        assert dual.gap(rule, "dp") < dual.gap(before, "dp")
