"""How often a row may be seen in training: held-out loss and learning by heart, on small random parts of three sets.

    python -m benchmarks.passes       (a quarter of an hour on two cores; needs the rows of the sets)

Each bound is a training of its own, to the end of its schedule. The loss is the score network's, on as many people who
were not trained on, with the same noise for every bound: where it is least, a stop by held-out rows would stop.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import torch

from benchmarks.common import keep
from fairviz.data import load_dataset
from fairviz.diffusion.losses import noised, score_loss
from fairviz.evaluation.privacy import privacy
from fairviz.numerics import settle
from fairviz.synthesizers import FADM
from fairviz.synthesizers.hyper import PRESETS, iterations

SETS = (("german_credit", 500), ("law_school", 500), ("law_school", 2000), ("adult", 500), ("adult", 2000))
PASSES = (100, 200, 400, 800)
SEEDS = range(4)
#: Times that every held-out row is noised.
DRAWS = 20


def measure(name: str, n: int, passes: int, seed: int) -> dict:
    """One training on ``n`` rows, each seen ``passes`` times in the mean."""
    settle()
    dataset = load_dataset(name)
    order = np.random.default_rng(seed).permutation(len(dataset))
    train, held = (dataset.take(np.sort(part)) for part in (order[:n], order[n : 2 * n]))
    params = {**PRESETS["fairviz"].params, "n_iter": 100_000, "max_passes": float(passes)}
    fit = FADM(**params, random_state=seed).fit(train)
    x = torch.from_numpy(fit.encoder_.transform(held.features)).repeat(DRAWS, 1)
    y, z = (torch.from_numpy(codes).repeat(DRAWS) for codes in (held.y, held.z))
    with torch.no_grad():
        nets, rng = fit.nets_, torch.Generator().manual_seed(0)
        batch = noised(nets.sde, nets.score.noise, nets.sensitive, x, y, z, rng)
        loss = float(score_loss(nets.score, dict(nets.score.named_parameters()), batch))
    rows = fit.sample(2000, n_steps=20, solver="mixed_dpmpp_2m", random_state=seed)
    found = privacy(train.frame[rows.columns], held.frame[rows.columns], rows, seed=seed)
    return {
        "dataset": name, "rows": n, "passes": passes, "seed": seed, "iterations": iterations(fit.get_params(), n),
        "held_out_loss": loss, "nearer": found.nearer, "attack": found.attack,
    }  # fmt: skip


def main() -> None:
    """Measure and keep."""
    jobs = [(name, n, passes, seed) for name, n in SETS for passes in PASSES for seed in SEEDS]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        keep("passes", list(pool.map(measure, *zip(*jobs, strict=True))))


if __name__ == "__main__":
    main()
