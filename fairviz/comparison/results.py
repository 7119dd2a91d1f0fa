"""From a table of trials to what people read: means with intervals, fronts, hypervolumes, distances."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairviz.comparison.front import distance_to, hypervolume, non_dominated
from fairviz.comparison.methods import CLASSIFIER, METHODS, wording
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.intervals import noise_floor
from fairviz.evaluation.metrics import METRICS, mean_over_domains
from fairviz.evaluation.runs import Runs
from fairviz.evaluation.tradeoff import runs_of, tables_of

#: Reference points of the hypervolume (accuracy, ratio): a coin toss that says yes to one group only; and, stricter,
#: the constant predictor's accuracy with the same inequality.
COIN = (0.5, 0.0)
BOUND = METHODS["fair_bayes"].family
MEANS = ("accuracy", "R_DP", "R_DP_other", "R_EOp")


@dataclass(frozen=True)
class Results:
    """Trials of one data set with their counts.

    Attributes
    ----------
    rows : DataFrame
        One row per trial; see ``trials.record``.
    groups : tuple of str
    """

    rows: pd.DataFrame
    groups: tuple[str, ...]

    def select(self, **what: object) -> Results:
        """Rows whose columns equal the given values; ``fairret`` has its own model and is kept for any classifier."""
        keep = np.ones(len(self.rows), bool)
        for name, value in what.items():
            hit = self.rows[name] == value
            if name == "classifier":
                hit |= self.rows["method"].map(lambda m: bool(METHODS[m].only))
            keep &= hit.to_numpy()
        return Results(self.rows[keep], self.groups)

    def runs(self) -> Runs:
        """Counts of one setting: a part per seed, domains side by side."""
        return runs_of(self.rows, self.groups)

    def settings(self) -> list[tuple[str, str]]:
        """Pairs of method and setting that occur, in order of the registry."""
        found = self.rows[["method", "setting"]].drop_duplicates()
        rank = {
            (name, json.dumps(setting, sort_keys=True)): (k, j)
            for k, (name, method) in enumerate(METHODS.items())
            for j, setting in enumerate(method.settings)
        }
        pairs = list(zip(found["method"], found["setting"], strict=True))
        last = {name: k for k, name in enumerate(METHODS)}
        return sorted(pairs, key=lambda pair: rank.get(pair, (last[pair[0]], len(METHODS[pair[0]].settings))))

    def points(self) -> pd.DataFrame:
        """A row per method and setting: means over domains and seeds with 95 % intervals, and what it is."""
        out = []
        for method, setting in self.settings():
            runs = self.select(method=method, setting=setting).runs()
            what = METHODS[method]
            row: dict = {
                "method": method, "title": what.title, "family": what.family, "kind": what.kind, "setting": setting,
                "wording": wording(json.loads(setting)), "needs_group": what.needs_group, "seeds": len(runs.parts),
            }  # fmt: skip
            for metric in MEANS:
                mean, low, high, n = runs.mean_span(metric)
                row |= {metric: mean, f"{metric}_low": low, f"{metric}_high": high}
                if metric != "accuracy":
                    row[f"{metric}_domains"] = n
            out.append(row)
        return pd.DataFrame(out)

    def by_seed(self, metric: str) -> pd.DataFrame:
        """Means over domains per method, setting and seed: ``method, setting, seed, accuracy, fairness``."""
        tables = tables_of(self.rows, len(self.groups))
        frame = self.rows[["method", "setting", "seed"]].assign(
            accuracy=METRICS["accuracy"](tables), fairness=METRICS[metric](tables)
        )
        return frame.groupby(["method", "setting", "seed"], as_index=False).mean()


def family_scores(results: Results, metric: str, points: pd.DataFrame | None = None) -> pd.DataFrame:
    """A row per family: hypervolume (both reference points) with its spread over seeds, distance to the bound.

    The front of a family is made of the means over domains and seeds of all its settings; the spread is the standard
    deviation of the same figure computed from single seeds. The untouched model on real rows is the start of every
    classifier-side dial and of the trivial line, so it is part of their fronts.
    """
    points = results.points() if points is None else points
    seeds = results.by_seed(metric)
    seeds["family"] = seeds["method"].map(lambda m: METHODS[m].family)
    strict = (_constant_accuracy(points), 0.0)
    bound = points.loc[points["family"] == BOUND, ["accuracy", metric]].to_numpy()
    rows = []
    for family, part in points.groupby("family", sort=False):
        members = {family}
        if part["kind"].iloc[0] == CLASSIFIER or "overwrite" in set(part["method"]):
            members |= {METHODS["untouched"].family}
        front = points.loc[points["family"].isin(members), ["accuracy", metric]].to_numpy(float)
        single = [
            hypervolume(g[["accuracy", "fairness"]].to_numpy(), COIN)
            for _, g in seeds[seeds["family"].isin(members)].groupby("seed")
        ]
        rows.append(
            {
                "family": family,
                "kind": part["kind"].iloc[0],
                "needs_group": bool(part["needs_group"].any()),
                "settings": len(part),
                "hypervolume": hypervolume(front, COIN),
                "hypervolume_sd": float(np.std(single, ddof=1)) if len(single) > 1 else float("nan"),
                "hypervolume_strict": hypervolume(front, strict),
                "distance": distance_to(front, bound) if len(bound) else float("nan"),
                "fairest": float(non_dominated(front)[-1, 1]) if np.isfinite(front).all(1).any() else float("nan"),
                "best_accuracy": float(np.nanmax(front[:, 0])),
            }
        )
    return pd.DataFrame(rows)


def _constant_accuracy(points: pd.DataFrame) -> float:
    rows = points.loc[points["method"] == "constant", "accuracy"]
    return float(rows.iloc[0]) if len(rows) else 0.5


def floors(counts: Counts) -> dict[str, float]:
    """What a perfectly equal model would show with these counts: the median, mean over domains, per ratio."""
    return {metric: mean_over_domains(noise_floor(counts, metric)[0])[0] for metric in ("R_DP", "R_EOp")}


def ratio(scores: pd.DataFrame, ours: str, others: Sequence[str]) -> tuple[float, str]:
    """Hypervolume of one family over that of the best of others, and which that is."""
    rivals = scores[scores["family"].isin(others)]
    best = rivals.loc[rivals["hypervolume"].idxmax()]
    mine = scores.loc[scores["family"] == ours, "hypervolume"].iloc[0]
    return float(mine / best["hypervolume"]), str(best["family"])
