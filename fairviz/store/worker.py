"""A background fit once its turn has come: training, checkpoints, drafts, and the published fit."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fairviz.errors import FairvizError, StoreError
from fairviz.store.checkpoints import Checkpoint, read_checkpoint, remove_checkpoint, write_checkpoint
from fairviz.store.drafts import DRAFT_AT, keep_draft, remove_drafts
from fairviz.store.fits import fit_payload
from fairviz.store.jobs import HEARTBEAT, JobStatus, write_status
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FitSpec
from fairviz.synthesizers import SYNTHESIZERS
from fairviz.synthesizers.base import FitStep
from fairviz.turn import has_draft, others_first

#: Seconds between checkpoints: as much work as can be lost.
CHECKPOINT_S = 30.0
#: Seconds between looks at whether it is to stop.
SAY_S = 0.5


class _StoppedError(Exception):
    """The training was asked to stop."""


class Worker:
    """One job from queue to a published fit.

    Parameters
    ----------
    folder : Path
        The job's.
    store_root : Path
        Where the fit goes.
    parent : int
        Process id of the server that started it.
    """

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
                write_status(self.folder, self.status)

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
        """Whether it was asked to stop, or forgotten."""
        return (self.folder / "cancel").exists() or not self.folder.is_dir()

    def run(self) -> bool:
        """Train and publish; True if it is to go on later, because others have no draft yet."""
        threading.Thread(target=self.watch, daemon=True).start()
        if self.cancelled:
            self.say(state="cancelled")
            return False
        self.say(state="running")
        begin = read_checkpoint(self.folder)
        try:
            return self._train(begin)
        except StoreError:
            if begin is None:
                raise
            remove_checkpoint(self.folder)  # of an earlier version
            return self._train(None)

    def _train(self, begin: Checkpoint | None) -> bool:
        from fairviz.synthesizers.memory import Memory  # and torch with it: a job that waits does without

        spec, dataset = self.spec, self.spec.load_rows()
        fit = SYNTHESIZERS[spec.synthesizer](**spec.params)
        fit.memory = Memory(begin.arrays if begin else None)
        training = _Training(self, fit, begin)
        try:
            for step in fit.fit_steps(spec.source_of(dataset)):
                if training.after(step):
                    return True
            training.look(None)  # asked for while the price was learnt
        except _StoppedError:
            self.say(state="cancelled", step=training.step, n_steps=training.n_steps)
            return False
        self.library.store.put(FIT, spec.to_json(), **fit_payload(fit, training.seconds))
        remove_checkpoint(self.folder)
        remove_drafts(self.folder)
        self.say(state="done", step=training.n_steps, seconds_left=0.0, history=training.history)
        return False


class _Training:
    """A training that goes on: what is kept of it, and what is told."""

    def __init__(self, worker: Worker, fit: Any, begin: Checkpoint | None) -> None:
        self.worker, self.fit = worker, fit
        self.history: list[list[float]] = list(begin.about["history"]) if begin else []
        self._before = float(begin.about["seconds"]) if begin else 0.0
        self._begun = self._kept = time.monotonic()
        self._said = 0.0
        # until a step is made: of a training whose steps were all done, which makes none
        self.step = self.n_steps = int(begin.about["n_steps"]) if begin and "n_steps" in begin.about else 0

    @property
    def seconds(self) -> float:
        """Of this training, before it was broken off and since."""
        return self._before + time.monotonic() - self._begun

    def keep(self) -> None:
        """Write a checkpoint."""
        if self.fit.memory.step and self.worker.folder.is_dir():
            about = {"seconds": self.seconds, "history": self.history, "n_steps": self.n_steps}
            write_checkpoint(self.worker.folder, Checkpoint(self.fit.memory.take(), about))
            self._kept = time.monotonic()

    def after(self, step: FitStep) -> bool:
        """Record a step; True if the training is to give way to others, from the checkpoint just written."""
        self.step, self.n_steps = step.step, step.n_steps
        if step.step % max(1, step.n_steps // 200) == 0:
            self.history.append([step.step, *step.losses.values()])
        if step.step in _draft_steps(step.n_steps):
            return self._draft(step)
        if step.step == step.n_steps:  # the price is still to be learnt
            with suppress(OSError):
                self.keep()
        if time.monotonic() - self._said > SAY_S:
            self.look(step)
        return False

    def look(self, step: FitStep | None) -> None:
        """Stop if asked to, keep a checkpoint if it is time, and say how far it is."""
        self._said = time.monotonic()
        if self.worker.cancelled:
            self.keep()
            raise _StoppedError
        if self._said - self._kept > CHECKPOINT_S:
            self._kept = self._said
            with suppress(OSError):  # a full disk must not end the training
                self.keep()
        if step is not None:
            self.worker.say(
                step=step.step, n_steps=step.n_steps, losses=step.losses, seconds_left=step.seconds_left,
                history=self.history,
            )  # fmt: skip

    def _draft(self, step: FitStep) -> bool:
        """Keep a draft; True if it is the first, and others wait for theirs."""
        self.look(step)
        first = not has_draft(self.worker.folder)
        with suppress(OSError, FairvizError):  # neither a full disk nor a draft without a price ends the training
            draft = self.fit.draft()
            if draft is None:
                return False
            keep_draft(self.worker.folder, self.worker.spec, draft, step.step, self.seconds)
            if first and others_first(self.worker.folder):
                self.keep()
                return True
        return False


def _draft_steps(n_steps: int) -> set[int]:
    """Steps after which a draft is kept."""
    return {max(1, round(share * n_steps)) for share in DRAFT_AT}


def work(folder: Path, store_root: Path, parent: int) -> bool:
    """Do a job whose turn has come; True if it is to wait for its next one."""
    worker = Worker(folder, store_root, parent)
    try:
        return worker.run()
    except FairvizError as error:
        worker.say(state="failed", message=str(error))
    except MemoryError:
        worker.say(state="failed", message="Not enough memory. Use fewer rows or a smaller network.")
    except Exception as error:  # the one place that turns any failure into a record
        worker.say(state="failed", message=f"{type(error).__name__}. See {worker.folder / 'log.txt'}.")
        raise
    return False
