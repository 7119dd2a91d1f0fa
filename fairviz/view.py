"""What Explore shows for one setting, from recorded or fresh counts. Frames and numbers; no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import METRICS, mean_over_domains
from fairviz.evaluation.tradeoff import FAIRNESS, Sweep, domain_rows, function_of, headline


@dataclass(frozen=True)
class View:
    """Everything on the page for one setting.

    Attributes
    ----------
    now, before : Counts
        At the setting, and at lambda_z = 0, one entry per held-out domain (averaged over seeds).
    head, head_before : dict
        ``tradeoff.headline`` of both.
    path, seeds, references, constant : DataFrame
        Inputs of ``charts.tradeoff``.
    domains : list of dict
        ``tradeoff.domain_rows`` of ``now``.
    """

    now: Counts
    before: Counts
    head: dict[str, float]
    head_before: dict[str, float]
    path: pd.DataFrame
    seeds: pd.DataFrame
    references: pd.DataFrame
    constant: pd.DataFrame
    domains: list[dict]


def mean_point(counts: Counts, metric: str, label: str) -> dict:
    """Means over domains: ``accuracy, fairness, label``."""
    return {
        "accuracy": float(METRICS["accuracy"](counts.table).mean()),
        "fairness": mean_over_domains(function_of(metric)(counts.table))[0],
        "label": label,
    }


@dataclass(frozen=True)
class Background:
    """What stays while only the price moves: the path, and what is compared with.

    Attributes
    ----------
    setting : Sweep or None
        All prices of one control; None for live numbers.
    """

    metric: str
    before: Counts
    head_before: dict[str, float]
    path: pd.DataFrame
    references: pd.DataFrame
    constant: pd.DataFrame
    setting: Sweep | None = None

    def view(self, now: Counts, seeds: pd.DataFrame) -> View:
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
        )

    def at(self, lambda_z: float) -> View:
        """The view of a recorded price."""
        assert self.setting is not None
        here = self.setting.select(lambda_z=lambda_z)
        return self.view(here.counts(), here.by_seed(self.metric))


def background(
    before: Counts, real: Counts, constant: Counts, path: pd.DataFrame, metric: str, setting: Sweep | None = None
) -> Background:
    """Put a background together from counts."""
    references = pd.DataFrame([mean_point(real, metric, "real rows")])
    line = pd.DataFrame([{**mean_point(constant, metric, "always the same answer"), "lambda_z": 0.0}])
    return Background(metric, before, headline(before, metric), path, references, line, setting)


def recorded_background(
    sweep: Sweep, *, control: str, lambda_y: float, classifier: str, domains: Sequence[str], metric: str
) -> Background:
    """The background of a recorded control, label strength and classifier."""
    setting = sweep.setting(control, lambda_y, classifier, domains)
    return background(
        setting.select(lambda_z=0.0).counts(),
        sweep.real(classifier, domains).counts(),
        sweep.constant(domains).counts(),
        setting.path(metric),
        metric,
        setting,
    )


def now_frame(view: View, lambda_z: float) -> pd.DataFrame:
    """The present point with its intervals, for ``charts.tradeoff``."""
    keys = [f"{axis}{end}" for axis in ("accuracy", "fairness") for end in ("", "_low", "_high")]
    return pd.DataFrame([{**{k: view.head[k] for k in keys}, "lambda_z": lambda_z, "label": f"λ_z = {lambda_z:g}"}])


def dumbbell_frame(view: View, metric: str) -> pd.DataFrame:
    """Per domain: before, now, interval, reason, for ``charts.dumbbell``; largest domain first."""
    from fairviz.evaluation.intervals import interval
    from fairviz.evaluation.metrics import why_not_estimable

    function = function_of(metric)
    before, now = function(view.before.table), function(view.now.table)
    low, high = interval(view.now, function)
    sizes = view.now.table.sum((-3, -2, -1))
    rows = []
    for m, domain in enumerate(view.now.domains):
        why = why_not_estimable(view.now.table[m], view.now.groups, metric)
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


def counts_table(view: View, favourable: str) -> pd.DataFrame:
    """Counts per domain and group, in words."""
    rows = [
        {
            "held-out domain": row["domain"],
            "group": group["group"],
            "people": group["n"],
            f"truly {favourable}": group["n_positive"],
            f"predicted {favourable}": group["predicted"],
            "of the truly, found": group["found"],
        }
        for row in view.domains
        for group in row["groups"]
    ]
    return pd.DataFrame(rows)


def axis_title(metric: str) -> tuple[str, bool]:
    """Title of a fairness metric and whether more is fairer."""
    return FAIRNESS[metric]
