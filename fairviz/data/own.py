"""Tables that people hand in, with the roles they chose: kept on this machine until they are deleted.

Each lies in a folder of its own, named by a random number that nobody can guess: who has it may see the data set.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from fairviz.controls.dials import BEST_TRAINING
from fairviz.data.dataset import DomainDataset
from fairviz.data.opened import Opened, open_frame, open_table
from fairviz.data.published import cache_dir
from fairviz.data.roles import Roles
from fairviz.data.sources import OWN, Compare, Source, load_dataset
from fairviz.errors import DataError, SettingError
from fairviz.files import written_aside

#: Bytes that one person's tables may take.
QUOTA = 500_000_000
MAX_TITLE = 80
NOT_FOUND = "This data set is not found, or not yours. Hand it in again under 'Your data'."
_ID = re.compile(r"[0-9a-f]{32}")
_ADDING = threading.Lock()


@dataclass(frozen=True)
class Own:
    """A table with roles.

    Attributes
    ----------
    id : str
        32 random hexadecimal digits.
    title : str
        What its owner calls it.
    owner : str
        Who handed it in; "" if nobody can be told from others.
    base : str
        The built-in data set that was given other roles, or "" for a file.
    roles : Roles
    held_out : tuple of str
        Domains that are held out in turn.
    ends : dict
        By gap and held-out domain: the price of equality on the source, or why there is none.
    training : dict
        Hyper-parameters of its fits that are not the defaults.
    size : int
        Bytes of the file.
    sha256 : str
        Of the file.
    made : float
        When, in seconds since 1970.
    fingerprint : str
        Of the rows with their roles, where it was known when the table was kept.
    """

    id: str
    title: str
    owner: str
    base: str
    roles: Roles
    held_out: tuple[str, ...] = ()
    ends: Mapping[str, Mapping[str, float | str]] | None = None
    size: int = 0
    sha256: str = ""
    made: float = 0.0
    training: Mapping[str, Any] = field(default_factory=lambda: dict(BEST_TRAINING))
    fingerprint: str = ""


class OwnStore:
    """People's tables under one folder.

    Parameters
    ----------
    root : Path, optional
        ``own`` in the user's cache by default.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = Path(root or cache_dir() / "own")

    def add(
        self, title: str, roles: Roles, owner: str, *, data: bytes = b"", base: str = "",
        held_out: tuple[str, ...] = (), ends: Mapping[str, Mapping[str, float | str]] | None = None,
        fingerprint: str = "",
    ) -> Own:  # fmt: skip
        """Keep a table: a file's bytes, or a built-in set with other roles.

        Raises
        ------
        DataError
            The quota is used up, or the folder cannot be written.
        """
        own = Own(
            secrets.token_hex(16), _title(title), owner, base, roles, held_out, ends, len(data),
            hashlib.sha256(data).hexdigest() if data else "", time.time(), fingerprint=fingerprint,
        )  # fmt: skip
        aside = self.root / f".writing-{own.id}"
        with _ADDING:  # or two that come at once would both find room, and have one title
            own = replace(own, title=self._free(own))
            try:
                self.root.mkdir(parents=True, mode=0o700, exist_ok=True)
                self._clear()
                aside.mkdir(mode=0o700)
                if data:
                    (aside / "table").write_bytes(data)
                self._write(aside, own)
                aside.rename(self.root / own.id)
            except OSError as error:
                shutil.rmtree(aside, ignore_errors=True)
                raise DataError(f"The table cannot be kept: {error.strerror}. Free some space.") from None
        return own

    def _free(self, own: Own) -> str:
        """A title that the owner has not given yet, if there is room for another table."""
        before = self.of(own.owner)
        used = sum(other.size for other in before) + own.size
        if used > QUOTA:
            raise DataError(
                f"Your tables would take {used / 1e6:,.0f} MB; at most {QUOTA / 1e6:,.0f} MB are kept. "
                "Delete one under 'Your data'."
            )
        name, k, taken = own.title, 2, {other.title for other in before}
        while name in taken:
            name, k = f"{own.title[: MAX_TITLE - 5]} ({k})", k + 1
        return name

    def _clear(self) -> None:
        """Remove what a killed process left an hour ago or longer."""
        for path in self.root.glob(".writing-*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > 3600:
                    shutil.rmtree(path)

    def _write(self, folder: Path, own: Own) -> None:
        with written_aside(folder / "about.json", mode=0o600) as handle:
            handle.write(json.dumps(asdict(own)).encode())

    def get(self, key: str) -> Own:
        """A table by its id.

        Raises
        ------
        DataError
            There is none; the same words as for one that is somebody else's.
        """
        if not isinstance(key, str) or not _ID.fullmatch(key):
            raise DataError(NOT_FOUND)
        try:
            own = _told((self.root / key / "about.json").read_bytes())
            if not all(isinstance(n, (int, float)) for n in (own.made, own.size)) or own.id != key:
                raise TypeError
            if not all(isinstance(value, (str, int, float)) for value in dict(own.training).values()):
                raise TypeError
        except (OSError, ValueError, KeyError, TypeError, RecursionError, DataError):
            raise DataError(NOT_FOUND) from None
        return own

    def of(self, owner: str) -> list[Own]:
        """Tables of one person, the newest first."""
        return sorted((own for own in self.every() if own.owner == owner), key=lambda own: -own.made) if owner else []

    def every(self) -> list[Own]:
        """Tables of everybody."""
        found = []
        for path in self.root.glob("*/about.json"):
            with suppress(DataError):  # deleted a moment ago, or being written
                found.append(self.get(path.parent.name))
        return found

    def change(self, key: str, **what: Any) -> Own:
        """Another title, or where its dials end.

        Raises
        ------
        DataError
            There is no such table, or it cannot be written.
        """
        if "title" in what:
            what["title"] = _title(what["title"])
        own = replace(self.get(key), **what)
        try:
            self._write(self.root / key, own)
        except OSError as error:
            raise DataError(f"The table cannot be changed: {error.strerror}. Free some space.") from None
        return own

    def delete(self, key: str) -> None:
        """Remove a table; what was made from it is the library's to remove."""
        self.get(key)
        shutil.rmtree(self.root / key, ignore_errors=True)
        _read.cache_clear()
        if (self.root / key).exists():
            raise DataError("The table cannot be removed: its folder is not one that can be written to.")

    def opened(self, own: Own) -> Opened:
        """The table as it was read."""
        if own.base:
            return open_frame(own.title, load_dataset(own.base).frame)
        return open_table(self.root / own.id / "table", own.title)

    def rows(self, key: str) -> DomainDataset:
        """The data set that the roles make of a table.

        Raises
        ------
        DataError
            There is no such table.
        """
        own = self.get(key)
        return own.roles.apply(OWN, self.opened(own).frame, where=own.title)[0]


@lru_cache(maxsize=2000)
def _told(about: bytes) -> Own:
    """What a file says of a table; the same bytes say the same, and a page asks for all of them at every move."""
    told = json.loads(about)
    told["roles"], told["held_out"] = Roles.from_json(told["roles"]), tuple(told["held_out"])
    return Own(**told)


def _title(text: str) -> str:
    short = " ".join(text.split())[:MAX_TITLE]
    return short or "My table"


@lru_cache(maxsize=3)
def _read(root: Path, key: str) -> DomainDataset:
    return OwnStore(root).rows(key)


def source_of_own(options: Mapping[str, Any]) -> Source:
    """A person's table as built-in data sets are described.

    Raises
    ------
    SettingError
        The options do not say which one.
    DataError
        There is no such table.
    """
    if set(options) != {"id"}:
        raise SettingError("A data set of one's own is named by its id alone.")
    store, key = OwnStore(), str(options["id"])
    own = store.get(key)

    def read(**given: Any) -> DomainDataset:
        store.get(key)  # deleted meanwhile: not from memory
        return _read(store.root, key)

    dataset = read()
    return Source(
        read=read, title=own.title, story="A table of your own.", licence="yours", publisher="you",
        schema=dataset.schema, fingerprint=dataset.fingerprint(), nouns={"domain": dataset.schema.domain},
        compare=Compare(held_out=own.held_out), training=dict(own.training),
    )  # fmt: skip
