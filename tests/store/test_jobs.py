"""Jobs as their status files tell of them, and how many the queue takes."""

import time

import pytest

from fairviz.errors import JobError
from fairviz.store import jobs
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from tests.store.fits import OPTIONS
from tests.store.queues import fake

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


@pytest.fixture
def started(monkeypatch):
    """Jobs that would have been started, in order."""
    found = []
    monkeypatch.setattr(JobQueue, "_spawn", lambda self, folder: found.append(folder.name))
    return found


def test_eighteen_run_or_wait_and_the_rest_are_refused(queue, dataset, started):
    specs = [FitSpec.of(dataset, "East", OPTIONS, random_state=seed) for seed in range(19)]
    for spec in specs[:18]:
        queue.submit(spec)
    assert len(started) == len(set(started)) == 18
    with pytest.raises(JobError, match=r"18 fits are running or waiting; there is no room for 1 more. Try again in"):
        queue.submit(specs[18])
    assert len(started) == 18
    assert queue.find(specs[18]) is None
    assert queue.submit(specs[3]) == started[3]  # one that waits already may be joined
    fake(queue, started[0], state="done")
    queue.submit(specs[18])
    assert len(started) == 19


def test_fits_of_one_story_are_taken_all_or_none(queue, dataset, started):
    specs = [FitSpec.of(dataset, "East", OPTIONS, random_state=seed) for seed in range(20)]
    queue.submit_all(specs[:16])
    with pytest.raises(JobError, match="no room for 3 more"):
        queue.submit_all(specs[16:19])
    assert len(started) == 16
    assert [queue.find(spec) for spec in specs[16:]] == [None] * 4
    assert queue.submit_all([specs[0], *specs[16:18]])[0] == started[0]  # one of three is there already
    assert len(started) == 18


def test_one_person_does_not_fill_the_queue(queue, dataset, started):
    specs = [FitSpec.of(dataset, "East", OPTIONS, random_state=seed) for seed in range(12)]
    queue.submit_all(specs[:5], "ann")
    queue.submit_all(specs[4:9], "ann")
    with pytest.raises(JobError, match="9 fits of yours are running or waiting; with 1 more"):
        queue.submit(specs[9], "ann")
    queue.submit(specs[9], "bob")
    queue.submit(specs[0], "bob")  # joined; it stays ann's
    fake(queue, started[0], state="done")
    queue.submit(specs[10], "ann")
    assert len(started) == 11


def test_the_wait_is_the_sum_of_what_is_left_over_the_fits_trained_at_once(queue, dataset, monkeypatch):
    monkeypatch.setattr(JobQueue, "_spawn", lambda self, folder: pytest.fail("must not start"))
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    for i in range(18):
        fake(queue, f"{i:032x}", seconds_left=120.0)
    with pytest.raises(JobError, match="about 18 minutes"):
        queue.submit(FitSpec.of(dataset, "East", OPTIONS))


def test_dead_and_finished_jobs_take_no_place(queue, dataset, started):
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
