"""What ``fairviz frontier`` and ``fairviz table1`` run, and how their results are published."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fairviz.checks import check_count
from fairviz.comparison.methods import METHODS, Setting
from fairviz.comparison.results import Results
from fairviz.comparison.trials import ITERATIONS, TRIAL, Trial, run, spent
from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import _names
from fairviz.data.sources import load_dataset
from fairviz.errors import SettingError
from fairviz.evaluation.metrics import METRICS
from fairviz.library import Library, made_from, pretrained_dir, versions
from fairviz.pretrain import facts
from fairviz.store import Entry, ResultStore, key_of

FRONTIER, TABLE = "frontier", "table1"
#: Domains held out where there are too many for a laptop: the largest, the smallest and three between.
HELD_OUT = {"acsincome": ("HI", "NC", "NJ", "SD", "UT")}
IN_FULL = ("adult",)
TABLE_METHODS = ("vae", "gan", "ddpm", "fairgan", "balanced", "fadm_entropy", "fadm_dp", "fadm_eop", "fadm_both")
#: Points of accuracy that a setting may lose on validation domains against the method's most accurate one.
BUDGET = 0.01
RULE = (
    "the setting with the largest mean of R_DP (both readings) and R_EOp among those that lose at most one point of "
    "accuracy, both measured on the source's domains, each left out of the training in turn"
)


@dataclass(frozen=True)
class Plan:
    """How much to run.

    ``quick`` is for seeing the command work: few rows, few iterations, two domains, one seed. Adult is run in full;
    the other data sets with every second position of the dials, half the rows and ten steps.
    """

    dataset: str
    methods: tuple[str, ...] = tuple(METHODS)
    classifiers: tuple[str, ...] = ("gradient_boosting",)
    seeds: int = 5
    quick: bool = False

    def __post_init__(self) -> None:
        check_count("seeds", self.seeds, 1, 100)
        unknown = [m for m in self.methods if m not in METHODS]
        if unknown:
            raise SettingError(f"No method {unknown[0]!r}. Choose among {_names(list(METHODS), 40)}.")

    def targets(self, dataset: DomainDataset) -> list[str]:
        """Domains held out."""
        chosen = list(HELD_OUT.get(self.dataset, dataset.domains))
        return chosen[:2] if self.quick else chosen

    @property
    def about(self) -> dict[str, Any]:
        """Rows, steps and iterations of every trial."""
        if self.quick:
            return {"n": 2000, "n_steps": 10, "n_iter": 200}
        about = {"n_iter": ITERATIONS.get(self.dataset, 0)}
        return about if self.dataset in IN_FULL else {**about, "n": 10_000, "n_steps": 10}

    @property
    def level(self) -> str:
        """Which positions of the dials."""
        return "quick" if self.quick else "full" if self.dataset in IN_FULL else "light"

    @property
    def tested(self) -> range:
        """Seeds."""
        return range(1 if self.quick else self.seeds)

    def trials(self, dataset: DomainDataset) -> list[Trial]:
        """Every method at every setting on every target with every seed."""
        found = {
            self._trial(name, setting, target, classifier, seed): None
            for target in self.targets(dataset)
            for seed in self.tested
            for classifier in self.classifiers
            for name in self.methods
            for setting in METHODS[name].positions(self.level)
        }
        return list(found)

    def _trial(self, name: str, setting: Setting, target: str, classifier: str, seed: int, **more: Any) -> Trial:
        about = {**self.about, **more}
        if METHODS[name].rival:
            about["n_iter"] = 0
        return Trial.of(name, setting, target, classifier, seed, **about)

    def inner(self, dataset: DomainDataset, methods: Sequence[str]) -> list[Trial]:
        """Trials inside the source, from which settings are chosen: one seed, fewer rows."""
        targets = self.targets(dataset)
        rows = {"n": 1000, "n_steps": 10} if self.quick else {"n": 10_000, "n_steps": 10}
        return [
            self._trial(name, setting, validation, self.classifiers[0], 0, without=target, **rows)
            for target in targets
            for validation in dataset.domains
            if validation != target
            for name in methods
            if len(METHODS[name].positions(self.level)) > 1
            for setting in METHODS[name].positions(self.level)
        ]


def frontier(plan: Plan, out: Path | None = None, *, n_jobs: int = 2) -> Iterator[tuple[str, int, int, str]]:
    """Run every method's dial on every held-out domain and publish the table; yields (phase, done, total, note)."""
    check_count("jobs", n_jobs, 1, 64)
    dataset, library = load_dataset(plan.dataset), Library()
    trials = plan.trials(dataset)
    rows, made = yield from _run(dataset, trials, library, n_jobs)
    made |= spent(dataset, trials, library)
    _publish(FRONTIER, plan, dataset, trials, {"trials.csv": rows}, {}, made, out)
    yield "published", len(trials), len(trials), ""


def table1(plan: Plan, out: Path | None = None, *, n_jobs: int = 2) -> Iterator[tuple[str, int, int, str]]:
    """Choose every method's setting inside the source, test it on the target, publish; yields as :func:`frontier`."""
    check_count("jobs", n_jobs, 1, 64)
    dataset, library = load_dataset(plan.dataset), Library()
    methods = [m for m in TABLE_METHODS if m in plan.methods]
    inner = plan.inner(dataset, methods)
    inner_rows, made_inner = yield from _run(dataset, inner, library, n_jobs)
    chosen = choose(plan, dataset, inner_rows, methods)
    trials = [
        plan._trial(name, setting, target, plan.classifiers[0], seed)
        for (name, target), setting in chosen.items()
        for seed in plan.tested
    ]
    trials += [
        plan._trial(name, {}, target, plan.classifiers[0], seed)
        for name in ("untouched", "constant")
        for target in plan.targets(dataset)
        for seed in plan.tested
    ]
    rows, made = yield from _run(dataset, trials, library, n_jobs)
    made |= {k: made[k] + made_inner[k] for k in ("seconds", "trials_computed")}
    made |= spent(dataset, [*inner, *trials], library)
    chosen_json = [{"method": m, "target": t, "setting": s} for (m, t), s in chosen.items()]
    tables = {"trials.csv": rows, "inner.csv": inner_rows}
    _publish(TABLE, plan, dataset, trials, tables, {"chosen": chosen_json, "rule": RULE}, made, out)
    yield "published", len(trials), len(trials), ""


def choose(
    plan: Plan, dataset: DomainDataset, inner: pd.DataFrame, methods: Sequence[str]
) -> dict[tuple[str, str], Setting]:
    """The setting of every method for every target, by :data:`RULE`; the target's rows play no part."""
    chosen: dict[tuple[str, str], Setting] = {}
    for name in methods:
        positions = METHODS[name].positions(plan.level)
        for target in plan.targets(dataset):
            if len(positions) == 1:
                chosen[name, target] = positions[0]
                continue
            mine = inner[(inner["method"] == name) & (inner["without"] == target)]
            scores = []
            for setting in positions:
                rows = mine[mine["setting"] == json.dumps(setting, sort_keys=True)]
                scores.append(_score(Results(rows, dataset.groups)))
            accuracy, fairness = np.array(scores).T
            fairness = np.where(
                accuracy >= np.nanmax(accuracy) - BUDGET - 1e-9, np.nan_to_num(fairness, nan=-1.0), -2.0
            )
            chosen[name, target] = positions[int(fairness.argmax())]
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


def _run(
    dataset: DomainDataset, trials: Sequence[Trial], library: Library, n_jobs: int
) -> Generator[tuple[str, int, int, str], None, tuple[pd.DataFrame, dict]]:
    """Run trials, passing progress on; returns their table and what a manifest should say."""
    fresh = sum(not library.store.path(TRIAL, t.spec(dataset)).exists() for t in trials)
    records: list[dict] = []
    begun = time.monotonic()
    for phase, done, total, new in run(dataset, trials, library, n_jobs=n_jobs):
        records += new
        yield phase, done, total, ""
    made = {"trials_computed": fresh, "seconds": round(time.monotonic() - begun), "workers": n_jobs}
    columns = ["method", "setting", "classifier", "target", "without", "seed"]
    return pd.DataFrame(records, columns=None if records else columns).sort_values(columns, ignore_index=True), made


def published(store: ResultStore, kind: str, fingerprint: str, quick: bool) -> list[Entry]:
    """A store's comparisons of the data set with this fingerprint; quick ones and others are kept side by side."""
    return [e for e in store.entries(kind) if made_from(e) == fingerprint and e.spec["quick"] == quick]


def _runs(store: ResultStore, kind: str, dataset: DomainDataset, quick: bool, made: dict) -> list[dict]:
    """What the runs computed that a published table is made of: a run that computes everything starts the list anew."""
    this = {name: made[name] for name in ("trials_computed", "seconds", "workers")}
    earlier = [e.made for e in published(store, kind, dataset.fingerprint(), quick)]
    if made["trials_computed"] == made["trials"] or not earlier:
        return [this]
    return [*(earlier[0].get("runs") or [{name: earlier[0][name] for name in this}]), this]


def _publish(
    kind: str,
    plan: Plan,
    dataset: DomainDataset,
    trials: Sequence[Trial],
    tables: dict[str, pd.DataFrame],
    more: dict,
    made: dict,
    out: Path | None,
) -> None:
    """Write the result as one entry; an older one of the same data set goes (a quick one only for a quick one)."""
    store = ResultStore(out or pretrained_dir())
    keys = sorted(key_of(trial.spec(dataset)) for trial in trials)
    spec = {
        "dataset": {"name": dataset.name, "options": {}, "fingerprint": dataset.fingerprint()},
        "targets": plan.targets(dataset),
        "methods": list(plan.methods),
        "classifiers": list(plan.classifiers),
        "seeds": list(plan.tested),
        "quick": plan.quick,
        "trials": key_of({"keys": keys}),
    }
    known = {**facts(dataset), **more}
    made = {**made, "runs": _runs(store, kind, dataset, plan.quick, made), **versions()}
    store.publish(kind, spec, json_files={"facts.json": known}, tables=tables, made=made)
    for entry in store.entries(kind):
        same = entry.spec["dataset"]["name"] == dataset.name and entry.spec["quick"] == plan.quick
        if same and entry.path != store.path(kind, spec):
            shutil.rmtree(entry.path)
