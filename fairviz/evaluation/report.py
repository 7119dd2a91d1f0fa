"""Counts -> numbers with intervals, noise floor and reasons, ready for JSON or a table."""

from __future__ import annotations

import math
from typing import Any

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.intervals import intervals, noise_floor
from fairviz.evaluation.metrics import METRICS, Ratio, metrics

REPORTED = ("accuracy", "R_DP", "R_EOp")


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def summary(counts: Counts, domain: str) -> dict[str, Any]:
    """Everything about one domain: counts, every metric with its 95 % interval, noise floor, reasons.

    A value that is not estimable is None and comes with ``why``.
    """
    one = counts.domain(domain)
    values, spans = metrics(one), intervals(one)
    result: dict[str, Any] = {
        "counts": one.frame().drop(columns="domain").to_dict("records"),
        "n": int(one.table.sum()),
        "metrics": {},
    }
    for name, value in values.items():
        low, high = spans[name]
        item: dict[str, Any] = {"value": _plain(value[0]), "low": _plain(low[0]), "high": _plain(high[0])}
        metric = METRICS[name]
        reason = metric.why_not(one.table[0], one.groups) if item["value"] is None else None
        if reason:
            item["why"] = reason
        if isinstance(metric, Ratio) and metric.rate is not None:
            median, floor = noise_floor(one, name)
            if not math.isnan(median[0]):
                item["noise_floor"] = [float(median[0]), float(floor[0])]
        result["metrics"][name] = item
    return result
