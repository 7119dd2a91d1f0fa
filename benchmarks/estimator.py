"""What averaging rates over runs before taking one ratio does to the ratio, under few people: bias, error, coverage.

    python -m benchmarks.estimator       (some minutes on one core)

Two groups of ``people`` each (of whom the rate is taken: everybody for R_DP, those with the favourable label for
R_EOp), three times as many others in the domain, five runs. Whether a run says yes to a person depends on the person,
on the run and on chance: a Gaussian copula, so that each group's true rate is exact. ``alike`` is the latent
correlation of two runs' answers to the same person; 0.95 gives about the spread over seeds of the recorded Adult
sweep, 0.5 is a model that mostly guesses. Runs also move a whole group's rate (latent variance ``RUN``, as in that
sweep).

``old`` is the mean of the runs' own ratios, ``new`` the ratio of the mean rates. Coverage is that of ``Runs.span``
around the true ratio; ``floor`` is what ``noise_floor`` says an equal model with these counts typically shows. Rows
with ``people`` "mean" are of the mean over five domains with 10 to 1,000 people in each group.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from benchmarks.common import keep
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.intervals import noise_floor
from fairviz.evaluation.runs import Runs

PEOPLE = (10, 15, 30, 100, 300, 1000)
RATIOS = (1.0, 0.8, 0.5)
RATES = (0.6, 0.2)  # of the group that gets more: about a true positive rate, about a rate of yes
ALIKE = (0.95, 0.5)
RUN = 0.0025
N_RUNS = 5
N_TABLES = {10: 20_000, 15: 20_000, 30: 20_000, 100: 10_000, 300: 4000, 1000: 2000}
N_COVERED = 1000
TOGETHER = (10, 30, 100, 300, 1000)  # people of the domains whose mean is tested
N_TOGETHER = 500


def found(rates: np.ndarray, people: int, alike: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """How many people of each group get a yes, (n, runs, K); ``rates`` (K,) are the true ones."""
    out = np.empty((n, N_RUNS, len(rates)), np.int64)
    step = max(1, 2_000_000 // (people * N_RUNS * len(rates)))
    for begin in range(0, n, step):
        m = min(step, n - begin)
        person = rng.standard_normal((m, 1, len(rates), people), np.float32)
        run = rng.standard_normal((m, N_RUNS, len(rates), 1), np.float32)
        chance = rng.standard_normal((m, N_RUNS, len(rates), people), np.float32)
        latent = np.sqrt(alike) * person + np.sqrt(RUN) * run + np.sqrt(1 - alike - RUN) * chance
        out[begin : begin + m] = (latent < norm.ppf(rates)[:, None]).sum(-1)
    return out


def runs_of(yes: np.ndarray, people: int) -> Runs:
    """Five runs' counts from the number of yes, (runs, K); the others of the domain have the other label."""
    parts = []
    for row in yes:
        table = np.zeros((1, len(row), 2, 2), np.int64)
        table[0, :, 0, 0] = 3 * people
        table[0, :, 1, 1], table[0, :, 1, 0] = row, people - row
        parts.append(Counts(("d",), tuple(f"g{k}" for k in range(len(row))), table))
    return Runs(tuple(parts))


def ratio(rates: np.ndarray) -> np.ndarray:
    """Smallest over largest, (...); NaN where nobody gets a yes."""
    high = rates.max(-1)
    return np.where(high > 0, rates.min(-1) / np.where(high > 0, high, 1), np.nan)


def measure(people: int, truth: float, rate: float, alike: float, seed: int) -> dict:
    """Bias, root mean square error and coverage of one world."""
    rng = np.random.default_rng(seed)
    yes = found(np.array([truth * rate, rate]), people, alike, N_TABLES[people], rng)
    shares = yes / people
    single = ratio(shares)  # (n, runs)
    judged = np.isfinite(single).any(1)
    old, new = np.nanmean(single[judged], 1), ratio(shares.mean(1))[judged]
    spans = [runs_of(row, people).span("R_EOp") for row in yes[judged][:N_COVERED]]
    low, high = (np.array([span[end][0] for span in spans]) for end in (1, 2))
    some = np.isfinite(low)
    floors = [noise_floor(runs_of(row, people).counts, "R_EOp", n=500)[0][0] for row in yes[judged][:100]]
    return {
        "people": people, "rate": rate, "true_ratio": truth, "alike": alike,
        "judged": judged.mean(),
        "bias_old": old.mean() - truth, "bias_new": new.mean() - truth,
        "rmse_old": np.sqrt(np.mean((old - truth) ** 2)), "rmse_new": np.sqrt(np.mean((new - truth) ** 2)),
        "floor": np.nanmean(floors),
        "interval": some.mean(), "coverage": ((low <= truth) & (truth <= high))[some].mean(),
        "below": (truth < low)[some].mean(), "width": (high - low)[some].mean(),
        "tables": int(judged.sum()), "intervals": len(spans),
    }  # fmt: skip


def measure_mean(truth: float, rate: float, alike: float, seed: int) -> dict:
    """The same of the mean over five domains of ``TOGETHER`` people in each group, ``Runs.mean_span``."""
    rng = np.random.default_rng([1, seed])
    yes = [found(np.array([truth * rate, rate]), people, alike, N_TOGETHER, rng) for people in TOGETHER]
    shares = [y / people for y, people in zip(yes, TOGETHER, strict=True)]
    single = np.array([ratio(s) for s in shares])  # (domains, n, runs)
    own = np.nansum(single, 2) / np.maximum(np.isfinite(single).sum(2), 1)
    old = np.nanmean(np.where(np.isfinite(single).any(2), own, np.nan), 0)
    spans = []
    for i in range(N_TOGETHER):
        domains = [runs_of(y[i], people).parts for y, people in zip(yes, TOGETHER, strict=True)]
        parts = []
        for run in zip(*domains, strict=True):
            names = tuple(f"d{m}" for m in range(len(run)))
            parts.append(Counts(names, run[0].groups, np.concatenate([part.table for part in run])))
        spans.append(Runs(tuple(parts)).mean_span("R_EOp"))
    new, low, high, _ = np.array(spans).T
    return {
        "people": "mean", "rate": rate, "true_ratio": truth, "alike": alike, "judged": 1.0,
        "bias_old": old.mean() - truth, "bias_new": new.mean() - truth,
        "rmse_old": np.sqrt(np.mean((old - truth) ** 2)), "rmse_new": np.sqrt(np.mean((new - truth) ** 2)),
        "interval": 1.0, "coverage": ((low <= truth) & (truth <= high)).mean(), "below": (truth < low).mean(),
        "width": (high - low).mean(), "tables": N_TOGETHER, "intervals": N_TOGETHER,
    }  # fmt: skip


def main() -> None:
    """Measure and keep."""
    worlds = [(p, t, r, a) for a in ALIKE for r in RATES for t in RATIOS for p in PEOPLE]
    rows = []
    for seed, world in enumerate(worlds):
        rows.append(measure(*world, seed))
    for seed, mean in enumerate([(t, r, a) for a in ALIKE for r in RATES for t in RATIOS]):
        rows.append(measure_mean(*mean, seed))
    keep("estimator", rows)


if __name__ == "__main__":
    main()
