"""FADM's tilt on real rows, against the closed form."""

import itertools
from functools import cache

import numpy as np
import pytest

from fairviz.dual import Dual
from fairviz.errors import SettingError
from tests.mitigation.tasks import handed_over, predict, task_on

#: P(x, y, z) of four kinds of row; group 1 has the favourable label more often.
JOINT = np.array(
    [
        [[0.16, 0.02], [0.02, 0.02]],
        [[0.12, 0.06], [0.04, 0.06]],
        [[0.05, 0.10], [0.02, 0.12]],
        [[0.02, 0.06], [0.02, 0.11]],
    ]
)
KINDS = np.array(["p", "q", "r", "s"])


@cache
def discrete(*, swapped=False):
    """40,000 rows in exactly these shares, and one target row of every kind, label and group."""
    x, y, z = np.repeat(np.indices((4, 2, 2)).reshape(3, -1), np.rint(40_000 * JOINT.ravel()).astype(int), axis=1)
    each = np.indices((4, 2, 2)).reshape(3, -1)
    if swapped:
        z, each[2] = 1 - z, 1 - each[2]
    return task_on(({"kind": KINDS[x]}, y, z), ({"kind": KINDS[each[0]]}, each[1], each[2])), x


def at_prices(dp, eop):
    """The setting that puts these prices on the two gaps."""
    if dp and eop:
        return {"control": "dp_eop", "lambda_z": dp, "lambda_eop": eop}
    return {"control": "eop", "lambda_z": eop} if eop else {"control": "dp", "lambda_z": dp}


def exact(dp, eop):
    """Sizes of the multipliers at two prices, from the joint by hand; they push against group 1."""
    p_x = JOINT.sum((1, 2))
    dual = Dual(
        JOINT[:, 1].sum(1) / p_x, JOINT.sum(1) / p_x[:, None], JOINT[:, 1] / JOINT[:, 1].sum(1, keepdims=True),
        JOINT.sum((0, 1)), JOINT[:, 1].sum(0), share=p_x,
    )  # fmt: skip
    multiplier = dual.multiplier(dp, eop)
    assert multiplier.dp[1] >= 0 <= multiplier.eop[1]
    return multiplier.dp[1], multiplier.eop[1]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("dp", "eop"), [(0.2, 0.0), (1.0, 0.0), (0.0, 0.1)])
def test_tilt_weights_in_closed_form(dp, eop, swapped):
    """y = 1: 1 - s w - r u; y = 0: 1 + s w, whichever group has the higher rate; beyond equality s stays."""
    task, x = discrete(swapped=swapped)
    pi, pi_1 = JOINT.sum((0, 1)), JOINT[:, 1].sum(0)
    p_high, p_high_1 = JOINT[:, :, 1].sum(1) / JOINT.sum((1, 2)), JOINT[:, 1, 1] / JOINT[:, 1].sum(1)
    w = p_high / pi[1] - (1 - p_high) / pi[0]
    u = p_high_1 / pi_1[1] - (1 - p_high_1) / pi_1[0]
    s, r = exact(dp, eop)
    wanted = np.where(task.source.y == 1, 1 - s * w[x] - r * u[x], 1 + s * w[x])
    assert wanted.min() > 0.05  # nothing is clipped
    weights, _ = handed_over(task, "tilted", **at_prices(dp, eop))
    assert np.abs(weights - wanted).max() < 0.05
    assert np.ptp(wanted) > 0.3


@pytest.mark.parametrize("strength", [2.0, 5.0])
def test_entropy_weights_in_closed_form(strength):
    """``exp(strength H(p(z|x)))``, scaled within each label: labels stay as common as they are."""
    task, x = discrete()
    y = task.source.y
    p_z = JOINT.sum(1) / JOINT.sum((1, 2))[:, None]
    wanted = np.exp(-strength * (p_z * np.log(p_z)).sum(1))[x]
    for label in (0, 1):
        wanted[y == label] /= wanted[y == label].mean()
    weights, _ = handed_over(task, "tilted", control="entropy", lambda_z=strength)
    assert np.abs(weights - wanted).max() < 0.1
    assert [weights[y == label].mean() for label in (0, 1)] == pytest.approx([1.0, 1.0])
    assert np.ptp(wanted) > 0.3


@pytest.mark.parametrize(("dp", "eop"), [(0.0, 0.0), (0.15, 0.0), (0.2, 0.0), (0.0, 0.1), (0.1, 0.01)])
def test_tilted_model_is_the_best_rule_at_this_price(dp, eop):
    """Among all 16 rules on four kinds of row, the one with the highest accuracy - price x |gap|."""

    def value(rule):
        says = np.array(rule)[:, None]
        rates = (JOINT.sum(1) * says).sum(0) / JOINT.sum((0, 1))
        tprs = (JOINT[:, 1] * says).sum(0) / JOINT[:, 1].sum(0)
        right = (JOINT[:, 1] * says + JOINT[:, 0] * (1 - says)).sum()
        return right - dp * abs(rates[1] - rates[0]) - eop * abs(tprs[1] - tprs[0])

    best = max(itertools.product([0, 1], repeat=4), key=value)
    task, _ = discrete()
    found = predict("tilted", task, at_prices(dp, eop))
    kinds = np.searchsorted(KINDS, task.target.frame["kind"].astype(str))
    assert found.tolist() == np.array(best)[kinds].tolist()


def test_tilt_where_a_group_never_has_the_favourable_label(split):
    columns, y, z = split[0]
    task = task_on((columns, np.where(z == 1, y, 0), z), split[1])
    assert set(predict("tilted", task, {"control": "dp", "lambda_z": 0.1})) <= {0, 1}
    with pytest.raises(SettingError, match=r"Opportunity has no price here: of .* none in group"):
        predict("tilted", task, {"control": "dp_eop", "lambda_z": 0.1, "lambda_eop": 0.02})
