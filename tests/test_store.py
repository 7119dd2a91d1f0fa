"""Content-addressed results: whole or absent, whatever happens in between."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairviz.errors import StoreError
from fairviz.store import MANIFEST, ResultStore, key_of, read_entry, write_atomic, write_entry

SPEC = {"data": {"name": "a", "n": 3}, "lambda": 0.5, "seeds": [0, 1], "flag": True}


def payload():
    return {
        "json_files": {"result.json": {"x": [1, 2], "name": "é"}},
        "arrays": {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "i": np.array([2**62, -1])},
        "tables": {"rows.csv": pd.DataFrame({"a": ["NA", "", "x,y", "001"], "b": [1, 2, 3, 4]})},
        "made": {"seconds": 1.5},
    }


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "store")


def tree(root):
    return sorted(str(p.relative_to(root)) for p in root.rglob("*")) if root.exists() else []


# keys


def test_text_of_digits_stays_text(store) -> None:
    """Years as domains: numbers stay numbers beside them."""
    years = pd.DataFrame({"target": ["2008", "2010"], "n": [1, 2], "share": [0.5, 1.0], "without": ["", ""]})
    found = store.put("cell", SPEC, tables={"rows.csv": years}).table("rows.csv")
    assert found["target"].tolist() == ["2008", "2010"]
    assert found["without"].tolist() == ["", ""]
    assert found["n"].tolist() == [1, 2]
    assert found["share"].tolist() == [0.5, 1.0]


def test_key_is_the_sha256_of_the_spec_not_of_its_order():
    other = {"flag": True, "seeds": [0, 1], "lambda": 0.5, "data": {"n": 3, "name": "a"}}
    assert list(other) != list(SPEC)
    assert key_of(other) == key_of(SPEC)
    assert len(key_of(SPEC)) == 64
    import hashlib

    text = '{"data":{"n":3,"name":"a"},"flag":true,"format":1,"lambda":0.5,"seeds":[0,1]}'
    assert key_of(SPEC) == hashlib.sha256(text.encode()).hexdigest()


def test_key_survives_json():
    assert key_of(json.loads(json.dumps(SPEC))) == key_of(SPEC)


@pytest.mark.parametrize(
    "change",
    [
        {"lambda": 0.5000000000000001},
        {"seeds": [1, 0]},
        {"seeds": [0, 1, 2]},
        {"flag": False},
        {"flag": 1},
        {"data": {"name": "a", "n": 4}},
        {"data": {"name": "b", "n": 3}},
        {"data": {"name": "a", "n": 3, "more": None}},
        {"new": 0},
    ],
    ids=str,
)
def test_every_field_is_in_the_key(change):
    assert key_of({**SPEC, **change}) != key_of(SPEC)


@pytest.mark.parametrize("field", SPEC)
def test_a_field_left_out_changes_the_key(field):
    assert key_of({k: v for k, v in SPEC.items() if k != field}) != key_of(SPEC)


# put and get


def test_what_goes_in_comes_out(store):
    assert store.get("cell", SPEC) is None
    entry = store.put("cell", SPEC, **payload())
    found = store.get("cell", SPEC)
    assert found == entry
    assert (found.kind, found.key, found.spec) == ("cell", key_of(SPEC), SPEC)
    assert found.made["seconds"] == 1.5
    assert found.json() == {"x": [1, 2], "name": "é"}
    arrays = found.arrays()
    assert arrays["w"].dtype == np.float32
    np.testing.assert_array_equal(arrays["w"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(arrays["i"], [2**62, -1])
    assert found.table("rows.csv")["a"].tolist() == ["NA", "", "x,y", "001"]
    assert store.failures() == []
    assert [e.key for e in store.entries("cell")] == [key_of(SPEC)]
    assert list(store.entries("fit")) == []


def test_a_view_of_an_array_is_stored_as_it_reads(store):
    """safetensors writes the memory of a transposed array as it lies."""
    w = np.arange(6.0).reshape(2, 3)
    entry = store.put("cell", SPEC, arrays={"t": w.T, "s": w[:, ::2]})
    np.testing.assert_array_equal(entry.arrays()["t"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(entry.arrays()["s"], [[0, 2], [3, 5]])


def test_the_first_of_two_puts_is_kept(store):
    store.put("cell", SPEC, json_files={"result.json": {"x": 1}})
    assert store.put("cell", SPEC, json_files={"result.json": {"x": 2}}).json() == {"x": 1}
    assert len(list(store.entries("cell"))) == 1


def test_somebody_else_publishes_first(store, monkeypatch):
    """Another session renames its entry into place just before this one does."""
    rename = os.rename

    def late(source, destination):
        monkeypatch.setattr(os, "rename", rename)
        write_entry(Path(destination), "cell", SPEC, json_files={"result.json": {"x": "first"}})
        rename(source, destination)

    monkeypatch.setattr(os, "rename", late)
    assert store.put("cell", SPEC, json_files={"result.json": {"x": "second"}}).json() == {"x": "first"}
    assert tree(store.root / "cell") == sorted(
        [key_of(SPEC)[:32], f"{key_of(SPEC)[:32]}/{MANIFEST}", f"{key_of(SPEC)[:32]}/result.json"]
    )


def test_folder_is_private(store):
    store.put("cell", SPEC, **payload())
    assert store.root.stat().st_mode & 0o077 == 0


# damage


def flip(path, at=-1, bit=1):
    data = bytearray(path.read_bytes())
    data[at] ^= bit
    path.write_bytes(data)


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
        (p / MANIFEST).read_text().replace('"format": 1', '"format": 0')
    ),
    "spec altered": lambda p: (p / MANIFEST).write_text((p / MANIFEST).read_text().replace("0.5", "0.6")),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_entry_is_set_aside_and_made_again(store, damage):
    path = store.put("cell", SPEC, **payload()).path
    damage(path)
    with pytest.raises(StoreError) as caught:
        read_entry(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(store.failures()) == 1
    assert store.failures("cell") == store.failures()
    assert store.failures("fit") == []
    assert list(store.entries("cell")) == []
    assert store.get("cell", SPEC) is None
    assert not path.exists()
    assert [p.name[:32] for p in (store.root / "quarantine").iterdir()] == [path.name]
    assert store.failures() == []
    assert store.put("cell", SPEC, **payload()).json()["x"] == [1, 2]


def test_an_entry_of_another_spec_in_its_place_is_foreign(store):
    """Whole in itself, but not the answer to this question."""
    other = {**SPEC, "lambda": 0.7}
    path = store.put("cell", other, json_files={"result.json": {"x": "other"}}).path
    os.rename(path, store.path("cell", SPEC))
    assert store.get("cell", SPEC) is None


def test_any_flipped_bit_of_a_manifest_is_harmless_or_seen(store):
    """No traceback, and never another spec."""
    path = store.put("cell", SPEC, json_files={"result.json": {"x": 1}}).path
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
            assert entry.spec == SPEC
            assert entry.json() == {"x": 1}


@pytest.mark.parametrize("problem", [FileNotFoundError, PermissionError])
def test_a_damaged_entry_that_cannot_be_moved_counts_as_absent(store, monkeypatch, problem):
    """A read-only cache, or another session that has just moved it."""
    path = store.put("cell", SPEC, **payload()).path
    flip(path / "result.json")

    def fail(*args):
        raise problem(errno.EACCES, "no")

    monkeypatch.setattr(os, "rename", fail)
    assert store.get("cell", SPEC) is None


# interrupted writing


def test_failed_rename_leaves_nothing(store, monkeypatch):
    def fail(*args):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail)
        with pytest.raises(StoreError, match="cannot be written: Input/output error"):
            store.put("cell", SPEC, **payload())
    assert tree(store.root / "cell") == []
    assert store.get("cell", SPEC) is None
    assert store.put("cell", SPEC, **payload()).spec == SPEC


@pytest.mark.parametrize("after", [0, 1, 3])
def test_disk_full_leaves_nothing(store, monkeypatch, after):
    write, written = Path.write_bytes, []

    def full(self, data):
        if len(written) == after:
            write(self, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(self)
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match=r"No space left on device.*Free some space"):
        store.put("cell", SPEC, **payload())
    assert len(written) == after
    assert tree(store.root / "cell") == []


def test_a_folder_that_is_there_already_is_kept(tmp_path):
    path = tmp_path / "run"
    path.mkdir()
    (path / "mine.txt").write_text("keep")
    with pytest.raises(StoreError, match="already exists"):
        write_entry(path, "fit", SPEC, **payload())
    assert tree(tmp_path) == ["run", "run/mine.txt"]


KILLER = """
import os, random, signal, sys, time
from pathlib import Path
import numpy as np
from fairviz.store import ResultStore
store = ResultStore(Path(sys.argv[1]))
random.seed(4)
for kill in range(15):
    child = os.fork()
    if child == 0:
        for i in range(10**6):
            w = np.full(100_000, i, np.float32)
            store.put("cell", {"kill": kill, "i": i}, arrays={"w": w}, json_files={"result.json": {"i": i}})
    time.sleep(random.uniform(0.02, 0.12))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


def test_kill_9_while_publishing_leaves_no_half_entry(store):
    done = subprocess.run([sys.executable, "-c", KILLER, str(store.root)], timeout=120, capture_output=True)
    assert done.returncode == 0, done.stderr
    left = [p for p in (store.root / "cell").iterdir() if p.name.startswith(".writing-")]
    assert left  # some were hit in the middle of writing
    assert store.failures() == []
    entries = list(store.entries("cell"))
    assert len(entries) == len(list((store.root / "cell").glob("[0-9a-f]*"))) > 0
    for entry in entries[:20]:
        assert entry.json() == {"i": entry.spec["i"]}
        assert (entry.arrays()["w"] == entry.spec["i"]).all()


# read-only, and one file


def test_a_read_only_store_is_never_written(store):
    path = store.put("cell", SPEC, **payload()).path
    flip(path / "result.json")
    before = {name: (store.root / name).stat().st_mtime_ns for name in tree(store.root)}
    shipped = ResultStore(store.root, read_only=True)
    assert shipped.get("cell", SPEC) is None
    assert len(shipped.failures()) == 1
    assert list(shipped.entries("cell")) == []
    with pytest.raises(StoreError, match="read-only"):
        shipped.put("cell", SPEC, **payload())
    with pytest.raises(StoreError, match="read-only"):
        shipped.put("cell", {"new": 1}, **payload())
    assert {name: (store.root / name).stat().st_mtime_ns for name in tree(store.root)} == before


def test_a_missing_root_is_empty_and_not_made(tmp_path):
    store = ResultStore(tmp_path / "none", read_only=True)
    assert store.get("cell", SPEC) is None
    assert list(store.entries("cell")) == []
    assert store.failures() == []
    assert tree(tmp_path) == []


def test_a_root_below_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"):
        ResultStore(tmp_path / "file" / "store").put("cell", SPEC, **payload())


def test_write_atomic_replaces_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "status.json"
    write_atomic(path, b"old")
    write_atomic(path, b"newer")
    assert path.read_bytes() == b"newer"

    def fail(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, b"newest")
    assert path.read_bytes() == b"newer"
    assert tree(tmp_path) == ["status.json"]
