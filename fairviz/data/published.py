"""Files of public data sets: found on this machine, or downloaded from the publisher; checked by SHA-256 either way."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import platformdirs

from fairviz.errors import MissingDataError


def cache_dir() -> Path:
    """The user's cache: ``FAIRVIZ_CACHE`` if set, else the platform's folder for caches."""
    return Path(os.environ.get("FAIRVIZ_CACHE") or platformdirs.user_cache_dir("fairviz"))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Files of an archive by their last name, archives inside it opened too."""
    found: dict[str, bytes] = {}
    for name in archive.namelist():
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(archive.read(name))) as inner:
                found |= _members(inner)
        elif not name.endswith("/"):
            found[name.rsplit("/", 1)[-1]] = archive.read(name)
    return found


class _Told:
    """A progress bar as pooch wants one."""

    def __init__(self, tell: Callable[[int, int], object]) -> None:
        self.tell, self.total, self.done = tell, 0, 0

    def update(self, more: int) -> None:
        self.done += more  # pooch counts the last piece as a whole one
        self.tell(min(self.done, self.total) if self.total else self.done, self.total)

    def reset(self) -> None:  # pooch resets at the end, to fill its bar
        self.done = 0

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Published:
    """The files of one public data set.

    Attributes
    ----------
    name : str
        Name of the data set, and of its folder under ``FAIRVIZ_DATA`` and in the user's cache.
    files : mapping
        File name to SHA-256 (of the content, for files that are stored as ``.gz``).
    url, sha256 : str, optional
        Where the publisher offers an archive with these files, and the archive's SHA-256.
    """

    name: str
    files: Mapping[str, str]
    url: str | None = None
    sha256: str | None = None

    @property
    def cache(self) -> Path:
        """Where a download lands."""
        return cache_dir() / "data" / self.name

    def _find(self, name: str) -> Path | None:
        named = os.environ.get("FAIRVIZ_DATA")
        folders = [Path(named) / self.name, Path(named)] if named else []
        for folder in [*folders, self.cache]:
            for path in (folder / name, folder / f"{name}.gz"):
                if path.is_file():
                    return path
        return None

    def available(self) -> bool:
        """Whether every file is on this machine."""
        return all(self._find(name) is not None for name in self.files)

    @property
    def how(self) -> str:
        """What a person can do to bring the files here."""
        return f"Put {' and '.join(self.files)} into {self.cache}, or set FAIRVIZ_DATA to a folder that has them."

    def read(self, name: str, *, download: bool = False) -> bytes:
        """The content of a file.

        Raises
        ------
        MissingDataError
            Not on this machine, or not the published bytes.
        """
        path = self._find(name)
        if path is None:
            if not download:
                get = f"Run 'fairviz datasets --download {self.name}', or set" if self.url else "Set"
                raise MissingDataError(
                    f"The rows of {self.name} are not on this machine. {get} FAIRVIZ_DATA to a folder with "
                    f"{' and '.join(self.files)}."
                )
            self.download()
            path = self.cache / name
        data = path.read_bytes()
        if path.suffix == ".gz":
            try:
                data = gzip.decompress(data)
            except (OSError, EOFError, zlib.error):
                data = b""
        if _sha256(data) != self.files[name]:
            raise MissingDataError(f"{path} is not the published file (SHA-256 differs). Delete it and get it again.")
        return data

    def download(self, tell: Callable[[int, int], object] | None = None) -> Path:
        """Download the archive and keep the files in the user's cache; returns the folder.

        Parameters
        ----------
        tell : callable, optional
            Bytes that have come, and bytes of all (0 if the publisher does not say): called as they come.

        Raises
        ------
        MissingDataError
            No archive is offered, no network, the download breaks off, or the bytes are not the published ones.
            Nothing is kept then.
        """
        if self.url is None:
            raise MissingDataError(f"The publisher of {self.name} offers no file to download. {self.how}")
        import pooch
        import requests

        pooch.get_logger().setLevel("WARNING")
        where = f"{self.name} could not be downloaded from {self.url}"
        try:
            archive = Path(
                pooch.retrieve(
                    self.url,
                    known_hash=f"sha256:{self.sha256}",
                    path=self.cache.parent,
                    fname=f"{self.name}.zip",
                    downloader=pooch.HTTPDownloader(timeout=30, progressbar=_Told(tell) if tell else False),
                )
            )
        except requests.RequestException as error:
            raise MissingDataError(f"{where} ({type(error).__name__}). {self.how}") from None
        except (ValueError, OSError) as error:
            what = "the bytes are not the published ones" if isinstance(error, ValueError) else str(error)
            raise MissingDataError(f"{where}: {what}. Nothing was kept. {self.how}") from None
        try:
            with zipfile.ZipFile(archive) as zipped:
                members = _members(zipped)
            for name, wanted in self.files.items():
                if _sha256(members[name]) != wanted:
                    raise MissingDataError(
                        f"{name} inside the download is not the published file. Nothing was kept. {self.how}"
                    )
            self._keep(members)
        except (zipfile.BadZipFile, KeyError):
            raise MissingDataError(
                f"The download from {self.url} is not the published archive. Nothing was kept. {self.how}"
            ) from None
        except OSError as error:
            raise MissingDataError(
                f"{self.name} cannot be saved in {self.cache}: {error.strerror}. Free some space. {self.how}"
            ) from None
        return self.cache

    def _keep(self, members: Mapping[str, bytes]) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        for name in self.files:
            partial = self.cache / f"{name}.part"
            try:
                partial.write_bytes(members[name])
                partial.replace(self.cache / name)
            finally:
                partial.unlink(missing_ok=True)


UCI = "https://archive.ics.uci.edu/static/public"


def table_of(files: Published, name: str, download: bool, **how: Any) -> pd.DataFrame:
    """One of the files as a table, every cell as it stands there; ``how``: keywords of ``pandas.read_csv``.

    Raises
    ------
    MissingDataError
        As :meth:`Published.read`.
    """
    return pd.read_csv(io.BytesIO(files.read(name, download=download)), keep_default_na=False, **how)
