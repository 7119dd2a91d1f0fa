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
from fairviz.controls.dials import BEST_SOLVER
from fairviz.data import load_dataset
from fairviz.data.dataset import DomainDataset
from fairviz.data.sources import fingerprint_of, source_of
from fairviz.evaluation import evaluate
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.runs import Runs
from fairviz.evaluation.tradeoff import mean_point
from fairviz.store import Entry
from fairviz.store.fits import load_fit
from fairviz.store.library import Library
from fairviz.synthesizers.hyper import WEIGHT

ROWS = 40_000
METRIC = {"dp": "R_DP", "eop": "R_EOp"}
CHOSEN = ("gradient_boosting", "mlp")
SEEDS = range(2)


def measure(control: str, price: float) -> list[dict]:
    """Means over the held-out regions at one price, a row per classifier."""
    dataset, library = load_dataset("simulated"), Library()
    fits = {d: load_fit(entry) for d, entry in default_fits(library).items()}
    targets = {d: dataset.leave_out(d)[1] for d in dataset.domains}
    counted: dict[str, list[Counts]] = {classifier: [] for classifier in CHOSEN}
    for seed in SEEDS:
        how = {"control": control, "lambda_z": price, "solver": BEST_SOLVER, "random_state": seed}
        rows = {d: fits[d].soft(ROWS, **how) for d in targets}
        for classifier in CHOSEN:
            counted[classifier].append(Counts.concat([tested(rows[d], targets[d], classifier, seed) for d in targets]))
    out, known = [], known_path(library, control)
    for classifier, parts in counted.items():
        accuracy, ratio = mean_point(Runs(tuple(parts)), METRIC[control]).values()
        out.append(
            {
                "control": control, "lambda_z": price, "classifier": classifier, "labels": "soft labels", "rows": ROWS,
                "seeds": len(parts),
                "accuracy": accuracy, "fairness": ratio,
                "points_below": float(points_below(known, METRIC[control], ratio, accuracy)),
            }
        )  # fmt: skip
    return out


def tested(rows: pd.DataFrame, target: DomainDataset, classifier: str, seed: int) -> Counts:
    """Counts of a model trained on soft rows."""
    weights = rows[WEIGHT].to_numpy()
    return evaluate(rows.drop(columns=WEIGHT), target, classifier=classifier, seed=seed, weights=weights)


def default_fits(library: Library) -> dict[str, Entry]:
    """The shipped fits, by held-out region."""
    return library.find_fits(fingerprint_of("simulated"), source_of("simulated").training)


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
    library = Library()
    fits = [load_fit(entry) for entry in default_fits(library).values()]
    stops = {c: CONTROLS[c].stops(max(fit.end_of_dial(c) for fit in fits)) for c in METRIC}
    jobs = [(control, price) for control, prices in stops.items() for price in prices[::4]]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        found = list(pool.map(measure, *zip(*jobs, strict=True)))
    keep("known_front", [row for rows in found for row in rows])


if __name__ == "__main__":
    main()
