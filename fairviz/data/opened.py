"""A table that somebody hands in, as it was read: columns with types, what was odd, and what each one looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fairviz.data.cells import Clean, as_column
from fairviz.data.delimited import check_header
from fairviz.data.reading import read_text
from fairviz.errors import DataError
from fairviz.text import quoted

#: A Parquet file may say that it holds more than it has bytes for.
MAX_CELLS, MAX_DECODED = 100_000_000, 2_000_000_000
PARQUET = b"PAR1"


@dataclass
class Opened:
    """A table as it was read.

    Attributes
    ----------
    name : str
        What the person calls it.
    frame : DataFrame
        Numbers as numbers, all else as text with None for a missing cell.
    odd : dict
        By column: why its cells could not be read as what they seem to be; it is kept as text.
    notes : list of str
        What was changed in reading.
    """

    name: str
    frame: pd.DataFrame
    odd: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.frame)

    def columns(self) -> pd.DataFrame:
        """A row per column: ``column, type, missing, values, examples, odd``."""
        rows = [
            {
                "column": name,
                "type": "numbers" if pd.api.types.is_numeric_dtype(values) else "text",
                "missing": int(values.isna().sum()),
                "values": int(values.nunique()),
                "examples": ", ".join(str(v) for v in _examples(values)),
                "odd": self.odd.get(name, ""),
            }
            for name, values in self.frame.items()
        ]
        return pd.DataFrame(rows)


def _examples(values: pd.Series, many: int = 3) -> Sequence[Any]:
    return list(values.dropna().drop_duplicates().head(many))


def open_table(path: Path, name: str) -> Opened:
    """Read a CSV, TSV or Parquet file; a column with odd cells stays text and says so.

    Parameters
    ----------
    name : str
        What messages call the file.

    Raises
    ------
    DataError
        It is no table; see :func:`fairviz.data.reading.read_text`.
    """
    with open(path, "rb") as handle:
        head = handle.read(4)
    if head == PARQUET:
        return _parquet(path, name)
    table = read_text(path, name)
    if not table.columns or not table.columns[0]:
        raise DataError(f"{name}: there are names of columns, but no rows below them. Add rows.")
    done, odd = {}, {}
    for column, cells in zip(table.names, table.columns, strict=True):
        where = f"{name}: column {quoted(column)}"
        try:
            done[column] = as_column(cells, where, False, table.separator != ",")
        except DataError as error:
            done[column], odd[column] = as_column(cells, where, text=True), str(error)
    notes = [note.removeprefix(f"{name}: ") for note in table.notes]
    if sum(cell.replace(".", "", 1).replace("-", "", 1).isdigit() for cell in table.names) >= 2:
        notes.append("The first line holds numbers: is it a row? The first line must name the columns.")
    return Opened(name, pd.DataFrame(done), odd, notes)


def open_frame(name: str, frame: pd.DataFrame) -> Opened:
    """A built-in data set's rows, to be given other roles."""
    columns = {
        column: values.astype(object).where(values.notna(), None)
        if isinstance(values.dtype, pd.CategoricalDtype)
        else values
        for column, values in frame.items()
    }
    return Opened(name, pd.DataFrame(columns))


def _parquet(path: Path, name: str) -> Opened:
    """Types as the file declares them; nothing is decoded before its size is known."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = pq.read_metadata(path)
        schema = about.schema.to_arrow_schema()
        nested = [column.name for column in schema if pa.types.is_nested(column.type)]
        if nested:
            raise DataError(f"{name}: column {quoted(nested[0])} holds lists or records. Make one column of each part.")
        check_header(name, [column.name.strip() for column in schema])
        declared = sum(about.row_group(k).total_byte_size for k in range(about.num_row_groups))
        cells = about.num_rows * len(schema)
        if cells > MAX_CELLS or declared > MAX_DECODED:
            raise DataError(
                f"{name}: {about.num_rows:,} rows of {len(schema)} columns, {declared:,} bytes when decoded; at most "
                f"{MAX_CELLS:,} cells are read. Keep fewer rows or columns."
            )
        frame = pq.read_table(path).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name}: cannot be read as Parquet: the file is damaged. Save it again.") from None
    if not len(frame):
        raise DataError(f"{name}: no rows. Give a table with at least one row of data.")
    frame.columns = [str(column).strip() for column in frame.columns]
    clean = Clean()
    done = {column: _as_written(values, clean) for column, values in frame.items()}
    return Opened(name, pd.DataFrame(done), {}, clean.notes())


def _as_written(values: pd.Series, clean: Clean) -> pd.Series:
    """Numbers stay numbers; truth values, days and all else become text."""
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        text = values.astype(object).where(values.notna(), None)
        return text.map(lambda v: clean(str(v)).strip() or None, na_action="ignore")
    numbers = values.to_numpy(float, na_value=np.nan)
    if np.isinf(numbers).any() or (np.abs(numbers) > 2**53).any():
        return values.astype(object).map(str, na_action="ignore")
    return values
