"""What ``fairviz frontier`` and ``fairviz table1`` run."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.data.sources import load_dataset
from fairviz.errors import SettingError
from fairviz.evaluation.metrics import METRICS
from fairviz.experiments.bench import Bench, spent
from fairviz.experiments.methods import Line, line_named
from fairviz.experiments.plan import Plan
from fairviz.experiments.publish import publish, take
from fairviz.experiments.results import CONSTANT, UNMITIGATED, Results
from fairviz.experiments.runner import Progress, tabulate
from fairviz.settings import Setting, text_of
from fairviz.store.library import Library
from fairviz.store.specs import FRONTIER, TABLE

#: Generators that the paper compares, FADM's controls, and rivals on real rows.
TABLE_DIALS = (
    "vae", "gan", "ddpm", "fairgan", "balanced", "fadm_entropy", "fadm_dp", "fadm_eop", "fadm_both", "fadm_soft_dp",
    "fadm_soft_eop", "fadm_soft_both", "fadm_soft_independence", "reweighing", "tilted_dp", "grid_search",
)  # fmt: skip
#: Points of accuracy that a setting may lose on validation domains against the dial's most accurate one.
BUDGET = 0.01
RULE = (
    "the setting with the largest mean of R_DP (both readings) and R_EOp among those that lose at most one point of "
    "accuracy, both measured on the source's domains, each left out of the training in turn"
)


def frontier(plan: Plan, out: Path | None = None, *, extend: bool = False) -> Generator[Progress, None, None]:
    """Carry out every dial on every held-out domain and publish the table; yields progress.

    Parameters
    ----------
    extend : bool
        Trials of the table that is published there are taken from it, and only what it lacks is computed.
    """
    dataset, library = load_dataset(plan.dataset), Library()
    trials = plan.trials(dataset)
    if extend:
        take(FRONTIER, dataset, library, out, quick=plan.quick)
    rows, made = yield from tabulate(dataset, trials, library, plan.where)
    made |= spent(Bench(dataset, library), trials)
    publish(FRONTIER, plan, dataset, plan.lines(), trials, {"trials.csv": rows}, {}, made, out)
    yield "published", len(trials), len(trials), ""


def table1(plan: Plan, out: Path | None = None, *, extend: bool = False) -> Generator[Progress, None, None]:
    """Choose every dial's setting inside the source, test it on the target, publish; yields progress.

    Parameters
    ----------
    extend : bool
        See :func:`frontier`.
    """
    dataset, library = load_dataset(plan.dataset), Library()
    if extend:
        take(TABLE, dataset, library, out, quick=plan.quick)
    compared = plan.lines(TABLE_DIALS)
    named = {line.dial.name for line in compared}
    references = [line_named(name) for name in (UNMITIGATED, CONSTANT) if name not in named]
    inner = plan.inner(dataset, compared)
    inner_rows, made_inner = yield from tabulate(dataset, inner, library, plan.where)
    chosen = choose(plan, dataset, inner_rows, compared)
    picked = [(line, target, chosen[line.dial.name, target]) for line in compared for target in plan.targets(dataset)]
    picked += [(line, target, {}) for line in references for target in plan.targets(dataset)]
    found = {
        plan.trial(line, setting, target, plan.classifiers[0], seed): None
        for line, target, setting in picked
        for seed in plan.tested
    }
    trials = list(found)
    rows, made = yield from tabulate(dataset, trials, library, plan.where)
    made |= {k: made[k] + made_inner[k] for k in ("seconds", "trials_computed")}
    made |= spent(Bench(dataset, library), [*inner, *trials])
    told = [{"dial": dial, "target": target, "setting": setting} for (dial, target), setting in chosen.items()]
    tables = {"trials.csv": rows, "inner.csv": inner_rows}
    more = {"chosen": told, "rule": RULE}
    publish(TABLE, plan, dataset, [*compared, *references], trials, tables, more, made, out)
    yield "published", len(trials), len(trials), ""


def choose(
    plan: Plan, dataset: DomainDataset, inner: pd.DataFrame, compared: Sequence[Line]
) -> dict[tuple[str, str], Setting]:
    """The setting of every dial (by name) for every target, by :data:`RULE`; the target's rows play no part."""
    chosen: dict[tuple[str, str], Setting] = {}
    for line in compared:
        positions = plan.offered(line)
        for target in plan.targets(dataset):
            if len(positions) == 1:
                chosen[line.dial.name, target] = positions[0]
                continue
            there = len(inner) and (inner["method"] == line.method.name) & (inner["without"] == target)
            mine = inner[there] if len(inner) else inner
            scores = []
            for setting in positions:
                rows = mine[mine["setting"] == text_of(setting)] if len(mine) else mine
                scores.append(_score(Results(rows, dataset.groups)) if len(rows) else (float("nan"),) * 2)
            accuracy, fairness = np.array(scores).T
            if np.isnan(accuracy).all():
                raise SettingError(
                    f"No position of {line.dial.name} could be tried inside the source without {target!r}. Leave it "
                    "out with --methods."
                )
            fairness = np.where(
                accuracy >= np.nanmax(accuracy) - BUDGET - 1e-9, np.nan_to_num(fairness, nan=-1.0), -2.0
            )
            chosen[line.dial.name, target] = positions[int(fairness.argmax())]
    return chosen


def _score(results: Results) -> tuple[float, float]:
    """Mean accuracy, and mean of the three ratios, over validation domains."""
    runs = results.runs()
    nobody = runs.table[..., 1].sum((1, 2)) == 0  # equal, but equally nothing: counts as 0
    ratios = []
    for metric in ("R_DP", "R_DP_other", "R_EOp"):
        value = runs.value(METRICS[metric])
        value = np.where(nobody & np.isnan(value), 0.0, value)
        ratios.append(float(np.nanmean(value)) if np.isfinite(value).any() else float("nan"))
    finite = [r for r in ratios if np.isfinite(r)]
    return float(runs.value(METRICS["accuracy"]).mean()), float(np.mean(finite)) if finite else float("nan")
