"""Lines of text -> names and cells: the separator, the header, rows as wide as it."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from fairviz.errors import DataError
from fairviz.text import listing, quoted

MAX_COLUMNS = 500
MAX_NAME = 200
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SEPARATE = "Give one column each to label, group and domain, separated by commas, semicolons, tabs or bars."
SAVE = "Save it as comma-separated UTF-8 text."


class TooWideError(DataError):
    """A table has more columns than are read; some can be chosen.

    Attributes
    ----------
    names : list of str
        Of all its columns.
    """

    def __init__(self, where: str, names: list[str]) -> None:
        super().__init__(
            f"{where}: {len(names):,} columns; at most {MAX_COLUMNS} are read. Leave some out, or choose those to keep."
        )
        self.names = names


def _parse(lines: Iterable[str], separator: str, *, strict: bool = True) -> Any:
    return csv.reader(lines, delimiter=separator, skipinitialspace=separator != "\t", strict=strict)


def _separator(where: str, sample: list[str], whole: bool) -> str:
    """The sign that gives every line of the sample as many cells as the first; a comma if there is none."""
    even, uneven = dict[str, int](), list[str]()
    for sign in SEPARATORS:
        try:
            rows = [row for row in _parse(sample, sign, strict=False) if row]
        except csv.Error:
            continue
        if not whole:  # the last record may go on behind the sample
            rows = rows[:-1] or rows
        if rows and len(rows[0]) > 1:
            if all(len(row) == len(rows[0]) for row in rows):
                even[sign] = sum('"' in cell for row in rows for cell in row)
            else:
                uneven.append(sign)
    # a sign that stands inside of quotes cuts them, so quotes are left in its cells
    signs = [sign for sign, quotes in even.items() if quotes == min(even.values())]
    if len(signs) > 1 and len(sample) > 1:
        both = " or ".join(SEPARATORS[sign] for sign in signs[:2])
        raise DataError(f"{where}: the columns could be separated by {both}. Quote the cells that hold the other sign.")
    return (signs or uneven or [","])[0]


def begin(where: str, lines: Iterator[str]) -> tuple[str, Iterator[str], int, int]:
    """Separator, the lines from the header on, how many lines stand before it, and how many of them are comments."""
    sample, size = [], 0
    for line in lines:
        sample.append(line)
        size += len(line)
        if size > 200_000 or len(sample) == 50:
            break
    whole = next(lines, None)
    if whole is not None:
        lines = itertools.chain([whole], lines)
    before = comments = 0
    while before < len(sample) and not sample[before].strip():
        before += 1
    if before < len(sample) and re.fullmatch(r'"?sep=.?"?\s*', sample[before], re.IGNORECASE):
        before += 1  # a hint that Excel writes for itself
    while before + 1 < len(sample) and sample[before].startswith("#"):
        before += 1
        comments += 1
    separator = _separator(where, sample[before:], whole is None)
    if comments:  # "#id,name" is a header, not a comment
        widths = [len(row) for row in _parse(sample[before - 1 : before + 1], separator, strict=False)]
        if len(widths) == 2 and widths[0] == widths[1] > 1:
            before, comments = before - 1, comments - 1
    return separator, itertools.chain(sample[before:], lines), before, comments


def check_header(where: str, header: list[str]) -> None:
    """Refuse names of columns that are empty, too long, there twice, or too many.

    Raises
    ------
    DataError
    """
    if len(header) > MAX_COLUMNS:
        raise TooWideError(where, header)
    for place, name in enumerate(header, 1):
        if not name:
            raise DataError(
                f"{where}: column {place} of {len(header)} has no name. Name it, or drop it (is there a separator at "
                "the end of the first line?)."
            )
        if len(name) > MAX_NAME or "\n" in name or "\r" in name:
            what = "holds a line break" if len(name) <= MAX_NAME else f"has {len(name):,} characters"
            raise DataError(f"{where}: the name of column {place} ({quoted(name)}) {what}. Give it a short name.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(f"{where}: column {listing(twice)} occurs more than once. Rename or drop one.")


class _Cells:
    """Header and columns of the rows that were added."""

    def __init__(self, where: str, keep: Collection[str] | None) -> None:
        self.where, self.keep = where, keep
        self.header, self.width, self.places = list[str](), 0, list[int]()
        self.columns: list[list[str]] = []
        self.ragged: list[tuple[int, int]] = []
        self._known: dict[str, str] = {}  # one object for equal cells

    def add(self, line: int, row: list[str]) -> None:
        """A row that is not blank; the first is the header."""
        if not self.width:
            names = [name.strip() for name in row]
            self.width = len(names)
            self.places = [k for k, name in enumerate(names) if self.keep is None or name in self.keep]
            self.header = [names[k] for k in self.places]
            if self.width == 1:
                raise DataError(f"{self.where}: one column only ({quoted(names[0])}). {SEPARATE}")
            check_header(self.where, self.header)
            self.columns = [[] for _ in self.header]
        elif len(row) != self.width:
            self.ragged.append((line, len(row)))
        elif not self.ragged:
            for column, place in zip(self.columns, self.places, strict=True):
                cell = row[place].strip()
                column.append(self._known.setdefault(cell, cell))
            if len(self._known) > 100_000:
                self._known.clear()


def columns_of(
    where: str, lines: Iterator[str], separator: str, skipped: int, keep: Collection[str] | None = None
) -> tuple[list[str], list[list[str]]]:
    """Header and columns, all or those to keep; every row is as wide as the header.

    Raises
    ------
    DataError
        There is no header, or a row has another width, or quotes are not closed.
    """
    reader, cells, start = _parse(lines, separator), _Cells(where, keep), skipped + 1
    try:
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                cells.add(start, row)
            start = skipped + reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{where}, line {start}: cannot be read as CSV ({_what_is_wrong(error)}). {SAVE}") from None
    if not cells.width:
        raise DataError(f"{where}: cannot be read as CSV: the file is empty. {SAVE}")
    if cells.ragged:
        raise DataError(
            f"{where}: the header has {cells.width} fields, but {_ragged(cells.ragged)}. Quote cells that hold "
            f"{SEPARATORS[separator]}, and give every row as many fields as the header."
        )
    return cells.header, cells.columns


def _ragged(rows: list[tuple[int, int]]) -> str:
    shown = ", ".join(f"line {n} has {width:,}" for n, width in rows[:5])
    return shown + (f" and {len(rows) - 5:,} more" if len(rows) > 5 else "")


def _what_is_wrong(error: csv.Error) -> str:
    """The parser's complaint in words."""
    wrong = str(error)
    if "unexpected end" in wrong:
        return "a quote is opened and never closed"
    if "field limit" in wrong:
        return f"a cell of more than {csv.field_size_limit():,} characters; is a quote not closed?"
    return wrong
