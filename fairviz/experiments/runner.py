"""The one runner of trials: in process, in local workers, or on an existing Dask cluster.

Tasks are one flat layer with one thread each; results land in the store, not in the scheduler, so a run that was cut
off goes on where it stopped. Order, backend, number of workers and of threads change no number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from fairviz.checks import check_count
from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import _shown
from fairviz.data.shared import Shared, shared
from fairviz.errors import FairvizError, JobError, SettingError
from fairviz.experiments.trial import Bench, Trial, failed
from fairviz.library import FIT, FitSpec, Library, Run
from fairviz.segments import Row
from fairviz.store import key_of

#: Times that a task is begun again after its worker died.
RETRIES = 2
BACKENDS = ("local", "dask")
#: Seconds to wait for a cluster's scheduler, and for its first worker.
GREETING_S, WORKERS_S = 10, 60


@dataclass(frozen=True)
class Where:
    """Where tasks are carried out.

    Attributes
    ----------
    backend : str
        ``local``: processes of this machine, or this process for one worker. ``dask``: an existing cluster.
    n_jobs : int
        Local workers.
    scheduler : str
        Address of the cluster's scheduler, such as ``tcp://10.0.0.1:8786``.
    """

    backend: str = "local"
    n_jobs: int = 1
    scheduler: str = ""

    def __post_init__(self) -> None:
        check_count("jobs", self.n_jobs, 1, 64)
        if self.backend not in BACKENDS:
            raise SettingError(f"No backend {self.backend!r}. Choose one of {', '.join(BACKENDS)}.")
        if (self.backend == "dask") != bool(self.scheduler):
            raise SettingError(
                "--backend dask needs --scheduler, the address of a cluster such as tcp://10.0.0.1:8786."
                if self.backend == "dask"
                else "--scheduler goes with --backend dask."
            )


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
    run: Run | None
    spec: dict | None


@lru_cache(maxsize=2)
def _dataset(data: Shared) -> DomainDataset:
    return data.load()


def _bench(place: _Place) -> Bench:
    spec = None if place.spec is None else FitSpec.from_json(place.spec)
    return Bench(_dataset(place.data), Library(place.root, place.shipped), place.options, place.run, spec)


def _fit_task(place: _Place, spec_json: dict) -> tuple[list[Row], list[dict]]:
    """Make a fit; a reason that is known is met again, and told, at its trials."""
    bench = _bench(place)
    with suppress(FairvizError):
        bench.library.fit(FitSpec.from_json(spec_json), bench.dataset)
    return [], []


def _trial_task(place: _Place, trials: Sequence[Trial]) -> tuple[list[Row], list[dict]]:
    """Carry out trials that share their fit; known errors become records, an unexpected one names its trial."""
    return carry_out(_bench(place), trials)


def carry_out(bench: Bench, trials: Sequence[Trial]) -> tuple[list[Row], list[dict]]:
    """Rows of trials, and records of those that cannot be carried out for a reason that is known.

    Raises
    ------
    JobError
        Something unexpected happened; says at which trial.
    """
    rows: list[Row] = []
    failures: list[dict] = []
    try:
        return bench.compute(trials), []
    except FairvizError:
        pass  # one by one, so that the others are kept
    except Exception as error:
        raise _unexpected(trials, error) from error
    for trial in trials:
        try:
            rows += bench.compute([trial])
        except FairvizError as error:
            failures.append(failed(trial, error))
        except Exception as error:
            raise _unexpected([trial], error) from error
    return rows, failures


def _unexpected(trials: Sequence[Trial], error: Exception) -> JobError:
    first = trials[0]
    about = f"{first.method} at {first.setting} on {first.target!r}, seed {first.seed}"
    among = f" or one of the {len(trials) - 1} after it" if len(trials) > 1 else ""
    return JobError(f"The trial {about}{among} ended unexpectedly: {type(error).__name__}: {error}")


def run(
    dataset: DomainDataset,
    trials: Sequence[Trial],
    library: Library,
    where: Where = Where(),
    *,
    options: Mapping[str, Any] | None = None,
    spec: FitSpec | None = None,
    folder: Run | None = None,
) -> Iterator[Step]:
    """Make the fits, then carry out the trials. What is stored already is only read.

    Parameters
    ----------
    options : mapping, optional
        Options with which a registered data set was read.
    spec : FitSpec, optional
        The fit to take, where it is not the default one.
    folder : Run, optional
        The run folder that every fit is taken from, instead of the library.

    Raises
    ------
    JobError
        Something unexpected happened, or workers died again and again.
    """
    bench = Bench(dataset, library, dict(options or {}), folder, spec)
    keys = {bench.key(trial): trial for trial in trials}
    stored = library.trials.get(keys)
    yield Step("trials", len(stored), len(keys), list(stored.values()))
    open_trials = [trial for key, trial in keys.items() if key not in stored]
    if not open_trials:
        return
    with ExitStack() as stack:
        if where.backend == "local" and where.n_jobs == 1:
            data = None
        else:
            data = stack.enter_context(shared(dataset, options or {}, library.store.root))
        place = None if data is None else _Place(
            data, library.store.root, library.shipped.root, dict(options or {}), folder,
            None if spec is None else spec.to_json(),
        )  # fmt: skip
        fits = [] if folder is not None or spec is not None else _missing_fits(bench, open_trials)
        for done, _ in enumerate(_all(bench, place, where, fits, []), 1):
            yield Step("fits", done, len(fits))
        done = len(stored)
        for rows, failures in _all(bench, place, where, [], _tasks(open_trials)):
            done += len(rows) + len(failures)
            yield Step("trials", done, len(keys), rows, failures)
    library.trials.merge()


def make_fits(dataset: DomainDataset, specs: Sequence[FitSpec], library: Library, where: Where) -> Iterator[Step]:
    """Make the fits that are not stored yet, as :func:`run` does."""
    missing = [spec for spec in specs if library.get(FIT, spec.to_json()) is None]
    bench = Bench(dataset, library)
    with ExitStack() as stack:
        place = None
        if where.backend == "dask" or where.n_jobs > 1:
            data = stack.enter_context(shared(dataset, {}, library.store.root))
            place = _Place(data, library.store.root, library.shipped.root, {}, None, None)
        for done, _ in enumerate(_all(bench, place, where, missing, []), 1):
            yield Step("fits", done, len(missing))


def _missing_fits(bench: Bench, trials: Sequence[Trial]) -> list[FitSpec]:
    specs = {key_of(s.to_json()): s for t in trials if (s := bench.fit_spec(t)) is not None}
    return [s for s in specs.values() if bench.library.get(FIT, s.to_json()) is None]


def _tasks(trials: Sequence[Trial]) -> list[list[Trial]]:
    """Trials that share a fit or a downstream task, together; in an order in which drawn rows are shared too."""
    groups: dict[tuple, list[Trial]] = {}
    for trial in sorted(trials, key=lambda t: (t.target, t.without, t.seed, t.method, t.setting, t.classifier)):
        maker = trial.what.synthesizer or trial.classifier
        groups.setdefault((trial.target, trial.without, trial.seed, maker), []).append(trial)
    return list(groups.values())


def _all(
    bench: Bench, place: _Place | None, where: Where, fits: Sequence[FitSpec], tasks: Sequence[Sequence[Trial]]
) -> Iterator[tuple[list[Row], list[dict]]]:
    """Outcomes of fits or of tasks, as they come."""
    if place is None:
        for spec in fits:
            with suppress(FairvizError):  # met again, and told, at its trials
                bench.library.fit(spec, bench.dataset)
            yield [], []
        for task in tasks:
            yield carry_out(bench, task)
        return
    calls = [(_fit_task, (place, spec.to_json())) for spec in fits] + [(_trial_task, (place, t)) for t in tasks]
    yield from _in_workers(calls, where)


def _numbered(k: int, function: Any, arguments: tuple) -> tuple[int, Any]:
    return k, function(*arguments)


def _in_workers(calls: Sequence[tuple[Any, tuple]], where: Where) -> Iterator[Any]:
    """Outcomes of calls, as they come; what a worker that died had begun is begun again."""
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    waiting, deaths = dict(enumerate(calls)), 0
    while waiting:
        with ExitStack() as stack:
            if where.backend == "dask":
                stack.enter_context(_cluster(where.scheduler))
                stack.enter_context(parallel_config(backend="dask", wait_for_workers_timeout=WORKERS_S))
            how: dict[str, Any] = {} if where.backend == "dask" else {"n_jobs": where.n_jobs, "backend": "loky"}
            try:
                tasks = [delayed(_numbered)(k, function, arguments) for k, (function, arguments) in waiting.items()]
                outcomes = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all", **how)(tasks)
                for k, outcome in outcomes:
                    del waiting[k]
                    yield outcome
            except (TerminatedWorkerError, *_killed(where)):
                deaths += 1
                if deaths > RETRIES:
                    raise JobError(
                        f"A worker died {deaths} times, perhaps for want of memory. Use fewer workers; what was "
                        "finished is kept."
                    ) from None


def _killed(where: Where) -> tuple[type[Exception], ...]:
    """What a cluster raises where a task has taken one worker after another with it."""
    if where.backend != "dask":
        return ()
    from distributed import KilledWorker

    return (KilledWorker,)


def _cluster(scheduler: str) -> Any:
    """A client of an existing cluster that has workers."""
    try:
        from distributed import Client, Security
        from distributed.comm import connect
    except ImportError:
        raise SettingError("--backend dask needs the package distributed. Install fairviz[dask].") from None

    async def greet() -> None:
        args = Security().get_connection_args("client")
        (await asyncio.wait_for(connect(scheduler, timeout=GREETING_S, **args), GREETING_S)).abort()

    try:
        # a client waits for ever where somebody listens and says nothing
        ThreadPoolExecutor(1).submit(asyncio.run, greet()).result()
        client = Client(scheduler, timeout=GREETING_S, set_as_default=True)
    except (ValueError, TypeError) as error:  # what distributed says of an address that is none
        raise SettingError(
            f"--scheduler is {_shown(scheduler)}: {error}. Give an address such as tcp://10.0.0.1:8786."
        ) from None
    except Exception as error:
        why = "" if isinstance(error, OSError) else f" ({type(error).__name__})"  # another kind of server, perhaps
        raise SettingError(f"No Dask scheduler answers at {scheduler}{why}. Start one, or check the address.") from None
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError:
        client.close()
        raise SettingError(f"The cluster at {scheduler} has no workers. Start some: dask worker {scheduler}") from None
    return client
