"""How one feature of a table is coded: categories of text, atoms and quantiles of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

from fairviz.errors import StoreError

#: A value that holds this share of the rows (after larger atoms are taken out) is an atom.
ATOM_SHARE = 0.05
MAX_ATOMS = 16
#: A numeric column with at most this many values is coded as categories altogether.
FEW_VALUES = 12
MAX_KNOTS = 400


@dataclass
class Column:
    """How one feature is coded. ``categories`` of text, or ``atoms`` and ``knots`` of a number."""

    name: str
    categories: list[str] | None = None
    atoms: list[float | None] = field(default_factory=list)  # None stands for a missing value
    knots: list[float] = field(default_factory=list)  # values of the continuous part
    levels: list[float] = field(default_factory=list)  # their mid-rank probabilities
    edges: list[float] | None = None  # upper cumulative probability of each knot, if all values are knots
    decimals: int | None = None

    @property
    def n_choices(self) -> int:
        """Categories, or atoms and the continuous part."""
        if self.categories is not None:
            return len(self.categories)
        return len(self.atoms) + (1 if self.knots else 0)

    @property
    def block(self) -> int:
        """Width of the one-hot block; a single choice needs none."""
        return self.n_choices if self.n_choices > 1 else 0

    @property
    def numbers(self) -> int:
        """Width of the numeric part, 0 or 1."""
        return 1 if len(self.knots) > 1 else 0


def _find_atoms(values: np.ndarray) -> list[float]:
    """Values that hold a large share of the rows, largest first, by repeated peeling.

    capital-gain of Adult: 0 holds 92 %; of the rest 15024 holds 13 %, 7688 10 % and so on.
    """
    unique, counts = np.unique(values, return_counts=True)
    if len(unique) <= FEW_VALUES:
        return [float(v) for v in unique]
    atoms: list[float] = []
    left = counts.astype(float)
    while len(atoms) < MAX_ATOMS and left.sum() > 0:
        top = int(left.argmax())
        if left[top] < ATOM_SHARE * left.sum() or left[top] < 5:
            break
        atoms.append(float(unique[top]))
        left[top] = 0.0
    return sorted(atoms)


def _decimals(values: np.ndarray) -> int | None:
    """Decimal places with which all values are written, or None if more than six."""
    tolerance = 1e-12 * np.abs(values)  # of each: beside 1e12 a 0.5 is still no 0
    for places in range(7):
        if (np.abs(values - np.round(values, places)) <= tolerance).all():
            return places
    return None


def fit_number(name: str, series: pd.Series) -> Column:
    """How a numeric feature is coded."""
    values = series.dropna().to_numpy(float)
    column = Column(name, decimals=_decimals(values) if len(values) else None)
    atoms = _find_atoms(values)
    column.atoms = [*atoms, *([None] if series.isna().any() else [])]
    rest = values[~np.isin(values, atoms)]
    if len(rest) == 0:
        return column
    unique, counts = np.unique(rest, return_counts=True)
    upper = np.cumsum(counts) / len(rest)
    middle = upper - 0.5 * counts / len(rest)
    if len(unique) <= MAX_KNOTS:
        column.edges = upper.tolist()
    else:
        pick = np.unique(np.searchsorted(upper, np.linspace(0, 1, MAX_KNOTS)).clip(0, len(unique) - 1))
        unique, middle = unique[pick], middle[pick]
    column.knots, column.levels = unique.tolist(), middle.tolist()
    return column


def _rising(values: object, low: float = -math.inf, high: float = math.inf) -> bool:
    """Whether this is a list of finite numbers, each in range and above the one before."""
    if not isinstance(values, list) or not all(type(v) in (int, float) for v in values):
        return False
    numbers = np.array(values, float)
    steps = np.diff(numbers)
    inside = np.isfinite(numbers).all() and (numbers >= low).all() and (numbers <= high).all()
    return bool(inside and (steps > 0).all())


def read_column(state: object) -> Column:
    """One column as :meth:`TableEncoder.to_json` gives it.

    Raises
    ------
    StoreError
    """
    if not (isinstance(state, dict) and state.keys() == {f.name for f in fields(Column)}):
        raise StoreError("the encoder has a column of unknown form")
    column = Column(**state)
    ok = isinstance(column.name, str) and isinstance(column.atoms, list)
    if ok and column.categories is not None:
        names = column.categories
        texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
        ok = texts and 0 < len(names) == len(set(names))
        ok = ok and not (column.atoms or column.knots or column.levels or column.edges or column.decimals)
    elif ok:
        atoms = column.atoms[:-1] if column.atoms and column.atoms[-1] is None else column.atoms
        ok = _rising(atoms) and len(atoms) <= max(MAX_ATOMS, FEW_VALUES)
        ok = ok and _rising(column.knots) and len(column.knots) <= MAX_KNOTS
        ok = ok and _rising(column.levels, 0, 1) and len(column.levels) == len(column.knots)
        if ok and column.edges is not None:
            ok = _rising(column.edges, 0, 1) and len(column.edges) == len(column.knots)
        ok = ok and column.n_choices > 0
        ok = ok and (column.decimals is None or (type(column.decimals) is int and 0 <= column.decimals <= 6))
    if not ok:
        raise StoreError(f"the encoder's column {str(column.name)[:60]!r} is damaged")
    return column
