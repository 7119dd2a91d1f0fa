"""A small table of people, as the rows of text that a CSV file has, and ways to spoil it."""

import csv
import io

import numpy as np
import pandas as pd

from fairviz.data import Schema

HEADER = ["age", "score", "job", "paid", "sex", "town"]
SCHEMA = Schema(("age", "score", "job"), "paid", "yes", "sex", "town")


def rows(n=60):
    """The header and n rows of text."""
    cells = [
        [
            str(20 + i * 7 % 50), f"{i * 37 % 100 / 10}", ("cook", "clerk", "smith")[i % 3],
            "yes" if i * 7 % 10 < 4 else "no", "fm"[i // 2 % 2], ("North", "South", "West")[i // 4 % 3],
        ]
        for i in range(n)
    ]  # fmt: skip
    return [list(HEADER), *cells]


def written(table, separator=","):
    """Rows of text as the bytes of a file."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(table)
    return out.getvalue().encode("utf-8", "surrogatepass")


def with_column(name, value, place=None):
    """The rows with one column made by ``value(i)``; a new one goes to ``place``."""
    table = rows()
    if name in HEADER:
        j = HEADER.index(name)
        for i, row in enumerate(table[1:]):
            row[j] = value(i)
        return table
    table[0].insert(place or 0, name)
    for i, row in enumerate(table[1:]):
        row.insert(place or 0, value(i))
    return table


def with_cell(name, row, value):
    """The rows with one cell changed; rows count from 1."""
    table = rows()
    table[row][HEADER.index(name)] = value
    return table


GOOD = written(rows())
LINES = GOOD.decode().splitlines(keepends=True)

WANTED = pd.DataFrame(
    {
        "age": np.array([int(row[0]) for row in rows()[1:]]),
        "score": np.array([float(row[1]) for row in rows()[1:]]),
        **{name: pd.Series([row[j] for row in rows()[1:]], dtype=object) for j, name in enumerate(HEADER) if j > 1},
    }
)
