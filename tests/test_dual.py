"""The multiplier of a price against brute force: linear programs over randomised rules on discrete worlds."""

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from fairviz.data.simulate import Hiring
from fairviz.dual import MAX_PRICE, Dual, Multiplier, shares
from fairviz.errors import SettingError


def world(seed: int, groups: int, cells: int = 6, *, ties: bool = False) -> Dual:
    """A random joint of cell, label and group; with ``ties`` the cells come in pairs that look alike."""
    joint = np.random.default_rng(seed).dirichlet(np.ones(cells * 2 * groups)).reshape(cells, 2, groups)
    if ties:
        joint = np.concatenate([joint, joint]) / 2
    p_x = joint.sum((1, 2))
    p_z, p_z1 = joint.sum(1) / p_x[:, None], joint[:, 1] / joint[:, 1].sum(1, keepdims=True)
    return Dual(joint[:, 1].sum(1) / p_x, p_z, p_z1, joint.sum((0, 1)), joint[:, 1].sum(0), share=p_x)


def primal(dual: Dual, lambda_dp: float, lambda_eop: float) -> float:
    """max over rules f in [0, 1]^cells of accuracy - lambda_dp max gap - lambda_eop max gap, written out by hand."""
    eta, p_x, n = dual.eta, dual.share, len(dual.eta)
    rate = p_x[:, None] * dual.p_z / dual.pi
    tpr = (p_x * eta)[:, None] * dual.p_z1 / dual.pi_1
    cost = np.concatenate([-p_x * (2 * eta - 1), [lambda_dp, lambda_eop]])
    rows = []
    for k, table in enumerate((rate, tpr)):
        for a, b in itertools.permutations(range(table.shape[1]), 2):
            rows.append(np.concatenate([table[:, a] - table[:, b], -np.eye(2)[k]]))
    bounds = [(0, 1)] * n + [(0, None)] * 2
    found = linprog(cost, A_ub=np.array(rows), b_ub=np.zeros(len(rows)), bounds=bounds, method="highs")
    return float(p_x @ (1 - eta)) - found.fun


CASES = [
    (seed, groups, ties, prices)
    for seed in range(6)
    for groups in (2, 3)
    for ties in (False, True)
    for prices in ((0.1, 0.0), (0.0, 0.1), (0.3, 0.0), (0.0, 0.6), (0.08, 0.05), (0.4, 0.4), (2.0, 0.0), (3.0, 3.0))
]


@pytest.mark.parametrize(("seed", "groups", "ties", "prices"), CASES)
def test_the_dual_and_its_rule_reach_the_linear_program(seed: int, groups: int, ties: bool, prices: tuple) -> None:
    dual = world(seed, groups, ties=ties)
    wanted = primal(dual, *prices)
    multiplier = dual.multiplier(*prices)
    assert dual.value(multiplier) == pytest.approx(wanted, abs=1e-9)
    rule = dual.rule(*prices)
    assert ((rule >= 0) & (rule <= 1)).all()
    paid = prices[0] * dual.gap(rule, "dp") + prices[1] * dual.gap(rule, "eop")
    assert dual.accuracy(rule) - paid == pytest.approx(wanted, abs=1e-9)
    for contrast, price in zip((multiplier.dp, multiplier.eop), prices, strict=True):
        assert contrast.sum() == pytest.approx(0, abs=1e-9)
        assert Multiplier.size(contrast) <= price + 1e-9


@pytest.mark.parametrize("seed", range(8))
def test_the_multiplier_is_a_minimiser(seed: int) -> None:
    """No contrast on a fine grid of the box has a smaller dual value."""
    dual = world(seed, 2)
    best = dual.value(dual.multiplier(0.3, 0.2))
    for s, r in itertools.product(np.linspace(-0.3, 0.3, 61), np.linspace(-0.2, 0.2, 41)):
        assert dual.value(Multiplier(np.array([s, -s]), np.array([r, -r]))) >= best - 1e-12


def test_a_world_by_hand() -> None:
    """Two cells of one half each. Cell 0: eta 0.9, all of group 0; cell 1: eta 0.3, all of group 1.

    Yes in cell 0 only: accuracy 0.8, rates 1 and 0. Saying yes in cell 1 too costs 0.5 (1 - 0.6) = 0.2 of accuracy and
    closes a gap of 1, saying no in cell 0 costs 0.4: equality pays from a price of 0.2 on.
    """
    z = np.eye(2)
    dual = Dual(np.array([0.9, 0.3]), z, z, np.array([0.5, 0.5]), np.array([0.45, 0.15]))
    assert dual.equality("dp") == pytest.approx(0.2)
    assert dual.multiplier(0.1).dp == pytest.approx([0.1, -0.1])
    assert dual.multiplier(5.0).dp == pytest.approx([0.2, -0.2])
    assert dual.rule(0.1) == pytest.approx([1, 0])
    assert dual.rule(5.0) == pytest.approx([1, 1])
    assert dual.tied(5.0) == pytest.approx(0.5)
    assert dual.value(dual.multiplier(0.1)) == pytest.approx(0.8 - 0.1)
    assert dual.value(dual.multiplier(5.0)) == pytest.approx(0.6)
    # true positive rates 1 and 0: yes in cell 1 too closes the gap for the same 0.2
    assert dual.equality("eop") == pytest.approx(0.2)


def test_the_sign_is_that_of_the_rules_gap_not_of_the_base_rates() -> None:
    """Group 1 has fewer favourable labels, but those it has are clear: its true positive rate is the higher one."""
    # cells: clear yes (group 1 mostly), doubtful (group 0 mostly), clear no
    joint = np.array([[[0.002, 0.003], [0.05, 0.12]], [[0.16, 0.01], [0.14, 0.005]], [[0.05, 0.4], [0.03, 0.03]]])
    p_x = joint.sum((1, 2))
    pi, pi_1 = joint.sum((0, 1)), joint[:, 1].sum(0)
    assert pi_1[1] / pi[1] < pi_1[0] / pi[0]
    p_z1 = joint[:, 1] / joint[:, 1].sum(1, keepdims=True)
    dual = Dual(joint[:, 1].sum(1) / p_x, joint.sum(1) / p_x[:, None], p_z1, pi, pi_1, share=p_x)
    before, after = dual.rates(dual.rule(), "eop"), dual.rates(dual.rule(0.0, MAX_PRICE), "eop")
    assert before[1] > before[0] + 0.3
    assert dual.multiplier(0.0, 0.05).eop[1] > 0  # against the group that is found more often
    assert abs(after[1] - after[0]) < 1e-9


def test_grows_with_the_price_and_stops() -> None:
    dual = Hiring().dual("East", n=20_000)
    end = dual.equality("dp")
    sizes = [Multiplier.size(dual.multiplier(price).dp) for price in (0.1, 0.2, 0.3, end, 2 * end, MAX_PRICE)]
    assert sizes == pytest.approx([0.1, 0.2, 0.3, end, end, end])
    assert dual.gap(dual.rule(end + 0.01), "dp") < 1e-9
    joint = dual.multiplier(0.2, 0.02)
    assert dual.value(joint) == pytest.approx(primal_of_rows(dual, 0.2, 0.02), abs=5e-4)  # solved on fewer rows


def primal_of_rows(dual: Dual, lambda_dp: float, lambda_eop: float) -> float:
    """Value of the best of a grid of multipliers, on every row."""
    grid = itertools.product(np.linspace(-lambda_dp, lambda_dp, 21), np.linspace(-lambda_eop, lambda_eop, 21))
    return min(dual.value(Multiplier(np.array([s, -s]), np.array([r, -r]))) for s, r in grid)


@pytest.mark.parametrize("knobs", [{}, {"bias": 0.0, "shift": 2.0}, {"bias": 3.0, "proxy": 0.5}])
@pytest.mark.parametrize("control", ["dp", "eop"])
def test_plug_in_rule_on_fresh_people_keeps_the_promise(knobs: dict, control: str) -> None:
    """With exact posteriors, people drawn anew: accuracy less the priced gap is nowhere below that of doing nothing."""
    story = Hiring(**knobs)
    frame = story.sample_domain("North", 100_000, np.random.default_rng(5))
    p_y, p_w, p_w1 = story.posterior(frame, "North")
    y, z = (frame["outcome"] == "hired").to_numpy(), (frame["group"] == "women").to_numpy()
    dual = story.dual("North", n=100_000)
    among = y if control == "eop" else np.ones(len(y), bool)
    p = np.stack([1 - p_w, p_w], 1) / dual.pi if control == "dp" else np.stack([1 - p_w1, p_w1], 1) / dual.pi_1

    def judged(price: float) -> tuple[float, float]:
        prices = (price, 0.0) if control == "dp" else (0.0, price)
        multiplier = dual.multiplier(*prices)
        pushed = p @ multiplier.dp if control == "dp" else p_y * (p @ multiplier.eop)
        yes = 2 * p_y - 1 - pushed > 0
        return (yes == y).mean(), abs(yes[among & z].mean() - yes[among & ~z].mean())

    nothing = judged(0.0)
    for price in (0.02, 0.1, 0.3, 1.0):
        accuracy, gap = judged(price)
        assert accuracy - price * gap >= nothing[0] - price * nothing[1] - 0.002 - 0.01 * price
        assert gap <= nothing[1] + 0.01


def test_absent_groups_and_prices_out_of_range() -> None:
    z = np.array([[0.6, 0.4, 0.0], [0.3, 0.7, 0.0]])
    dual = Dual(np.array([0.7, 0.4]), z, z, np.array([0.45, 0.55, 0.0]), np.array([0.27, 0.28, 0.0]))
    assert dual.multiplier(1.0).dp[2] == 0
    for price in (-0.1, float("nan"), float("inf"), 11.0):
        with pytest.raises(SettingError, match="choose a number from 0 to 10"):
            dual.multiplier(price)
    told = Dual(dual.eta, z, z, dual.pi, dual.pi_1, why_not={"eop": "Nobody has the label."})
    assert told.multiplier(0.2).dp[0] != 0
    with pytest.raises(SettingError, match="Nobody has the label"):
        told.multiplier(0.0, 0.2)


def test_shares_by_hand() -> None:
    """10 rows: group 0 has 4 of which 1 favourable, group 1 has 6 of which 3."""
    z = np.array([0] * 4 + [1] * 6)
    y = np.array([1, 0, 0, 0] + [1, 1, 1, 0, 0, 0])
    pi, pi_1 = shares(y, z, 3)
    assert pi == pytest.approx([0.4, 0.6, 0.0])
    assert pi_1 == pytest.approx([0.1, 0.3, 0.0])


@pytest.mark.parametrize("groups", [2, 3])
def test_a_rule_that_is_equal_already_is_not_moved(groups: int) -> None:
    """Everybody is told yes: any small multiplier is a minimiser, and the one that asks for nothing is taken."""
    rng = np.random.default_rng(1)
    p_z = rng.dirichlet(np.ones(groups), 200)
    dual = Dual(np.full(200, 0.9), p_z, p_z, p_z.mean(0), 0.9 * p_z.mean(0))
    for prices in ((0.05, 0.0), (0.0, 0.05), (0.05, 0.05)):
        found = dual.multiplier(*prices)
        assert not found.dp.any()
        assert not found.eop.any()
    assert dual.equality("dp") == 0.0


def test_one_group_alone_has_a_rule_at_any_price() -> None:
    dual = Dual(np.array([0.5, 0.8]), np.ones((2, 1)), np.ones((2, 1)), np.ones(1), np.array([0.65]))
    assert dual.rule(0.5).tolist() == [0.0, 1.0]
