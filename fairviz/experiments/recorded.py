"""The recorded sweep that the dial stops at, and the fits that ship: ``fairviz pretrain --dataset NAME``.

Two dials are recorded: of soft labels on fits of the best training, which ship, and of the networks' labels on fits
that are meta-trained, as in the paper; whose labels are asked for says which of the two a page shows. Fits and trials
go to the user's store first, so a broken-off run goes on where it stopped; then the fits and one table of counts are
published in ``pretrained/``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fairviz.checks import check_count
from fairviz.controls import CONTROLS
from fairviz.controls.dials import BEST, BOOSTED, NETWORK, SOLVERS_OF
from fairviz.data import ALL_DOMAINS
from fairviz.data.dataset import DomainDataset
from fairviz.data.sets import DATASETS
from fairviz.data.sources import load_dataset
from fairviz.dual import GAPS
from fairviz.errors import SettingError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.evaluation.tradeoff import CONSTANT, REAL, Sweep
from fairviz.experiments.methods import MOST_REAL, POOLED
from fairviz.experiments.publish import facts, runs, take
from fairviz.experiments.runner import Progress, make_fits, tabulate
from fairviz.experiments.trial import Trial
from fairviz.experiments.where import Where
from fairviz.settings import Setting
from fairviz.store import ResultStore
from fairviz.store.library import Library, pretrained_dir
from fairviz.store.specs import FIT, SWEEP, FitSpec, made_from, versions
from fairviz.synthesizers.hyper import META

#: Rows and score evaluations of every recorded trial: what a page draws while somebody waits.
N_ROWS, N_STEPS = 10_000, 10
QUICK = {"n_iter": 60}


def recorded_trial(
    target: str, classifier: str, seed: int, setting: Setting, *, method: str = "fadm", n: int = N_ROWS
) -> Trial:
    """A trial as the recorded sweep has them."""
    return Trial.of(method, setting, target, classifier, seed, n=n, n_steps=N_STEPS)


def dial_trial(
    target: str, classifier: str, seed: int, setting: Setting, labels: str, *, preset: str = META, n: int = N_ROWS
) -> Trial:
    """A trial of the dial at a setting: guided rows with the networks' labels, or soft rows of the best posterior.

    Parameters
    ----------
    labels : str
        ``network`` or ``boosted``.
    preset : str
        The fit's training.
    """
    method = "fadm"
    if labels != NETWORK:
        method, setting = POOLED[method], {**setting, "labels": labels, "solver": SOLVERS_OF[labels]}
    return recorded_trial(target, classifier, seed, {**setting, "preset": preset}, method=method, n=n)


def sweep_of(trials: pd.DataFrame, groups: Sequence[str], labels: str, *, whole: bool) -> Sweep | None:
    """The dial of recorded trials, of the networks' labels or of soft ones; None if it was not turned.

    Parameters
    ----------
    whole : bool
        The trials are a sweep. Of a comparison's, those count that a dial of one price shows: label guidance as in the
        data, and for the networks' labels the default training.
    """
    method = "fadm" if labels == NETWORK else POOLED["fadm"]
    told = {text: json.loads(text) for text in trials["setting"].unique()}
    own = [text for text, about in told.items() if about.get("labels", NETWORK) == labels]
    if labels == NETWORK:
        own = [text for text in own if "preset" not in told[text]]
    mine = (trials["method"] == method) & trials["setting"].isin(own)
    if not mine.any():
        return None
    found = Sweep.of(trials[mine | trials["method"].isin((REAL, CONSTANT))], groups, method)
    return found if whole else found.select(lambda_y=1.0, lambda_eop=0.0)


def recorded_grid(
    targets: Sequence[str],
    seeds: Sequence[int],
    ends: Mapping[str, float],
    n: int = N_ROWS,
    strengths: Sequence[float] = (1.0,),
    n_real: int = MOST_REAL,
) -> list[Trial]:
    """The shipped sweep: controls x lambda_z x lambda_y x targets x classifiers x seeds, and the baselines.

    With the networks' labels at every label strength; with soft labels, which it does not move, at 1.

    Parameters
    ----------
    ends : mapping
        Where the dials of controls end: the largest price of equality among the fits.
    n, n_real : int
        Synthetic rows, and real rows at most, that a model learns from.
    strengths : sequence of float
        Values of lambda_y.
    """
    settings = [
        (labels, preset, {"control": name, "lambda_y": strength, "lambda_z": price})
        for labels, preset, turned in ((BOOSTED, BEST["preset"], (1.0,)), (NETWORK, META, strengths))
        for name, control in CONTROLS.items()
        if labels in control.recorded
        for strength in turned
        for price in control.stops(ends.get(name, 0.0))
    ]
    found = {
        dial_trial(target, classifier, seed, setting, labels, preset=preset, n=n): None
        for target in targets
        for labels, preset, setting in settings
        for seed in seeds
        for classifier in CLASSIFIERS
    }
    for target in targets:
        for seed in seeds:
            for classifier in CLASSIFIERS:
                found[recorded_trial(target, classifier, seed, {}, method="unmitigated", n=n_real)] = None
        found[recorded_trial(target, next(iter(CLASSIFIERS)), 0, {}, method="constant", n=n_real)] = None
    return list(found)


def pretrain(
    dataset_name: str, out: Path | None = None, *, seeds: int = 5, where: Where | None = None, quick: bool = False,
    extend: bool = False,
) -> Generator[Progress, None, None]:  # fmt: skip
    """Fit every held-out domain and all domains, sweep, publish; yields progress.

    Parameters
    ----------
    out : Path, optional
        Store to publish in; the project's ``pretrained/`` by default.
    seeds : int
        Sampling seeds of every setting, 3 or more for a spread.
    quick : bool
        60 iterations, 500 rows and one seed, to see the command work.
    extend : bool
        Trials of the sweep that is published there are taken from it, and only what it lacks is computed.
    """
    check_count("seeds", seeds, 1, 100)
    where = where or Where(n_jobs=2)
    dataset, library = load_dataset(dataset_name), Library()
    n_iter = QUICK["n_iter"] if quick else 0
    params = {**DATASETS[dataset_name].training, **(QUICK if quick else {})}
    if extend:
        take(SWEEP, dataset, library, out, quick=quick)
    targets = list(dataset.domains)
    specs = {target: FitSpec.of(dataset, target, **params) for target in [*targets, ALL_DOMAINS]}
    for step in make_fits(dataset, list(specs.values()), library, where):
        yield step.phase, step.done, step.total, ""
    equal = equality({target: library.fit(specs[target]) for target in targets})
    ends = {control: max(by_target.values(), default=0.0) for control, by_target in equal.items()}
    rows = (500, (1.0,), 500) if quick else (N_ROWS, DATASETS[dataset_name].strengths)
    trials = recorded_grid(targets, range(1 if quick else seeds), ends, *rows)
    if quick:
        first = {name: CONTROLS[name].stops(ends.get(name, 0.0))[1] for name in CONTROLS}
        trials = [
            _with_iterations(trial, n_iter)
            for trial in trials
            if trial.position.get("lambda_z", 0.0) in (0.0, first.get(trial.position.get("control", "")))
        ]
    table, made = yield from tabulate(dataset, trials, library, where, paired=True)
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
    about = {**made, "trials": len(table), **versions()}
    about["runs"] = runs(store, SWEEP, dataset, False, about)
    store.publish(SWEEP, spec_json, json_files={"facts.json": known}, tables={"trials.csv": table}, made=about)
    keep.add(store.path(SWEEP, spec_json))
    for kind in (FIT, SWEEP):
        for entry in store.entries(kind):
            if made_from(entry) == dataset.fingerprint() and entry.path not in keep:
                shutil.rmtree(entry.path)
