"""What was made from one data set goes when it is deleted, and nothing else does."""

import json
import os
import time

import numpy as np
import pytest

from fairviz.controls.dials import BEST_TRAINING
from fairviz.data.sources import OWN
from fairviz.store import ResultStore
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FIT, SWEEP, FitSpec
from fairviz.store.trials import Row, TrialStore
from fairviz.synthesizers import FADM
from tests.store.entries import tree
from tests.store.fits import OPTIONS, SMALL, sweep
from tests.store.queues import fake, until

PAIR = ("men", "women")
ABOUT = {
    "method": "fadm", "setting": "{}", "target": "East", "classifier": "mlp", "seed": 3, "without": "", "n": 300,
    "n_steps": 10, "n_iter": 0,
}  # fmt: skip
MINE, OTHER = {"id": "a" * 32}, {"id": "b" * 32}


def row(k: int) -> Row:
    return Row(f"{k:032x}", ABOUT, np.full((2, 2, 2), k))


def found(store: TrialStore, *numbers: int) -> list[int]:
    """Which of these rows the store gives, by the counts that they hold."""
    return [int(there.table[0, 0, 0]) for there in store.get([row(k).key for k in numbers]).values()]


# trials


def test_rows_of_one_data_set_go_and_those_of_others_stay(tmp_path) -> None:
    store = TrialStore(tmp_path)
    store.put("mine", PAIR, [row(1), row(2)])
    store.put("other", PAIR, [row(3)])
    store.put("mine", ("a", "b"), [row(4)])
    store.forget("mine")
    assert found(store, 1, 2, 3, 4) == [3]
    assert found(TrialStore(tmp_path), 1, 2, 3, 4) == [3]
    assert len(list(tmp_path.glob("*.parquet"))) == 1


def test_who_has_read_the_rows_already_forgets_them_too(tmp_path) -> None:
    writer, reader = TrialStore(tmp_path), TrialStore(tmp_path)
    writer.put("mine", PAIR, [row(1)])
    writer.put("other", PAIR, [row(2)])
    assert found(reader, 1, 2) == [1, 2]
    TrialStore(tmp_path).forget("mine")
    assert found(reader, 1, 2) == [2]
    assert found(reader, 1) == []
    assert found(writer, 1, 2) == [2]  # who wrote them as well
    assert reader.damaged == {}


def test_after_forgetting_new_rows_are_found_again_and_again_forgotten(tmp_path) -> None:
    writer, reader = TrialStore(tmp_path), TrialStore(tmp_path)
    for k in (1, 2, 3):
        writer.put("mine", PAIR, [row(k)])
        assert found(reader, 1, 2, 3) == [k]
        assert found(writer, 1, 2, 3) == [k]
        writer.forget("mine")
        assert found(reader, 1, 2, 3) == []


def test_forgetting_what_is_not_there_changes_nothing(tmp_path) -> None:
    TrialStore(tmp_path / "none").forget("mine")
    assert not (tmp_path / "none").exists()
    store = TrialStore(tmp_path / "some")
    store.put("other", PAIR, [row(1)])
    (tmp_path / "some" / "x.parquet").write_bytes(b"PAR1 or so")
    before = set(tree(tmp_path / "some"))
    store.forget("mine")
    assert before <= set(tree(tmp_path / "some"))
    assert found(store, 1) == [1]


def test_merged_rows_go_as_well(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("fairviz.store.trials.MANY", 3)
    store = TrialStore(tmp_path)
    for k in range(6):
        store.put(("mine", "other")[k % 2], PAIR, [row(k)])
    store.merge()
    assert len(list(tmp_path.glob("*.parquet"))) == 2
    store.forget("mine")
    assert found(TrialStore(tmp_path), *range(6)) == [1, 3, 5]


# fits


def put(store, target, name=OWN, options=MINE, fingerprint="mine"):
    """A fit's entry; what it holds does not matter for finding it."""
    spec = FitSpec(name, fingerprint, target, options, FADM(**BEST_TRAINING).get_params())
    return store.put(FIT, spec.to_json(), json_files={"fit.json": {}}, arrays={})


def test_fits_of_one_data_set_go_and_those_of_others_stay(library) -> None:
    for target in ("East", "West"):
        put(library.store, target)
    stay = [
        put(library.store, "East", options=OTHER),  # the same rows under another id
        put(library.store, "East", name="simulated", options={}),
        put(library.store, "East", name="people", options=MINE),
        put(library.store, "East", options={**MINE, "n": 3}),
        put(ResultStore(library.shipped.root), "North"),
    ]
    spec = {"dataset": {"name": OWN, "options": MINE, "fingerprint": "mine"}}
    stay.append(library.store.put(SWEEP, spec, **sweep(1)))
    library.trials.put("mine", PAIR, [row(1)])
    library.trials.put("other", PAIR, [row(2)])
    library.forget(OWN, MINE, "mine")
    again = Library(library.store.root, library.shipped.root)
    there = [entry.path for store in again.stores for kind in (FIT, SWEEP) for entry in store.entries(kind)]
    assert sorted(there) == sorted(entry.path for entry in stay)
    assert set(again.find_fits("mine")) == {"East", "North"}
    assert found(again.trials, 1, 2) == [2]


def test_trials_stay_where_another_data_set_has_the_same_rows(library) -> None:
    put(library.store, "East")
    library.trials.put("mine", PAIR, [row(1)])
    library.forget(OWN, MINE)
    assert library.find_fits("mine") == {}
    assert found(library.trials, 1) == [1]


def test_an_empty_library_forgets_without_making_anything(library) -> None:
    library.forget(OWN, MINE, "mine")
    assert not library.store.root.exists()


# jobs


def job(queue, name, dataset, options, **status) -> None:
    fake(queue, name, **status)
    spec = FitSpec(dataset, "f", "East", options)
    (queue.root / name / "spec.json").write_text(json.dumps(spec.to_json()))


def test_jobs_of_one_data_set_go_and_those_of_others_stay(queue) -> None:
    job(queue, "1", OWN, MINE, state="done")
    job(queue, "2", OWN, MINE, state="queued")
    job(queue, "3", OWN, OTHER, state="queued", step=5)
    job(queue, "4", "simulated", MINE, state="failed")
    fake(queue, "5", state="done")  # without a specification
    (queue.root / "6").mkdir()
    (queue.root / "6" / "spec.json").write_text("{")
    before = tree(queue.root)
    queue.forget(OWN, MINE)
    assert tree(queue.root) == [path for path in before if path[0] not in "12"]
    assert {name: (status.state, status.step) for name, status in queue.all().items()} == {
        "3": ("queued", 5), "4": ("failed", 0), "5": ("done", 0)
    }  # fmt: skip


def test_a_queue_that_never_was_forgets_without_making_anything(tmp_path, library) -> None:
    JobQueue(tmp_path / "none", library).forget(OWN, MINE)
    assert not (tmp_path / "none").exists()


def test_a_fit_that_is_being_trained_is_stopped_and_not_kept(queue, dataset) -> None:
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=1_000_000, **SMALL)
    name = queue.submit(spec)
    worker = until(queue, name, lambda s: s.step > 0).pid
    queue.forget("simulated", OPTIONS)
    assert queue.find(spec) is None
    end = time.monotonic() + 120
    try:
        while os.waitpid(worker, os.WNOHANG) == (0, 0):
            if time.monotonic() > end:
                pytest.fail("the worker goes on")
            time.sleep(0.1)
    except ChildProcessError:  # somebody else has seen it end
        pass
    assert queue.all() == {}
    assert list(queue.library.store.entries(FIT)) == []
