"""A table with roles, cut into domains."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from fairviz.data.schema import Schema, _names
from fairviz.errors import DataError, SettingError

ALL_DOMAINS = "all"
MISSING = "(missing)"


def _as_text(values: pd.Series) -> pd.Series:
    """Values as text, missing ones as None; whole numbers without the ".0" that a missing neighbour gave them."""
    kept = values.astype("object").where(values.notna(), None)
    whole = pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all()
    return kept.map(lambda v: str(int(v)) if whole else str(v), na_action="ignore")


def _tidy(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Numbers stay numbers, everything else becomes text categories."""
    columns = {}
    for name in schema.columns:
        values = frame[name]
        numeric = (
            name in schema.features
            and name not in schema.categorical
            and pd.api.types.is_numeric_dtype(values)
            and not pd.api.types.is_bool_dtype(values)
        )
        if numeric:
            if not np.isfinite(values.dropna().to_numpy(float)).all():
                raise DataError(f"Feature {name!r} holds an infinite number. Replace it or leave it empty.")
            columns[name] = values
        elif isinstance(values.dtype, pd.CategoricalDtype) and pd.api.types.is_string_dtype(values.cat.categories):
            if name not in schema.features:
                values = values.cat.remove_unused_categories()
            elif values.isna().any():
                values = values.cat.add_categories([MISSING]).fillna(MISSING)
            columns[name] = values
        else:
            text = _as_text(values)
            if name in schema.features:
                text = text.fillna(MISSING)
            columns[name] = pd.Categorical(text)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))


@dataclass(frozen=True)
class DomainDataset:
    """A table plus its schema; domains are the values of one column.

    Build with :meth:`from_frame`, which validates and tidies.

    Attributes
    ----------
    name : str
    frame : DataFrame
        Columns of the schema; numeric features as numbers, all else as categories of text.
    schema : Schema
    groups : tuple of str
        Values of the sensitive attribute over the whole data set (kept by subsets).
    """

    name: str
    frame: pd.DataFrame
    schema: Schema
    groups: tuple[str, ...]

    @classmethod
    def from_frame(cls, name: str, frame: pd.DataFrame, schema: Schema) -> DomainDataset:
        """Validate a table against its schema.

        Raises
        ------
        DataError
            See :meth:`Schema.validate`.
        """
        frame = frame.reset_index(drop=True)  # rows are told apart by place, never by a label they came with
        schema.validate(frame, where=name)
        tidy = _tidy(frame, schema)
        return cls(name, tidy, schema, tuple(tidy[schema.sensitive].cat.categories))

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def y(self) -> np.ndarray:
        """Labels, shape (n,), 1 for the favourable value."""
        return (self.frame[self.schema.label] == self.schema.favourable).to_numpy(np.int64)

    @cached_property
    def z(self) -> np.ndarray:
        """Group of every row as an index into ``groups``, shape (n,)."""
        dtype = pd.CategoricalDtype(list(self.groups))
        return self.frame[self.schema.sensitive].astype(dtype).cat.codes.to_numpy(np.int64)

    @cached_property
    def d(self) -> np.ndarray:
        """Domain of every row as an index into ``domains``, shape (n,)."""
        dtype = pd.CategoricalDtype(list(self.domains))
        return self.frame[self.schema.domain].astype(dtype).cat.codes.to_numpy(np.int64)

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """Domains that occur, sorted."""
        return tuple(sorted(self.frame[self.schema.domain].astype(str).unique()))

    @cached_property
    def labels(self) -> tuple[str, str]:
        """The two label values: unfavourable, favourable."""
        values = set(self.frame[self.schema.label].cat.categories) - {self.schema.favourable}
        return (values.pop() if values else "other", self.schema.favourable)

    @property
    def features(self) -> pd.DataFrame:
        """The feature columns."""
        return self.frame[list(self.schema.features)]

    def take(self, rows: np.ndarray) -> DomainDataset:
        """The given rows (mask or positions), same schema, same groups."""
        frame = self.frame.loc[rows] if rows.dtype == bool else self.frame.iloc[rows]
        return DomainDataset(self.name, frame.reset_index(drop=True), self.schema, self.groups)

    def leave_out(self, domain: str) -> tuple[DomainDataset, DomainDataset]:
        """Split into (source, target); the target is the one domain named.

        Raises
        ------
        SettingError
            If there is no such domain.
        """
        if domain not in self.domains:
            raise SettingError(f"{self.name}: no domain {domain!r}. Choose one of {_names(self.domains, 60)}.")
        held_out = (self.frame[self.schema.domain] == domain).to_numpy()
        return self.take(~held_out), self.take(held_out)

    def source_for(self, target: str) -> DomainDataset:
        """The rows trained on: all but ``target``, or every row for ``"all"``."""
        return self if target == ALL_DOMAINS else self.leave_out(target)[0]

    @cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256(json.dumps([self.schema.to_json(), self.groups]).encode())
        sha.update(pd.util.hash_pandas_object(self.frame.astype(object), index=False).to_numpy().tobytes())
        return sha.hexdigest()

    def fingerprint(self) -> str:
        """SHA-256 over schema and every cell, in order (hex)."""
        return self._digest

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns that hold text; a CSV of rows like these is read with them as written."""
        return tuple(n for n in self.schema.columns if isinstance(self.frame[n].dtype, pd.CategoricalDtype))

    def conform(self, frame: pd.DataFrame, where: str) -> pd.DataFrame:
        """Bring rows for training (features and label) to this data set's types.

        Sensitive attribute and domain may be among the columns; they are dropped.

        Raises
        ------
        DataError
            On missing, extra or wrongly typed columns, missing labels, or a single class.
        """
        schema, frame = self.schema, frame.reset_index(drop=True)
        wanted = [*schema.features, schema.label]
        schema.check_columns(frame, where, wanted, optional=(schema.sensitive, schema.domain))
        if len(frame) == 0:
            raise DataError(f"{where}: no rows. Give at least one row of each class.")
        columns = {}
        for name in wanted:
            model, values = self.frame[name], frame[name]
            if isinstance(model.dtype, pd.CategoricalDtype):
                text = _as_text(values)
                if name in schema.features:
                    text = text.fillna(MISSING)
                columns[name] = pd.Categorical(text, categories=model.cat.categories)
            else:
                number = pd.to_numeric(values, errors="coerce")
                bad = (number.isna() & values.notna() & (values.astype(str) != "")).to_numpy()
                bad = bad | np.isinf(number.to_numpy(float, na_value=np.nan))
                if bad.any():
                    row = int(bad.argmax())
                    raise DataError(
                        f"{where}: feature {name!r}, row {row + 1}: wanted a number, found {values.iloc[row]!r}. "
                        "Give a finite number or leave the cell empty."
                    )
                columns[name] = number
        tidy = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
        unknown = tidy[schema.label].isna().to_numpy()
        if unknown.any():
            row = int(unknown.argmax())
            raise DataError(
                f"{where}: label {schema.label!r}, row {row + 1}: found {frame[schema.label].iloc[row]!r}, "
                f"wanted {_names(self.labels)}. Correct or drop the row."
            )
        if tidy[schema.label].nunique() < 2:
            raise DataError(f"{where}: label {schema.label!r} has one class only; a classifier needs rows of both.")
        return tidy


def read_csv(path: str | Path, schema: Schema, name: str | None = None) -> DomainDataset:
    """Read a CSV file under a schema; only an empty cell is missing.

    Columns outside the schema are refused, so that nothing is dropped unnoticed.

    Raises
    ------
    DataError
        File absent, empty or not CSV, or not fitting the schema.
    """
    path = Path(path)
    table = read_table(path, text=(schema.label, schema.sensitive, schema.domain, *schema.categorical))
    return DomainDataset.from_frame(name or path.stem, table, schema)


def _records(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a CSV file, every row as wide as the header."""
    how = "Save it as comma-separated UTF-8 text."
    if not path.is_file():
        raise DataError(f"{path}: no such file. Check the path.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: cannot be read as CSV: byte {error.start} is not UTF-8 text. {how}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from None
    if "\x00" in text:
        raise DataError(f"{path}: cannot be read as CSV: it holds NUL characters, so it is not text. {how}")
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if row:
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: cannot be read as CSV ({error}). {how}") from None
    if not rows:
        raise DataError(f"{path}: cannot be read as CSV: the file is empty. {how}")
    header, body = rows[0], rows[1:]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(f"{path}: column {_names(twice)} occurs more than once. Rename or drop one.")
    ragged = [(n, len(row)) for n, row in zip(lines[1:], body, strict=True) if len(row) != len(header)]
    if ragged:
        shown = ", ".join(f"line {n} has {width}" for n, width in ragged[:5])
        more = f" and {len(ragged) - 5} more" if len(ragged) > 5 else ""
        raise DataError(
            f"{path}: the header has {len(header)} fields, but {shown}{more}. "
            "Quote cells that hold commas, and give every row as many fields as the header."
        )
    return header, body


def read_table(path: str | Path, text: Sequence[str] = ()) -> pd.DataFrame:
    """Read a CSV file as text, then turn wholly numeric columns into numbers.

    Parameters
    ----------
    text : sequence of str
        Columns that stay text as written.

    Raises
    ------
    DataError
        File absent, empty, ragged or not text, or a column name that occurs twice.
    """
    header, body = _records(Path(path))
    frame = pd.DataFrame(body, columns=header, dtype=object)
    for name in header:
        values = frame[name].where(frame[name] != "", None)
        numbers = pd.to_numeric(values, errors="coerce")
        # "00123" is an identifier, not a number: keep what would not come back as written
        padded = values.str.fullmatch(r"0\d+").fillna(False).astype(bool).any() if len(values) else False
        numeric = numbers.notna().sum() == values.notna().sum() and values.notna().any() and not padded
        frame[name] = numbers if numeric and name not in text else values
    return frame
