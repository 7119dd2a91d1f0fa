"""Waiting for a job, and jobs that are only said to run."""

import json
import time
from dataclasses import asdict

import pytest

from fairviz.store.jobs import JobStatus


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
