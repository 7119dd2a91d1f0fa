"""What can be judged: people counted, and how many more it takes."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from fairviz.data import DomainDataset, Schema
from fairviz.data.judged import judged, needed, people, proposed_held_out

#: People by domain and group, and how many of them are favoured.
CELLS = {
    ("east", "f"): (40, 12), ("east", "m"): (110, 10),
    ("north", "f"): (97, 9), ("north", "m"): (96, 50),
    ("south", "m"): (300, 150),
    ("west", "f"): (10, 0), ("west", "m"): (10, 10),
    ("york", "f"): (9, 9), ("york", "m"): (30, 20),
}  # fmt: skip
#: Domains by people: 300, 193, 150, 39, 20.
ORDER = ["south", "north", "east", "york", "west"]


def made(cells) -> DomainDataset:
    rows = [(town, sex, "yes" if k < good else "no") for (town, sex), (n, good) in cells.items() for k in range(n)]
    frame = pd.DataFrame(rows, columns=["town", "sex", "paid"]).sample(frac=1, random_state=0)
    return DomainDataset.from_frame("own", frame.assign(x=1), Schema(("x",), "paid", "yes", "sex", "town"))


@pytest.fixture(scope="module")
def dataset():
    return made(CELLS)


@pytest.mark.parametrize(("within", "n"), [(0.1, 97), (0.05, 385), (0.03, 1068), (0.01, 9604), (0.3, 11)])
def test_people_needed_are_those_of_the_normal_formula(within, n) -> None:
    """The fewest of whom half say yes, with a 95 % interval that reaches no further than so much."""
    assert needed(within) == n
    z = norm.ppf(0.975)
    assert z * math.sqrt(0.25 / n) <= within < z * math.sqrt(0.25 / (n - 1))


def test_a_rate_within_a_tenth_takes_ninety_seven() -> None:
    assert needed() == math.ceil((norm.ppf(0.975) / 2 / 0.1) ** 2) == 97


def test_people_are_counted_as_pandas_does(dataset) -> None:
    table, frame = people(dataset), dataset.frame.astype(str)
    everybody = pd.crosstab(frame["town"], frame["sex"])
    favoured = pd.crosstab(frame["town"], frame["sex"], (frame["paid"] == "yes").astype(int), aggfunc="sum").fillna(0)
    assert len(table) == everybody.size
    for row in table.itertuples():
        assert row.people == everybody.loc[row.domain, row.group]
        assert row.favourable == favoured.loc[row.domain, row.group]
        assert row.more == max(0, 97 - row.people)
    assert table["people"].sum() == len(dataset) == 702


def test_a_group_that_does_not_occur_in_a_domain_is_counted_as_nobody(dataset) -> None:
    table = people(dataset).set_index(["domain", "group"])
    assert table.loc[("south", "f")].tolist() == [0, 0, 97]


def test_the_domain_with_most_people_comes_first_and_groups_follow_their_order(dataset) -> None:
    table = people(dataset)
    assert table["domain"].tolist() == [town for town in ORDER for _ in "fm"]
    assert table["group"].tolist() == ["f", "m"] * 5
    assert judged(dataset)["domain"].tolist() == ORDER


def test_what_can_be_judged_by_hand(dataset) -> None:
    """Ten people of every group for rates, ten favoured of every group for who is found."""
    assert judged(dataset).to_numpy().tolist() == [
        ["south", 300, False, False, 97],
        ["north", 193, True, False, 0 + 1],
        ["east", 150, True, True, 57 + 0],
        ["york", 39, False, False, 88 + 67],
        ["west", 20, True, False, 87 + 87],
    ]


def test_held_out_are_the_largest_in_which_every_group_can_be_judged(dataset) -> None:
    assert proposed_held_out(dataset) == ["north", "east", "west"]
    assert proposed_held_out(dataset, 2) == ["north", "east"]


def test_where_none_can_be_judged_the_largest_are_held_out() -> None:
    few = made({("a", "f"): (9, 4), ("a", "m"): (30, 9), ("b", "f"): (5, 1), ("b", "m"): (50, 9), ("c", "f"): (7, 7)})
    assert proposed_held_out(few, 2) == ["b", "a"]


def test_a_part_of_a_data_set_is_counted_with_all_of_its_groups(dataset) -> None:
    women = dataset.take(np.flatnonzero(dataset.frame["sex"] == "f"))
    table = people(women)
    assert table.loc[table["group"] == "m", "people"].tolist() == [0] * 4
    assert table.loc[table["group"] == "f", "people"].tolist() == [97, 40, 10, 9]
