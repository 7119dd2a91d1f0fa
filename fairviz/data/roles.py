"""Which columns of somebody's table play which role, and the data set that follows: bands, crossings, random parts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from fairviz.data import sentences
from fairviz.data.cells import as_text, marks_as_missing
from fairviz.data.dataset import DomainDataset
from fairviz.data.dividing import DOMAIN, GROUP, Made, divided, labels_of
from fairviz.data.schema import MISSING, Schema
from fairviz.errors import DataError


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
        frame = marks_as_missing(frame) if self.marks else frame
        made = Made(where, frame)
        taken = (self.label.column, *self.group.columns, *self.domain.columns)
        named = dict.fromkeys((*taken, *self.excluded, *self.as_text, *self.merged))
        missing = [column for column in named if column not in frame.columns]
        if missing:
            raise DataError(f"{where}: {sentences.absent(missing, list(frame.columns))}")
        label, favourable, known = labels_of(made, self.label)
        made.known = known
        group = divided(made, self.group, GROUP, self.as_text)
        domain = divided(made, self.domain, DOMAIN, self.as_text)
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

    def _learned_from(self, made: Made, features: pd.DataFrame) -> pd.DataFrame:
        """Features as they are learned from: codes as text, rare values as one."""
        for column in set(self.as_text) & set(features):
            features[column] = as_text(features[column])
        for column in self.merged:
            if column in features:
                features[column] = made.merged(features[column])
        return features
