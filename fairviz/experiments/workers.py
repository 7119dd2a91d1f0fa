"""Calls carried out in local workers or on an existing Dask cluster, one thread each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from fairviz.errors import JobError, SettingError
from fairviz.experiments.where import Where
from fairviz.text import quoted

#: Times that a task is begun again after its worker died.
RETRIES = 2
#: Seconds to wait for a cluster's scheduler, and for its first worker.
GREETING_S, WORKERS_S = 10, 60


def _numbered(k: int, function: Any, arguments: tuple[Any, ...]) -> tuple[int, Any]:
    return k, function(*arguments)


def in_workers(calls: Sequence[tuple[Any, tuple[Any, ...]]], where: Where) -> Iterator[Any]:
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
        from distributed.comm.core import connect
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
            f"--scheduler is {quoted(scheduler)}: {error}. Give an address such as tcp://10.0.0.1:8786."
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
