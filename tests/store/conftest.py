"""A store and a library of one's own; a small fit and a queue of jobs."""

import os
import signal
from contextlib import suppress

import pytest

from fairviz.data import load_dataset
from fairviz.store import PAYLOADS, ResultStore, jobs
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.synthesizers import FADM
from tests.store.entries import KINDS
from tests.store.fits import OPTIONS, TINY


@pytest.fixture
def kinds(monkeypatch):
    """Kinds of entry that hold what these tests need."""
    for kind, names in KINDS.items():
        monkeypatch.setitem(PAYLOADS, kind, names)


@pytest.fixture
def store(tmp_path, kinds):
    return ResultStore(tmp_path / "store")


@pytest.fixture(scope="session")
def dataset():
    return load_dataset("simulated", **OPTIONS)


@pytest.fixture(scope="session")
def spec(dataset):
    return FitSpec.of(dataset, "East", OPTIONS, **TINY)


@pytest.fixture(scope="session")
def fit(spec, dataset):
    return FADM(**spec.params).fit(dataset.source_for("East"))


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "store", tmp_path / "shipped")


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
