"""Does a price keep its promise? Accuracy less the priced gap, on source rows held back from all fitting.

    python -m benchmarks.price [--made real soft pool guided] [--data NAME ...] [--jobs 2]

``real``: the tilt as weights on real rows. ``soft``: soft labels on unguided rows of the preset ``fairviz``, as on
Explore's dial. ``pool``: weights on unguided rows of a meta-learnt fit, labelled by its networks. ``guided``: guided
rows of that fit.

Of every data set one domain is held out as always; of the source's rows three in ten are held back. Posteriors,
generator and classifier see the rest. At every price the classifier (gradient boosting, seed 0) is tested on the rows
held back: ``accuracy - lambda |gap|`` less that of the classifier at price 0, both at this price, and ``|gap|`` less
that at price 0 (with two prices, the priced sum of both). People are drawn again 2,000 times, the same people for every
price; the band holds for all prices jointly (largest studentised deviation), 95 %. Fits and rows are one each: the band
speaks of people only. A promise is broken where the first's band lies wholly below 0, or the second's wholly above.

``below`` is by how much ``accuracy - lambda |gap|`` stays below that of the best rule known: the rule of the dual with
all three posteriors cross-fitted on the rows held back (the other folds of them beside the rest of the source), so it
has seen labels and groups of the very people it is tested on. Its band is made in the same way.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold, train_test_split

from benchmarks.common import keep
from fairviz.controls import CONTROLS
from fairviz.controls.dials import BEST_SOLVER, BOOSTED
from fairviz.data.dataset import DomainDataset
from fairviz.data.sets import DATASETS
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.data.sources import load_dataset
from fairviz.dual import Dual, shares
from fairviz.evaluation.downstream import FeatureCodes, fitted
from fairviz.mitigation import MITIGATIONS
from fairviz.mitigation.base import Task
from fairviz.posteriors import FOLDS, MAX_ROWS, probabilities
from fairviz.synthesizers import FADM
from fairviz.synthesizers.hyper import META, PRESETS
from fairviz.synthesizers.pool import Pool

#: bias, proxy, shift of simulated worlds
WORLDS = {
    "world A": (2.0, 2.0, 0.0),
    "world B": (0.5, 3.0, 1.0),
    "world C": (0.0, 1.0, 2.0),
    "world D": (2.5, 1.0, 2.0),  # fewer women are hired, and those who would be are found more often than men
}
#: The domain held out of every set: in none of them the largest.
TARGETS = {
    "adult": "Black", "simulated": "North", "acsincome": "HI", "bank_marketing": "2010", "german_credit": "for free",
    "law_school": "tier 2",
}  # fmt: skip
PRICES = (0.01, 0.03, 0.1, 0.2, 0.5)
SECOND = 0.5
MADE = ("real", "soft", "pool", "guided")
#: Whose fit the rows are of.
PRESET_OF = {"soft": "fairviz", "pool": META, "guided": META}
N_SYNTHETIC, MAX_REAL, REPLICATES = 20_000, 20_000, 2000


def rows_of(name: str) -> tuple[DomainDataset, str]:
    """The whole data set and the domain held out."""
    if name in WORLDS:
        bias, proxy, shift = WORLDS[name]
        frame = Hiring(bias=bias, proxy=proxy, shift=shift).sample(20_000, seed=1)
        return DomainDataset.from_frame("simulated", frame, HIRING_SCHEMA), "North"
    return load_dataset(name), TARGETS[name]


def settings() -> Iterator[tuple[str, float, float]]:
    """Control, lambda_z and lambda_eop of every position; with two prices the second is half the first."""
    for price in PRICES:
        yield "dp", price, 0.0
        yield "eop", price, 0.0
        yield "dp_eop", price, SECOND * price


def predictions(made: str, fit: FADM | None, learnt: DomainDataset, held_back: DomainDataset) -> Iterator[np.ndarray]:
    """0/1 for the rows held back: at price 0, then at every setting."""
    if fit is None:
        task = Task.of(learnt, held_back, "gradient_boosting", 0, MAX_REAL)
        for control, price, second in [("dp", 0.0, 0.0), *settings()]:
            given = {"control": control, "lambda_z": price, "lambda_eop": second}
            yield MITIGATIONS["tilted"]().predict(task, given)
        return
    pool = (
        fit.pool(N_SYNTHETIC, labels=BOOSTED, solver=BEST_SOLVER, n_steps=20)
        if made == "soft"
        else Pool.draw(fit, N_SYNTHETIC)
    )
    features = list(learnt.schema.features)
    for control, price, second in [("dp", 0.0, 0.0), *settings()]:
        setting: Any = {"control": control, "lambda_z": price, "lambda_eop": second}
        rows, weights = pool.rows, pool.weights(**setting)
        if made == "guided":
            rows, weights = fit.sample(N_SYNTHETIC, **setting), np.ones(N_SYNTHETIC)
        codes = FeatureCodes(rows[features])
        y = (rows[learnt.schema.label] == learnt.schema.favourable).to_numpy(np.int64)
        model = fitted(codes, codes(rows[features]), y, classifier="gradient_boosting", seed=0, weights=weights)
        yield model.predict(codes(held_back.features)).astype(np.int64)


def gaps(yes: np.ndarray, y: np.ndarray, z: np.ndarray, weight: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest differences between groups in the rate of yes and the true positive rate, under row weights (R, n)."""
    out = []
    for among in (np.ones(len(y), bool), y == 1):
        rates = []
        for group in range(k):
            rows = among & (z == group)
            rates.append((weight[:, rows] @ yes[rows]) / np.maximum(weight[:, rows].sum(1), 1))
        out.append(np.ptp(np.stack(rates), axis=0))
    return out[0], out[1]


def bands(values: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Half widths (m,) that hold jointly for values (m,) with replicates (R, m)."""
    sd = drawn.std(0)
    stretch = np.abs(drawn - values) / np.where(sd > 0, sd, np.inf)
    return float(np.quantile(stretch.max(1), 0.95)) * sd


def worth(table: dict[str, np.ndarray], rule: int, price: np.ndarray) -> np.ndarray:
    """Accuracy less the priced gaps of one rule, (1 + REPLICATES,)."""
    return table["accuracy"][:, rule] - price[0] * table["dp"][:, rule] - price[1] * table["eop"][:, rule]


def measure(name: str, made: list[str]) -> list[dict]:
    """A row per control and price, for everything the classifier may be trained on."""
    dataset, target = rows_of(name)
    source = dataset.leave_out(target)[0]
    kept, held = train_test_split(np.arange(len(source)), test_size=0.3, random_state=0, stratify=source.z)
    learnt, back = source.take(np.sort(kept)), source.take(np.sort(held))
    if len(back) > 60_000:
        back = back.take(np.sort(np.random.default_rng(0).choice(len(back), 60_000, replace=False)))
    n_iter = DATASETS[name].compare.n_iter if name in DATASETS else 0
    params = {
        "fairviz": PRESETS["fairviz"].params,
        META: {**PRESETS[META].params, "n_iter": n_iter or FADM().n_iter},
    }
    asked = {PRESET_OF[one] for one in made if one in PRESET_OF}
    fits = {preset: FADM(**params[preset]).fit(learnt) for preset in sorted(asked)}
    rows: list[dict] = []
    optimum = best_rules(learnt, back)
    for one in made:
        all_yes = list(predictions(one, fits.get(PRESET_OF.get(one, "")), learnt, back))
        rows += compared(all_yes, optimum, back, {"data": name, "made_of": one, "rows_learnt": len(learnt)})
    return rows


def best_rules(learnt: DomainDataset, back: DomainDataset) -> list[np.ndarray]:
    """Probabilities of yes (n,) for the rows held back: the best rule known at price 0, then at every setting."""
    other = learnt.take(np.sort(np.random.default_rng(0).permutation(len(learnt))[:MAX_ROWS]))
    codes, k = FeatureCodes(learnt.features), len(back.groups)
    x_other, x, y, z = codes(other.features), codes(back.features), back.y, back.z
    eta, p_z, p_z1 = np.zeros(len(back)), np.zeros((len(back), k)), np.zeros((len(back), k))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(x, 2 * z + y):
        known, known_y = np.concatenate([x_other, x[train]]), np.concatenate([other.y, y[train]])
        known_z, yes = np.concatenate([other.z, z[train]]), known_y == 1
        eta[test] = probabilities(codes, known, known_y, x[test], 2, 0)[:, 1]
        p_z[test] = probabilities(codes, known, known_z, x[test], k, 0)
        p_z1[test] = probabilities(codes, known[yes], known_z[yes], x[test], k, 0)
    dual = Dual(eta, p_z, p_z1, *shares(y, z, k))
    return [dual.rule(*CONTROLS[control].prices(*priced)) for control, *priced in [("dp", 0.0, 0.0), *settings()]]


def resampled(rules: list[np.ndarray], back: DomainDataset) -> dict[str, np.ndarray]:
    """Accuracy and both gaps of every rule, (1 + REPLICATES, rules): as counted, then with people drawn again."""
    k, y, z, rng = len(back.groups), back.y, back.z, np.random.default_rng(0)
    parts: dict[str, list[np.ndarray]] = {key: [] for key in ("accuracy", "dp", "eop")}
    for block in range(REPLICATES // 100 + 1):
        weight = np.ones((1, len(back)))
        if block:
            weight = rng.multinomial(len(back), np.full(len(back), 1 / len(back)), 100).astype(float)
        right = [(weight @ np.where(y == 1, yes, 1 - yes)) / len(back) for yes in rules]
        apart = [gaps(yes, y, z, weight, k) for yes in rules]
        for key, values in zip(parts, (right, *zip(*apart, strict=True)), strict=True):
            parts[key].append(np.stack(values, 1))
    return {key: np.concatenate(value) for key, value in parts.items()}


def compared(all_yes: list[np.ndarray], best: list[np.ndarray], back: DomainDataset, about: dict) -> list[dict]:
    """A row per control and price: 0/1 at price 0 and at every setting against the rows held back."""
    at = [("dp", 0.0, 0.0), *settings()]
    table, optimum = resampled(all_yes, back), resampled(best, back)
    rows: list[dict] = []
    for control in ("dp", "eop", "dp_eop"):
        mine = [i for i, (c, price, _) in enumerate(at) if c == control and price > 0]
        prices = np.array([CONTROLS[at[i][0]].prices(*at[i][1:]) for i in mine])
        pairs = zip(mine, prices, strict=True)
        paid = [table["dp"][:, [i, 0]] * p[0] + table["eop"][:, [i, 0]] * p[1] for i, p in pairs]
        gap = np.stack([p[:, 0] - p[:, 1] for p in paid], 1)
        value = table["accuracy"][:, mine] - table["accuracy"][:, :1] - gap
        below = np.stack([worth(optimum, i, p) - worth(table, i, p) for i, p in zip(mine, prices, strict=True)], 1)
        wide_value, wide_gap = bands(value[0], value[1:]), bands(gap[0], gap[1:])
        wide_below = bands(below[0], below[1:])
        for j, i in enumerate(mine):
            now = {key: values[0, i] for key, values in table.items()}
            before = {f"{key}_0": values[0, 0] for key, values in table.items()}
            low, high = value[0, j] - wide_value[j], value[0, j] + wide_value[j]
            paid_low, paid_high = gap[0, j] - wide_gap[j], gap[0, j] + wide_gap[j]
            rows.append(
                {
                    **about, "control": control, "lambda_z": at[i][1], "lambda_eop": at[i][2],
                    "rows_held_back": len(back), **now, **before,
                    "gain": value[0, j], "gain_low": low, "gain_high": high,
                    "paid": gap[0, j], "paid_low": paid_low, "paid_high": paid_high, "below": below[0, j],
                    "below_low": below[0, j] - wide_below[j], "below_high": below[0, j] + wide_below[j],
                    "kept": bool(high >= 0 and paid_low <= 0),
                }
            )  # fmt: skip
    return rows


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", nargs="*", default=[*TARGETS, *WORLDS])
    parser.add_argument("--made", nargs="*", default=MADE, choices=MADE)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    rows: list[dict] = []
    with ProcessPoolExecutor(args.jobs, get_context("spawn")) as pool:
        jobs = {pool.submit(measure, name, args.made): name for name in args.data}
        for job in as_completed(jobs):
            rows += job.result()
            broken = [(r["made_of"], r["control"], r["lambda_z"]) for r in job.result() if not r["kept"]]
            print(jobs[job], "broken:", broken, flush=True)
            order = [*TARGETS, *WORLDS].index
            rows.sort(key=lambda r: (order(r["data"]), r["control"], r["lambda_z"]))
            for made in args.made:
                keep(f"price_{made}", [row for row in rows if row["made_of"] == made])


if __name__ == "__main__":
    main()
