"""Damaged results: seen, set aside and made again; none of their numbers is given."""

import errno
import os
import shutil

import numpy as np
import pandas as pd
import pytest

from fairviz.errors import StoreError
from fairviz.store import MANIFEST, read_entry
from tests.store.entries import SPEC, flip, payload

pytestmark = pytest.mark.usefixtures("kinds")


DAMAGE = {
    "flipped bit": lambda p: flip(p / "arrays.safetensors"),
    "flipped bit in the table": lambda p: flip(p / "rows.csv", 4),
    "truncated": lambda p: (p / "arrays.safetensors").write_bytes((p / "arrays.safetensors").read_bytes()[:-7]),
    "empty file": lambda p: (p / "result.json").write_bytes(b""),
    "file gone": lambda p: (p / "rows.csv").unlink(),
    "manifest gone": lambda p: (p / MANIFEST).unlink(),
    "manifest empty": lambda p: (p / MANIFEST).write_bytes(b""),
    "manifest cut": lambda p: (p / MANIFEST).write_bytes((p / MANIFEST).read_bytes()[:200]),
    "manifest binary": lambda p: (p / MANIFEST).write_bytes(b"\xff\xfe\x00"),
    "manifest of another tool": lambda p: (p / MANIFEST).write_text('{"format": 1, "files": {}, "name": "x"}'),
    "manifest a list": lambda p: (p / MANIFEST).write_text("[1, 2]"),
    "files a list": lambda p: (p / MANIFEST).write_text('{"format": 1, "files": ["a"]}'),
    "folder empty": lambda p: [f.unlink() for f in p.iterdir()],
    "a file in its place": lambda p: (shutil.rmtree(p), p.write_text("x")),
    "older format": lambda p: (p / MANIFEST).write_text(
        (p / MANIFEST).read_text().replace('"format": 2', '"format": 0')
    ),
    "spec altered": lambda p: (p / MANIFEST).write_text((p / MANIFEST).read_text().replace("0.5", "0.6")),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_entry_is_set_aside_and_made_again(store, damage):
    path = store.put("mixed", SPEC, **payload()).path
    damage(path)
    with pytest.raises(StoreError) as caught:
        read_entry(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(store.failures()) == 1
    assert store.failures("mixed") == store.failures()
    assert store.failures("fit") == []
    assert list(store.entries("mixed")) == []
    assert store.get("mixed", SPEC) is None
    assert not path.exists()
    assert [p.name[:32] for p in (store.root / "quarantine").iterdir()] == [path.name]
    assert store.failures() == []
    assert store.put("mixed", SPEC, **payload()).json("result.json")["x"] == [1, 2]


def test_an_entry_of_another_spec_in_its_place_is_foreign(store):
    """Whole in itself, but not the answer to this question."""
    other = {**SPEC, "lambda": 0.7}
    path = store.put("result", other, json_files={"result.json": {"x": "other"}}).path
    os.rename(path, store.path("result", SPEC))
    assert store.get("result", SPEC) is None


def test_any_flipped_bit_of_a_manifest_is_harmless_or_seen(store):
    """No traceback, and never another spec, kind or way it was made."""
    opened = store.put("result", SPEC, json_files={"result.json": {"x": 1}})
    path = opened.path
    whole = (path / MANIFEST).read_bytes()
    for at in range(len(whole)):
        for bit in (1, 32):
            data = bytearray(whole)
            data[at] ^= bit
            (path / MANIFEST).write_bytes(data)
            try:
                entry = read_entry(path)
            except StoreError:
                continue
            assert entry == opened
            assert entry.json("result.json") == {"x": 1}


@pytest.mark.parametrize("problem", [FileNotFoundError, PermissionError])
def test_a_damaged_entry_that_cannot_be_moved_counts_as_absent(store, monkeypatch, problem):
    """A read-only cache, or another session that has just moved it."""
    path = store.put("mixed", SPEC, **payload()).path
    flip(path / "result.json")

    def fail(*args):
        raise problem(errno.EACCES, "no")

    monkeypatch.setattr(os, "rename", fail)
    assert store.get("mixed", SPEC) is None


# after opening


@pytest.mark.parametrize("name", ["result.json", "arrays.safetensors", "rows.csv"])
@pytest.mark.parametrize("change", ["flipped", "longer", "other", "gone", "link", "pipe"])
def test_an_entry_changed_after_it_was_opened_gives_no_number(store, tmp_path, name, change):
    entry = store.put("mixed", SPEC, **payload())
    read = {"result.json": entry.json, "arrays.safetensors": entry.arrays, "rows.csv": entry.table}[name]
    read(name)
    file, whole = entry.path / name, (entry.path / name).read_bytes()
    if change == "flipped":
        flip(file, len(whole) // 2)
    elif change == "longer":
        file.write_bytes(whole + b"\n")
    elif change == "other":
        table = pd.DataFrame({"a": ["AN", "", "x,y", "001"], "b": [1, 2, 3, 4]})
        arrays = {"w": np.ones((2, 3), np.float32), "i": np.array([1, 2])}
        result = {"result.json": {"x": [3, 4], "name": "\u00e9"}}
        other = store.put("mixed", {"other": 1}, json_files=result, arrays=arrays, tables={"rows.csv": table})
        shutil.copy(other.path / name, file)
        assert file.stat().st_size == len(whole)
    else:
        file.unlink()
        (tmp_path / "whole").write_bytes(whole)
        if change == "link":
            file.symlink_to(tmp_path / "whole")
        elif change == "pipe":
            os.mkfifo(file)
    with pytest.raises(StoreError, match=name.replace(".", r"\.")):
        read(name)


def test_a_payload_that_the_kind_does_not_have(store):
    entry = store.put("result", SPEC, json_files={"result.json": {"x": 1}})
    for read in (entry.json, entry.arrays, entry.table, entry.layout):
        with pytest.raises(StoreError, match="is not part of a result"):
            read("../result.json")
