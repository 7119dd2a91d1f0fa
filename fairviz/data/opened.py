"""A table that somebody hands in, as it was read: columns with types, what was odd, and what each one looks like."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fairviz.data import sentences
from fairviz.data.cells import EXACT, LARGEST, Clean, as_column, marks_as_missing
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

    @cached_property
    def mended(self) -> Opened:
        """The same with marks of absence among numbers read as missing cells (``cells.marks_as_missing``)."""
        frame = marks_as_missing(self.frame)
        odd = {name: why for name, why in self.odd.items() if not pd.api.types.is_numeric_dtype(frame[name])}
        return Opened(self.name, frame, odd, self.notes)


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
    try:
        with open(path, "rb") as handle:
            head = handle.read(4)
    except OSError as error:
        raise DataError(f"{name}: cannot be read ({error.strerror}). Hand it in again.") from None
    if head == PARQUET:
        return _parquet(path, name)
    table = read_text(path, name)
    if not table.columns or not table.columns[0]:
        raise DataError(f"{name}: {sentences.NO_ROWS}")
    done, odd = {}, {}
    for column, cells in zip(table.names, table.columns, strict=True):
        where = f"{name}: column {quoted(column)}"
        try:
            done[column] = as_column(cells, where, False, table.separator != ",")
        except DataError as error:
            done[column], odd[column] = as_column(cells, where, text=True), str(error)
        if table.separator != "," and done[column].dtype != object and any("," in cell for cell in cells):
            table.notes.append(f"{name}: the comma in column {quoted(column)} is read as a decimal point.")
    notes = [note.removeprefix(f"{name}: ") for note in table.notes]
    if sentences.numbers_among(table.names) >= 2:
        notes.append(sentences.FIRST_LINE)
    return Opened(name, pd.DataFrame(done), odd, notes)


def narrowed(path: Path, name: str, keep: Collection[str]) -> tuple[bytes, list[str]]:
    """A table with some of its columns alone, as the bytes of a file that :func:`open_table` reads; and what was done.

    Parameters
    ----------
    keep : collection of str
        Names of columns, as :class:`fairviz.data.delimited.TooWideError` gives them.

    Raises
    ------
    DataError
        It is no table, or its Parquet is damaged.
    """
    with open(path, "rb") as handle:
        head = handle.read(4)
    if head == PARQUET:
        return _narrowed_parquet(path, name, keep), []
    table, out = read_text(path, name, keep), io.StringIO()
    sheet = csv.writer(out, delimiter=table.separator, quoting=csv.QUOTE_ALL)
    sheet.writerow(table.names)
    sheet.writerows(zip(*table.columns, strict=True))
    return out.getvalue().encode(), [note.removeprefix(f"{name}: ") for note in table.notes]


def _narrowed_parquet(path: Path, name: str, keep: Collection[str]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    try:
        file = pq.ParquetFile(path)
        chosen = [column for column in file.schema_arrow.names if column.strip() in keep]
        pq.write_table(_within(file, name, chosen), out)
    except (pa.ArrowException, OSError, ValueError, NotImplementedError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name}: cannot be read as Parquet: it is damaged. Save it as CSV.") from None
    return out.getvalue()


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
        table = _within(pq.ParquetFile(path), name)
        clean, odd, done = Clean(), dict[str, str](), dict[str, pd.Series]()
        for column, values in zip(schema.names, table.columns, strict=True):
            called = column.strip()
            done[called], why = _column(values, clean)
            if why:
                odd[called] = f"{name}: column {quoted(called)} {why}"
    except (pa.ArrowException, OSError, ValueError, NotImplementedError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{name}: cannot be read as Parquet: it is damaged, or a column holds what no table does. Save it as CSV."
        ) from None
    if not len(table):
        raise DataError(f"{name}: {sentences.NO_ROWS}")
    return Opened(name, pd.DataFrame(done), odd, clean.notes())


def _within(file: Any, name: str, columns: Sequence[str] | None = None) -> Any:
    """All rows, of some columns or all, read piece by piece: text that is stored once may stand in every row."""
    import pyarrow as pa

    pieces, size = [], 0
    for piece in file.iter_batches(batch_size=1024, columns=columns):
        size += piece.nbytes
        if size > MAX_DECODED:
            raise DataError(f"{name}: more than {MAX_DECODED:,} bytes when decoded. Keep fewer rows or columns.")
        pieces.append(piece)
    schema = file.schema_arrow if columns is None else pa.schema([file.schema_arrow.field(name) for name in columns])
    return pa.Table.from_batches(pieces, schema)


def _column(values: Any, clean: Clean) -> tuple[pd.Series, str]:
    """One column with its type: numbers stay numbers, all else becomes text; and why numbers did not stay."""
    import pyarrow as pa

    kind = values.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    cells = values.to_pylist()
    if pa.types.is_decimal(kind):
        cells = [None if cell is None else float(cell) for cell in cells]
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            cells = [None if cell is None else cell.decode("utf-8") for cell in cells]
        return pd.Series([None if c is None else clean(str(c)).strip() or None for c in cells], dtype=object), ""
    if pa.types.is_integer(kind) and any(cell is not None and abs(cell) > EXACT for cell in cells):
        whole = pd.Series([None if cell is None else str(cell) for cell in cells], dtype=object)
        return whole, "holds whole numbers beyond 2**53, which no float holds exactly."
    numbers = np.array([np.nan if cell is None else cell for cell in cells], float)
    if (np.abs(numbers) > LARGEST).any():
        text = pd.Series([None if cell is None or cell != cell else str(cell) for cell in cells], dtype=object)
        return text, "holds an infinite number, or one nearly so."
    plain = pa.types.is_integer(kind) and not np.isnan(numbers).any()
    return pd.Series(numbers.astype(np.int64) if plain else numbers), ""
