"""What nine fits that wait for their turn cost in memory: ``python -m benchmarks.waiting`` (Linux)."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from filelock import FileLock

from benchmarks.common import keep
from fairviz.data.sources import load_dataset
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.turn import AT_ONCE

JOBS = 9


def resident(pid: int) -> float:
    """Megabytes of a process, shared pages counted whole."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main() -> None:
    """Hold every turn, queue the fits, add up."""
    dataset = load_dataset("simulated", n=400)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
        root = Path(folder)
        queue = JobQueue(root / "jobs", Library(root / "store", root / "shipped"))
        queue.root.mkdir(parents=True)
        for k in range(AT_ONCE):
            held.enter_context(FileLock(queue.root / f"running-{k}.lock"))
        jobs = [queue.submit(FitSpec.of(dataset, "East", {"n": 400}, n_iter=50 + k)) for k in range(JOBS)]
        while not all((status := queue.status(job)) is not None and status.pid for job in jobs):
            time.sleep(0.2)
        time.sleep(2)
        sizes = [resident(status.pid) for job in jobs if (status := queue.status(job)) is not None]
        for job in jobs:
            queue.cancel(job)
        while any((status := queue.status(job)) is not None and status.live for job in jobs):
            time.sleep(0.2)
    keep("waiting", [{"jobs": JOBS, "megabytes": round(sum(sizes)), "each": round(max(sizes), 1)}])


if __name__ == "__main__":
    main()
