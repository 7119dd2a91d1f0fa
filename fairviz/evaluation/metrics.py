"""Metrics as plain functions of a count table (..., K, 2, 2): group, label, prediction.

Leading axes broadcast, so the same functions serve one domain, all domains, bootstrap replicates, and counts averaged
over runs, which need not be whole.
A rate over fewer than :data:`MIN_ROWS` rows makes a ratio or difference *not estimable*: NaN, never 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fairviz.evaluation.counts import Counts

MIN_ROWS = 10


def _share(part: np.ndarray, whole: np.ndarray, min_rows: int) -> np.ndarray:
    ok = np.rint(whole) >= max(min_rows, 1)  # totals are whole; summing averaged counts may miss one by a rounding
    return np.where(ok, part / np.where(whole > 0, whole, 1), np.nan)


def accuracy(table: np.ndarray) -> np.ndarray:
    """Share of right predictions, (...)."""
    right = table[..., 0, 0].sum(-1) + table[..., 1, 1].sum(-1)
    return _share(right, table.sum((-3, -2, -1)), 1)


def selection_rate(table: np.ndarray, min_rows: int = MIN_ROWS) -> np.ndarray:
    """P(yhat = 1) of each group, (..., K)."""
    return _share(table[..., :, 1].sum(-1), table.sum((-2, -1)), min_rows)


def true_positive_rate(table: np.ndarray, min_rows: int = MIN_ROWS) -> np.ndarray:
    """P(yhat = 1 | y = 1) of each group, (..., K)."""
    return _share(table[..., 1, 1], table[..., 1, :].sum(-1), min_rows)


def false_positive_rate(table: np.ndarray, min_rows: int = MIN_ROWS) -> np.ndarray:
    """P(yhat = 1 | y = 0) of each group, (..., K)."""
    return _share(table[..., 0, 1], table[..., 0, :].sum(-1), min_rows)


def group_accuracy(table: np.ndarray, min_rows: int = MIN_ROWS) -> np.ndarray:
    """Accuracy of each group, (..., K)."""
    return _share(table[..., 0, 0] + table[..., 1, 1], table.sum((-2, -1)), min_rows)


def _ratio(rates: np.ndarray) -> np.ndarray:
    """min / max over groups, (...); NaN if a rate is not estimable or nobody gets the favourable prediction."""
    low, high = rates.min(-1), rates.max(-1)
    return np.where(high > 0, low / np.where(high > 0, high, 1), np.nan)


def _gap(rates: np.ndarray) -> np.ndarray:
    return rates.max(-1) - rates.min(-1)


def demographic_parity_ratio(table: np.ndarray) -> np.ndarray:
    """R_DP (eq. 12): smallest over largest selection rate, (...)."""
    return _ratio(selection_rate(table))


def equal_opportunity_ratio(table: np.ndarray) -> np.ndarray:
    """R_EOp (eq. 13): smallest over largest true positive rate, (...)."""
    return _ratio(true_positive_rate(table))


def demographic_parity_difference(table: np.ndarray) -> np.ndarray:
    """Largest minus smallest selection rate, (...)."""
    return _gap(selection_rate(table))


def equal_opportunity_difference(table: np.ndarray) -> np.ndarray:
    """Largest minus smallest true positive rate, (...)."""
    return _gap(true_positive_rate(table))


def equalized_odds_difference(table: np.ndarray) -> np.ndarray:
    """The larger of the gaps in true and false positive rate, (...)."""
    return np.maximum(_gap(true_positive_rate(table)), _gap(false_positive_rate(table)))


def accuracy_gap(table: np.ndarray) -> np.ndarray:
    """Largest minus smallest accuracy over groups, (...)."""
    return _gap(group_accuracy(table))


METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "accuracy": accuracy,
    "R_DP": demographic_parity_ratio,
    "R_EOp": equal_opportunity_ratio,
    "dp_difference": demographic_parity_difference,
    "eop_difference": equal_opportunity_difference,
    "eo_difference": equalized_odds_difference,
    "accuracy_gap": accuracy_gap,
}


def rates_of(metric: str) -> Callable[[np.ndarray], np.ndarray]:
    """The groups' rates (..., K) that a ratio or gap compares, as a function of a table (..., K, 2, 2)."""
    rates = true_positive_rate if metric.startswith(("R_EOp", "eop")) else selection_rate
    if metric.endswith("_other"):
        return lambda table: rates(other_reading(table))
    return rates


def function_of(metric: str) -> Callable[[np.ndarray], np.ndarray]:
    """The metric as a function of a table; ``_other`` reads the other label as favourable."""
    if metric.endswith("_other"):
        inner = METRICS[metric.removesuffix("_other")]
        return lambda table: inner(other_reading(table))
    return METRICS[metric]


def other_reading(table: np.ndarray) -> np.ndarray:
    """The table with the other label called favourable."""
    return table[..., ::-1, ::-1]


def metrics(counts: Counts) -> dict[str, np.ndarray]:
    """Every metric per domain, (M,); ``R_DP_other`` and ``R_EOp_other`` under the other favourable label."""
    values = {name: function(counts.table) for name, function in METRICS.items()}
    flipped = other_reading(counts.table)
    values["R_DP_other"] = demographic_parity_ratio(flipped)
    values["R_EOp_other"] = equal_opportunity_ratio(flipped)
    return values


def mean_over_domains(values: np.ndarray) -> tuple[float, int]:
    """Mean over estimable domains, and how many those are; (NaN, 0) if none is."""
    estimable = np.isfinite(values)
    return (float(values[estimable].mean()) if estimable.any() else float("nan")), int(estimable.sum())


def why_not_estimable(table: np.ndarray, groups: tuple[str, ...], metric: str) -> str | None:
    """For one domain (K, 2, 2): the reason a ratio is not estimable, or None."""
    positives = metric.startswith(("R_EOp", "eop", "eo_"))
    flipped = other_reading(table) if metric.endswith("_other") else table
    rows = np.rint(flipped[:, 1, :].sum(-1) if positives else flipped.sum((-2, -1))).astype(int)
    few = [f"{group} ({n})" for group, n in zip(groups, rows, strict=True) if n < MIN_ROWS]
    if few:
        kind = "rows with the favourable label" if positives else "rows"
        return f"fewer than {MIN_ROWS} {kind}: {', '.join(few)}"
    rates = true_positive_rate(flipped) if positives else selection_rate(flipped)
    if metric.startswith("R_") and not (rates > 0).any():
        return "nobody is predicted the favourable label"
    return None
