"""Whatever a file holds: it is refused in one sentence, or its cells are those that were written."""

from __future__ import annotations

import csv
import io
import re
import tempfile
import unicodedata
from pathlib import Path

import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as some

from fairviz.data.delimited import SEPARATORS
from fairviz.data.opened import open_table
from fairviz.data.reading import read_text
from fairviz.data.roles import Division, Label, Roles
from fairviz.errors import DataError

settings.register_profile("doors", deadline=None, derandomize=True, database=None)
settings.load_profile("doors")
#: A message: which table, what and what to do; one line that ends.
SENTENCE = re.compile(r"table.*(: | has ).*[.?]", re.DOTALL)
#: Letters, digits, marks of CSV and Markdown, and anything else that text may hold.
LETTERS = some.one_of(some.sampled_from("abz019.,;|\t\"'#=<>$*_`-% \n\r"), some.characters(exclude_categories=["Cs"]))
CELLS = some.text(LETTERS, max_size=6)
#: What is taken out of cells: Unicode's own classes, but for line breaks and tabs.
GONE = {"Cc", "Cf"}


@some.composite
def tables(draw, cells=CELLS):
    """Names, each once, and rows as wide; two columns at least."""
    width = draw(some.integers(2, 4))
    names = draw(some.lists(some.text(LETTERS, min_size=1, max_size=6), min_size=width, max_size=width))
    rows = draw(some.lists(some.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6))
    return [names, *rows]


def opened(data: bytes):
    """The table, or the sentence by which it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "file").write_bytes(data)
        try:
            text = read_text(Path(folder) / "file", "table")
        except DataError as error:
            text = str(error)
        try:
            return text, open_table(Path(folder) / "file", "table")
        except DataError as error:
            return text, str(error)


def is_sentence(told: str) -> bool:
    return "\n" not in told and "\r" not in told and SENTENCE.fullmatch(told) is not None


@settings(max_examples=200)
@given(some.binary(max_size=60))
@example(b"PAR1")
@example(b"\xff\xfea\x00")
@example(b"a,b\n\xed\xa0\x80,1\n")
def test_any_bytes_are_refused_in_a_sentence_or_are_a_table(data: bytes) -> None:
    text, table = opened(data)
    if isinstance(table, str):
        assert is_sentence(table)
    else:
        assert [len(table), *table.frame.columns] == [len(text.columns[0]), *text.names]
        decoded = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        seen = unicodedata.normalize("NFC", decoded)
        assert all(all(part in seen or not seen.isprintable() for part in name.split()) for name in text.names)


def cleaned(cell: str) -> str:
    """A cell by hand as it must be read: nothing invisible, composed, trimmed."""
    kept = (c for c in cell if c in "\t\n\r" or unicodedata.category(c) not in GONE)
    return unicodedata.normalize("NFC", "".join(kept)).strip()


@settings(max_examples=200)
@given(tables(), some.sampled_from(list(SEPARATORS)), some.sampled_from(["\n", "\r\n"]))
def test_cells_are_read_as_pythons_csv_writes_them(table, separator, end) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    text, _ = opened(out.getvalue().encode())
    if isinstance(text, str):
        assert is_sentence(text)
        names = [cleaned(name) for name in table[0]]
        odd = len(set(names)) < len(names) or any(not name or {"\n", "\r"} & set(name) for name in names)
        assert odd or "\0" in out.getvalue()
        return
    assert text.separator == separator
    assert text.names == [cleaned(name) for name in table[0]]
    rows = [[cleaned(cell) for cell in row] for row in table[1:]]
    assert [list(row) for row in zip(*text.columns, strict=True)] == rows


@settings(max_examples=120)
@given(some.lists(some.one_of(some.integers(-(2**53), 2**53), some.floats(-1e99, 1e99)), min_size=1, max_size=8))
def test_numbers_are_the_numbers_that_were_written(numbers) -> None:
    told = [repr(number) for number in numbers]
    _, table = opened("\n".join(["x,y", *(f"{cell},a" for cell in told)]).encode())
    assert pd.api.types.is_numeric_dtype(table.frame["x"])
    assert table.frame["x"].tolist() == numbers


@settings(max_examples=80)
@given(some.lists(some.tuples(*[some.sampled_from(["a", "", "1", "2.5", "NA", "a\u0301", "<b>"])] * 3), min_size=3))
def test_any_roles_give_a_data_set_or_a_sentence(rows) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("won", "sex", "x"), *rows])
    _, found = opened(out.getvalue().encode())
    won = found.frame["won"].dropna()
    good = [f"{value:g}" if isinstance(value, float) else str(value) for value in won[:1]]
    roles = Roles(Label("won", tuple(good)), Division(("sex",)), Division(parts=2))
    try:
        dataset, told = roles.apply("table", found.frame)[0], ""
    except DataError as error:
        dataset, told = None, str(error)
    if dataset is None:
        assert is_sentence(told)
        return
    labels = [row[0] for row in rows if row[0]]
    assert len(dataset) == len(labels)
    assert dataset.y.sum() == labels.count(labels[0])
