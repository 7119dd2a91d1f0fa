"""Files of public data sets: found on this machine, or downloaded from the publisher; checked by SHA-256 either way."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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

    def download(self) -> Path:
        """Download the archive and keep the files in the user's cache; returns the folder.

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
                    downloader=pooch.HTTPDownloader(timeout=30),
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
ADULT = Published(
    "adult",
    {
        "adult.data": "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
        "adult.test": "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
    },
    f"{UCI}/2/adult.zip",
    "7537312dd56c2b98035880805ce99e68183a30ee468aa5329d6df0fbb3cc21bb",
)
BANK = Published(
    "bank_marketing",
    {"bank-additional-full.csv": "74adfc578bf77a7ff4bb1ba4a9f8709d9e3c6907342959c2c8416847e0afb4d8"},
    f"{UCI}/222/bank+marketing.zip",
    "e0bf5f5de5b846e2f18e9d90606637267d46dfa260e0f17bb12e605db5efbeb4",
)
GERMAN = Published(
    "german_credit",
    {"german.data": "b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871"},
    f"{UCI}/144/statlog+german+credit+data.zip",
    "e12d9d5def6845c0622634a1cd2ab87fa470668c4298f1ec52a4e403376a435b",
)
LAW = Published(
    "law_school", {"law_school_clean.csv": "23c1b173f3480beb7afc4957b107a9917dfc4a8dc9d87ea6034ec35222152452"}
)
ACS_INCOME = Published(
    "acsincome",
    {"acsincome_2018_14states.csv": "2ca61a0766d37461f151574d79f6ed39d3a05131e23f2f85cb344ce3c849d947"},
)
