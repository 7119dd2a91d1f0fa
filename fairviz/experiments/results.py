"""From a table of trials to what people read: means with intervals, fronts, hypervolumes, distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fairviz.errors import StoreError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.intervals import noise_floor
from fairviz.evaluation.metrics import mean_over_domains
from fairviz.evaluation.pareto import distance_to, hypervolume, non_dominated
from fairviz.evaluation.tradeoff import Tested, runs_of
from fairviz.settings import GENERATOR, MITIGATION, text_of
from fairviz.store import Entry

#: Reference points of the hypervolume (accuracy, ratio): a coin toss that says yes to one group only; and, stricter,
#: the constant predictor's accuracy with the same inequality.
COIN = (0.5, 0.0)
#: Dials that others are compared with, by name; a family holds them, whatever it is called.
UNMITIGATED, CONSTANT, TRIVIAL, BOUND = "unmitigated", "constant", "overwrite", "fair_bayes"
#: Dials that stand for the product, the best first.
OURS = ("fadm_soft_dp", "fadm_dp")
MEANS = ("accuracy", "R_DP", "R_DP_other", "R_EOp")


@dataclass(frozen=True)
class Results(Tested):
    """Trials of one data set with their counts, and the dials that they are positions of.

    Attributes
    ----------
    dials : tuple of dict
        See ``methods.Line.about``: what was compared, in words, so that no method need be there to read a table.
    """

    dials: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, entry: Entry) -> Results:
        """The trials of a published result.

        Raises
        ------
        StoreError
            It is damaged, or of an earlier version.
        """
        facts = entry.json("facts.json")
        if "dials" not in facts:
            raise StoreError(f"{entry.path}: made by an earlier version. Run the same command again to replace it.")
        return cls(entry.table("trials.csv"), tuple(facts["groups"]), tuple(facts["dials"]))

    def among(self, name: str, value: object) -> pd.Series:
        """As ``Tested.among``; a method with a model of its own is kept for any classifier."""
        alone = {dial["method"] for dial in self.dials if dial["only"]} if name == "classifier" else set()
        return super().among(name, value) | self.rows["method"].isin(alone)

    def dial(self, name: str) -> Results:
        """Rows at the positions of one dial."""
        found = next(dial for dial in self.dials if dial["name"] == name)
        settings = [text_of(position["setting"]) for position in found["positions"]]
        return self.select(method=found["method"], setting=settings)

    @property
    def learnt_from(self) -> str:
        """How many rows models learn from, in words: synthetic ones, and real ones where those are not as many."""
        drawn = {dial["method"] for dial in self.dials if dial["kind"] == GENERATOR}
        synthetic = self.rows["method"].isin(drawn)
        sizes = [
            int(part.max()) for part in (self.rows.loc[synthetic, "n"], self.rows.loc[~synthetic, "n"]) if len(part)
        ]
        if len(set(sizes)) == 1:
            return f"{sizes[0]:,} rows"
        return f"{sizes[0]:,} synthetic rows, or all real rows of the source (at most {sizes[1]:,})"

    def family(self, dial: str) -> str:
        """The family of a dial; "" if it was not compared."""
        return next((d["family"] for d in self.dials if d["name"] == dial), "")

    @property
    def ours(self) -> str:
        """The dial that stands for the product: the first of :data:`OURS` that was compared; "" if none was."""
        names = {dial["name"] for dial in self.dials}
        return next((name for name in OURS if name in names), "")

    def points(self) -> pd.DataFrame:
        """A row per position of every dial: means over domains and seeds with 95 % intervals, and what it is."""
        out, seen = [], dict[tuple[str, str], dict[str, Any]]()
        by_position = dict(iter(self.rows.groupby(["method", "setting"])))
        for dial in self.dials:
            for position in dial["positions"]:
                where = (dial["method"], text_of(position["setting"]))
                if where not in by_position:
                    continue
                if where not in seen:  # two dials may start at the same setting
                    seen[where] = self._numbers(by_position[where])
                about = {"dial": dial["name"], "method": dial["method"], "setting": where[1]}
                told = {key: dial[key] for key in ("title", "family", "kind", "needs_group", "source")}
                out.append({**about, **told, "wording": position["wording"], **seen[where]})
        return pd.DataFrame(out)

    def _numbers(self, rows: pd.DataFrame) -> dict[str, Any]:
        runs = runs_of(rows, self.groups)
        row: dict[str, Any] = {"seeds": len(runs.parts)}
        for metric in MEANS:
            mean, low, high, n = runs.mean_span(metric)
            row |= {metric: mean, f"{metric}_low": low, f"{metric}_high": high}
            if metric != "accuracy":
                row[f"{metric}_domains"] = n
        return row

    def by_seed(self, metric: str) -> pd.DataFrame:
        """Means over domains per dial, setting and seed: ``dial, family, setting, seed, accuracy, fairness``."""
        names = ["method", "setting", "seed"]
        means = self.values(metric, names).groupby(names, as_index=False).mean()
        positions = pd.DataFrame(
            [
                {"dial": d["name"], "family": d["family"], "method": d["method"], "setting": text_of(p["setting"])}
                for d in self.dials
                for p in d["positions"]
            ],
            columns=["dial", "family", "method", "setting"],
        )
        return positions.merge(means, on=["method", "setting"])


def kinds_of(points: pd.DataFrame) -> dict[str, str]:
    """Kind of every family among :meth:`Results.points`, in their order; charts colour and shape families by it."""
    return dict(points.drop_duplicates("family")[["family", "kind"]].to_numpy())


def family_scores(results: Results, metric: str, points: pd.DataFrame | None = None) -> pd.DataFrame:
    """A row per family: hypervolume (both reference points) with its spread over seeds, distance to the bound.

    The front of a family is made of the means over domains and seeds of all its settings; the spread is the standard
    deviation of the same figure computed from single seeds. The unmitigated model on real rows is the start of every
    classifier-side dial and of the trivial line, so it is part of their fronts.
    """
    points = results.points() if points is None else points
    seeds = results.by_seed(metric)
    trivial, unmitigated = results.family(TRIVIAL), results.family(UNMITIGATED)
    strict = (_constant_accuracy(points), 0.0)
    bound = points.loc[points["dial"] == BOUND, ["accuracy", metric]].to_numpy()
    rows = []
    for family, part in points.groupby("family", sort=False):
        members = {family}
        if part["kind"].iloc[0] == MITIGATION or family == trivial:
            members |= {unmitigated or family}
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
    rows = points.loc[points["dial"] == CONSTANT, "accuracy"]
    return float(rows.iloc[0]) if len(rows) else 0.5


def floors(counts: Counts) -> dict[str, float]:
    """What a perfectly equal model would show with these counts: the median, mean over domains, per ratio."""
    return {metric: mean_over_domains(noise_floor(counts, metric)[0])[0] for metric in ("R_DP", "R_EOp")}


def ratio(scores: pd.DataFrame, ours: str, others: Sequence[str], by: str = "hypervolume_strict") -> tuple[float, str]:
    """Hypervolume of one family over that of the best of others, and which that is; NaN where nobody has any.

    Parameters
    ----------
    by : str
        ``hypervolume_strict``, from the constant predictor's accuracy, or ``hypervolume``, from a coin's.
    """
    rivals = scores[scores["family"].isin(others)]
    best = rivals.loc[rivals[by].idxmax()]
    mine = scores.loc[scores["family"] == ours, by].iloc[0]
    return float(mine / best[by]) if best[by] > 0 else float("nan"), str(best["family"])
