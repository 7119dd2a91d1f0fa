"""A background fit waits for its turn in a process that has loaded next to nothing: ``python -m fairviz.turn``.

What trains is loaded when the turn has come. Turns are files that the system unlocks when their holder dies, however
it dies. A training gives its turn up after its first draft if others have none yet, and waits for another one.
``FAIRVIZ_TRAININGS`` says how many are trained at once.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fairviz.files import written_aside


def _at_once() -> int:
    asked = os.environ.get("FAIRVIZ_TRAININGS", "")
    return min(64, int(asked)) if asked.isdecimal() and int(asked) else max(1, min(2, os.cpu_count() or 1))


#: Fits that are trained at once, each on one thread, behind everything else on the machine.
AT_ONCE = _at_once()
LOOK_S, HEARTBEAT_S = 0.3, 1.0
#: Seconds after which a job that says nothing is gone.
STALE = 10.0
#: Folders with what a fit would be if its training ended now, beside its job; the step follows.
DRAFT = "draft-"


def say(folder: Path, state: str, message: str = "") -> None:
    """The status of a job that does not train now; see ``fairviz.store.jobs.JobStatus``."""
    told = {"state": state, "message": message, "heartbeat": time.time(), "pid": os.getpid()}
    with suppress(OSError), written_aside(folder / "status.json", mode=0o600) as handle:
        handle.write(json.dumps({**_status(folder), **told}).encode())


def _status(folder: Path) -> dict[str, Any]:
    try:
        told = json.loads((folder / "status.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def has_draft(folder: Path) -> bool:
    """Whether a job's fit was kept as a draft."""
    return any(folder.glob(f"{DRAFT}*"))


def others_first(folder: Path) -> bool:
    """Whether another job waits that has no draft yet: everybody gets first numbers before anybody gets the last."""
    for path in folder.parent.glob("*/status.json"):
        other = path.parent
        if other != folder and not has_draft(other) and not (other / "cancel").exists():
            told = _status(other)
            if told.get("state") == "queued" and abs(time.time() - told.get("heartbeat", 0.0)) < STALE:
                return True
    return False


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
            if not (has_draft(folder) and others_first(folder)):
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
    with suppress(OSError):  # Linux may weigh sessions before processes, and this is a session of its own
        Path("/proc/self/autogroup").write_text("19")
    again = False
    with a_turn(Path(folder), int(parent)) as come:
        if come:
            from fairviz.store.worker import work

            again = work(Path(folder), Path(store_root), int(parent))
    if again:  # anew, and light
        say(Path(folder), "queued")
        os.execv(sys.executable, [sys.executable, "-m", "fairviz.turn", folder, store_root, parent])  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
