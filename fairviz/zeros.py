"""Structural zeros: pairs of values that never occur together, though chance would bring them together often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

#: Rows with both values that independence would make, at least, before their absence counts.
EXPECTED = 20
#: Values of a number that count as such: those that this share of the rows have; the rest of its values is one.
COMMON = 0.01
#: Pairs of columns that are looked at, at most.
MAX_PAIRS = 5000
REST = "\x00rest"


@dataclass(frozen=True)
class Zeros:
    """What never occurs together.

    Attributes
    ----------
    values : dict of str to list
        For every column the values that are told apart, texts or numbers; all others are one more.
    pairs : list of (str, int, str, int)
        Column and place of its value, twice; the place after the last is that of all other values.
    """

    values: dict[str, list[Any]]
    pairs: list[tuple[str, int, str, int]]

    @classmethod
    def learn(cls, rows: pd.DataFrame) -> Zeros:
        """From n rows."""
        values = {str(name): _values(rows[name]) for name in rows.columns}
        places = {name: _places(rows[name], known) for name, known in values.items()}
        counts = {name: np.bincount(codes, minlength=len(values[name]) + 1) for name, codes in places.items()}
        pairs, n = [], len(rows)
        for one, other in list(combinations(values, 2))[:MAX_PAIRS]:
            size = len(values[other]) + 1
            found = np.bincount(places[one] * size + places[other], minlength=(len(values[one]) + 1) * size)
            expected = np.outer(counts[one], counts[other]).ravel() / max(n, 1)
            pairs += [(one, int(k // size), other, int(k % size)) for k in np.flatnonzero((found == 0) & (expected >= EXPECTED))]
        return cls(values, pairs)

    def violated(self, rows: pd.DataFrame) -> np.ndarray:
        """Which of n rows have a pair that never occurs, (n,) of bool."""
        places = {name: _places(rows[name], known) for name, known in self.values.items()}
        out = np.zeros(len(rows), bool)
        for one, a, other, b in self.pairs:
            out |= (places[one] == a) & (places[other] == b)
        return out


def _values(column: pd.Series) -> list[Any]:
    if not pd.api.types.is_numeric_dtype(column):
        return sorted(column.astype(str).unique())
    shares = column.value_counts(normalize=True)
    return sorted(float(v) for v in shares.index[shares >= COMMON])


def _places(column: pd.Series, known: list[Any]) -> np.ndarray:
    """Place of every row's value among the known ones, (n,); after the last for all others."""
    if known and isinstance(known[0], str):
        found = pd.Index(known).get_indexer(pd.Index(column.astype(str)))
    else:
        found = pd.Index(known, dtype=float).get_indexer(pd.Index(column.to_numpy(float, na_value=np.nan)))
    return np.where(found < 0, len(known), found).astype(np.int64)
