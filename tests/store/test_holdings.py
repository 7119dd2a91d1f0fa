"""What lies in a store is told by ids and keys, and single things go without touching others."""

import json
import os
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from fairviz.data.own import OwnStore
from fairviz.data.roles import Division, Label, Roles
from fairviz.data.sets import DATASETS
from fairviz.data.sources import OWN
from fairviz.errors import StoreError
from fairviz.store import ResultStore
from fairviz.store.holdings import TRAINING, Held, entries_of, remove, remove_table, size_of, trainings_of
from fairviz.store.jobs import JobQueue
from fairviz.store.specs import FIT, FRONTIER, FitSpec
from fairviz.store.trials import TrialStore
from fairviz.synthesizers import FADM
from tests.store.entries import tree
from tests.store.fits import sweep
from tests.store.queues import fake
from tests.store.test_forget import MINE, OTHER, PAIR, row

ADULT = DATASETS["adult"].fingerprint


def put(store, target, name=OWN, options=MINE, fingerprint="mine", **made):
    spec = FitSpec(name, fingerprint, target, options, FADM().get_params())
    return store.put(FIT, spec.to_json(), json_files={"fit.json": {}}, arrays={"x": np.zeros(1000)}, made=made)


def training(queue, name, options, **status):
    """A job's folder; its key."""
    spec = FitSpec(OWN, "f", name, options)
    folder = queue._folder(spec)
    fake(queue, folder.name, **status)
    (folder / "spec.json").write_text(json.dumps(spec.to_json()))
    return folder.name


def test_entries_are_told_with_size_time_and_duration(library) -> None:
    entry = put(library.store, "East", seconds=74.2, time="2026-11-20T10:33:57+00:00")
    spec = {"dataset": {"name": "adult", "options": {}, "fingerprint": ADULT}, "quick": False}
    compared = library.store.put(FRONTIER, spec, **sweep(1))
    put(ResultStore(library.shipped.root), "West")  # came with the package
    fit, frontier = entries_of(library)
    size = sum(len(path.read_bytes()) for path in entry.path.iterdir())
    assert fit == Held(
        FIT, entry.key, OWN, MINE, "mine", "East", "fadm", size, datetime(2026, 11, 20, 10, 33, 57).timestamp()
        + datetime(2026, 11, 20).astimezone().utcoffset().total_seconds(), 74.2,
    )  # fmt: skip
    assert size > 8000
    assert (frontier.kind, frontier.key, frontier.target) == (FRONTIER, compared.key, "")
    assert (fit.built_in, frontier.built_in) == ("", "adult")


@pytest.mark.parametrize(
    ("name", "options", "fingerprint", "table", "built_in"),
    [
        (OWN, MINE, "mine", True, ""),
        (OWN, OTHER, "mine", False, ""),
        (OWN, {**MINE, "n": 3}, "mine", False, ""),
        ("adult", MINE, "mine", False, "adult"),
        ("adult", {}, ADULT, False, "adult"),
        ("adult", {}, "mine", False, ""),  # a file that is called like it
        ("people", {}, ADULT, False, ""),
    ],
)
def test_whose_a_thing_is(name, options, fingerprint, table, built_in) -> None:
    held = Held(FIT, "0" * 64, name, options, fingerprint)
    assert (held.of_table(MINE["id"]), held.built_in) == (table, built_in)


def test_what_is_no_entry_is_passed_over(library) -> None:
    library.store.put(FIT, {"dataset": "adult"}, json_files={"fit.json": {}}, arrays={})
    library.store.put(FRONTIER, {"dataset": ["x"]}, **sweep(1))
    library.store.put("sweep", {"dataset": {}}, **sweep(1), made={"time": "once", "seconds": "long"})
    damaged = put(library.store, "East")
    (damaged.path / "fit.json").write_text("[]")
    (found,) = entries_of(library)
    assert (found.kind, found.name, found.made, found.seconds) == ("sweep", "None", 0.0, 0.0)


def test_trainings_that_have_not_ended_well(queue) -> None:
    stopped = training(queue, "East", MINE, state="cancelled", step=300, n_steps=1200)
    (queue.root / stopped / "checkpoint").write_bytes(b"x" * 5000)
    training(queue, "West", MINE, state="done")
    waits = training(queue, "South", OTHER, state="queued")
    fake(queue, "0" * 32, state="failed")  # without a specification
    found = {held.key: held for held in trainings_of(queue)}
    assert found.keys() == {stopped, waits}
    held = found[stopped]
    assert (held.kind, held.target, held.state, held.share) == (TRAINING, "East", "cancelled", 0.25)
    assert held.size == sum(len(path.read_bytes()) for path in (queue.root / stopped).iterdir()) > 5000
    assert held.of_table(MINE["id"])
    assert not found[waits].of_table(MINE["id"])


def test_one_fit_goes_and_its_neighbours_stay(library, queue) -> None:
    east, west = put(library.store, "East"), put(library.store, "West")
    done = [training(queue, target, MINE, state="done") for target in ("East", "West")]
    held = next(one for one in entries_of(library) if one.target == "East")
    os.rename(queue.root / done[0], queue.root / east.key[:32])  # as a training leaves it
    before = tree(library.store.root)
    remove(held, library, queue)
    assert tree(library.store.root) == [path for path in before if east.key[:32] not in path]
    assert sorted(path.name for path in queue.root.iterdir()) == [done[1]]
    assert [one.key for one in entries_of(library)] == [west.key]
    with pytest.raises(StoreError, match="not there any more"):
        remove(held, library, queue)


def test_a_training_goes_with_its_checkpoint(library, queue) -> None:
    key, other = (training(queue, target, MINE, state="interrupted") for target in ("East", "West"))
    (queue.root / key / "checkpoint").write_bytes(b"x")
    remove(next(held for held in trainings_of(queue) if held.key == key), library, queue)
    assert [path.name for path in queue.root.iterdir()] == [other]


@pytest.mark.parametrize("change", [{"key": "../" * 12}, {"key": ""}, {"key": "."}, {"kind": "../fit"}, {"kind": ".."}])
def test_nothing_outside_the_store_can_be_named(library, queue, tmp_path, change) -> None:
    put(library.store, "East")
    (tmp_path / "precious").write_text("x")
    before = tree(tmp_path)
    with pytest.raises(StoreError, match="no such result"):
        remove(replace(entries_of(library)[0], **change), library, queue)
    assert tree(tmp_path) == before


def test_trials_are_counted_by_the_rows_they_are_of(tmp_path) -> None:
    store = TrialStore(tmp_path)
    assert store.sizes() == {}
    store.put("mine", PAIR, [row(1), row(2)])
    store.put("mine", ("a", "b"), [row(4)])
    store.put("other", PAIR, [row(3)])
    (tmp_path / "x.parquet").write_bytes(b"PAR1 or so")
    sizes = store.sizes()
    assert {name: n for name, (n, _) in sizes.items()} == {"mine": 3, "other": 1}
    assert sum(size for _, size in sizes.values()) == size_of(tmp_path) - 10


def test_a_table_goes_with_what_is_its_own_and_nothing_of_another_owner(library, queue, tmp_path) -> None:
    """The same file with the same roles, of two people: numbers are of the rows, so they stay for the other."""
    tables = OwnStore()
    roles = Roles(Label("y", ("1",)), Division(("g",)), Division(("d",)))
    rows = b"x,y,g,d\n" + b"".join(b"%d,%d,%s,%s\n" % (k, k % 2, b"ab"[k % 3 > 0 :][:1], b"uv"[k % 5 > 1 :][:1])
                                   for k in range(60))  # fmt: skip
    mine, theirs = (tables.add("Loans", roles, owner, data=rows) for owner in ("me", "another"))
    fingerprint = tables.rows(mine.id).fingerprint()
    assert tables.rows(theirs.id).fingerprint() == fingerprint
    for own in (mine, theirs):
        put(library.store, "u", options={"id": own.id}, fingerprint=fingerprint)
        training(queue, "v", {"id": own.id}, state="cancelled")
    library.trials.put(fingerprint, PAIR, [row(1)])
    remove_table(mine, library, queue, tables)
    assert [own.id for own in tables.every()] == [theirs.id]
    assert [held.options["id"] for held in [*entries_of(library), *trainings_of(queue)]] == [theirs.id] * 2
    assert library.trials.sizes()[fingerprint][0] == 1
    remove_table(theirs, library, JobQueue(queue.root, library), tables)
    assert [*tables.every(), *entries_of(library), *trainings_of(queue), *library.trials.sizes()] == []
