"""Registries: what is built in, by name, and what other packages add through entry points."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any


class Registry(Mapping[str, Any]):
    """Objects by name, imported when they are asked for, so that reading one name does not load all there is.

    Parameters
    ----------
    group : str
        The group of entry points in which other packages name theirs, such as ``fairviz.controls``.
    builtin : mapping
        Names to ``"module:attribute"``, in the order in which they are shown; others follow.
    """

    def __init__(self, group: str, builtin: Mapping[str, str]) -> None:
        self.group = group
        self._builtin = dict(builtin)
        self._loaded: dict[str, Any] = {}
        self._others: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            if name in self._builtin:
                module, attribute = self._builtin[name].split(":")
                self._loaded[name] = getattr(import_module(module), attribute)
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
