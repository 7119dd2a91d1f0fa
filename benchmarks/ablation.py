"""What meta-learning is worth on held-out domains of Adult. What the weights of the two losses are worth is in LOG.md.

    python -m benchmarks.ablation          (a quarter of an hour on two cores; needs Adult's rows)

One fit per held-out domain and variant, five sampling seeds, 10,000 rows, ten steps, gradient boosting.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.common import keep
from fairviz.data import load_dataset
from fairviz.evaluation.metrics import METRICS
from fairviz.experiments.bench import Bench
from fairviz.experiments.recorded import recorded_trial
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FitSpec

VARIANTS = {
    "second order": {"meta": "second_order"},
    "first order": {"meta": "first_order"},
    "without": {"meta": "none"},
}
PRICES = (0.0, 0.2)
SEEDS = range(5)


def measure(variant: str, target: str) -> list[dict]:
    """Every price and seed of one variant on one held-out domain."""
    dataset, library = load_dataset("adult"), Library()
    spec = FitSpec.of(dataset, target, **VARIANTS[variant])  # type: ignore[arg-type]
    library.fit(spec, dataset)
    entry = library.get(FIT, spec.to_json())
    assert entry is not None
    rows = []
    for price in PRICES:
        for seed in SEEDS:
            trial = recorded_trial(target, "gradient_boosting", seed, {"control": "dp", "lambda_z": price})
            (row,) = Bench(dataset, library, spec=spec).compute([trial])
            values = {m: float(METRICS[m](row.table)) for m in ("accuracy", "R_DP", "R_EOp")}
            counts = {name: value for name, value in row.flat().items() if name not in row.about}
            rows.append(
                {
                    "variant": variant, "target": target, "lambda_z": price, "seed": seed, **values,
                    **counts,
                    "fit_seconds": entry.made["seconds"],
                }
            )  # fmt: skip
    return rows


def main() -> None:
    """Measure and keep."""
    jobs = [(variant, target) for variant in VARIANTS for target in load_dataset("adult").domains]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        found = list(pool.map(measure, *zip(*jobs, strict=True)))
    keep("ablation", [row for rows in found for row in rows])


if __name__ == "__main__":
    main()
