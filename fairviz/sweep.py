"""Grids of settings: sample, train downstream, test, keep the counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from fairviz.controls import CONTROLS, LAMBDA_Y_GRID
from fairviz.data.dataset import ALL_DOMAINS, DomainDataset
from fairviz.errors import FairvizError, SettingError, StoreError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.evaluation.protocol import constant_predictor, evaluate, real_data_model
from fairviz.evaluation.tradeoff import columns_of
from fairviz.library import CELL, FIT, FitSpec, Library, load_fit, versions
from fairviz.store import Entry, key_of, read_entry

REAL, CONSTANT, SYNTHETIC = "real", "constant", "synthetic"


@dataclass(frozen=True)
class Run:
    """A run folder: what it claims to be (its spec) is somebody's word, so its numbers are kept under its content.

    Attributes
    ----------
    path : Path
    digest : str
        SHA-256 over its files.
    """

    path: Path
    digest: str

    @classmethod
    def open(cls, path: Path) -> tuple[Run, Entry]:
        """A verified run folder and its entry.

        Raises
        ------
        StoreError
            Not a finished, undamaged fit.
        """
        entry = read_entry(path)
        if entry.kind != FIT:
            raise StoreError(f"{path} holds a {entry.kind}, not a fit. Name the folder of a fit.")
        digests = {name: hashlib.sha256((path / name).read_bytes()).hexdigest() for name in entry.files}
        return cls(path.resolve(), key_of(digests)), entry

    def fit(self) -> Any:
        """The fit in it.

        Raises
        ------
        StoreError
            The folder is no longer what it was when it was opened.
        """
        now, entry = Run.open(self.path)
        if now.digest != self.digest:
            raise StoreError(f"{self.path} has changed since the sweep began. Start the sweep again.")
        return load_fit(entry)


@dataclass(frozen=True)
class Cell:
    """One setting tested once; the whole of it, with the fit's spec, is the key.

    ``train`` is ``synthetic`` (rows from the fit), ``real`` (as many real source rows) or ``constant``.
    The seed is that of the noise, of the draw of real rows and of the downstream classifier; the same seed means
    the same noise at every setting (common random numbers).
    """

    target: str
    classifier: str
    seed: int
    control: str = "dp"
    lambda_y: float = 1.0
    lambda_z: float = 0.0
    lambda_eop: float = 0.0
    n: int = 10_000
    n_steps: int = 10
    solver: str = "sde_dpmpp_2m"
    train: str = SYNTHETIC

    def sample_settings(self) -> dict[str, Any]:
        """Keywords of ``FADM.sample``."""
        return {
            "n": self.n,
            "control": self.control,
            "lambda_y": self.lambda_y,
            "lambda_z": self.lambda_z,
            "lambda_eop": self.lambda_eop,
            "n_steps": self.n_steps,
            "solver": self.solver,
            "random_state": self.seed,
        }

    def spec(self, fit: FitSpec, run: Run | None = None) -> dict:
        """The key under which the cell is stored; with a run folder, what is in it is part of the key."""
        spec = {"fit": key_of(fit.to_json()), **asdict(self)}
        if any(CONTROLS[self.control].prices(self.lambda_z, self.lambda_eop)):
            spec["price"] = "dual"  # what an earlier version stored paid for reversal too, and must not answer
        return spec if run is None else {**spec, "run": run.digest}


def recorded_grid(
    targets: Sequence[str],
    seeds: Sequence[int],
    ends: Mapping[str, float],
    n: int = 10_000,
    strengths: Sequence[float] = LAMBDA_Y_GRID,
) -> list[Cell]:
    """The shipped sweep: three controls x lambda_z x lambda_y x targets x classifiers x seeds, and the baselines.

    ``lambda_z = 0`` is the same rows under every control, so it is tested once, under ``dp``.

    Parameters
    ----------
    ends : mapping
        Where the dials of "dp" and "eop" end: the largest price of equality among the fits.
    strengths : sequence of float
        Values of lambda_y.
    """
    cells = []
    for target in targets:
        for seed in seeds:
            for classifier in CLASSIFIERS:
                cells.append(Cell(target, classifier, seed, n=n, train=REAL))
                for control in (name for name, what in CONTROLS.items() if what.recorded):
                    for lambda_y in strengths:
                        cells += [
                            Cell(target, classifier, seed, control, lambda_y, lambda_z, n=n)
                            for lambda_z in CONTROLS[control].stops(ends.get(control, 0.0))
                            if lambda_z > 0 or control == "dp"
                        ]
        cells.append(Cell(target, next(iter(CLASSIFIERS)), 0, n=n, train=CONSTANT))
    return cells


#: Rows handed to a worker process at its start, for data sets that are not registered.
_given: DomainDataset | None = None


def _start(dataset: DomainDataset | None) -> None:
    global _given
    _given = dataset


@lru_cache(maxsize=2)
def _rows(name: str, options: tuple, fingerprint: str, target: str) -> tuple[DomainDataset, DomainDataset]:
    dataset = _given
    if dataset is None or dataset.fingerprint() != fingerprint:
        dataset = FitSpec(name, fingerprint, target, dict(options)).load_rows()
    if target == ALL_DOMAINS:
        raise SettingError("The fit for 'all' holds no domain out, so it has no target to be tested on.")
    return dataset.leave_out(target)


def compute(
    spec: FitSpec,
    cells: Sequence[Cell],
    library: Library,
    dataset: DomainDataset | None = None,
    run: Run | None = None,
) -> list[Counts]:
    """Counts for cells that share their synthetic rows (they differ in the classifier only).

    Found in the library, or computed and stored there.

    Parameters
    ----------
    run : Run, optional
        Where the fit is; without it, the library's own fit of ``spec``.

    Raises
    ------
    SettingError
        The library has no such fit.
    """
    entries = [library.get(CELL, cell.spec(spec, run)) for cell in cells]
    missing = [cell for cell, entry in zip(cells, entries, strict=True) if entry is None]
    fresh: dict[Cell, Counts] = {}
    if missing:
        if dataset is not None:
            source, target = dataset.leave_out(spec.target)
        else:
            source, target = _rows(spec.dataset, tuple(spec.options.items()), spec.fingerprint, spec.target)
        rows = None
        if missing[0].train == SYNTHETIC:
            rows = _fit_of(spec, library, dataset, run).sample(**missing[0].sample_settings())
        for cell in missing:
            if cell.train == CONSTANT:
                counts = constant_predictor(source, target)
            elif cell.train == REAL:
                counts = real_data_model(source, target, classifier=cell.classifier, n=cell.n, seed=cell.seed)
            else:
                assert rows is not None
                counts = evaluate(rows, target, classifier=cell.classifier, seed=cell.seed)
            fresh[cell] = counts
            results = {"result.json": counts.to_json()}
            library.store.put(CELL, cell.spec(spec, run), json_files=results, made=versions())
    return [
        fresh[cell] if entry is None else Counts.from_json(entry.json())
        for cell, entry in zip(cells, entries, strict=True)
    ]


def _fit_of(spec: FitSpec, library: Library, dataset: DomainDataset | None, run: Run | None) -> Any:
    if run is not None:
        return run.fit()
    if library.get(FIT, spec.to_json()) is None:
        raise SettingError(f"There is no fit of {spec.dataset} for target {spec.target!r} yet. Make it first.")
    return library.fit(spec, dataset)


def _group(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells that share their rows, together."""
    groups: dict[tuple, list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.target, cell.train, *cell.sample_settings().values()), []).append(cell)
    return list(groups.values())


def _work(spec_json: dict, cells: list[Cell], root: Path, shipped: Path, run: Run | None) -> list[dict]:
    counts = compute(FitSpec.from_json(spec_json), cells, Library(root, shipped), run=run)
    return [record(cell, c) for cell, c in zip(cells, counts, strict=True)]


def record(cell: Cell, counts: Counts) -> dict:
    """One row of a sweep's table: the setting and its counts."""
    return {**asdict(cell), "target": counts.domains[0], **columns_of(counts)}


def run_sweep(
    specs: dict[str, FitSpec],
    cells: Sequence[Cell],
    library: Library,
    *,
    n_jobs: int = 1,
    dataset: DomainDataset | None = None,
    run: Run | None = None,
) -> Iterator[tuple[int, int, list[dict]]]:
    """Run cells in worker processes; yields (cells done, cells in all, new records).

    Order and number of workers change no number. A cell that is stored already is only read.

    Parameters
    ----------
    specs : dict
        The fit of every target.
    dataset : DomainDataset, optional
        The rows, where they are not those of a registered data set.
    run : Run, optional
        The run folder that every fit is taken from, instead of the library.
    """
    groups, done = _group(cells), 0
    jobs = [(specs[g[0].target].to_json(), g, library.store.root, library.shipped.root, run) for g in groups]
    if n_jobs == 1:
        _start(dataset)
        for job in jobs:
            records = _work(*job)
            done += len(records)
            yield done, len(cells), records
        return
    with ProcessPoolExecutor(n_jobs, get_context("spawn"), _start, (dataset,)) as pool:
        futures = [pool.submit(_work, *job) for job in jobs]
        try:
            for future in as_completed(futures):
                records = future.result()
                done += len(records)
                yield done, len(cells), records
        except (FairvizError, GeneratorExit, KeyboardInterrupt):
            pool.shutdown(cancel_futures=True)
            raise
