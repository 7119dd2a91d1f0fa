"""Many who ask for the same at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

from fairviz.store import jobs
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from tests.store.fits import OPTIONS, SMALL
from tests.store.queues import until

MANY = 30


def test_thirty_who_ask_for_one_fit_at_once_start_one_training(queue, dataset, monkeypatch) -> None:
    """Each with a queue of its own, as sessions of several servers over one cache would have."""
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=1_000_000, **SMALL)
    start, together, started = jobs.subprocess.Popen, threading.Barrier(MANY), []

    def noted(*args, **how):
        started.append(start(*args, **how))
        return started[-1]

    def ask(k: int) -> str:
        own = JobQueue(queue.root, Library(queue.library.store.root, queue.library.shipped.root))
        together.wait(60)
        return own.submit(spec)

    monkeypatch.setattr(jobs.subprocess, "Popen", noted)
    with ThreadPoolExecutor(MANY) as pool:
        told = set(pool.map(ask, range(MANY)))
    assert len(told) == 1
    assert list(queue.all()) == [*told]
    status = until(queue, told.pop(), lambda s: s.pid > 0)
    assert [process.pid for process in started] == [status.pid]
