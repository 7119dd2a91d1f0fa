"""What is said of a table at every door: the package, the command line and the page have the same words for it."""

from __future__ import annotations

from collections.abc import Sequence

from fairviz.data.cells import NUMBER
from fairviz.text import listing, quoted

NO_ROWS = "no rows. Give a table with at least one row of data."
NO_FEATURE = "no column is left to learn from; all have a role. Leave fewer out, or add columns."
FIRST_LINE = "The first line holds numbers: does a line of names above it lack?"


def too_large(where: str, size: int, most: int) -> str:
    """A file of more bytes than are read."""
    return f"{where} has {size:,} bytes; at most {most:,} are read. Keep fewer rows or columns."


def numbers_among(names: Sequence[str]) -> int:
    """How many names of columns are numbers, as in a file whose first line is a row."""
    return sum(NUMBER.fullmatch(name) is not None for name in names)


def absent(missing: Sequence[str], found: Sequence[str]) -> str:
    """Columns that a role or the schema names, and the table does not have."""
    hint = f" {FIRST_LINE}" if numbers_among(found) else ""
    return (
        f"column {listing(missing)} is missing; found {listing(found, 20)}. Add the column or name another one.{hint}"
    )


def no_such_label(label: str, missing: Sequence[str], found: Sequence[str]) -> str:
    """A favourable value that the label does not have."""
    return (
        f"favourable value {listing(missing)} does not occur in label {quoted(label)}; found {listing(found)}. "
        "Name one of these."
    )


def blank(role: str, name: str, blanks: int, rows: int, first: int) -> str:
    """A role's column with empty cells; ``first``: the first such row, from 0."""
    return (
        f"{role} {quoted(name)} is missing in {blanks} of {rows} rows (first: row {first + 1}). "
        "Drop these rows or fill them in."
    )


def left_out(rows: int) -> str:
    """Rows without a label."""
    return f"{rows:,} rows without a label were left out."


def kept_as(rows: int, role: str, value: str) -> str:
    """Rows without a group or domain."""
    return f"{rows:,} rows without a {role} are kept as {role} {quoted(value)}."


def differs(name: str, first: object) -> str:
    """A column that is an identifier."""
    return f"{quoted(name)} differs in every row (first: {quoted(first)}), as an identifier does."


def too_many(name: str, categories: int, most: int) -> str:
    """A column of text with more categories than are learned."""
    return f"{quoted(name)} has {categories:,} categories; at most {most:,} can be learned."
