"""Trials on disk: what is written comes back, whoever writes and merges beside, and what was changed is left out."""

import hashlib
import multiprocessing
import stat
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fairviz.errors import StoreError
from fairviz.store import trials
from fairviz.store.trials import Row, TrialStore

PAIR, TRIPLE = ("men", "women"), ("a", "b, c", "it's ä")
ABOUT = {
    "method": "fadm", "setting": '{"control": "dp", "lambda_z": 0.2}', "target": "East", "classifier": "mlp", "seed": 3,
    "without": "", "n": 20_000, "n_steps": 20, "n_iter": 0,
}  # fmt: skip


def row(k: int, n_groups: int = 2, **about) -> Row:
    """A row whose counts tell which one it is."""
    table = 1000 * k + np.arange(4 * n_groups).reshape(n_groups, 2, 2)
    return Row(f"{k:032x}", {**ABOUT, "seed": k, **about}, table, 0.5 * k)


def same(found: dict[str, Row], rows: list[Row]) -> bool:
    """Whether exactly these rows were found, with all that they hold."""
    assert set(found) == {one.key for one in rows}
    for one in rows:
        there = found[one.key]
        assert there.key == one.key
        assert there.about == one.about
        assert [type(value) for value in there.about.values()] == [type(value) for value in one.about.values()]
        assert there.table.shape == one.table.shape
        assert (there.table == one.table).all()
        assert there.seconds == one.seconds
    return True


def filled(root: Path, n: int, fingerprint: str = "f", groups=PAIR, start: int = 0) -> list[Row]:
    """Segments of one row each."""
    rows, store = [row(start + k, len(groups)) for k in range(n)], TrialStore(root)
    for one in rows:
        store.put(fingerprint, groups, [one])
    return rows


def files(root: Path) -> list[Path]:
    return sorted(root.glob("*"))


# written and read


@pytest.mark.parametrize("groups", [PAIR, TRIPLE], ids=len)
def test_rows_come_back_as_written(tmp_path, groups) -> None:
    hostile = "a, \"b\"\n'ä' \u4e2d\U0001f600"
    rows = [
        row(1, len(groups)),
        row(2, len(groups), method="vae", setting="{}", target=hostile, without=hostile, n_iter=1_000_000),
        Row("f" * 32, dict(ABOUT), np.full((len(groups), 2, 2), 2_000_000), 12.25),
        Row("0" * 32, dict(ABOUT), np.zeros((len(groups), 2, 2), int)),
    ]
    TrialStore(tmp_path / "trials").put("f", groups, rows)
    assert same(TrialStore(tmp_path / "trials").get([one.key for one in rows]), rows)
    assert rows[3].seconds == 0.0


def test_a_row_flat_is_the_trial_and_its_counts() -> None:
    told = row(7, 3).flat()
    assert {name: told.pop(name) for name in ABOUT} == {**ABOUT, "seed": 7}
    assert told == {f"n_{k}_{y}_{p}": 7000 + 4 * k + 2 * y + p for k in (0, 1, 2) for y in (0, 1) for p in (0, 1)}


def test_only_what_is_asked_for_and_stored_is_given(tmp_path) -> None:
    root = tmp_path / "trials"
    reader = TrialStore(root)
    assert reader.get(["0" * 32]) == {}
    assert not root.exists()  # reading makes nothing
    rows = filled(root, 3)
    assert same(reader.get([rows[1].key, "no such key"]), [rows[1]])
    later = filled(root, 2, start=10)  # after the reader has looked
    assert same(reader.get([later[1].key, rows[0].key]), [later[1], rows[0]])


def test_what_was_put_is_there_for_the_writer_at_once(tmp_path) -> None:
    store = TrialStore(tmp_path)
    store.put("f", PAIR, [row(1)])
    assert same(store.get([row(1).key]), [row(1)])
    store.put("f", PAIR, [])
    assert len(files(tmp_path)) == 1  # nothing to write, nothing written


def test_a_segment_is_named_after_its_bytes_and_is_the_user_s_alone(tmp_path) -> None:
    root = tmp_path / "trials"
    (one,) = filled(root, 1, groups=TRIPLE)
    (path,) = files(root)
    assert path.name == hashlib.sha256(path.read_bytes()).hexdigest()[:32] + ".parquet"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    (told,) = pq.read_table(path).to_pylist()  # any reader of Parquet finds the trial
    assert {name: told[name] for name in ABOUT} == one.about
    assert told["counts"] == list(range(12))
    before = path.stat().st_mtime_ns
    filled(root, 2, start=5)
    assert path.stat().st_mtime_ns == before  # and it never changes


def test_a_folder_that_cannot_be_written(tmp_path) -> None:
    (tmp_path / "trials").write_text("old")
    with pytest.raises(StoreError, match="cannot be written"):
        TrialStore(tmp_path / "trials").put("f", PAIR, [row(1)])
    assert (tmp_path / "trials").read_text() == "old"


# several at once


def write_and_merge(root: Path, start: int, n: int, together) -> None:
    """What one process does: rows one by one, merging all the while."""
    trials.MANY = 6
    store = TrialStore(root)
    together.wait(60)
    for k in range(start, start + n):
        store.put("f", PAIR, [row(k)])
        store.merge()


def test_two_processes_at_once_lose_nothing(tmp_path) -> None:
    context, root, n = multiprocessing.get_context("spawn"), tmp_path / "trials", 40
    together = context.Barrier(2)
    both = [context.Process(target=write_and_merge, args=(root, start, n, together)) for start in (0, 1000)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    rows = [row(start + k) for start in (0, 1000) for k in range(n)]
    store = TrialStore(root)
    assert same(store.get([one.key for one in rows]), rows)
    assert store.damaged == {}
    assert all(path.suffix == ".parquet" for path in files(root))  # nothing half-written is left
    assert len(files(root)) < n  # they did merge


# changed bytes


@pytest.mark.parametrize("change", ["a bit", "cut off", "empty", "no table"])
def test_a_changed_segment_is_left_out_and_told(tmp_path, change) -> None:
    rows = filled(tmp_path, 3)
    paths = {path: TrialStore(tmp_path)._rows_of(path)[0].key for path in files(tmp_path)}
    path, key = next(iter(paths.items()))
    data = bytearray(path.read_bytes())
    if change == "a bit":
        data[len(data) // 3] ^= 1
    path.write_bytes({"a bit": data, "cut off": data[:-9], "empty": b"", "no table": b"PAR1 or so"}[change])
    store = TrialStore(tmp_path)
    assert same(store.get([one.key for one in rows]), [one for one in rows if one.key != key])
    assert list(store.damaged) == [path.name]
    (told,) = store.damaged.values()
    assert str(path) in told
    assert "left out" in told


def test_a_whole_store_tells_of_nothing(tmp_path) -> None:
    rows = filled(tmp_path, 3)
    store = TrialStore(tmp_path)
    store.get([one.key for one in rows])
    assert store.damaged == {}


def test_a_segment_of_a_later_version_is_left_out_and_told(tmp_path, monkeypatch) -> None:
    (old,) = filled(tmp_path, 1)
    with monkeypatch.context() as patch:
        patch.setattr(trials, "FORMAT", trials.FORMAT + 1)
        (new,) = filled(tmp_path, 1, start=5)
    store = TrialStore(tmp_path)
    assert same(store.get([old.key, new.key]), [old])
    (told,) = store.damaged.values()
    assert "format 2" in told


# merging


def test_many_small_segments_become_one_with_every_row(tmp_path) -> None:
    rows = filled(tmp_path, trials.MANY)
    keys = [one.key for one in rows]
    before = TrialStore(tmp_path)
    assert same(before.get(keys), rows)
    TrialStore(tmp_path).merge()
    (path,) = files(tmp_path)
    assert path.name == hashlib.sha256(path.read_bytes()).hexdigest()[:32] + ".parquet"
    assert same(TrialStore(tmp_path).get(keys), rows)
    assert same(before.get([*keys, "another"]), rows)  # who had read the parts goes on
    TrialStore(tmp_path).merge()
    assert files(tmp_path) == [path]


def test_few_segments_stay_as_they_are(tmp_path) -> None:
    filled(tmp_path, trials.MANY - 1)
    before = files(tmp_path)
    TrialStore(tmp_path).merge()
    assert files(tmp_path) == before
    TrialStore(tmp_path / "none").merge()
    assert not (tmp_path / "none").exists()


def test_a_merged_segment_is_of_one_data_set(tmp_path, monkeypatch) -> None:
    """Each with its own groups; a data set with few segments keeps them, and so does one whose groups are others."""
    monkeypatch.setattr(trials, "MANY", 5)
    many, few = filled(tmp_path, 5, "many"), filled(tmp_path, 4, "few", start=100)
    three = filled(tmp_path, 4, "many", TRIPLE, start=200)
    rows = [*many, *few, *three]
    TrialStore(tmp_path).merge()
    assert len(files(tmp_path)) == 1 + 4 + 4
    assert same(TrialStore(tmp_path).get([one.key for one in rows]), rows)
    more = filled(tmp_path, 1, "many", TRIPLE, start=300)
    TrialStore(tmp_path).merge()
    assert len(files(tmp_path)) == 1 + 4 + 1
    assert same(TrialStore(tmp_path).get([one.key for one in rows + more]), rows + more)


def test_large_segments_are_not_merged_again(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(trials, "MANY", 3)
    monkeypatch.setattr(trials, "SMALL", 4)
    large = [row(k) for k in range(4)]
    TrialStore(tmp_path).put("f", PAIR, large)
    (path,) = files(tmp_path)
    small = filled(tmp_path, 3, start=100)
    TrialStore(tmp_path).merge()
    assert path in files(tmp_path)
    assert len(files(tmp_path)) == 2
    assert same(TrialStore(tmp_path).get([one.key for one in large + small]), large + small)


def test_merging_leaves_what_it_cannot_read(tmp_path, monkeypatch) -> None:
    """Damaged, of a later version, or no segment at all: its rows are in no merged one, so it must not go."""
    monkeypatch.setattr(trials, "MANY", 4)
    (damaged,) = filled(tmp_path, 1, start=50)
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    data[10] ^= 1  # the end, where a reader looks first, is whole
    path.write_bytes(data)
    with monkeypatch.context() as patch:
        patch.setattr(trials, "FORMAT", trials.FORMAT + 1)
        filled(tmp_path, 1, start=60)
    pq.write_table(pq.read_table(files(tmp_path)[0]).replace_schema_metadata(None), tmp_path / "other.parquet")
    left = files(tmp_path)
    rows = filled(tmp_path, 3)
    TrialStore(tmp_path).merge()
    assert len(files(tmp_path)) == 3 + 3  # three that can be read are not many
    rows += filled(tmp_path, 1, start=20)
    TrialStore(tmp_path).merge()
    assert len(files(tmp_path)) == 3 + 1
    assert set(left) <= set(files(tmp_path))
    assert same(TrialStore(tmp_path).get([*(one.key for one in rows), damaged.key]), rows)


def test_a_reader_that_listed_the_parts_before_they_went_finds_the_rows(tmp_path, monkeypatch) -> None:
    """The merged segment came after the reader had listed the folder, and the parts went before it read them."""
    rows, listed, read_bytes = filled(tmp_path, trials.MANY), [], Path.read_bytes

    def late(path: Path) -> bytes:
        if not listed:
            listed.extend(files(tmp_path))
            TrialStore(tmp_path).merge()
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", late)
    reader = TrialStore(tmp_path)
    found = reader.get([one.key for one in rows])
    assert len(listed) == trials.MANY
    assert len(files(tmp_path)) == 1
    assert not set(listed) & set(files(tmp_path))
    assert same(found, rows)
    assert reader.damaged == {}  # a part that went is not damaged
