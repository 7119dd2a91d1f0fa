"""How hard Adult's synthetic rows are to tell from real ones, by length of training and by steps.

    python -m benchmarks.detection       (about twenty minutes on two cores; needs Adult's rows)

Trained on a random 85 % of adult.data, compared with these rows, as published protocols do, and with the rest, which
training never saw; use is measured on adult.test. Nothing is chosen here. Seconds are of the processor: one training
uses one core.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks.common import keep
from fairviz.controls.dials import BEST_SOLVER, BOOSTED
from fairviz.data.sets.adult import read as read_adult
from fairviz.evaluation.fidelity import Detection, Impossible
from fairviz.evaluation.privacy import privacy
from fairviz.evaluation.quality import scores
from fairviz.numerics import settle
from fairviz.synthesizers import FADM
from fairviz.synthesizers.hyper import PRESETS

#: Trainings: what they are called, and what differs from the preset.
TRAININGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("as long as a minute allows", {"n_iter": 2_500}),
    ("the preset", {}),
    ("as long as 100 passes allow", {"n_iter": 8_000}),
    ("the plain network, as long as 100 passes allow", {"network": "plain", "n_iter": 8_000}),
)
STEPS = (10, 20, 50)
ROWS, SEEDS, SHARE = 20_000, range(3), 0.85


def measure(title: str, differs: dict[str, Any]) -> list[dict[str, Any]]:
    """One training, drawn from with each number of steps."""
    settle()
    source, test = read_adult(("adult.data",)), read_adult(("adult.test",))
    order = np.random.default_rng(0).permutation(len(source))
    cut = round(SHARE * len(source))
    train, held = (source.take(np.sort(part)) for part in (order[:cut], order[cut:]))
    begun = time.process_time()
    fit = FADM(**{**PRESETS["fairviz"].params, **differs}, random_state=0).fit(train)
    seconds, found = time.process_time() - begun, []
    for steps in STEPS:
        drawn = [
            fit.sample(ROWS, random_state=seed, n_steps=steps, labels=BOOSTED, solver=BEST_SOLVER) for seed in SEEDS
        ]
        columns = [*train.schema.features, train.schema.label]
        rows = [frame[columns] for frame in drawn]
        given_away = privacy(train.frame[columns], held.frame[columns], rows[0], seed=0)
        found.append({
            "training": title, "cpu_seconds": round(seconds), "steps": steps,
            "against_trained_on": np.mean([Detection()(train.frame[columns], one, s) for s, one in enumerate(rows)]),
            "against_held_out": np.mean([Detection()(held.frame[columns], one, s) for s, one in enumerate(rows)]),
            "impossible": np.mean([Impossible()(train.frame[columns], one) for one in rows]),
            "auc": scores(drawn[0], train, test, seed=0)["auc"],
            "nearer": given_away.nearer, "nearer_low": given_away.nearer_low, "nearer_high": given_away.nearer_high,
        })  # fmt: skip
    return found


def main() -> None:
    """Measure and keep."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts = [pool.submit(measure, *training) for training in TRAININGS]
        keep("detection", [row for part in parts for row in part.result()])


if __name__ == "__main__":
    main()
