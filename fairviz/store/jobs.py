"""Background fits in a process of their own: queue, progress, Stop; a page reload finds them again.

A job is a folder ``<cache>/jobs/<key>`` with ``spec.json``, ``status.json`` (replaced whole, so a reader never sees
half of it) and, once asked to stop, an empty file ``cancel``. The key is the fit's key, so two sessions that ask for
the same fit share one training. Few run at a time; the others wait for their turn (``fairviz.turn``).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fairviz.data.published import cache_dir
from fairviz.errors import FairvizError, JobError, StoreError
from fairviz.store import clear_leftovers, key_of, write_atomic
from fairviz.store.checkpoints import NAME as CHECKPOINT
from fairviz.store.checkpoints import Checkpoint, read_checkpoint, remove_checkpoint, write_checkpoint
from fairviz.store.fits import fit_payload
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FitSpec
from fairviz.synthesizers import SYNTHESIZERS

HEARTBEAT = 1.0
#: Seconds between checkpoints: as much work as can be lost.
CHECKPOINT_S = 30.0
STALE = 10.0
STARTING = 60.0
MAX_WAITING = 8
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

    def _folder(self, spec: FitSpec) -> Path:
        return self.root / key_of(spec.to_json())[:32]

    def submit(self, spec: FitSpec) -> str:
        """Start (or join) the training of a fit; returns the job's id.

        Raises
        ------
        JobError
            Eight jobs wait already, or the folder cannot be written.
        """
        folder = self._folder(spec)
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self.root / "submit.lock", timeout=10):
                clear_leftovers(self.root)
                status = self.status(folder.name)
                if status is not None and status.live:
                    (folder / "cancel").unlink(missing_ok=True)  # asked for again before it had stopped
                    return folder.name
                waiting = [s for s in self.all().values() if s.live]
                if len(waiting) > MAX_WAITING:
                    minutes = max(1, round(sum(s.seconds_left or 180 for s in waiting) / 60))
                    raise JobError(f"{len(waiting)} fits are running or waiting. Try again in about {minutes} minutes.")
                folder.mkdir(mode=0o700, exist_ok=True)
                for left in folder.iterdir():  # of the same fit, which goes on from its checkpoint
                    if left.name != CHECKPOINT:
                        left.unlink(missing_ok=True)
                write_atomic(folder / "spec.json", json.dumps(spec.to_json()).encode())
                _write_status(folder, JobStatus("queued", heartbeat=time.time()))
                self._spawn(folder)
        except Timeout:
            raise JobError("The job queue is busy. Try again in a moment.") from None
        except OSError as error:
            raise JobError(f"The job cannot be started in {self.root}: {error.strerror}. Free some space.") from None
        return folder.name

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
            subprocess.Popen(  # noqa: S603  (our own module, our own folders)
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "FAIRVIZ_PRETRAINED": str(self.library.shipped.root)},
            )  # fmt: skip

    def status(self, job: str) -> JobStatus | None:
        """The job's status, or None if there is no such job. Without a heartbeat for 10 s it is interrupted."""
        folder = self.root / Path(job).name
        try:
            status = JobStatus(**json.loads((folder / "status.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None
        # before the worker has spoken, it may still be importing
        patience = STALE if status.pid else STARTING
        if status.live and abs(time.time() - status.heartbeat) > patience:
            return JobStatus(**{**asdict(status), "state": "interrupted", "message": "The worker is gone."})
        if status.state in ("queued", "running") and (folder / "cancel").exists():
            return JobStatus(**{**asdict(status), "state": "cancelling"})
        return status

    def find(self, spec: FitSpec) -> JobStatus | None:
        """The status of a fit's job, if there ever was one."""
        return self.status(self._folder(spec).name)

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


def _write_status(folder: Path, status: JobStatus) -> None:
    write_atomic(folder / "status.json", json.dumps(asdict(status)).encode())


class _Worker:
    """Runs in the worker process: one job from queue to a published fit."""

    def __init__(self, folder: Path, store_root: Path, parent: int) -> None:
        self.folder, self.parent = folder, parent
        self.library = Library(store_root)
        self.spec = FitSpec.from_json(json.loads((folder / "spec.json").read_text()))
        self.status = JobStatus("queued", pid=os.getpid())
        self.lock = threading.Lock()

    def say(self, **change: object) -> None:
        """Publish a changed status with a fresh heartbeat."""
        with self.lock:
            self.status = JobStatus(**{**asdict(self.status), **change, "heartbeat": time.time()})
            if self.folder.is_dir():  # a forgotten job has none
                _write_status(self.folder, self.status)

    def watch(self) -> None:
        """Heartbeat, and end when the server that started this worker is gone."""
        while self.status.live:
            time.sleep(HEARTBEAT)
            if os.getppid() != self.parent:
                self.say(state="interrupted", message="The app that started it was closed.")
                os._exit(1)
            with self.lock:
                live = self.status.live
            if live:
                with suppress(OSError):  # a full disk must not kill the heartbeat
                    self.say()

    @property
    def cancelled(self) -> bool:
        return (self.folder / "cancel").exists() or not self.folder.is_dir()

    def run(self) -> None:
        """Train and publish."""
        threading.Thread(target=self.watch, daemon=True).start()
        if self.cancelled:
            self.say(state="cancelled")
        else:
            self._train()

    def _train(self) -> None:
        begin = read_checkpoint(self.folder)
        try:
            self._train_from(begin)
        except StoreError:
            if begin is None:
                raise
            remove_checkpoint(self.folder)  # of an earlier version
            self._train_from(None)

    def _train_from(self, begin: Checkpoint | None) -> None:
        from fairviz.synthesizers.memory import Memory  # and torch with it: a job that waits does without

        spec, begun = self.spec, time.monotonic()
        dataset = spec.load_rows()
        fit = SYNTHESIZERS[spec.synthesizer](**spec.params)
        memory = fit.memory = Memory(begin.arrays if begin else None)
        history: list[list[float]] = list(begin.about["history"]) if begin else []
        before = float(begin.about["seconds"]) if begin else 0.0
        self.say(state="running")
        said, kept = 0.0, time.monotonic()

        def keep() -> None:
            about = {"seconds": before + time.monotonic() - begun, "history": history}
            if memory.step and self.folder.is_dir():
                write_checkpoint(self.folder, Checkpoint(memory.take(), about))

        for step in fit.fit_steps(spec.source_of(dataset)):
            if step.step % max(1, step.n_steps // 200) == 0:
                history.append([step.step, *step.losses.values()])
            if time.monotonic() - said > 0.5:
                said = time.monotonic()
                if self.cancelled:
                    keep()
                    self.say(state="cancelled", step=step.step, n_steps=step.n_steps)
                    return
                if said - kept > CHECKPOINT_S:
                    kept = said
                    with suppress(OSError):  # a full disk must not end the training
                        keep()
                self.say(
                    step=step.step, n_steps=step.n_steps, losses=step.losses, seconds_left=step.seconds_left,
                    history=history,
                )  # fmt: skip
        if self.cancelled:  # asked for while the price was learnt
            self.say(state="cancelled")
            return
        self.library.store.put(FIT, spec.to_json(), **fit_payload(fit, before + time.monotonic() - begun))
        remove_checkpoint(self.folder)
        self.say(state="done", step=step.n_steps, seconds_left=0.0, history=history)


def work(folder: Path, store_root: Path, parent: int) -> None:
    """Do a job whose turn has come."""
    worker = _Worker(folder, store_root, parent)
    try:
        worker.run()
    except FairvizError as error:
        worker.say(state="failed", message=str(error))
    except MemoryError:
        worker.say(state="failed", message="Not enough memory. Use fewer rows or a smaller network.")
    except Exception as error:  # the one place that turns any failure into a record
        worker.say(state="failed", message=f"{type(error).__name__}. See {worker.folder / 'log.txt'}.")
        raise
