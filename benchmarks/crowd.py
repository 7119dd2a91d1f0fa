"""Many people at the recorded dial of Adult at once: ``python -m benchmarks.crowd --note "what is new"`` (Linux).

Every session is a websocket of its own that speaks Streamlit's protocol. It opens Explore, then moves the dial, thinks
for about three seconds (exponential) and moves again. A move lasts from sending it to the message that the page has
been sent whole. What the page then says is compared with the published trials, worked out here with pandas alone.

The app runs in a process of its own; this process, which plays all sessions, needs a part of a core beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.common import keep
from benchmarks.own import calibration
from benchmarks.visitor import Visitor
from benchmarks.waiting import resident
from tests.browser.serving import served
from tests.ui.answers import CONTROL, SAID, adults_sweep, stops

ROOT = Path(__file__).parent.parent


def answers() -> dict[str, tuple[str, str]]:
    """What every stop must say."""
    return stops(pd.read_csv(adults_sweep() / "trials.csv"))


@dataclass
class Crowd:
    """All sessions: what they do, and what they met."""

    url: str
    think: float
    known: dict[str, tuple[str, str]] = field(default_factory=answers)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    until: float = 0.0
    first: list[float] = field(default_factory=list)
    moves: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def session(self, seed: int) -> None:
        """One person."""
        rng, visitor = random.Random(seed), Visitor(self.url)
        try:
            self.first.append(await visitor.open())
            dial = visitor.widget("slider", f"price_{CONTROL}")
            await self.go.wait()
            stop = ""
            while True:
                await asyncio.sleep(rng.expovariate(1 / self.think))
                if time.perf_counter() > self.until:
                    break
                stop = rng.choice([one for one in dial.options if one != stop])
                visitor.state(dial.id, string_array_value=[stop])
                before = visitor.bytes
                self.moves.append(await visitor.rerun())
                self.bytes.append(visitor.bytes - before)
                said = SAID.search(visitor.sentence())
                if said is None or said.groups() != self.known[stop]:
                    self.errors.append(f"at {stop}: {visitor.sentence()[:300]}")
        except Exception as error:
            self.errors.append(repr(error))
        finally:
            self.errors += visitor.errors
            await visitor.close()


def spent(pid: int | str) -> float:
    """Processor seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def server() -> int:
    """The process of the app, which is the only one that was started here."""
    return int(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()[0])


async def crowd(url: str, n: int, seconds: float, think: float) -> dict:
    """A row of the table."""
    all_of_them, app, here = Crowd(url, think), server(), os.getpid()
    assert len(set(all_of_them.known.values())) == len(all_of_them.known), "two stops say the same"
    async with asyncio.TaskGroup() as group:
        for seed in range(n):
            group.create_task(all_of_them.session(seed))
        while len(all_of_them.first) + len(all_of_them.errors) < n:
            await asyncio.sleep(0.1)
        begun, before, ours = time.perf_counter(), spent(app), spent(here)
        all_of_them.until = begun + seconds
        all_of_them.go.set()
    took, moves = time.perf_counter() - begun, np.array(all_of_them.moves)
    for error in all_of_them.errors[:5]:
        print(error)
    return {
        "sessions": n, "think_s": think, "seconds": round(took), "moves": len(moves),
        "moves_per_s": round(len(moves) / took, 2),
        "median_s": round(float(np.median(moves)), 3), "p95_s": round(float(np.quantile(moves, 0.95)), 3),
        "p99_s": round(float(np.quantile(moves, 0.99)), 3), "aim_p95_s": 1.0, "errors": len(all_of_them.errors),
        "app_cpu_ms_per_move": round(1000 * (spent(app) - before) / len(moves), 1),
        "app_cores": round((spent(app) - before) / took, 2), "sessions_cores": round((spent(here) - ours) / took, 2),
        "kilobytes_per_move": round(float(np.mean(all_of_them.bytes)) / 1000, 1),
        "first_page_median_s": round(float(np.median(all_of_them.first)), 2),
        "first_page_max_s": round(max(all_of_them.first), 2), "app_megabytes": round(resident(app)),
        "load_of_machine": round(os.getloadavg()[0], 2),
    }  # fmt: skip


def main() -> None:
    """Serve the app with an empty cache and without the rows of data sets; keep a row."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--think", type=float, default=3.0)
    parser.add_argument("--note", default="")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="of another version, to compare with")
    args = parser.parse_args()
    unit = calibration()
    env = {name: value for name, value in os.environ.items() if name != "FAIRVIZ_DATA"}
    with tempfile.TemporaryDirectory() as folder:
        env["FAIRVIZ_CACHE"], log = folder, Path(folder) / "app.log"
        with served([sys.executable, "-m", "streamlit", "run", "app.py"], args.checkout, env, log) as url:
            row = asyncio.run(crowd(url, args.sessions, args.seconds, args.think))
        row["errors"] += log.read_text().count("Traceback")
    keep("crowd", [{"note": args.note, **row, "unit_s": round(unit, 3)}], after=True)


if __name__ == "__main__":
    main()
