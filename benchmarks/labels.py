"""What a model of held-out people loses by learning from synthetic rows, by who labels them; at price 0.

    python -m benchmarks.labels [SET ...]     (adult: about half an hour on two cores; needs the rows of the sets)

For every held-out domain: boosting on all real source rows, on as many of them as synthetic rows are drawn, and on rows
of a fit of the preset ``fairviz`` with labels from the networks, boosted (drawn), and soft. Fits are kept in the user's
store. ``points`` is the accuracy in percent less that of all real source rows, with the same people and seed.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from benchmarks.common import keep
from fairviz.data.sources import load_dataset, source_of
from fairviz.evaluation import evaluate, real_data_model
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.synthesizers.hyper import PRESETS

N, STEPS, SEEDS = 20_000, 20, range(3)
MODEL = "gradient_boosting"


def measured(name: str) -> list[dict]:
    """A row for each held-out domain, seed and kind of training rows."""
    dataset, library, rows = load_dataset(name), Library(), []
    for target in source_of(name).compare.held_out or dataset.domains:
        source, people = dataset.leave_out(target)
        fit = library.fit(FitSpec.of(dataset, target, {}, **PRESETS["fairviz"].params), dataset)
        for seed in SEEDS:
            how = {"random_state": seed, "n_steps": STEPS}
            pool = fit.pool(N, labels="boosted", **how)
            test = {"classifier": MODEL, "seed": seed}
            found: dict[str, Counts] = {
                "all real": real_data_model(source, people, n=None, **test),
                "as many real": real_data_model(source, people, n=N, **test),
                "network": evaluate(fit.sample(N, **how), people, **test),
                "boosted": evaluate(fit.sample(N, labels="boosted", **how), people, **test),
                "soft": evaluate(pool.rows, people, weights=pool.weights(), **test),
            }
            base = float(METRICS["accuracy"](found["all real"].table)[0])
            for kind, counts in found.items():
                values = {m: float(METRICS[m](counts.table)[0]) for m in ("accuracy", "R_DP", "R_EOp")}
                points = 100 * (values["accuracy"] - base)
                rows.append({"set": name, "target": target, "people": len(people), "seed": seed, "rows": kind, **values,
                             "points": points})  # fmt: skip
        done = pd.DataFrame([row for row in rows if row["target"] == target])
        print(name, target, done.groupby("rows")["points"].mean().round(2).to_dict(), flush=True)
    return rows


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=["adult"])
    rows = [row for name in parser.parse_args().sets for row in measured(name)]
    keep("labels", rows)
    table = pd.DataFrame(rows).groupby(["set", "target", "rows"])["points"].mean().unstack()
    for name, part in table.groupby(level=0):
        means = part.mean()
        spread = part.std(ddof=1) / np.sqrt(len(part))
        print(
            name, "; ".join(f"{kind} {means[kind]:+.2f} (se over domains {spread[kind]:.2f})" for kind in means.index)
        )


if __name__ == "__main__":
    main()
