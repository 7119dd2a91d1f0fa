"""Rebuild the shipped fits and recorded sweep of a data set: ``fairviz pretrain --dataset NAME``.

Fits and cells go to the user's store first, so a broken-off run goes on where it stopped; then the fits and one
table of counts are published in ``pretrained/``.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd

from fairviz.checks import check_count
from fairviz.controls import CONTROLS, LAMBDA_Y_GRID
from fairviz.data.dataset import ALL_DOMAINS, DomainDataset
from fairviz.data.sources import DATASETS, load_dataset
from fairviz.dual import GAPS
from fairviz.library import CELL, FIT, SWEEP, FitSpec, Library, pretrained_dir, versions
from fairviz.store import ResultStore
from fairviz.sweep import recorded_grid, run_sweep
from fairviz.synthesizers import FADM

QUICK = {"n_iter": 60}
ORDER = ["target", "train", "control", "lambda_y", "lambda_z", "classifier", "seed"]


def _fit(spec_json: dict, root: Path, shipped: Path) -> str:
    """Worker: make a fit unless the library has it."""
    spec = FitSpec.from_json(spec_json)
    Library(root, shipped).fit(spec)
    return spec.target


def pretrain(
    dataset_name: str, out: Path | None = None, *, seeds: int = 5, n_jobs: int = 2, quick: bool = False
) -> Iterator[tuple[str, int, int, str]]:
    """Fit every held-out domain and all domains, sweep, publish; yields (phase, done, total, note).

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
    check_count("jobs", n_jobs, 1, 64)
    dataset = load_dataset(dataset_name)
    params: dict[str, Any] = QUICK if quick else {}
    targets = list(dataset.domains)
    specs = {target: FitSpec.of(dataset, target, **params) for target in [*targets, ALL_DOMAINS]}
    library = Library()
    with ProcessPoolExecutor(n_jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_fit, s.to_json(), library.store.root, library.shipped.root) for s in specs.values()]
        for done, future in enumerate(as_completed(futures), 1):
            yield "fits", done, len(futures), future.result()
    equal = equality({target: library.fit(specs[target]) for target in targets})
    ends = {control: max(by_target.values(), default=0.0) for control, by_target in equal.items()}
    strengths = recorded_strengths(dataset_name)
    cells = recorded_grid(targets, range(1 if quick else seeds), ends, 500 if quick else 10_000, strengths)
    if quick:
        few = {"entropy": 1.0, **{control: CONTROLS[control].stops(end)[1] for control, end in ends.items()}}
        cells = [cell for cell in cells if cell.lambda_z in (0.0, few[cell.control]) and cell.lambda_y == 1.0]
    fresh = sum(not library.store.path(CELL, cell.spec(specs[cell.target])).exists() for cell in cells)
    records: list[dict] = []
    begun = time.monotonic()
    for done, total, new in run_sweep(specs, cells, library, n_jobs=n_jobs):
        records += new
        yield "sweep", done, total, ""
    table = pd.DataFrame(records).sort_values(ORDER, ignore_index=True)
    # a resumed run computes part of the cells only, so say how many the seconds are for
    made: dict[str, Any] = {"cells_computed": fresh, "seconds": round(time.monotonic() - begun), "workers": n_jobs}
    made |= versions()
    _publish(ResultStore(out or pretrained_dir()), dataset, specs, library, table, {"equality": equal}, made)
    yield "published", len(cells), len(cells), ""


def recorded_strengths(dataset: str) -> tuple[float, ...]:
    """Values of lambda_y that are recorded: where rows are made on the spot any other is computed there and then."""
    return LAMBDA_Y_GRID if DATASETS[dataset].files is not None else (1.0,)


def equality(fits: Mapping[str, FADM]) -> dict[str, dict[str, float]]:
    """For "dp" and "eop", the price of equality of every target's fit; where there is no price, it is left out."""
    return {
        control: {t: fit.end_of_dial(control) for t, fit in fits.items() if control not in fit.price_.why_not}
        for control in GAPS
    }


def sweep_spec(dataset: DomainDataset, specs: dict[str, FitSpec], table: pd.DataFrame) -> dict:
    """The key of a recorded sweep: the fits, and which settings were tested."""
    return {
        "dataset": {"name": dataset.name, "options": {}, "fingerprint": dataset.fingerprint()},
        "params": next(iter(specs.values())).params,
        "grid": {c: sorted(table[c].unique().tolist()) for c in ("control", "lambda_y", "lambda_z", "seed", "n")},
    }


def facts(dataset: DomainDataset) -> dict:
    """What a page needs to know of a data set whose rows are not at hand: roles, groups and counts."""
    counts = pd.DataFrame({"domain": dataset.d, "group": dataset.z, "label": dataset.y}).value_counts().sort_index()
    rows = [
        {"domain": dataset.domains[d], "group": dataset.groups[k], "label": int(y), "n": int(n)}
        for (d, k, y), n in counts.items()
    ]
    return {
        "schema": dataset.schema.to_json(),
        "groups": list(dataset.groups),
        "labels": list(dataset.labels),
        "domains": list(dataset.domains),
        "counts": rows,
    }


def _publish(
    store: ResultStore,
    dataset: DomainDataset,
    specs: dict[str, FitSpec],
    library: Library,
    table: pd.DataFrame,
    more: dict,
    made: dict,
) -> None:
    """Copy the fits and write the sweep; entries of the same data set that are no longer made are removed."""
    keep = set()
    for spec in specs.values():
        entry = library.get(FIT, spec.to_json())
        assert entry is not None, "fitted a moment ago"
        payload = {"json_files": {"fit.json": entry.json("fit.json")}, "arrays": entry.arrays()}
        store.publish(FIT, spec.to_json(), **payload, made=entry.made)
        keep.add(store.path(FIT, spec.to_json()))
    spec_json, known = sweep_spec(dataset, specs, table), {**facts(dataset), **more}
    frontier = DATASETS[dataset.name].frontier
    if frontier is not None:
        known["bayes_frontier"] = frontier()
    store.publish(SWEEP, spec_json, json_files={"facts.json": known}, tables={"cells.csv": table}, made=made)
    keep.add(store.path(SWEEP, spec_json))
    for kind in (FIT, SWEEP):
        for entry in store.entries(kind):
            if entry.spec["dataset"]["name"] == dataset.name and entry.path not in keep:
                shutil.rmtree(entry.path)
