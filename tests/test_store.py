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

from fairviz import store as module
from fairviz.errors import StoreError
from fairviz.store import (
    MANIFEST,
    EarlierFormatError,
    ResultStore,
    clear_leftovers,
    digest_of,
    key_of,
    read_entry,
    upgrade_entry,
    write_atomic,
    write_entry,
)

SPEC = {"data": {"name": "a", "n": 3}, "lambda": 0.5, "seeds": [0, 1], "flag": True}


def payload():
    return {
        "json_files": {"result.json": {"x": [1, 2], "name": "é"}},
        "arrays": {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "i": np.array([2**62, -1])},
        "tables": {"rows.csv": pd.DataFrame({"a": ["NA", "", "x,y", "001"], "b": [1, 2, 3, 4]})},
        "made": {"seconds": 1.5},
    }


KINDS = {
    "mixed": frozenset({"result.json", "arrays.safetensors", "rows.csv"}),
    "rows": frozenset({"rows.csv"}),
    "arrays": frozenset({"arrays.safetensors"}),
    "result": frozenset({"result.json"}),
}


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """Kinds of entry that hold what these tests need."""
    for kind, names in KINDS.items():
        monkeypatch.setitem(module.PAYLOADS, kind, names)


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "store")


def tree(root):
    return sorted(str(p.relative_to(root)) for p in root.rglob("*")) if root.exists() else []


# keys


def test_text_of_digits_stays_text(store) -> None:
    """Years as domains: numbers stay numbers beside them."""
    years = pd.DataFrame({"target": ["2008", "2010"], "n": [1, 2], "share": [0.5, 1.0], "without": ["", ""]})
    found = store.put("rows", SPEC, tables={"rows.csv": years}).table("rows.csv")
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
    assert store.get("mixed", SPEC) is None
    entry = store.put("mixed", SPEC, **payload())
    found = store.get("mixed", SPEC)
    assert found == entry
    assert (found.kind, found.key, found.spec) == ("mixed", key_of(SPEC), SPEC)
    assert found.made["seconds"] == 1.5
    assert found.json() == {"x": [1, 2], "name": "é"}
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
    assert store.put("result", SPEC, json_files={"result.json": {"x": 2}}).json() == {"x": 1}
    assert len(list(store.entries("result"))) == 1


def test_somebody_else_publishes_first(store, monkeypatch):
    """Another session renames its entry into place just before this one does."""
    rename = os.rename

    def late(source, destination):
        monkeypatch.setattr(os, "rename", rename)
        write_entry(Path(destination), "result", SPEC, json_files={"result.json": {"x": "first"}})
        rename(source, destination)

    monkeypatch.setattr(os, "rename", late)
    assert store.put("result", SPEC, json_files={"result.json": {"x": "second"}}).json() == {"x": "first"}
    assert tree(store.root / "result") == sorted(
        [key_of(SPEC)[:32], f"{key_of(SPEC)[:32]}/{MANIFEST}", f"{key_of(SPEC)[:32]}/result.json"]
    )


def test_folder_is_private(store):
    store.put("mixed", SPEC, **payload())
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
    assert store.put("mixed", SPEC, **payload()).json()["x"] == [1, 2]


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
            assert entry.json() == {"x": 1}


@pytest.mark.parametrize("problem", [FileNotFoundError, PermissionError])
def test_a_damaged_entry_that_cannot_be_moved_counts_as_absent(store, monkeypatch, problem):
    """A read-only cache, or another session that has just moved it."""
    path = store.put("mixed", SPEC, **payload()).path
    flip(path / "result.json")

    def fail(*args):
        raise problem(errno.EACCES, "no")

    monkeypatch.setattr(os, "rename", fail)
    assert store.get("mixed", SPEC) is None


# interrupted writing


def test_failed_rename_leaves_nothing(store, monkeypatch):
    def fail(*args):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail)
        with pytest.raises(StoreError, match="cannot be written: Input/output error"):
            store.put("mixed", SPEC, **payload())
    assert tree(store.root / "mixed") == []
    assert store.get("mixed", SPEC) is None
    assert store.put("mixed", SPEC, **payload()).spec == SPEC


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
        store.put("mixed", SPEC, **payload())
    assert len(written) == after
    assert tree(store.root / "mixed") == []


def test_a_folder_that_is_there_already_is_kept(tmp_path):
    path = tmp_path / "run"
    path.mkdir()
    (path / "mine.txt").write_text("keep")
    with pytest.raises(StoreError, match="already exists"):
        write_entry(path, "mixed", SPEC, **payload())
    assert tree(tmp_path) == ["run", "run/mine.txt"]


KILLER = """
import os, random, signal, sys, time
from pathlib import Path
import numpy as np
from fairviz.store import PAYLOADS, ResultStore
PAYLOADS["result"] = frozenset({"result.json", "arrays.safetensors"})
store = ResultStore(Path(sys.argv[1]))
random.seed(4)
for kill in range(15):
    child = os.fork()
    if child == 0:
        for i in range(10**6):
            w = np.full(100_000, i, np.float32)
            store.put("result", {"kill": kill, "i": i}, arrays={"w": w}, json_files={"result.json": {"i": i}})
    time.sleep(random.uniform(0.02, 0.12))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


def test_kill_9_while_publishing_leaves_no_half_entry(store, monkeypatch):
    monkeypatch.setitem(module.PAYLOADS, "result", frozenset({"result.json", "arrays.safetensors"}))
    done = subprocess.run([sys.executable, "-c", KILLER, str(store.root)], timeout=120, capture_output=True)
    assert done.returncode == 0, done.stderr
    left = [p for p in (store.root / "result").iterdir() if p.name.startswith(".writing-")]
    assert left  # some were hit in the middle of writing
    assert store.failures() == []
    entries = list(store.entries("result"))
    assert len(entries) == len(list((store.root / "result").glob("[0-9a-f]*"))) > 0
    for entry in entries[:20]:
        assert entry.json() == {"i": entry.spec["i"]}
        assert (entry.arrays()["w"] == entry.spec["i"]).all()


# read-only, and one file


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


def test_a_file_that_does_not_belong_to_the_kind_is_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"A result holds \['result.json'\], not \['other.json'\]"):
        write_entry(tmp_path / "run", "result", SPEC, json_files={"other.json": {}})
    assert tree(tmp_path) == []


def test_what_would_be_too_large_to_read_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setitem(module.MAX_BYTES, ".json", 20)
    with pytest.raises(StoreError, match=r"result\.json would have .* too many to be read again"):
        write_entry(tmp_path / "run", "result", SPEC, json_files={"result.json": {"x": "y" * 20}})
    assert tree(tmp_path) == []


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


# entries of the earlier format


def make_earlier(path):
    """As an earlier version wrote it."""
    manifest = json.loads((path / MANIFEST).read_text())
    assert manifest.pop("digest") == digest_of(manifest)
    manifest["format"] = 1
    (path / MANIFEST).write_text(json.dumps(manifest, indent=1))


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
    module._cleared.clear()
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


def test_publishing_replaces_what_differs_and_keeps_what_does_not(tmp_path) -> None:
    store = ResultStore(tmp_path)
    first = store.publish("result", SPEC, json_files={"result.json": {"n": 1}}, made={"run": "first"})
    again = store.publish("result", SPEC, json_files={"result.json": {"n": 1}}, made={"run": "second"})
    assert again.made["run"] == "first"
    other = store.publish("result", SPEC, json_files={"result.json": {"n": 2}}, made={"run": "third"})
    assert other.path == first.path
    assert (other.json(), other.made["run"]) == ({"n": 2}, "third")
    assert store.get("result", SPEC).json() == {"n": 2}
    assert [path.name for path in first.path.parent.iterdir()] == [first.path.name]


# exchanging an entry for another


def test_an_exchange_that_fails_half_way_leaves_the_old_entry(store, monkeypatch) -> None:
    old = store.put("result", SPEC, json_files={"result.json": {"x": 1}})
    rename = os.rename

    def failing(source, goal):
        if Path(goal) == old.path and ".writing-" in str(source):
            raise OSError(5, "Input/output error")
        rename(source, goal)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", failing)
        with pytest.raises(StoreError, match="Input/output error"):
            store.replace("result", SPEC, json_files={"result.json": {"x": 2}})
    found = store.get("result", SPEC)
    assert found is not None
    assert found.json() == {"x": 1}
    assert [p.name for p in old.path.parent.iterdir()] == [old.path.name]


def test_an_exchange_that_was_killed_half_way_is_put_back(store) -> None:
    path = store.put("result", SPEC, json_files={"result.json": {"x": 1}}).path
    os.rename(path, path.with_name(f".replaced-{path.name}"))
    found = store.get("result", SPEC)
    assert found is not None
    assert found.json() == {"x": 1}


def test_a_reader_never_takes_an_exchange_for_damage(store) -> None:
    """One process replaces an entry over and over; readers find it each time, and nothing goes to quarantine."""
    store.put("result", SPEC, json_files={"result.json": {"x": 0}})
    script = (
        "import sys, pathlib\nfrom fairviz.store import PAYLOADS, ResultStore\n"
        "PAYLOADS['result'] = frozenset({'result.json'})\n"
        f"store, spec = ResultStore(pathlib.Path(sys.argv[1])), {SPEC!r}\n"
        "for x in range(40): store.replace('result', spec, json_files={'result.json': {'x': x}})\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [subprocess.Popen([sys.executable, "-c", script, str(store.root)], env=environment) for _ in range(2)]
    reads = 0
    while any(writer.poll() is None for writer in writers):
        assert store.get("result", SPEC) is not None
        reads += 1
    assert [writer.returncode for writer in writers] == [0, 0]
    assert reads > 20
    assert not (store.root / "quarantine").exists()
    assert store.get("result", SPEC).json() == {"x": 39}
