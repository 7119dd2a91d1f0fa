"""Content-addressed results: what goes in comes out, and what is left behind goes."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairviz.errors import StoreError
from fairviz.store import MANIFEST, ResultStore, clear_leftovers, key_of, results, write_entry
from tests.store.entries import SPEC, flip, payload, tree

pytestmark = pytest.mark.usefixtures("kinds")


def test_text_of_digits_stays_text(store) -> None:
    """Years as domains: numbers stay numbers beside them."""
    years = pd.DataFrame({"target": ["2008", "2010"], "n": [1, 2], "share": [0.5, 1.0], "without": ["", ""]})
    found = store.put("rows", SPEC, tables={"rows.csv": years}).table("rows.csv")
    assert found["target"].tolist() == ["2008", "2010"]
    assert found["without"].tolist() == ["", ""]
    assert found["n"].tolist() == [1, 2]
    assert found["share"].tolist() == [0.5, 1.0]


def test_what_goes_in_comes_out(store):
    assert store.get("mixed", SPEC) is None
    entry = store.put("mixed", SPEC, **payload())
    found = store.get("mixed", SPEC)
    assert found == entry
    assert (found.kind, found.key, found.spec) == ("mixed", key_of(SPEC), SPEC)
    assert found.made["seconds"] == 1.5
    assert found.json("result.json") == {"x": [1, 2], "name": "é"}
    arrays = found.arrays()
    assert arrays["w"].dtype == np.float32
    np.testing.assert_array_equal(arrays["w"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(arrays["i"], [2**62, -1])
    assert found.table("rows.csv")["a"].tolist() == ["NA", "", "x,y", "001"]
    assert store.failures() == []
    assert [e.key for e in store.entries("mixed")] == [key_of(SPEC)]
    assert list(store.entries("fit")) == []


def test_a_view_of_an_array_is_stored_as_it_reads(store):
    """safetensors writes the memory of a transposed array as it lies."""
    w = np.arange(6.0).reshape(2, 3)
    entry = store.put("arrays", SPEC, arrays={"t": w.T, "s": w[:, ::2]})
    np.testing.assert_array_equal(entry.arrays()["t"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(entry.arrays()["s"], [[0, 2], [3, 5]])


def test_the_first_of_two_puts_is_kept(store):
    store.put("result", SPEC, json_files={"result.json": {"x": 1}})
    assert store.put("result", SPEC, json_files={"result.json": {"x": 2}}).json("result.json") == {"x": 1}
    assert len(list(store.entries("result"))) == 1


def test_somebody_else_publishes_first(store, monkeypatch):
    """Another session renames its entry into place just before this one does."""
    rename = os.rename

    def late(source, destination):
        monkeypatch.setattr(os, "rename", rename)
        write_entry(Path(destination), "result", SPEC, json_files={"result.json": {"x": "first"}})
        rename(source, destination)

    monkeypatch.setattr(os, "rename", late)
    assert store.put("result", SPEC, json_files={"result.json": {"x": "second"}}).json("result.json") == {"x": "first"}
    assert tree(store.root / "result") == sorted(
        [key_of(SPEC)[:32], f"{key_of(SPEC)[:32]}/{MANIFEST}", f"{key_of(SPEC)[:32]}/result.json"]
    )


def test_folder_is_private(store):
    store.put("mixed", SPEC, **payload())
    assert store.root.stat().st_mode & 0o077 == 0


def test_publishing_replaces_what_differs_and_keeps_what_does_not(tmp_path) -> None:
    store = ResultStore(tmp_path)
    first = store.publish("result", SPEC, json_files={"result.json": {"n": 1}}, made={"run": "first"})
    again = store.publish("result", SPEC, json_files={"result.json": {"n": 1}}, made={"run": "second"})
    assert again.made["run"] == "first"
    other = store.publish("result", SPEC, json_files={"result.json": {"n": 2}}, made={"run": "third"})
    assert other.path == first.path
    assert (other.json("result.json"), other.made["run"]) == ({"n": 2}, "third")
    assert store.get("result", SPEC).json("result.json") == {"n": 2}
    assert [path.name for path in first.path.parent.iterdir()] == [first.path.name]


# read-only, missing, or no folder


def test_a_read_only_store_is_never_written(store):
    path = store.put("mixed", SPEC, **payload()).path
    flip(path / "result.json")
    before = {name: (store.root / name).stat().st_mtime_ns for name in tree(store.root)}
    shipped = ResultStore(store.root, read_only=True)
    assert shipped.get("mixed", SPEC) is None
    assert len(shipped.failures()) == 1
    assert list(shipped.entries("mixed")) == []
    with pytest.raises(StoreError, match="read-only"):
        shipped.put("mixed", SPEC, **payload())
    with pytest.raises(StoreError, match="read-only"):
        shipped.put("mixed", {"new": 1}, **payload())
    assert {name: (store.root / name).stat().st_mtime_ns for name in tree(store.root)} == before


def test_a_missing_root_is_empty_and_not_made(tmp_path):
    store = ResultStore(tmp_path / "none", read_only=True)
    assert store.get("result", SPEC) is None
    assert list(store.entries("result")) == []
    assert store.failures() == []
    assert tree(tmp_path) == []


def test_a_root_below_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"):
        ResultStore(tmp_path / "file" / "store").put("mixed", SPEC, **payload())


# what is left behind


def test_leftovers_of_killed_writers_go_after_an_hour(store):
    store.put("result", {"first": 0}, json_files={"result.json": {}})
    kept = ["result/.writing-abcdefgh", "fit/.writing-12345678", "fit/notes.txt", ".fairviz-settings"]
    gone = ["fit/.writing-abcdefgh", "sweep/.writing-a_cdefgh", "result/.manifest.json-abcdefgh",
            ".status.json-12345678", "trials/.fairviz-123-0123456789abcdef"]  # fmt: skip
    for name in [*kept, *gone]:
        path = store.root / name
        path.parent.mkdir(exist_ok=True)
        if ".writing-" in name:
            path.mkdir()
            (path / "result.json").write_text("{}")
        else:
            path.write_text("")
        if name not in kept[:2]:
            os.utime(path, (0, 0))
    store.put("result", {"first": 1}, json_files={"result.json": {}})
    assert all((store.root / name).exists() for name in gone)  # once in a process
    results._cleared.clear()
    clear_leftovers(store.root)
    assert not any((store.root / name).exists() for name in gone)
    assert all((store.root / name).exists() for name in kept)
    assert len(list(store.entries("result"))) == 2


def test_the_quarantine_keeps_the_newest(store):
    for n in range(25):
        path = store.put("result", {"n": n}, json_files={"result.json": {"x": n}}).path
        if n == 23:
            shutil.rmtree(path)
            path.symlink_to(store.root.parent)
        else:
            flip(path / MANIFEST)
        assert store.get("result", {"n": n}) is None
    kept = list((store.root / "quarantine").iterdir())
    assert {p.name[:32] for p in kept} == {key_of({"n": n})[:32] for n in range(5, 25)}
    assert store.root.parent.is_dir()
