"""Fidelity, use and privacy of rows against people that the generator never saw: fits on random halves.

    python -m benchmarks.fidelity [--sets german_credit,simulated] [--halves 20] [--presets default,fairviz]

A fit is trained on a random half of a set's rows and compared with the other half, and so are the half's own real rows.
Sets of less than 3,000 rows are cut in so many halves as asked for, others in two, for their fits take minutes each.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict

import numpy as np
import pandas as pd

from benchmarks.common import keep
from fairviz.data.dataset import DomainDataset
from fairviz.data.sources import load_dataset
from fairviz.evaluation.downstream import Model
from fairviz.evaluation.fidelity import FIDELITY
from fairviz.evaluation.privacy import privacy
from fairviz.evaluation.scores import AUC
from fairviz.synthesizers import FADM
from fairviz.synthesizers.hyper import PRESETS

SMALL, STEPS = 3000, 20
SETS = ("german_credit", "simulated", "law_school", "bank_marketing", "adult")


def scores(real: pd.DataFrame, held: DomainDataset, rows: pd.DataFrame, trained: pd.DataFrame) -> dict[str, float]:
    """Everything that is told of rows, beside people held out."""
    schema = held.schema
    found = {metric.name: metric(real, rows) for metric in FIDELITY}
    labels = (rows[schema.label].astype(str) == schema.favourable).to_numpy(np.int64)
    model = Model.fit(rows[list(schema.features)], labels, classifier="gradient_boosting", seed=0)
    score = model.score(held.features)
    assert score is not None
    return {**found, "auc": AUC(held.y, score), **asdict(privacy(trained, real, rows))}


def half(dataset: DomainDataset, preset: str, seed: int) -> list[dict]:
    """One random half: its own rows, and synthetic ones with labels of both kinds."""
    columns = [*dataset.schema.features, dataset.schema.label]
    order = np.random.default_rng(seed).permutation(len(dataset))
    cut = len(order) // 2
    train, held = (dataset.take(np.sort(part)) for part in (order[:cut], order[cut:]))
    real, trained = held.frame[columns], train.frame[columns]
    about = {"set": dataset.name, "seed": seed, "trained_on": len(train)}
    if preset == "real":
        return [{**about, "preset": "real rows", "labels": "", **scores(real, held, trained, trained)}]
    begun = time.monotonic()
    fit = FADM(random_state=seed, **(PRESETS[preset].params if preset in PRESETS else {})).fit(train)
    seconds = time.monotonic() - begun
    found = []
    for labels in ("network", "boosted"):
        rows = fit.sample(max(len(train), 2000), n_steps=STEPS, labels=labels, random_state=seed)
        made = {"preset": preset, "labels": labels, "fit_seconds": seconds}
        found.append({**about, **made, **scores(real, held, rows, trained)})
    return found


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--halves", type=int, default=20)
    parser.add_argument("--presets", default="default,fairviz")
    args = parser.parse_args()
    rows: list[dict] = []
    for name in args.sets.split(","):
        dataset = load_dataset(name)
        for preset in ("real", *args.presets.split(",")):
            for seed in range(args.halves if len(dataset) < SMALL else 2):
                rows += half(dataset, preset, seed)
            print(pd.DataFrame(rows).query("preset != 'real rows'").tail(2).T if preset != "real" else name, flush=True)
    keep("fidelity", rows)
    told = ["detection", "detection_linear", "shapes", "trends", "impossible", "auc", "nearer", "attack"]
    print(pd.DataFrame(rows).groupby(["set", "preset", "labels"])[told].mean().round(3).to_string())


if __name__ == "__main__":
    main()
