"""One entry read: a folder with a manifest, verified before anything in it is believed.

A folder may come from somebody else: it holds exactly the regular files of its kind, sizes are compared before anything
is read, the manifest is under a digest of its own, and bytes are checked again whenever they are parsed.
"""

from __future__ import annotations

import math
import os
import re
import stat
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy

from fairviz.errors import StoreError
from fairviz.store.keys import (
    ARRAYS,
    EARLIER_FORMAT,
    FIELDS,
    MANIFEST,
    MANIFEST_FORMAT,
    MAX_BYTES,
    MAX_MANIFEST,
    PAYLOADS,
    digest_of,
    key_of,
)
from fairviz.store.untrusted import (
    ADVICE,
    check_sha256,
    check_size,
    parse_json,
    read_head,
    read_small,
    read_verified,
    refusal,
)

MAX_COLUMNS = 1000
#: Types that are written, by their names in safetensors.
_DTYPES = {"F32": "float32", "F64": "float64", "I64": "int64", "I32": "int32", "U16": "uint16", "U8": "uint8"}


class EarlierFormatError(StoreError):
    """An entry with a manifest of an earlier version."""


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
    spec: dict[str, Any]
    made: dict[str, Any]
    files: dict[str, Sealed]

    def _sealed(self, name: str) -> Sealed:
        if name not in self.files:
            raise refusal(self.path / name, f"is not part of a {self.kind}")
        return self.files[name]

    def _read(self, name: str) -> bytes:
        sealed = self._sealed(name)
        return read_verified(self.path / name, sealed.size, sealed.sha256)

    def json(self, name: str) -> dict[str, Any]:
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
    return verified(path)[0]


def verified(path: Path, *, earlier: bool = False) -> tuple[Entry, dict[str, Any]]:
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
        need(manifest.keys() == FIELDS | {"digest"})
        need(manifest["digest"] == digest_of(manifest), "was altered (its digest differs)")
    else:
        need(manifest.keys() == FIELDS)
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
