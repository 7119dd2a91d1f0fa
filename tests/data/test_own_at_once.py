"""Tables that come at once, and a disk that fills up at any of the writes: each is kept whole or not at all."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fairviz.data import own as module
from fairviz.data.own import OwnStore
from fairviz.data.roles import Division, Label, Roles
from fairviz.errors import DataError
from tests.people import rows, with_column, written

ROLES = Roles(Label("paid", ("yes",)), Division(("sex",)), Division(("town",)))
MANY = 10


def table(k: int) -> bytes:
    """Sixty people, all of whose jobs but the first say which table it is."""
    return written(with_column("job", lambda i: f"job {k}" if i else "first"))


def at_once(store: OwnStore, owner: str) -> list:
    """Ten people press Go at the same moment; what each of them got."""
    begin = threading.Barrier(MANY)

    def add(k: int):
        begin.wait(30)
        try:
            return store.add("Staff", ROLES, owner.format(k), data=table(k), held_out=("West",))
        except DataError as error:
            return str(error)

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(add, range(MANY)))


@pytest.mark.parametrize("owner", ["ann", "person {}"])
def test_ten_tables_at_once_are_kept_and_none_is_taken_for_another(tmp_path, owner) -> None:
    store = OwnStore(tmp_path / "own")
    added = at_once(store, owner)
    assert sorted(path.name for path in store.root.iterdir()) == sorted(own.id for own in added)
    for k, own in enumerate(added):
        assert store.get(own.id) == own
        assert (store.root / own.id / "table").read_bytes() == table(k)
        assert store.rows(own.id).frame["job"].astype(str).tolist() == ["first"] + [f"job {k}"] * 59
    titles = [own.title for own in added]
    wanted = ["Staff", *(f"Staff ({k})" for k in range(2, MANY + 1))] if owner == "ann" else ["Staff"] * MANY
    assert sorted(titles) == sorted(wanted)


def test_ten_tables_at_once_take_no_more_room_than_there_is(tmp_path, monkeypatch) -> None:
    """Room for four: four are kept, and six are told why not."""
    monkeypatch.setattr(module, "QUOTA", 4 * len(table(0)))
    store = OwnStore(tmp_path / "own")
    added = at_once(store, "ann")
    refused = [told for told in added if isinstance(told, str)]
    assert len(refused) == 6
    assert all("Delete one under 'Your data'" in told for told in refused)
    assert len(store.of("ann")) == len(list(store.root.iterdir())) == 4


def filling_up(after: int, patch: pytest.MonkeyPatch) -> list[str]:
    """Let the disk be full from the n-th thing that is written on; the names of what was tried."""
    tried: list[str] = []

    def limited(name, real):
        def write(*how, **more):
            if name == "open" and not how[1] & os.O_CREAT:  # to look into a folder takes no room
                return real(*how, **more)
            tried.append(name)
            if len(tried) > after:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*how, **more)

        return write

    for owner, name in ((Path, "mkdir"), (Path, "write_bytes"), (Path, "rename"), (os, "open"), (os, "fsync")):
        patch.setattr(owner, name, limited(name, getattr(owner, name)))
    patch.setattr(os, "replace", limited("replace", os.replace))
    return tried


@pytest.mark.parametrize("after", range(7))
def test_a_disk_that_is_full_at_any_write_leaves_the_old_tables_and_a_sentence(tmp_path, monkeypatch, after) -> None:
    store = OwnStore(tmp_path / "own")
    kept = store.add("Staff", ROLES, "ann", data=table(1))
    before = sorted(store.root.rglob("*"))
    with monkeypatch.context() as patch:
        tried = filling_up(after, patch)
        with pytest.raises(DataError) as caught:
            store.add("New", ROLES, "ann", data=table(2))
    assert str(caught.value) == "The table cannot be kept: No space left on device. Free some space."
    assert tried == ["mkdir", "mkdir", "write_bytes", "open", "fsync", "replace", "rename"][: after + 1]
    assert sorted(store.root.rglob("*")) == before
    assert store.of("ann") == [kept]
    assert len(store.rows(kept.id)) == len(rows()) - 1
