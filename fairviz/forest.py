"""Boosted trees as plain arrays: kept in a file as numbers only, and asked without believing whoever wrote it.

A tree is its conditions and its leaves from left to right. A condition that fails rules out the leaves below its left
branch; the first leaf that is left is the row's (Lucchese et al. 2015, *QuickScorer*). So no array holds a place to go
to, and whatever numbers it holds, an answer is a sum of its leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import softmax

#: Leaves of a tree, at most: one bit each.
MAX_LEAVES = 16
#: Codes of a category are below it: those that boosting can learn from.
MAX_CODES = 256
_ALL = np.uint16(0xFFFF)
#: Logarithm of the odds of what never fails to happen.
CERTAIN = 690.0
_ROWS = 4096
_LARGEST = float(np.finfo(float).max)
#: Place of the lowest bit that is set; 0 if none is.
_LOWEST = np.zeros(1 << MAX_LEAVES, np.uint8)
for _bit in reversed(range(MAX_LEAVES)):
    _LOWEST[1 << _bit :: 1 << (_bit + 1)] = _bit


@dataclass(frozen=True)
class Forest:
    """Sums of T trees with at most :data:`MAX_LEAVES` leaves and S conditions each, for C scores.

    Attributes
    ----------
    feature : ndarray of int32, shape (T, S)
        Column asked about; -1 where there is no condition.
    threshold : ndarray of float64, shape (T, S)
        A number goes left up to it.
    missing_left : ndarray of uint8, shape (T, S)
        Whether what is missing, or a code never seen, goes left.
    codes : ndarray of int32, shape (T, S)
        Row of ``left`` for a category, -1 for a number.
    right : ndarray of uint16, shape (T, S)
        Leaves that are left where the condition fails, a bit each from left to right.
    left : ndarray of uint8, shape (L, 32)
        A bit for every code of a category (``numpy.packbits``): whether it goes left.
    known : ndarray of uint8, shape (F, 32)
        A bit for every code of a column: whether it was seen.
    value : ndarray of float64, shape (T, 16)
        Scores of the leaves.
    base : ndarray of float64, shape (C,)
        Tree t adds to score ``t % C``.
    """

    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    codes: np.ndarray
    right: np.ndarray
    left: np.ndarray
    known: np.ndarray
    value: np.ndarray
    base: np.ndarray

    @classmethod
    def of(cls, model: Any) -> Forest:
        """The trees of a fitted ``HistGradientBoostingClassifier``, read from where scikit-learn 1.9 keeps them.

        Raises
        ------
        ValueError
            A tree has more than :data:`MAX_LEAVES` leaves.
        """
        columns, known = _columns(model)
        trees = [tree for round_ in model._predictors for tree in round_]
        size = max(int((~tree.nodes["is_leaf"].astype(bool)).sum()) for tree in trees)
        if size >= MAX_LEAVES:
            raise ValueError(f"A tree has {size + 1} leaves; at most {MAX_LEAVES} can be kept.")
        shape = (len(trees), max(size, 1))
        seen = np.zeros((model.n_features_in_, MAX_CODES), bool)
        for column, codes in known.items():
            seen[column, codes] = True
        forest = cls(
            np.full(shape, -1, np.int32), np.zeros(shape), np.zeros(shape, np.uint8), np.full(shape, -1, np.int32),
            np.full(shape, _ALL), np.zeros((1, MAX_CODES // 8), np.uint8), np.packbits(seen, axis=1),
            np.zeros((len(trees), MAX_LEAVES)), np.asarray(model._baseline_prediction, float).ravel().copy(),
        )  # fmt: skip
        left: list[np.ndarray] = []
        for t, tree in enumerate(trees):
            for s, (node, below) in enumerate(_conditions(tree.nodes, forest.value[t])):
                column = columns[node["feature_idx"]]
                forest.feature[t, s] = column
                # infinite where everything that is not missing goes left
                forest.threshold[t, s] = np.clip(node["num_threshold"], -_LARGEST, _LARGEST)
                forest.missing_left[t, s], forest.right[t, s] = node["missing_go_to_left"], _ALL ^ np.uint16(below)
                if node["is_categorical"]:
                    forest.codes[t, s] = len(left)
                    left.append(_sides(tree.raw_left_cat_bitsets[node["bitset_idx"]], known[column]))
        return cls(**{**forest.arrays(), "left": np.stack(left) if left else forest.left})

    @classmethod
    def constant(cls, n_features: int) -> Forest:
        """The second of two classes, always, for rows of so many columns."""
        one = (1, 1)
        return cls(
            np.full(one, -1, np.int32), np.zeros(one), np.zeros(one, np.uint8), np.full(one, -1, np.int32),
            np.full(one, _ALL), np.zeros((1, MAX_CODES // 8), np.uint8),
            np.zeros((n_features, MAX_CODES // 8), np.uint8), np.zeros((1, MAX_LEAVES)), np.array([CERTAIN]),
        )  # fmt: skip

    def arrays(self) -> dict[str, np.ndarray]:
        """By their names."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def scores(self, x: np.ndarray) -> np.ndarray:
        """Sums (n, C) for rows x (n, F): numbers and codes of categories, NaN for what is missing."""
        return np.concatenate([self._scores(x[i : i + _ROWS]) for i in range(0, max(len(x), 1), _ROWS)])

    def _scores(self, x: np.ndarray) -> np.ndarray:
        out = np.repeat(self.base[None], len(x), 0)
        numbers = [np.ascontiguousarray(column) for column in x.T]
        missing = [np.isnan(column) for column in numbers]
        whole = [
            np.where(m, 0, c).clip(0, MAX_CODES - 1).astype(np.intp) for m, c in zip(missing, numbers, strict=True)
        ]
        left, known = (np.unpackbits(bits, axis=1).astype(bool) for bits in (self.left, self.known))
        unseen = [m | ~row[c] for m, row, c in zip(missing, known, whole, strict=True)]
        for t in range(len(self.feature)):
            leaves = np.full(len(x), _ALL)
            for s in np.flatnonzero(self.feature[t] >= 0):
                j = self.feature[t, s]
                if self.codes[t, s] < 0:
                    goes, unknown = numbers[j] <= self.threshold[t, s], missing[j]
                else:
                    goes, unknown = left[self.codes[t, s]][whole[j]], unseen[j]
                goes = goes | unknown if self.missing_left[t, s] else goes & ~unknown
                np.bitwise_and(leaves, self.right[t, s], out=leaves, where=~goes)
            out[:, t % len(self.base)] += self.value[t][_LOWEST[leaves]]
        return out

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """``p`` of each class, (n, 2) from one score, (n, C) from C of them, for rows x (n, F)."""
        scores = self.scores(x)
        if scores.shape[1] == 1:
            scores = np.hstack([np.zeros_like(scores), scores])
        return np.asarray(softmax(scores, axis=1))


def _columns(model: Any) -> tuple[list[int], Mapping[int, np.ndarray]]:
    """The column that each of a model's own is, and the codes behind those that a categorical column of it has.

    scikit-learn puts categories first and numbers them anew, in the order of their codes.
    """
    if model._preprocessor is None:
        return list(range(model.n_features_in_)), {}
    flags = np.asarray(model._preprocessor.transformers_[0][2])
    first = np.flatnonzero(flags)
    rest = np.flatnonzero(~flags)
    encoder = model._preprocessor.named_transformers_["encoder"]
    known = {int(j): c[~np.isnan(c)].astype(int) for j, c in zip(first, encoder.categories_, strict=True)}
    return [int(j) for j in (*first, *rest)], known


def _sides(bits: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Row of ``left`` from scikit-learn's eight words of 32 bits, over its own numbers of the known codes."""
    sides, own = np.zeros(MAX_CODES, bool), np.arange(len(known))
    sides[known] = (bits[own // 32] >> (own % 32).astype(np.uint32)) & 1
    return np.packbits(sides)


def _conditions(nodes: np.ndarray, value: np.ndarray) -> Iterator[tuple[Any, int]]:
    """Every condition of a tree and the leaves below its left branch, as bits; writes the leaves' scores to value."""
    place = 0

    def below(index: int) -> tuple[int, list[tuple[Any, int]]]:
        nonlocal place
        node = nodes[index]
        if node["is_leaf"]:
            value[place] = node["value"]
            place += 1
            return 1 << (place - 1), []
        left, before = below(int(node["left"]))
        right, after = below(int(node["right"]))
        return left | right, [(node, left), *before, *after]

    yield from below(0)[1]
