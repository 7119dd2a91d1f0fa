"""A sweep's table of counts -> the numbers that the trade-off chart and the domain table show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.intervals import bootstrap, intervals, noise_floor
from fairviz.evaluation.metrics import (
    METRICS,
    mean_over_domains,
    other_reading,
    selection_rate,
    true_positive_rate,
    why_not_estimable,
)

#: What the chart's vertical axis can show: title, and whether more is fairer.
FAIRNESS = {
    "R_DP": ("R_DP: ratio of the groups' rates of yes", True),
    "R_EOp": ("R_EOp: ratio of the groups' true positive rates", True),
    "R_DP_other": ("R_DP with the other label called favourable", True),
    "dp_difference": ("Gap between the groups' rates of yes", False),
    "eop_difference": ("Gap between the groups' true positive rates", False),
}


def function_of(metric: str):
    """The metric as a function of a table; ``_other`` reads the other label as favourable."""
    if metric.endswith("_other"):
        inner = METRICS[metric.removesuffix("_other")]
        return lambda table: inner(other_reading(table))
    return METRICS[metric]


def tables_of(rows: pd.DataFrame, n_groups: int) -> np.ndarray:
    """Count tables of a sweep's rows, (rows, K, 2, 2)."""
    names = [f"n_{k}_{y}_{p}" for k in range(n_groups) for y in (0, 1) for p in (0, 1)]
    return rows[names].to_numpy(np.int64).reshape(len(rows), n_groups, 2, 2)


def average(parts: Sequence[Counts]) -> Counts:
    """Mean counts over seeds tested on the same rows, rounded so that every (group, label) total stays exact."""
    totals = parts[0].table.sum(-1)
    positives = np.rint(np.mean([part.table[..., 1] for part in parts], 0)).astype(np.int64)
    return Counts(parts[0].domains, parts[0].groups, np.stack([totals - positives, positives], -1))


@dataclass(frozen=True)
class Sweep:
    """Rows of a sweep with their counts.

    Attributes
    ----------
    rows : DataFrame
        One row per cell: setting, seed, target and counts.
    groups : tuple of str
    """

    rows: pd.DataFrame
    groups: tuple[str, ...]

    def select(self, **setting: object) -> Sweep:
        """Rows whose columns equal the given values (or are among them, for a list)."""
        keep = np.ones(len(self.rows), bool)
        for name, value in setting.items():
            column = self.rows[name]
            keep &= (column.isin(value) if isinstance(value, (list, tuple)) else column == value).to_numpy()
        return Sweep(self.rows[keep], self.groups)

    def controls(self) -> list[str]:
        """Controls that were swept."""
        return sorted(self.rows.loc[self.rows["lambda_z"] > 0, "control"].unique())

    def prices(self, control: str) -> list[float]:
        """Values of lambda_z at which a control was tested, 0 included."""
        rows = self.rows[(self.rows["control"] == control) & (self.rows["train"] == "synthetic")]
        return sorted({0.0, *rows["lambda_z"].tolist()})

    def label_strengths(self) -> list[float]:
        """Values of lambda_y that were tested."""
        return sorted(self.rows.loc[self.rows["train"] == "synthetic", "lambda_y"].unique().tolist())

    def setting(self, control: str, lambda_y: float, classifier: str, domains: Sequence[str]) -> Sweep:
        """All prices of one control; price 0 is shared by every control."""
        part = self.select(train="synthetic", lambda_y=lambda_y, classifier=classifier, target=list(domains))
        keep = (part.rows["control"] == control) | (part.rows["lambda_z"] == 0)
        return Sweep(part.rows[keep], self.groups)

    def real(self, classifier: str, domains: Sequence[str]) -> Sweep:
        """The same classifier trained on real source rows."""
        return self.select(train="real", classifier=classifier, target=list(domains))

    def constant(self, domains: Sequence[str]) -> Sweep:
        """The constant predictor."""
        return self.select(train="constant", target=list(domains))

    def counts(self) -> Counts:
        """One set of counts per domain, averaged over seeds."""
        parts = []
        for domain, rows in self.rows.groupby("target", sort=True):
            tables = tables_of(rows, len(self.groups))
            parts.append(average([Counts((str(domain),), self.groups, t[None]) for t in tables]))
        return Counts.concat(parts)

    def by_seed(self, metric: str) -> pd.DataFrame:
        """Means over domains per price and seed: ``lambda_z, seed, accuracy, fairness, n_domains``.

        A seed's mean runs over the domains where the metric is estimable.
        """
        tables = tables_of(self.rows, len(self.groups))
        frame = self.rows[["lambda_z", "seed"]].assign(
            accuracy=METRICS["accuracy"](tables), fairness=function_of(metric)(tables)
        )
        grouped = frame.groupby(["lambda_z", "seed"])
        return grouped.agg(
            accuracy=("accuracy", "mean"), fairness=("fairness", "mean"), n_domains=("fairness", "count")
        ).reset_index()

    def path(self, metric: str) -> pd.DataFrame:
        """Means over seeds per price, with their spread: ``lambda_z, accuracy, fairness, accuracy_sd, fairness_sd``."""
        grouped = self.by_seed(metric).groupby("lambda_z")
        return grouped.agg(
            accuracy=("accuracy", "mean"),
            fairness=("fairness", "mean"),
            accuracy_sd=("accuracy", "std"),
            fairness_sd=("fairness", "std"),
        ).reset_index()


def headline(counts: Counts, metric: str) -> dict[str, float]:
    """Mean over domains of accuracy and a fairness metric with 95 % bootstrap intervals.

    Returns
    -------
    dict
        ``accuracy, accuracy_low, accuracy_high, fairness, fairness_low, fairness_high, n_domains`` (estimable ones).
    """
    function, drawn = function_of(metric), bootstrap(counts, n=400)
    value, n_domains = mean_over_domains(function(counts.table))
    keep = np.isfinite(function(counts.table))
    low, high = np.nan, np.nan
    if keep.any():
        values = function(drawn)[:, keep]
        means = np.nanmean(values[np.isfinite(values).any(1)], 1)
        low, high = np.percentile(means, [2.5, 97.5])
    right = METRICS["accuracy"](drawn).mean(1)
    return {
        "accuracy": float(METRICS["accuracy"](counts.table).mean()),
        "accuracy_low": float(np.percentile(right, 2.5)),
        "accuracy_high": float(np.percentile(right, 97.5)),
        "fairness": value,
        "fairness_low": float(low),
        "fairness_high": float(high),
        "n_domains": n_domains,
    }


def domain_rows(counts: Counts) -> list[dict]:
    """Per domain: rows, accuracy, rates per group with n, ratios with intervals, floors and reasons."""
    spans = intervals(counts)
    floors = {metric: noise_floor(counts, metric) for metric in ("R_DP", "R_EOp")}
    rates, tpr = selection_rate(counts.table), true_positive_rate(counts.table)
    rows = []
    for m, domain in enumerate(counts.domains):
        table = counts.table[m]
        row: dict = {"domain": domain, "n": int(table.sum())}
        for metric in ("accuracy", "R_DP", "R_EOp"):
            low, high = spans[metric]
            row[metric] = (float(METRICS[metric](table)), float(low[m]), float(high[m]))
            row[f"{metric}_why"] = why_not_estimable(table, counts.groups, metric)
        for metric, (median, low) in floors.items():
            row[f"{metric}_floor"] = (float(median[m]), float(low[m]))
        row["groups"] = [
            {
                "group": group,
                "n": int(table[k].sum()),
                "n_positive": int(table[k, 1].sum()),
                "predicted": int(table[k, :, 1].sum()),
                "found": int(table[k, 1, 1]),
                "rate": float(rates[m, k]),
                "tpr": float(tpr[m, k]),
            }
            for k, group in enumerate(counts.groups)
        ]
        rows.append(row)
    return rows
