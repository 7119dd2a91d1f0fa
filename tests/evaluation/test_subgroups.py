"""Subgroups that are served worst: against looking at every conjunction, a planted one, scipy, and pure chance."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fairviz.errors import SettingError
from fairviz.evaluation.subgroups import Condition, at_risk, errors_in, worst_served


def crowd(n: int = 2000, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"sex": rng.choice(["f", "m"], n), "trade": rng.choice(list("abcd"), n), "city": rng.choice(list("xyz"), n)}
    )


def answers(people: pd.DataFrame, seed: int = 1, often: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and answers of which a tenth are wrong; half of them for women of trade b in z."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, len(people))
    there = (people["sex"] == "f") & (people["trade"] == "b") & (people["city"] == "z")
    return y, np.where(rng.random(len(people)) < np.where(there, 0.5, often), 1 - y, y)


def everyone(people: pd.DataFrame, wrong: np.ndarray, depth: int) -> list[tuple]:
    """Every conjunction, by pandas and scipy: (at least so often wrong, chance, conditions, people, errors)."""
    found = []
    for size in range(1, depth + 1):
        for names in itertools.combinations(people.columns, size):
            for values, part in people.groupby(list(names)):
                rows = part.index.to_numpy()
                hits = int(wrong[rows].sum())
                rest = [len(people) - len(rows) - int(wrong.sum()) + hits, int(wrong.sum()) - hits]
                table = [[hits, len(rows) - hits], [rest[1], rest[0]]]
                chance = stats.fisher_exact(table, alternative="greater").pvalue
                low = stats.binomtest(hits, len(rows)).proportion_ci(1 - 0.1 / POSSIBLE[depth], "exact").low
                found.append((low, chance, set(zip(names, values, strict=True)), len(rows), hits))
    return sorted(found, key=lambda one: -one[0])


#: Conjunctions of at most so many attributes, of 2, 4 and 3 values.
POSSIBLE = {1: 9, 2: 9 + 26, 3: 9 + 26 + 24}


def as_set(conditions: tuple[Condition, ...]) -> set:
    return {(one.attribute, one.value) for one in conditions}


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_wide_beam_finds_what_looking_at_all_finds(depth) -> None:
    people = crowd()
    y, predicted = answers(people)
    wanted = everyone(people, predicted != y, depth)
    (best, *_) = worst_served(people, y, predicted, depth=depth, beam=1000)
    _, chance, conditions, n, hits = wanted[0]
    assert as_set(best.conditions) == conditions
    assert (best.people, best.errors, best.rate) == (n, hits, hits / n)
    assert len(wanted) == POSSIBLE[depth]
    assert best.p == pytest.approx(min(1, POSSIBLE[depth] * chance), rel=1e-6)


def test_a_planted_subgroup_is_the_surest_and_its_figures_are_right() -> None:
    people = crowd()
    y, predicted = answers(people)
    best = worst_served(people, y, predicted, depth=3)[0]
    assert as_set(best.conditions) == {("sex", "f"), ("trade", "b"), ("city", "z")}
    there = ((people["sex"] == "f") & (people["trade"] == "b") & (people["city"] == "z")).to_numpy()
    wrong = predicted != y
    assert (best.people, best.errors) == (there.sum(), (there & wrong).sum())
    assert best.others == pytest.approx(wrong[~there].mean())
    # Clopper and Pearson by their definition: each end is where the other tail has 2.5 %
    assert stats.binom.sf(best.errors - 1, best.people, best.low) == pytest.approx(0.025, rel=1e-6)
    assert stats.binom.cdf(best.errors, best.people, best.high) == pytest.approx(0.025, rel=1e-6)
    assert best.p < 1e-9


def test_chance_alone_is_not_called_a_finding() -> None:
    """Errors that nothing explains: in fewer than one of twenty worlds is the surest subgroup below 5 %."""
    below = 0
    for seed in range(60):
        people = crowd(600, seed)
        rng = np.random.default_rng(1000 + seed)
        y = rng.integers(0, 2, 600)
        predicted = np.where(rng.random(600) < 0.15, 1 - y, y)
        below += worst_served(people, y, predicted, depth=3)[0].p < 0.05
    assert below <= 3


def test_kinds_of_errors_look_at_those_they_can_happen_to() -> None:
    y, predicted = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 0, 0])
    told = {kind: [mask.tolist() for mask in at_risk(y, predicted, kind)] for kind in ("wrong", "missed", "promised")}
    assert told["wrong"] == [[True] * 5, [False, True, False, True, True]]
    assert told["missed"] == [[False, False, True, True, True], [False, False, False, True, True]]
    assert told["promised"] == [[True, True, False, False, False], [False, True, False, False, False]]
    people = crowd()
    y, predicted = answers(people)
    women = (people["sex"] == "f").to_numpy()
    predicted = np.where(women & (y == 1), 0, predicted)
    best = worst_served(people, y, predicted, kind="missed", depth=1)[0]
    assert as_set(best.conditions) == {("sex", "f")}
    assert (best.people, best.rate) == ((women & (y == 1)).sum(), 1.0)


def test_nothing_is_said_of_fewer_than_ten_people() -> None:
    people = crowd(400)
    people.loc[:8, "trade"] = "rare"
    y = np.zeros(400, int)
    predicted = (people["trade"] == "rare").to_numpy().astype(int)
    for depth in (1, 3):
        for one in worst_served(people, y, predicted, depth=depth, beam=1000, top=100):
            assert one.people >= 10
            assert ("trade", "rare") not in as_set(one.conditions)


def test_numbers_are_cut_at_their_quartiles_and_missing_values_are_nobody_s() -> None:
    rng = np.random.default_rng(0)
    age = rng.permutation(np.arange(400.0))
    age[:4] = np.nan
    people = pd.DataFrame({"age": age, "kind": rng.choice(["u", "v"], 400)})
    y = np.zeros(400, int)
    low, high = np.nanquantile(age, [0.5, 0.75])
    predicted = ((age > low) & (age <= high)).astype(int)
    best = worst_served(people, y, predicted, depth=1)[0]
    assert (best.people, best.rate) == (99, 1.0)
    assert best.conditions[0].attribute == "age"
    assert best.conditions[0].value == f"above {low:g}, at most {high:g}"


def test_much_the_same_people_are_told_once() -> None:
    people = crowd()
    people["copy"] = people["sex"] + "!"
    y, predicted = answers(people)
    told = worst_served(people, y, predicted, depth=3, top=100)
    masks = [
        np.logical_and.reduce([(people[one.attribute] == one.value).to_numpy() for one in some.conditions])
        for some in told
    ]
    assert len(told) > 3
    for one, other in itertools.combinations(masks, 2):
        assert (one & other).sum() <= 0.5 * (one | other).sum()


@pytest.mark.parametrize(
    ("how", "told"),
    [({"kind": "late"}, "kind of error"), ({"depth": 4}, "depth"), ({"beam": 0}, "beam"), ({"top": 0}, "top")],
)
def test_what_cannot_be_is_refused(how, told) -> None:
    people = crowd(50)
    with pytest.raises(SettingError, match=told):
        worst_served(people, *answers(people), **how)


@pytest.mark.parametrize("kind", ["wrong", "missed", "promised"])
def test_another_model_s_errors_are_counted_on_the_same_people(kind) -> None:
    people = crowd()
    y, now = answers(people)
    _, before = answers(people, seed=9, often=0.3)
    worst = worst_served(people, y, now, kind=kind)
    assert len(worst) > 3
    for one, errors in zip(worst, errors_in(people, y, before, worst, kind=kind), strict=True):
        asked = {"wrong": np.ones(len(y), bool), "missed": y == 1, "promised": y == 0}[kind]
        there = asked.copy()
        for condition in one.conditions:
            there &= (people[condition.attribute] == condition.value).to_numpy()
        assert there.sum() == one.people
        assert (there & (before != y)).sum() == errors
