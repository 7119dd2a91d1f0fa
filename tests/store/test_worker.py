"""Background fits: the worker's progress, Stop, and workers that die."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from fairviz.store import jobs
from fairviz.store.fits import load_fit
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FitSpec
from fairviz.store.worker import work
from fairviz.synthesizers import FADM
from tests.store.fits import OPTIONS, SMALL
from tests.store.queues import fake, until

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


def test_a_job_that_was_stopped_goes_on_and_ends_as_one_that_was_not(queue, dataset, monkeypatch):
    """Stopped twice and killed once; rows and weights are those of a training at one go."""
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=1500, **SMALL)
    job, steps = queue.submit(spec), []
    for _ in range(2):
        until(queue, job, lambda s: s.state == "running" and s.step > (steps[-1] if steps else 0))
        queue.cancel(job)
        steps.append(until(queue, job, lambda s: not s.live).step)
        assert queue.submit(spec) == job
    assert 0 < steps[0] < steps[1] < 1500
    now = until(queue, job, lambda s: s.step > steps[1])
    os.kill(now.pid, signal.SIGKILL)
    monkeypatch.setattr(jobs, "STALE", 2.0)
    assert until(queue, job, lambda s: not s.live).state == "interrupted"
    monkeypatch.setattr(jobs, "STALE", 60.0)
    fake(queue, job, state="interrupted")
    assert queue.submit(spec) == job
    last = until(queue, job, lambda s: not s.live)
    assert (last.state, last.step) == ("done", 1500)
    assert [row[0] for row in last.history] == sorted({row[0] for row in last.history})
    assert not (queue.root / job / "checkpoint").exists()
    entry = queue.library.get(FIT, spec.to_json())
    here = FADM(**spec.params).fit(dataset.source_for("East"))
    pd.testing.assert_frame_equal(load_fit(entry).sample(300, random_state=3), here.sample(300, random_state=3))


@pytest.mark.parametrize("data", [b"", b"x" * 40, None])
def test_a_damaged_checkpoint_is_passed_over(queue, dataset, data):
    """Cut off, foreign, or one flipped bit: the training begins at the start and ends well."""
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=400, **SMALL)
    job = queue.submit(spec)
    until(queue, job, lambda s: s.state == "running" and s.step > 0)
    queue.cancel(job)
    until(queue, job, lambda s: not s.live)
    path = queue.root / job / "checkpoint"
    kept = bytearray(path.read_bytes())
    kept[len(kept) // 2] ^= 1
    path.write_bytes(bytes(kept) if data is None else data)
    queue.submit(spec)
    status = until(queue, job, lambda s: not s.live)
    assert status.state == "done"
    assert status.history[0][0] <= 2


SERVER = """
import os, sys, time
from pathlib import Path
from fairviz.data import load_dataset
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
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
        work(folder, queue.library.store.root, os.getppid())
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
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=30, inner_lr=1e30, meta="second_order", **SMALL)
    status = run(prepare(spec))
    assert status.state == "failed"
    assert "diverged at step" in status.message
    assert list(queue.library.store.entries(FIT)) == []


def test_a_job_waits_for_its_turn_and_can_be_stopped_there(worker, queue, dataset):
    """The one whose turn comes goes first; one that is stopped before has trained nothing."""
    specs = [FitSpec.of(dataset, target, OPTIONS, n_iter=5, **SMALL) for target in ("East", "West")]
    with FileLock(queue.root / "running-0.lock"), FileLock(queue.root / "running-1.lock"):
        first, second = [queue.submit(spec) for spec in specs]
        for job in (first, second):
            assert until(queue, job, lambda s: s.pid > 0).state == "queued"
        queue.cancel(second)
        assert until(queue, second, lambda s: not s.live).state == "cancelled"
        assert queue.status(first).state == "queued"
    assert until(queue, first, lambda s: not s.live).state == "done"
    assert [entry.spec["target"] for entry in queue.library.store.entries(FIT)] == ["East"]


def test_a_waiting_job_has_loaded_next_to_nothing(queue, dataset):
    """A tenth of what a training holds: neither torch nor pandas is there before the turn comes."""
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=5, **SMALL)
    with FileLock(queue.root / "running-0.lock"), FileLock(queue.root / "running-1.lock"):
        status = until(queue, queue.submit(spec), lambda s: s.pid > 0)
        maps = Path(f"/proc/{status.pid}/maps").read_text()
        assert "filelock" in sys.modules
        assert not [name for name in ("libtorch", "/pandas/", "/numpy/", "/sklearn/") if name in maps]
        queue.cancel_fit(spec)


def test_two_fits_are_trained_at_once_and_no_more(queue, dataset, monkeypatch):
    specs = [FitSpec.of(dataset, target, OPTIONS, n_iter=100_000, **SMALL) for target in ("East", "West", "North")]
    jobs_of = [queue.submit(spec) for spec in specs]
    at_once = max(1, min(2, os.cpu_count() or 1))
    end = time.monotonic() + 60
    while time.monotonic() < end:
        states = [queue.status(job).state for job in jobs_of]
        assert states.count("running") <= at_once
        if states.count("running") == at_once and [queue.status(j).step > 0 for j in jobs_of].count(True) == at_once:
            break
        time.sleep(0.1)
    assert states.count("running") == at_once
    assert states.count("queued") == 3 - at_once
    for job in jobs_of:
        queue.cancel(job)
    for job in jobs_of:
        assert until(queue, job, lambda s: not s.live).state == "cancelled"
