"""Accuracy kept and few-step against Euler-Maruyama, in-distribution: fit on adult.data, test on adult.test.

    python -m benchmarks.quality          (about ten minutes on two cores; needs Adult's rows)

Five seeds. ``kept`` is the accuracy of gradient boosting on 10,000 synthetic rows over that on 10,000 real ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.common import keep
from fairviz.data.sets.adult import read as read_adult
from fairviz.evaluation import evaluate, real_data_model
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.synthesizers import FADM

SEEDS = range(5)
SETTINGS = (("sde_dpmpp_2m", 10), ("sde_dpmpp_2m", 20), ("euler_maruyama", 200))


def pooled(counts: Counts) -> dict[str, float]:
    """Metrics of all domains together."""
    table = counts.table.sum(0)
    return {name: float(METRICS[name](table)) for name in ("accuracy", "R_DP", "R_EOp")}


def fit_on(parts: tuple[str, ...]) -> FADM:
    """The default fit on the given files, all domains; made once, then read from the user's store."""
    dataset, library = read_adult(parts), Library()
    spec = FitSpec.of(dataset, "all", {"parts": list(parts)})
    return library.fit(spec, dataset)


def main() -> None:
    """Measure and keep."""
    source, target = read_adult(("adult.data",)), read_adult(("adult.test",))
    fit = fit_on(("adult.data",))
    rows = []
    for classifier in ("gradient_boosting", "logistic_regression", "mlp"):
        for seed in SEEDS:
            real = real_data_model(source, target, classifier=classifier, n=10_000, seed=seed)
            rows.append({"train": "real", "classifier": classifier, "seed": seed, **pooled(real)})
    for solver, n_steps in SETTINGS:
        for lambda_z in (0.0, 0.2):
            for seed in SEEDS:
                frame = fit.sample(10_000, lambda_z=lambda_z, solver=solver, n_steps=n_steps, random_state=seed)
                for classifier in ("gradient_boosting", "logistic_regression", "mlp"):
                    if classifier != "gradient_boosting" and n_steps != 10:
                        continue
                    values = pooled(evaluate(frame, target, classifier=classifier, seed=seed))
                    setting: dict[str, Any] = {
                        "solver": solver,
                        "n_steps": n_steps,
                        "control": "dp",
                        "lambda_z": lambda_z,
                    }
                    rows.append({"train": "synthetic", "classifier": classifier, "seed": seed, **setting, **values})
    keep("quality", rows)

    def mean(**where: object) -> dict[str, np.ndarray]:
        found = [r for r in rows if all(r.get(k) == v for k, v in where.items())]
        return {m: np.array([r[m] for r in found]) for m in ("accuracy", "R_DP", "R_EOp")}

    boosting = {"classifier": "gradient_boosting"}
    real = mean(train="real", **boosting)["accuracy"].mean()
    few = mean(train="synthetic", n_steps=10, lambda_z=0.0, **boosting)["accuracy"].mean()
    print(f"accuracy kept at lambda_z = 0: {100 * few / real:.2f} % ({few:.4f} of {real:.4f})")
    for lambda_z in (0.0, 0.2):
        a = mean(train="synthetic", n_steps=10, lambda_z=lambda_z, **boosting)
        b = mean(train="synthetic", n_steps=200, lambda_z=lambda_z, **boosting)
        for metric in a:
            spread = max(a[metric].std(ddof=1), b[metric].std(ddof=1))
            gap = a[metric].mean() - b[metric].mean()
            print(
                f"lambda_z={lambda_z} {metric}: few-step - Euler-Maruyama = {gap:+.4f}, {abs(gap) / spread:.1f} spreads"
            )


if __name__ == "__main__":
    main()
