"""Cells of text: cleaned, and told apart into numbers and categories."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd

from fairviz.errors import DataError
from fairviz.text import quoted

#: Beyond it not every whole number has a float of its own.
EXACT = 2**53
#: Squares of larger numbers, as a standard deviation needs them, are no longer finite.
LARGEST = 1e100
#: A column with this share of numbers is meant as a column of numbers.
MOSTLY = 0.95
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
#: Zero width, direction marks, soft hyphen, tags: two words that differ in these look alike.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_PADDED = re.compile(r"0[0-9]+")
_ID = re.compile(r"[0-9]+[eE][0-9]+")  # what writes numbers writes 1e+05, with a sign
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+")
#: A number to a person: 1,000 or 1.234,5 or 5% or $5.
_DRESSED = re.compile(
    r"[-+(]?\s*[$€£¥]?\s*[-+]?"
    r"([0-9]{1,3}([,.' \u2019\u00a0\u202f][0-9]{3})+([.,][0-9]+)?|[0-9]*[.,]?[0-9]+)\s*[$€£¥%]?\)?"
)
_ABSENT = {"na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", ".", "?"}


class Clean:
    """Removes characters that cannot be seen, and writes every letter in one way (NFC); counts what it does."""

    def __init__(self) -> None:
        self.controls = self.invisible = self.composed = 0

    def __call__(self, text: str) -> str:
        """One cell's text as it is used."""
        if CONTROL.search(text):
            text, n = CONTROL.subn("", text)
            self.controls += n
        if not text.isascii():
            text, n = INVISIBLE.subn("", text)
            self.invisible += n
            if not unicodedata.is_normalized("NFC", text):
                text = unicodedata.normalize("NFC", text)
                self.composed += 1
        return text

    def notes(self) -> list[str]:
        """What was done, for a person."""
        counted = (
            (self.controls, "control character(s) were removed"),
            (self.invisible, "invisible character(s) were removed"),
            (self.composed, "line(s) held letters in two parts, such as e and its accent, which are one now"),
        )
        return [f"{n:,} {what}" for n, what in counted if n]


def clean_text(text: str) -> str:
    """One piece of text as it is read from a file: without invisible characters, composed, trimmed."""
    return Clean()(text).strip()


def clean_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The same for the cells of every column of text; columns of anything else come back as they are."""
    return pd.DataFrame({name: _clean_column(values) for name, values in frame.items()}, index=frame.index)


def _clean_column(values: pd.Series) -> pd.Series:
    categorical = isinstance(values.dtype, pd.CategoricalDtype)
    kinds = values.cat.categories if categorical else values
    if not (pd.api.types.is_object_dtype(kinds) or pd.api.types.is_string_dtype(kinds)):
        return values
    known = {v for v in (kinds if categorical else values.dropna()) if isinstance(v, str)}
    changed = {old: new for old in known if (new := clean_text(old)) != old}
    if not changed:
        return values
    return values.astype(object).map(lambda v: changed.get(v, v) if isinstance(v, str) else v)


def as_column(cells: list[str], where: str, text: bool = False, decimal_comma: bool = False) -> pd.Series:
    """Cells as numbers if all of them are, else as text; an empty one is missing.

    ``00123``, ``1E5`` and whole numbers beyond 2**53 are identifiers: a column of them stays text, so that nothing of
    them is lost; a few among numbers are refused.

    Parameters
    ----------
    where : str
        Which column, for the message.
    text : bool
        Text in any case.
    decimal_comma : bool
        Whether 1,5 may be a number.

    Raises
    ------
    DataError
        Nearly all cells are numbers, but not all; or one is infinite.
    """
    codes, kinds = pd.factorize(np.array(cells, dtype=object))
    kinds = [None if kind == "" else kind for kind in kinds]
    filled = [kind for kind in kinds if kind is not None]
    if not text and filled:
        numbers = _numbers(codes, kinds, where, decimal_comma)
        if numbers is not None:
            return pd.Series(numbers[codes])
    return pd.Series(np.array(kinds, dtype=object)[codes] if kinds else np.array([], object), dtype=object)


def _numbers(codes: np.ndarray, kinds: list[str | None], where: str, decimal_comma: bool) -> np.ndarray | None:
    """The number of every kind of cell, or None for a column of text."""
    filled = [kind for kind in kinds if kind is not None]
    if decimal_comma and any("," in kind for kind in filled):
        commas = [kind for kind in filled if "," in kind]
        if all(_COMMA.fullmatch(kind) for kind in commas) and not all(_GROUPED.fullmatch(kind) for kind in commas):
            dotted = np.array([kind is not None and "," not in kind and "." in kind for kind in kinds])
            if any(NUMBER.fullmatch(kind) for kind, dot in zip(kinds, dotted, strict=True) if dot and kind):
                _refuse(codes, kinds, dotted, where, "beside numbers with a decimal comma", "Write all in one way,")
            kinds = [kind and kind.replace(",", ".") for kind in kinds]
            filled = [kind for kind in kinds if kind is not None]
    counts = np.bincount(codes, minlength=len(kinds))
    is_number = np.array([kind is not None and NUMBER.fullmatch(kind) is not None for kind in kinds])
    present = np.array([kind is not None for kind in kinds])
    if (is_number == present).all():
        if any(_PADDED.fullmatch(kind) for kind in filled):
            return None
        ids = np.array([kind is not None and _ID.fullmatch(kind) is not None for kind in kinds])
        if ids.any():
            if counts[ids].sum() >= (1 - MOSTLY) * counts[present].sum():
                return None
            why = "which is an identifier or a number with an exponent"
            _refuse(codes, kinds, ids, where, why, "Write the number in full,")
        if any(_WHOLE.fullmatch(kind) and abs(int(kind[:400])) > EXACT for kind in filled):
            return None
        return _values(codes, kinds, where)
    _refuse_strays(codes, kinds, counts, is_number, where)
    return None


def _values(codes: np.ndarray, kinds: list[str | None], where: str) -> np.ndarray:
    values = np.array([np.nan if kind is None else float(kind) for kind in kinds])
    large = np.abs(values) > LARGEST
    if large.any():
        _refuse(codes, kinds, large, where, "which is infinite or nearly so", "Replace it, leave the cell empty,")
    whole = all(kind is not None and _WHOLE.fullmatch(kind) for kind in kinds)
    return values.astype(np.int64) if whole else values


def _dressed(kind: str) -> bool:
    return len(kind) < 40 and _DRESSED.fullmatch(kind) is not None


def _refuse_strays(
    codes: np.ndarray, kinds: list[str | None], counts: np.ndarray, is_number: np.ndarray, where: str
) -> None:
    """Refuse a column that is meant as numbers; one that is meant as text passes."""
    present = np.array([kind is not None for kind in kinds])
    total, stray = counts[present].sum(), present & ~is_number
    infinite = np.array([kind is not None and _INFINITE.fullmatch(kind) is not None for kind in kinds])
    dressed = np.array([kind is not None and _dressed(kind) for kind in kinds])
    absent = np.array([kind is not None and kind.lower() in _ABSENT for kind in kinds])
    meant = counts[is_number | infinite | dressed].sum()
    if (stray == absent).all() and 2 * meant >= total:
        if meant:
            why = "among numbers; only an empty cell counts as missing"
            _refuse(codes, kinds, stray, where, why, "Leave the cell empty,")
    elif meant >= MOSTLY * total:
        if infinite.any() and (stray & ~infinite).sum() == 0:
            _refuse(codes, kinds, stray, where, "which is infinite", "Replace it, leave the cell empty,")
        advice = "Write plain digits with a decimal point,"
        _refuse(codes, kinds, stray, where, f"where {counts[is_number].sum():,} of {total:,} cells are numbers", advice)


def _refuse(codes: np.ndarray, kinds: list[str | None], bad: np.ndarray, where: str, why: str, advice: str) -> None:
    row = int(bad[codes].argmax())
    raise DataError(f"{where}, row {row + 1}: found {quoted(kinds[codes[row]])}, {why}. {advice} or drop the column.")


def marks_as_missing(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with NA, ? and the like as missing cells in columns that are, for half their cells or more, numbers and
    nothing else but these marks; all other columns as they are.
    """
    done = {name: _without_marks(frame[name]) for name in frame.columns}
    return frame.assign(**{name: values for name, values in done.items() if values is not None})


def _without_marks(values: pd.Series) -> pd.Series | None:
    """A column's numbers, if there are but marks of absence beside them; else None."""
    if pd.api.types.is_numeric_dtype(values):
        return None
    filled = values.notna()
    marks = filled & values.map(lambda cell: str(cell).strip().lower() in _ABSENT, na_action="ignore").eq(True)
    if not marks.any() or 2 * marks.sum() > filled.sum():
        return None
    try:
        done = as_column(list(values.where(filled & ~marks, "").astype(str)), str(values.name))
    except DataError:
        return None
    return pd.Series(done, index=values.index, name=values.name) if pd.api.types.is_numeric_dtype(done) else None


def as_text(values: pd.Series) -> pd.Series:
    """Values as text, missing ones as None; whole numbers without the ".0" that a missing neighbour gave them."""
    kept = values.astype("object").where(values.notna(), None)
    whole = pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all()
    return kept.map(lambda v: str(int(v)) if whole else str(v), na_action="ignore")


def check_numbers(where: str, name: str, values: pd.Series) -> None:
    """Refuse numbers that a float would not hold."""
    numbers = values.to_numpy(float, na_value=np.nan)
    wide = np.abs(numbers) > LARGEST
    if wide.any():
        what = "an infinite number" if np.isinf(numbers).any() else f"a number beyond {LARGEST:g}"
        row = int(wide.argmax())
        raise DataError(f"{where}: feature {quoted(name)} holds {what} (row {row + 1}). Replace it or leave it empty.")
    # near the limit a float may have been rounded down to it, so the whole number itself is asked
    if pd.api.types.is_integer_dtype(values) and (np.abs(numbers) >= EXACT).any():
        for row, value in enumerate(values):
            if not pd.isna(value) and abs(int(value)) > EXACT:
                raise DataError(
                    f"{where}: feature {quoted(name)} holds a whole number beyond 2**53 (row {row + 1}: {value}), "
                    "which no float holds exactly. Turn the column into text, or leave it out."
                )


def numbers_of(where: str, name: str, values: pd.Series) -> pd.Series:
    """A feature's cells as numbers; refuses what is none, or too large to be exact."""
    number = pd.to_numeric(values, errors="coerce")
    bad = (number.isna() & values.notna() & (values.astype(str) != "")).to_numpy()
    bad = bad | (np.abs(number.to_numpy(float, na_value=np.nan)) > LARGEST)
    if pd.api.types.is_object_dtype(values) or pd.api.types.is_string_dtype(values):
        whole = values.astype(str).str.fullmatch(r"[+-]?[0-9]{16,}").to_numpy(bool)
        bad = bad | (whole & (np.abs(number.to_numpy(float, na_value=0)) >= EXACT))
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"{where}: feature {quoted(name)}, row {row + 1}: wanted a number, found "
            f"{quoted(values.iloc[row])}. Give a finite number (whole: to 2**53) or leave the cell empty."
        )
    return number
