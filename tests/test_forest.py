"""Trees as arrays against scikit-learn, which grew them."""

import dataclasses

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from fairviz.forest import MAX_LEAVES, Forest

RNG = np.random.default_rng(3)
N = 3000


def rows(n: int) -> np.ndarray:
    """Two numbers, one with gaps; a category of 40 codes and one of 3."""
    x = np.column_stack([RNG.normal(size=n), RNG.integers(0, 9, n), RNG.integers(0, 40, n), RNG.integers(0, 3, n)])
    x = x.astype(float)
    x[RNG.random(n) < 0.1, 1] = np.nan
    return x


def grown(classes: int, category: list[bool], x: np.ndarray, **how: object) -> HistGradientBoostingClassifier:
    score = x[:, 0] + np.nan_to_num(x[:, 1], nan=4) / 3 + np.sin(x[:, 2]) * 2 + x[:, 3]
    edges = np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1])
    y = np.digitize(score + RNG.normal(size=len(x)), edges)
    settings = {"max_iter": 30, "max_leaf_nodes": 15, "early_stopping": False, **how}
    return HistGradientBoostingClassifier(categorical_features=category, random_state=0, **settings).fit(x, y)


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("category", [[False, False, True, True], [False] * 4, [True] * 4], ids=str)
def test_probabilities_are_those_of_scikit_learn(classes: int, category: list[bool]) -> None:
    x = rows(N)
    if all(category):
        x[:, 0] = np.floor(np.abs(x[:, 0]) * 3)
    x[x[:, 2] == 7, 2] = 8  # a code that training never sees, among those that it does
    model = grown(classes, category, x)
    asked = x[:500].copy()
    asked[:100, 2] = np.nan
    asked[100:200, 2] = 7
    asked[200:260, 2] = 45
    asked[260:300, 0] = np.nan  # missing where training has no gaps
    forest = Forest.of(model)
    np.testing.assert_allclose(forest.probabilities(asked), model.predict_proba(asked), atol=1e-12)
    assert (forest.codes >= 0).any() == any(category)


def test_a_split_on_what_is_missing_alone() -> None:
    """Everything that is not missing goes left: scikit-learn writes an infinite threshold, a file must not."""
    x = np.where(np.arange(400) % 2, np.nan, 1.0)[:, None]
    model = HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=3, early_stopping=False)
    model.fit(x, np.arange(400) % 2)
    forest = Forest.of(model)
    assert all(np.isfinite(a).all() for a in forest.arrays().values())
    asked = np.array([[1.0], [np.nan], [5e300]])
    np.testing.assert_allclose(forest.probabilities(asked), model.predict_proba(asked), atol=1e-12)


def test_more_leaves_than_bits_are_refused() -> None:
    with pytest.raises(ValueError, match=r"more|leaves; at most 16"):
        Forest.of(grown(2, [False] * 4, rows(N), max_leaf_nodes=31))
    assert Forest.of(grown(2, [False] * 4, rows(N), max_leaf_nodes=MAX_LEAVES)).value.shape[1] == MAX_LEAVES


def test_the_constant_is_the_second_class() -> None:
    np.testing.assert_allclose(Forest.constant(4).probabilities(rows(3)), [[0, 1]] * 3, atol=1e-200)


def test_arrays_rebuild_it() -> None:
    forest = Forest.of(grown(3, [False, False, True, True], rows(N)))
    again = Forest(**forest.arrays())
    asked = rows(200)
    np.testing.assert_array_equal(again.scores(asked), forest.scores(asked))
    assert {f.name for f in dataclasses.fields(Forest)} == forest.arrays().keys()
    assert len(forest.scores(asked[:0])) == 0


def test_whatever_its_numbers_say_an_answer_is_a_sum_of_its_leaves() -> None:
    forest = Forest.of(grown(2, [False, False, True, True], rows(N)))
    odd = dataclasses.replace(
        forest, right=np.zeros_like(forest.right), threshold=np.full_like(forest.threshold, -1e308)
    )
    assert np.isfinite(odd.scores(rows(50))).all()
