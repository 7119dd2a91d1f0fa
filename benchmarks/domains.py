"""One gap for all source domains, or a multiplier for each domain's own gap: which keeps its promise on unseen domains?

    python -m benchmarks.domains [SET ...]     (all sets but acsincome: about a quarter of an hour on one core)

Plug-in rules on real rows, with no generator between. ``one``: the price is on the gap between groups of the whole
source. ``own``: on the mean over source domains of each one's own |gap|, with a multiplier for each domain, found by
the same dual (a linear program). Both say yes where ``2 eta(x) - 1`` exceeds what the multipliers ask for. The choice
is made *inside* the source: every source domain is left out once more and scored (``inside`` = True); the held-out
domains themselves are scored once, after it (``inside`` = False).
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack

from benchmarks.common import keep
from fairviz.data.dataset import DomainDataset
from fairviz.data.sources import load_dataset, source_of
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import FeatureCodes
from fairviz.evaluation.metrics import METRICS
from fairviz.experiments.chosen import BUDGET
from fairviz.posteriors import cross_fitted, probabilities

SETS = ("adult", "simulated", "bank_marketing", "german_credit", "law_school")
PRICES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
MAX_ROWS, LP_ROWS = 15_000, 5_000


def multipliers(margin: np.ndarray, w: np.ndarray, most: float) -> np.ndarray:
    """Minimiser (M,) of ``mean max(0, margin - w s)`` over ``|s_d| <= most``, by linear programming on some rows."""
    if not most:
        return np.zeros(w.shape[1])
    some = np.random.default_rng(0).permutation(len(margin))[:LP_ROWS]
    margin, w = margin[some], w[some]
    n, m = w.shape
    # t_i >= margin_i - w_i s, t_i >= 0
    rows = hstack([csr_array(-w), -eye_array(n)], format="csr")
    cost = np.concatenate([np.zeros(m), np.full(n, 1 / n)])
    found = linprog(cost, A_ub=rows, b_ub=-margin, bounds=[(-most, most)] * m + [(0, None)] * n, method="highs")
    return np.asarray(found.x[:m])


def weighings(p: np.ndarray, share: np.ndarray) -> np.ndarray:
    """What saying yes adds to each domain's gap, (n, M), from ``p(d, z | x)`` (n, M, 2) and ``P(d, z)`` (M, 2)."""
    rate = np.where(share > 0, p / np.where(share > 0, share, 1.0), 0.0)
    both = (share > 0).all(1)  # a domain without one of the groups has no gap
    return np.asarray(np.where(both, rate[..., 1] - rate[..., 0], 0.0))


def rules(source: DomainDataset, people: DomainDataset) -> dict[tuple[str, float], np.ndarray]:
    """Answers (n,) for people of an unseen domain by kind of price and price."""
    if len(source) > MAX_ROWS:
        source = source.take(np.sort(np.random.default_rng(0).choice(len(source), MAX_ROWS, replace=False)))
    codes = FeatureCodes(source.features)
    x, there = codes(source.features), codes(people.features)
    every = np.ones(len(source), bool)
    domains = np.unique(source.d)
    cell = 2 * np.searchsorted(domains, source.d) + source.z
    asked = {"y": (source.y, 2), "one": (source.z, 2), "own": (cell, 2 * len(domains))}
    here, then = {}, {}
    for name, (labels, kinds) in asked.items():
        here[name] = cross_fitted(codes, x, labels, every, kinds, 0)
        then[name] = probabilities(codes, x, labels, there, kinds, 0)
    found = {}
    for kind in ("one", "own"):
        m = asked[kind][1] // 2
        share = np.bincount(asked[kind][0], minlength=2 * m).reshape(m, 2) / len(source)
        w, w_there = (weighings(p[kind].reshape(-1, m, 2), share) for p in (here, then))
        for price in PRICES:
            s = multipliers(2 * here["y"][:, 1] - 1, w, price / m)
            found[kind, price] = (2 * then["y"][:, 1] - 1 - w_there @ s > 0).astype(np.int64)
    return found


def scored(name: str, target: str, source: DomainDataset, people: DomainDataset, about: dict) -> list[dict]:
    """A row per kind and price."""
    rows = []
    for (kind, price), yes in rules(source, people).items():
        counts = Counts.from_predictions(people, yes)
        values = {metric: float(METRICS[metric](counts.table)[0]) for metric in ("accuracy", "R_DP")}
        rates = [yes[people.z == k].mean() for k in (0, 1)]
        gap = float(rates[1] - rates[0])
        rows.append({"set": name, "target": target, **about, "kind": kind, "price": price, **values, "gap": gap,
                     "value": values["accuracy"] - price * abs(gap)})  # fmt: skip
    return rows


def measured(name: str) -> list[dict]:
    """All held-out domains of a set; of each, all domains of its source."""
    dataset, rows = load_dataset(name), []
    for target in source_of(name).compare.held_out or dataset.domains:
        source, people = dataset.leave_out(target)
        for inner in source.domains:
            left, there = source.leave_out(inner)
            rows += scored(name, target, left, there, {"inside": True, "tested": inner})
        rows += scored(name, target, source, people, {"inside": False, "tested": target})
        print(name, target, flush=True)
    return rows


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """By set: what each kind gives inside the source and outside, at the price chosen inside."""
    out = []
    for name, part in table.groupby("set"):
        told: dict[str, object] = {"set": name}
        for kind, mine in part.groupby("kind"):
            inside, outside = mine[mine["inside"]], mine[~mine["inside"]]
            priced = inside[inside["price"] > 0]
            told[f"{kind}: value inside"] = priced["value"].mean()
            chosen = []
            for target, own in inside.groupby("target"):
                mean = own.groupby("price")[["accuracy", "R_DP"]].mean()
                allowed = mean[mean["accuracy"] >= mean["accuracy"].max() - BUDGET]
                chosen.append(outside[(outside["target"] == target) & (outside["price"] == allowed["R_DP"].idxmax())])
            picked = pd.concat(chosen)
            told[f"{kind}: accuracy"], told[f"{kind}: R_DP"] = picked["accuracy"].mean(), picked["R_DP"].mean()
        # paired over validation domains: means over prices
        means = (
            part[part["inside"] & (part["price"] > 0)].groupby(["target", "tested", "kind"])["value"].mean().unstack()
        )
        apart = 100 * (means["own"] - means["one"])
        told |= {"own - one inside, points": apart.mean(), "standard error": apart.std(ddof=1) / np.sqrt(len(apart))}
        out.append(told)
    return pd.DataFrame(out).set_index("set")


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=list(SETS))
    rows = [row for name in parser.parse_args().sets for row in measured(name)]
    keep("domains", rows)
    print(summary(pd.DataFrame(rows)).T.round(3).to_string())


if __name__ == "__main__":
    main()
