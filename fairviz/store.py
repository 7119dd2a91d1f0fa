"""Content-addressed results: a folder named by the hash of everything that made it.

Presence means finished: an entry is written aside, synced, given a manifest with SHA-256 sums, and renamed into
place. It is verified when read; what fails goes to ``quarantine/`` and counts as absent.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy

from fairviz.errors import StoreError
from fairviz.files import written_aside

FORMAT = 1
MANIFEST = "manifest.json"


def canonical(spec: dict) -> str:
    """One text for one spec: sorted keys, no spaces, numbers as Python prints them."""
    return json.dumps(spec, sort_keys=True, separators=(",", ":"), allow_nan=False)


def key_of(spec: dict) -> str:
    """SHA-256 of the canonical spec (hex)."""
    return hashlib.sha256(canonical({"format": FORMAT, **spec}).encode()).hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old bytes or the new ones."""
    with written_aside(path, mode=0o600) as handle:
        handle.write(data)


@dataclass(frozen=True)
class Entry:
    """A verified entry: where it lies, its spec, who made it, and its files' bytes on demand."""

    path: Path
    kind: str
    key: str
    spec: dict
    made: dict
    files: tuple[str, ...]

    def json(self, name: str = "result.json") -> dict:
        """A JSON payload."""
        return json.loads((self.path / name).read_text())

    def arrays(self, name: str = "arrays.safetensors") -> dict[str, np.ndarray]:
        """Named arrays."""
        return safetensors.numpy.load((self.path / name).read_bytes())

    def table(self, name: str) -> pd.DataFrame:
        """A CSV payload; columns that were text when written are text again, also those of digits only."""
        about = json.loads((self.path / MANIFEST).read_text())["files"][name]
        text = dict.fromkeys(about.get("text", ()), str)
        return pd.read_csv(StringIO((self.path / name).read_text()), keep_default_na=False, dtype=text)


def read_entry(path: Path) -> Entry:
    """Open and verify one entry folder.

    Raises
    ------
    StoreError
        Missing, truncated, altered, or of another format; says which file and what to do.
    """
    advice = "Make it again, or restore it from a copy."
    if not path.is_dir():
        raise StoreError(f"{path}: no such folder. Check the path, or make the run with 'fairviz fit'.")
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        fmt = manifest["format"]
        files = {str(n): (int(w["bytes"]), str(w["sha256"])) for n, w in manifest["files"].items()}
        spec, made, kind, key = dict(manifest["spec"]), dict(manifest["made"]), str(manifest["kind"]), manifest["key"]
        expected = key_of(spec)
    except FileNotFoundError:
        raise StoreError(f"{path}: {MANIFEST} is missing, so the entry is not a finished result. {advice}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{path}: {MANIFEST} is damaged. {advice}") from None
    if fmt != FORMAT:
        raise StoreError(f"{path}: written in format {fmt}, this version reads format {FORMAT}. Make it again.")
    for name, (size, digest) in files.items():
        file = path / name
        if not file.is_file():
            raise StoreError(f"{path}: {name} is missing. {advice}")
        data = file.read_bytes()
        if len(data) != size:
            raise StoreError(f"{path}: {name} has {len(data):,} bytes, wanted {size:,}. {advice}")
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreError(f"{path}: {name} was altered (SHA-256 differs). {advice}")
    if expected != key:
        raise StoreError(f"{path}: {MANIFEST} was altered (spec and key differ). {advice}")
    return Entry(path, kind, key, spec, made, tuple(files))


def write_entry(
    path: Path,
    kind: str,
    spec: dict,
    *,
    json_files: dict[str, Any] | None = None,
    arrays: dict[str, np.ndarray] | None = None,
    tables: dict[str, pd.DataFrame] | None = None,
    made: dict | None = None,
) -> Entry:
    """Publish one entry at ``path``: write aside, sync, manifest last, rename, sync the parent.

    Raises
    ------
    StoreError
        The folder cannot be written (disk full, no permission), or exists already.
    """
    payload: dict[str, bytes] = {}
    for name, value in (json_files or {}).items():
        payload[name] = json.dumps(value, indent=1, allow_nan=False).encode()
    for name, table in (tables or {}).items():
        payload[name] = table.to_csv(index=False, lineterminator="\n").encode()
    if arrays is not None:
        payload["arrays.safetensors"] = safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in arrays.items()})
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "kind": kind,
        "key": key_of(spec),
        "spec": spec,
        "made": {"time": datetime.now(UTC).isoformat(timespec="seconds"), **(made or {})},
        "files": {n: {"bytes": len(d), "sha256": hashlib.sha256(d).hexdigest()} for n, d in sorted(payload.items())},
    }
    for name, table in (tables or {}).items():
        manifest["files"][name]["text"] = [str(c) for c in table if pd.api.types.is_string_dtype(table[c])]
    payload[MANIFEST] = json.dumps(manifest, indent=1, allow_nan=False).encode()
    aside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=".writing-"))
        for name, data in payload.items():
            file = aside / name
            file.write_bytes(data)
            _sync(file)
        _sync(aside)
        os.rename(aside, path)
        _sync(path.parent)
    except OSError as error:
        if path.exists():
            raise StoreError(f"{path} already exists. Name another folder or delete this one.") from None
        raise StoreError(
            f"{path} cannot be written: {error.strerror}. Free some space or name another folder."
        ) from None
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
    return read_entry(path)


class ResultStore:
    """Entries of one root folder, by kind and key: ``root/<kind>/<key>``.

    Parameters
    ----------
    root : Path
    read_only : bool
        Never written to or moved about in (the shipped ``pretrained/``).
    """

    def __init__(self, root: Path, *, read_only: bool = False) -> None:
        self.root, self.read_only = Path(root), read_only

    def path(self, kind: str, spec: dict) -> Path:
        """Where the entry of a spec lies or would lie."""
        return self.root / kind / key_of(spec)[:32]

    def get(self, kind: str, spec: dict) -> Entry | None:
        """The verified entry of a spec, or None. A damaged one is set aside and counts as absent."""
        path = self.path(kind, spec)
        if not path.exists():
            return None
        try:
            entry = read_entry(path)
            if entry.key == key_of(spec) and entry.kind == kind:
                return entry
        except StoreError:
            pass
        if not self.read_only:
            self._quarantine(path)
        return None

    def put(self, kind: str, spec: dict, **payload: Any) -> Entry:
        """Publish an entry; keywords as in :func:`write_entry`. One that is there already is kept."""
        if self.read_only:
            raise StoreError(f"{self.root} is read-only.")
        found = self.get(kind, spec)
        if found is not None:
            return found
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._clear_leftovers(kind)
            return write_entry(self.path(kind, spec), kind, spec, **payload)
        except StoreError:
            found = self.get(kind, spec)  # somebody else was faster
            if found is None:
                raise
            return found
        except OSError as error:
            raise StoreError(f"{self.root} cannot be written: {error.strerror}.") from None

    def _clear_leftovers(self, kind: str) -> None:
        """Remove folders that a killed writer left an hour ago or longer."""
        for path in (self.root / kind).glob(".writing-*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > 3600:
                    shutil.rmtree(path, ignore_errors=True)

    def entries(self, kind: str) -> Iterator[Entry]:
        """All verified entries of a kind, by key; damaged ones are passed over."""
        for path in sorted((self.root / kind).glob("[0-9a-f]*")):
            try:
                yield read_entry(path)
            except StoreError:
                continue

    def failures(self) -> list[str]:
        """What is wrong with the entries that do not verify, a line each."""
        found = []
        for path in sorted(self.root.glob("*/[0-9a-f]*")):
            if path.parent.name != "quarantine":
                try:
                    read_entry(path)
                except StoreError as error:
                    found.append(str(error))
        return found

    def _quarantine(self, path: Path) -> None:
        aside = self.root / "quarantine"
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        with suppress(OSError):  # read-only cache, or another session was faster
            aside.mkdir(parents=True, exist_ok=True)
            os.rename(path, aside / f"{path.name}-{stamp}")
