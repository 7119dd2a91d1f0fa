"""Which column plays which role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from fairviz.errors import DataError

MAX_GROUPS = 20


def _names(values: Sequence[object], limit: int = 8) -> str:
    shown = ", ".join(repr(str(value)) for value in list(values)[:limit])
    return shown + (f" and {len(values) - limit} more" if len(values) > limit else "")


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
                f"Column {_names(twice)} has more than one role. Give every column one role only: "
                "feature, label, sensitive attribute or domain."
            )
        if not self.features:
            raise DataError("The schema names no feature. Name at least one feature column.")
        features = set(self.features)
        stray = [name for name in self.categorical if name not in features]
        if stray:
            raise DataError(f"Categorical column {_names(stray)} is not among the features.")

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that have a role, features first."""
        return (*self.features, self.label, self.sensitive, self.domain)

    def to_json(self) -> dict:
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
            raise DataError(f"{where}: column {_names(twice)} occurs more than once. Rename or drop one.")
        missing = [name for name in wanted if name not in found]
        if missing:
            raise DataError(
                f"{where}: column {_names(missing)} is missing; found {_names(found, 20)}. "
                "Add the column or name another one."
            )
        extra = [name for name in found if name not in wanted and name not in optional]
        if extra:
            raise DataError(
                f"{where}: column {_names(extra)} is not in the schema. Drop it, or name it among the features."
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
            raise DataError(f"{where}: no rows. Give a table with at least one row of data.")
        for role, name in (("label", self.label), ("sensitive attribute", self.sensitive), ("domain", self.domain)):
            blank = frame[name].isna()
            if blank.any():
                raise DataError(
                    f"{where}: {role} {name!r} is missing in {int(blank.sum())} of {len(frame)} rows "
                    f"(first: row {int(blank.to_numpy().argmax()) + 1}). Drop these rows or fill them in."
                )
        labels = sorted(frame[self.label].astype(str).unique())
        if len(labels) != 2:
            raise DataError(
                f"{where}: label {self.label!r} has {len(labels)} distinct value(s) ({_names(labels)}); wanted two."
                + (" Keep rows of both classes." if len(labels) < 2 else " Merge them into two classes.")
            )
        if self.favourable not in labels:
            raise DataError(
                f"{where}: favourable value {self.favourable!r} does not occur in label {self.label!r}; "
                f"found {_names(labels)}. Name one of these."
            )
        groups = frame[self.sensitive].astype(str).unique()
        if not 2 <= len(groups) <= MAX_GROUPS:
            raise DataError(
                f"{where}: sensitive attribute {self.sensitive!r} has {len(groups)} group(s) ({_names(groups)}); "
                f"wanted 2 to {MAX_GROUPS}. "
                + ("Name a column with two or more groups." if len(groups) < 2 else "Merge small groups first.")
            )
        domains = frame[self.domain].astype(str).unique()
        if len(domains) < 2:
            raise DataError(
                f"{where}: domain {self.domain!r} has a single value ({_names(domains)}); wanted two or more, "
                "one to hold out and one to train on. Name another column as domain."
            )
        if len(domains) > 0.5 * len(frame):
            raise DataError(
                f"{where}: domain {self.domain!r} has {len(domains)} values in {len(frame)} rows; "
                "name a column with few values, such as a region or a year."
            )
