"""kill -9 of workers and servers while fits are trained. ``nice python -m benchmarks.kills [KILLS] [SEED]``.

A stand-in for the server asks for a fit; worker or server is killed at a random moment of one of five stages (the
worker starts, trains, keeps a checkpoint, has trained, writes the entry); the store, the status and the leftovers are
looked at, and the same fit is asked for again, until it is done. Then it is compared, bit for bit, with the same fit
made at one go, removed, and begun anew. Two fits go on at once.

Checkpoints are kept every ``EVERY_S`` seconds, so that a short training has several; the last four kills have the
interval of the app. Work lost is all that was done since the last checkpoint, or since the training began.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.common import keep
from fairviz.data import load_dataset
from fairviz.errors import StoreError
from fairviz.store import read_entry
from fairviz.store.checkpoints import NAME as CHECKPOINT
from fairviz.store.checkpoints import read_checkpoint
from fairviz.store.jobs import FINAL, JobQueue, JobStatus
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FitSpec
from fairviz.store.worker import CHECKPOINT_S
from fairviz.store.writing import payload_bytes
from fairviz.synthesizers import FADM

OPTIONS = {"n": 400}
SMALL: dict[str, Any] = {
    "hidden": 16, "depth": 1, "classifier_hidden": 8, "classifier_depth": 1, "batch_size": 64, "meta": "none",
}  # fmt: skip
N_ITER, LONG_ITER, EVERY_S, TRUTH_S = 400, 100_000, 2.0, 10.0
#: How often each stage is drawn.
STAGES = {"start": 1, "train": 5, "checkpoint": 2, "trained": 1, "write": 1}
WORKER = """
import sys
from fairviz.store import worker
worker.CHECKPOINT_S = float(sys.argv[1])
from fairviz.turn import main
main(*sys.argv[2:])
"""


def serve(root: Path, every: float) -> None:
    """The server: a specification a line comes in, the job's id and the worker's pid go out."""
    queue, begun = JobQueue(root / "jobs", Library(root / "store", root / "shipped")), [0]
    start = subprocess.Popen

    def popen(command: list[str], **how: Any) -> Any:
        at = command.index("fairviz.turn")
        worker = start([command[0], "-c", WORKER, str(every), *command[at + 1 :]], **how)
        begun[0] = worker.pid
        return worker

    subprocess.Popen = popen  # type: ignore[misc, assignment]
    for line in sys.stdin:
        begun[0] = 0
        print(json.dumps([queue.submit(FitSpec.from_json(json.loads(line))), begun[0]]), flush=True)


class Server:
    """A server process as the lane sees it."""

    def __init__(self, root: Path, every: float) -> None:
        command = [sys.executable, "-m", "benchmarks.kills", "--serve", str(root), "--every", str(every)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def submit(self, spec: FitSpec) -> tuple[str, int]:
        """The job's id, and the pid of the worker that was started for it (0: it was running already)."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(spec.to_json()), file=self.process.stdin, flush=True)
        job, pid = json.loads(self.process.stdout.readline())
        return job, pid

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def alive(pid: int) -> bool:
    """Whether a process runs: one that is dead and not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


class Lane:
    """One fit after another, killed again and again."""

    def __init__(self, root: Path, target: str, n_iter: int, every: float, seed: int) -> None:
        self.root, self.every, self.random = root, every, random.Random(seed)
        self.queue = JobQueue(root / "jobs", Library(root / "store", root / "shipped"))
        dataset = load_dataset("simulated", **OPTIONS)
        self.spec = FitSpec.of(dataset, target, OPTIONS, n_iter=n_iter, **SMALL)
        self.server = Server(root, every)
        self.rows: list[dict] = []
        if n_iter == N_ITER:
            meta, arrays = FADM(**self.spec.params).fit(dataset.source_for(target)).state()
            self.wanted = payload_bytes({"fit.json": meta}, arrays)

    def status(self) -> JobStatus:
        found = self.queue.find(self.spec)
        assert found is not None
        return found

    def until(self, moment: Callable[[], bool], pid: int, patience: float = 120) -> bool:
        """Whether a moment came while the worker was there."""
        end = time.monotonic() + patience
        while time.monotonic() < end and alive(pid):
            if moment():
                return True
            time.sleep(0.002)
        return False

    def wait_for(self, stage: str, pid: int, folder: Path) -> bool:
        """Wait for a random moment of a stage; whether the worker still runs then."""
        store, n = self.root / "store" / FIT, self.spec.params["n_iter"]
        old = set(store.glob(".writing-*"))  # of a worker that was killed before
        moments: dict[str, tuple[Callable[[], bool], float]] = {
            "start": (lambda: True, 4.0),
            "train": (lambda: self.status().step > 0, min(4 * self.every, 45.0)),
            "checkpoint": (lambda: self.status().step > 0 and bool(list(folder.glob(".fairviz-*"))), 0.0),
            "trained": (lambda: self.status().step >= 0.97 * n, 1.5),
            "write": (lambda: bool(set(store.glob(".writing-*")) - old), 0.0),
        }
        moment, spread = moments[stage]
        come = self.until(moment, pid)
        time.sleep(self.random.uniform(0, spread))
        return come and alive(pid)

    def round(self) -> None:
        """One life of a worker: ended by a kill, or by the end of its training."""
        if self.server.process.poll() is not None:
            self.server = Server(self.root, self.every)
        before = read_checkpoint(self.queue._folder(self.spec))
        job, pid = self.server.submit(self.spec)
        assert pid, "a job that nobody works on was taken for one that runs"
        folder, begun = self.queue.root / job, [0.0, 0]

        def note() -> bool:
            status = self.status()
            if status.step and not begun[0]:
                begun[:] = [time.time(), status.step]
            return bool(begun[0])

        stage = self.random.choices(list(STAGES), list(STAGES.values()))[0]
        victim = self.random.choice(["worker", "server"]) if stage != "write" else "worker"
        if self.every > EVERY_S:
            stage = "train"
        if stage != "start":
            self.until(note, pid)
        if not self.wait_for(stage, pid, folder):
            self.finish(pid)
            return
        told = self.status()
        if victim == "server":
            self.server.kill()
        else:
            os.kill(pid, signal.SIGKILL)
        self.look(stage, victim, pid, told, begun, before)

    def look(
        self, stage: str, victim: str, pid: int, told: JobStatus, begun: list[float], before: Any
    ) -> None:  # fmt: skip
        """What a kill has left, and when the status tells of it."""
        killed, at = time.time(), time.monotonic()
        folder = self.queue._folder(self.spec)
        while alive(pid) and time.monotonic() - at < 60:
            time.sleep(0.02)
        gone = time.monotonic() - at
        while self.status().state not in FINAL and time.monotonic() - at < 90:
            time.sleep(0.05)
        seconds, status, kept = time.monotonic() - at, self.status(), read_checkpoint(folder)
        last = (folder / CHECKPOINT).stat().st_mtime if kept else 0.0
        fits = [path for path in (self.root / "store" / FIT).glob("[0-9a-f]*")]
        there = self.queue.library.get(FIT, self.spec.to_json()) is not None
        self.rows.append({
            "victim": victim, "stage": stage, "step": told.step, "checkpoint_every_s": self.every,
            "state": status.state, "status_after_s": round(seconds, 1), "worker_gone_after_s": round(gone, 1),
            "true": status.state == "interrupted" or (status.state == "done" and there), "fit_there": there,
            "went_on_from": int(before.arrays["at"][0]) if before else 0, "first_step_seen": int(begun[1]),
            "lost_s": round(max(0.0, killed - max(last, begun[0])), 1) if begun[0] and not there else 0.0,
            "corrupt": sum(not verifies(path) for path in fits), "leftovers": len(self.leftovers()),
        })  # fmt: skip
        print(self.rows[-1], flush=True)
        if there:
            self.compare()

    def leftovers(self) -> list[Path]:
        """Files and folders that somebody was writing; also those of the other lane, which may be at it."""
        return [*(self.root / "store").rglob(".writing-*"), *self.root.rglob(".fairviz-*"), *self.root.rglob("*.part")]

    def finish(self, pid: int) -> None:
        """Wait for a fit that was not killed in time."""
        while self.status().state not in FINAL:
            time.sleep(0.05)
        status = self.status()
        assert status.state == "done", status
        steps = [row[0] for row in status.history]
        assert steps == sorted(set(steps)), "a step was told of twice"
        self.compare()

    def compare(self) -> None:
        """The fit is, bit for bit, the one made at one go; then it is removed."""
        entry = self.queue.library.get(FIT, self.spec.to_json())
        assert entry is not None
        same = {name: (entry.path / name).read_bytes() == data for name, data in self.wanted.items()}
        print("finished", self.spec.target, same, flush=True)
        for row in self.rows:
            row.setdefault("same_fit", all(same.values()))
        shutil.rmtree(entry.path)
        shutil.rmtree(self.queue._folder(self.spec), ignore_errors=True)

    def run(self, kills: int) -> None:
        while len(self.rows) < kills:
            self.round()
        if self.spec.params["n_iter"] == N_ITER and "same_fit" not in self.rows[-1]:
            if self.server.process.poll() is not None:
                self.server = Server(self.root, self.every)
            self.finish(self.server.submit(self.spec)[1])
        self.server.kill()


def verifies(path: Path) -> bool:
    """Whether a visible entry is whole; one that was removed meanwhile is none."""
    try:
        read_entry(path)
    except StoreError:
        return not path.exists()
    return True


def cleared(root: Path) -> int:
    """Leftovers that are there two hours later, when one more fit has been asked for and made."""
    lane = Lane(root, "South", 30, EVERY_S, 0)
    old = time.time() - 7200
    for path in lane.leftovers():
        with suppress(OSError):
            os.utime(path, (old, old))
    lane.server.submit(lane.spec)
    while lane.status().state not in FINAL:
        time.sleep(0.1)
    lane.server.kill()
    return len(lane.leftovers())


def main(kills: int, seed: int) -> None:
    """Print and keep a row per kill."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for count, n_iter, every in ((kills - 4, N_ITER, EVERY_S), (4, LONG_ITER, CHECKPOINT_S)):
            lanes = [Lane(root, target, n_iter, every, seed + k) for k, target in enumerate(("East", "West"))]
            shares = [count // 2, count - count // 2]
            threads = [threading.Thread(target=lane.run, args=(n,)) for lane, n in zip(lanes, shares, strict=True)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            rows += [row for lane in lanes for row in lane.rows]
        left = cleared(root)
    rows = [{"same_fit": "", **row, "leftovers_two_hours_later": left} for row in rows]
    late = [row for row in rows if row["status_after_s"] > TRUTH_S + 1]
    keep("kills", rows)
    print(
        f"{len(rows)} kills; corrupt entries {sum(row['corrupt'] for row in rows)}; untrue states "
        f"{sum(not row['true'] for row in rows)}; status later than {TRUTH_S:g} s {len(late)}; at most "
        f"{max(row['lost_s'] for row in rows):g} s lost; fits that differ "
        f"{sum(row['same_fit'] is False for row in rows)}; leftovers in the end {left}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", nargs="?", type=int, default=50)
    parser.add_argument("seed", nargs="?", type=int, default=0)
    parser.add_argument("--serve", type=Path)
    parser.add_argument("--every", type=float, default=EVERY_S)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.every)
    else:
        main(given.kills, given.seed)
