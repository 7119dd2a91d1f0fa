"""Trials carried out beside the app, and trainings measured, in worker processes of low priority: no move waits."""

from __future__ import annotations

import itertools
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from fairviz.errors import JobError
from fairviz.experiments.trial import Trial
from fairviz.store.fits import RunFolder
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.turn import AT_ONCE

#: What can be asked for.
TRIALS, COST, ENDS, SERVED = "trials", "cost", "ends", "served"
#: Trials of a batch that is worth being carried out by several workers.
LONG = 8


@dataclass(frozen=True)
class Batch:
    """What is asked of one split: trials that are carried out together, or what is measured there.

    Attributes
    ----------
    spec : FitSpec
        Of the fit; for trials that need none it only says which rows are meant.
    trials : sequence of Trial
    run : RunFolder, optional
        Where the fit lies, if it is not in the library.
    what : str
        ``TRIALS``, whose rows go to the library; ``COST`` of the fit's training (``cost.seconds_of``); ``ENDS`` of
        the dials on the rows without the target (``weighted.ends_of``); or ``SERVED``, whom the model of the one trial
        serves worst (``served.served``).
    later : bool
        Whether it may wait until nothing else is asked for.
    """

    spec: FitSpec
    trials: Sequence[Trial] = ()
    run: RunFolder | None = None
    what: str = TRIALS
    later: bool = False

    def parts(self, n: int) -> list[Batch]:
        """The same in ``n`` parts, if it is long enough: what trials of a split share is computed for each part."""
        if self.what != TRIALS or len(self.trials) < LONG:
            return [self]
        return [replace(self, trials=self.trials[k::n]) for k in range(n)]


def together(parts: Sequence[Future[Any]]) -> Future[Any]:
    """A future that is done when all parts are, with the first exception if there is one; cancelled, so are they."""
    whole: Future[Any] = Future()
    lock = threading.Lock()

    def told(_: Future[Any]) -> None:
        with lock:
            if whole.done() or not all(part.done() for part in parts):
                return
            if any(part.cancelled() for part in parts):
                whole.cancel()
                return
            whole.set_running_or_notify_cancel()
            failed = next((error for part in parts if (error := part.exception()) is not None), None)
            whole.set_result(None) if failed is None else whole.set_exception(failed)

    def taken_back(_: Future[Any]) -> None:
        if whole.cancelled():
            for part in parts:
                part.cancel()

    for part in parts:
        part.add_done_callback(told)
    whole.add_done_callback(taken_back)
    return whole


@dataclass(frozen=True, order=True)
class Wanted:
    """What was asked for, by whom, and where the answer goes; in the order in which it is carried out.

    Attributes
    ----------
    later : bool
    turn : int
    future : Future
    batch : Batch
    alive : callable
        Whether somebody still waits for it.
    """

    later: bool
    turn: int
    future: Future[Any] = field(compare=False)
    batch: Batch = field(compare=False)
    alive: Callable[[], bool] = field(compare=False)


class _Hand:
    """One worker process and the daemon thread that feeds it from a queue; started when it is first needed."""

    def __init__(self, wanted: queue.PriorityQueue[Wanted], library: Library) -> None:
        self.wanted, self.library = wanted, library
        self.worker: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None
        self._lock = threading.Lock()
        threading.Thread(target=self._feed, daemon=True).start()

    def _feed(self) -> None:
        while True:
            asked = self.wanted.get()
            future, batch = asked.future, asked.batch
            if not asked.alive():  # a tab that was closed keeps nobody waiting
                future.cancel()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                line = self._open_line()
                line.send(batch)
                found, why = line.recv()
            except (EOFError, OSError):
                self.end()  # the next one gets a new one
                found, why = None, "the worker ended"
            if why:
                future.set_exception(JobError(why))
            else:
                future.set_result(found)

    def _open_line(self) -> Connection:
        with self._lock:
            if self._line is None:
                ours, theirs = Pipe()
                words = [theirs.fileno(), os.getpid(), self.library.store.root, self.library.shipped.root]
                # not by multiprocessing, which would run the page's script again in the worker: it takes that for main
                worker = subprocess.Popen(  # noqa: S603  (our own module)
                    [sys.executable, "-m", "fairviz.experiments.hand", *map(str, words)],
                    stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
                )  # fmt: skip
                theirs.close()
                self.worker, self._line = worker, ours
            return self._line

    def get_ready(self) -> None:
        """Start the worker, if there is none."""
        with suppress(OSError):  # told when something is asked for
            self._open_line()

    def end(self) -> None:
        """End the worker."""
        with self._lock:
            worker, self.worker, line, self._line = self.worker, None, self._line, None
        if worker is not None:
            worker.kill()
            worker.wait(10)
        if line is not None:
            line.close()


class Drawer:
    """Carries trials out into a library's store, in the order asked for; two at a time where there are two cores.

    The workers are daemons and so are the threads that feed them: none keeps a server that is told to stop.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self._wanted: queue.PriorityQueue[Wanted] = queue.PriorityQueue()
        self._turns = itertools.count()
        self._hands: list[_Hand] = []
        self._lock = threading.Lock()

    def submit(self, batches: Iterable[Batch], alive: Callable[[], bool] = lambda: True) -> list[Future[Any]]:
        """Ask for batches of trials; what is no longer wanted is cancelled on the futures.

        What ``alive`` denies when its turn has come is cancelled too.

        A future's result is None for trials, else what was measured (see :class:`Batch`); its exception is a
        :class:`JobError`: what the worker was told, or that it died.
        """
        every, futures = list(batches), list[Future[Any]]()
        left_over = len(every) - len(every) % AT_ONCE
        for k, batch in enumerate(every):
            parts = batch.parts(AT_ONCE) if k >= left_over else [batch]  # or else workers wait for the last one
            asked = [Future[Any]() for _ in parts]
            futures.append(asked[0] if len(asked) == 1 else together(asked))
            for part, future in zip(parts, asked, strict=True):
                self._wanted.put(Wanted(batch.later, next(self._turns), future, part, alive))
        self._open()
        return futures

    def _open(self) -> list[_Hand]:
        with self._lock:  # sessions share a drawer
            if not self._hands:
                self._hands = [_Hand(self._wanted, self.library) for _ in range(AT_ONCE)]
            return self._hands

    def get_ready(self) -> None:
        """Start the workers, which takes seconds, before they are asked for anything; does not wait."""
        for hand in self._open():
            threading.Thread(target=hand.get_ready, daemon=True).start()

    def workers(self) -> list[subprocess.Popen[bytes]]:
        """Processes that are there now."""
        return [hand.worker for hand in self._hands if hand.worker is not None]

    def close(self) -> None:
        """Take back what waits and end the workers; they are started again when they are asked for something."""
        with suppress(queue.Empty):
            while True:
                self._wanted.get_nowait().future.cancel()
        for hand in self._hands:
            hand.end()
