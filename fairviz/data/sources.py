"""Built-in data sets: how to read them, and what a person should know of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import pandas as pd

from fairviz.controls import LAMBDA_Y_GRID
from fairviz.data import readers
from fairviz.data.dataset import DomainDataset
from fairviz.data.published import ACS_INCOME, ADULT, BANK, GERMAN, LAW, Published
from fairviz.data.schema import Schema, _names, _shown
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.errors import SettingError


def read_simulated(
    *, bias: float = 1.0, proxy: float = 1.0, shift: float = 1.0, n: int = 20_000, seed: int = 0
) -> DomainDataset:
    """The simulated hiring story; see :class:`fairviz.data.simulate.Hiring`."""
    if not 200 <= n <= 2_000_000:
        raise SettingError(f"simulated: n is {n}; choose 200 to 2,000,000 rows.")
    frame = Hiring(bias=bias, proxy=proxy, shift=shift).sample(n, seed=seed)
    return DomainDataset.from_frame("simulated", frame, HIRING_SCHEMA)


def simulated_frontier() -> list[dict]:
    """The fair Bayes frontier of the default story, a row per control, region and price, up to equality."""
    story = Hiring()
    grids = {"dp": [0.02 * k for k in range(26)], "eop": [0.01 * k for k in range(16)]}
    frames = [
        story.bayes_frontier(domain, grid, control=control).assign(domain=domain, control=control)
        for control, grid in grids.items()
        for domain in story.domains
    ]
    return pd.concat(frames).round(5).to_dict("records")


@dataclass(frozen=True)
class Compare:
    """How much of a data set is compared: set so that a laptop does it in half an hour.

    Attributes
    ----------
    held_out : tuple of str
        Domains held out, where there are too many; all of them if none is named.
    level : str
        Positions of the dials: ``full``, or ``light`` for every second one.
    n, n_steps : int
        Training rows and score evaluations.
    n_iter : int
        Iterations of a generator's training, where the source is too small for the default; 0 for the default.
    """

    held_out: tuple[str, ...] = ()
    level: str = "light"
    n: int = 10_000
    n_steps: int = 10
    n_iter: int = 0


@dataclass(frozen=True)
class Source:
    """A registered data set: how to read it and what a person should know.

    ``files`` is None for a set that is made on the spot. ``fingerprint`` is written down here because results are
    found by it where the rows themselves are not at hand; a name proves nothing, since any CSV file may bear it.
    """

    read: Callable[..., DomainDataset]
    title: str
    story: str
    licence: str
    publisher: str
    schema: Schema
    fingerprint: str  # of the published rows, read with default options
    files: Published | None = None
    nouns: dict[str, str] = field(default_factory=dict)  # words for the generated sentence
    frontier: Callable[[], list[dict]] | None = None  # the best possible, where the truth is known
    compare: Compare = field(default_factory=Compare)
    #: Values of lambda_y in the recorded sweep; where rows are made on the spot any other is computed there and then.
    strengths: tuple[float, ...] = LAMBDA_Y_GRID

    def available(self) -> bool:
        """Whether the rows are on this machine."""
        return self.files is None or self.files.available()

    @property
    def downloadable(self) -> bool:
        """Whether the publisher offers a file that can be fetched and checked."""
        return self.files is not None and self.files.url is not None


DATASETS: dict[str, Source] = {
    "adult": Source(
        read=readers.read_adult,
        title="Adult (US census 1994)",
        story="48,842 adults of the 1994 US census; who earns more than 50,000 dollars? A demonstration set.",
        licence="CC BY 4.0",
        publisher="Becker and Kohavi (1996), UCI Machine Learning Repository, doi 10.24432/C5XW20",
        schema=readers.ADULT_SCHEMA,
        fingerprint="0c628692ea4fcec4e82196e974f2a304404b3ba51e6e784a0d609323ea134364",
        files=ADULT,
        nouns={"domain": "race", "Female": "women", "Male": "men"},
        compare=Compare(level="full", n=20_000, n_steps=20),
    ),
    "simulated": Source(
        read=read_simulated,
        title="Simulated hiring",
        story="A made-up labour market with four regions. Its best possible fair rule is known.",
        licence="made by this project",
        publisher="fairviz",
        schema=HIRING_SCHEMA,
        fingerprint="e770a5a60efece6c133692d75de8f31b69b56376ca068e677912239412d85124",
        nouns={"domain": "region", "women": "women", "men": "men"},
        frontier=simulated_frontier,
        strengths=(1.0,),
    ),
    "acsincome": Source(
        read=readers.read_acsincome,
        title="ACS income (US census 2018)",
        story="324,916 working adults of 14 US states in 2018; who earns more than 50,000 dollars?",
        licence="US Census Bureau, terms of use of the public use microdata",
        publisher="US Census Bureau, American Community Survey 2018; task of Ding et al. (2021), Retiring Adult",
        schema=readers.ACS_SCHEMA,
        fingerprint="ec02b4d2d6d81f6589e8c19a97e7adca333f6cc68c9998133cfd8a2ce69f7776",
        files=ACS_INCOME,
        nouns={"domain": "state", "women": "women", "men": "men"},
        compare=Compare(held_out=("HI", "NC", "NJ", "SD", "UT")),  # the largest, the smallest and three between
    ),
    "bank_marketing": Source(
        read=readers.read_bank_marketing,
        title="Bank marketing (Portugal)",
        story="41,188 calls of a Portuguese bank, 2008 to 2010; who subscribes to a deposit?",
        licence="CC BY 4.0",
        publisher="Moro, Cortez and Rita (2014), UCI Machine Learning Repository, id 222",
        schema=readers.BANK_SCHEMA,
        fingerprint="8f19955fdb4f2d1fc6596c22a7d46b1b3422519b911851fb645add9e3bb0c3b5",
        files=BANK,
        nouns={
            "domain": "year",
            "25 to 59": "people of 25 to 59",
            "under 25 or 60 and over": "people under 25 or of 60 and over",
        },
    ),
    "german_credit": Source(
        read=readers.read_german_credit,
        title="German credit",
        story="1,000 loan applicants, Germany, 1970s; who is a good risk? Small, and its coding of sex is disputed.",
        licence="CC BY 4.0",
        publisher="Hofmann (1994), UCI Machine Learning Repository, doi 10.24432/C5NC77",
        schema=readers.GERMAN_SCHEMA,
        fingerprint="7d8f1ba47645f0069df08294e366503db35963a34eae0a5a307c60494554c20f",
        files=GERMAN,
        nouns={"domain": "kind of housing", "women": "women", "men": "men"},
        compare=Compare(n_iter=1000),
    ),
    "law_school": Source(
        read=readers.read_law_school,
        title="Law school (US bar exam)",
        story="20,798 US law students of the 1990s; who passes the bar at the first attempt?",
        licence="none stated, research use",
        publisher="Law School Admission Council (Wightman 1998), as cleaned by Le Quy et al. (2022)",
        schema=readers.LAW_SCHEMA,
        fingerprint="b4cb49570ad34b1a1131e30bc8d9f12417f2650cded15c87aa0c610845b2480a",
        files=LAW,
        nouns={"domain": "tier of law school", "White": "White students", "Non-White": "other students"},
        compare=Compare(n_iter=3000),
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
        raise SettingError(f"No data set {_shown(name)}. Choose one of {_names(list(DATASETS))}.")
    try:
        return DATASETS[name].read(**options)
    except TypeError as error:
        raise SettingError(f"Data set {name!r}: {error}.") from None


def fingerprint_of(name: str, options: Mapping[str, object] | None = None) -> str:
    """``DomainDataset.fingerprint()`` of a registered data set; without options, its rows need not be here.

    Raises
    ------
    SettingError
        Unknown name or option.
    MissingDataError
        There are options, and the rows are not on this machine.
    """
    if name not in DATASETS:
        raise SettingError(f"No data set {name!r}. Choose one of {_names(list(DATASETS))}.")
    return _fingerprint(name, tuple(sorted(options.items()))) if options else DATASETS[name].fingerprint


@lru_cache(maxsize=32)
def _fingerprint(name: str, options: tuple[tuple[str, object], ...]) -> str:
    return load_dataset(name, **dict(options)).fingerprint()
