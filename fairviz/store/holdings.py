"""What lies in a user's store, and what of it goes: fits, results, trainings that were broken off, tables.

What belongs to what is told by ids, fingerprints and keys alone; a name or a title proves nothing.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from fairviz.data.own import Own, OwnStore
from fairviz.data.sets import DATASETS
from fairviz.data.sources import OWN, fingerprint_of
from fairviz.errors import FairvizError, StoreError
from fairviz.store import Entry
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FRONTIER, SWEEP, TABLE, FitSpec

#: The kinds of entry that are listed, and a training that has not ended.
KINDS, TRAINING = (FIT, SWEEP, FRONTIER, TABLE), "training"
_KEY = re.compile(r"[0-9a-f]{32,64}")


@dataclass(frozen=True)
class Held:
    """One thing in a store.

    Attributes
    ----------
    kind : str
        One of ``KINDS``, or ``TRAINING``.
    key : str
        What it is stored under, hexadecimal digits.
    name : str
        The data set's, as the specification has it.
    options : dict
        Of the data set's reader.
    fingerprint : str
        Of the rows.
    target, synthesizer : str
        Of a fit or a training; "" else.
    size : int
        Bytes on disk.
    made : float
        When, in seconds since 1970; 0 if that is not known.
    seconds : float
        How long it took.
    state : str
        Of a training, as ``JobStatus`` has it; "" else.
    share : float
        How much of a training is done, 0 to 1.
    """

    kind: str
    key: str
    name: str
    options: dict[str, Any]
    fingerprint: str
    target: str = ""
    synthesizer: str = ""
    size: int = 0
    made: float = 0.0
    seconds: float = 0.0
    state: str = ""
    share: float = 1.0

    def of_table(self, key: str) -> bool:
        """Whether it was made from the table with this id."""
        return self.name == OWN and self.options == {"id": key}

    @property
    def built_in(self) -> str:
        """The built-in data set whose rows it was made from, or ""; also one whose story was changed."""
        if self.name not in DATASETS:
            return ""
        return self.name if self.options or self.fingerprint == DATASETS[self.name].fingerprint else ""


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder and below; those that go meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.lstat().st_size if not path.is_dir() else 0
    return total


def entries_of(library: Library) -> list[Held]:
    """Everything in the user's store that verifies; every file of it is read."""
    return [held for kind in KINDS for entry in library.store.entries(kind) if (held := _held(entry)) is not None]


def _held(entry: Entry) -> Held | None:
    about, target, synthesizer = entry.spec.get("dataset"), "", ""
    if entry.kind == FIT:
        try:
            spec = FitSpec.from_json(entry.spec)
        except StoreError:  # of some other version
            return None
        target, synthesizer = spec.target, spec.synthesizer
    if not isinstance(about, dict):
        return None
    made, seconds = 0.0, entry.made.get("seconds", 0)
    with suppress(ValueError):
        made = datetime.fromisoformat(str(entry.made.get("time"))).timestamp()
    return Held(
        entry.kind, entry.key, str(about.get("name")), dict(about.get("options") or {}), str(about.get("fingerprint")),
        target, synthesizer, size_of(entry.path), made, float(seconds) if isinstance(seconds, (int, float)) else 0.0,
    )  # fmt: skip


def trainings_of(queue: JobQueue) -> list[Held]:
    """Trainings that have not ended well: under way, or broken off with a checkpoint from which they can go on."""
    found = []
    for path in queue.root.glob("*/spec.json"):
        with suppress(OSError, ValueError, StoreError):  # gone meanwhile, or none of ours
            spec, status = FitSpec.from_json(json.loads(path.read_bytes())), queue.status(path.parent.name)
            if status is not None and status.state != "done":
                share = status.step / status.n_steps if status.n_steps else 0.0
                found.append(Held(
                    TRAINING, path.parent.name, spec.dataset, spec.options, spec.fingerprint, spec.target,
                    spec.synthesizer, size_of(path.parent), path.stat().st_mtime, 0.0, status.state, share,
                ))  # fmt: skip
    return found


def remove(held: Held, library: Library, queue: JobQueue) -> None:
    """Remove one thing, and what is known of its training.

    Raises
    ------
    StoreError
        It is not in the user's store any more, or cannot be removed.
    """
    if not _KEY.fullmatch(held.key) or held.kind not in (*KINDS, TRAINING):
        raise StoreError("There is no such result.")
    if held.kind == TRAINING:
        shutil.rmtree(queue.root / held.key, ignore_errors=True)  # a worker whose folder is gone stops
        return
    path = library.store.root / held.kind / held.key[:32]
    aside = path.with_name(f".writing-{secrets.token_hex(4)}")  # half an entry would be a damaged one
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        raise StoreError("This result is not there any more.") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be removed: {error.strerror}. Check who may write there.") from None
    shutil.rmtree(aside, ignore_errors=True)
    if held.kind == FIT:  # else a page would go on saying that its training is done
        shutil.rmtree(queue.root / held.key[:32], ignore_errors=True)


def remove_table(own: Own, library: Library, queue: JobQueue, tables: OwnStore) -> None:
    """Remove a table with its fits, trainings and trials; what cannot be removed does not keep the rest from going.

    Raises
    ------
    FairvizError
        The first of what went wrong.
    """
    options: dict[str, Any] = {"id": own.id}
    fingerprint = alone(own, tables)
    carry_out([
        partial(queue.forget, OWN, options), partial(library.forget, OWN, options, fingerprint),
        partial(tables.delete, own.id),
    ])  # fmt: skip


def carry_out(removals: Iterable[Callable[[], None]]) -> None:
    """Carry removals out, all of them: what cannot be removed does not keep the rest from going.

    Raises
    ------
    FairvizError
        The first of what went wrong.
    """
    failed: list[FairvizError] = []
    for step in removals:
        try:
            step()
        except FairvizError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def alone(own: Own, tables: OwnStore) -> str:
    """The fingerprint of a table's rows, if no other data set has the same rows; else ""."""
    try:
        mine = fingerprint_of(OWN, {"id": own.id})
    except FairvizError:  # its file is damaged: nothing can have been made from it
        return ""
    same = {source.fingerprint for source in DATASETS.values()}
    others = [o for o in tables.every() if o.id != own.id and (o.sha256, o.base) == (own.sha256, own.base)]
    return "" if mine in same | set(fingerprints(others)) else mine


def fingerprints(owns: Iterable[Own]) -> list[str]:
    """Fingerprints of tables; those that cannot be read have none."""
    found = []
    for own in owns:
        with suppress(FairvizError):
            found.append(fingerprint_of(OWN, {"id": own.id}))
    return found
