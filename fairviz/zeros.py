"""Structural zeros: pairs of values that never occur together, though chance would bring them together often."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from fairviz.errors import StoreError

#: Rows with both values that independence would make, at least, before their absence counts.
EXPECTED = 20
#: Values of a number that count as such: those that this share of the rows have; the rest of its values is one.
COMMON = 0.01
#: Texts of a column that are told apart, at most: the most frequent ones. A rarer one is never part of a pair.
MOST = 500
#: Pairs of columns that are looked at, at most.
MAX_PAIRS = 5000


@dataclass(frozen=True)
class Zeros:
    """What never occurs together.

    Attributes
    ----------
    values : dict of str to list
        For every column the values that are told apart, texts or numbers; all other numbers are one value more.
    pairs : list of (str, int, str, int)
        Column and place of its value, twice; the place after the last is that of all other values.
    """

    values: dict[str, list[Any]]
    pairs: list[tuple[str, int, str, int]]

    @classmethod
    def learn(cls, rows: pd.DataFrame) -> Zeros:
        """From n rows, one or more."""
        values = {str(name): _values(rows[name]) for name in rows.columns}
        places = {name: _places(rows[name], known) for name, known in values.items()}
        counts = {name: np.bincount(codes, minlength=len(values[name]) + 1) for name, codes in places.items()}
        pairs, n = [], len(rows)
        for one, other in list(combinations(values, 2))[:MAX_PAIRS]:
            size = len(values[other]) + 1
            found = np.bincount(places[one] * size + places[other], minlength=(len(values[one]) + 1) * size)
            expected = (
                np.outer(_told_apart(counts[one], rows[one]), _told_apart(counts[other], rows[other])).ravel() / n
            )
            pairs += [
                (one, int(k // size), other, int(k % size))
                for k in np.flatnonzero((found == 0) & (expected >= EXPECTED))
            ]
        return cls(values, pairs)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary; see :meth:`from_json`."""
        return {"values": self.values, "pairs": [list(pair) for pair in self.pairs]}

    @classmethod
    def from_json(cls, state: object, columns: Sequence[str]) -> Zeros:
        """Rebuild from :meth:`to_json`, which somebody else may have written, for rows of these columns.

        Raises
        ------
        StoreError
        """
        values = state.get("values") if isinstance(state, dict) else None
        pairs = state.get("pairs") if isinstance(state, dict) else None
        known = isinstance(values, dict) and list(values) == list(columns) and all(map(_alike, values.values()))
        if not (known and isinstance(pairs, list) and all(_placed(pair, values or {}) for pair in pairs)):
            raise StoreError("fit.json: its structural zeros are damaged")
        assert isinstance(values, dict)
        pairs = [(str(one), int(a), str(other), int(b)) for one, a, other, b in pairs]
        return cls(values, pairs)

    def violated(self, rows: pd.DataFrame) -> np.ndarray:
        """Which of n rows have a pair that never occurs, (n,) of bool."""
        used = dict.fromkeys(name for one, _, other, _ in self.pairs for name in (one, other))
        places = {name: _places(rows[name], self.values[name]) for name in used}
        out = np.zeros(len(rows), bool)
        for one, a, other, b in self.pairs:
            out |= (places[one] == a) & (places[other] == b)
        return out


def _placed(pair: object, values: Mapping[str, list[Any]]) -> bool:
    """Whether this is a pair of two columns with a place in each."""
    if not isinstance(pair, list) or len(pair) != 4 or not (isinstance(pair[0], str) and isinstance(pair[2], str)):
        return False
    ends = ((pair[0], pair[1]), (pair[2], pair[3]))
    return pair[0] != pair[2] and all(c in values and type(k) is int and 0 <= k <= len(values[c]) for c, k in ends)


def _alike(known: object) -> bool:
    """Whether these are different texts, or different finite numbers."""
    if not isinstance(known, list) or len(set(known)) != len(known):
        return False
    return all(isinstance(v, str) for v in known) or all(type(v) is float and math.isfinite(v) for v in known)


def _values(column: pd.Series) -> list[Any]:
    if not pd.api.types.is_numeric_dtype(column):
        counts = column.astype(str).value_counts()
        return sorted(counts.index[counts >= EXPECTED][:MOST])
    shares = column.value_counts(normalize=True)
    return sorted(float(v) for v in shares.index[shares >= COMMON])


def _told_apart(counts: np.ndarray, column: pd.Series) -> np.ndarray:
    """How many rows each place has; none, for rare texts, which have nothing to do with each other."""
    return counts if pd.api.types.is_numeric_dtype(column) else np.append(counts[:-1], 0)


def _places(column: pd.Series, known: list[Any]) -> np.ndarray:
    """Place of every row's value among the known ones, (n,); after the last for all others."""
    if not pd.api.types.is_numeric_dtype(column):
        found = pd.Index(known, dtype=object).get_indexer(pd.Index(column.astype(str), dtype=object))
    else:
        found = pd.Index(known, dtype=float).get_indexer(pd.Index(column.to_numpy(float, na_value=np.nan)))
    return np.where(found < 0, len(known), found).astype(np.int64)
