"""Frame <-> float32 matrix, for a diffusion model over mixed types (numpy only)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from fairviz.data.cells import EXACT
from fairviz.data.columns import Column, fit_number, read_column
from fairviz.errors import DataError, StoreError

SCORE_LIMIT = 3.0
#: Features, and encoded columns, beyond which no network here is of use.
MAX_FEATURES, MAX_WIDTH = 10_000, 200_000
FORMAT = 1
_NORMAL = NormalDist()
_GRID_U = np.linspace(0.0, 1.0, 20001)[1:-1]
_GRID_SCORE = np.array([_NORMAL.inv_cdf(u) for u in _GRID_U])


def _to_score(u: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(np.interp(u, _GRID_U, _GRID_SCORE), -SCORE_LIMIT, SCORE_LIMIT))


def _to_u(score: np.ndarray) -> np.ndarray:
    return np.asarray(np.interp(score, _GRID_SCORE, _GRID_U))


@dataclass(frozen=True)
class Span:
    """Columns ``start:stop`` of the matrix; ``kind`` is ``"category"`` (one-hot) or ``"number"``."""

    start: int
    stop: int
    kind: str
    feature: str


class TableEncoder:
    """Codes features as one-hot blocks and normal scores; fit on source rows only.

    * Text: one block; an unseen category becomes a block of zeros.
    * Number: normal scores of the mid-ranks (quantile scaling). Values with a large share of the rows
      (*atoms*, such as the zeros of capital gain) and missing values get a block of their own that says
      which atom, or "none of them", in which case the score holds.
    * Constant: no columns at all; it comes back as the constant.

    Integers come back as integers, numbers with two decimals with two decimals.

    Attributes
    ----------
    spans_ : list of Span
        What the columns mean; networks know only these.
    width_ : int
        D, the encoded width.
    """

    def fit(self, features: pd.DataFrame) -> TableEncoder:
        """Learn categories, atoms and quantiles from ``features`` (n rows)."""
        if len(features) == 0:
            raise DataError("The encoder got no rows to fit on.")
        self.columns_ = []
        for name in features.columns:
            series = features[name]
            if pd.api.types.is_numeric_dtype(series):
                self.columns_.append(fit_number(str(name), series))
            else:
                seen = sorted(series.astype(str).unique())
                self.columns_.append(Column(str(name), categories=seen))
        self._set_spans()
        return self

    def _set_spans(self) -> None:
        self.spans_: list[Span] = []
        start = 0
        for column in self.columns_:
            for width, kind in ((column.block, "category"), (column.numbers, "number")):
                if width:
                    self.spans_.append(Span(start, start + width, kind, column.name))
                    start += width
        self.width_ = start
        if len(self.columns_) > MAX_FEATURES or start > MAX_WIDTH:
            raise DataError(
                f"{len(self.columns_):,} features take {start:,} columns once encoded; at most {MAX_FEATURES:,} "
                f"features and {MAX_WIDTH:,} columns can be learned from. Leave features out or merge categories."
            )
        if start == 0:
            raise DataError("All features are constant; there is nothing to learn. Name features that vary.")

    def transform(self, features: pd.DataFrame) -> np.ndarray:
        """Encode rows.

        Returns
        -------
        ndarray of float32, shape (n, D)
        """
        out = np.zeros((len(features), self.width_), np.float32)
        spans = {(span.feature, span.kind): span for span in self.spans_}
        for column in self.columns_:
            choice, score = self._encode(column, features[column.name])
            if column.block:
                rows = np.flatnonzero(choice >= 0)
                out[rows, spans[column.name, "category"].start + choice[rows]] = 1.0
            if column.numbers:
                out[:, spans[column.name, "number"].start] = score
        return out

    @staticmethod
    def _encode(column: Column, series: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        if column.categories is not None:
            return pd.Categorical(series.astype(str), categories=column.categories).codes.astype(int), np.zeros(0)
        values = series.to_numpy(float, na_value=np.nan)
        choice = np.full(len(values), len(column.atoms) if column.knots else -1)
        for index, atom in enumerate(column.atoms):
            choice[np.isnan(values) if atom is None else values == atom] = index
        score = np.zeros(len(values))
        if column.numbers:
            free = (choice == len(column.atoms)) & ~np.isnan(values)
            score[free] = _to_score(np.interp(values[free], column.knots, column.levels))
        return choice, score

    def inverse_transform(self, matrix: np.ndarray) -> pd.DataFrame:
        """Decode rows: the largest entry of a block wins, scores map back through the quantiles.

        Parameters
        ----------
        matrix : ndarray, shape (n, D)
            Need not be exactly one-hot.
        """
        spans = {(span.feature, span.kind): span for span in self.spans_}
        columns = {}
        for column in self.columns_:
            choice = np.zeros(len(matrix), int)
            if column.block:
                span = spans[column.name, "category"]
                choice = matrix[:, span.start : span.stop].argmax(1)
            if column.categories is not None:
                columns[column.name] = pd.Categorical.from_codes(choice, categories=column.categories)
                continue
            columns[column.name] = self._decode(column, choice, matrix, spans)
        return pd.DataFrame(columns)

    @staticmethod
    def _decode(column: Column, choice: np.ndarray, matrix: np.ndarray, spans: dict[tuple[str, str], Span]) -> Any:
        values = np.full(len(matrix), column.knots[0] if column.knots else np.nan)
        if column.numbers:
            u = _to_u(matrix[:, spans[column.name, "number"].start].astype(float))
            knots = np.asarray(column.knots)
            if column.edges is not None:  # the exact generalised inverse of a discrete distribution
                values = knots[np.searchsorted(column.edges, u).clip(0, len(knots) - 1)]
            else:
                values = np.interp(u, column.levels, knots)
        for index, atom in enumerate(column.atoms):
            values[choice == index] = np.nan if atom is None else atom
        if column.decimals is not None:
            values = np.round(values, column.decimals)
        if column.decimals == 0 and not (np.abs(values) > EXACT).any():  # beyond, a float is not a whole number's name
            missing = np.isnan(values)
            whole = np.where(missing, 0, values).astype(np.int64)
            return pd.arrays.IntegerArray(whole, missing) if None in column.atoms else whole
        return values

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary for a JSON file."""
        return {"format": FORMAT, "columns": [asdict(column) for column in self.columns_]}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> TableEncoder:
        """Rebuild from :meth:`to_json`, which somebody else may have written.

        Raises
        ------
        StoreError
            It is not what :meth:`to_json` gives for any table.
        """
        known = isinstance(state, dict) and state.keys() == {"format", "columns"}
        if not (known and state["format"] == FORMAT and isinstance(state["columns"], list)):
            raise StoreError("the encoder is not one that this version reads")
        encoder = cls()
        encoder.columns_ = [read_column(column) for column in state["columns"]]
        try:
            encoder._set_spans()
        except DataError as error:
            raise StoreError(f"the encoder is damaged ({error})") from None
        return encoder
