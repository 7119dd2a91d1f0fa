"""Numbers from outside, refused where they are out of range."""

from __future__ import annotations

import numpy as np

from fairviz.errors import SettingError

#: Synthetic rows at most.
MAX_ROWS = 5_000_000


def check_count(name: str, value: int, low: int, high: int) -> int:
    """Refuse a whole number outside its range.

    Raises
    ------
    SettingError
    """
    whole = isinstance(value, (int, np.integer, float)) and not isinstance(value, bool)
    if not whole or not low <= value <= high or int(value) != value:
        raise SettingError(f"{name} is {value}; choose a whole number from {low:,} to {high:,}.")
    return int(value)


def check_price(name: str, value: object, n: int, top: float) -> np.ndarray:
    """A number from 0 to ``top``, or one per row, as an array of shape (n,).

    Raises
    ------
    SettingError
    """
    array = np.asarray(value, float)
    if array.ndim > 1 or (array.ndim == 1 and len(array) != n):
        raise SettingError(f"{name} has shape {array.shape}; give one number, or one for each of the {n:,} rows.")
    bad = ~((array >= 0) & (array <= top))  # NaN is bad too
    if bad.any():
        found = array if array.ndim == 0 else array[bad][0]
        raise SettingError(f"{name} is {float(found):g}; choose a number from 0 to {top:g}.")
    return np.broadcast_to(array, (n,))
