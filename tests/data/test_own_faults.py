"""Faults that were found in tables of strangers; each of these failed before its mend."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from fairviz.data import opened as module
from fairviz.data.cautions import about_columns, about_roles
from fairviz.data.dividing import banded
from fairviz.data.judged import proposed_held_out, small_groups
from fairviz.data.opened import open_table
from fairviz.data.own import NOT_FOUND, OwnStore
from fairviz.data.proposals import propose_division, propose_label
from fairviz.data.roles import Division, Label, Roles
from fairviz.data.sources import OWN, fingerprint_of
from fairviz.errors import DataError
from tests.people import GOOD, SCHEMA

ROLES = Roles(Label("paid", ("yes",)), Division(("sex",)), Division(("town",)))


def stored(tmp_path, **columns):
    path = tmp_path / "table"
    parquet.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("cells", [[2**53 + 1, None, 3], [2**53 + 3, 5, 7], [-(2**60) - 1, None, 1]])
def test_whole_numbers_that_no_float_holds_keep_every_digit(tmp_path, cells) -> None:
    found = open_table(stored(tmp_path, id=pa.array(cells, pa.int64())), "t")
    assert found.frame["id"].tolist() == [None if cell is None else str(cell) for cell in cells]
    assert "2**53" in found.odd["id"]


def test_decimals_are_numbers_and_bytes_are_text(tmp_path) -> None:
    decimals = pa.array([None, 125], pa.int64()).cast(pa.decimal128(21, 0))
    found = open_table(stored(tmp_path, price=decimals, word=pa.array([b"yes", "né".encode()], pa.binary())), "t")
    assert np.array_equal(found.frame["price"], [np.nan, 125.0], equal_nan=True)
    assert found.frame["word"].tolist() == ["yes", "né"]


def test_a_small_file_that_holds_much_is_refused_before_it_is_all_read(tmp_path, monkeypatch) -> None:
    """One text of 10 kB in 10,000 rows, stored once: a few hundred bytes that decode to 100 MB."""
    path = stored(tmp_path, word=["x" * 10_000] * 10_000)
    assert path.stat().st_size < 5_000
    monkeypatch.setattr(module, "MAX_DECODED", 30_000_000)
    with pytest.raises(DataError, match="more than 30,000,000 bytes when decoded"):
        open_table(path, "t")


def test_bands_of_large_numbers_stay_apart() -> None:
    edges = [1_234_561.0, 1_234_562.0, 1_234_563.0]
    names = banded(pd.Series([1_234_560, 1_234_561, 1_234_562, 1_234_563]), edges)
    assert names.tolist() == [
        "under 1,234,561", "1,234,561 to 1,234,562", "1,234,562 to 1,234,563", "1,234,563 or more",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [[0] * 90 + list(range(1, 30)), list(range(1_000_001, 1_000_031)), [0.0] * 60 + [0.5 + k for k in range(30)]],
)
def test_proposed_bands_are_two_at_least(values) -> None:
    column = pd.Series(values)
    ((_, edges),) = propose_division("x", column, most=12).bands
    assert len(set(banded(column, edges))) >= 2


def test_a_proposed_value_of_a_label_is_one_that_it_has(tmp_path) -> None:
    column = pd.Series([0.0, 0.5, 1.0, 1.0])
    (good,) = propose_label("won", column).favourable
    frame = pd.DataFrame({"won": column, "sex": list("fmfm"), "town": list("abab"), "x": [1, 2, 3, 4]})
    dataset, _ = Roles(Label("won", (good,)), Division(("sex",)), Division(("town",))).apply("t", frame)
    assert dataset.y.tolist() == [0, 0, 1, 1]


def test_values_that_hold_the_sign_of_a_crossing_do_not_merge() -> None:
    frame = pd.DataFrame(
        {"p": ["a × b", "a", "a × b", "a"] * 3, "q": ["c", "b × c", "c", "b × c"] * 3, "town": list("nnss") * 3,
         "paid": ["yes", "no", "no", "yes"] * 3, "x": range(12)}
    )  # fmt: skip
    dataset, _ = Roles(Label("paid", ("yes",)), Division(("p", "q")), Division(("town",))).apply("t", frame)
    assert len(dataset.groups) == 2


def test_days_and_years_are_no_telephone_numbers() -> None:
    frame = pd.DataFrame({"day": ["2020-01-15", "2021-11-03"] * 20, "term": ["2008-2009", "2009-2010"] * 20})
    assert not about_columns(frame)


def test_rare_values_are_no_proxies(tmp_path) -> None:
    """500 random places of 2,000 people say nothing of the group."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"sex": rng.choice(["f", "m"], 2000), "town": rng.choice(["n", "s"], 2000),
         "paid": rng.choice(["y", "n"], 2000), "place": [f"p{k}" for k in rng.integers(0, 500, 2000)]}
    )  # fmt: skip
    dataset, _ = Roles(Label("paid", ("y",)), Division(("sex",)), Division(("town",))).apply("t", frame)
    assert not [caution for caution in about_roles(dataset) if caution.column == "place"]


def test_what_is_deleted_is_not_answered_from_memory() -> None:
    own = OwnStore().add("t", ROLES, "me", data=GOOD)
    assert fingerprint_of(OWN, {"id": own.id})
    OwnStore().delete(own.id)
    with pytest.raises(DataError, match="not found, or not yours"):
        fingerprint_of(OWN, {"id": own.id})


@pytest.mark.parametrize("change", [{"made": None}, {"size": "big"}, {"roles": {}}, {"id": "0" * 32}, {"more": 1}])
def test_one_damaged_table_does_not_hide_the_others(change) -> None:
    store = OwnStore()
    bad = store.add("bad", ROLES, "me", data=GOOD)
    store.add("good", ROLES, "me", data=GOOD)
    path = store.root / bad.id / "about.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert [own.title for own in store.of("me")] == ["good"]
    with pytest.raises(DataError) as caught:
        store.get(bad.id)
    assert str(caught.value) == NOT_FOUND


@pytest.mark.parametrize(
    "spoil", [{"excluded": "age"}, {"label": {"column": "paid", "favourable": "yes", "at_least": None}},
              {"domain": {"columns": [], "bands": [], "parts": float("inf")}},
              {"label": {"column": "paid", "favourable": [], "at_least": 10**400}}]
)  # fmt: skip
def test_foreign_roles_are_refused(spoil) -> None:
    with pytest.raises(DataError, match="not the roles"):
        Roles.from_json({**ROLES.to_json(), **spoil})


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "cache"))


def test_the_made_up_people_fit_the_roles() -> None:
    """What the tests above stand on: the schema of the hand-made table."""
    own = OwnStore().add("t", ROLES, "me", data=GOOD)
    assert OwnStore().rows(own.id).schema == SCHEMA


def test_people_of_tiny_groups_can_be_left_out() -> None:
    """One person of a third group: without her, every town can be judged; the note says who was left out."""
    frame = pd.DataFrame(
        {"sex": ["f", "m"] * 40 + ["x"], "town": (["n"] * 40 + ["s"] * 40 + ["n"]), "paid": ["y", "n", "n"] * 27,
         "x": range(81)}
    )  # fmt: skip
    roles = Roles(Label("paid", ("y",)), Division(("sex",)), Division(("town",)))
    whole, _ = roles.apply("t", frame)
    assert small_groups(whole.frame["sex"]) == {"x": 1}
    dataset, notes = replace(roles, least=10).apply("t", frame)
    assert len(dataset) == 80
    assert dataset.groups == ("f", "m")
    assert notes == ["1 people of groups too small to judge were left out ('x')."]
    assert Roles.from_json(json.loads(json.dumps(replace(roles, least=10).to_json()))).least == 10


def test_where_no_domain_can_be_judged_those_with_most_groups_are_proposed() -> None:
    """Two towns with two large groups each, a third with one; a fourth group is tiny everywhere."""
    rows = [
        ("a", "n", 30),
        ("b", "n", 30),
        ("a", "s", 20),
        ("b", "s", 20),
        ("a", "w", 90),
        ("c", "n", 1),
        ("c", "w", 2),
    ]
    frame = pd.DataFrame([(g, d, k % 2) for g, d, n in rows for k in range(n)], columns=["sex", "town", "paid"])
    roles = Roles(Label("paid", ("1",)), Division(("sex",)), Division(("town",)))
    dataset, _ = roles.apply("t", frame.assign(x=range(len(frame))))
    assert proposed_held_out(dataset, 2) == ["n", "s"]


def test_one_title_is_given_once() -> None:
    store = OwnStore()
    assert [store.add("wards", ROLES, "me", data=GOOD).title for _ in range(3)] == ["wards", "wards (2)", "wards (3)"]
    assert store.add("wards", ROLES, "another", data=GOOD).title == "wards"
