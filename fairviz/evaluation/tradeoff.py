"""A sweep's table of counts -> the numbers that the trade-off chart and the domain table show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.intervals import noise_floor
from fairviz.evaluation.metrics import METRICS, mean_over_domains, selection_rate, true_positive_rate
from fairviz.evaluation.runs import Runs

#: What a setting is where it says nothing.
NO_CONTROL = {"control": "dp", "lambda_y": 1.0, "lambda_z": 0.0, "lambda_eop": 0.0}
#: Methods of a recorded sweep: the one with the dial, and what it is compared with.
SWEPT, REAL, CONSTANT = "fadm", "unmitigated", "constant"


def tables_of(rows: pd.DataFrame, n_groups: int) -> np.ndarray:
    """Count tables of a sweep's rows, (rows, K, 2, 2)."""
    names = [f"n_{k}_{y}_{p}" for k in range(n_groups) for y in (0, 1) for p in (0, 1)]
    return np.asarray(rows[names].to_numpy(np.int64).reshape(len(rows), n_groups, 2, 2))


def both_of(rows: pd.DataFrame, n_groups: int) -> np.ndarray:
    """People told yes with a price and without it, (rows, K, 2); NaN of rows that do not say."""
    names = [f"both_{k}_{y}" for k in range(n_groups) for y in (0, 1)]
    if not rows.columns.isin(names).any():
        return np.full((len(rows), n_groups, 2), np.nan)
    found = rows[names].apply(pd.to_numeric, errors="coerce")
    return np.asarray(found.to_numpy(float).reshape(len(rows), n_groups, 2))


def columns_of(counts: Counts) -> dict[str, int]:
    """One domain's counts as columns ``n_<group>_<label>_<predicted>``, groups by index; see :func:`tables_of`."""
    cells = ((k, y, p) for k in range(len(counts.groups)) for y in (0, 1) for p in (0, 1))
    return {f"n_{k}_{y}_{p}": int(counts.table[0, k, y, p]) for k, y, p in cells}


def runs_of(rows: pd.DataFrame, groups: tuple[str, ...]) -> Runs:
    """Counts of one setting's rows: a part per seed, domains side by side."""
    parts = []
    for _, part in rows.sort_values("target").groupby("seed", sort=True):
        parts.append(Counts(tuple(part["target"]), groups, tables_of(part, len(groups))))
    return Runs(tuple(parts))


def mean_point(runs: Runs, metric: str) -> dict[str, float]:
    """Means over domains, of a fairness metric over those where it is estimable: ``accuracy, fairness``."""
    accuracy, fairness = (mean_over_domains(runs.value(METRICS[m]))[0] for m in ("accuracy", metric))
    return {"accuracy": accuracy, "fairness": fairness}


@dataclass(frozen=True)
class Tested:
    """Trials with their counts.

    Attributes
    ----------
    rows : DataFrame
        One row per trial: method, setting, seed, target and counts (``experiments.trial.table_of``).
    groups : tuple of str
    """

    rows: pd.DataFrame
    groups: tuple[str, ...]

    def keep(self, rows: ArrayLike) -> Self:
        """Some of the rows, by a mask."""
        return replace(self, rows=self.rows[np.asarray(rows, bool)])

    def among(self, name: str, value: object) -> pd.Series:
        """Rows whose column equals a value, or is among them, for a list."""
        column = self.rows[name]
        return column.isin(value) if isinstance(value, (list, tuple)) else column == value

    def select(self, **what: object) -> Self:
        """Rows whose columns equal the given values (or are among them, for a list)."""
        keep = np.ones(len(self.rows), bool)
        for name, value in what.items():
            keep &= self.among(name, value).to_numpy()
        return self.keep(keep)

    def runs(self) -> Runs:
        """Counts of one setting: a part per seed, domains side by side."""
        return runs_of(self.rows, self.groups)

    def both(self) -> tuple[np.ndarray, ...]:
        """Of one setting, a part per seed: people told yes with the price and without it, (M, K, 2), or NaN."""
        parts = self.rows.sort_values("target").groupby("seed", sort=True)
        return tuple(both_of(part, len(self.groups)) for _, part in parts)

    def values(self, metric: str, names: Sequence[str]) -> pd.DataFrame:
        """Accuracy and a fairness metric of every row, beside some of its columns."""
        tables = tables_of(self.rows, len(self.groups))
        return self.rows[list(names)].assign(accuracy=METRICS["accuracy"](tables), fairness=METRICS[metric](tables))


@dataclass(frozen=True)
class Dials:
    """Where the dials of a sweep stop: see the methods of :class:`Sweep` with these names."""

    controls: tuple[str, ...]
    prices: Mapping[str, tuple[float, ...]]
    classifiers: tuple[str, ...]
    label_strengths: tuple[float, ...]
    still_from: Mapping[str, float]


@dataclass(frozen=True)
class Sweep(Tested):
    """Trials of a dial: settings as columns.

    Attributes
    ----------
    swept : str
        The method that has the dial.
    """

    swept: str = SWEPT

    @classmethod
    def of(cls, trials: pd.DataFrame, groups: Sequence[str], swept: str = SWEPT) -> Sweep:
        """A sweep from a table of trials."""
        told = {text: {**NO_CONTROL, **json.loads(text)} for text in trials["setting"].unique()}
        columns = {name: trials["setting"].map(lambda text, name=name: told[text][name]) for name in NO_CONTROL}
        return cls(trials.assign(**columns), tuple(groups), swept)

    @cached_property
    def _dials(self) -> Dials:
        """Looked up once: a page asks many times for each of its runs, and the rows are never changed."""
        swept = self.rows[self.rows["method"] == self.swept]
        return Dials(
            tuple(sorted(self.rows.loc[self.rows["lambda_z"] > 0, "control"].unique())),
            {str(name): tuple(sorted({0.0, *part})) for name, part in swept.groupby("control")["lambda_z"]},
            tuple(swept["classifier"].unique()),
            tuple(sorted(swept["lambda_y"].unique().tolist())),
            {str(name): still for name, part in swept.groupby("control") if (still := _still_from(part)) is not None},
        )

    def controls(self) -> list[str]:
        """Controls that were swept."""
        return list(self._dials.controls)

    def prices(self, control: str) -> list[float]:
        """Values of lambda_z at which a control was tested, 0 included."""
        return list(self._dials.prices.get(control, (0.0,)))

    def classifiers(self) -> list[str]:
        """Downstream models that were trained on synthetic rows."""
        return list(self._dials.classifiers)

    def at_prices(self, prices: Mapping[str, float]) -> Sweep:
        """Of one control: every domain at a price of its own; as one setting, at price 0 if prices differ."""
        here = self.rows["lambda_z"] == self.rows["target"].map(dict(prices))
        one = set(prices.values())
        here = self.rows[here.to_numpy()].assign(lambda_z=one.pop() if len(one) == 1 else 0.0)
        return replace(self, rows=here)

    def label_strengths(self) -> list[float]:
        """Values of lambda_y that were tested."""
        return list(self._dials.label_strengths)

    def still_from(self, control: str) -> float | None:
        """The price from which on nothing changes any more; None where the last stop differs from the one before."""
        return self._dials.still_from.get(control)

    def setting(self, control: str, lambda_y: float, classifier: str, domains: Sequence[str]) -> Sweep:
        """All prices of one control; price 0 is shared by every control."""
        part = self.select(method=self.swept, lambda_y=lambda_y, classifier=classifier, target=list(domains))
        return part.keep((part.rows["control"] == control) | (part.rows["lambda_z"] == 0))

    @property
    def sizes(self) -> tuple[int, int]:
        """How many rows models learn from at most: drawn ones, and real ones."""
        dial, real = (self.rows.loc[self.rows["method"] == name, "n"] for name in (self.swept, REAL))
        return int(dial.max()), int(real.max())

    def real(self, classifier: str, domains: Sequence[str]) -> Sweep:
        """The same classifier trained on real source rows."""
        return self.select(method=REAL, classifier=classifier, target=list(domains))

    def constant(self, domains: Sequence[str]) -> Sweep:
        """The constant predictor."""
        return self.select(method=CONSTANT, target=list(domains))

    def by_seed(self, metric: str) -> pd.DataFrame:
        """Single seeds, means over domains: ``lambda_z, seed, accuracy, fairness, n_domains``.

        A seed's mean runs over the domains where the metric is estimable. Their mean is not the figure of the setting:
        that is taken from counts averaged over seeds (``path``).
        """
        grouped = self.values(metric, ["lambda_z", "seed"]).groupby(["lambda_z", "seed"])
        return grouped.agg(
            accuracy=("accuracy", "mean"), fairness=("fairness", "mean"), n_domains=("fairness", "count")
        ).reset_index()

    def path(self, metric: str) -> pd.DataFrame:
        """A row per price: ``lambda_z, accuracy, fairness``, and single seeds' spread ``accuracy_sd, fairness_sd``.

        The values are those of :func:`mean_point`, so that the setting shown lies on the path.
        """
        rows = [
            {"lambda_z": price, **mean_point(runs_of(part, self.groups), metric)}
            for price, part in self.rows.groupby("lambda_z")
        ]
        spread = self.by_seed(metric).groupby("lambda_z")[["accuracy", "fairness"]].std().add_suffix("_sd")
        return pd.DataFrame(rows, columns=["lambda_z", "accuracy", "fairness"]).merge(spread.reset_index())


def _still_from(trials: pd.DataFrame) -> float | None:
    """Of one control's trials, the lowest of the prices that give the same counts as the highest one; None if it is
    the highest.
    """
    counts = [name for name in trials if str(name).startswith("n_")]
    trials = trials.sort_values(["lambda_y", "classifier", "target", "seed"])
    by_price = {price: part[counts].to_numpy() for price, part in trials.groupby("lambda_z")}
    last = max(by_price)
    same = min(price for price, found in by_price.items() if np.array_equal(found, by_price[last]))
    return float(same) if same < last else None


def headline(runs: Runs, metric: str) -> dict[str, float]:
    """Accuracy and a fairness metric, mean over domains with 95 % interval, and over all people pooled.

    Returns
    -------
    dict
        ``accuracy, accuracy_low, accuracy_high, fairness, fairness_low, fairness_high, n_domains`` (estimable ones),
        ``pooled_accuracy, pooled_fairness``.
    """
    accuracy, accuracy_low, accuracy_high, _ = runs.mean_span("accuracy")
    fairness, fairness_low, fairness_high, n_domains = runs.mean_span(metric)
    return {
        "accuracy": accuracy,
        "accuracy_low": accuracy_low,
        "accuracy_high": accuracy_high,
        "fairness": fairness,
        "fairness_low": fairness_low,
        "fairness_high": fairness_high,
        "n_domains": n_domains,
        "pooled_accuracy": float(runs.pooled.value(METRICS["accuracy"])[0]),
        "pooled_fairness": float(runs.pooled.value(METRICS[metric])[0]),
    }


def domain_rows(runs: Runs) -> list[dict[str, Any]]:
    """Per domain: rows, accuracy, rates per group with n, ratios with intervals, floors and reasons.

    ``predicted`` and ``found`` are means over runs, so they need not be whole.
    """
    counts = runs.counts
    spans = {metric: runs.span(metric) for metric in ("accuracy", "R_DP", "R_EOp")}
    floors = {metric: noise_floor(counts, metric) for metric in ("R_DP", "R_EOp")}
    rates, tpr = runs.value(selection_rate), runs.value(true_positive_rate)
    rows = []
    for m, domain in enumerate(counts.domains):
        table, people = runs.table[m], counts.table[m]
        row: dict[str, Any] = {"domain": domain, "n": int(people.sum())}
        for metric, span in spans.items():
            row[metric] = tuple(float(end[m]) for end in span)
            row[f"{metric}_why"] = METRICS[metric].why_not(table, counts.groups)
        for metric, (median, low) in floors.items():
            row[f"{metric}_floor"] = (float(median[m]), float(low[m]))
        for metric, found in (("R_DP", rates[m]), ("R_EOp", tpr[m])):
            row[f"{metric}_less"] = counts.groups[int(found.argmin())] if np.isfinite(found).all() else None
        row["groups"] = [
            {
                "group": group,
                "n": int(people[k].sum()),
                "n_positive": int(people[k, 1].sum()),
                "predicted": float(table[k, :, 1].sum()),
                "found": float(table[k, 1, 1]),
                "rate": float(rates[m, k]),
                "tpr": float(tpr[m, k]),
            }
            for k, group in enumerate(counts.groups)
        ]
        rows.append(row)
    return rows
