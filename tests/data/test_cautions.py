"""What a person should know of a table: each remark where it holds, and none where it does not."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score

from fairviz.data import DomainDataset, Schema
from fairviz.data.cautions import about_columns, about_roles, coded, explained

N = 1000
KIND = {
    "copy": "copy of the label", "identifier": "identifier", "personal": "personal data",
    "constant": "nearly constant", "proxy": "proxy of the group", "many": "too many categories",
}  # fmt: skip


def cautions(values, name="column"):
    """Kind and advice of each remark on one column."""
    return [(c.kind, c.leave_out) for c in about_columns(pd.DataFrame({name: values}))]


def words(count, n=N):
    """A column of text with so many values."""
    return np.array([f"w{k % count}" for k in range(n)], object)


# without roles


@pytest.mark.parametrize(
    ("values", "name", "found"),
    [
        (words(20, 20), "column", True),
        (words(19, 19), "column", False),  # so few may well differ by chance
        (words(999), "column", False),
        (np.arange(N) + 5, "column", True),
        (np.arange(N) + 0.5, "column", False),  # a measurement differs in every row
        (np.arange(N) % 201, "patient_id", True),
        (np.arange(N) % 200, "patient_id", False),
        (np.arange(N) % 201, "patience", False),
        (np.arange(100) % 50, "rowId", False),
    ],
)
def test_identifiers_are_named(values, name, found) -> None:
    assert cautions(values, name) == ([(KIND["identifier"], True)] if found else [])


@pytest.mark.parametrize(
    ("values", "name", "found"),
    [
        ([f"p{k % 90}@mail.example" for k in range(N)], "column", True),
        (["p@mail.example" if k % 10 < 6 else "unknown" for k in range(N)], "column", True),
        (["p@mail.example" if k % 10 < 4 else "unknown" for k in range(N)], "column", False),
        (["5 @ 3.50 each", "2 @ 1.00 each"] * 500, "column", False),
        (["answered by p@mail.example", "asked q@mail.example"] * 500, "column", False),
        ([f"+49 30 {k % 90 + 100000}" for k in range(N)], "column", True),
        (["12 34", "0-5 years"] * 500, "column", False),
        (words(600), "Surname", True),
        (words(600), "e-mail", True),
        (words(400), "Surname", False),  # most people share it, so it says little of them
        (words(600), "nameless", False),
        (list(range(600)) + [1] * 400, "mobile", True),
    ],
)
def test_personal_data_are_named(values, name, found) -> None:
    assert cautions(values, name) == ([(KIND["personal"], True)] if found else [])


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["a"] * 1000, [True]),
        ([7] * 1000, [True]),
        ([None] * 1000, [True]),
        (["a"] * 995 + ["b"] * 5, [False]),
        ([0.0] * 995 + [1.5, 2.5, 3, 4, 5], [False]),
        ([np.nan] * 996 + [1.0] * 4, [False]),
        (["a"] * 994 + ["b"] * 6, []),
    ],
)
def test_nearly_constant_columns_are_named(values, found) -> None:
    """Those that are the same everywhere had better be left out."""
    assert cautions(values) == [(KIND["constant"], leave_out) for leave_out in found]


def test_the_remark_says_what_and_how_many() -> None:
    (full,) = about_columns(pd.DataFrame({"state": ["CA"] * 995 + ["NY"] * 5}))
    for word in ("'state'", "'CA'", "995 of 1,000 rows"):
        assert word in full.text
    (empty,) = about_columns(pd.DataFrame({"state": [None] * 2000}))
    assert "is empty in 2,000 of 2,000 rows" in empty.text


def test_more_categories_than_can_be_learned_are_named() -> None:
    assert cautions(words(10_001, 20_002)) == [(KIND["many"], True)]
    assert cautions(words(10_000, 20_002)) == []
    assert cautions(np.arange(20_002) % 10_001) == []  # numbers have no categories


def test_an_ordinary_table_is_not_remarked_on() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, N), "pay": rng.normal(size=N), "job": words(7), "sex": words(2),
            "gap": [None, 1] * 500,
        }
    )  # fmt: skip
    assert about_columns(frame) == []


# beside roles


def dataset(**features):
    """A thousand people: half of them favoured, two groups in turn, two domains."""
    frame = pd.DataFrame({**features, "y": HALF, "z": GROUP, "d": np.arange(N) // 500})
    return DomainDataset.from_frame("own", frame, Schema(tuple(features), "y", "1", "z", "d"))


HALF = np.arange(N) // 2 % 2
GROUP = np.arange(N) % 2


def changed(values, n):
    """The first n of them the other way round."""
    return np.where(np.arange(len(values)) < n, 1 - values, values)


def kinds(data):
    return {(c.kind, c.column, c.leave_out) for c in about_roles(data)}


@pytest.mark.parametrize(("wrong", "found"), [(0, True), (5, True), (6, False), (500, False), (995, True)])
def test_a_column_that_gives_the_label_away_is_named(wrong, found) -> None:
    data = dataset(x=changed(HALF, wrong), y2=np.arange(N) // 4 % 3)
    assert kinds(data) == ({(KIND["copy"], "x", True)} if found else set())


def test_categories_that_give_the_label_away_together_are_named_and_those_of_one_person_are_not() -> None:
    many = np.array([f"{HALF[k]}{k % 20}" for k in range(N)], object)
    alone = np.array([f"w{k}" for k in range(N)], object)
    assert kinds(dataset(x=many, alone=alone)) >= {(KIND["copy"], "x", True)}
    assert not {name for kind, name, _ in kinds(dataset(alone=alone)) if kind == KIND["copy"]}


def test_where_nearly_all_are_favoured_nothing_counts_as_a_copy() -> None:
    """Any column tells a label that is the same for 98 % nearly always."""
    for share, found in ((960, True), (980, False)):
        y = (np.arange(N) < share).astype(int)
        frame = pd.DataFrame({"x": changed(y, 3), "y": y, "z": GROUP, "d": np.arange(N) // 2 % 2})
        data = DomainDataset.from_frame("own", frame, Schema(("x",), "y", "1", "z", "d"))
        assert bool(about_roles(data)) == found


def test_a_stand_in_for_the_group_is_named_with_what_it_tells() -> None:
    """A job that is right for nine of ten: by hand 1 - H(0.1) of the group's one bit."""
    job = np.where(changed(GROUP, 100) == 1, "nurse", "smith")
    (found,) = about_roles(dataset(job=job, other=np.arange(N) // 2 % 5))
    assert (found.kind, found.column, found.leave_out) == (KIND["proxy"], "job", False)
    share = 1 + 0.1 * np.log2(0.1) + 0.9 * np.log2(0.9)
    assert f"({100 * share:.0f} % of its information)" in found.text


def test_the_five_that_tell_most_of_the_group_are_named_the_strongest_first() -> None:
    wrong = {"a": 150, "b": 20, "c": 100, "d": 60, "e": 0, "f": 120}
    data = dataset(**{f"x{name}": changed(GROUP, n) for name, n in wrong.items()})
    assert [c.column for c in about_roles(data)] == ["xe", "xb", "xd", "xc", "xf"]


# the share of information


@pytest.mark.parametrize(("n", "values", "groups"), [(300, 2, 2), (500, 40, 3), (2000, 7, 5), (64, 30, 2)])
def test_the_share_is_mutual_information_less_chance_over_entropy(n, values, groups) -> None:
    rng = np.random.default_rng(n)
    z = rng.integers(0, groups, n)
    codes = np.where(rng.random(n) < 0.5, z, rng.integers(0, values, n))
    table = pd.crosstab(codes, z).to_numpy()
    chance = ((table > 0).sum() - table.shape[0] - table.shape[1] + 1) / (2 * n)
    share = (mutual_info_score(codes, z) - chance) / entropy(np.bincount(z))
    assert explained(codes, z) == pytest.approx(max(share, 0), abs=1e-12)
    assert share > 0.05


def test_a_column_of_many_categories_tells_nothing_by_chance() -> None:
    """Before the correction 200 categories always seem to tell more than the twentieth at which a column is named."""
    found, raw = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        codes, z = rng.integers(0, 200, 1500), rng.integers(0, 2, 1500)
        found.append(explained(codes, z))
        raw.append(mutual_info_score(codes, z) / entropy(np.bincount(z)))
    assert min(raw) > 0.05 > max(found)


def test_a_group_is_told_by_itself_and_a_single_one_by_nothing() -> None:
    z = np.arange(5000) % 4
    assert explained(z, z) == pytest.approx(1, abs=1e-3)
    assert explained(z, np.zeros(5000, int)) == 0
    assert explained(np.arange(400) % 2, np.arange(400) // 2 % 2) == 0


def test_numbers_are_cut_into_twenty_bins_of_equal_size() -> None:
    codes = coded(pd.Series([*range(1000), np.nan]))
    assert len(set(codes[:1000])) == 20
    assert (np.diff(codes[:1000]) != 0).nonzero()[0].tolist() == list(range(49, 999, 50))
    assert codes[1000] not in codes[:1000]


def test_few_numbers_and_text_keep_their_values_and_a_gap_is_one_more() -> None:
    for values in (pd.Series([3.0, 1.0, np.nan, 3.0, 2.5]), pd.Series(["c", "a", None, "c", "b"], dtype=object)):
        codes = coded(values)
        assert codes[0] == codes[3]
        assert len(set(codes)) == 4
