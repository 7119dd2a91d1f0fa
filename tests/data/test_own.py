"""People's tables with their roles: kept, found by those who have the id, deleted, and never half-written."""

import errno
import hashlib
import shutil
import stat
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from fairviz.data import own as module
from fairviz.data.own import OwnStore
from fairviz.data.roles import Division, Label, Roles
from fairviz.data.sources import OWN, fingerprint_of, load_dataset, source_of
from fairviz.errors import DataError, SettingError
from tests.data.handed import PEOPLE, SEX, TOWN, roles, text

DATA = PEOPLE.to_csv(index=False).encode()
#: The ten people who have a label.
KNOWN = [0, 1, 2, 3, 5, 6, 7, 8, 9, 11]
NOT_FOUND = "This data set is not found, or not yours. Hand it in again under 'Your data'."


@pytest.fixture
def store(tmp_path):
    return OwnStore(tmp_path / "own")


def full(*how, **more):
    raise OSError(errno.ENOSPC, "No space left on device")


def message(call) -> str:
    with pytest.raises(DataError) as caught:
        call()
    return str(caught.value)


# kept and found


def test_a_table_comes_back_as_it_was_added(store) -> None:
    made = roles(Label("age", at_least=45), Division(("sex", "job")), Division(("zip",), (("zip", (1.5, 2.5)),)))
    added = store.add(" Staff \n 2024 ", made, "ann", data=DATA, held_out=("X", "Y"))
    found = OwnStore(store.root).get(added.id)
    assert found == added
    assert (found.title, found.owner, found.base, found.roles) == ("Staff 2024", "ann", "", made)
    assert (found.held_out, found.ends) == (("X", "Y"), None)
    assert (found.size, found.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert (store.root / added.id / "table").read_bytes() == DATA


def test_everybody_has_their_own_tables_the_newest_first(store, monkeypatch) -> None:
    clock = iter([30.0, 10.0, 20.0, 40.0])
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: next(clock)))
    keys = [store.add("T", roles(), owner, data=DATA).id for owner in ("ann", "ann", "ann", "bob")]
    assert [found.id for found in store.of("ann")] == [keys[0], keys[2], keys[1]]
    assert [found.id for found in store.of("bob")] == [keys[3]]
    assert store.of("eve") == []
    assert {found.id for found in store.every()} == set(keys)
    assert len(set(keys)) == 4


def test_nobody_s_tables_are_found_by_their_id_alone(store) -> None:
    added = store.add("T", roles(), "", data=DATA)
    assert store.of("") == []
    assert store.get(added.id) == added


def test_a_folder_is_its_owner_s_alone(store) -> None:
    added = store.add("T", roles(), "ann", data=DATA)
    assert stat.S_IMODE((store.root / added.id).stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("title", "kept"), [("", "My table"), (" \n\t", "My table"), ("a\n  b", "a b"), ("é" * 99, "é" * 80)]
)
def test_a_title_is_one_short_line(store, title, kept) -> None:
    added = store.add(title, roles(), "ann", data=DATA)
    assert added.title == kept
    store.change(added.id, title="other")
    assert store.change(added.id, title=title).title == store.get(added.id).title == kept


def test_a_change_keeps_the_rest(store) -> None:
    added = store.add("T", roles(), "ann", data=DATA, held_out=("X",))
    ends = {"dp": {"X": 0.25, "Y": "too few people"}}
    store.change(added.id, title="New")
    found = store.change(added.id, ends=ends)
    assert store.get(added.id) == found
    before, after = ({k: v for k, v in vars(o).items() if k not in ("title", "ends")} for o in (added, found))
    assert before == after
    assert (found.title, found.ends) == ("New", ends)


def test_what_is_deleted_is_gone_and_the_others_stay(store) -> None:
    one, other = (store.add("T", roles(), "ann", data=DATA) for _ in range(2))
    store.delete(one.id)
    assert message(lambda: store.get(one.id)) == NOT_FOUND
    assert message(lambda: store.rows(one.id)) == NOT_FOUND
    assert message(lambda: store.delete(one.id)) == NOT_FOUND
    assert message(lambda: store.change(one.id, title="New")) == NOT_FOUND
    assert [path.name for path in store.root.iterdir()] == [other.id]
    assert len(store.rows(other.id)) == 10


@pytest.mark.parametrize(
    "key",
    ["0" * 32, "../x", "..", "", ".", "/", "0" * 31, "0" * 33, "A" * 32, "0" * 32 + "\n", "é" * 32, "../own/{id}"],
)
def test_a_foreign_id_is_refused_in_the_same_words_as_one_that_is_not_there(store, key) -> None:
    added = store.add("T", roles(), "ann", data=DATA)
    near = [store.root / name for name in ("A" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n", "é" * 32)]
    for folder in (store.root.parent / "x", store.root, store.root.parent, *near):
        folder.mkdir(exist_ok=True)
        (folder / "about.json").write_bytes((store.root / added.id / "about.json").read_bytes())
    key = key.format(id=added.id)
    before = sorted(store.root.parent.rglob("*"))
    for call in (store.get, store.rows, store.delete, lambda key: store.change(key, title="Mine")):
        assert message(lambda call=call: call(key)) == NOT_FOUND
    assert sorted(store.root.parent.rglob("*")) == before
    assert [found.id for found in store.every()] == [added.id]


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"id": "x"}', b"\xff\xfe"])
def test_a_damaged_table_is_not_found_and_the_others_are(store, content) -> None:
    one, other = (store.add("T", roles(), "ann", data=DATA) for _ in range(2))
    (store.root / one.id / "about.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert message(lambda: store.get(one.id)) == NOT_FOUND
    assert store.of("ann") == [other]


# room


def test_one_person_s_tables_take_no_more_than_the_quota(store, monkeypatch) -> None:
    monkeypatch.setattr(module, "QUOTA", 3 * len(DATA) - 1)
    one, _ = (store.add("T", roles(), "ann", data=DATA) for _ in range(2))
    assert "Delete one" in message(lambda: store.add("T", roles(), "ann", data=DATA))
    assert len(store.of("ann")) == len(list(store.root.iterdir())) == 2
    store.add("T", roles(), "ann", base="simulated")  # takes no room
    store.add("T", roles(), "bob", data=DATA)
    store.delete(one.id)
    store.add("T", roles(), "ann", data=DATA[:-1])
    assert sorted(found.size for found in store.of("ann")) == [0, len(DATA) - 1, len(DATA)]


def test_a_table_that_fills_the_quota_to_the_byte_is_kept(store, monkeypatch) -> None:
    monkeypatch.setattr(module, "QUOTA", len(DATA))
    assert store.add("T", roles(), "ann", data=DATA).size == len(DATA)
    assert message(lambda: store.add("T", roles(), "bob", data=DATA + b"\n"))


@pytest.mark.parametrize("place", ["table", "about"])
def test_on_a_full_disk_nothing_half_written_is_left(store, monkeypatch, place) -> None:
    kept = store.add("T", roles(), "ann", data=DATA)
    before = sorted(store.root.rglob("*"))
    with monkeypatch.context() as patch:
        if place == "table":
            patch.setattr(Path, "write_bytes", lambda path, data: full(path.touch()))
        else:
            patch.setattr(module, "written_aside", full)
        assert "No space left on device" in message(lambda: store.add("New", roles(), "ann", data=DATA))
    assert sorted(store.root.rglob("*")) == before
    assert store.of("ann") == [kept]
    assert len(store.rows(store.add("New", roles(), "ann", data=DATA).id)) == 10


def test_a_change_on_a_full_disk_leaves_what_was(store, monkeypatch) -> None:
    kept = store.add("T", roles(), "ann", data=DATA)
    with monkeypatch.context() as patch:
        patch.setattr(module, "written_aside", full)
        assert "No space left on device" in message(lambda: store.change(kept.id, title="New"))
    assert store.get(kept.id) == kept


# rows


def test_rows_are_those_that_the_roles_make_by_hand(store) -> None:
    made = store.rows(store.add("T", roles(excluded=("zip",)), "ann", data=DATA).id)
    assert made.frame["age"].fillna(0).tolist() == [24, 25, 44, 45, 65, 0, 30, 18, 70, 45]
    assert text(made, "job") == [["cook", "clerk", "smith"][k % 3] for k in KNOWN]
    assert made.y.tolist() == [1, 0, 0, 1, 0, 1, 0, 0, 1, 0]
    assert text(made, "sex") == [SEX[k] or "(missing)" for k in KNOWN]
    assert text(made, "town") == [TOWN[k] for k in KNOWN]
    assert (made.name, made.schema.features, made.labels) == ("own", ("age", "job"), ("no", "yes"))


def test_roles_that_do_not_fit_name_the_table_and_the_column(store) -> None:
    added = store.add("Staff", roles(group=Division(("gender",))), "ann", data=DATA)
    assert message(lambda: store.rows(added.id)).startswith("Staff: column 'gender' is missing; found 'age'")


def test_a_built_in_set_is_given_other_roles(store) -> None:
    """Regions for groups and groups for domains; hired or not is told from the degree."""
    swapped = Roles(Label("degree", ("university",)), Division(("region",)), Division(("group",)), ("sector",))
    added = store.add("Swapped", swapped, "ann", base="simulated")
    found, given = store.rows(added.id), load_dataset("simulated").frame
    assert found.groups == ("East", "North", "South", "West")
    assert found.domains == ("men", "women")
    assert found.schema.features == ("skill", "experience", "outcome")
    assert found.labels == ("college or none", "university")
    assert found.y.tolist() == [int(degree == "university") for degree in given["degree"]]
    assert text(found, "region") == given["region"].astype(str).tolist()
    assert text(found, "group") == given["group"].astype(str).tolist()
    pd.testing.assert_series_equal(found.frame["skill"], given["skill"])
    assert not (store.root / added.id / "table").exists()


# as any other data set


def test_a_table_is_loaded_and_described_by_its_id() -> None:
    """In the user's cache, which is where any command looks."""
    added = OwnStore().add("Staff", roles(), "ann", data=DATA, held_out=("Y",))
    rows = load_dataset(OWN, id=added.id)
    assert rows.y.tolist() == [1, 0, 0, 1, 0, 1, 0, 0, 1, 0]
    about = source_of(OWN, {"id": added.id})
    assert (about.title, about.schema, about.compare.held_out) == ("Staff", rows.schema, ("Y",))
    assert (about.schema.label, about.schema.sensitive, about.schema.domain) == ("paid", "sex", "town")
    assert about.available()
    assert about.fingerprint == rows.fingerprint() == fingerprint_of(OWN, {"id": added.id})
    other = OwnStore().add("Staff", roles(Label("paid", ("no",))), "ann", data=DATA)
    assert fingerprint_of(OWN, {"id": other.id}) != about.fingerprint
    assert load_dataset(OWN, id=other.id).y.tolist() == [0, 1, 1, 0, 1, 0, 1, 1, 0, 1]


def test_a_deleted_table_is_not_loaded_from_memory() -> None:
    added = OwnStore().add("Staff", roles(), "ann", data=DATA)
    about = source_of(OWN, {"id": added.id})
    assert len(about.read()) == 10
    shutil.rmtree(OwnStore().root / added.id)  # by another process
    for call in (about.read, lambda: load_dataset(OWN, id=added.id), lambda: source_of(OWN, {"id": added.id})):
        assert message(call) == NOT_FOUND


@pytest.mark.parametrize("options", [{}, {"id": "0" * 32, "n": 5}, {"path": "/etc/passwd"}])
def test_a_table_is_named_by_its_id_alone(options) -> None:
    with pytest.raises(SettingError, match="by its id alone"):
        load_dataset(OWN, **options)
    with pytest.raises(SettingError, match="by its id alone"):
        source_of(OWN, options)


@pytest.mark.parametrize("key", ["../x", "0" * 32, 7, None])
def test_a_foreign_id_loads_nothing(key) -> None:
    assert message(lambda: load_dataset(OWN, id=key)) == NOT_FOUND
