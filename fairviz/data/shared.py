"""A data set as workers find it: by name, or as a file in the store that all of them can read."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import Schema
from fairviz.data.sets import DATASETS
from fairviz.data.sources import OWN, load_dataset
from fairviz.errors import DataError
from fairviz.files import written_aside

#: Seconds after which a run's rows count as left behind: longer than any run.
FORGOTTEN_S = 30 * 86400


@dataclass(frozen=True)
class Shared:
    """Where a worker finds the rows.

    Attributes
    ----------
    name : str
    fingerprint : str
        What the rows must be, wherever they come from.
    options : tuple of (str, value)
        Of the reader of a built-in set.
    path : str
        The file, or "" for a built-in set.
    """

    name: str
    fingerprint: str
    options: tuple[tuple[str, Any], ...] = ()
    path: str = ""

    def load(self) -> DomainDataset:
        """The rows.

        Raises
        ------
        DataError
            They are not those that the run was begun with.
        """
        dataset = _read(Path(self.path), self.name) if self.path else load_dataset(self.name, **dict(self.options))
        if dataset.fingerprint() != self.fingerprint:
            raise DataError(f"{self.name}: the rows here are not those that the run was begun with.")
        return dataset


@contextmanager
def shared(dataset: DomainDataset, options: Mapping[str, Any], store: Path) -> Iterator[Shared]:
    """A data set for workers to load while the block lasts; rows that are no built-in set's lie in the store meanwhile.

    Parameters
    ----------
    options : mapping
        With which a built-in set was read.
    store : Path
        A folder that workers can read.
    """
    name, fingerprint = dataset.name, dataset.fingerprint()
    own = name == OWN and set(options) == {"id"}  # a CSV file may be called "own" too
    built_in = own or (name in DATASETS and (bool(options) or DATASETS[name].fingerprint == fingerprint))
    if built_in:
        yield Shared(name, fingerprint, tuple(sorted(options.items())))
        return
    path = store / "rows" / f"{fingerprint[:16]}-{secrets.token_hex(8)}.parquet"  # this run's own
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _clear(path.parent)
    frame = dataset.frame.copy()
    frame.attrs = {"schema": dataset.schema.to_json(), "groups": list(dataset.groups)}
    with written_aside(path, mode=0o600) as handle:
        frame.to_parquet(handle)
    try:
        yield Shared(name, fingerprint, path=str(path))
    finally:
        path.unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    """Remove what killed runs left there long ago."""
    for path in folder.glob("*.parquet"):
        with suppress(OSError):  # gone meanwhile
            if time.time() - path.stat().st_mtime > FORGOTTEN_S:
                path.unlink()


def _read(path: Path, name: str) -> DomainDataset:
    frame = pd.read_parquet(path)
    about, frame.attrs = frame.attrs, {}
    return DomainDataset(name, frame, Schema(**about["schema"]), tuple(about["groups"]))
