"""Files that somebody else may have written: regular, of the size they claim, and parsed within bounds."""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fairviz.errors import StoreError

ADVICE = "Make it again, or restore it from a copy."
#: Values in a JSON text at most, by its marks: two bytes of text can become seventy of objects, and a name in an object
#: costs three times what a value in a list does.
MAX_VALUES = 1_000_000
MARKS = {b",": 1, b"[": 1, b"{": 1, b":": 3}
MAX_DEPTH = 32
CHUNK = 2**20


def refusal(file: Path, what: str) -> StoreError:
    """The error for one file of a folder: where, what was found, what to do."""
    return StoreError(f"{file.parent}: {file.name} {what}. {ADVICE}")


@contextmanager
def opened(file: Path) -> Iterator[int]:
    """A descriptor of a regular file; a link is not followed and a pipe not waited for.

    Raises
    ------
    StoreError
        Missing, of another type, or not readable.
    """
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise refusal(file, "is missing") from None
    except OSError as error:
        raise refusal(file, f"cannot be read ({error.strerror})") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise refusal(file, "is not a regular file")
        yield handle
    except OSError as error:
        raise refusal(file, f"cannot be read ({error.strerror})") from None
    finally:
        os.close(handle)


def chunks(file: Path, size: int) -> Iterator[bytes]:
    """The bytes of a file of exactly ``size`` bytes, piece by piece; its size is compared before any is read.

    Raises
    ------
    StoreError
    """
    with opened(file) as handle:
        check_size(file, os.fstat(handle).st_size, size)
        left = size
        while left:
            data = os.read(handle, min(left, CHUNK))
            if not data:
                raise refusal(file, "was cut while it was read")
            left -= len(data)
            yield data


def check_size(file: Path, found: int, wanted: int) -> None:
    """Refuse a file of another size.

    Raises
    ------
    StoreError
    """
    if found != wanted:
        raise refusal(file, f"has {found:,} bytes, wanted {wanted:,}")


def check_sha256(file: Path, size: int, sha256: str) -> None:
    """Refuse a file of other content, without holding it in memory.

    Raises
    ------
    StoreError
    """
    sha = hashlib.sha256()
    for data in chunks(file, size):
        sha.update(data)
    if sha.hexdigest() != sha256:
        raise refusal(file, "was altered (SHA-256 differs)")


def read_verified(file: Path, size: int, sha256: str) -> bytes:
    """The bytes of a file, read once and checked before anybody parses them.

    Raises
    ------
    StoreError
    """
    data = b"".join(chunks(file, size))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise refusal(file, "was altered (SHA-256 differs)")
    return data


def read_head(file: Path, n: int) -> bytes:
    """The first ``n`` bytes of a file, or fewer if it is shorter.

    Raises
    ------
    StoreError
    """
    with opened(file) as handle:
        parts: list[bytes] = []
        while n and (data := os.read(handle, n)):
            parts.append(data)
            n -= len(data)
        return b"".join(parts)


def read_small(file: Path, limit: int) -> bytes:
    """All bytes of a file of ``limit`` bytes at most.

    Raises
    ------
    StoreError
    """
    data = read_head(file, limit + 1)
    if len(data) > limit:
        raise refusal(file, f"has more than {limit:,} bytes")
    return data


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _check_text(text: str) -> None:
    if not text.isascii():
        text.encode()  # half of a surrogate pair could never be shown or written


def _check_values(values: Any, depth: int = 1) -> None:
    """Refuse in a list or object what :func:`parse_json` does not give; leaves are not worth a call each."""
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    if isinstance(values, dict):
        for name in values:
            _check_text(name)
        values = values.values()
    for value in values:
        kind = type(value)
        if kind is str:
            _check_text(value)
        elif (kind is float and not math.isfinite(value)) or (kind is int and not -(2**63) <= value < 2**63):
            raise ValueError("no number of 64 bits")  # 1e999
        elif kind is list or kind is dict:
            _check_values(value, depth + 1)


def parse_json(file: Path, data: bytes) -> Any:
    """Parse JSON as this package writes it: ASCII, finite numbers of 64 bits, no name twice, not deep, not huge.

    Raises
    ------
    StoreError
        It is not that.
    """
    try:
        if sum(cost * data.count(mark) for mark, cost in MARKS.items()) > MAX_VALUES:
            raise ValueError("too many values")
        value = json.loads(data.decode("ascii"), parse_constant=_no_constant, object_pairs_hook=_object)
        _check_values([value])
    except (ValueError, RecursionError):
        raise refusal(file, "is damaged (not JSON as fairviz writes it)") from None
    return value
