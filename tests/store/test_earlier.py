"""Entries of the earlier format: refused with what to do, and upgraded."""

import errno
import json
import os

import pytest

from fairviz.errors import StoreError
from fairviz.store import MANIFEST, EarlierFormatError, ResultStore, read_entry, upgrade_entry, write_entry
from tests.store.entries import SPEC, flip, make_earlier, payload, tree

pytestmark = pytest.mark.usefixtures("kinds")


def test_an_earlier_entry_is_refused_with_what_to_do_and_upgraded(tmp_path):
    entry = write_entry(tmp_path / "run", "mixed", SPEC, **payload())
    make_earlier(entry.path)
    before = {p.name: p.read_bytes() for p in entry.path.iterdir()}
    with pytest.raises(EarlierFormatError, match=r"earlier version; run 'fairviz upgrade .*run'"):
        read_entry(entry.path)
    assert upgrade_entry(entry.path)
    assert read_entry(entry.path) == entry
    after = {p.name: p.read_bytes() for p in entry.path.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {MANIFEST}
    assert tree(tmp_path) == ["run", *(f"run/{name}" for name in sorted(before))]
    assert not upgrade_entry(entry.path)
    assert {p.name: p.read_bytes() for p in entry.path.iterdir()} == after


@pytest.mark.parametrize("damage", ["result.json", "extra", "spec", "digest"])
def test_a_damaged_earlier_entry_is_not_upgraded(tmp_path, damage):
    path = write_entry(tmp_path / "run", "result", SPEC, json_files={"result.json": {"x": 1}}).path
    make_earlier(path)
    manifest = json.loads((path / MANIFEST).read_text())
    if damage == "result.json":
        flip(path / damage)
    elif damage == "extra":
        (path / "more").write_text("x")
    elif damage == "spec":
        manifest["spec"]["lambda"] = 0.6
    else:
        manifest["digest"] = "0"
    (path / MANIFEST).write_text(json.dumps(manifest))
    before = {p.name: p.read_bytes() for p in path.iterdir()}
    with pytest.raises(StoreError):
        upgrade_entry(path)
    assert {p.name: p.read_bytes() for p in path.iterdir()} == before


def test_earlier_entries_of_the_users_store_are_upgraded_when_met(store):
    entry = store.put("result", SPEC, json_files={"result.json": {"x": 1}})
    make_earlier(entry.path)
    shipped = ResultStore(store.root, read_only=True)
    assert shipped.get("result", SPEC) is None
    assert list(shipped.entries("result")) == []
    assert "fairviz upgrade" in shipped.failures()[0]
    assert store.get("result", SPEC) == entry
    assert shipped.get("result", SPEC) == entry
    make_earlier(entry.path)
    assert list(store.entries("result")) == [entry]
    assert shipped.failures() == []
    assert sorted(p.name for p in entry.path.iterdir()) == [MANIFEST, "result.json"]
    assert len(tree(store.root / "result")) == 3


def test_an_earlier_entry_that_cannot_be_rewritten_is_used_and_kept(store, monkeypatch):
    entry = store.put("result", SPEC, json_files={"result.json": {"x": 1}})
    make_earlier(entry.path)
    before = (entry.path / MANIFEST).read_bytes()

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert store.get("result", SPEC) == entry
    with pytest.raises(StoreError, match="cannot be upgraded: No space left"):
        upgrade_entry(entry.path)
    assert (entry.path / MANIFEST).read_bytes() == before
