"""A table with roles, cut into domains."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from fairviz.data import ALL_DOMAINS, sentences
from fairviz.data.cells import NUMBER, as_text, check_numbers, clean_frame, numbers_of
from fairviz.data.reading import TextTable, read_table, read_text
from fairviz.data.schema import MISSING, Schema
from fairviz.errors import DataError, SettingError
from fairviz.text import listing, quoted

__all__ = ["ALL_DOMAINS", "MISSING", "DomainDataset", "read_csv", "read_table"]


def _tidy(frame: pd.DataFrame, schema: Schema, where: str) -> pd.DataFrame:
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
            check_numbers(where, name, values)
            columns[name] = values
        elif isinstance(values.dtype, pd.CategoricalDtype) and pd.api.types.is_string_dtype(values.cat.categories):
            if name not in schema.features:
                values = values.cat.remove_unused_categories()
            elif values.isna().any():
                values = values.cat.add_categories([MISSING]).fillna(MISSING)
            columns[name] = values
        else:
            text = as_text(values)
            if name in schema.features:
                text = text.fillna(MISSING)
            columns[name] = pd.Categorical(text)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))


def _settled(frame: pd.DataFrame, schema: Schema, where: str) -> pd.DataFrame:
    """Without the rows that have no label, and a name for no group and no domain; says so."""
    notes, known = list(frame.attrs.get("notes", ())), frame[schema.label].notna()
    if not known.all() and known.any():
        notes.append(f"{where}: {sentences.left_out(int((~known).sum()))}")
        frame = frame[known].reset_index(drop=True)
    for role, column in (("group", schema.sensitive), ("domain", schema.domain)):
        absent = int(frame[column].isna().sum())
        if absent:
            notes.append(f"{where}: {sentences.kept_as(absent, role, MISSING)}")
            frame = frame.assign(**{column: frame[column].fillna(MISSING)})
    frame.attrs["notes"] = tuple(notes)
    return frame


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
    def from_frame(cls, name: str, frame: pd.DataFrame, schema: Schema, *, where: str | None = None) -> DomainDataset:
        """Validate a table against its schema.

        Parameters
        ----------
        where : str, optional
            What messages call the table; its name by default.

        Raises
        ------
        DataError
            See :meth:`Schema.validate`.
        """
        notes = frame.attrs.get("notes", ())
        frame = frame.reset_index(drop=True)  # rows are told apart by place, never by a label they came with
        schema.check_columns(frame, where or name)
        frame = clean_frame(frame)
        roles = [role for role in (schema.label, schema.sensitive, schema.domain) if role in frame.columns]
        numbers = [role for role in roles if pd.api.types.is_float_dtype(frame[role])]
        # a label 1.0 will be called "1": checked is what will be kept
        frame = frame.assign(**{role: as_text(frame[role]) for role in numbers})
        schema.validate(frame, where or name)
        tidy = _tidy(frame, schema, where or name)
        if notes:
            tidy.attrs["notes"] = notes
        return cls(name, tidy, schema, tuple(tidy[schema.sensitive].cat.categories))

    @classmethod
    def from_text(cls, name: str, table: TextTable, schema: Schema, *, leave_out_others: bool = False) -> DomainDataset:
        """Validate a table read from a file against its schema, its features more strictly than :meth:`from_frame`.

        Rows without a label are left out, those without a group or domain are kept as one called "(missing)"; both
        are counted in ``frame.attrs["notes"]``.

        Parameters
        ----------
        leave_out_others : bool
            Drop columns outside the schema, which are refused otherwise.

        Raises
        ------
        DataError
            See :meth:`TextTable.typed`, :meth:`Schema.validate` and :meth:`Schema.check_features`.
        """
        raw = pd.DataFrame(columns=table.names)
        schema.check_columns(raw, table.path, optional=table.names if leave_out_others else ())
        text = (schema.label, schema.sensitive, schema.domain, *schema.categorical)
        frame = table.typed(text, schema.features)
        frame = _settled(frame[[c for c in table.names if c in schema.columns]], schema, table.path)
        dataset = cls.from_frame(name, frame, schema, where=table.path)
        schema.check_features(dataset.frame, table.path)
        return dataset

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def y(self) -> np.ndarray:
        """Labels, shape (n,), 1 for the favourable value."""
        return np.asarray((self.frame[self.schema.label] == self.schema.favourable).to_numpy(np.int64))

    @property
    def frequent(self) -> int:
        """The more frequent label, 0 or 1."""
        return int(self.y.mean() > 0.5)

    @cached_property
    def z(self) -> np.ndarray:
        """Group of every row as an index into ``groups``, shape (n,)."""
        dtype = pd.CategoricalDtype(list(self.groups))
        return np.asarray(self.frame[self.schema.sensitive].astype(dtype).cat.codes.to_numpy(np.int64))

    @cached_property
    def d(self) -> np.ndarray:
        """Domain of every row as an index into ``domains``, shape (n,)."""
        dtype = pd.CategoricalDtype(list(self.domains))
        return np.asarray(self.frame[self.schema.domain].astype(dtype).cat.codes.to_numpy(np.int64))

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
            raise SettingError(f"{self.name}: no domain {quoted(domain)}. Choose one of {listing(self.domains, 60)}.")
        held_out = (self.frame[self.schema.domain] == domain).to_numpy()
        return self.take(~held_out), self.take(held_out)

    def source_for(self, target: str) -> DomainDataset:
        """The rows trained on: all but ``target``, or every row for ``"all"``."""
        return self if target == ALL_DOMAINS else self.leave_out(target)[0]

    @cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256(json.dumps([self.schema.to_json(), self.groups]).encode())
        # a cell's hash is that of its text: say which columns of text could be taken for numbers
        text = set(self.text_columns)
        like = [
            n
            for n in self.schema.features
            if n not in self.schema.categorical
            and n in text
            and all(c == MISSING or NUMBER.fullmatch(c) for c in self.frame[n].cat.categories)
        ]
        if like:
            sha.update(json.dumps(["text", like]).encode())
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
        frame = clean_frame(frame[wanted])
        if len(frame) == 0:
            raise DataError(f"{where}: no rows. Give at least one row of each class.")
        columns = {}
        for name in wanted:
            model, values = self.frame[name], frame[name]
            if isinstance(model.dtype, pd.CategoricalDtype):
                text = as_text(values)
                if name in schema.features:
                    text = text.fillna(MISSING)
                columns[name] = pd.Categorical(text, categories=model.cat.categories)
            else:
                columns[name] = numbers_of(where, name, values)
        tidy = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
        unknown = tidy[schema.label].isna().to_numpy()
        if unknown.any():
            row = int(unknown.argmax())
            raise DataError(
                f"{where}: label {quoted(schema.label)}, row {row + 1}: found {quoted(frame[schema.label].iloc[row])}, "
                f"wanted {listing(self.labels)}. Correct or drop the row."
            )
        if tidy[schema.label].nunique() < 2:
            raise DataError(
                f"{where}: label {quoted(schema.label)} has one class only; a classifier needs rows of both."
            )
        return tidy


def read_csv(path: str | Path, schema: Schema, name: str | None = None) -> DomainDataset:
    """Read a CSV file under a schema; only an empty cell is missing.

    Columns outside the schema are refused, so that nothing is dropped unnoticed. What was changed in reading is in
    ``frame.attrs["notes"]``.

    Raises
    ------
    DataError
        File absent, empty or not CSV, or not fitting the schema; see :func:`read_text` and :meth:`from_text`.
    """
    return DomainDataset.from_text(name or Path(path).stem, read_text(path), schema)
