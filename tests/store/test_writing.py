"""Results are written whole or not at all, whatever happens in between."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairviz.errors import StoreError
from fairviz.store import PAYLOADS, keys, write_atomic, write_entry
from tests.store.entries import SPEC, payload, tree

pytestmark = pytest.mark.usefixtures("kinds")


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
    monkeypatch.setitem(PAYLOADS, "result", frozenset({"result.json", "arrays.safetensors"}))
    done = subprocess.run([sys.executable, "-c", KILLER, str(store.root)], timeout=120, capture_output=True)
    assert done.returncode == 0, done.stderr
    left = [p for p in (store.root / "result").iterdir() if p.name.startswith(".writing-")]
    assert left  # some were hit in the middle of writing
    assert store.failures() == []
    entries = list(store.entries("result"))
    assert len(entries) == len(list((store.root / "result").glob("[0-9a-f]*"))) > 0
    for entry in entries[:20]:
        assert entry.json("result.json") == {"i": entry.spec["i"]}
        assert (entry.arrays()["w"] == entry.spec["i"]).all()


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
    monkeypatch.setitem(keys.MAX_BYTES, ".json", 20)
    with pytest.raises(StoreError, match=r"result\.json would have .* too many to be read again"):
        write_entry(tmp_path / "run", "result", SPEC, json_files={"result.json": {"x": "y" * 20}})
    assert tree(tmp_path) == []


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
    assert found.json("result.json") == {"x": 1}
    assert [p.name for p in old.path.parent.iterdir()] == [old.path.name]


def test_an_exchange_that_was_killed_half_way_is_put_back(store) -> None:
    path = store.put("result", SPEC, json_files={"result.json": {"x": 1}}).path
    os.rename(path, path.with_name(f".replaced-{path.name}"))
    found = store.get("result", SPEC)
    assert found is not None
    assert found.json("result.json") == {"x": 1}


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
    assert store.get("result", SPEC).json("result.json") == {"x": 39}
