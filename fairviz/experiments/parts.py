"""Where the spread of a figure comes from: test people, sampling seeds, and fits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fairviz.evaluation.intervals import bootstrap, replicated
from fairviz.evaluation.metrics import METRICS, mean_over_domains
from fairviz.evaluation.tradeoff import runs_of
from fairviz.experiments.results import Results
from fairviz.settings import text_of

#: Draws of test people.
N = 400


def one_way(values: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """Variances within and between groups of a random-effects model, by its mean squares (n,); none is below 0.

    Searle, Casella and McCulloch (1992), *Variance Components*, section 3.6, for groups of different sizes.

    Raises
    ------
    ValueError
        There are fewer than two groups, or no group of two values.
    """
    kinds = np.unique(group)
    sizes = np.array([(group == k).sum() for k in kinds])
    if len(kinds) < 2 or len(values) == len(kinds):
        raise ValueError("two groups or more, and one of two values or more, are needed")
    means = np.array([values[group == k].mean() for k in kinds])
    within = sum(((values[group == k] - m) ** 2).sum() for k, m in zip(kinds, means, strict=True))
    within /= len(values) - len(kinds)
    between = (sizes * (means - values.mean()) ** 2).sum() / (len(kinds) - 1)
    n0 = (len(values) - (sizes**2).sum() / len(values)) / (len(kinds) - 1)
    return float(within), float(max(0.0, (between - within) / n0))


def parts(results: Results, dial: str, metric: str) -> dict[str, float] | None:
    """Standard deviations of a mean over held-out domains by what they are of: ``people``, ``seeds``, ``fits``.

    Variances are averaged over the positions of a dial. None where its seeds do not take turns with several fits.
    """
    found = next(d for d in results.dials if d["name"] == dial)
    variances = []
    for position in found["positions"]:
        fits = position["setting"].get("fits", 1)
        rows = results.select(method=found["method"], setting=text_of(position["setting"])).rows
        seeds = np.sort(rows["seed"].unique()) if len(rows) else np.array([], int)
        if fits < 2 or len(seeds) <= fits:
            continue
        runs = runs_of(rows, results.groups)
        single = np.array([mean_over_domains(METRICS[metric](part.table))[0] for part in runs.parts])
        if not np.isfinite(single).all():
            continue
        within, between = one_way(single, seeds % fits)
        drawn = replicated(METRICS[metric], bootstrap(runs.counts, n=N, seed=0))
        known = np.isfinite(METRICS[metric](runs.table))
        people = float(np.nanvar(np.nanmean(drawn[:, known], 1), ddof=1))
        variances.append({"people": people, "seeds": within, "fits": between})
    if not variances:
        return None
    mean = pd.DataFrame(variances).mean()
    return {str(name): float(np.sqrt(value)) for name, value in mean.items()}


def parts_text(results: Results) -> str:
    """The parts of accuracy's and R_DP's spread at the product's dial, as a sentence; "" where fits are not several."""
    told = []
    for metric, name, scale, digits in (("accuracy", "accuracy (points)", 100, 2), ("R_DP", "R_DP", 1, 3)):
        found = parts(results, results.ours, metric) if results.ours else None
        if found is not None:
            told.append(f"{name}: " + ", ".join(f"{what} {scale * sd:.{digits}f}" for what, sd in found.items()))
    if not told:
        return ""
    return (
        f"Standard deviations of {results.family(results.ours)}'s mean over held-out domains, by what they are of "
        f"(mean over its positions, one seed of one fit): {'; '.join(told)}."
    )
