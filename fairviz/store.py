"""Content-addressed results: a folder named by the hash of everything that made it.

Presence means finished: an entry is written aside, synced, given a manifest with SHA-256 sums, and renamed into
place. It is verified when read; what fails goes to ``quarantine/`` and counts as absent. A folder may come from
somebody else, so nothing in it is believed: it holds exactly the regular files of its kind, sizes are compared before
anything is read, the manifest is under a digest of its own, and bytes are checked again whenever they are parsed.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy

from fairviz.errors import StoreError
from fairviz.files import written_aside
from fairviz.untrusted import (
    ADVICE,
    check_sha256,
    check_size,
    parse_json,
    read_head,
    read_small,
    read_verified,
    refusal,
)

#: Part of every key. It stays as it is: another value would orphan every stored result.
KEY_FORMAT = 1
#: Of the manifest. 1 had no digest of its own; ``upgrade_entry`` brings it to 2.
MANIFEST_FORMAT, EARLIER_FORMAT = 2, 1
MANIFEST = "manifest.json"
ARRAYS = "arrays.safetensors"
#: The files that an entry of each kind holds beside its manifest, no more and no fewer.
PAYLOADS: dict[str, frozenset[str]] = {
    "fit": frozenset({"fit.json", ARRAYS}),
    "sweep": frozenset({"facts.json", "trials.csv"}),
    "frontier": frozenset({"facts.json", "trials.csv"}),
    "table1": frozenset({"facts.json", "trials.csv", "inner.csv"}),
}
#: Bytes at most, by ending: far above what is ever written, and what a laptop can still parse.
MAX_BYTES = {".json": 32 * 2**20, ".csv": 16 * 2**20, ".safetensors": 256 * 2**20}
MAX_MANIFEST = 2**20
MAX_COLUMNS = 1000
MAX_QUARANTINED = 20
LEFTOVER_AGE = 3600
_FIELDS = {"format", "kind", "key", "spec", "made", "files"}
#: Types that are written, by their names in safetensors.
_DTYPES = {"F32": "float32", "F64": "float64", "I64": "int64"}
#: What a killed writer leaves: folders of :func:`write_entry` and files of :func:`write_atomic`.
_LEFTOVER = re.compile(r"\.writing-[a-z0-9_]{8}|\.fairviz-\d+-[0-9a-f]{16}|\.\w+\.\w+-[a-z0-9_]{8}")


class EarlierFormatError(StoreError):
    """An entry with a manifest of an earlier version."""


def canonical(spec: dict) -> str:
    """One text for one spec: sorted keys, no spaces, numbers as Python prints them."""
    return json.dumps(spec, sort_keys=True, separators=(",", ":"), allow_nan=False)


def key_of(spec: dict) -> str:
    """SHA-256 of the canonical spec (hex)."""
    return hashlib.sha256(canonical({"format": KEY_FORMAT, **spec}).encode()).hexdigest()


def digest_of(manifest: dict) -> str:
    """SHA-256 of everything in a manifest but its field ``digest`` (hex)."""
    return hashlib.sha256(canonical({k: v for k, v in manifest.items() if k != "digest"}).encode()).hexdigest()


def _sync(path: Path) -> None:
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


@dataclass(frozen=True)
class Sealed:
    """What a manifest says of a file: its size and SHA-256, and which columns of a table are text."""

    size: int
    sha256: str
    text: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A verified entry: where it lies, its spec, who made it, and its files on demand.

    Every reading method checks the bytes it parses against ``files``, so an entry that was damaged or swapped after it
    was opened is an error, never another number.
    """

    path: Path
    kind: str
    key: str
    spec: dict
    made: dict
    files: dict[str, Sealed]

    def _sealed(self, name: str) -> Sealed:
        if name not in self.files:
            raise refusal(self.path / name, f"is not part of a {self.kind}")
        return self.files[name]

    def _read(self, name: str) -> bytes:
        sealed = self._sealed(name)
        return read_verified(self.path / name, sealed.size, sealed.sha256)

    def json(self, name: str = "result.json") -> dict:
        """A JSON payload.

        Raises
        ------
        StoreError
            Changed since the entry was opened, or not an object of JSON.
        """
        value = parse_json(self.path / name, self._read(name))
        if not isinstance(value, dict):
            raise refusal(self.path / name, "is damaged (not an object)")
        return value

    def arrays(self, name: str = ARRAYS) -> dict[str, np.ndarray]:
        """Named arrays.

        Raises
        ------
        StoreError
            Changed since the entry was opened, or not in the format of safetensors.
        """
        data = self._read(name)
        try:
            return safetensors.numpy.load(data)
        except (safetensors.SafetensorError, KeyError, ValueError, TypeError):  # KeyError: a type that numpy has not
            raise refusal(self.path / name, "is damaged (not arrays that fairviz reads)") from None

    def layout(self, name: str = ARRAYS) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Type and shape of every array, from the file's header alone; :meth:`arrays` reads and verifies it whole.

        Raises
        ------
        StoreError
            There is no such header, or the file is not as long as its arrays.
        """
        file, size = self.path / name, self._sealed(name).size
        room = min(size - 8, MAX_MANIFEST)
        length = int.from_bytes(read_head(file, 8), "little")
        if not 0 < length <= room:
            raise refusal(file, "is damaged (its header is cut)")
        header = parse_json(file, read_head(file, 8 + length)[8:])
        found, left = {}, size - 8 - length
        for array, about in header.items() if isinstance(header, dict) else ():
            dtype, shape = (about.get("dtype"), about.get("shape")) if isinstance(about, dict) else (None, None)
            if not (dtype in _DTYPES and isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)):
                raise refusal(file, "is damaged (its header is not that of arrays as fairviz writes them)")
            found[array] = (_DTYPES[dtype], tuple(shape))
            left -= math.prod(shape) * np.dtype(_DTYPES[dtype]).itemsize
        if left:
            raise refusal(file, "is damaged (it is not as long as its arrays)")
        return found

    def table(self, name: str) -> pd.DataFrame:
        """A CSV payload; columns that were text when written are text again, also those of digits only.

        Raises
        ------
        StoreError
            Changed since the entry was opened, or not CSV.
        """
        text, data = dict.fromkeys(self._sealed(name).text, str), self._read(name)
        if data[: data.find(b"\n")].count(b",") >= MAX_COLUMNS:
            raise refusal(self.path / name, f"has more than {MAX_COLUMNS:,} columns")
        try:
            return pd.read_csv(BytesIO(data), keep_default_na=False, dtype=text)
        except (ValueError, OverflowError):
            raise refusal(self.path / name, "is damaged (not a table)") from None


def read_entry(path: Path) -> Entry:
    """Open and verify one entry folder.

    Raises
    ------
    EarlierFormatError
        Written by an earlier version; says how to upgrade it.
    StoreError
        Missing, truncated, altered, holding anything that does not belong there, or of another format; says which
        file and what to do.
    """
    return _verified(path)[0]


def _verified(path: Path, *, earlier: bool = False) -> tuple[Entry, dict]:
    """A verified entry and its manifest; ``earlier``: also of the earlier format."""
    found = _listing(path)
    if MANIFEST not in found:
        raise StoreError(f"{path}: {MANIFEST} is missing, so the entry is not a finished result. {ADVICE}")
    manifest = parse_json(path / MANIFEST, read_small(path / MANIFEST, MAX_MANIFEST))
    entry = _check_manifest(path, manifest, earlier)
    for name in sorted(found.keys() - entry.files.keys() - {MANIFEST}):
        raise StoreError(f"{path}: {name[:60]!r} does not belong to a {entry.kind}. {ADVICE}")
    for name, sealed in entry.files.items():  # sizes of all before a byte of any
        if name not in found:
            raise refusal(path / name, "is missing")
        check_size(path / name, found[name], sealed.size)
    for name, sealed in entry.files.items():
        check_sha256(path / name, sealed.size, sealed.sha256)
    return entry, manifest


def _listing(path: Path) -> dict[str, int]:
    """Names and sizes in an entry's folder, regular files all."""
    most = max(len(names) for names in PAYLOADS.values()) + 1
    try:
        with os.scandir(path) as items:
            found = {item.name: item.stat(follow_symlinks=False) for item in islice(items, most + 1)}
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"{path}: no such folder. Check the path, or make the run with 'fairviz fit'.") from None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions.") from None
    for name, about in found.items():
        if not stat.S_ISREG(about.st_mode):
            raise StoreError(f"{path}: {name[:60]!r} is not a regular file. {ADVICE}")
    if len(found) > most:
        raise StoreError(f"{path}: holds more files than any result. Check the path. {ADVICE}")
    return {name: about.st_size for name, about in found.items()}


def _check_manifest(path: Path, manifest: Any, earlier: bool) -> Entry:
    file = path / MANIFEST

    def need(ok: bool, what: str = "is damaged") -> None:
        if not ok:
            raise refusal(file, what)

    need(isinstance(manifest, dict) and type(manifest.get("format")) is int)
    if manifest["format"] == EARLIER_FORMAT and not earlier:
        raise EarlierFormatError(f"{path}: written by an earlier version; run 'fairviz upgrade {path}'.")
    if manifest["format"] not in (EARLIER_FORMAT, MANIFEST_FORMAT):
        raise StoreError(
            f"{path}: written in format {manifest['format']}, this version reads format {MANIFEST_FORMAT}. "
            "Make it again, or read it with the version that wrote it."
        )
    if manifest["format"] == MANIFEST_FORMAT:
        need(manifest.keys() == _FIELDS | {"digest"})
        need(manifest["digest"] == digest_of(manifest), "was altered (its digest differs)")
    else:
        need(manifest.keys() == _FIELDS)
    kind, spec, made, files = (manifest[name] for name in ("kind", "spec", "made", "files"))
    need(isinstance(spec, dict) and isinstance(made, dict) and isinstance(files, dict))
    need(manifest["key"] == key_of(spec), "was altered (spec and key differ)")
    need(isinstance(kind, str) and kind in PAYLOADS, "names no kind of result that this version knows")
    need(files.keys() == PAYLOADS[kind], f"does not list the files of a {kind}")
    sealed = {}
    for name, about in files.items():
        need(isinstance(about, dict) and {"bytes", "sha256"} <= about.keys() <= {"bytes", "sha256", "text"})
        size, sha256, text = about["bytes"], about["sha256"], about.get("text", [])
        need(type(size) is int and isinstance(sha256, str) and re.fullmatch("[0-9a-f]{64}", sha256) is not None)
        need(isinstance(text, list) and all(isinstance(column, str) for column in text))
        limit = MAX_BYTES[Path(name).suffix]
        need(0 <= size <= limit, f"gives {name} {size:,} bytes; at most {limit:,} are read")
        sealed[name] = Sealed(size, sha256, tuple(text))
    return Entry(path, kind, manifest["key"], spec, made, sealed)


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
    _, manifest = _verified(path, earlier=True)
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


def replace_entry(path: Path, kind: str, spec: dict, **payload: Any) -> Entry:
    """Publish an entry in place of the one at ``path``; keywords as in :func:`write_entry`.

    The new one is complete before the old one is moved away. Whoever finds nothing at ``path`` meanwhile waits at
    :func:`_alone`; what a crash between the two renames leaves aside is put back by :func:`_put_back`.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    new, old = path.with_name(f".writing-{secrets.token_hex(4)}"), path.with_name(f"{_REPLACED}{path.name}")
    write_entry(new, kind, spec, **payload)
    try:
        with _alone(path.parent):
            _put_back(path)
            if path.exists():
                os.rename(path, old)
            try:
                os.rename(new, path)
            except OSError:
                _put_back(path)
                raise
            shutil.rmtree(old, ignore_errors=True)
            _sync(path.parent)
            return read_entry(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be replaced: {error.strerror}. Check who may write there.") from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


#: What an entry is called while it is exchanged for another one.
_REPLACED = ".replaced-"


def _being_replaced(path: Path) -> bool:
    return path.with_name(f"{_REPLACED}{path.name}").exists()


def _put_back(path: Path) -> None:
    """Undo an exchange that was cut off; nothing to do where the new entry is in place."""
    old = path.with_name(f"{_REPLACED}{path.name}")
    if old.exists() and not path.exists():
        os.rename(old, path)
    elif old.exists():
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
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


def _payload(
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
    ValueError
        The files are not those of the kind.
    StoreError
        The folder cannot be written (disk full, no permission), or exists already, or would be too large to be read.
    """
    payload = _payload(json_files, arrays, tables)
    if payload.keys() != PAYLOADS[kind]:
        raise ValueError(f"A {kind} holds {sorted(PAYLOADS[kind])}, not {sorted(payload)}.")
    for name, data in payload.items():
        if len(data) > MAX_BYTES[Path(name).suffix]:
            raise StoreError(f"{path}: {name} would have {len(data):,} bytes, too many to be read again.")
    manifest: dict[str, Any] = {
        "format": MANIFEST_FORMAT,
        "kind": kind,
        "key": key_of(spec),
        "spec": spec,
        "made": {"time": datetime.now(UTC).isoformat(timespec="seconds"), **(made or {})},
        "files": {n: {"bytes": len(d), "sha256": hashlib.sha256(d).hexdigest()} for n, d in sorted(payload.items())},
    }
    for name, table in (tables or {}).items():
        manifest["files"][name]["text"] = [str(c) for c in table if pd.api.types.is_string_dtype(table[c])]
    manifest["digest"] = digest_of(json.loads(json.dumps(manifest)))  # of what a reader will parse
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


def _remove(path: Path) -> None:
    """Delete a folder, or anything else, without following links."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


_cleared: set[Path] = set()


def clear_leftovers(root: Path) -> None:
    """Remove what killed writers left in ``root`` and its folders an hour ago or longer; once in a process."""
    if root in _cleared:
        return
    _cleared.add(root)
    old = time.time() - LEFTOVER_AGE
    with suppress(OSError):
        folders = [root, *(Path(item.path) for item in os.scandir(root) if item.is_dir(follow_symlinks=False))]
        for folder in folders:
            for item in os.scandir(folder):
                with suppress(OSError):  # another process clears too
                    if _LEFTOVER.fullmatch(item.name) and item.stat(follow_symlinks=False).st_mtime < old:
                        _remove(Path(item.path))


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

    def _open(self, path: Path) -> Entry:
        """A verified entry; one of an earlier version is upgraded on the way, unless the store is read-only."""
        try:
            return read_entry(path)
        except EarlierFormatError:
            if self.read_only:
                raise
        entry, _ = _verified(path, earlier=True)
        with suppress(StoreError):  # a full disk or a read-only cache: as good as before, and upgraded another day
            upgrade_entry(path)
        return entry

    def get(self, kind: str, spec: dict) -> Entry | None:
        """The verified entry of a spec, or None. A damaged one is set aside and counts as absent."""
        path = self.path(kind, spec)
        entry = self._right(path, kind, spec)
        if entry is not None or self.read_only or not (os.path.lexists(path) or _being_replaced(path)):
            return entry
        with _alone(path.parent):  # somebody may just have been exchanging it
            with suppress(OSError):
                _put_back(path)
            entry = self._right(path, kind, spec)
            if entry is None and os.path.lexists(path):
                self._quarantine(path)
        return entry

    def _right(self, path: Path, kind: str, spec: dict) -> Entry | None:
        """The entry at ``path``, if it verifies and is what it should be."""
        with suppress(StoreError):
            entry = self._open(path)
            if entry.key == key_of(spec) and entry.kind == kind:
                return entry
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
            clear_leftovers(self.root)
            return write_entry(self.path(kind, spec), kind, spec, **payload)
        except StoreError:
            found = self.get(kind, spec)  # somebody else was faster
            if found is None:
                raise
            return found
        except OSError as error:
            raise StoreError(f"{self.root} cannot be written: {error.strerror}.") from None

    def publish(self, kind: str, spec: dict, *, made: dict | None = None, **files: Any) -> Entry:
        """Put an entry, or replace one of the same spec that holds something else.

        The same plan run again may count otherwise, after a change of code: what is published is what was just run.
        """
        there = self.get(kind, spec)
        if there is not None:
            found = {name: hashlib.sha256(data).hexdigest() for name, data in _payload(**files).items()}
            if found == {name: sealed.sha256 for name, sealed in there.files.items()}:
                return there
        return self.replace(kind, spec, made=made, **files)

    def replace(self, kind: str, spec: dict, **payload: Any) -> Entry:
        """Publish an entry in place of the one that is there: made complete aside, then exchanged by renaming."""
        if self.read_only:
            raise StoreError(f"{self.root} is read-only.")
        path = self.path(kind, spec)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return replace_entry(path, kind, spec, **payload)

    def entries(self, kind: str) -> Iterator[Entry]:
        """All verified entries of a kind, by key; damaged ones are passed over."""
        for path in sorted((self.root / kind).glob("[0-9a-f]*")):
            try:
                yield self._open(path)
            except StoreError:
                continue

    def failures(self, kind: str = "*") -> list[str]:
        """What is wrong with the entries (of a kind) that do not verify, a line each."""
        found = []
        for path in sorted(self.root.glob(f"{kind}/[0-9a-f]*")):
            if path.parent.name != "quarantine":
                try:
                    self._open(path)
                except StoreError as error:
                    found.append(str(error))
        return found

    def _quarantine(self, path: Path) -> None:
        aside = self.root / "quarantine"
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        with suppress(OSError):  # read-only cache, or another session was faster
            aside.mkdir(parents=True, exist_ok=True)
            os.rename(path, aside / f"{path.name}-{stamp}")
        kept = sorted(aside.glob("*-*"), key=lambda p: p.name.rpartition("-")[2])
        for old in kept[:-MAX_QUARANTINED]:
            _remove(old)
