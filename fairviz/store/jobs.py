"""Background fits in a process of their own: queue, progress, Stop; a page reload finds them again.

A job is a folder ``<cache>/jobs/<key>`` with ``spec.json``, ``status.json`` (replaced whole, so a reader never sees
half of it) and, once asked to stop, an empty file ``cancel``. The key is the fit's key, so two sessions that ask for
the same fit share one training. Few run at a time; the others wait for their turn (``fairviz.turn``). What is done when
it has come is in ``fairviz.store.worker``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fairviz.data.published import cache_dir
from fairviz.errors import JobError
from fairviz.store import clear_leftovers, key_of, write_atomic
from fairviz.store.checkpoints import NAME as CHECKPOINT
from fairviz.store.drafts import Draft, drafts_of, latest
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FitSpec
from fairviz.turn import AT_ONCE, STALE

HEARTBEAT = 1.0
STARTING = 60.0
#: Fits that run or wait at once, of everybody and of one person.
MAX_LIVE, MAX_OF_ONE = 18, 9
FINAL = ("cancelled", "failed", "interrupted", "done")


@dataclass(frozen=True)
class JobStatus:
    """What a job is doing.

    ``state`` is one of queued, running, cancelling, cancelled, failed, interrupted, done; ``heartbeat`` is a time
    stamp in seconds; ``history`` holds (step, score, label, sensitive loss) at up to 200 steps.
    """

    state: str
    step: int = 0
    n_steps: int = 0
    losses: dict[str, float] = field(default_factory=dict)
    seconds_left: float = 0.0
    message: str = ""
    heartbeat: float = 0.0
    pid: int = 0
    history: list[list[float]] = field(default_factory=list)

    @property
    def live(self) -> bool:
        """Whether a worker stands behind it."""
        return self.state not in FINAL


class JobQueue:
    """Starts, watches and stops background fits under one folder."""

    def __init__(self, root: Path | None = None, library: Library | None = None) -> None:
        self.root = Path(root or cache_dir() / "jobs")
        self.library = library or Library()
        #: Workers that this process has started, by job.
        self._workers: dict[str, subprocess.Popen[bytes]] = {}

    def _folder(self, spec: FitSpec) -> Path:
        return self.root / key_of(spec.to_json())[:32]

    def submit(self, spec: FitSpec, by: str = "") -> str:
        """Start (or join) the training of a fit; returns the job's id.

        Raises
        ------
        JobError
            Too many fits run or wait already, or the folder cannot be written.
        """
        return self.submit_all([spec], by)[0]

    def submit_all(self, specs: Sequence[FitSpec], by: str = "") -> list[str]:
        """Start (or join) the training of several fits, all or none; returns the jobs' ids.

        Parameters
        ----------
        by : str
            Who asks, where people can be told apart.

        Raises
        ------
        JobError
            Too many fits run or wait already, or the folder cannot be written.
        """
        folders = [self._folder(spec) for spec in specs]
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self.root / "submit.lock", timeout=10):
                clear_leftovers(self.root)
                live = {job: status for job, status in self.all().items() if status.live}
                new = [
                    folder for folder, spec in zip(folders, specs, strict=True)
                    if folder.name not in live and not self._fitted(spec)
                ]  # fmt: skip
                self._check_room(live, len(new), by)
                for folder, spec in zip(folders, specs, strict=True):
                    if folder in new:
                        self._start(folder, spec, by)
                    elif folder.name in live:
                        (folder / "cancel").unlink(missing_ok=True)  # asked for again before it had stopped
        except Timeout:
            raise JobError("The job queue is busy. Try again in a moment.") from None
        except OSError as error:
            raise JobError(f"The job cannot be started in {self.root}: {error.strerror}. Free some space.") from None
        return [folder.name for folder in folders]

    def _check_room(self, live: dict[str, JobStatus], n: int, by: str) -> None:
        """Refuse ``n`` more than there is room for."""
        if not n:
            return
        theirs = sum(self._asker(job) == by for job in live) if by else 0
        if len(live) + n > MAX_LIVE:
            minutes = max(1, round(sum(s.seconds_left or 180 for s in live.values()) / 60 / AT_ONCE))
            raise JobError(
                f"{len(live)} fits are running or waiting; there is no room for {n} more. Try again in about {minutes} "
                "minutes."
            )
        if theirs and theirs + n > MAX_OF_ONE:
            raise JobError(
                f"{theirs} fits of yours are running or waiting; with {n} more there would be more than {MAX_OF_ONE}. "
                "Wait for them, or stop some."
            )

    def _fitted(self, spec: FitSpec) -> bool:
        return self.library.get(FIT, spec.to_json()) is not None

    def _asker(self, job: str) -> str:
        try:
            return (self.root / job / "by").read_text()
        except OSError:
            return ""

    def _start(self, folder: Path, spec: FitSpec, by: str) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        for left in folder.iterdir():  # of the same fit, which goes on from its checkpoint
            if left.name != CHECKPOINT and not left.is_dir():
                left.unlink(missing_ok=True)
        write_atomic(folder / "spec.json", json.dumps(spec.to_json()).encode())
        write_atomic(folder / "by", by.encode())
        write_status(folder, JobStatus("queued", heartbeat=time.time()))
        self._spawn(folder)

    def _spawn(self, folder: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "fairviz.turn",
            str(folder),
            str(self.library.store.root),
            str(os.getpid()),
        ]
        with open(folder / "log.txt", "wb") as log:
            self._workers[folder.name] = subprocess.Popen(  # noqa: S603  (our own module, our own folders)
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "FAIRVIZ_PRETRAINED": str(self.library.shipped.root)},
            )  # fmt: skip

    def status(self, job: str) -> JobStatus | None:
        """The job's status, or None if there is no such job. Without a heartbeat for 10 s it is interrupted."""
        folder = self.root / Path(job).name
        worker = self._workers.get(folder.name)
        gone = worker is not None and worker.poll() is not None  # asked before what it said last is read
        try:
            status = JobStatus(**json.loads((folder / "status.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None
        # before the worker has spoken, it may still be importing
        patience = STALE if status.pid else STARTING
        if status.live and (gone or abs(time.time() - status.heartbeat) > patience):
            return JobStatus(**{**asdict(status), "state": "interrupted", "message": "The worker is gone."})
        if status.state in ("queued", "running") and (folder / "cancel").exists():
            return JobStatus(**{**asdict(status), "state": "cancelling"})
        return status

    def find(self, spec: FitSpec) -> JobStatus | None:
        """The status of a fit's job, if there ever was one."""
        status = self.status(self._folder(spec).name)
        if status is not None and status.state == "interrupted" and self._fitted(spec):  # ended after it was kept
            return JobStatus("done", step=status.n_steps, n_steps=status.n_steps, history=status.history)
        return status

    def drafts(self, spec: FitSpec) -> list[Draft]:
        """What a fit in training would have been if it had ended: drafts that its worker kept, the newest first."""
        return list(drafts_of(self._folder(spec)))

    def drafted(self, spec: FitSpec) -> int:
        """Iterations that the newest draft has seen, not verified; 0 if there is none."""
        return latest(self._folder(spec))

    def all(self) -> dict[str, JobStatus]:
        """Every job by id."""
        found = {path.parent.name: self.status(path.parent.name) for path in self.root.glob("*/status.json")}
        return {job: status for job, status in found.items() if status is not None}

    def forget(self, name: str, options: dict[str, Any]) -> None:
        """Stop the fits of one data set and remove their jobs."""
        for path in self.root.glob("*/spec.json"):
            with suppress(OSError, ValueError, KeyError, TypeError):  # gone meanwhile, or none of ours
                about = json.loads(path.read_text())["dataset"]
                if about["name"] == name and about["options"] == options:
                    shutil.rmtree(path.parent, ignore_errors=True)  # a worker whose folder is gone stops

    def cancel_fit(self, spec: FitSpec) -> None:
        """Ask the training of a fit to stop."""
        self.cancel(self._folder(spec).name)

    def cancel(self, job: str) -> None:
        """Ask a job to stop; it does so within about a second."""
        folder = self.root / job
        if folder.parent != self.root or not (folder / "status.json").is_file():
            raise JobError(f"No job {job!r}.")
        (folder / "cancel").touch()


def write_status(folder: Path, status: JobStatus) -> None:
    """Replace a job's status whole."""
    write_atomic(folder / "status.json", json.dumps(asdict(status)).encode())
