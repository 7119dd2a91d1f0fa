"""A free dial, moved: seconds until the page shows the new price's numbers. ``python -m benchmarks.free``.

The simulated world, whose rows and fits ship: four held-out domains, 10,000 weighted rows each, gradient boosting. One
session over the websocket, two seconds between moves, so guided rows are drawn beside it as on the page; then the same
while two fits are trained.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.common import keep
from benchmarks.own import calibration
from benchmarks.visitor import Visitor
from fairviz.data import load_dataset
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.ui.explore import BETWEEN
from tests.browser.serving import served

ROOT = Path(__file__).parent.parent
THINK_S, MOVES = 2.0, 25


def shows(visitor: Visitor, words: str) -> bool:
    """Whether the page says some words, taken from the marks that keep them text."""
    return any(words in one.body.replace("\\", "") for one in visitor.elements("markdown"))


async def moved(visitor: Visitor, n: int, seed: int, seen: set[float]) -> list[float]:
    """Seconds of moves to prices that are not among those ``seen``, and join them."""
    rng, took, same = random.Random(seed), [], 0
    dial = visitor.widget("slider", "price_dp")
    for _ in range(n):
        await asyncio.sleep(THINK_S)
        every = [round(k * dial.step, 12) for k in range(1, int(dial.max / dial.step)) if k % BETWEEN]  # none recorded
        price = rng.choice([one for one in every if one not in seen])
        seen.add(price)
        visitor.state(dial.id, double_array_value=[price])
        before = visitor.sentence()
        took.append(await visitor.rerun(until=partial(shows, visitor, f"is worth {price:g} points")))
        same += visitor.sentence() == before  # two prices may be right for as many of 1,000
        assert not visitor.errors, visitor.errors
    assert same <= max(1, n // 3), "the page does not change"
    return took


def row(what: str, took: list[float], aims: tuple[float, float]) -> dict:
    """A row of the table."""
    return {
        "what": what, "moves": len(took), "median_s": round(float(np.median(took)), 3), "aim_median_s": aims[0],
        "p95_s": round(float(np.quantile(took, 0.95)), 3), "aim_p95_s": aims[1],
        "load_of_machine": round(os.getloadavg()[0], 2),
    }  # fmt: skip


async def measured(url: str, queue: JobQueue) -> list[dict]:
    """The first move, which draws the pools; moves alone; moves beside a training."""
    visitor = Visitor(url, data="simulated")
    await visitor.open()
    nan, seen = float("nan"), set[float]()
    rows = [row("first move: torch loaded, pools drawn", await moved(visitor, 1, 0, seen), (nan, nan))]
    rows.append(row("one session", await moved(visitor, MOVES, 1, seen), (0.5, 1.0)))
    dataset = load_dataset("simulated", bias=2.0)
    specs = [FitSpec.of(dataset, t, {"bias": 2.0}, n_iter=100_000) for t in ("East", "West")]
    queue.submit_all(specs)
    while not all((status := queue.find(spec)) is not None and status.step for spec in specs):
        await asyncio.sleep(0.5)
    rows.append(row("beside a training of two fits", await moved(visitor, MOVES, 2, seen), (1.0, 2.0)))
    for spec in specs:
        queue.cancel_fit(spec)
    await visitor.close()
    return rows


def main() -> None:
    """Serve the app with an empty cache; keep the rows."""
    unit = calibration()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FAIRVIZ_CACHE"] = folder
        queue = JobQueue(library=Library())
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        with served(command, ROOT, dict(os.environ), Path(folder) / "app.log") as url:
            rows = asyncio.run(measured(url, queue))
    keep("free", [{**one, "unit_s": round(unit, 3)} for one in rows])


if __name__ == "__main__":
    main()
