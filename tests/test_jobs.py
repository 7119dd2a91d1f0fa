"""Background fits: one training per spec, progress, Stop, and workers that die."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from fairviz import jobs
from fairviz.data import load_dataset
from fairviz.errors import JobError
from fairviz.jobs import JobQueue, JobStatus
from fairviz.library import FIT, FitSpec, Library, load_fit
from fairviz.synthesizers import FADM

OPTIONS = {"n": 400}
SMALL = {"hidden": 16, "depth": 1, "classifier_hidden": 8, "classifier_depth": 1, "batch_size": 64}


@pytest.fixture(scope="module")
def dataset():
    return load_dataset("simulated", **OPTIONS)


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """A queue of its own; a worker may take its time to start here. Workers left over are ended."""
    monkeypatch.setattr(jobs, "STALE", 60.0)
    queue = JobQueue(tmp_path / "jobs", Library(tmp_path / "store", tmp_path / "shipped"))
    yield queue
    for status in queue.all().values():
        if status.pid > 0 and status.pid != os.getpid() and status.state in ("queued", "running", "cancelling"):
            with suppress(ProcessLookupError):
                os.kill(status.pid, signal.SIGKILL)


def until(queue, job, wanted):
    """The status once ``wanted`` holds."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        status = queue.status(job)
        if status is not None and wanted(status):
            return status
        time.sleep(0.1)
    pytest.fail(f"waited in vain; last status {status}")


def fake(queue, job, **status):
    folder = queue.root / job
    folder.mkdir(parents=True, exist_ok=True)
    status = {"state": "running", "heartbeat": time.time(), **status}
    (folder / "status.json").write_text(json.dumps(asdict(JobStatus(**status))))


# with a worker process


def test_a_job_leaves_the_fit_that_training_here_gives(queue, dataset):
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=30, **SMALL)
    job = queue.submit(spec)
    assert queue.submit(spec) == job
    assert list(queue.all()) == [job]
    assert queue.find(spec) is not None
    status = until(queue, job, lambda s: not s.live)
    assert (status.state, status.message) == ("done", "")
    assert status.step == status.n_steps == 30
    assert [row[0] for row in status.history] == list(range(1, 31))
    entry = queue.library.get(FIT, spec.to_json())
    here = FADM(**spec.params).fit(dataset.source_for("East"))
    settings = {"lambda_z": 0.1, "random_state": 3}
    pd.testing.assert_frame_equal(load_fit(entry).sample(200, **settings), here.sample(200, **settings))


def test_cancel_ends_a_long_job_and_stores_nothing(queue, dataset):
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=100_000, **SMALL)
    job = queue.submit(spec)
    assert until(queue, job, lambda s: s.step > 0).state == "running"
    queue.cancel_fit(spec)
    assert queue.status(job).state in ("cancelling", "cancelled")
    assert until(queue, job, lambda s: not s.live).state == "cancelled"
    assert queue.library.get(FIT, spec.to_json()) is None
    assert list(queue.library.store.entries(FIT)) == []


def test_kill_9_is_seen_and_the_next_submit_starts_again(queue, dataset, monkeypatch):
    spec = FitSpec.of(dataset, "West", OPTIONS, n_iter=100_000, **SMALL)
    job = queue.submit(spec)
    first = until(queue, job, lambda s: s.step > 0)
    os.kill(first.pid, signal.SIGKILL)
    monkeypatch.setattr(jobs, "STALE", 2.0)
    gone = until(queue, job, lambda s: not s.live)
    assert gone.state == "interrupted"
    assert "gone" in gone.message
    assert queue.library.get(FIT, spec.to_json()) is None
    monkeypatch.setattr(jobs, "STALE", 60.0)
    (queue.root / job / "cancel").touch()  # of the first one; must not stop the second
    # the old status would count as live again under the longer limit
    fake(queue, job, state="interrupted")
    assert queue.submit(spec) == job
    second = until(queue, job, lambda s: s.step > 0)  # so the dead worker's lock is free too
    assert second.pid != first.pid
    assert second.state == "running"
    queue.cancel(job)
    assert until(queue, job, lambda s: not s.live).state == "cancelled"


# the worker's own code, in this process


@pytest.fixture
def worker(queue, monkeypatch):
    """Runs a job folder as the worker would, in this process."""
    monkeypatch.setattr(os, "nice", lambda step: 0)

    def prepare(spec):
        folder = queue.root / "job"
        folder.mkdir(parents=True)
        (folder / "spec.json").write_text(json.dumps(spec.to_json()))
        return folder

    def run(folder):
        jobs.main(str(folder), str(queue.library.store.root), str(os.getppid()))
        return queue.status("job")

    return prepare, run


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fingerprint": "0" * 64}, "rows here are not those"),
        ({"dataset": "people"}, "No data set 'people'"),
        ({"target": "Mars"}, "no domain 'Mars'"),
        ({"params": {**FADM().get_params(), "n_iter": 0}}, "n_iter is 0"),
    ],
    ids=lambda c: next(iter(c)) if isinstance(c, dict) else "",
)
def test_a_job_that_cannot_be_done_says_why(worker, queue, dataset, change, words):
    prepare, run = worker
    spec = FitSpec.of(dataset, "East", OPTIONS)
    status = run(prepare(FitSpec(**{**vars(spec), **change})))
    assert status.state == "failed"
    assert words in status.message
    assert list(queue.library.store.entries(FIT)) == []


def test_a_second_domain_held_out_is_not_trained_on(worker, queue, dataset):
    prepare, run = worker
    spec = FitSpec.of(dataset, "East", OPTIONS, without="West", n_iter=5, **SMALL)
    assert run(prepare(spec)).state == "done"
    left = dataset.take(~dataset.frame["region"].isin(["East", "West"]).to_numpy())
    here, stored = FADM(**spec.params).fit(left), load_fit(queue.library.get(FIT, spec.to_json()))
    pd.testing.assert_frame_equal(stored.sample(200, random_state=3), here.sample(200, random_state=3))


def test_divergence_is_a_failure_with_advice(worker, queue, dataset):
    prepare, run = worker
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=30, inner_lr=1e30, **SMALL)
    status = run(prepare(spec))
    assert status.state == "failed"
    assert "diverged at step" in status.message
    assert list(queue.library.store.entries(FIT)) == []


def test_a_job_waits_for_its_turn_and_can_be_stopped_there(worker, queue, dataset):
    prepare, run = worker
    folder = prepare(FitSpec.of(dataset, "East", OPTIONS, n_iter=5, **SMALL))
    with FileLock(queue.root / "running.lock"):
        thread = threading.Thread(target=run, args=(folder,))
        thread.start()
        assert until(queue, "job", lambda s: s.heartbeat > 0).state == "queued"
        queue.cancel("job")
        thread.join(60)
        assert not thread.is_alive()
    assert queue.status("job").state == "cancelled"
    assert list(queue.library.store.entries(FIT)) == []


# status files


@pytest.mark.parametrize("job", ["0" * 32, "", "..", "../../etc", "a/b"])
def test_unknown_job(queue, dataset, job, tmp_path):
    assert queue.status(job) is None
    fake(queue, "f" * 32)
    assert queue.status(job) is None
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(JobError, match="No job"):
        queue.cancel(job)
    assert sorted(tmp_path.rglob("*")) == before
    assert queue.find(FitSpec.of(dataset, "East", OPTIONS)) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "running", "shoe": 1}', "null"])
def test_a_damaged_status_is_no_job(queue, text):
    fake(queue, "a")
    (queue.root / "a" / "status.json").write_text(text)
    assert queue.status("a") is None
    assert queue.all() == {}


@pytest.mark.parametrize(
    ("age", "state", "seen"),
    [
        (5, "running", "running"),
        (15, "running", "interrupted"),
        (15, "queued", "interrupted"),
        (-3600, "running", "interrupted"),  # the clock was set back
        (10**6, "done", "done"),
        (10**6, "cancelled", "cancelled"),
        (10**6, "failed", "failed"),
    ],
)
def test_without_a_heartbeat_for_ten_seconds_a_job_is_interrupted(queue, monkeypatch, age, state, seen):
    monkeypatch.setattr(jobs, "STALE", 10.0)
    fake(queue, "a", state=state, heartbeat=time.time() - age, step=7, pid=1)
    status = queue.status("a")
    assert status.state == seen
    assert status.step == 7
    assert status.live == (seen == "running")


def test_stop_shows_at_once(queue):
    fake(queue, "a", state="queued")
    queue.cancel("a")
    assert queue.status("a").state == "cancelling"
    fake(queue, "a", state="done")
    assert queue.status("a").state == "done"


# the queue's length


def test_one_runs_eight_wait_and_the_rest_are_refused(queue, dataset, monkeypatch):
    started = []
    monkeypatch.setattr(JobQueue, "_spawn", lambda self, folder: started.append(folder.name))
    specs = [FitSpec.of(dataset, "East", OPTIONS, random_state=seed) for seed in range(10)]
    for spec in specs[:9]:
        queue.submit(spec)
    assert len(started) == len(set(started)) == 9
    with pytest.raises(JobError, match=r"9 fits are running or waiting. Try again in about \d+ minutes"):
        queue.submit(specs[9])
    assert len(started) == 9
    assert queue.find(specs[9]) is None
    assert queue.submit(specs[3]) == started[3]  # one that waits already may be joined
    fake(queue, started[0], state="done")
    queue.submit(specs[9])
    assert len(started) == 10


def test_the_wait_is_the_sum_of_what_is_left(queue, dataset, monkeypatch):
    monkeypatch.setattr(JobQueue, "_spawn", lambda self, folder: pytest.fail("must not start"))
    for i in range(9):
        fake(queue, f"{i:032x}", seconds_left=120.0)
    with pytest.raises(JobError, match="about 18 minutes"):
        queue.submit(FitSpec.of(dataset, "East", OPTIONS))


def test_dead_and_finished_jobs_take_no_place(queue, dataset, monkeypatch):
    started = []
    monkeypatch.setattr(JobQueue, "_spawn", lambda self, folder: started.append(folder.name))
    for i in range(20):
        fake(queue, f"{i:032x}", **({"state": "done"} if i % 2 else {"heartbeat": time.time() - 100}))
    job = queue.submit(FitSpec.of(dataset, "East", OPTIONS))
    assert started == [job]
    assert queue.status(job).state == "queued"


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path, dataset):
    (tmp_path / "file").write_text("x")
    queue = JobQueue(tmp_path / "file" / "jobs", Library(tmp_path / "store", tmp_path / "shipped"))
    with pytest.raises(JobError, match="cannot be started"):
        queue.submit(FitSpec.of(dataset, "East", OPTIONS))


SERVER = """
import os, sys, time
from pathlib import Path
from fairviz.data import load_dataset
from fairviz.jobs import JobQueue
from fairviz.library import FitSpec, Library
root = Path(sys.argv[1])
queue = JobQueue(root / "jobs", Library(root / "store", root / "shipped"))
print(queue.submit(FitSpec.of(load_dataset("simulated", n=400), "East", {"n": 400}, n_iter=1_000_000)), flush=True)
time.sleep(600)
"""


def test_a_worker_ends_with_the_server_that_started_it(tmp_path):
    """kill -9 of the server: the training stops by itself and says why."""
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    job = server.stdout.readline().strip()
    queue = JobQueue(tmp_path / "jobs", Library(tmp_path / "store", tmp_path / "shipped"))
    worker = until(queue, job, lambda s: s.state == "running").pid
    server.kill()
    server.wait()
    status = until(queue, job, lambda s: not s.live)
    assert status.state == "interrupted"
    assert "closed" in status.message
    end = time.monotonic() + 20
    while Path(f"/proc/{worker}").exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert not Path(f"/proc/{worker}").exists()
    assert not list(Library(tmp_path / "store", tmp_path / "shipped").store.entries(FIT))
