"""What trials cost beside their arithmetic: bytes, files, seconds to read, overhead, and what a second worker brings.

    python -m benchmarks.scale          (some minutes on two cores)

Rows of a hundred thousand trials with random counts are written as segments of 50, as tasks write them, merged
and read again. Overhead is that of the constant answer, whose arithmetic is next to nothing. The second worker is
told by one sweep of the simulated world (fits stored before), two workers against one, both started afresh.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.common import RESULTS, keep
from fairviz.controls.dials import BOOSTED
from fairviz.data import load_dataset
from fairviz.evaluation.counts import Counts
from fairviz.experiments.bench import Bench
from fairviz.experiments.recorded import dial_trial, recorded_trial
from fairviz.experiments.runner import run
from fairviz.experiments.trial import Trial
from fairviz.experiments.where import Where
from fairviz.store.library import Library
from fairviz.store.specs import FIT
from fairviz.store.trials import Row, TrialStore

MANY, PER_TASK = 100_000, 50
DOCUMENT = Path(__file__).parent.parent / "docs" / "scale.md"
MARK = "## What trials cost"


def segments(folder: Path) -> list[dict]:
    """Bytes, files and seconds of many trials."""
    rng, groups = np.random.default_rng(0), ("a", "b")
    rows = [
        Row(f"{k:032x}", asdict(Trial("fadm", f'{{"lambda_z": {k % 97 / 100}}}', f"domain {k % 11}", "mlp", k)), table)
        for k, table in enumerate(rng.integers(0, 9999, (MANY, 2, 2, 2)))
    ]
    store, begun = TrialStore(folder), time.perf_counter()
    for start in range(0, MANY, PER_TASK):
        store.put("fingerprint", groups, rows[start : start + PER_TASK])
    wrote = time.perf_counter() - begun
    files = list(folder.glob("*.parquet"))
    found = [
        {"what": "bytes a trial, as tasks write them", "value": sum(f.stat().st_size for f in files) / MANY},
        {"what": "milliseconds a trial to store", "value": 1000 * wrote / MANY},
    ]
    store.merge()
    files = list(folder.glob("*.parquet"))
    found.append({"what": "bytes a trial, merged", "value": sum(f.stat().st_size for f in files) / MANY})
    found.append({"what": f"files of {MANY:,} trials, merged", "value": len(files)})
    begun = time.perf_counter()
    assert len(TrialStore(folder).get(row.key for row in rows)) == MANY
    found.append({"what": f"seconds to read {MANY:,} trials", "value": time.perf_counter() - begun})
    return found


def overhead(library: Library) -> list[dict]:
    """Seconds of a trial beyond its arithmetic."""
    dataset = load_dataset("simulated")
    trials = [recorded_trial("East", "mlp", seed, {}, method="constant") for seed in range(300)]
    bench = Bench(dataset, library)
    bench.compute([recorded_trial("East", "mlp", 999, {}, method="constant")])
    begun = time.perf_counter()
    bench.compute(trials)
    whole = time.perf_counter() - begun
    source, target = dataset.leave_out("East")
    begun = time.perf_counter()
    for _ in trials:
        Counts.from_predictions(target, np.full(len(target), int(source.y.mean() > 0.5)))
    return [{"what": "milliseconds of overhead a trial", "value": 1000 * (whole - time.perf_counter() + begun) / 300}]


def second_worker(folder: Path) -> list[dict]:
    """One worker against two on the same sweep."""
    dataset, shipped = load_dataset("simulated"), Library()
    trials = [
        dial_trial(target, "gradient_boosting", seed, {"control": "dp", "lambda_z": price}, BOOSTED, preset="fairviz")
        for target in dataset.domains
        for seed in range(6)
        for price in (0.05, 0.1, 0.15, 0.2)
    ]
    seconds = {}
    for n_jobs in (1, 2):
        library = Library(folder / str(n_jobs))
        specs = [trial.fit_spec(dataset) for trial in trials]
        assert all(spec is not None and shipped.get(FIT, spec.to_json()) is not None for spec in specs)
        begun = time.perf_counter()
        for _ in run(dataset, trials, library, Where(n_jobs=n_jobs)):
            pass
        seconds[n_jobs] = time.perf_counter() - begun
    return [
        {"what": f"seconds of {len(trials)} trials, one worker", "value": seconds[1]},
        {"what": "times as fast with two workers", "value": seconds[1] / seconds[2]},
    ]


def _plain(_: int) -> float:
    """A loop that needs nothing but a core."""
    begun = time.perf_counter()
    sum(k * k for k in range(20_000_000))
    return time.perf_counter() - begun


def machine() -> list[dict]:
    """How much two processes of this machine get done, against one: what two workers could reach at most."""
    one = min(_plain(0) for _ in range(3))
    with get_context("spawn").Pool(2) as pool:
        pool.map(_plain, [0, 1])
        both = [np.mean(pool.map(_plain, [0, 1])) for _ in range(3)]
    return [{"what": "times as fast with two processes, a plain loop", "value": 2 * one / float(np.mean(both))}]


def told() -> str:
    """The kept figures for a million trials, in Markdown."""
    kept = pd.read_csv(RESULTS / "scale.csv")
    of = dict(zip(kept["what"], kept["value"], strict=True))
    files, second = of["files of 100,000 trials, merged"], of["times as fast with two workers"]
    each = of["seconds of 96 trials, one worker"] / 96
    plain = kept.loc[kept["what"] == "times as fast with two processes, a plain loop", "value"].to_list()
    lines = [
        "| what | a million trials |",
        "|---|---|",
        f"| on disk, as tasks of {PER_TASK} write them | {of['bytes a trial, as tasks write them']:.0f} MB in "
        f"{1_000_000 // PER_TASK:,} files |",
        f"| on disk, merged | {of['bytes a trial, merged']:.0f} MB in {10 * files:.0f} files or so |",
        f"| to store | {1e3 * of['milliseconds a trial to store']:.0f} s |",
        f"| to read | {10 * of['seconds to read 100,000 trials']:.0f} s |",
        f"| overhead beyond the arithmetic | {of['milliseconds of overhead a trial'] / 3.6:.2f} core-hours |",
        f"| arithmetic: 10,000 guided rows and boosting, {each:.2f} s each | {each / 3.6e-3:.0f} core-hours |",
    ]
    note = (
        f"Two workers were {second:.2f} times as fast as one; two processes of that machine, which others shared, ran "
        f"a plain loop {plain[0]:.2f} times as fast as one just before, {plain[-1]:.2f} times just after. "
        f"{kept['machine'][0]}, {kept['date'][0]}; `python -m benchmarks.scale`."
    )
    return "\n".join([*lines, "", note])


def main() -> None:
    """Measure and keep, and tell it in docs/scale.md."""
    with tempfile.TemporaryDirectory() as folder:
        rows = segments(Path(folder) / "many")
        rows += overhead(Library(Path(folder) / "one"))
        rows += machine() + second_worker(Path(folder)) + machine()
    keep("scale", rows)
    head = DOCUMENT.read_text().split(MARK)[0]
    DOCUMENT.write_text(f"{head}{MARK}\n\n{told()}\n")


if __name__ == "__main__":
    main()
