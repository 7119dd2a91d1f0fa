"""Trials carried out beside the app, in one worker process of low priority: the next move never waits."""

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

#: Behind the app, before a training (19): somebody waits for these rows.
NICE = 5
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


class Drawer:
    """Carries trials out into a library's store, one at a time, in the order asked for.

    The worker is a daemon and so is the thread that feeds it: neither keeps a server that is told to stop.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self._wanted: queue.Queue[tuple[Future[None], dict[str, Any], list[Trial]]] = queue.Queue()
        self._worker: BaseProcess | None = None
        self._line: Connection | None = None
        self._feeder: threading.Thread | None = None
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
        with self._lock:  # sessions share a drawer; two feeders would mix up the worker's answers
            if self._feeder is None:
                self._feeder = threading.Thread(target=self._feed, daemon=True)
                self._feeder.start()
        return futures

    def _feed(self) -> None:
        while True:
            future, spec_json, batch = self._wanted.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                line = self._open_line()
                line.send((spec_json, batch))
                told = line.recv()
            except (EOFError, OSError):
                self._end_worker()  # the next one gets a new one
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
                self._worker, self._line = worker, ours
            return self._line

    def _end_worker(self) -> None:
        with self._lock:
            worker, self._worker, line, self._line = self._worker, None, self._line, None
        if worker is not None:
            worker.kill()
            worker.join(10)
        if line is not None:
            line.close()

    def close(self) -> None:
        """Take back what waits and end the worker; it is started again when it is asked for something."""
        with suppress(queue.Empty):
            while True:
                self._wanted.get_nowait()[0].cancel()
        self._end_worker()
