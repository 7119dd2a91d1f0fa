"""What Explore shows for one setting, from recorded or fresh counts. Frames and numbers; no Streamlit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from fairviz.evaluation import tradeoff
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS, MIN_ROWS, Ratio, between
from fairviz.evaluation.people import Share
from fairviz.evaluation.runs import Runs
from fairviz.evaluation.tradeoff import Sweep, domain_rows, headline
from fairviz.telling.effect import Effect

#: Frames of a view, and their columns.
FRAMES = {
    "path": ("lambda_z", "accuracy", "fairness"),
    "seeds": ("accuracy", "fairness"),
    "references": ("accuracy", "fairness", "label"),
    "constant": ("accuracy", "fairness", "label"),
}


@dataclass(frozen=True)
class View:
    """Everything on the page for one setting.

    Attributes
    ----------
    now, before : Runs
        At the setting, and at lambda_z = 0, one entry per held-out domain.
    head, head_before : dict
        ``tradeoff.headline`` of both.
    path, seeds, references, constant : DataFrame
        Inputs of ``charts.tradeoff``.
    domains : list of dict
        ``tradeoff.domain_rows`` of ``now``.
    both : tuple of ndarray
        Of every run of ``now``: people told yes with the price and without it; see ``people.cost``.
    metric : str
        The fairness metric of ``head``, ``path`` and the others.
    """

    now: Runs
    before: Runs
    head: dict[str, float]
    head_before: dict[str, float]
    path: pd.DataFrame
    seeds: pd.DataFrame
    references: pd.DataFrame
    constant: pd.DataFrame
    domains: list[dict[str, Any]]
    both: tuple[np.ndarray, ...]
    metric: str

    @cached_property
    def effect(self) -> Effect:
        """What the setting does to all people shown."""
        return Effect.of(self.now, self.before, self.both, self.metric)

    def to_json(self) -> dict[str, Any]:
        """Counts and frames as a plain dictionary; see :meth:`from_json`."""
        frames = {
            name: json.loads(getattr(self, name).to_json(orient="records", double_precision=12)) for name in FRAMES
        }
        both = [np.where(np.isfinite(part), part, -1).astype(int).tolist() for part in self.both]
        runs = {name: [part.to_json() for part in getattr(self, name).parts] for name in ("now", "before")}
        return {**runs, **frames, "both": both, "metric": self.metric}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> View:
        """Inverse of :meth:`to_json`.

        Raises
        ------
        KeyError, TypeError, ValueError, AssertionError
            It is not what :meth:`to_json` gave.
        """
        metric = str(state["metric"])
        between(metric)
        now, before = (Runs(tuple(Counts.from_json(part) for part in state[name])) for name in ("now", "before"))
        known = {name: pd.DataFrame(state[name], columns=columns) for name, columns in FRAMES.items()}
        for frame in known.values():
            for name in set(frame) - {"label"}:
                frame[name] = pd.to_numeric(frame[name])
        both = tuple(np.where(np.array(part) < 0, np.nan, np.array(part, float)) for part in state["both"])
        shape = now.parts[0].table.shape[:-1]
        assert before.parts[0].table.shape == now.parts[0].table.shape, "two different sets of people"
        assert all(part.shape == shape for part in both), "pairs of other people"
        behind = Background(
            metric, before, headline(before, metric), known["path"], known["references"], known["constant"]
        )
        return behind.view(now, known["seeds"], both)


def mean_point(runs: Runs, metric: str, label: str) -> dict[str, Any]:
    """Means over domains: ``accuracy, fairness, label``."""
    return {**tradeoff.mean_point(runs, metric), "label": label}


@dataclass(frozen=True)
class Background:
    """What stays while only the price moves: the path, and what is compared with.

    Attributes
    ----------
    setting : Sweep or None
        All prices of one control; None for live numbers.
    """

    metric: str
    before: Runs
    head_before: dict[str, float]
    path: pd.DataFrame
    references: pd.DataFrame
    constant: pd.DataFrame
    setting: Sweep | None = None

    def view(self, now: Runs, seeds: pd.DataFrame, both: tuple[np.ndarray, ...] = ()) -> View:
        """The view of one setting in front of this background."""
        return View(
            now,
            self.before,
            headline(now, self.metric),
            self.head_before,
            self.path,
            seeds,
            self.references,
            self.constant,
            domain_rows(now),
            both,
            self.metric,
        )

    def at(self, price: float | Mapping[str, float]) -> View:
        """The view of a recorded price, or of one for each held-out domain."""
        assert self.setting is not None
        here = self.setting.at_prices(price) if isinstance(price, Mapping) else self.setting.select(lambda_z=price)
        return self.view(here.runs(), here.by_seed(self.metric), here.both())


def background(
    before: Runs, real: Runs, constant: Runs, path: pd.DataFrame, metric: str, setting: Sweep | None = None
) -> Background:
    """Put a background together."""
    references = pd.DataFrame([mean_point(real, metric, "real rows")])
    line = pd.DataFrame([{**mean_point(constant, metric, "always the same answer"), "lambda_z": 0.0}])
    return Background(metric, before, headline(before, metric), path, references, line, setting)


def recorded_background(
    sweep: Sweep, *, control: str, lambda_y: float, classifier: str, domains: Sequence[str], metric: str
) -> Background:
    """The background of a recorded control, label strength and classifier."""
    setting = sweep.setting(control, lambda_y, classifier, domains)
    return background(
        setting.select(lambda_z=0.0).runs(),
        sweep.real(classifier, domains).runs(),
        sweep.constant(domains).runs(),
        setting.path(metric),
        metric,
        setting,
    )


def now_frame(view: View, lambda_z: float, text: str | None = None) -> pd.DataFrame:
    """The present point with its intervals, for ``charts.tradeoff``."""
    label = f"λ_z = {text or format(lambda_z, 'g')}"
    keys = [f"{axis}{end}" for axis in ("accuracy", "fairness") for end in ("", "_low", "_high")]
    return pd.DataFrame([{**{k: view.head[k] for k in keys}, "lambda_z": lambda_z, "label": label}])


def direction(view: View, metric: str) -> tuple[int, int] | None:
    """(lower, higher) group without control over all people pooled, by index; None with more than two groups."""
    if len(view.before.groups) != 2:
        return None
    found = view.before.pooled.value(between(metric).group_rates)[0]
    return (0, 1) if found[0] <= found[1] else (1, 0)


def across(view: View, nouns: Mapping[str, str], otherwise: str) -> str:
    """What is compared between the groups of a domain: ``women ÷ men``; with more than two groups ``otherwise``."""
    pair, what = direction(view, view.metric), METRICS[view.metric]
    if pair is None:
        return otherwise
    low, high = (nouns.get(view.now.groups[k], view.now.groups[k]) for k in pair)
    return f"{low} ÷ {high}" if isinstance(what, Ratio) else f"{high} − {low}, points"


def in_words(metric: str) -> str:
    """A metric's short title without its letters: ``Ratio of yes-rates``."""
    return METRICS[metric].short.split(" · ")[-1].capitalize()


def dumbbell_frame(view: View, metric: str) -> pd.DataFrame:
    """Per domain: before, now, interval, reason, for ``charts.dumbbell``; largest domain first.

    With two groups the direction is kept (see ``Ratio.oriented``), so that an overshoot shows.
    """
    pair = direction(view, metric)
    what = between(metric)
    function = what if pair is None else partial(what.oriented, low=pair[0], high=pair[1])
    before = view.before.value(function)
    now, low, high = view.now.span(metric) if pair is None else view.now.free_span(function, what.open_limits)
    counts = view.now.counts
    sizes = counts.table.sum((-3, -2, -1))
    rows = []
    for m, domain in enumerate(counts.domains):
        why = METRICS[metric].why_not(view.now.table[m], counts.groups)
        if why is None and np.isnan(now[m]) and pair is not None:
            why = f"nobody of {counts.groups[pair[1]]} gets it"  # the chart's quotient has no end; min / max is 0
        rows.append(
            {
                "domain": f"{domain} (n={int(sizes[m]):,})",
                "n": int(sizes[m]),
                "before": before[m],
                "now": now[m],
                "low": low[m],
                "high": high[m],
                "reason": f"not estimable: {why}" if why else "",
            }
        )
    return pd.DataFrame(rows).sort_values("n", ascending=False, ignore_index=True)


def whom_frame(now: Sequence[Share], before: Sequence[Share], nouns: Mapping[str, str]) -> pd.DataFrame:
    """Shares of every group as ``charts.whom`` draws them, in percent."""
    return pd.DataFrame(
        {
            "group": nouns.get(one.group, one.group),
            "people": one.people,
            "before": 100 * was.value,
            "now": 100 * one.value,
            "low": 100 * one.low,
            "high": 100 * one.high,
            "reason": f"fewer than {MIN_ROWS} such people" if one.people < MIN_ROWS else "",
        }
        for one, was in zip(now, before, strict=True)
    )


def counts_table(view: View, favourable: str, nouns: Mapping[str, str]) -> pd.DataFrame:
    """Counts per domain and group, in words; what was predicted is a mean over runs, to a tenth of a person."""
    one = len(view.now.parts) == 1
    rows = [
        {
            "held-out domain": row["domain"],
            "group": nouns.get(group["group"], group["group"]),
            "people": group["n"],
            f"predicted {favourable}": round(group["predicted"]) if one else round(group["predicted"], 1),
            f"truly {favourable}": group["n_positive"],
            "of those, found": round(group["found"]) if one else round(group["found"], 1),
        }
        for row in view.domains
        for group in row["groups"]
    ]
    return pd.DataFrame(rows)
