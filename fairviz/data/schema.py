"""Which column plays which role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from fairviz.data import ALL_DOMAINS, sentences
from fairviz.errors import DataError
from fairviz.text import listing, quoted

MAX_GROUPS = 20
MAX_FEATURES = 500
MAX_CATEGORIES = 10_000
#: A label with more values than this and nothing but numbers is taken for a measurement.
MANY_LABELS = 10
#: With fewer rows a column of text may well differ in every row without being an identifier.
FEW_ROWS = 20
MISSING = "(missing)"


@dataclass(frozen=True)
class Schema:
    """Roles of the columns of a table.

    Parameters
    ----------
    features : tuple of str
        Columns a classifier may look at: neither label, sensitive attribute nor domain.
    label : str
        Column with exactly two values.
    favourable : str
        The value of ``label`` that is good for the person (``y = 1``), as text.
    sensitive : str
        Column that names the group; two or more groups.
    domain : str
        Column that names the domain; two or more domains.
    categorical : tuple of str
        Features to treat as categories although their values are numbers.
    """

    features: tuple[str, ...]
    label: str
    favourable: str
    sensitive: str
    domain: str
    categorical: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", tuple(self.features))
        object.__setattr__(self, "categorical", tuple(self.categorical))
        roles = [*self.features, self.label, self.sensitive, self.domain]
        twice = sorted(name for name, n in Counter(roles).items() if n > 1)
        if twice:
            raise DataError(
                f"Column {listing(twice)} has more than one role. Give every column one role only, once: "
                "feature, label, sensitive attribute or domain."
            )
        if not self.features:
            raise DataError("The schema names no feature. Name at least one feature column.")
        if len(self.features) > MAX_FEATURES:
            raise DataError(
                f"{len(self.features):,} features; at most {MAX_FEATURES} are learned from. Leave some out."
            )
        features = set(self.features)
        stray = [name for name in self.categorical if name not in features]
        if stray:
            raise DataError(f"Categorical column {listing(stray)} is not among the features.")

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that have a role, features first."""
        return (*self.features, self.label, self.sensitive, self.domain)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary; ``Schema(**schema.to_json())`` gives the schema back."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    def check_columns(
        self,
        frame: pd.DataFrame,
        where: str,
        wanted: Sequence[str] | None = None,
        optional: Sequence[str] = (),
    ) -> None:
        """Refuse a table whose columns are not those of the schema.

        Parameters
        ----------
        frame : DataFrame
        where : str
            What the table is, for the message.
        wanted : sequence of str, optional
            Columns that must be there; all of the schema's by default.
        optional : sequence of str
            Columns that may be there besides.

        Raises
        ------
        DataError
            On duplicate, missing or extra columns.
        """
        wanted = list(self.columns if wanted is None else wanted)
        found = [str(name) for name in frame.columns]
        twice = sorted({name for name in found if found.count(name) > 1})
        if twice:
            raise DataError(f"{where}: column {listing(twice)} occurs more than once. Rename or drop one.")
        missing = [name for name in wanted if name not in found]
        if missing:
            raise DataError(f"{where}: {sentences.absent(missing, found)}")
        extra = [name for name in found if name not in wanted and name not in optional]
        if extra:
            raise DataError(
                f"{where}: column {listing(extra)} is not in the schema. Drop it, or name it among the features."
            )

    def validate(self, frame: pd.DataFrame, where: str = "table") -> None:
        """Check that a table can be learned from under this schema.

        Raises
        ------
        DataError
            Names the column, what was wanted and what was found.
        """
        self.check_columns(frame, where)
        if len(frame) == 0:
            raise DataError(f"{where}: {sentences.NO_ROWS}")
        for role, name in (("label", self.label), ("sensitive attribute", self.sensitive), ("domain", self.domain)):
            blank = frame[name].isna() | (frame[name].astype(str) == "")
            if blank.any():
                told = sentences.blank(role, name, int(blank.sum()), len(frame), int(blank.to_numpy().argmax()))
                raise DataError(f"{where}: {told}")
        self._check_labels(frame, where)
        self._check_groups(frame, where)
        self._check_domains(frame, where)

    def _check_labels(self, frame: pd.DataFrame, where: str) -> None:
        labels = sorted(frame[self.label].astype(str).unique())
        if len(labels) != 2:
            advice = "Keep rows of both classes." if len(labels) < 2 else "Merge them into two classes."
            if len(labels) > MANY_LABELS and pd.to_numeric(pd.Series(labels), errors="coerce").notna().all():
                advice = "It is a measurement: cut it at a threshold into two classes."
            elif len(labels) == len(frame) > 2:
                advice = "It differs in every row, as an identifier does: name another column as label."
            raise DataError(
                f"{where}: label {quoted(self.label)} has {len(labels):,} distinct value(s) ({listing(labels)}); "
                f"wanted two. {advice}"
            )
        if self.favourable not in labels:
            raise DataError(f"{where}: {sentences.no_such_label(self.label, [self.favourable], labels)}")

    def _check_groups(self, frame: pd.DataFrame, where: str) -> None:
        groups = frame[self.sensitive].astype(str).unique()
        if not 2 <= len(groups) <= MAX_GROUPS:
            raise DataError(
                f"{where}: sensitive attribute {quoted(self.sensitive)} has {len(groups)} group(s) "
                f"({listing(groups)}); wanted 2 to {MAX_GROUPS}. "
                + ("Name a column with two or more groups." if len(groups) < 2 else "Merge small groups first.")
            )

    def _check_domains(self, frame: pd.DataFrame, where: str) -> None:
        domains = frame[self.domain].astype(str).unique()
        if len(domains) < 2:
            raise DataError(
                f"{where}: domain {quoted(self.domain)} has a single value ({listing(domains)}); wanted two or more, "
                "one to hold out and one to train on. Name another column as domain."
            )
        if len(domains) > 0.5 * len(frame):
            raise DataError(
                f"{where}: domain {quoted(self.domain)} has {len(domains)} values in {len(frame)} rows; "
                "name a column with few values, such as a region or a year."
            )
        if ALL_DOMAINS in domains:
            raise DataError(
                f"{where}: domain {quoted(self.domain)} has a value {ALL_DOMAINS!r}, which stands for holding "
                "no domain out. Rename this value."
            )

    def check_features(self, tidy: pd.DataFrame, where: str = "table") -> None:
        """Refuse features that nothing can be learned from, or that give the label away.

        A table made in code is not asked this; one that a person hands in is.

        Parameters
        ----------
        tidy : DataFrame
            Numbers as numbers, all else as categories of text.

        Raises
        ------
        DataError
            A feature of text with too many categories or another value in every row, or a copy of the label.
        """
        label = tidy[self.label].astype(str)
        for name in self.features:
            values = tidy[name]
            if isinstance(values.dtype, pd.CategoricalDtype):
                n = len(values.cat.categories)
                if n > MAX_CATEGORIES:
                    told = sentences.too_many(name, n, MAX_CATEGORIES)
                    raise DataError(f"{where}: feature {told} Leave the column out, or merge its categories.")
                filled = values[values != MISSING]
                if len(filled) >= FEW_ROWS and filled.nunique() == len(filled):
                    told = sentences.differs(name, filled.iloc[0])
                    raise DataError(f"{where}: feature {told} Leave the column out.")
            if values.nunique(dropna=False) == 2:
                pairs = pd.DataFrame({"value": values.astype(str), "label": label}).drop_duplicates()
                if len(pairs) == 2 and pairs["label"].nunique() == 2:
                    same = " and ".join(f"{quoted(v)} is {quoted(y)}" for v, y in pairs.itertuples(index=False))
                    raise DataError(
                        f"{where}: feature {quoted(name)} gives label {quoted(self.label)} away in every row ({same}). "
                        "Leave the column out."
                    )
