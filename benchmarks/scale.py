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
from pathlib import Path

import numpy as np

from benchmarks.common import keep
from fairviz.data import load_dataset
from fairviz.evaluation.counts import Counts
from fairviz.experiments.recorded import recorded_trial
from fairviz.experiments.runner import Where, run
from fairviz.experiments.trial import Bench, Trial
from fairviz.library import FIT, FitSpec, Library
from fairviz.segments import Row, TrialStore

MANY, PER_TASK = 100_000, 50


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
        recorded_trial(target, "gradient_boosting", seed, {"control": "dp", "lambda_z": price})
        for target in dataset.domains
        for seed in range(6)
        for price in (0.05, 0.1, 0.15, 0.2)
    ]
    seconds = {}
    for n_jobs in (1, 2):
        library = Library(folder / str(n_jobs))
        assert all(shipped.get(FIT, FitSpec.of(dataset, d).to_json()) is not None for d in dataset.domains)
        begun = time.perf_counter()
        for _ in run(dataset, trials, library, Where(n_jobs=n_jobs)):
            pass
        seconds[n_jobs] = time.perf_counter() - begun
    return [
        {"what": f"seconds of {len(trials)} trials, one worker", "value": seconds[1]},
        {"what": "times as fast with two workers", "value": seconds[1] / seconds[2]},
    ]


def main() -> None:
    """Measure and keep."""
    with tempfile.TemporaryDirectory() as folder:
        rows = segments(Path(folder) / "many")
        rows += overhead(Library(Path(folder) / "one"))
        rows += second_worker(Path(folder))
    keep("scale", rows)


if __name__ == "__main__":
    main()
