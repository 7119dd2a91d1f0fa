"""Points of accuracy below the simulated world's known front, at equal fairness, with more rows than the sweep's.

    python -m benchmarks.known_front       (some minutes on two cores)

The recorded sweep of soft labels has 10,000 rows; here every fourth stop of the dial is tried with 40,000, two seeds,
so that what the classifier loses for want of rows can be told from what the generator loses.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common import keep
from fairviz.controls import CONTROLS
from fairviz.controls.dials import BEST, BOOSTED
from fairviz.data import load_dataset
from fairviz.data.sources import fingerprint_of
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.runs import Runs
from fairviz.evaluation.tradeoff import mean_point
from fairviz.experiments.bench import Bench
from fairviz.experiments.recorded import dial_trial
from fairviz.experiments.trial import counts_of
from fairviz.store.library import Library

ROWS = 40_000
METRIC = {"dp": "R_DP", "eop": "R_EOp"}
CHOSEN = ("gradient_boosting", "mlp")
SEEDS = range(2)


def measure(control: str, price: float) -> list[dict]:
    """Means over the held-out regions at one price, a row per classifier: trials of the sweep's dial with more rows."""
    dataset, library = load_dataset("simulated"), Library()
    bench, setting = Bench(dataset, library), {"control": control, "lambda_z": price}
    parts: dict[str, list[Counts]] = {classifier: [] for classifier in CHOSEN}
    for seed in SEEDS:
        trials = [
            dial_trial(domain, classifier, seed, setting, BOOSTED, preset=BEST["preset"], n=ROWS)
            for domain in dataset.domains
            for classifier in CHOSEN
        ]
        rows = bench.compute(trials)
        for classifier in CHOSEN:
            mine = [row for row in rows if row.about["classifier"] == classifier]
            parts[classifier].append(counts_of(mine, dataset.groups))
    out, known = [], known_path(library, control)
    for classifier, runs in parts.items():
        accuracy, ratio = mean_point(Runs(tuple(runs)), METRIC[control]).values()
        out.append(
            {
                "control": control, "lambda_z": price, "classifier": classifier, "labels": "soft labels", "rows": ROWS,
                "seeds": len(runs), "accuracy": accuracy, "fairness": ratio,
                "points_below": float(points_below(known, METRIC[control], ratio, accuracy)),
            }
        )  # fmt: skip
    return out


def points_below(known: pd.DataFrame, metric: str, ratio: Any, accuracy: Any) -> Any:
    """Points of accuracy below the known path at equal fairness."""
    return 100 * (np.interp(ratio, known[metric], known["accuracy"]) - accuracy)


def known_path(library: Library, control: str) -> pd.DataFrame:
    """Accuracy and ratio of the fair Bayes rule, means over the regions, rising in the ratio."""
    entry = library.recorded(fingerprint_of("simulated"))
    assert entry is not None, "the simulated sweep is not shipped"
    truth = pd.DataFrame(entry.json("facts.json")["bayes_frontier"])
    metric = METRIC[control]
    return truth[truth["control"] == control].groupby("lambda_z")[["accuracy", metric]].mean().sort_values(metric)


def main() -> None:
    """Measure and keep."""
    entry = Library().recorded(fingerprint_of("simulated"))
    assert entry is not None, "the simulated sweep is not shipped"
    ends = entry.json("facts.json")["equality"]
    stops = {control: CONTROLS[control].stops(max(ends[control].values())) for control in METRIC}
    jobs = [(control, price) for control, prices in stops.items() for price in prices[::4]]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        found = list(pool.map(measure, *zip(*jobs, strict=True)))
    keep("known_front", [row for rows in found for row in rows])


if __name__ == "__main__":
    main()
