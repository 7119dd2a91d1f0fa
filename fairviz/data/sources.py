"""Built-in data sets: where the rows come from, and how they are checked."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import platformdirs

from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import Schema, _names
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.errors import MissingDataError, SettingError

ADULT_URL = "https://archive.ics.uci.edu/static/public/2/adult.zip"
ADULT_ZIP_SHA256 = "7537312dd56c2b98035880805ce99e68183a30ee468aa5329d6df0fbb3cc21bb"
ADULT_FILES = {
    "adult.data": "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
    "adult.test": "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
}
ADULT_COLUMNS = (
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
    "income",
)
# fnlwgt is a survey weight and education repeats education-num (method.md, Protocol)
ADULT_SCHEMA = Schema(
    features=(
        "age",
        "workclass",
        "education-num",
        "marital-status",
        "occupation",
        "relationship",
        "capital-gain",
        "capital-loss",
        "hours-per-week",
        "native-country",
    ),
    label="income",
    favourable=">50K",
    sensitive="sex",
    domain="race",
)


def cache_dir() -> Path:
    """The user's cache: ``FAIRVIZ_CACHE`` if set, else the platform's folder for caches."""
    return Path(os.environ.get("FAIRVIZ_CACHE") or platformdirs.user_cache_dir("fairviz"))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _adult_folder() -> Path | None:
    """The first folder that holds both Adult files, or None."""
    named = os.environ.get("FAIRVIZ_DATA")
    folders = [Path(named) / "adult", Path(named)] if named else []
    for folder in [*folders, cache_dir() / "data" / "adult"]:
        if all((folder / name).is_file() for name in ADULT_FILES):
            return folder
    return None


def adult_available() -> bool:
    """Whether Adult's rows are on this machine."""
    return _adult_folder() is not None


def download_adult(url: str = ADULT_URL, sha256: str = ADULT_ZIP_SHA256) -> Path:
    """Download the two Adult files into the user's cache, checked by SHA-256.

    Raises
    ------
    MissingDataError
        No network, the download breaks off, or the bytes are not the published ones. Nothing is kept then.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    folder = cache_dir() / "data" / "adult"
    how = f"Put {' and '.join(ADULT_FILES)} into {folder}, or set FAIRVIZ_DATA to a folder that has them."
    try:
        archive = Path(
            pooch.retrieve(
                url,
                known_hash=f"sha256:{sha256}",
                path=folder.parent,
                fname="adult.zip",
                downloader=pooch.HTTPDownloader(timeout=30),
            )
        )
    except requests.RequestException as error:
        raise MissingDataError(f"Adult could not be downloaded from {url} ({type(error).__name__}). {how}") from None
    except (ValueError, OSError) as error:
        what = "the bytes are not the published ones" if isinstance(error, ValueError) else str(error)
        raise MissingDataError(f"Adult could not be downloaded from {url}: {what}. Nothing was kept. {how}") from None
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = {name: zipped.read(name) for name in ADULT_FILES}
        for name, wanted in ADULT_FILES.items():
            if hashlib.sha256(members[name]).hexdigest() != wanted:
                raise MissingDataError(f"{name} inside the download is not the published file. Nothing was kept. {how}")
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in members.items():
            partial = folder / f"{name}.part"
            try:
                partial.write_bytes(data)
                partial.replace(folder / name)
            finally:
                partial.unlink(missing_ok=True)
    except (zipfile.BadZipFile, KeyError):
        raise MissingDataError(
            f"The download from {url} is not the published archive. Nothing was kept. {how}"
        ) from None
    except OSError as error:
        raise MissingDataError(f"Adult cannot be saved in {folder}: {error.strerror}. Free some space. {how}") from None
    return folder


def read_adult(parts: tuple[str, ...] = ("adult.data", "adult.test"), *, download: bool = False) -> DomainDataset:
    """Adult: 48,842 rows, race as domain, sex as sensitive attribute, ``>50K`` favourable.

    Parameters
    ----------
    parts : tuple of str
        Which of the two files; both by default, one for an in-distribution split.
    download : bool
        Fetch the files if they are not on this machine.

    Raises
    ------
    MissingDataError
        Not here and not to be downloaded, or a file with other bytes than published.
    """
    folder = _adult_folder()
    if folder is None:
        if not download:
            raise MissingDataError(
                "Adult's rows are not on this machine. Run 'fairviz datasets --download adult', or set FAIRVIZ_DATA "
                "to a folder with adult.data and adult.test."
            )
        folder = download_adult()
    frames = []
    for name in parts:
        path = folder / name
        if _sha256(path) != ADULT_FILES[name]:
            raise MissingDataError(f"{path} is not the published file (SHA-256 differs). Delete it and download again.")
        frames.append(
            pd.read_csv(
                path,
                names=list(ADULT_COLUMNS),
                skipinitialspace=True,
                keep_default_na=False,
                skiprows=1 if name == "adult.test" else 0,
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    frame["income"] = frame["income"].str.rstrip(".")
    return DomainDataset.from_frame("adult", frame[list(ADULT_SCHEMA.columns)], ADULT_SCHEMA)


def read_simulated(
    *, bias: float = 1.0, proxy: float = 1.0, shift: float = 1.0, n: int = 20_000, seed: int = 0
) -> DomainDataset:
    """The simulated hiring story; see :class:`fairviz.data.simulate.Hiring`."""
    if not 200 <= n <= 2_000_000:
        raise SettingError(f"simulated: n is {n}; choose 200 to 2,000,000 rows.")
    frame = Hiring(bias=bias, proxy=proxy, shift=shift).sample(n, seed=seed)
    return DomainDataset.from_frame("simulated", frame, HIRING_SCHEMA)


def simulated_frontier() -> list[dict]:
    """The fair Bayes frontier of the default story, a row per control, region and price.

    The gap of the group that leads at price 0 is priced; a price that would overshoot equality is not paid, so its
    row repeats the one before.
    """
    story, frames = Hiring(), []
    grids = {("dp", "rate"): [0.02 * k for k in range(26)], ("eop", "tpr"): [0.01 * k for k in range(26)]}
    for (control, kind), grid in grids.items():
        for domain in story.domains:
            start = story.bayes_frontier(domain, [0.0], control=control).iloc[0]
            leading, other = ("men", "women") if start[f"{kind}_men"] >= start[f"{kind}_women"] else ("women", "men")
            frame = story.bayes_frontier(domain, grid, control=control, leading=leading)
            overshot = frame[f"{kind}_{leading}"] < frame[f"{kind}_{other}"]
            values = frame.columns.drop("lambda_z")
            frame[values] = frame[values].mask(overshot).ffill()
            frames.append(frame.assign(domain=domain, control=control))
    return pd.concat(frames).round(5).to_dict("records")


@dataclass(frozen=True)
class Source:
    """A registered data set: how to read it and what a person should know."""

    read: Callable[..., DomainDataset]
    title: str
    story: str
    licence: str
    publisher: str
    schema: Schema
    available: Callable[[], bool] = lambda: True
    download: Callable[[], Path] | None = None
    nouns: dict[str, str] = field(default_factory=dict)  # words for the generated sentence
    frontier: Callable[[], list[dict]] | None = None  # the best possible, where the truth is known


DATASETS: dict[str, Source] = {
    "adult": Source(
        read=read_adult,
        title="Adult (US census 1994)",
        story="48,842 adults of the 1994 US census; who earns more than 50,000 dollars? A demonstration set.",
        licence="CC BY 4.0",
        publisher="Becker and Kohavi (1996), UCI Machine Learning Repository, doi 10.24432/C5XW20",
        schema=ADULT_SCHEMA,
        available=adult_available,
        download=download_adult,
        nouns={
            "domain": "race",
            "Female": "women",
            "Male": "men",
        },
    ),
    "simulated": Source(
        read=read_simulated,
        title="Simulated hiring",
        story="A made-up labour market with four regions. Its best possible fair rule is known.",
        licence="made by this project",
        publisher="fairviz",
        schema=HIRING_SCHEMA,
        nouns={"domain": "region", "women": "women", "men": "men"},
        frontier=simulated_frontier,
    ),
}


def load_dataset(name: str, **options: object) -> DomainDataset:
    """Read a registered data set by name.

    Raises
    ------
    SettingError
        Unknown name or option.
    MissingDataError
        The rows are not on this machine.
    """
    if name not in DATASETS:
        raise SettingError(f"No data set {name!r}. Choose one of {_names(list(DATASETS))}.")
    try:
        return DATASETS[name].read(**options)
    except TypeError as error:
        raise SettingError(f"Data set {name!r}: {error}.") from None
