"""Which columns of somebody's table play which role, and the data set that follows: bands, crossings, random parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from fairviz.data import sentences
from fairviz.data.cells import as_text, without_marks
from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import MISSING, Schema
from fairviz.errors import DataError
from fairviz.text import listing, quoted

#: Names of columns that are made here; a table that has such a column keeps it under this name with a mark.
PART, GROUP, DOMAIN, LABEL = "random part", "group", "domain", "label"
MAX_PARTS = 20
#: Values of a merged column that keep their names, and what all others are called.
MOST_KEPT, OTHER = 250, "(other)"


@dataclass(frozen=True)
class Label:
    """Who counts as favoured: rows with some values, or with a number of at least so much.

    Attributes
    ----------
    column : str
    favourable : tuple of str
        Values that are good for the person.
    at_least : float, optional
        For a column of numbers, instead of values.
    """

    column: str
    favourable: tuple[str, ...] = ()
    at_least: float | None = None


@dataclass(frozen=True)
class Division:
    """How rows are divided into groups or domains: by columns, crossed if there are several; or at random.

    Attributes
    ----------
    columns : tuple of str
    bands : tuple of (str, tuple of float)
        Where columns of numbers are cut; the first band is below the first number.
    parts : int
        Random parts of equal size, instead of columns.
    """

    columns: tuple[str, ...] = ()
    bands: tuple[tuple[str, tuple[float, ...]], ...] = ()
    parts: int = 0


@dataclass(frozen=True)
class Roles:
    """Roles of a table's columns; what has none is a feature, unless it is excluded.

    Attributes
    ----------
    label : Label
    group, domain : Division
    excluded : tuple of str
        Columns that nothing is learned from.
    as_text : tuple of str
        Columns of numbers that are names, such as codes.
    least : int
        People of groups with fewer people than this are left out.
    merged : tuple of str
        Columns of very many values: the :data:`MOST_KEPT` most frequent stay, all others become one.
    unused : tuple of str
        Domains whose people are left out, from training and from tests.
    marks : bool
        Whether NA, ? and the like are missing cells in columns that are numbers but for them.
    """

    label: Label
    group: Division
    domain: Division
    excluded: tuple[str, ...] = ()
    as_text: tuple[str, ...] = ()
    least: int = 0
    merged: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    marks: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary; see :meth:`from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, about: dict[str, Any]) -> Roles:
        """Inverse of :meth:`to_json`, after a way through JSON.

        Raises
        ------
        DataError
            These are no roles.
        """
        try:
            label, divisions = about["label"], [about["group"], about["domain"]]
            merged, unused = about.get("merged", ()), about.get("unused", ())  # not yet in tables of version 0.3
            lists = [label["favourable"], about["excluded"], about["as_text"], merged, unused]
            lists += [d["columns"] for d in divisions]
            if not all(isinstance(one, (list, tuple)) for one in lists):
                raise TypeError
            at_least = None if label["at_least"] is None else float(label["at_least"])
            group, domain = (
                Division(
                    tuple(map(str, d["columns"])),
                    tuple((str(name), tuple(map(float, edges))) for name, edges in d["bands"]),
                    int(d["parts"]),
                )
                for d in divisions
            )
            return cls(
                Label(str(label["column"]), tuple(map(str, label["favourable"])), at_least), group, domain,
                tuple(map(str, about["excluded"])), tuple(map(str, about["as_text"])), int(about.get("least", 0)),
                tuple(map(str, merged)), tuple(map(str, unused)), bool(about.get("marks", False)),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError, OverflowError):
            raise DataError("These are not the roles of a table's columns.") from None

    def apply(self, name: str, frame: pd.DataFrame, *, where: str | None = None) -> tuple[DomainDataset, list[str]]:
        """The data set that the roles make of a table, and what was done, a sentence each.

        Parameters
        ----------
        frame : DataFrame
            Columns of numbers as numbers, others as text; missing cells as such.
        where : str, optional
            What messages call the table; its name by default.

        Raises
        ------
        DataError
            A role's column is not there, or nothing can be learned or judged; says what to do.
        """
        where = where or name
        frame = self._read(frame)
        made = _Made(where, frame)
        taken = (self.label.column, *self.group.columns, *self.domain.columns)
        named = dict.fromkeys((*taken, *self.excluded, *self.as_text, *self.merged))
        missing = [column for column in named if column not in frame.columns]
        if missing:
            raise DataError(f"{where}: {sentences.absent(missing, list(frame.columns))}")
        label, favourable, known = _labels(made, self.label)
        made.known = known
        group = _divided(made, self.group, GROUP, self.as_text)
        domain = _divided(made, self.domain, DOMAIN, self.as_text)
        known = known & made.used(domain, self.unused)
        known = known & made.large_enough(group, self.least, known)
        features = [c for c in frame.columns if c not in taken and c not in self.excluded]
        if not features:
            raise DataError(f"{where}: {sentences.NO_FEATURE}")
        out = self._learned_from(made, frame.loc[known, features].copy())
        roles = []
        for column, values in ((label, made.values[label]), (group, made.values[group]), (domain, made.values[domain])):
            free = column
            while free in out.columns:
                free = f"{free} (role)"
            out[free] = values[known]
            roles.append(free)
        if not made.known.all():
            made.notes.append(sentences.left_out(int((~made.known).sum())))
        for role, column in (("group", group), ("domain", domain)):
            absent = int((made.values[column][known] == MISSING).sum())
            if absent:
                made.notes.append(sentences.kept_as(absent, role, MISSING))
        schema = Schema(tuple(features), roles[0], favourable, roles[1], roles[2])
        dataset = DomainDataset.from_frame(name, out.reset_index(drop=True), schema, where=where)
        schema.check_features(dataset.frame, where)
        return dataset, made.notes

    def _read(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The table with marks of absence read as missing, where they are said to be."""
        if not self.marks:
            return frame
        done = {name: without_marks(frame[name]) for name in frame.columns}
        return frame.assign(**{name: values for name, values in done.items() if values is not None})

    def _learned_from(self, made: _Made, features: pd.DataFrame) -> pd.DataFrame:
        """Features as they are learned from: codes as text, rare values as one."""
        for column in set(self.as_text) & set(features):
            features[column] = as_text(features[column])
        for column in self.merged:
            if column in features:
                features[column] = made.merged(features[column])
        return features


@dataclass
class _Made:
    """A table while roles are made of it: columns by name, and what was done."""

    where: str
    frame: pd.DataFrame
    known: np.ndarray = field(default_factory=lambda: np.ones(0, bool))  # rows that have a label
    notes: list[str] = field(default_factory=list)
    values: dict[str, np.ndarray] = field(default_factory=dict)

    def column(self, name: str) -> pd.Series:
        return self.frame[name]

    def text(self, name: str) -> np.ndarray:
        """A column's cells as text, missing ones named so."""
        return np.asarray(as_text(self.column(name)).fillna(MISSING), object)

    def used(self, domain: str, unused: Sequence[str]) -> np.ndarray:
        """Rows of domains that are not among those left out."""
        absent = sorted(set(unused) - set(self.values[domain]))
        if absent:
            found = listing(sorted(set(self.values[domain])))
            raise DataError(f"{self.where}: no domain {listing(absent)} to leave out. There are {found}.")
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


def _labels(made: _Made, label: Label) -> tuple[str, str, np.ndarray]:
    """Name and favourable value of the label's column, and which rows have one."""
    column = made.column(label.column)
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


def _divided(made: _Made, division: Division, role: str, as_names: Sequence[str]) -> str:
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
            parts.append(banded(made.column(name), edges[name], f"{made.where}: column {quoted(name)}"))
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
