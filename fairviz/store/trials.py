"""Trials on disk: immutable table segments, a Parquet file each, named by the digest of their bytes.

A file holds what one task computed, appears by renaming, and never changes; so any number of processes and machines may
write to one folder. Small segments are merged now and then: the merged one first appears, then the parts go.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fairviz.errors import StoreError
from fairviz.files import written_aside

FORMAT = 1
#: A file that changes when rows are removed.
FORGOTTEN = "forgotten"
#: Segments of fewer rows are merged once there are as many as :data:`MANY`.
SMALL, MANY = 20_000, 64
_ABOUT = {
    "method": str, "setting": str, "target": str, "classifier": str, "seed": int, "without": str, "n": int,
    "n_steps": int, "n_iter": int,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One trial that was carried out.

    Attributes
    ----------
    key : str
    about : dict
        The fields of the trial.
    table : ndarray of int, shape (K, 2, 2)
        Counts: group, label, prediction.
    seconds : float
        Time it took, 0 if it is not known.
    both : ndarray of int, shape (K, 2), optional
        Of a trial with a price: people of each group and label who are told yes with the price and without it.
    """

    key: str
    about: dict[str, Any]
    table: np.ndarray
    seconds: float = 0.0
    both: np.ndarray | None = None

    def flat(self) -> dict[str, Any]:
        """The trial and its counts as one row of a table."""
        cells = {f"n_{k}_{y}_{p}": int(self.table[k, y, p]) for k, y, p in np.ndindex(self.table.shape)}
        if self.both is not None:
            cells |= {f"both_{k}_{y}": int(self.both[k, y]) for k, y in np.ndindex(self.both.shape)}
        return {**self.about, **cells}


class TrialStore:
    """Rows of trials by key, in the segments of one folder.

    Parameters
    ----------
    root : Path
        The folder; made when the first segment is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self._read: set[str] = set()
        self._rows: dict[str, Row] = {}
        self._forgotten = 0
        #: Of segments, by name: whose they are, how many rows, how many bytes.
        self._sizes: dict[str, tuple[str, int, int]] = {}
        self.damaged: dict[str, str] = {}

    def get(self, keys: Iterable[str]) -> dict[str, Row]:
        """The rows of those keys that are stored."""
        wanted = list(keys)
        self._forget_too()
        if any(key not in self._rows for key in wanted):
            self._look()
        return {key: self._rows[key] for key in wanted if key in self._rows}

    def put(self, fingerprint: str, groups: Sequence[str], rows: Sequence[Row]) -> None:
        """Publish rows of one data set as a segment.

        Raises
        ------
        StoreError
            The folder cannot be written.
        """
        if rows:
            self._publish(_written(fingerprint, groups, rows))
            self._rows.update({row.key: row for row in rows})

    def forget(self, fingerprint: str) -> None:
        """Remove all rows of one data set, here and from the memory of every process that reads this folder.

        Raises
        ------
        StoreError
            The folder cannot be written.
        """
        import pyarrow.parquet as pq

        found = []
        for path in sorted(self.root.glob("*.parquet")):
            with suppress(OSError, ValueError, KeyError, TypeError):  # gone meanwhile, damaged, or no segment
                if json.loads(pq.read_metadata(path).metadata[b"fairviz"])["fingerprint"] == fingerprint:
                    found.append(path)
        try:
            for path in found:
                path.unlink(missing_ok=True)
            if self.root.is_dir():
                with written_aside(self.root / FORGOTTEN, mode=0o600) as handle:
                    handle.write(str(time.time_ns()).encode())
        except OSError as error:
            raise StoreError(f"Trials in {self.root} cannot be removed: {error.strerror}.") from None

    def sizes(self) -> dict[str, tuple[int, int]]:
        """By fingerprint of a data set: how many rows there are of it, and their bytes on disk."""
        import pyarrow.parquet as pq

        there: dict[str, tuple[str, int, int]] = {}
        for path in self.root.glob("*.parquet"):
            with suppress(OSError, ValueError, KeyError, TypeError):  # gone meanwhile, damaged, or no segment
                if path.name not in self._sizes:  # a segment never changes
                    about = pq.read_metadata(path)
                    fingerprint = json.loads(about.metadata[b"fairviz"])["fingerprint"]
                    self._sizes[path.name] = fingerprint, about.num_rows, path.stat().st_size
                there[path.name] = self._sizes[path.name]
        self._sizes = there
        found: dict[str, tuple[int, int]] = {}
        for fingerprint, more, bytes_ in there.values():
            rows, size = found.get(fingerprint, (0, 0))
            found[fingerprint] = rows + more, size + bytes_
        return found

    def _forget_too(self) -> None:
        """Begin anew if rows have been removed since the last look."""
        try:
            when = (self.root / FORGOTTEN).stat().st_mtime_ns
        except OSError:
            when = 0
        if when != self._forgotten:
            self._forgotten = when
            self._read.clear()
            self._rows.clear()

    def merge(self) -> None:
        """Make one segment of many small ones; a data set at a time."""
        import pyarrow.parquet as pq

        small: dict[tuple[str, tuple[str, ...]], list[Path]] = {}
        for path in sorted(self.root.glob("*.parquet")):
            with suppress(OSError, ValueError, KeyError, TypeError):  # gone meanwhile, damaged, or no segment
                about = pq.read_metadata(path)
                if about.num_rows < SMALL:
                    told = json.loads(about.metadata[b"fairviz"])
                    small.setdefault((told["fingerprint"], tuple(told["groups"])), []).append(path)
        for (fingerprint, groups), paths in small.items():
            if len(paths) < MANY:
                continue
            # what cannot be read stays where it is
            parts = {path: found for path in paths if (found := self._rows_of(path))}
            if len(parts) >= MANY:
                rows: dict[str, Row] = {}
                for part in parts.values():
                    for row in part:
                        _keep(rows, row)
                new = self._publish(_written(fingerprint, groups, list(rows.values())))
                for path in parts:
                    if path != new:
                        path.unlink(missing_ok=True)

    def _publish(self, data: bytes) -> Path:
        path = self.root / f"{hashlib.sha256(data).hexdigest()[:32]}.parquet"
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with written_aside(path, mode=0o600) as handle:
                handle.write(data)
        except OSError as error:
            raise StoreError(
                f"{path} cannot be written: {error.strerror}. Free some space, or set another cache."
            ) from None
        return path

    def _look(self) -> None:
        """Read segments that have come since; again until none is new, for listed ones may go into a merged one."""
        while new := [path for path in sorted(self.root.glob("*.parquet")) if path.name not in self._read]:
            for path in new:
                self._read.add(path.name)
                for row in self._rows_of(path):
                    _keep(self._rows, row)

    def _rows_of(self, path: Path) -> list[Row]:
        """Rows of a segment; none of one that is damaged or has just been merged into another."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest()[:32] != path.stem:
                raise ValueError("its bytes are not those it is named after")
            table = pq.read_table(pa.BufferReader(data))
            told = json.loads(table.schema.metadata[b"fairviz"])
            if told["format"] != FORMAT:
                raise ValueError(f"it is of format {told['format']}")
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.damaged[path.name] = f"{path} is damaged and left out: {error}."
            return []
        columns = {name: table[name].to_pylist() for name in (*_ABOUT, "key", "seconds")}
        counts = np.array(table["counts"].combine_chunks().flatten()).reshape(len(table), len(told["groups"]), 2, 2)
        names = list(_ABOUT)
        both = table["both"].to_pylist() if "both" in table.column_names else [None] * len(table)
        pairs = [None if one is None else np.array(one).reshape(-1, 2) for one in both]
        return [
            Row(key, dict(zip(names, about, strict=True)), counts[k], seconds, pairs[k])
            for k, (key, seconds, *about) in enumerate(
                zip(columns["key"], columns["seconds"], *(columns[name] for name in names), strict=True)
            )
        ]


def _keep(rows: dict[str, Row], row: Row) -> None:
    """Add a row; of two of one trial the one that says more stays, whatever the order of the files."""
    if row.key not in rows or rows[row.key].both is None:
        rows[row.key] = row


def _written(fingerprint: str, groups: Sequence[str], rows: Sequence[Row]) -> bytes:
    """A segment's bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {"key": [row.key for row in rows]}
    for name, kind in _ABOUT.items():
        values = [row.about[name] for row in rows]
        columns[name] = pa.array(values, pa.int64() if kind is int else pa.string())
    columns["counts"] = pa.array([row.table.ravel().tolist() for row in rows], pa.list_(pa.int32()))
    if any(row.both is not None for row in rows):
        pairs = [None if row.both is None else row.both.ravel().tolist() for row in rows]
        columns["both"] = pa.array(pairs, pa.list_(pa.int32()))
    columns["seconds"] = pa.array([row.seconds for row in rows], pa.float32())
    told = json.dumps({"format": FORMAT, "fingerprint": fingerprint, "groups": list(groups)})
    table = pa.table(columns).replace_schema_metadata({"fairviz": told})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=list(_ABOUT))
    result: bytes = sink.getvalue().to_pybytes()
    return result
