"""Nearness and membership against hand-worked distances, closed forms, and people of the same kind."""

import numpy as np
import pandas as pd
import pytest

from fairviz.evaluation.privacy import Places, privacy


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 6)), columns=list("abcdef"))
    return frame.assign(k=rng.choice(["u", "v", "w"], n))


def test_distances_by_hand() -> None:
    """Ranks of 10, 20, 30, 40 among themselves are 1/8, 3/8, 5/8, 7/8; another category is a distance of 1."""
    rows = pd.DataFrame({"x": [10.0, 20, 30, 40], "k": ["u", "u", "v", "v"]})
    points = Places(rows)(rows).astype(float)
    squared = ((points[:, None] - points[None]) ** 2).sum(-1)
    assert squared[0, 1] == pytest.approx(1 / 16)
    assert squared[0, 2] == pytest.approx(1 / 4 + 1)
    assert squared[2, 3] == pytest.approx(1 / 16)
    asked = Places(rows)(pd.DataFrame({"x": [20.0, np.nan, 25.0], "k": ["u", "u", "new"]})).astype(float)
    against = ((asked[:, None] - points[None]) ** 2).sum(-1)
    assert against[0, 1] == pytest.approx(0)
    assert against[1, 1] == pytest.approx((1 / 2 - 3 / 8) ** 2 + 1)  # missing is far from whatever there is
    assert against[2, 1] == pytest.approx((1 / 2 - 3 / 8) ** 2 + 1)  # so is a category never seen


def test_rows_of_the_same_kind_give_nothing_away() -> None:
    found = privacy(people(1500, 1), people(1500, 2), people(1500, 3))
    assert found.nearer == pytest.approx(0.5, abs=0.04)
    assert found.nearer_low < 0.5 < found.nearer_high
    assert found.attack == pytest.approx(0.5, abs=0.04)
    assert found.attack_low < 0.5 < found.attack_high
    assert found.copies == found.copies_held == 0


def test_copies_give_everything_away() -> None:
    trained = people(400, 1)
    found = privacy(trained, people(400, 2), trained.sample(frac=1, random_state=0))
    assert found.nearer == 1
    assert found.attack == pytest.approx(1)
    assert (found.copies, found.copies_held) == (1, 0)


def test_a_share_of_copies_is_the_share_that_is_nearer() -> None:
    """40 % copies, the rest of the same kind: nearer .4 + .6 / 2; the attack knows 40 % for sure: .4 + .6 / 2 too."""
    trained = people(1000, 1)
    rows = pd.concat([trained[:400], people(600, 3)])
    found = privacy(trained, people(1000, 2), rows)
    assert found.nearer == pytest.approx(0.7, abs=0.04)
    assert found.attack == pytest.approx(0.7, abs=0.04)
    assert found.copies == pytest.approx(0.4)


def test_as_many_rows_of_either_kind_are_compared() -> None:
    """Nine times as many rows trained on as held out: at random one of them would be nearest nine times of ten."""
    found = privacy(people(1800, 1), people(200, 2), people(1500, 3))
    assert found.nearer == pytest.approx(0.5, abs=0.04)
    assert found.nearer_low < 0.5 < found.nearer_high
