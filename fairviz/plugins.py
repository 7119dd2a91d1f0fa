"""Registries: what is built in, by name, and what other packages add through entry points."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, TypeVar

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Objects by name, imported when they are asked for, so that reading one name does not load all there is.

    Parameters
    ----------
    group : str
        The group of entry points in which other packages name theirs, such as ``fairviz.controls``.
    builtin : mapping
        Names to ``"module:attribute"``, or to objects that are at hand, in the order in which they are shown; others
        follow.
    """

    def __init__(self, group: str, builtin: Mapping[str, Any]) -> None:
        self.group = group
        self._builtin = dict(builtin)
        self._loaded: dict[str, T] = {}
        self._others: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> T:
        if name not in self._loaded:
            if name in self._builtin:
                self._loaded[name] = _imported(self._builtin[name])
            elif name in self._from_others():
                self._loaded[name] = self._from_others()[name].load()
            else:
                raise KeyError(name)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._builtin or name in self._from_others()

    def __iter__(self) -> Iterator[str]:
        yield from self._builtin
        yield from self._from_others()

    def __len__(self) -> int:
        return len(self._builtin) + len(self._from_others())

    def _from_others(self) -> dict[str, Any]:
        """Entry points by name; one that takes a name that is taken already is left out, and says so."""
        if self._others is None:
            self._others = {}
            for point in entry_points(group=self.group):
                if point.name in self._builtin or point.name in self._others:
                    warnings.warn(f"{point.value}: the name {point.name!r} in {self.group} is taken.", stacklevel=2)
                else:
                    self._others[point.name] = point
        return self._others


def _imported(what: Any) -> Any:
    if not isinstance(what, str):
        return what
    module, attribute = what.split(":")
    return getattr(import_module(module), attribute)


def lazily(package: str, where: Mapping[str, str]) -> Callable[[str], Any]:
    """A package's ``__getattr__``: names are imported from its modules when they are asked for.

    Parameters
    ----------
    where : mapping
        Public name to module of the package.
    """

    def getattribute(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{where[name]}"), name)

    return getattribute
