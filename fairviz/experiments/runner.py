"""The one runner of trials: in process, in local workers, or on an existing Dask cluster.

Tasks are one flat layer with one thread each; results land in the store, not in the scheduler, so a run that was cut
off goes on where it stopped. Order, backend, number of workers and of threads change no number.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.data.shared import Shared, shared
from fairviz.errors import FairvizError, JobError, SettingError
from fairviz.experiments.bench import Bench
from fairviz.experiments.trial import Trial, failed, table_of
from fairviz.experiments.where import HERE, Where
from fairviz.experiments.workers import in_workers
from fairviz.store import key_of
from fairviz.store.fits import RunFolder
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FitSpec
from fairviz.store.trials import Row

#: Progress for a person: phase, done, total, note.
Progress = tuple[str, int, int, str]


@dataclass(frozen=True)
class Step:
    """Progress of a run: ``done`` of ``total`` in a phase, and what is new."""

    phase: str
    done: int
    total: int
    rows: list[Row] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """What a worker needs to find everything."""

    data: Shared
    root: Path
    shipped: Path
    options: Mapping[str, Any]
    run: RunFolder | None
    spec: dict[str, Any] | None
    paired: bool


@lru_cache(maxsize=2)
def _dataset(data: Shared) -> DomainDataset:
    return data.load()


@lru_cache(maxsize=4)
def _library(root: Path, shipped: Path) -> Library:
    """One for all tasks of a worker: it remembers the segments that it has read."""
    return Library(root, shipped)


def _bench(place: _Place) -> Bench:
    spec = None if place.spec is None else FitSpec.from_json(place.spec)
    return Bench(
        _dataset(place.data), _library(place.root, place.shipped), place.options, place.run, spec, place.paired
    )


def _fit_task(place: _Place, spec_json: dict[str, Any]) -> dict[str, str]:
    """Make a fit in a worker."""
    return _made(_bench(place), FitSpec.from_json(spec_json))


def _made(bench: Bench, spec: FitSpec) -> dict[str, str]:
    """Make a fit; if that cannot be done for a reason that is known, the reason by the fit's key."""
    try:
        bench.library.fit(spec, bench.dataset)
    except FairvizError as error:
        return {key_of(spec.to_json()): str(error)}
    return {}


def _trial_task(place: _Place, trials: Sequence[Trial]) -> tuple[list[Row], list[dict[str, Any]]]:
    """Carry out trials that share their fit; known errors become records, an unexpected one names its trial."""
    return carry_out(_bench(place), trials)


def carry_out(bench: Bench, trials: Sequence[Trial]) -> tuple[list[Row], list[dict[str, Any]]]:
    """Rows of trials, and records of those that cannot be carried out for a reason that is known.

    Raises
    ------
    JobError
        Something unexpected happened; says at which trial.
    """
    rows: list[Row] = []
    failures: list[dict[str, Any]] = []
    try:
        return bench.compute(trials), []
    except FairvizError:
        pass  # one by one, so that the others are kept
    except Exception as error:
        raise _unexpected(bench, trials, error) from error
    for trial in trials:
        try:
            rows += bench.compute([trial])
        except FairvizError as error:
            failures.append(failed(trial, error))
        except Exception as error:
            raise _unexpected(bench, [trial], error) from error
    return rows, failures


def _unexpected(bench: Bench, trials: Sequence[Trial], error: Exception) -> JobError:
    """The error of the first trial that has no row: those before it are stored."""
    keys = [bench.key(trial) for trial in trials]
    stored = bench.library.trials.get(keys)
    what = next((t for key, t in zip(keys, trials, strict=True) if key not in stored), trials[-1])
    about = f"{what.method} at {what.setting} on {what.target!r}, seed {what.seed}"
    return JobError(f"The trial {about} ended unexpectedly: {type(error).__name__}: {error}")


def run(
    dataset: DomainDataset,
    trials: Sequence[Trial],
    library: Library,
    where: Where = HERE,
    *,
    options: Mapping[str, Any] | None = None,
    spec: FitSpec | None = None,
    folder: RunFolder | None = None,
    paired: bool = False,
) -> Iterator[Step]:
    """Make the fits, then carry out the trials. What is stored already is only read.

    Parameters
    ----------
    options : mapping, optional
        Options with which a registered data set was read.
    spec : FitSpec, optional
        The fit to take, where it is not the default one.
    folder : RunFolder, optional
        The run folder that every fit is taken from, instead of the library.
    paired : bool
        See ``Bench.paired``.

    Raises
    ------
    JobError
        Something unexpected happened, or workers died again and again.
    """
    bench = Bench(dataset, library, dict(options or {}), folder, spec, paired)
    keys = {bench.key(trial): trial for trial in trials}
    stored = bench.stored(list(keys.values()))
    yield Step("trials", len(stored), len(keys), list(stored.values()))
    waiting = [trial for key, trial in keys.items() if key not in stored]
    if not waiting:
        return
    with _place_of(bench, where) as place:
        fits = [] if folder is not None or spec is not None else _missing_fits(bench, waiting)
        broken: dict[str, str] = {}
        for done, reason in enumerate(_fits(bench, place, where, fits), 1):
            broken |= reason
            yield Step("fits", done, len(fits))
        lost = [failed(t, broken[k]) for t in waiting if (k := bench.fit_key(t)) in broken]
        done = len(stored) + len(lost)
        if lost:
            yield Step("trials", done, len(keys), [], lost)
        tasks = _tasks([trial for trial in waiting if bench.fit_key(trial) not in broken])
        for rows, failures in _carried_out(bench, place, where, tasks):
            done += len(rows) + len(failures)
            yield Step("trials", done, len(keys), rows, failures)
    library.trials.merge()


def tabulate(
    dataset: DomainDataset, trials: Sequence[Trial], library: Library, where: Where = HERE, **how: Any
) -> Generator[Progress, None, tuple[pd.DataFrame, dict[str, Any]]]:
    """:func:`run`, passing progress on; returns the sorted table, and what a manifest should say of the run."""
    rows: list[Row] = []
    failures: list[dict[str, Any]] = []
    begun, stored = time.monotonic(), 0
    for k, step in enumerate(run(dataset, trials, library, where, **how)):
        rows += step.rows
        failures += step.failures
        stored = step.done if k == 0 else stored  # a resumed run computes part of the trials only
        yield step.phase, step.done, step.total, f"{len(failures)} failed" if failures else ""
    made: dict[str, Any] = {
        "trials_computed": len(rows) - stored, "seconds": round(time.monotonic() - begun), "workers": where.n_jobs,
    }  # fmt: skip
    if failures:
        made["failures"] = failures
    table = table_of(rows)
    columns = ["method", "setting", "classifier", "target", "without", "seed"]
    return table.sort_values(columns, ignore_index=True) if len(table) else table, made


def make_fits(dataset: DomainDataset, specs: Sequence[FitSpec], library: Library, where: Where) -> Iterator[Step]:
    """Make the fits that are not stored yet.

    Raises
    ------
    SettingError
        One of them cannot be made.
    JobError
        As :func:`run`.
    """
    missing = [spec for spec in specs if library.get(FIT, spec.to_json()) is None]
    bench = Bench(dataset, library)
    with _place_of(bench, where) as place:
        for done, reason in enumerate(_fits(bench, place, where, missing), 1):
            for why in reason.values():
                raise SettingError(why)
            yield Step("fits", done, len(missing))


@contextmanager
def _place_of(bench: Bench, where: Where) -> Iterator[_Place | None]:
    """What workers need while the block lasts; None where this process does the work."""
    if where.backend == "local" and where.n_jobs == 1:
        yield None
        return
    root, spec = bench.library.store.root, bench.spec
    with shared(bench.dataset, bench.options, root) as data:
        told = None if spec is None else spec.to_json()
        yield _Place(data, root, bench.library.shipped.root, dict(bench.options), bench.run, told, bench.paired)


def _missing_fits(bench: Bench, trials: Sequence[Trial]) -> list[FitSpec]:
    specs = {key_of(s.to_json()): s for t in trials if (s := bench.fit_spec(t)) is not None}
    return [s for s in specs.values() if bench.library.get(FIT, s.to_json()) is None]


def _tasks(trials: Sequence[Trial]) -> list[list[Trial]]:
    """Trials that share a fit or a downstream task, together; in an order in which drawn rows are shared too.

    On real rows a method's seeds stay together, since most of its work is the same for all of them.
    """
    groups: dict[tuple[Any, ...], list[Trial]] = {}
    for trial in sorted(trials, key=lambda t: (t.target, t.without, t.seed, t.method, t.setting, t.classifier)):
        what = trial.what
        shared = (what.synthesizer, trial.seed) if what.synthesizer else (what.name, trial.classifier)
        groups.setdefault((trial.target, trial.without, *shared), []).append(trial)
    return list(groups.values())


def _fits(bench: Bench, place: _Place | None, where: Where, specs: Sequence[FitSpec]) -> Iterator[dict[str, str]]:
    """Fits made, as they come: of each, why it could not be, by its key."""
    if place is None:
        yield from (_made(bench, spec) for spec in specs)
    else:
        yield from in_workers([(_fit_task, (place, spec.to_json())) for spec in specs], where)


def _carried_out(
    bench: Bench, place: _Place | None, where: Where, tasks: Sequence[Sequence[Trial]]
) -> Iterator[tuple[list[Row], list[dict[str, Any]]]]:
    """Rows and failures of tasks, as they come."""
    if place is None:
        yield from (carry_out(bench, task) for task in tasks)
    else:
        yield from in_workers([(_trial_task, (place, task)) for task in tasks], where)
