"""What a setting does to all people that are shown, beside no control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairviz.evaluation.metrics import METRICS, between, false_positive_rate, mean_over_domains, true_positive_rate
from fairviz.evaluation.paired import Cost
from fairviz.evaluation.people import Comparison, Share, compared, cost, shares
from fairviz.evaluation.runs import Runs


@dataclass(frozen=True)
class Effect:
    """What a setting does to all people shown, beside no control.

    Attributes
    ----------
    people : int
    domains : tuple of str
        Those that they are from, each held out in turn.
    right : float
        Share of people that the model is right about.
    cost : Cost
    now, before : Comparison
    found, found_before : list of Share
        Of each group's people who truly have the favourable label, those who are told it.
    promised, promised_before : list of Share
        Of each group's people who truly have the other label, those who are wrongly told the favourable one.
    counted : bool
        Whether it was counted who is told what with and without the price; if not, the cost's interval is the widest
        possible.
    same : float
        Share of people that giving everybody the more frequent answer would be right about.
    told_yes : float
        Share of people who are told the favourable label.
    mean, mean_before : float
        The fairness metric, mean over domains that each count the same.
    mean_low, mean_high : float
        95 % interval of ``mean``, over people and seeds.
    truly : list of int
        Of each group, people who truly have the favourable label.
    """

    people: int
    domains: tuple[str, ...]
    right: float
    cost: Cost
    now: Comparison
    before: Comparison
    found: list[Share]
    found_before: list[Share]
    promised: list[Share]
    promised_before: list[Share]
    counted: bool
    same: float
    told_yes: float
    mean: float
    mean_before: float
    mean_low: float
    mean_high: float
    truly: list[int]

    @classmethod
    def of(cls, now: Runs, before: Runs, both: Sequence[np.ndarray], metric: str) -> Effect:
        """The effect of a setting, by a metric that compares groups; ``both``: see :func:`people.cost`."""
        pair = None
        if len(now.groups) == 2:
            rates = before.pooled.value(between(metric).group_rates)[0]
            pair = (0, 1) if not rates[0] > rates[1] else (1, 0)
        people, (mean, low, high, _) = now.pooled.counts.table[0], now.mean_span(metric)
        total = int(people.sum())
        return cls(
            total, now.domains, float(now.pooled.value(METRICS["accuracy"])[0]), cost(now, before, both),
            compared(now, metric, pair), compared(before, metric, pair),
            shares(now, true_positive_rate), shares(before, true_positive_rate),
            shares(now, false_positive_rate), shares(before, false_positive_rate),
            len(both) == len(now.parts) and bool(np.isfinite(np.stack(both)).all()),
            same=float(people.sum((0, 2)).max() / total), told_yes=float(now.pooled.table[0][..., 1].sum() / total),
            mean=mean, mean_before=mean_over_domains(before.value(METRICS[metric]))[0], mean_low=low, mean_high=high,
            truly=[int(n) for n in people[:, 1].sum(-1)],
        )  # fmt: skip
