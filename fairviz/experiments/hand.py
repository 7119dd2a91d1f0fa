"""A worker of the drawer, in a process of its own: ``python -m fairviz.experiments.hand``, a line to the app open."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fairviz.data.dataset import DomainDataset
from fairviz.errors import FairvizError
from fairviz.experiments.bench import Bench
from fairviz.experiments.cost import seconds_of
from fairviz.experiments.drawer import COST, ENDS, SERVED, Batch
from fairviz.experiments.served import served
from fairviz.experiments.weighted import METHOD, ends_of
from fairviz.mitigation import MITIGATIONS
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


def work(asked: Connection, parent: int, root: Path, shipped: Path) -> None:
    """In the worker: draw what is asked for; give way to the app, and end with it, however that ends."""
    assert MITIGATIONS[METHOD].parameters  # loaded before anybody waits for it
    with suppress(OSError):
        os.nice(NICE)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    library, bench = Library(root, shipped), None
    while True:
        try:
            batch: Batch = asked.recv()
        except (EOFError, OSError):  # the app has closed the line, or has gone
            return
        try:
            if batch.what == COST:
                asked.send((seconds_of(batch.spec, _rows(batch.spec)), ""))
                continue
            if batch.what == ENDS:
                asked.send((ends_of(_rows(batch.spec), batch.spec.target), ""))
                continue
            spec, run = batch.spec, batch.run
            if bench is None or (bench.spec, bench.run) != (spec, run):  # what trials of one split share is kept
                bench = Bench(_rows(spec), library, spec.options, run, spec)
            if batch.what == SERVED:
                asked.send((served(bench, batch.trials[0]), ""))
                continue
            bench.compute(batch.trials)
            library.trials.merge()
            asked.send((None, ""))
        except FairvizError as error:
            asked.send((None, str(error)))


def main(line: str, parent: str, root: str, shipped: str) -> None:
    """Entry point: a file descriptor that was handed over, the app's process id, where results lie."""
    work(Connection(int(line)), int(parent), Path(root), Path(shipped))


if __name__ == "__main__":
    main(*sys.argv[1:])
