"""Labels from the best posterior, in a world whose joint is known."""

import numpy as np
import pandas as pd
import pytest

from fairviz.errors import SettingError, StoreError
from fairviz.experiments.preview import Preview
from fairviz.synthesizers import FADM
from fairviz.synthesizers.pool import Pool, SoftPool
from fairviz.synthesizers.teacher import BOOSTED, LINE, SMALL, Teacher
from tests.synthesizers.known import P_XY, P_Z, P_Z1, cells, fitted, priced, table, tilted, world

N = 8000
TILTS = [("dp", 0.1, 0.1, 0.0), ("dp", 0.2, 0.2, 0.0), ("eop", 0.12, 0.0, 0.12)]
YES = P_XY[..., 1] / P_XY.sum(2)  # (2, 3)


@pytest.fixture(scope="module")
def fit() -> FADM:
    return priced()


@pytest.fixture(scope="module")
def pool(fit: FADM) -> Pool:
    return Pool.draw(fit, N, random_state=0, n_steps=20, labels="boosted")


def rule(joint: np.ndarray) -> np.ndarray:
    """``p(y=1|x)`` of each of the six kinds of row."""
    return joint[..., 1] / joint.sum(2)


def test_the_teacher_knows_the_world(fit: FADM) -> None:
    rows = world().features
    answers = fit.answers(rows, "boosted")
    cell = cells(rows)
    assert np.abs(answers.p_y[:, 1] - YES.ravel()[cell]).max() < 0.03
    assert np.abs(answers.p_z - P_Z.reshape(6, 2)[cell]).max() < 0.03
    assert np.abs(answers.p_z1 - P_Z1.reshape(6, 2)[cell]).max() < 0.03
    np.testing.assert_allclose(answers.p_y.sum(1), 1)
    assert fit.teacher_.kind == BOOSTED


@pytest.mark.parametrize(("control", "price", "dp", "eop"), [("dp", 0.0, 0.0, 0.0), *TILTS])
def test_redrawn_labels_follow_the_tilted_posterior(
    fit: FADM, control: str, price: float, dp: float, eop: float
) -> None:
    rows = fit.sample(N, control=control, lambda_z=price, labels="boosted", random_state=3, n_steps=20)
    found, wanted = rule(table(rows)), rule(tilted(dp, eop))
    people = np.bincount(cells(rows), minlength=6).reshape(2, 3)
    assert (np.abs(found - wanted) < 0.03 + 3 * np.sqrt(wanted * (1 - wanted) / people)).all()
    assert np.abs(table(rows) - tilted(dp, eop)).max() < 0.025


def test_redrawn_labels_at_mixed_prices(fit: FADM) -> None:
    """A price for every row: each half has the labels of its own price."""
    prices = np.repeat([0.0, 0.2], 4000)
    rows = fit.sample(8000, lambda_z=prices, labels="boosted", random_state=5, n_steps=20)
    for price, part in ((0.0, rows[:4000]), (0.2, rows[4000:])):
        people = np.bincount(cells(part), minlength=6).reshape(2, 3)
        wanted = rule(tilted(price, 0.0))
        assert (np.abs(rule(table(part)) - wanted) < 0.03 + 3 * np.sqrt(wanted * (1 - wanted) / people)).all()


def test_features_are_those_of_network_labels(fit: FADM) -> None:
    """Only labels differ: x, its noise and its guidance stay."""
    one = fit.sample(1500, lambda_z=0.1, random_state=1)
    other = fit.sample(1500, lambda_z=0.1, random_state=1, labels="boosted")
    pd.testing.assert_frame_equal(one[["a", "b"]], other[["a", "b"]])
    assert (one["y"] != other["y"]).any()
    pd.testing.assert_frame_equal(other[:400], fit.sample(400, lambda_z=0.1, random_state=1, labels="boosted"))


@pytest.mark.parametrize(("control", "price", "dp", "eop"), [("dp", 0.0, 0.0, 0.0), *TILTS])
def test_soft_labels_are_the_tilted_joint(pool: Pool, control: str, price: float, dp: float, eop: float) -> None:
    weights = pool.weights(control=control, lambda_z=price)
    found = table(pool.rows, weights)
    assert np.abs(rule(found) - rule(tilted(dp, eop))).max() < 0.03  # no noise of drawing: the teacher's own error
    assert np.abs(found - tilted(dp, eop)).max() < 0.02


def test_every_row_stands_twice(fit: FADM, pool: Pool) -> None:
    drawn = fit.sample(N, random_state=0, n_steps=20)
    assert isinstance(pool, SoftPool)
    assert len(pool) == 2 * N
    for label, part in (("no", pool.rows[:N]), ("yes", pool.rows[N:])):
        pd.testing.assert_frame_equal(part[["a", "b"]].reset_index(drop=True), drawn[["a", "b"]])
        assert (part["y"] == label).all()
    assert list(pool.rows["y"].cat.categories) == list(drawn["y"].cat.categories)
    np.testing.assert_allclose(pool.weights().reshape(2, N).sum(0), 1)
    assert pool.size(pool.weights()) == pytest.approx(N)
    assert pool.size(pool.weights(lambda_z=0.2)) < N


@pytest.mark.parametrize("setting", [{"lambda_y": 2.0}, {"lambda_y": 0.3}, {"control": "entropy", "lambda_z": 5.0}])
def test_region_moves_and_the_rule_stays(pool: Pool, setting: dict) -> None:
    plain, moved = table(pool.rows, pool.weights()), table(pool.rows, pool.weights(**setting))
    np.testing.assert_allclose(rule(moved), rule(plain), rtol=1e-5)
    assert np.abs(moved.sum(2) - plain.sum(2)).max() > 0.004
    assert pool.weights(**setting).sum() == pytest.approx(N, rel=0.2)


def test_log_odds_are_those_of_the_weights(fit: FADM, pool: Pool) -> None:
    """A model trained on the soft pool, moved: the posterior of the weighted pool, kind of row by kind of row."""
    people = pd.DataFrame({"a": ["a0", "a0", "a0", "a1", "a1", "a1"], "b": ["b0", "b1", "b2"] * 2})
    setting = {"control": "dp", "lambda_z": 0.2}
    start = rule(table(pool.rows, pool.weights())).ravel()
    moved = np.log(start / (1 - start)) + pool.log_odds(fit.answers(people, "boosted"), **setting)
    found = rule(table(pool.rows, pool.weights(**setting))).ravel()
    np.testing.assert_allclose(1 / (1 + np.exp(-moved)), found, atol=1e-4)
    assert not pool.log_odds(fit.answers(people, "boosted"), lambda_y=3.0).any()


def test_a_preview_with_boosted_labels(fit: FADM) -> None:
    """Counts on the world's own rows are those of the best rule of the tilted world."""
    target = world()
    for price in (0.0, 0.2):
        view = Preview(fit, world(), target, n=N, labels="boosted")
        counts, size = view.test("gradient_boosting", lambda_z=price)
        says_yes = (rule(tilted(price, 0.0)) > 0.5).ravel()[cells(target.features)]
        wanted = np.array([[says_yes[(target.z == z) & (target.y == y)].sum() for y in (0, 1)] for z in (0, 1)])
        np.testing.assert_array_equal(counts.table.sum(0)[:, :, 1], wanted)
        assert 0 < size <= N


def test_a_small_source_is_labelled_by_a_straight_line() -> None:
    small = world(600)
    assert len(small) < 700
    fit = FADM(n_iter=15).fit(small)
    assert fit.teacher_.kind == LINE
    assert fit.notes_ == [SMALL]
    cell = cells(small.features)
    found = fit.answers(small.features, "boosted")
    # a line has no interaction of a and b: near, not equal
    assert np.abs(found.p_z - P_Z.reshape(6, 2)[cell]).max() < 0.12
    meta, arrays = fit.state()
    again = FADM.from_state(meta, arrays)
    np.testing.assert_array_equal(again.answers(small.features, "boosted").p_y, found.p_y)
    assert again.notes_ == [SMALL]


def test_a_group_that_no_favourable_row_has() -> None:
    """``p(z|x, y=1)`` of one group alone is certain; nothing is no number."""
    rows = world()
    kept = rows.take(np.flatnonzero(~((rows.y == 1) & (rows.z == 0))))
    teacher = Teacher.learn(kept, fitted().encoder_, max_rows=10**6)
    found = teacher.answers(rows.features, fitted().encoder_)
    np.testing.assert_allclose(found.p_z1, [[0, 1]] * len(rows), atol=1e-100)
    again = Teacher.from_state(teacher.about(), teacher.arrays(), 2)
    np.testing.assert_array_equal(again.answers(rows.features, fitted().encoder_).p_z1, found.p_z1)


def test_a_fit_comes_back_from_its_arrays(fit: FADM) -> None:
    meta, arrays = fitted().state()
    again = FADM.from_state(meta, arrays)
    one = fitted().sample(1200, lambda_z=0.1, labels="boosted", random_state=9)
    pd.testing.assert_frame_equal(one, again.sample(1200, lambda_z=0.1, labels="boosted", random_state=9))


def test_a_fit_of_an_earlier_version_says_what_to_do() -> None:
    meta, arrays = fitted().state()
    del meta["teacher"]
    old = FADM.from_state(meta, {name: a for name, a in arrays.items() if not name.startswith("teacher.")})
    assert len(old.sample(10)) == 10
    for ask in (lambda: old.sample(10, labels="boosted"), lambda: old.pool(10, labels="boosted"), old.state):
        with pytest.raises(SettingError, match="upgrade FOLDER"):
            ask()


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(SettingError, match="labels is 'wat'; choose one of network, boosted"):
        fitted().sample(10, labels="wat")


def _set(arrays: dict, name: str, value: float) -> dict:
    array = arrays[f"teacher.{name}"].copy()
    array.flat[0] = value
    return {**arrays, f"teacher.{name}": array}


@pytest.mark.parametrize(
    ("name", "value"),
    [("p_y.feature", 2), ("p_y.feature", -2), ("p_z.codes", 10_000), ("p_z1.value", 1e9), ("p_y.base", np.nan),
     ("p_z.classes", 1), ("p_y.classes", 2)],
)  # fmt: skip
def test_damaged_arrays_are_refused(name: str, value: float) -> None:
    meta, arrays = fitted().state()
    with pytest.raises(StoreError):
        FADM.from_state(meta, _set(arrays, name, value))


@pytest.mark.parametrize(
    "about",
    [
        {}, {"kind": "boosted"}, {"kind": "wat", "categories": {}},
        {"kind": "boosted", "categories": {"c": ["x"]}}, {"kind": "boosted", "categories": {"a": ["x", "x"]}},
        {"kind": "boosted", "categories": {"a": [1]}}, {"kind": "boosted", "categories": {"a": "x"}},
        {"kind": "boosted", "categories": {"a": [str(k) for k in range(300)]}}, [], "boosted",
    ],
)  # fmt: skip
def test_a_damaged_description_is_refused(about: object) -> None:
    meta, arrays = fitted().state()
    with pytest.raises(StoreError, match="teacher"):
        FADM.from_state({**meta, "teacher": about}, arrays)
