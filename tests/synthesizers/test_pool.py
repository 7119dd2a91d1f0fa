"""Weights on a pool of unguided rows, against guided rows in a world whose joint is known."""

import numpy as np
import pandas as pd
import pytest

from fairviz.controls import CONTROLS
from fairviz.synthesizers import FADM
from fairviz.synthesizers.pool import Pool, effective_sample_size
from tests.synthesizers.known import P_XY, P_Z, P_Z1, PI, PI_1, cells, priced, table, tilted

#: Control, its price, and the same as prices of both gaps.
TILTS = [("dp", 0.1, 0.1, 0.0), ("dp", 0.2, 0.2, 0.0), ("eop", 0.12, 0.0, 0.12)]
N_ROWS = 8000


@pytest.fixture(scope="module")
def fit() -> FADM:
    return priced()


@pytest.fixture(scope="module")
def pool(fit: FADM) -> Pool:
    return Pool.draw(fit, N_ROWS, random_state=0, n_steps=20)


def test_a_pool_is_the_rows_of_the_fit(fit: FADM) -> None:
    pool = Pool.draw(fit, 1500, random_state=4)
    pd.testing.assert_frame_equal(pool.rows, fit.sample(1500, random_state=4))
    assert len(pool) == 1500
    assert pool.y.tolist() == (pool.rows["y"] == "yes").astype(int).tolist()
    pd.testing.assert_frame_equal(
        Pool.draw(fit, 300, random_state=4, n_steps=20).rows, fit.sample(300, random_state=4, n_steps=20)
    )


@pytest.mark.parametrize("control", list(CONTROLS))
def test_price_zero_weighs_every_row_alike(pool: Pool, control: str) -> None:
    assert (pool.weights(control=control) == 1.0).all()
    assert effective_sample_size(pool.weights(control=control)) == pytest.approx(len(pool))


def test_the_classifiers_answers_are_those_of_each_row(pool: Pool) -> None:
    """p(y|x) of the row's own label, p(z|x) and p(z|x, y=1), against the world's."""
    cell, y = cells(pool.rows), pool.y
    own = (P_XY / P_XY.sum(2, keepdims=True)).reshape(6, 2)[cell, y]
    assert np.abs(pool.p_y - own).max() < 0.06
    assert np.abs(pool.p_z - P_Z.reshape(6, 2)[cell]).max() < 0.06
    assert np.abs(pool.p_z1 - P_Z1.reshape(6, 2)[cell]).max() < 0.06
    assert np.abs(P_Z - P_Z1).max() > 0.07  # the two are told apart
    assert pool.tilt.pi.tolist() == pytest.approx(PI, abs=2e-3)
    assert pool.tilt.pi_1.tolist() == pytest.approx(PI_1, abs=2e-3)


@pytest.fixture(scope="module")
def guided(fit: FADM) -> dict:
    """Tables of guided rows, two seeds each, and of unguided rows with the same noise."""
    settings = [("dp", 0.0, 0.0, 0.0), *TILTS]
    return {
        (control, price): [
            table(fit.sample(N_ROWS, control=control, lambda_z=price, random_state=seed, n_steps=20)) for seed in (1, 2)
        ]
        for control, price, _, _ in settings
    }


@pytest.mark.parametrize(("control", "price", "dp", "eop"), TILTS)
def test_weighted_rows_agree_with_guided_rows(
    pool: Pool, guided: dict, control: str, price: float, dp: float, eop: float
) -> None:
    """Every cell of P(a, b, y): within the spread of two seeds and four standard errors of both samples."""
    weights = pool.weights(control=control, lambda_z=price)
    found, (one, two) = table(pool.rows, weights), guided[control, price]
    p = tilted(dp, eop)
    error = np.sqrt(p * (1 - p) * (1 / effective_sample_size(weights) + 1 / N_ROWS))
    allowed = np.abs(one - two) + 4 * error
    assert (np.abs(found - one) <= allowed).all()
    if price > 0.1:  # the bound is narrow enough to see that the weights were left out
        assert (np.abs(table(pool.rows) - one) > allowed).any()


@pytest.mark.parametrize(("control", "price", "dp", "eop"), TILTS)
def test_both_follow_the_closed_form(
    pool: Pool, guided: dict, control: str, price: float, dp: float, eop: float
) -> None:
    """Cells within 0.025 (training and chance), and the whole of the move, no more and no less, within a quarter."""
    wanted, move = tilted(dp, eop), tilted(dp, eop) - P_XY
    found = {
        "weights": table(pool.rows, pool.weights(control=control, lambda_z=price)),
        "guided": guided[control, price][0],
    }
    start = {"weights": table(pool.rows), "guided": guided["dp", 0.0][0]}
    for how, cells_found in found.items():
        assert np.abs(cells_found - wanted).max() < 0.025, how
        moved = ((cells_found - start[how]) * move).sum() / (move**2).sum()
        assert moved == pytest.approx(1.0, abs=0.25), how


@pytest.mark.parametrize(("control", "price", "dp", "eop"), TILTS)
def test_both_have_the_same_best_rule(
    pool: Pool, guided: dict, control: str, price: float, dp: float, eop: float
) -> None:
    """The more frequent label of every cell, where the closed form leaves it in no doubt."""
    wanted = tilted(dp, eop)
    share = wanted[..., 1] / wanted.sum(2)
    clear = np.abs(share - 0.5) > 0.08
    found = table(pool.rows, pool.weights(control=control, lambda_z=price))
    for joint in (found, *guided[control, price]):
        assert ((joint[..., 1] > joint[..., 0]) == (share > 0.5))[clear].all()
    assert clear.sum() >= 3
    if price == 0.2:  # and it is not the rule without a price
        assert ((P_XY[..., 1] > P_XY[..., 0]) != (share > 0.5))[clear].any()


def test_lambda_y_follows_the_closed_form(pool: Pool) -> None:
    """p(x | y) p(y | x), the label share as it was."""
    found, start = table(pool.rows, pool.weights(lambda_y=2.0)), table(pool.rows)
    wanted = P_XY * P_XY / P_XY.sum(2, keepdims=True)
    wanted = wanted / wanted.sum((0, 1)) * P_XY.sum((0, 1))
    assert np.abs(found - wanted).max() < 0.025
    assert np.abs(P_XY - wanted).max() > 0.04
    assert found.sum((0, 1)) == pytest.approx(start.sum((0, 1)))


def test_entropy_follows_the_closed_form(pool: Pool) -> None:
    """p(x | y) exp(lambda H(p(z | x))), the label share as it was."""
    found, start = table(pool.rows, pool.weights(control="entropy", lambda_z=5.0)), table(pool.rows)
    wanted = P_XY * np.exp(-5.0 * (P_Z * np.log(P_Z)).sum(2))[..., None]
    wanted = wanted / wanted.sum((0, 1)) * P_XY.sum((0, 1))
    assert np.abs(found - wanted).max() < 0.025
    assert np.abs(P_XY - wanted).max() > 0.04
    assert found.sum((0, 1)) == pytest.approx(start.sum((0, 1)))
