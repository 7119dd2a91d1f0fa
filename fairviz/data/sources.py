"""What a built-in data set is: how to read it, and what a person should know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from fairviz.controls.dials import BEST_TRAINING
from fairviz.data.dataset import DomainDataset
from fairviz.data.published import Published
from fairviz.data.schema import Schema
from fairviz.data.sets import DATASETS
from fairviz.errors import SettingError
from fairviz.text import listing, quoted

#: What data sets that people hand in are called in settings and specifications; their option ``id`` says which one.
OWN = "own"


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
class Knob:
    """An option of a data set that is made on the spot; 1 is the default.

    Attributes
    ----------
    name : str
        Keyword of the reader.
    title : str
        For people.
    high, step : float
        Of a slider from 0.
    """

    name: str
    title: str
    high: float = 4.0
    step: float = 0.5


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
    frontier: Callable[[], list[dict[str, Any]]] | None = None  # the best possible, where the truth is known
    compare: Compare = field(default_factory=Compare)
    knobs: tuple[Knob, ...] = ()
    #: Hyper-parameters of its default fits that are not FADM's own defaults.
    training: dict[str, Any] = field(default_factory=lambda: dict(BEST_TRAINING))
    #: Values of lambda_y in the recorded sweep of the networks' labels; where rows are made on the spot any other is
    #: computed there and then.
    strengths: tuple[float, ...] = (0.5, 1.0, 2.0)

    def available(self) -> bool:
        """Whether the rows are on this machine."""
        return self.files is None or self.files.available()

    @property
    def downloadable(self) -> bool:
        """Whether the publisher offers a file that can be fetched and checked."""
        return self.files is not None and self.files.url is not None


def load_dataset(name: str, **options: object) -> DomainDataset:
    """Read a registered data set by name.

    Raises
    ------
    SettingError
        Unknown name or option.
    MissingDataError
        The rows are not on this machine.
    """
    try:
        return source_of(name, options).read(**options)
    except TypeError as error:
        raise SettingError(f"Data set {name!r}: {error}.") from None


def source_of(name: str, options: Mapping[str, object] | None = None) -> Source:
    """What a data set is: a registered one, or one that a person handed in (``options`` say which).

    Raises
    ------
    SettingError
        Unknown name.
    DataError
        There is no such table of a person.
    """
    if name == OWN:
        from fairviz.data.own import source_of_own

        return source_of_own(options or {})
    if name not in DATASETS:
        raise SettingError(f"No data set {quoted(name)}. Choose one of {listing(list(DATASETS))}.")
    return DATASETS[name]


def fingerprint_of(name: str, options: Mapping[str, object] | None = None) -> str:
    """``DomainDataset.fingerprint()`` of a registered data set; without options, its rows need not be here.

    Raises
    ------
    SettingError
        Unknown name or option.
    MissingDataError
        There are options, and the rows are not on this machine.
    """
    if name == OWN or not options:  # a person's own may have been deleted meanwhile
        return source_of(name, options).fingerprint
    return _fingerprint(name, tuple(sorted(options.items())))


@lru_cache(maxsize=32)
def _fingerprint(name: str, options: tuple[tuple[str, object], ...]) -> str:
    return load_dataset(name, **dict(options)).fingerprint()
