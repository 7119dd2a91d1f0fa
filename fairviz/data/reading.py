"""A file of text -> names and cells: what it is, its encoding; then columns with types."""

from __future__ import annotations

import errno
import itertools
import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import IO

import pandas as pd

from fairviz.data import sentences
from fairviz.data.cells import Clean, as_column
from fairviz.data.delimited import SAVE, SEPARATORS, begin, columns_of
from fairviz.errors import DataError
from fairviz.text import quoted

MAX_BYTES = 200_000_000
MAX_LINE = 4_000_000
#: First bytes of files that are often given the name of a CSV file.
KINDS = {
    b"\x1f\x8b": "a gzip archive", b"%PDF": "a PDF document", b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture", b"BZh": "a bzip2 archive", b"\xfd7zXZ": "an xz archive", b"7z\xbc\xaf": "a 7z archive",
    b"\x28\xb5\x2f\xfd": "a zstandard archive", b"Rar!": "a RAR archive", b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file", b"SQLite format 3": "an SQLite data base",
    b"\x7fELF": "a program", b"MZ\x90": "a program",
    b"\xff\xfe\x00\x00": "UTF-32 text",
}  # fmt: skip
#: How UTF-16 text begins that says in which order its bytes are; Excel writes it as "Unicode text".
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(rb"\s*<(!doctype|html|head|body|\?xml|script|table)", re.IGNORECASE)
_JSON = re.compile(rb'\s*(\{\s*["}]|\[\s*["{\[\]])')
_ESCAPED = re.compile("[\ud800-\udfff]")


@dataclass
class TextTable:
    """A table as the file writes it.

    Attributes
    ----------
    path : str
    names : list of str
        Names of the columns, each once.
    columns : list of list of str
        The cells of every column; an empty one is missing.
    separator : str
    notes : list of str
        What was changed in reading, for a person.
    """

    path: str
    names: list[str]
    columns: list[list[str]]
    separator: str = ","
    notes: list[str] = field(default_factory=list)

    def typed(self, text: Sequence[str] = (), numbers: Sequence[str] | None = None) -> pd.DataFrame:
        """Columns of numbers as numbers, the others as text with None for an empty cell.

        Parameters
        ----------
        text : sequence of str
            Columns that stay text as written.
        numbers : sequence of str, optional
            Columns that are looked at for numbers, if they are not in ``text``; all by default.

        Raises
        ------
        DataError
            A column of numbers holds a cell that is none.
        """
        done = {}
        for name, cells in zip(self.names, self.columns, strict=True):
            as_text = name in text or (numbers is not None and name not in numbers)
            done[name] = as_column(cells, f"{self.path}: column {quoted(name)}", as_text, self.separator != ",")
            if self.separator != "," and done[name].dtype != object and any("," in cell for cell in cells):
                self.notes.append(f"{self.path}: the comma in column {quoted(name)} is read as a decimal point.")
        frame = pd.DataFrame(done, index=pd.RangeIndex(len(self.columns[0]) if self.columns else 0))
        frame.attrs["notes"] = tuple(self.notes)
        return frame


def _open(path: Path) -> IO[bytes]:
    """The file, if it is one that can be read at once and to its end."""
    try:
        about = os.stat(path)
        if stat.S_ISDIR(about.st_mode):
            raise DataError(f"{path} is a folder. Name a file.")
        if not stat.S_ISREG(about.st_mode):  # a pipe would wait for a writer, a device may never end
            raise DataError(f"{path} is a pipe or device, not a file. Save the rows in a file first.")
        if about.st_size > MAX_BYTES:
            raise DataError(sentences.too_large(str(path), about.st_size, MAX_BYTES))
        return open(path, "rb")
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise DataError(f"{path}: no such file. Check the path.") from None
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    except ValueError:
        raise DataError(f"{path}: no such file; a path holds no NUL character. Check the path.") from None


def _encoding(where: str, head: bytes) -> str:
    """How the text is encoded; what is no table of text is refused by what it is."""
    kind = next((what for start, what in KINDS.items() if head.startswith(start)), None)
    if head.startswith(b"PK\x03\x04"):
        kind = "an Excel workbook" if b"xl/" in head or b"[Content_Types].xml" in head else "a zip archive"
    elif _HTML.match(head):
        kind = "a web page or XML"
    elif _JSON.match(head):
        kind = "JSON"
    if kind:
        raise DataError(f"{where}: cannot be read as CSV: it is {kind}. {SAVE}")
    if head.startswith(UTF_16):
        return "utf-16"
    if b"\0" in head:
        raise DataError(
            f"{where}: cannot be read as CSV: it holds NUL characters, so it is UTF-16 or no text at all. {SAVE}"
        )
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DataError(f"{where}: cannot be read as CSV: the file is empty. {SAVE}")
    return "utf-8-sig"


def _lines(where: str, handle: TextIOWrapper, clean: Clean) -> Iterator[str]:
    """Lines of clean text; what cannot be text is refused with its line."""
    for number in itertools.count(1):
        try:
            line = handle.readline(MAX_LINE)
        except UnicodeError:  # of UTF-16 alone; what is not UTF-8 comes as an escape
            raise DataError(
                f"{where}, line {number} or later: cannot be read as CSV: not all of it is UTF-16 text. {SAVE}"
            ) from None
        if not line:
            return
        if len(line) == MAX_LINE:
            raise DataError(
                f"{where}, line {number}: more than {MAX_LINE:,} characters in one line. Is this a table? {SAVE}"
            )
        if "\0" in line:
            raise DataError(f"{where}, line {number}: cannot be read as CSV: a NUL character. {SAVE}")
        if not line.isascii() and (found := _ESCAPED.search(line)):
            byte = ord(found.group()) - 0xDC00
            raise DataError(
                f"{where}, line {number}: cannot be read as CSV: byte 0x{byte:02x} is not UTF-8 text "
                f"(Latin-1 or Windows text?). {SAVE}"
            )
        yield clean(line)


def read_text(path: str | Path, called: str | None = None, keep: Collection[str] | None = None) -> TextTable:
    """Read a CSV file as text: UTF-8 (or marked UTF-16), with commas, semicolons, tabs or bars between the cells.

    Parameters
    ----------
    called : str, optional
        What messages call the file; its path by default.
    keep : collection of str, optional
        Columns that are kept, those of them that there are; all by default.

    Raises
    ------
    DataError
        File absent, empty, too large, of another kind, ragged, or with a name that is empty, too long or there twice.
    """
    where, clean = called or str(path), Clean()
    with _open(Path(path)) as data:
        encoding = _encoding(where, data.read(4096))
        data.seek(0)
        errors = "strict" if encoding == "utf-16" else "surrogateescape"
        handle = TextIOWrapper(data, encoding=encoding, errors=errors, newline="")
        separator, lines, skipped, comments = begin(where, _lines(where, handle, clean))
        names, columns = columns_of(where, lines, separator, skipped, keep)
    notes = ["the file is UTF-16 text and was read as such"] if encoding == "utf-16" else []
    if separator != ",":
        notes.append(f"the columns are separated by {SEPARATORS[separator]}")
    if comments:
        notes.append(f"{comments} comment line(s) on top were skipped")
    return TextTable(where, names, columns, separator, [f"{where}: {note}." for note in [*notes, *clean.notes()]])


def read_table(path: str | Path, text: Sequence[str] = ()) -> pd.DataFrame:
    """Read a CSV file as text, then turn wholly numeric columns into numbers; see :class:`TextTable`.

    Parameters
    ----------
    text : sequence of str
        Columns that stay text as written.

    Raises
    ------
    DataError
        See :func:`read_text` and :meth:`TextTable.typed`.
    """
    return read_text(path).typed(text)
