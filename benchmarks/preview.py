"""The preview: seconds from a moved dial to new numbers, and whether weights and guided rows agree on Adult.

    python -m benchmarks.preview           (some minutes on one core; needs Adult's rows)

Seconds: all five held-out domains, one thread, settings never asked for before; the median of five prices. Agreement:
the difference of the means over five seeds, beside the standard deviations over seeds (10,000 rows, ten
steps, gradient boosting, the same noise in both).
"""

from __future__ import annotations

import time

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks.common import keep
from fairviz.data import load_dataset
from fairviz.evaluation import CLASSIFIERS
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS, mean_over_domains
from fairviz.library import FitSpec, Library
from fairviz.preview import Preview
from fairviz.sweep import Cell, compute
from fairviz.synthesizers.preview import effective_sample_size

PRICES = (0.11, 0.13, 0.17, 0.19, 0.23)
SETTINGS = (("dp", 0.1), ("dp", 0.2), ("dp", 0.3), ("eop", 0.03), ("eop", 0.06), ("entropy", 5.0))
SEEDS = range(5)


def _means(counts: Counts) -> dict[str, float]:
    return {m: mean_over_domains(METRICS[m](counts.table))[0] for m in ("accuracy", "R_DP", "R_EOp")}


def main() -> None:
    """Measure and keep."""
    torch.set_num_threads(1)
    dataset, library, rows = load_dataset("adult"), Library(), []
    specs = {domain: FitSpec.of(dataset, domain) for domain in dataset.domains}

    def previews(seed: int) -> dict[str, Preview]:
        return {d: Preview(library.fit(spec), *dataset.leave_out(d), seed=seed) for d, spec in specs.items()}

    with threadpool_limits(1):
        first = previews(0)
        for classifier in CLASSIFIERS:
            for preview in first.values():
                preview.test(classifier, lambda_z=0.01)
            times = []
            for price in PRICES:
                begun = time.perf_counter()
                _means(Counts.concat([p.test(classifier, lambda_z=price)[0] for p in first.values()]))
                times.append(time.perf_counter() - begun)
            rows.append(
                {"what": "seconds for five domains", "classifier": classifier, "value": float(np.median(times))}
            )
        values: dict[tuple, list[dict[str, float]]] = {}
        for seed in SEEDS:
            pools = first if seed == 0 else previews(seed)
            for control, price in SETTINGS:
                weighted, guided = [], []
                for domain, preview in pools.items():
                    weighted.append(preview.test("gradient_boosting", control=control, lambda_z=price)[0])
                    cell = Cell(domain, "gradient_boosting", seed, control, 1.0, price)
                    guided += compute(specs[domain], [cell], library, dataset)
                values.setdefault((control, price, "preview"), []).append(_means(Counts.concat(weighted)))
                values.setdefault((control, price, "guided"), []).append(_means(Counts.concat(guided)))
        for control, price in SETTINGS:
            sizes = [effective_sample_size(p.pool.weights(control=control, lambda_z=price)) for p in first.values()]
            for metric in ("accuracy", "R_DP", "R_EOp"):
                a, b = (np.array([v[metric] for v in values[control, price, k]]) for k in ("preview", "guided"))
                rows.append(
                    {
                        "what": "agreement", "classifier": "gradient_boosting", "control": control, "lambda_z": price,
                        "metric": metric, "preview": a.mean(), "guided": b.mean(), "value": a.mean() - b.mean(),
                        "preview_sd": a.std(ddof=1), "guided_sd": b.std(ddof=1), "seeds": len(a),
                        "effective_rows_low": round(min(sizes)), "effective_rows_high": round(max(sizes)),
                    }
                )  # fmt: skip
    keep("preview", rows)


if __name__ == "__main__":
    main()
