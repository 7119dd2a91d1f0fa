"""Whom a model serves worst: conjunctions of up to three attributes with more errors than among everybody else.

A beam search, as slice finders do (Chung et al. 2019; Divisi and FairVis show what it finds). Looking at many subgroups
finds some by chance, so p-values and the order are corrected for all conjunctions of the depth that there are, those
that the beam left out too; and nothing is said of fewer than ten people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from fairviz.checks import check_count
from fairviz.errors import SettingError
from fairviz.evaluation.metrics import MIN_ROWS

#: Errors by which people are served badly, and whose they are: all; those with the favourable label; those without it.
KINDS = {"wrong": "told the wrong answer", "missed": "with the label, not found", "promised": "without it, told yes"}
#: Parts that a number is cut into.
BANDS = 4
#: Two subgroups are told as one if they share more than this part of the people that are in either.
ALIKE = 0.5
#: Values of one attribute that are told apart, the most frequent ones; more are left out.
MAX_VALUES = 40
DEEPEST = 3


@dataclass(frozen=True)
class Condition:
    """One attribute's value, or a range of a number."""

    attribute: str
    value: str


@dataclass(frozen=True)
class Subgroup:
    """People of some attributes, and how often the model errs about them.

    Attributes
    ----------
    conditions : tuple of Condition
        From one to three, of different attributes.
    people, errors : int
        Of those that the kind of error can happen to, and to how many it did.
    rate, low, high : float
        Share of errors with its 95 % interval (Clopper and Pearson).
    others : float
        The share among everybody else.
    p : float
        How likely so many errors are by chance alone, corrected for all subgroups that could have been looked at.
    """

    conditions: tuple[Condition, ...]
    people: int
    errors: int
    rate: float
    low: float
    high: float
    others: float
    p: float


def at_risk(y: np.ndarray, predicted: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Whom a kind of error can happen to, and whom it happened to; masks, (n,) each.

    Raises
    ------
    SettingError
        No such kind.
    """
    if kind not in KINDS:
        raise SettingError(f"No kind of error {kind!r}. Choose one of {', '.join(KINDS)}.")
    asked = {"wrong": np.ones(len(y), bool), "missed": y == 1, "promised": y == 0}[kind]
    return asked, asked & (predicted != y)


def worst_served(
    people: pd.DataFrame, y: np.ndarray, predicted: np.ndarray, *, kind: str = "wrong", depth: int = 2, beam: int = 50,
    top: int = 10,
) -> list[Subgroup]:  # fmt: skip
    """The subgroups that are served worst beyond doubt: by the lower end of the corrected interval of their errors.

    Parameters
    ----------
    people : DataFrame, shape (n, attributes)
        Text, categories or numbers (cut at their quartiles); missing values are no value of their own.
    y, predicted : ndarray of int, shape (n,)
        Label and answer, 1 is favourable.
    kind : str
        A key of :data:`KINDS`.
    depth : int
        Most attributes that a subgroup is made of, 1 to 3.
    beam : int
        Subgroups of one depth that are made narrower.
    top : int
        Most subgroups returned; one that is much the same people as an earlier one is left out.

    Raises
    ------
    SettingError
        Unknown kind, or a number out of range.
    """
    check_count("depth", depth, 1, DEEPEST)
    check_count("beam", beam, 1, 1000)
    check_count("top", top, 1, 100)
    asked, errors = at_risk(np.asarray(y), np.asarray(predicted), kind)
    attributes = _masks(people.loc[asked].reset_index(drop=True))
    errors = errors[asked]
    singles = [Condition(name, value) for name, values in attributes.items() for value in values]
    has = np.array([mask for values in attributes.values() for mask in values.values()]).reshape(-1, len(errors))
    many = _conjunctions([len(values) for values in attributes.values()], depth)
    level: dict[tuple[int, ...], _Count] = {(k,): _counted(has[[k]], errors, many)[0] for k in range(len(singles))}
    level = _enough(level, errors)
    found = dict(level)
    for _ in range(1, depth):
        wider: dict[tuple[int, ...], _Count] = {}
        for members in sorted(level, key=lambda one: -level[one][2])[:beam]:
            taken = {singles[k].attribute for k in members}
            open_ = [k for k, one in enumerate(singles) if one.attribute not in taken]
            counts = _counted(has[open_] & has[list(members)].all(0), errors, many)
            wider |= {tuple(sorted((*members, k))): count for k, count in zip(open_, counts, strict=True)}
        level = _enough(wider, errors)
        found |= level
    told: list[Subgroup] = []
    kept: list[np.ndarray] = []
    for members in sorted(found, key=lambda one: (-found[one][2], len(one))):
        n, hits, _ = found[members]
        if len(told) == top:
            break
        if hits * len(errors) <= errors.sum() * n:  # no worse than everybody
            continue
        mask = np.asarray(has[list(members)].all(0))
        if all((mask & other).sum() <= ALIKE * (mask | other).sum() for other in kept):
            told.append(_subgroup(tuple(singles[k] for k in members), mask, errors, many))
            kept.append(mask)
    return told


def errors_in(
    people: pd.DataFrame, y: np.ndarray, predicted: np.ndarray, subgroups: Sequence[Subgroup], *, kind: str = "wrong"
) -> list[int]:
    """How often another model errs about the same subgroups; arguments as for :func:`worst_served`."""
    asked, errors = at_risk(np.asarray(y), np.asarray(predicted), kind)
    attributes = _masks(people.loc[asked].reset_index(drop=True))
    return [
        int((np.all([attributes[c.attribute][c.value] for c in one.conditions], axis=0) & errors[asked]).sum())
        for one in subgroups
    ]


def _masks(people: pd.DataFrame) -> Mapping[str, dict[str, np.ndarray]]:
    """Of every attribute: who has which value, masks (n,)."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, column in people.items():
        if pd.api.types.is_numeric_dtype(column) and column.nunique() > BANDS:
            cut = pd.qcut(column, BANDS, duplicates="drop")
            bands = list(cut.cat.categories)
            codes = {_band(bands, k): (cut == band).to_numpy() for k, band in enumerate(bands)}
        else:
            text = column.astype("string")
            values = text.value_counts().index[:MAX_VALUES]
            codes = {str(value): (text == value).fillna(value=False).to_numpy(bool) for value in values}
        found[str(name)] = codes
    return found


def _band(bands: Sequence[pd.Interval], k: int) -> str:
    """A range of a number in words: its ends are quartiles, the outermost are open."""
    low, high = bands[k].left, bands[k].right
    if k == 0:
        return f"at most {high:g}"
    return f"above {low:g}" if k == len(bands) - 1 else f"above {low:g}, at most {high:g}"


#: People and errors of a subgroup, and the lower end of its share of errors at the corrected level.
_Count = tuple[int, int, float]


def _counted(masks: np.ndarray, errors: np.ndarray, many: int) -> list[_Count]:
    """Of subgroups (k, n): people, errors, and what their share of errors is at least (Clopper and Pearson, one side,
    5 % over all ``many`` subgroups together).
    """
    people, hits = masks.sum(1), (masks & errors).sum(1)
    low = np.where(hits > 0, stats.beta.ppf(0.05 / many, np.maximum(hits, 1), people - hits + 1), 0.0)
    return [(int(n), int(h), float(p)) for n, h, p in zip(people, hits, low, strict=True)]


def _enough(some: Mapping[tuple[int, ...], _Count], errors: np.ndarray) -> dict[tuple[int, ...], _Count]:
    """Those of ten people or more, with ten others or more to compare with."""
    return {k: one for k, one in some.items() if MIN_ROWS <= one[0] <= len(errors) - MIN_ROWS}


def _conjunctions(values: Sequence[int], depth: int) -> int:
    """How many conjunctions of at most ``depth`` attributes there are: elementary symmetric polynomials."""
    sums = [1] + [0] * depth
    for many in values:
        for k in range(depth, 0, -1):
            sums[k] += many * sums[k - 1]
    return sum(sums[1:])


def _subgroup(conditions: tuple[Condition, ...], mask: np.ndarray, errors: np.ndarray, many: int) -> Subgroup:
    n, hits = int(mask.sum()), int((mask & errors).sum())
    ends = stats.binomtest(hits, n).proportion_ci(0.95, "exact")
    chance = stats.hypergeom.sf(hits - 1, len(errors), int(errors.sum()), n)  # Fisher's exact test, one side
    p = min(1.0, many * float(chance))
    return Subgroup(conditions, n, hits, hits / n, float(ends.low), float(ends.high), float(errors[~mask].mean()), p)
