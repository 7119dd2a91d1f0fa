"""Where trials are carried out."""

from __future__ import annotations

from dataclasses import dataclass

from fairviz.checks import check_count
from fairviz.errors import SettingError

BACKENDS = ("local", "dask")


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


#: In this process.
HERE = Where()
