"""A table while roles are made of it: who is favoured, which group and domain a row is of, who is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fairviz.data import sentences
from fairviz.data.cells import as_text
from fairviz.data.schema import MISSING
from fairviz.errors import DataError
from fairviz.text import listing, quoted

if TYPE_CHECKING:
    from fairviz.data.roles import Division, Label

#: Names of columns that are made here; a table that has such a column keeps it under this name with a mark.
PART, GROUP, DOMAIN, LABEL = "random part", "group", "domain", "label"
MAX_PARTS = 20
#: Values of a merged column that keep their names, and what all others are called.
MOST_KEPT, OTHER = 250, "(other)"


@dataclass
class Made:
    """A table while roles are made of it: columns by name, and what was done."""

    where: str
    frame: pd.DataFrame
    known: np.ndarray = field(default_factory=lambda: np.ones(0, bool))  # rows that have a label
    notes: list[str] = field(default_factory=list)
    values: dict[str, np.ndarray] = field(default_factory=dict)

    def text(self, name: str) -> np.ndarray:
        """A column's cells as text, missing ones named so."""
        return np.asarray(as_text(self.frame[name]).fillna(MISSING), object)

    def used(self, domain: str, unused: Sequence[str]) -> np.ndarray:
        """Rows of domains that are not among those left out."""
        absent = sorted(set(unused) - set(self.values[domain]))
        if absent:
            found = listing(sorted(set(self.values[domain])))
            raise DataError(f"{self.where}: no domain {listing(absent)} to leave out. Name some of {found}.")
        out = np.isin(self.values[domain], list(unused))
        if out.any():
            self.notes.append(f"{int((out & self.known).sum()):,} people of {listing(list(unused))} were left out.")
        return np.asarray(~out)

    def merged(self, column: pd.Series) -> pd.Series:
        """A column with its most frequent values, the first by name where they are as frequent; all others as one."""
        values = as_text(column)
        counts = values.value_counts().rename_axis("value").reset_index(name="n")
        counts = counts.sort_values(["n", "value"], ascending=[False, True])
        if len(counts) <= MOST_KEPT:
            return values
        other = OTHER
        while (counts["value"] == other).any():
            other = f"{other} (2)"
        rest = len(counts) - MOST_KEPT
        self.notes.append(
            f"{quoted(str(column.name))}: the {MOST_KEPT} most frequent values stay, {rest:,} became {quoted(other)}."
        )
        return values.where(values.isna() | values.isin(counts["value"][:MOST_KEPT]), other)

    def large_enough(self, group: str, least: int, known: np.ndarray) -> np.ndarray:
        """Rows of groups with at least so many people among those known."""
        sizes = pd.Series(self.values[group][known]).value_counts()
        few = sizes[sizes < least]
        if len(few):
            names = listing(list(few.index))
            self.notes.append(f"{int(few.sum()):,} people of groups too small to judge were left out ({names}).")
        return np.asarray(~np.isin(self.values[group], list(few.index)))

    def keep(self, name: str, values: np.ndarray) -> str:
        """Under a name that is still free among the roles."""
        while name in self.values:
            name = f"{name} (2)"
        self.values[name] = values
        return name


def labels_of(made: Made, label: Label) -> tuple[str, str, np.ndarray]:
    """Name and favourable value of the label's column, and which rows have one."""
    column = made.frame[label.column]
    known = column.notna().to_numpy()
    if not known.any() and len(column):
        raise DataError(f"{made.where}: {sentences.blank('label', label.column, len(column), len(column), 0)}")
    if label.at_least is not None:
        if not pd.api.types.is_numeric_dtype(column):
            raise DataError(
                f"{made.where}: label {quoted(label.column)} is no column of numbers, so it has no threshold. Choose "
                "favourable values."
            )
        good, bad = f"at least {_told(label.at_least)}", f"below {_told(label.at_least)}"
        values = np.where(column.to_numpy(float, na_value=np.nan) >= label.at_least, good, bad)
        made.notes.append(f"{quoted(label.column)} was cut at {_told(label.at_least)}.")
        return made.keep(label.column, values.astype(object)), good, known
    text = made.text(label.column)
    found = sorted(set(text[known]))
    missing = [value for value in label.favourable if value not in found]
    if missing or not label.favourable:
        told = (
            f"label {quoted(label.column)}: no favourable value is chosen; found {listing(found)}. Name one of these."
        )
        if missing:
            told = sentences.no_such_label(label.column, missing, found)
        raise DataError(f"{made.where}: {told}")
    if len(found) == 2 and len(label.favourable) == 1:
        return made.keep(label.column, text), label.favourable[0], known
    rest = [value for value in found if value not in label.favourable]
    good = " or ".join(label.favourable)
    bad = " or ".join(rest) if len(rest) <= 2 else f"not {good}"
    if bad == good:
        bad = f"not {good}"
    chosen = np.isin(text, label.favourable)
    if rest:
        made.notes.append(f"{quoted(label.column)}: {len(found)} values became two, {quoted(good)} and {quoted(bad)}.")
    return made.keep(label.column, np.where(chosen, good, bad).astype(object)), good, known


def divided(made: Made, division: Division, role: str, as_names: Sequence[str]) -> str:
    """Name of the column that says which group or domain a row is of."""
    if division.parts:
        if not 2 <= division.parts <= MAX_PARTS:
            raise DataError(f"{made.where}: {division.parts} random parts; choose 2 to {MAX_PARTS}.")
        codes = np.zeros(len(made.frame), np.int64)
        dealt = np.arange(int(made.known.sum())) % division.parts  # to rows that stay, so that parts are equal
        np.random.default_rng(role == GROUP).shuffle(dealt)
        codes[made.known] = dealt
        made.notes.append(f"Rows were dealt at random into {division.parts} parts.")
        return made.keep(PART, np.array([f"part {k + 1}" for k in range(division.parts)], object)[codes])
    if not division.columns:
        raise DataError(f"{made.where}: no column is chosen as {role}. Choose one.")
    edges = dict(division.bands)
    parts = []
    for name in division.columns:
        if name in edges and name not in as_names:
            parts.append(banded(made.frame[name], edges[name], f"{made.where}: column {quoted(name)}"))
        else:
            parts.append(made.text(name))
    if len(parts) == 1:
        return made.keep(division.columns[0], parts[0])
    pairs = list(zip(*parts, strict=True))
    told = {pair: " × ".join(pair) for pair in dict.fromkeys(pairs)}
    if len(set(told.values())) < len(told):  # a value holds the sign
        told = {pair: " × ".join(map(quoted, pair)) for pair in told}
    crossed = np.array([told[pair] for pair in pairs], object)
    return made.keep(" × ".join(division.columns), crossed)


def _told(number: float) -> str:
    """A number as a person writes it, with all its digits: 1,234,561."""
    return f"{number:,.15g}"


def banded(column: pd.Series, edges: Sequence[float], where: str = "column") -> np.ndarray:
    """Names of the bands that numbers fall into: ``under 25``, ``25 to 60``, ``60 or more``; the lower end is inside.

    Raises
    ------
    DataError
        No column of numbers, or edges that do not rise.
    """
    if not pd.api.types.is_numeric_dtype(column):
        raise DataError(f"{where}: only numbers can be cut into bands. Choose its values as they are.")
    cuts = np.array(edges, float)
    if len(cuts) == 0 or not (np.isfinite(cuts).all() and (np.diff(cuts) > 0).all()):
        raise DataError(f"{where}: bands are cut at rising numbers, such as 25 and 60. Correct them.")
    numbers = column.to_numpy(float, na_value=np.nan)
    told = [_told(edge) for edge in cuts]
    between = [f"{low} to {high}" for low, high in pairwise(told)]
    names = np.array([f"under {told[0]}", *between, f"{told[-1]} or more"], object)
    found = names[np.searchsorted(cuts, np.where(np.isnan(numbers), cuts[0], numbers), side="right")]
    found[np.isnan(numbers)] = MISSING
    return np.asarray(found)
