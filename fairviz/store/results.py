"""Content-addressed results of one root folder: presence means finished, and what fails to verify counts as absent."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fairviz.errors import StoreError
from fairviz.store.entries import EarlierFormatError, Entry, read_entry, verified
from fairviz.store.keys import key_of
from fairviz.store.writing import (
    REPLACED,
    alone,
    being_replaced,
    payload_bytes,
    put_back,
    replace_entry,
    upgrade_entry,
    write_entry,
)

MAX_QUARANTINED = 20
LEFTOVER_AGE = 3600
#: What a killed writer leaves: folders of :func:`write_entry` and files of :func:`write_atomic`.
_LEFTOVER = re.compile(r"\.writing-[a-z0-9_]{8}|\.fairviz-\d+-[0-9a-f]{16}|\.\w+\.\w+-[a-z0-9_]{8}")


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

    def path(self, kind: str, spec: dict[str, Any]) -> Path:
        """Where the entry of a spec lies or would lie."""
        return self.root / kind / key_of(spec)[:32]

    def _open(self, path: Path) -> Entry:
        """A verified entry; one of an earlier version is upgraded on the way, unless the store is read-only."""
        try:
            return read_entry(path)
        except EarlierFormatError:
            if self.read_only:
                raise
        entry, _ = verified(path, earlier=True)
        with suppress(StoreError):  # a full disk or a read-only cache: as good as before, and upgraded another day
            upgrade_entry(path)
        return entry

    def get(self, kind: str, spec: dict[str, Any]) -> Entry | None:
        """The verified entry of a spec, or None. A damaged one is set aside and counts as absent."""
        path = self.path(kind, spec)
        entry = self._right(path, kind, spec)
        if entry is not None or self.read_only or not (os.path.lexists(path) or being_replaced(path)):
            return entry
        with alone(path.parent):  # somebody may just have been exchanging it
            with suppress(OSError):
                put_back(path)
            entry = self._right(path, kind, spec)
            if entry is None and os.path.lexists(path):
                self._quarantine(path)
        return entry

    def _right(self, path: Path, kind: str, spec: dict[str, Any]) -> Entry | None:
        """The entry at ``path``, if it verifies and is what it should be."""
        with suppress(StoreError):
            entry = self._open(path)
            if entry.key == key_of(spec) and entry.kind == kind:
                return entry
        return None

    def put(self, kind: str, spec: dict[str, Any], **payload: Any) -> Entry:
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

    def publish(self, kind: str, spec: dict[str, Any], *, made: dict[str, Any] | None = None, **files: Any) -> Entry:
        """Put an entry, or replace one of the same spec that holds something else.

        The same plan run again may count otherwise, after a change of code: what is published is what was just run.
        """
        there = self.get(kind, spec)
        if there is not None:
            found = {name: hashlib.sha256(data).hexdigest() for name, data in payload_bytes(**files).items()}
            if found == {name: sealed.sha256 for name, sealed in there.files.items()}:
                return there
        return self.replace(kind, spec, made=made, **files)

    def replace(self, kind: str, spec: dict[str, Any], **payload: Any) -> Entry:
        """Publish an entry in place of the one that is there: made complete aside, then exchanged by renaming."""
        if self.read_only:
            raise StoreError(f"{self.root} is read-only.")
        path = self.path(kind, spec)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return replace_entry(path, kind, spec, **payload)

    def entries(self, kind: str) -> Iterator[Entry]:
        """All verified entries of a kind, by key; damaged ones are passed over."""
        self._finish_exchanges(self.root / kind)
        for path in sorted((self.root / kind).glob("[0-9a-f]*")):
            try:
                yield self._open(path)
            except StoreError:
                continue

    def _finish_exchanges(self, folder: Path) -> None:
        """Put back what an exchange that was cut off left aside."""
        for old in () if self.read_only else list(folder.glob(f"{REPLACED}*")):
            with suppress(OSError), alone(folder):
                put_back(old.with_name(old.name.removeprefix(REPLACED)))

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
