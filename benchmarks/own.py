"""A stranger's table, from bytes to fits: seconds, beside a calibration of the machine. ``python -m benchmarks.own``.

50,000 made-up rows, 14 columns, 5 domains, through the same pieces as the page: reading and proposals; where dials end
and the first dial (logistic regression on 2,500 weighted rows); the dial with boosting on all rows; first drafts and
fits of all five domains, two at a time. Workers for trials are started when the table has come, as on the page.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common import keep
from fairviz.controls.dials import BEST_TRAINING
from fairviz.data.cautions import about_columns, about_roles
from fairviz.data.judged import people, proposed_held_out
from fairviz.data.opened import open_table
from fairviz.data.own import OwnStore
from fairviz.data.proposals import propose, propose_division, propose_label
from fairviz.data.roles import Roles
from fairviz.data.sources import OWN, load_dataset

N, DOMAINS = 50_000, 5
#: Seconds that a person looks at the proposed roles, at least.
LOOKING_S = 8.0


def table(n: int = N, seed: int = 0) -> bytes:
    """Loans in five regions: ages, incomes, jobs, a label that disfavours women."""
    rng = np.random.default_rng(seed)
    woman, region = rng.random(n) < 0.45, rng.integers(0, DOMAINS, n)
    job = np.where(rng.random(n) < 0.5, np.where(woman, "care", "craft"), rng.choice(["office", "trade", "farm"], n))
    income = np.round(np.exp(rng.normal(10, 0.5, n) - 0.2 * woman + 0.05 * region))
    numbers = {f"n{k}": np.round(rng.normal(size=n) + 0.3 * np.log(income), 3) for k in range(5)}
    score = np.log(income) + 0.2 * numbers["n0"] - 0.4 * woman + rng.normal(0, 0.5, n)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n), "sex": np.where(woman, "f", "m"), "region": region, "job": job,
            "income": income, **numbers, "marital": rng.choice(["single", "married", "other"], n),
            "owner": rng.choice(["yes", "no"], n), "years": rng.integers(0, 40, n),
            "approved": np.where(score > np.quantile(score, 0.6), "yes", "no"),
        }
    )  # fmt: skip
    return frame.to_csv(index=False).encode()


def calibration() -> float:
    """Seconds of a fixed piece of arithmetic."""
    begun = time.monotonic()
    a = np.random.default_rng(0).normal(size=(600, 600))
    for _ in range(30):
        a = a @ a / np.linalg.norm(a)
    return time.monotonic() - begun


def main() -> None:
    """Print and keep a row per stage."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FAIRVIZ_CACHE"] = folder
        from fairviz.experiments.drawer import COST, ENDS, Batch, Drawer
        from fairviz.experiments.weighted import ALL_ROWS, FIRST_ROWS, Weighted, draft_trials, trials
        from fairviz.store.jobs import JobQueue
        from fairviz.store.library import Library
        from fairviz.store.specs import FitSpec
        from fairviz.turn import AT_ONCE

        rows, unit = [], calibration()

        def note(stage: str, aim: float, begun: float) -> None:
            seconds = time.monotonic() - begun
            rows.append({"stage": stage, "seconds": round(seconds, 2), "aim_s": aim, "units": round(seconds / unit, 1)})
            print(rows[-1], flush=True)

        path = Path(folder) / "table"
        path.write_bytes(table())
        begun = time.monotonic()
        opened = open_table(path, "loans")
        found = propose(opened.frame)
        about_columns(opened.frame)
        note("read, roles proposed", 3, begun)
        label, group, domain = found.labels[0], found.groups[0], found.domains[0]
        roles = Roles(
            propose_label(label, opened.frame[label]), propose_division(group, opened.frame[group]),
            propose_division(domain, opened.frame[domain]),
        )  # fmt: skip
        begun = time.monotonic()
        dataset, _ = roles.apply(OWN, opened.frame)
        about_roles(dataset)
        people(dataset)
        note("roles applied, counted", 3, begun)
        held_out = proposed_held_out(dataset, DOMAINS)
        library = Library()
        drawer = Drawer(library)
        drawer.get_ready()  # as the page does when a table has come
        time.sleep(LOOKING_S)
        go = time.monotonic()
        own = OwnStore().add("loans", roles, "", data=path.read_bytes(), held_out=tuple(held_out))
        options = {"id": own.id}
        kept = load_dataset(OWN, **options)
        asked = drawer.submit(Batch(FitSpec.of(kept, d, options), what=ENDS) for d in held_out)
        told = {d: future.result() for d, future in zip(held_out, asked, strict=True)}
        ends = {gap: {d: told[d][gap] for d in held_out} for gap in ("dp", "eop")}
        prices = Weighted(ends).prices("dp")
        for stage, aim, n, model in (
            ("from go: first dial", 10, FIRST_ROWS, "logistic_regression"),
            ("from go: dial with boosting on all rows", 90, ALL_ROWS, "gradient_boosting"),
        ):
            batches = [Batch(FitSpec.of(kept, d, options), trials("dp", prices, [d], model, n)) for d in held_out]
            for future in drawer.submit(batches):
                future.result()
            note(f"{stage}, {len(prices)} prices", aim, go)
        drawer.get_ready()
        training: dict[str, Any] = dict(BEST_TRAINING)
        specs = [FitSpec.of(kept, d, options, **training) for d in held_out]
        foretold = max(f.result() for f in drawer.submit([Batch(specs[0], what=COST)])) * -(-len(specs) // AT_ONCE)
        rows.append({"stage": "all fits, foretold", "seconds": round(foretold, 2), "aim_s": float("nan"),
                     "units": round(foretold / unit, 1)})  # fmt: skip
        begun, queue = time.monotonic(), JobQueue(library=library)
        jobs = queue.submit_all(specs)
        for spec, target in zip(specs, held_out, strict=True):
            while not queue.drafted(spec):
                time.sleep(0.2)
            note(f"first draft kept, {target}", 60, begun)
        batches = [Batch(s, draft_trials("dp", "gradient_boosting", s.target, prices), queue.drafts(s)[0].run)
                   for s in specs]  # fmt: skip
        for future in drawer.submit(batches):
            future.result()
        note("first drafts of all domains tested, boosting", 60, begun)
        drawer.close()
        while any((status := queue.status(job)) is not None and status.live for job in jobs):
            time.sleep(0.5)
        states = [status.state for job in jobs if (status := queue.status(job)) is not None]
        assert states == ["done"] * len(jobs), states
        note("fits of all five domains", 360, begun)
        rows.append({"stage": "one unit", "seconds": round(unit, 3), "aim_s": float("nan"), "units": 1.0})
        keep("own", rows)


if __name__ == "__main__":
    main()
