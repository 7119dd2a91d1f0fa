"""Entries written: aside, synced, a manifest with SHA-256 sums last, then renamed into place; exchanged, upgraded."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy

from fairviz.errors import StoreError
from fairviz.files import written_aside
from fairviz.store.entries import Entry, read_entry, verified
from fairviz.store.keys import (
    ARRAYS,
    MANIFEST,
    MANIFEST_FORMAT,
    MAX_BYTES,
    PAYLOADS,
    digest_of,
    key_of,
)


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomic(path: Path, data: bytes, aside: Path | None = None) -> None:
    """Write a file so that a reader sees the old bytes or the new ones.

    Parameters
    ----------
    aside : Path, optional
        Folder of the same file system to write in first; the file's own by default.

    Raises
    ------
    OSError
    """
    with written_aside(path, aside, mode=0o600) as handle:
        handle.write(data)


def upgrade_entry(path: Path) -> bool:
    """Give an entry of the earlier format the present manifest, once all else is verified; payloads stay as they are.

    Returns
    -------
    bool
        False if it was of the present format already; then nothing is written.

    Raises
    ------
    StoreError
        It does not verify, or cannot be written.
    """
    _, manifest = verified(path, earlier=True)
    if manifest["format"] == MANIFEST_FORMAT:
        return False
    manifest["format"] = MANIFEST_FORMAT
    manifest["digest"] = digest_of(manifest)
    file, data = path / MANIFEST, json.dumps(manifest, indent=1, allow_nan=False).encode()
    problem: OSError | None = None
    # beside the folder, so that nobody who reads it meanwhile finds a foreign file; inside where that cannot be
    for aside in (path.resolve().parent, path):
        try:
            mode = stat.S_IMODE(file.stat().st_mode)
            write_atomic(file, data, aside)
            file.chmod(mode)
            return True
        except OSError as error:
            problem = error
    assert problem is not None
    raise StoreError(f"{path} cannot be upgraded: {problem.strerror}. Copy it to where you can write and try again.")


def replace_entry(path: Path, kind: str, spec: dict[str, Any], **payload: Any) -> Entry:
    """Publish an entry in place of the one at ``path``; keywords as in :func:`write_entry`.

    The new one is complete before the old one is moved away. Whoever finds nothing at ``path`` meanwhile waits at
    :func:`alone`; what a crash between the two renames leaves aside is put back by :func:`put_back`.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    new, old = path.with_name(f".writing-{secrets.token_hex(4)}"), path.with_name(f"{REPLACED}{path.name}")
    write_entry(new, kind, spec, **payload)
    try:
        with alone(path.parent):
            put_back(path)
            if path.exists():
                os.rename(path, old)
            try:
                os.rename(new, path)
            except OSError:
                put_back(path)
                raise
            shutil.rmtree(old, ignore_errors=True)
            sync(path.parent)
            return read_entry(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be replaced: {error.strerror}. Check who may write there.") from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


#: What an entry is called while it is exchanged for another one.
REPLACED = ".replaced-"


def being_replaced(path: Path) -> bool:
    """Whether an exchange has moved the entry of ``path`` aside."""
    return path.with_name(f"{REPLACED}{path.name}").exists()


def put_back(path: Path) -> None:
    """Undo an exchange that was cut off; nothing to do where the new entry is in place."""
    old = path.with_name(f"{REPLACED}{path.name}")
    if old.exists() and not path.exists():
        os.rename(old, path)
    elif old.exists():
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes from exchanging entries of a folder; where a folder cannot be locked, nothing is kept."""
    handle = None
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    except (ImportError, OSError):
        pass
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def payload_bytes(
    json_files: dict[str, Any] | None = None,
    arrays: dict[str, np.ndarray] | None = None,
    tables: dict[str, pd.DataFrame] | None = None,
) -> dict[str, bytes]:
    """The files of an entry beside its manifest, as bytes."""
    payload: dict[str, bytes] = {}
    for name, value in (json_files or {}).items():
        payload[name] = json.dumps(value, indent=1, allow_nan=False).encode()
    for name, table in (tables or {}).items():
        payload[name] = table.to_csv(index=False, lineterminator="\n").encode()
    if arrays is not None:
        payload[ARRAYS] = safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in arrays.items()})
    return payload


def _manifest(
    kind: str, spec: dict[str, Any], made: dict[str, Any], payload: dict[str, bytes], tables: dict[str, pd.DataFrame]
) -> bytes:
    """The file that vouches for the others."""
    manifest: dict[str, Any] = {
        "format": MANIFEST_FORMAT,
        "kind": kind,
        "key": key_of(spec),
        "spec": spec,
        "made": {"time": datetime.now(UTC).isoformat(timespec="seconds"), **made},
        "files": {n: {"bytes": len(d), "sha256": hashlib.sha256(d).hexdigest()} for n, d in sorted(payload.items())},
    }
    for name, table in tables.items():
        manifest["files"][name]["text"] = [str(c) for c in table if pd.api.types.is_string_dtype(table[c])]
    manifest["digest"] = digest_of(json.loads(json.dumps(manifest)))  # of what a reader will parse
    return json.dumps(manifest, indent=1, allow_nan=False).encode()


def write_entry(
    path: Path,
    kind: str,
    spec: dict[str, Any],
    *,
    json_files: dict[str, Any] | None = None,
    arrays: dict[str, np.ndarray] | None = None,
    tables: dict[str, pd.DataFrame] | None = None,
    made: dict[str, Any] | None = None,
) -> Entry:
    """Publish one entry at ``path``: write aside, sync, manifest last, rename, sync the parent.

    Raises
    ------
    ValueError
        The files are not those of the kind.
    StoreError
        The folder cannot be written (disk full, no permission), or exists already, or would be too large to be read.
    """
    payload = payload_bytes(json_files, arrays, tables)
    if payload.keys() != PAYLOADS[kind]:
        raise ValueError(f"A {kind} holds {sorted(PAYLOADS[kind])}, not {sorted(payload)}.")
    for name, data in payload.items():
        if len(data) > MAX_BYTES[Path(name).suffix]:
            raise StoreError(f"{path}: {name} would have {len(data):,} bytes, too many to be read again.")
    payload[MANIFEST] = _manifest(kind, spec, made or {}, payload, tables or {})
    aside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=".writing-"))
        for name, data in payload.items():
            file = aside / name
            file.write_bytes(data)
            sync(file)
        sync(aside)
        os.rename(aside, path)
        sync(path.parent)
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
