"""Trials carried out beside the app, in worker processes of low priority: the next move never waits."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import lru_cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from fairviz.data.dataset import DomainDataset
from fairviz.errors import FairvizError, JobError
from fairviz.experiments.trial import Bench, Trial
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.turn import AT_ONCE

#: Behind the app, before a training (19): somebody waits for these rows.
NICE = 5
#: What was asked for: its future, the specification of the fit as JSON, the trials.
Wanted = tuple[Future[None], dict[str, Any], list[Trial]]
#: Seconds between looks at whether the app is still there.
WATCH_S = 2.0


@lru_cache(maxsize=2)
def _of_name(name: str, options: tuple[Any, ...], fingerprint: str) -> DomainDataset:
    return FitSpec(name, fingerprint, "", dict(options)).load_rows()


def _rows(spec: FitSpec) -> DomainDataset:
    """The rows of a fit's data set, read once."""
    return _of_name(spec.dataset, tuple(sorted(spec.options.items())), spec.fingerprint)


def _work(asked: Connection, parent: int, root: Path, shipped: Path) -> None:
    """In the worker: draw what is asked for; give way to the app, and end with it, however that ends."""
    with suppress(OSError):
        os.nice(NICE)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    library, told, bench = Library(root, shipped), None, None
    while True:
        try:
            spec_json, trials = asked.recv()
        except EOFError:  # the app has closed the line
            return
        try:
            if bench is None or told != spec_json:  # what trials of one split share is kept
                spec = FitSpec.from_json(spec_json)
                told, bench = spec_json, Bench(_rows(spec), library, spec.options, spec=spec)
            bench.compute(trials)
            library.trials.merge()
            asked.send(None)
        except FairvizError as error:
            asked.send(str(error))


class _Hand:
    """One worker process and the daemon thread that feeds it from a queue; started when it is first needed."""

    def __init__(self, wanted: queue.Queue[Wanted], library: Library) -> None:
        self.wanted, self.library = wanted, library
        self.worker: BaseProcess | None = None
        self._line: Connection | None = None
        self._lock = threading.Lock()
        threading.Thread(target=self._feed, daemon=True).start()

    def _feed(self) -> None:
        while True:
            future, spec_json, batch = self.wanted.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                line = self._open_line()
                line.send((spec_json, batch))
                told = line.recv()
            except (EOFError, OSError):
                self.end()  # the next one gets a new one
                told = "the worker ended"
            if told is None:
                future.set_result(None)
            else:
                future.set_exception(JobError(told))

    def _open_line(self) -> Connection:
        with self._lock:
            if self._line is None:
                context = get_context("spawn")
                ours, theirs = context.Pipe()
                roots = self.library.store.root, self.library.shipped.root
                worker = context.Process(target=_work, args=(theirs, os.getpid(), *roots), daemon=True)
                worker.start()
                theirs.close()
                self.worker, self._line = worker, ours
            return self._line

    def end(self) -> None:
        """End the worker."""
        with self._lock:
            worker, self.worker, line, self._line = self.worker, None, self._line, None
        if worker is not None:
            worker.kill()
            worker.join(10)
        if line is not None:
            line.close()


class Drawer:
    """Carries trials out into a library's store, in the order asked for; two at a time where there are two cores.

    The workers are daemons and so are the threads that feed them: none keeps a server that is told to stop.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self._wanted: queue.Queue[Wanted] = queue.Queue()
        self._hands: list[_Hand] = []
        self._lock = threading.Lock()

    def submit(self, specs: Sequence[FitSpec], batches: Sequence[Sequence[Trial]]) -> list[Future[None]]:
        """Ask for batches of trials, each of its fit; what is no longer wanted is cancelled on the futures.

        For trials that need no fit the specification only says which rows are meant.

        A future's exception is a :class:`JobError`: what the worker was told, or that it died.
        """
        futures = []
        for spec, batch in zip(specs, batches, strict=True):
            future: Future[None] = Future()
            self._wanted.put((future, spec.to_json(), list(batch)))
            futures.append(future)
        with self._lock:  # sessions share a drawer
            if not self._hands:
                self._hands = [_Hand(self._wanted, self.library) for _ in range(AT_ONCE)]
        return futures

    def workers(self) -> list[BaseProcess]:
        """Processes that are there now."""
        return [hand.worker for hand in self._hands if hand.worker is not None]

    def close(self) -> None:
        """Take back what waits and end the workers; they are started again when they are asked for something."""
        with suppress(queue.Empty):
            while True:
                self._wanted.get_nowait()[0].cancel()
        for hand in self._hands:
            hand.end()
