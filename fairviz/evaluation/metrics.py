"""Metrics as objects: functions of a count table (..., K, 2, 2) - group, label, prediction - that know what they are.

Leading axes broadcast, so the same metric serves one domain, all domains, bootstrap replicates, and counts averaged
over runs, which need not be whole. A rate over fewer than :data:`MIN_ROWS` rows makes a ratio or difference *not
estimable*: NaN, never 0 or 1. Names follow fairlearn where it has one; ours (the paper's) stand beside.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fairviz.evaluation.counts import Counts
from fairviz.plugins import Registry

MIN_ROWS = 10
#: Cells of a group's table, as (label, prediction).
EVERYBODY = ((0, 0), (0, 1), (1, 0), (1, 1))


def _share(part: np.ndarray, whole: np.ndarray, min_rows: int) -> np.ndarray:
    ok = np.rint(whole) >= max(min_rows, 1)  # totals are whole; summing averaged counts may miss one by a rounding
    return np.where(ok, part / np.where(whole > 0, whole, 1), np.nan)


def _sum(table: np.ndarray, cells: tuple[tuple[int, int], ...]) -> np.ndarray:
    return sum(table[..., y, p] for y, p in cells)  # type: ignore[return-value]


@dataclass(frozen=True)
class Rate:
    """A share of a group's people: of those in the cells ``among``, how many are in the cells ``hits``.

    Attributes
    ----------
    title : str
        For axes and tables.
    people : str
        What the rows in ``among`` are, in words.
    verb, other : str
        A sentence about the rate, "It {verb} 0.7 times as often as {other}", with ``{yes}`` and ``{who}`` to fill in.
    hits, among : tuple of (label, prediction)
    people_verb : str
        The same with the people as its subject, "{who} are told {yes} 0.7 times as often as men"; "" if there is none.
    heading : str
        Of a column of shares, in plain words; the title if there is none.
    """

    title: str
    people: str
    verb: str
    other: str
    hits: tuple[tuple[int, int], ...]
    among: tuple[tuple[int, int], ...] = EVERYBODY
    people_verb: str = ""
    heading: str = ""

    def __call__(self, table: np.ndarray, min_rows: int = MIN_ROWS) -> np.ndarray:
        """The rate of every group, (..., K); NaN over fewer than ``min_rows`` rows."""
        return _share(self.found(table), self.rows(table), min_rows)

    def found(self, table: np.ndarray) -> np.ndarray:
        """Rows of every group that are hits, (..., K)."""
        return _sum(table, self.hits)

    def rows(self, table: np.ndarray) -> np.ndarray:
        """Rows of every group that the rate is a share of, (..., K)."""
        return _sum(table, self.among)


selection_rate = Rate(
    "rate of yes", "rows", "says {yes} for {who}", "for {who}", hits=((0, 1), (1, 1)),
    people_verb="{who} are told {yes}", heading="Told yes",
)  # fmt: skip
true_positive_rate = Rate(
    "true positive rate", "rows with the favourable label", "finds {who} whose label is {yes}", "{who}",
    hits=((1, 1),), among=((1, 0), (1, 1)), people_verb="{who} who truly have {yes} are found",
    heading="Of those who truly have it, told so",
)  # fmt: skip
false_positive_rate = Rate(
    "false positive rate", "rows with the unfavourable label", "wrongly says {yes} for {who}", "for {who}",
    hits=((0, 1),), among=((0, 0), (0, 1)),
)  # fmt: skip
precision = Rate(
    "precision", "rows predicted favourable", "is right to say {yes} for {who}", "for {who}",
    hits=((1, 1),), among=((0, 1), (1, 1)),
)  # fmt: skip
group_accuracy = Rate("accuracy", "rows", "is right for {who}", "for {who}", hits=((0, 0), (1, 1)))


@dataclass(frozen=True)
class Metric:
    """A number per table, and what people need to know of it.

    Attributes
    ----------
    name : str
        Stable: in links, files and keys.
    title : str
        Standard term, with our name where it differs.
    short : str
        For axes.
    higher_is_better : bool
    limits : (float, float)
        Smallest and largest value.
    axis : bool
        Whether the trade-off chart offers it.
    needs : str
        What it is computed from: ``counts``; metrics of ``scores`` are in ``evaluation.scores``.
    """

    name: str
    title: str
    short: str
    higher_is_better: bool = True
    limits: tuple[float, float] = (0.0, 1.0)
    axis: bool = False

    needs: ClassVar[str] = "counts"
    #: Value of a model that treats groups alike; NaN if the metric compares no groups.
    equality: ClassVar[float] = math.nan
    #: The one rate that is compared, None where there are several or none.
    rate = None

    def __call__(self, table: np.ndarray) -> np.ndarray:
        """Value (...) of a table (..., K, 2, 2)."""
        raise NotImplementedError

    def why_not(self, table: np.ndarray, groups: tuple[str, ...]) -> str | None:
        """For one domain (K, 2, 2): the reason it is not estimable, or None."""
        return None


@dataclass(frozen=True)
class Overall(Metric):
    """A metric of everybody together; groups play no part."""

    of: Callable[[np.ndarray], np.ndarray] = np.asarray

    def __call__(self, table: np.ndarray) -> np.ndarray:
        """Value (...) of a table (..., K, 2, 2)."""
        return self.of(table.sum(-3))


@dataclass(frozen=True)
class Between(Metric):
    """Groups' rates compared; with several rates the worst of them counts.

    Attributes
    ----------
    rates : tuple of Rate
    other : bool
        Read with the other label called favourable.
    """

    rates: tuple[Rate, ...] = ()
    other: bool = False

    def read(self, table: np.ndarray) -> np.ndarray:
        """The table under the label that the metric calls favourable."""
        return table[..., ::-1, ::-1] if self.other else table

    @property
    def rate(self) -> Rate | None:  # type: ignore[override]
        """The one rate that is compared; None with several, which have no common direction."""
        return self.rates[0] if len(self.rates) == 1 else None

    def group_rates(self, table: np.ndarray) -> np.ndarray:
        """The rates that are compared, (..., K), of a metric with one rate."""
        return self.rates[0](self.read(table))

    def why_not(self, table: np.ndarray, groups: tuple[str, ...]) -> str | None:
        """For one domain (K, 2, 2): the reason it is not estimable, or None."""
        for rate in self.rates:
            rows = np.rint(rate.rows(self.read(table))).astype(int)
            few = [f"{group} ({n})" for group, n in zip(groups, rows, strict=True) if n < MIN_ROWS]
            if few:
                return f"fewer than {MIN_ROWS} {rate.people}: {', '.join(few)}"
        return None


@dataclass(frozen=True)
class Ratio(Between):
    """Smallest over largest rate; 1 is equal."""

    equality: ClassVar[float] = 1.0
    #: Of the ratio that keeps its direction, see :meth:`oriented`.
    open_limits: ClassVar[tuple[float, float]] = (0.0, np.inf)

    def __call__(self, table: np.ndarray) -> np.ndarray:
        """Min / max over groups; NaN if a rate is not estimable, or nobody has it."""
        return np.asarray(np.minimum.reduce([_ratio(rate(self.read(table))) for rate in self.rates]))

    def oriented(self, table: np.ndarray, low: int, high: int) -> np.ndarray:
        """Rate of group ``low`` over that of ``high``, (...); above 1 the direction has turned."""
        found = self.group_rates(table)
        top = found[..., high]
        return np.where(top > 0, found[..., low] / np.where(top > 0, top, 1), np.nan)

    def why_not(self, table: np.ndarray, groups: tuple[str, ...]) -> str | None:
        """For one domain (K, 2, 2): the reason it is not estimable, or None."""
        few = super().why_not(table, groups)
        if few is not None or all((rate(self.read(table)) > 0).any() for rate in self.rates):
            return few
        return "nobody is predicted the favourable label"


@dataclass(frozen=True)
class Difference(Between):
    """Largest minus smallest rate; 0 is equal."""

    higher_is_better: bool = False
    equality: ClassVar[float] = 0.0
    open_limits: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def __call__(self, table: np.ndarray) -> np.ndarray:
        """Largest minus smallest, (...)."""
        rates = [rate(self.read(table)) for rate in self.rates]
        return np.asarray(np.maximum.reduce([found.max(-1) - found.min(-1) for found in rates]))

    def oriented(self, table: np.ndarray, low: int, high: int) -> np.ndarray:
        """Rate of group ``high`` minus that of ``low``, (...); below 0 the direction has turned."""
        found = self.group_rates(table)
        return np.asarray(found[..., high] - found[..., low])


def _ratio(rates: np.ndarray) -> np.ndarray:
    low, high = rates.min(-1), rates.max(-1)
    return np.where(high > 0, low / np.where(high > 0, high, 1), np.nan)


def _accuracy(table: np.ndarray) -> np.ndarray:
    return _share(table[..., 0, 0] + table[..., 1, 1], table.sum((-2, -1)), 1)


def _balanced_accuracy(table: np.ndarray) -> np.ndarray:
    per_label = [_share(table[..., y, y], table[..., y, :].sum(-1), 1) for y in (0, 1)]
    return np.asarray(np.mean(per_label, 0))


SELECTION, TPR, FPR = (selection_rate,), (true_positive_rate,), (false_positive_rate,)
_BUILTIN = (
    Overall("accuracy", "Accuracy", "Accuracy", of=_accuracy),
    Overall("balanced_accuracy", "Balanced accuracy", "Balanced accuracy", of=_balanced_accuracy),
    Ratio("R_DP", "Demographic parity (R_DP)", "R_DP · ratio of yes-rates", axis=True, rates=SELECTION),
    Ratio("R_EOp", "Equal opportunity (R_EOp)", "R_EOp · ratio of true positive rates", axis=True, rates=TPR),
    Ratio("R_DP_other", "Demographic parity, the other label called favourable",
          "R_DP, other label called favourable", axis=True, rates=SELECTION, other=True),
    Ratio("R_EOp_other", "Equal opportunity, the other label called favourable",
          "R_EOp, other label called favourable", rates=TPR, other=True),
    Ratio("R_PP", "Predictive parity (ratio of precisions)", "Ratio of precisions", axis=True, rates=(precision,)),
    Ratio("eo_ratio", "Equalized odds (the smaller ratio)", "Smaller ratio of true and false positive rates",
          rates=TPR + FPR),
    Difference("dp_difference", "Demographic parity difference", "Gap in yes-rates, points", axis=True,
               rates=SELECTION),
    Difference("eop_difference", "Equal opportunity difference", "Gap in true positive rates, points", axis=True,
               rates=TPR),
    Difference("eo_difference", "Equalized odds difference", "Larger gap in true and false positive rates, points",
               rates=TPR + FPR),
    Difference("accuracy_gap", "Accuracy difference", "Gap in accuracy, points", rates=(group_accuracy,)),
)  # fmt: skip
#: Every metric by name; another package's is an entry point that names a ``Metric``.
METRICS: Registry[Metric] = Registry("fairviz.metrics", {metric.name: metric for metric in _BUILTIN})


def axes() -> tuple[str, ...]:
    """Metrics that the trade-off chart offers, in order: those that compare groups."""
    return tuple(name for name, metric in METRICS.items() if metric.axis and isinstance(metric, Between))


def between(name: str) -> Ratio | Difference:
    """A metric that compares groups, by name."""
    metric = METRICS[name]
    assert isinstance(metric, (Ratio, Difference)), name
    return metric


def metrics(counts: Counts) -> dict[str, np.ndarray]:
    """Every metric per domain, (M,)."""
    return {name: metric(counts.table) for name, metric in METRICS.items()}


def mean_over_domains(values: np.ndarray) -> tuple[float, int]:
    """Mean over estimable domains, and how many those are; (NaN, 0) if none is."""
    estimable = np.isfinite(values)
    return (float(values[estimable].mean()) if estimable.any() else float("nan")), int(estimable.sum())
