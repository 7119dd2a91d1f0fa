"""What each method gives where nobody looked: its setting is chosen on the other held-out domains, and then tested.

A front shows the best that could be picked after the test. Who uses a method picks before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fairviz.evaluation.metrics import METRICS
from fairviz.evaluation.tradeoff import runs_of
from fairviz.experiments.results import CONSTANT, MEANS, TRIVIAL, UNMITIGATED, Results
from fairviz.settings import MITIGATION, REFERENCE, text_of
from fairviz.text import listing

#: Accuracy that a setting may lose against the method's own best.
BUDGET = 0.01
#: Families that are named at most as not told apart from the most equal one.
NAMED = 3
RULE = (
    "For each held-out domain a method's setting is the one with the largest mean of {metric} over the other domains "
    "among those that lose at most one point there against the method's own best {standard}; tests on the domain "
    "itself are not looked at. (Models tested on the other domains were trained on people of this one too.)"
)
#: What being right is measured by, and where accuracy says little.
ACCURACY, BALANCED = "accuracy", "balanced_accuracy"


def chosen_elsewhere(results: Results, metric: str, points: pd.DataFrame) -> pd.DataFrame:
    """A row per family, best equality first: what its setting gives that was chosen on the other domains.

    Columns: ``family, kind, needs_group``; ``standard``, what being right is measured by: accuracy, or balanced
    accuracy where that says little (:func:`of_little_use`); the means of :data:`MEANS` and of the standard with
    ``_low`` and ``_high``, those of all people together (``all_<standard>``, ``all_<metric>``); ``usual``, the method
    and setting that were chosen for most domains; and, by held-out domain, ``settings`` in words and ``by_domain``:
    the standard (as ``right``) and the metric there, with ``_low`` and ``_high``. No rows where one domain alone was
    held out, for there is no other to choose on.

    Parameters
    ----------
    results : Results
        Of one downstream model.
    metric : str
        The ratio that settings are chosen for.
    points : DataFrame
        ``results.points()``.
    """
    if results.rows["target"].nunique() < 2:
        return pd.DataFrame()
    standard = BALANCED if of_little_use(points) else ACCURACY
    by_position = dict(iter(results.rows.groupby(["method", "setting"])))
    several = points.groupby("family")["title"].nunique() > 1
    wording = {(p["method"], p["setting"]): _worded(p, several[p["family"]]) for p in points.to_dict("records")}
    start = {(UNMITIGATED, text_of({}))} & by_position.keys()
    rows = []
    for family, part in points.groupby("family", sort=False):
        places = dict.fromkeys(zip(part["method"], part["setting"], strict=True))
        if part["kind"].iloc[0] == MITIGATION or family == results.family(TRIVIAL):
            places |= dict.fromkeys(start)
        found = _settings({place: by_position[place] for place in places}, results.groups, metric, standard)
        tests = {target: by_position[place] for target, place in found.items()}
        picked = pd.concat([tested[tested["target"] == target] for target, tested in tests.items()])
        runs = runs_of(picked, results.groups)
        row: dict[str, Any] = {
            "family": family, "kind": part["kind"].iloc[0], "needs_group": bool(part["needs_group"].any()),
            "settings": {target: wording[place] for target, place in found.items()}, "standard": standard,
            "usual": max(found.values(), key=list(found.values()).count),
        }  # fmt: skip
        for name in dict.fromkeys((*MEANS, standard)):
            row[name], row[f"{name}_low"], row[f"{name}_high"], _ = runs.mean_span(name)
        for name in (standard, metric):
            row[f"all_{name}"] = float(runs.pooled.value(METRICS[name])[0])
        single = {
            f"{name}{end}": values
            for name, of in (("right", standard), (metric, metric))
            for end, values in zip(("", "_low", "_high"), runs.span(of), strict=True)
        }
        row["by_domain"] = {d: {name: float(v[k]) for name, v in single.items()} for k, d in enumerate(runs.domains)}
        rows.append(row)
    return pd.DataFrame(rows).sort_values([metric, standard], ascending=False, ignore_index=True)


def _worded(point: dict[Any, Any], several: bool) -> str:
    """A setting in words, with its dial's name where its family has ``several``: 1.25 may be a share or a price."""
    dial = str(point["title"]).removeprefix(str(point["family"])).strip(" ,")
    return f"{dial}, {point['wording']}" if several and dial else str(point["wording"])


def _settings(
    tested: dict[tuple[str, str], pd.DataFrame], groups: tuple[str, ...], metric: str, standard: str
) -> dict[str, tuple[str, str]]:
    """By held-out domain, the setting chosen on the others; those only that were tested on every domain."""
    values = {}
    for place, rows in tested.items():
        runs = runs_of(rows, groups)
        values[place] = runs.domains, runs.value(METRICS[standard]), runs.value(METRICS[metric])
    domains = max((found[0] for found in values.values()), key=len)
    places = [place for place, found in values.items() if found[0] == domains]
    accuracy, equality = (np.stack([values[place][k] for place in places]) for k in (1, 2))
    chosen = {}
    for d, domain in enumerate(domains):
        others = np.arange(len(domains)) != d
        right = accuracy[:, others].mean(1)
        known = np.isfinite(equality[:, others])
        equal = np.where(known.any(1), np.where(known, equality[:, others], 0).sum(1) / known.sum(1).clip(1), -1.0)
        allowed = np.flatnonzero(right >= right.max() - BUDGET - 1e-12)
        chosen[domain] = places[int(allowed[np.lexsort((right[allowed], equal[allowed]))[-1]])]
    return chosen


def most_equal(chosen: pd.DataFrame, unmitigated: str) -> str:
    """The family that is most equal among those that anybody could use and that lose at most :data:`BUDGET` against
    real rows without control, where these were tested; "" if there is none.
    """
    near = _near(chosen, unmitigated)
    return str(near["family"].iloc[0]) if len(near) else ""


def _near(chosen: pd.DataFrame, unmitigated: str) -> pd.DataFrame:
    """Rows of what anybody could use and that loses at most :data:`BUDGET` against real rows without control."""
    usable = chosen[(chosen["kind"] != REFERENCE) & ~chosen["needs_group"]] if len(chosen) else chosen
    if not len(usable):
        return usable
    standard = usable["standard"].iloc[0]
    real = chosen.loc[chosen["family"] == unmitigated, standard]
    return usable[usable[standard] >= real.iloc[0] - BUDGET - 1e-12] if len(real) else usable


def headline(chosen: pd.DataFrame, ours: str, unmitigated: str, metric: str) -> str:
    """What a person should take home: the most equal method that loses little, the product, and doing nothing; or "".

    Parameters
    ----------
    chosen : DataFrame
        See :func:`chosen_elsewhere`.
    ours, unmitigated : str
        Families.
    metric : str
        The ratio that settings were chosen for.
    """
    near = _near(chosen, unmitigated)
    best = str(near["family"].iloc[0]) if len(near) else ""
    rows = {row["family"]: row for row in chosen.to_dict("records")} if len(chosen) else {}
    told = [rows[family] for family in dict.fromkeys((best, ours, unmitigated)) if family in rows]
    if not told or not (best or ours in rows):
        return ""
    standard = told[0]["standard"]

    def said(row: dict[str, Any]) -> str:
        equal = "not estimable" if np.isnan(row[metric]) else f"{row[metric]:.2f}"
        pooled = float(row.get(f"all_{metric}", np.nan))
        whole = "" if np.isnan(pooled) else f" (all people together {pooled:.2f})"
        return f"{row['family']} {100 * row[standard]:.1f} % and {equal}{whole}"

    lead = f"the most equal within a point of real rows is {said(told[0])}" if best else said(told[0])
    if best:
        alike = near[(near["family"] != best) & (near[f"{metric}_high"] >= rows[best][metric])]["family"].tolist()
        if alike:
            lead += f", not told apart by intervals from {listing(alike, NAMED)}"
    return (
        f"Chosen without the held-out domain, {METRICS[standard].title.lower()} and {metric}, means over domains: "
        f"{'; '.join([lead, *(said(row) for row in told[1:])])}. Intervals are in the table below."
    )


def of_little_use(points: pd.DataFrame) -> str:
    """A sentence where always giving the same answer is right more often than most methods; else ""."""
    constant = points.loc[points["dial"] == CONSTANT, "accuracy"]
    best = points[points["dial"] != CONSTANT].groupby("family")["accuracy"].max()
    if not len(constant) or not len(best) or (best > constant.iloc[0]).mean() > 0.5:
        return ""
    below = int((best <= constant.iloc[0]).sum())
    return (
        f"Always the same answer is right for {1000 * constant.iloc[0]:.0f} of 1,000, more often than {below} of "
        f"{len(best)} methods at any setting: accuracy says little about them on these people, so settings are chosen "
        "and methods compared by balanced accuracy, the mean of the shares of either label that are found."
    )
