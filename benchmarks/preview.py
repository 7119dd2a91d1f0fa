"""The preview: seconds from a moved dial to new numbers, and whether weights and guided rows agree on Adult.

    python -m benchmarks.preview           (some minutes on one core; needs Adult's rows)

Seconds: all five held-out domains, one thread, settings never asked for before; the median of five prices; and of the
training on weighted rows that a moved rule stands for. Agreement: the differences of means over five seeds from those
of guided rows, beside the standard deviations over seeds (10,000 rows, ten steps, gradient boosting, the same noise).
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.common import keep
from fairviz.data import load_dataset
from fairviz.evaluation import CLASSIFIERS, evaluate
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS, mean_over_domains
from fairviz.evaluation.runs import Runs
from fairviz.experiments.bench import Bench
from fairviz.experiments.preview import Preview
from fairviz.experiments.recorded import recorded_trial
from fairviz.experiments.trial import counts_of
from fairviz.numerics import settle
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.synthesizers.pool import effective_sample_size

PRICES = (0.11, 0.13, 0.17, 0.19, 0.23)
SETTINGS = (("dp", 0.1), ("dp", 0.2), ("dp", 0.3), ("eop", 0.01), ("eop", 0.02), ("entropy", 5.0))
SEEDS = range(5)


def _mean(runs: Runs, metric: str) -> float:
    """Mean over domains of what several runs show together."""
    return mean_over_domains(runs.value(METRICS[metric]))[0]


def trained(preview: Preview, classifier: str, control: str, price: float) -> Counts:
    """Counts on the target of a classifier trained on the weighted pool."""
    weights, target = preview.pool.weights(control=control, lambda_z=price), preview.target
    return evaluate(preview.pool.rows, target, classifier=classifier, seed=preview.seed, weights=weights)


def main() -> None:
    """Measure and keep."""
    settle()
    dataset, library, rows = load_dataset("adult"), Library(), []
    specs = {domain: FitSpec.of(dataset, domain) for domain in dataset.domains}

    def previews(seed: int) -> dict[str, Preview]:
        return {d: Preview(library.fit(spec), *dataset.leave_out(d), seed=seed) for d, spec in specs.items()}

    first = previews(0)
    for classifier in CLASSIFIERS:
        for preview in first.values():
            preview.test(classifier, lambda_z=0.01)
        for what in ("preview", "trained on weighted rows"):
            times = []
            for price in PRICES:
                begun = time.perf_counter()
                for preview in first.values():
                    if what == "preview":
                        preview.test(classifier, lambda_z=price)
                    else:
                        trained(preview, classifier, "dp", price)
                times.append(time.perf_counter() - begun)
            median = float(np.median(times))
            rows.append({"what": f"seconds for five domains, {what}", "classifier": classifier, "value": median})
    counted: dict[tuple, list[Counts]] = {}
    for seed in SEEDS:
        pools = first if seed == 0 else previews(seed)
        for control, price in SETTINGS:
            shown, weighted, guided = [], [], []
            for domain, preview in pools.items():
                shown.append(preview.test("gradient_boosting", control=control, lambda_z=price)[0])
                weighted.append(trained(preview, "gradient_boosting", control, price))
                setting = {"control": control, "lambda_z": price}
                trial = recorded_trial(domain, "gradient_boosting", seed, setting)
                guided.append(counts_of(Bench(dataset, library).compute([trial]), dataset.groups))
            for kind, some in (("preview", shown), ("trained", weighted), ("guided", guided)):
                counted.setdefault((control, price, kind), []).append(Counts.concat(some))
    for control, price in SETTINGS:
        sizes = [effective_sample_size(p.pool.weights(control=control, lambda_z=price)) for p in first.values()]
        for metric in ("accuracy", "R_DP", "R_EOp"):
            row: dict = {"what": "agreement", "classifier": "gradient_boosting", "control": control, "lambda_z": price}
            for kind in ("preview", "trained", "guided"):
                parts = tuple(counted[control, price, kind])
                row[kind] = _mean(Runs(parts), metric)
                row[f"{kind}_sd"] = np.std([_mean(Runs((one,)), metric) for one in parts], ddof=1)
            row |= {"metric": metric, "value": row["preview"] - row["guided"], "seeds": len(SEEDS)}
            row |= {"effective_rows_low": round(min(sizes)), "effective_rows_high": round(max(sizes))}
            rows.append(row)
    keep("preview", rows)


if __name__ == "__main__":
    main()
