"""Guided rows drawn and tested beside the app, in one worker process of low priority: the next move never waits."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

from fairviz.library import FitSpec, Library
from fairviz.sweep import Cell, compute

#: Behind the app, before a training (19): somebody waits for these rows.
NICE = 5
#: Seconds between looks at whether the app is still there.
WATCH_S = 2.0


def _begin(parent: int) -> None:
    """In the worker: give way to the app, which somebody looks at, and end with it, however that ends."""
    with suppress(OSError):
        os.nice(NICE)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _draw(spec_json: dict, cell: Cell, root: Path, shipped: Path) -> None:
    compute(FitSpec.from_json(spec_json), [cell], Library(root, shipped))


class Drawer:
    """Draws cells into a library's store, one at a time, in the order asked for."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, specs: Sequence[FitSpec], cells: Sequence[Cell]) -> list[Future]:
        """Ask for cells, each of its fit; what is no longer wanted is cancelled on the futures."""
        with self._lock:
            try:
                return self._submit(specs, cells)
            except BrokenProcessPool:  # the worker was killed: a new one
                self._pool = None
                return self._submit(specs, cells)

    def _submit(self, specs: Sequence[FitSpec], cells: Sequence[Cell]) -> list[Future]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, get_context("spawn"), _begin, (os.getpid(),))
        roots = self.library.store.root, self.library.shipped.root
        pairs = zip(specs, cells, strict=True)
        return [self._pool.submit(_draw, spec.to_json(), cell, *roots) for spec, cell in pairs]

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
                self._pool = None
