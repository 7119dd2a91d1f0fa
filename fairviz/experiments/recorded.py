"""The recorded sweep that the dial stops at, and the fits that ship: ``fairviz pretrain --dataset NAME``.

Fits and trials go to the user's store first, so a broken-off run goes on where it stopped; then the fits and one table
of counts are published in ``pretrained/``.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fairviz.checks import check_count
from fairviz.controls import CONTROLS
from fairviz.data import ALL_DOMAINS
from fairviz.data.dataset import DomainDataset
from fairviz.data.sets import DATASETS
from fairviz.data.sources import load_dataset
from fairviz.dual import GAPS
from fairviz.errors import SettingError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.experiments.publish import facts
from fairviz.experiments.runner import Progress, make_fits, tabulate
from fairviz.experiments.trial import Trial
from fairviz.experiments.where import Where
from fairviz.settings import Setting
from fairviz.store import ResultStore
from fairviz.store.library import Library, pretrained_dir
from fairviz.store.specs import FIT, SWEEP, FitSpec, made_from, versions

#: Rows and score evaluations of every recorded trial: what a page draws while somebody waits.
N_ROWS, N_STEPS = 10_000, 10
QUICK = {"n_iter": 60}


def recorded_trial(
    target: str, classifier: str, seed: int, setting: Setting, *, method: str = "fadm", n: int = N_ROWS
) -> Trial:
    """A trial as the recorded sweep has them."""
    return Trial.of(method, setting, target, classifier, seed, n=n, n_steps=N_STEPS)


def recorded_grid(
    targets: Sequence[str],
    seeds: Sequence[int],
    ends: Mapping[str, float],
    n: int = N_ROWS,
    strengths: Sequence[float] = (1.0,),
) -> list[Trial]:
    """The shipped sweep: recorded controls x lambda_z x lambda_y x targets x classifiers x seeds, and the baselines.

    Parameters
    ----------
    ends : mapping
        Where the dials of controls end: the largest price of equality among the fits.
    strengths : sequence of float
        Values of lambda_y.
    """
    settings = [
        {"control": name, "lambda_y": strength, "lambda_z": price}
        for name, control in CONTROLS.items()
        if control.recorded
        for strength in strengths
        for price in control.stops(ends.get(name, 0.0))
    ]
    found = {
        recorded_trial(target, classifier, seed, setting, n=n): None
        for target in targets
        for seed in seeds
        for classifier in CLASSIFIERS
        for setting in settings
    }
    for target in targets:
        for seed in seeds:
            for classifier in CLASSIFIERS:
                found[recorded_trial(target, classifier, seed, {}, method="unmitigated", n=n)] = None
        found[recorded_trial(target, next(iter(CLASSIFIERS)), 0, {}, method="constant", n=n)] = None
    return list(found)


def pretrain(
    dataset_name: str, out: Path | None = None, *, seeds: int = 5, where: Where | None = None, quick: bool = False
) -> Generator[Progress, None, None]:
    """Fit every held-out domain and all domains, sweep, publish; yields progress.

    Parameters
    ----------
    out : Path, optional
        Store to publish in; the project's ``pretrained/`` by default.
    seeds : int
        Sampling seeds of every setting, 3 or more for a spread.
    quick : bool
        60 iterations, 500 rows and one seed, to see the command work.
    """
    check_count("seeds", seeds, 1, 100)
    where = where or Where(n_jobs=2)
    dataset, library = load_dataset(dataset_name), Library()
    n_iter = QUICK["n_iter"] if quick else 0
    params: dict[str, Any] = QUICK if quick else {}
    targets = list(dataset.domains)
    specs = {target: FitSpec.of(dataset, target, **params) for target in [*targets, ALL_DOMAINS]}
    for step in make_fits(dataset, list(specs.values()), library, where):
        yield step.phase, step.done, step.total, ""
    equal = equality({target: library.fit(specs[target]) for target in targets})
    ends = {control: max(by_target.values(), default=0.0) for control, by_target in equal.items()}
    strengths = (1.0,) if quick else DATASETS[dataset_name].strengths
    trials = recorded_grid(targets, range(1 if quick else seeds), ends, 500 if quick else N_ROWS, strengths)
    if quick:
        first = {name: CONTROLS[name].stops(ends.get(name, 0.0))[1] for name in CONTROLS}
        trials = [
            _with_iterations(trial, n_iter)
            for trial in trials
            if trial.position.get("lambda_z", 0.0) in (0.0, first.get(trial.position.get("control", "")))
        ]
    table, made = yield from tabulate(dataset, trials, library, where)
    if "failures" in made:
        raise SettingError(made["failures"][0]["error"])
    _publish(ResultStore(out or pretrained_dir()), dataset, specs, library, table, {"equality": equal}, made)
    yield "published", len(trials), len(trials), ""


def _with_iterations(trial: Trial, n_iter: int) -> Trial:
    return Trial(**{**trial.__dict__, "n_iter": n_iter if trial.what.synthesizer else 0})


def equality(fits: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """For "dp" and "eop", the price of equality of every target's fit; where there is no price, it is left out."""
    return {gap: {t: fit.end_of_dial(gap) for t, fit in fits.items() if gap not in fit.price_.why_not} for gap in GAPS}


def _publish(
    store: ResultStore,
    dataset: DomainDataset,
    specs: dict[str, FitSpec],
    library: Library,
    table: pd.DataFrame,
    more: dict[str, Any],
    made: dict[str, Any],
) -> None:
    """Copy the fits and write the sweep; entries of the same data set that are no longer made are removed."""
    keep = set()
    for spec in specs.values():
        entry = library.get(FIT, spec.to_json())
        assert entry is not None, "fitted a moment ago"
        payload = {"json_files": {"fit.json": entry.json("fit.json")}, "arrays": entry.arrays()}
        store.publish(FIT, spec.to_json(), **payload, made=entry.made)
        keep.add(store.path(FIT, spec.to_json()))
    table = table.sort_values(["target", "method", "setting", "classifier", "seed"], ignore_index=True)
    spec_json = {
        "dataset": {"name": dataset.name, "options": {}, "fingerprint": dataset.fingerprint()},
        "params": next(iter(specs.values())).params,
        "grid": {c: sorted(table[c].unique().tolist()) for c in ("method", "setting", "seed", "n")},
    }
    known = {**facts(dataset), **more}
    frontier = DATASETS[dataset.name].frontier
    if frontier is not None:
        known["bayes_frontier"] = frontier()
    about = {**made, **versions()}
    store.publish(SWEEP, spec_json, json_files={"facts.json": known}, tables={"trials.csv": table}, made=about)
    keep.add(store.path(SWEEP, spec_json))
    for kind in (FIT, SWEEP):
        for entry in store.entries(kind):
            if made_from(entry) == dataset.fingerprint() and entry.path not in keep:
                shutil.rmtree(entry.path)
