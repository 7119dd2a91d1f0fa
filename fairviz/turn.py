"""A background fit waits for its turn in a process that has loaded next to nothing: ``python -m fairviz.turn``.

What trains is loaded when the turn has come. Turns are files that the system unlocks when their holder dies, however
it dies.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from fairviz.files import written_aside

#: Fits that are trained at once, each on one thread, behind everything else on the machine.
AT_ONCE = max(1, min(2, os.cpu_count() or 1))
LOOK_S, HEARTBEAT_S = 0.3, 1.0


def say(folder: Path, state: str, message: str = "") -> None:
    """The status of a job that has not begun; see ``fairviz.store.jobs.JobStatus``."""
    told = {"state": state, "message": message, "heartbeat": time.time(), "pid": os.getpid()}
    with suppress(OSError), written_aside(folder / "status.json", mode=0o600) as handle:
        handle.write(json.dumps(told).encode())


@contextmanager
def a_turn(folder: Path, parent: int, at_once: int = AT_ONCE) -> Iterator[bool]:
    """Wait until one of ``at_once`` turns is free; False if the job was stopped first, or its server is gone."""
    said = 0.0
    with ExitStack() as held:
        while folder.is_dir() and not (folder / "cancel").exists():
            if os.getppid() != parent:
                say(folder, "interrupted", "The app that started it was closed.")
                yield False
                return
            for k in range(at_once):
                with suppress(Timeout):
                    held.enter_context(FileLock(folder.parent / f"running-{k}.lock").acquire(timeout=0))
                    yield True
                    return
            if time.monotonic() - said > HEARTBEAT_S:
                said = time.monotonic()
                say(folder, "queued")
            time.sleep(LOOK_S)
        say(folder, "cancelled")
        yield False


def main(folder: str, store_root: str, parent: str) -> None:
    """Entry point of a worker process."""
    with suppress(OSError):
        os.nice(19)
    with a_turn(Path(folder), int(parent)) as come:
        if come:
            from fairviz.store.jobs import work

            work(Path(folder), Path(store_root), int(parent))


if __name__ == "__main__":
    main(*sys.argv[1:])
