"""What a stored fit must look like before anything is built from it: somebody else may have written it.

Errors name the file inside the run folder; who opens the folder adds its path.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from torch import Tensor

from fairviz.data.schema import MAX_GROUPS, Schema
from fairviz.errors import DataError, SettingError, StoreError

FIELDS = {"synthesizer", "params", "name", "schema", "groups", "labels", "joint", "notes", "encoder"}
NO_PRICE = (
    "This fit was made by an earlier version of fairviz and does not hold what a price of unfairness needs. Its "
    "networks are still good: run 'fairviz upgrade FOLDER' with the rows it was made from."
)
#: Length at most where the weights do not say it.
MAX_FREE = 1_000_000
T = TypeVar("T")
_TYPES: dict[type, tuple[type, ...]] = {float: (int, float)}


@dataclass(frozen=True)
class Form:
    """Shape, type and range of one array.

    A name in the shape stands for a length that is free, and the same wherever the name occurs.
    """

    shape: tuple[int | str, ...]
    dtype: str = "float32"
    low: float = -math.inf
    high: float = math.inf

    @classmethod
    def of(cls, tensor: Tensor) -> Form:
        """The form of a weight."""
        return cls(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))


def check_layout(forms: Mapping[str, Form], layout: Mapping[str, tuple[str, tuple[int, ...]]]) -> None:
    """Refuse arrays of other names, types or shapes than declared.

    Raises
    ------
    StoreError
        Names the first of them.
    """
    for name in sorted(forms.keys() ^ layout.keys()):
        what = "is missing" if name in forms else "does not belong to this fit"
        raise StoreError(f"arrays.safetensors: {name[:80]!r} {what}")
    free: dict[str, int] = {}
    for name, form in forms.items():
        dtype, shape = layout[name]
        if dtype != form.dtype:
            raise StoreError(f"arrays.safetensors: {name!r} is {dtype[:20]!r}, wanted {form.dtype!r}")
        wanted = [free.setdefault(n, found) if isinstance(n, str) else n for n, found in zip(form.shape, shape)]  # noqa: B905
        if len(shape) != len(form.shape) or list(shape) != wanted:
            raise StoreError(f"arrays.safetensors: {name!r} has another shape than the fit's settings imply")
    if not all(0 < n <= MAX_FREE for n in free.values()):
        raise StoreError(f"arrays.safetensors: an array has no rows, or more than {MAX_FREE:,}")


def check_arrays(forms: Mapping[str, Form], arrays: Mapping[str, np.ndarray]) -> None:
    """Refuse arrays that are not as declared, or hold what is no number or out of range.

    Raises
    ------
    StoreError
    """
    check_layout(forms, {name: (str(a.dtype), a.shape) for name, a in arrays.items()})
    for name, form in forms.items():
        values = arrays[name]
        if not np.isfinite(values).all():
            raise StoreError(f"arrays.safetensors: {name!r} holds a value that is no finite number")
        if not ((values >= form.low) & (values <= form.high)).all():
            raise StoreError(f"arrays.safetensors: {name!r} holds a value outside {form.low:g} to {form.high:g}")


def _need(ok: bool, what: str) -> None:
    if not ok:
        raise StoreError(f"fit.json: {what}")


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def check_meta(
    meta: Any, defaults: Mapping[str, Any], optional: Set[str] = frozenset(), later: Mapping[str, Any] | None = None
) -> None:
    """Refuse what is no ``fit.json``: names, types, and everything that can be checked without the networks.

    Parameters
    ----------
    defaults : mapping
        Hyper-parameters of the synthesizer with values of the right types; their ranges are its own matter.
    optional : set of str
        Fields that may be there besides; what they hold is its own matter too.
    later : mapping, optional
        Hyper-parameters that may be missing.

    Raises
    ------
    StoreError
    """
    _need(isinstance(meta, dict) and meta.keys() - optional == FIELDS, "its fields are not those of a fit")
    params = meta["params"]
    known = {**defaults, **(later or {})}
    named = isinstance(params, dict) and known.keys() - (later or {}).keys() <= params.keys() <= known.keys()
    _need(named, "its hyper-parameters have other names")
    for name, value in params.items():
        kind = type(known[name])
        _need(type(value) in _TYPES.get(kind, (kind,)), f"hyper-parameter {name} is not of type {kind.__name__}")
    _need(isinstance(meta["name"], str) and _texts(meta["notes"]), "name or notes are not text")
    groups, labels = meta["groups"], meta["labels"]
    _need(_texts(groups) and 2 <= len(groups) == len(set(groups)) <= MAX_GROUPS, "its groups are damaged")
    _need(_texts(labels) and len(labels) == len(set(labels)) == 2, "its labels are not two")
    schema = read_schema(meta["schema"])
    _need(labels[1] == schema.favourable, "its second label is not the favourable one")
    _check_joint(meta["joint"], len(groups))


def read_schema(state: Any) -> Schema:
    """The schema of a fit.

    Raises
    ------
    StoreError
    """
    wanted = {"features", "label", "favourable", "sensitive", "domain", "categorical"}
    _need(isinstance(state, dict) and state.keys() == wanted, "its schema is damaged")
    _need(all(_texts(v) if k in ("features", "categorical") else isinstance(v, str) for k, v in state.items()),
          "its schema is damaged")  # fmt: skip
    try:
        return Schema(**state)
    except DataError as error:
        raise StoreError(f"fit.json: its schema is damaged ({error})") from None


def _check_joint(joint: Any, n_groups: int) -> None:
    """The source's shares by group and label: both labels occur, and they sum to 1."""
    rows = isinstance(joint, list) and len(joint) == n_groups
    rows = rows and all(isinstance(row, list) and len(row) == 2 for row in joint)
    _need(rows and all(type(v) in (int, float) for row in joint for v in row), "its joint is not groups by labels")
    shares = np.array(joint, float)
    proper = (shares >= 0).all() and abs(shares.sum() - 1) <= 1e-6 and (shares.sum(0) > 0).all()
    _need(bool(proper), "its joint is not the shares of groups and labels")


def present(part: T | None, why_not: str) -> T:
    """A part of a fit that fits of earlier versions lack.

    Raises
    ------
    SettingError
        It is lacking; says ``why_not``.
    """
    if part is None:
        raise SettingError(why_not)
    return part
