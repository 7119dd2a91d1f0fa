"""What can be set on a method, declared where it is used: names, ranges, dials."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairviz.errors import SettingError

#: Values of a method's parameters, by name.
Setting = dict[str, Any]

#: Made of synthetic rows; made of real rows with a fairer model; to compare with.
GENERATOR, MITIGATION, REFERENCE = "generator", "classifier", "reference"


@dataclass(frozen=True)
class Parameter:
    """One number or choice of a method.

    Attributes
    ----------
    name : str
    default : object
        None: it has to be given.
    low, high : float
        Range of a number.
    choices : collection of str
        What a word may be, such as a registry; then it is no number.
    whole : bool
        Whether the number is whole.
    symbol : str
        Its name in charts; "" where it is not told.
    in_fit : bool
        Acts in training, so that every value is a fit of its own; else it acts in sampling or in prediction.
    neutral : bool
        The default does nothing at all, and is not written down.
    beside : tuple of str
        Parameters without one of which this one means nothing, and is not written down.
    """

    name: str
    default: Any = None
    low: float = 0.0
    high: float = 1.0
    choices: Collection[str] = field(default=(), compare=False)
    whole: bool = False
    symbol: str = ""
    in_fit: bool = False
    neutral: bool = False
    beside: tuple[str, ...] = ()

    def check(self, owner: str, value: Any) -> Any:
        """The value, if it is one of this parameter's.

        Raises
        ------
        SettingError
        """
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise SettingError(f"{owner}: {self.name} is {value!r}; choose one of {', '.join(self.choices)}.")
            return value
        ok = isinstance(value, (int, float)) and not isinstance(value, bool) and self.low <= value <= self.high
        if not ok or (self.whole and value != int(value)):
            kind = "a whole number" if self.whole else "a number"
            raise SettingError(f"{owner}: {self.name} is {value!r}; choose {kind} from {self.low:g} to {self.high:g}.")
        return int(value) if self.whole else float(value) + 0.0  # one nothing: -0.0 is 0.0

    def told(self, value: Any) -> str:
        """``λ_z 0.2`` for a chart, or a word alone."""
        if self.choices:
            return str(value) if self.symbol else ""
        return f"{self.symbol} {value:g}" if self.symbol else ""


def canonical(owner: str, parameters: Iterable[Parameter], setting: Mapping[str, Any]) -> Setting:
    """A setting checked, with its defaults, and without what does nothing; in the order of the parameters.

    Raises
    ------
    SettingError
        A name or a value that the method does not have, or one that it needs and has not.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in setting:
        if name not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise SettingError(f"{owner} has no setting {name!r}; {has}.")
    found: Setting = {}
    for name, parameter in known.items():
        if name not in setting and parameter.default is None:
            such = next(iter(parameter.choices)) if parameter.choices else parameter.high
            raise SettingError(f"{owner} needs the setting {name!r}, such as {such!r}.")
        value = parameter.check(owner, setting.get(name, parameter.default))
        if not (parameter.neutral and value == parameter.default):
            found[name] = value
    return {
        name: value
        for name, value in found.items()
        if not known[name].beside or any(other in found for other in known[name].beside)
    }


def wording(parameters: Iterable[Parameter], setting: Mapping[str, Any]) -> str:
    """A setting in short: ``λ_z 0.2``; a setting that does nothing by the last number that could."""
    parameters = list(parameters)
    parts = [text for p in parameters if p.name in setting and (text := p.told(setting[p.name]))]
    if not parts:
        parts = [p.told(p.default) for p in parameters if p.neutral and p.symbol][-1:]
    return ", ".join(parts) or "–"


def text_of(setting: Mapping[str, Any]) -> str:
    """A setting as one text, the same for the same setting."""
    return json.dumps(dict(setting), sort_keys=True)


@dataclass(frozen=True)
class Dial:
    """Positions of one method that belong together: a line in the trade-off.

    Attributes
    ----------
    name : str
        Stable.
    title : str
        For people.
    family : str
        Dials of one family share a front; the title by default.
    positions : tuple of dict
        Settings to try.
    light, quick : tuple of dict
        Fewer of them; every second one if ``light`` is empty.
    """

    name: str
    title: str
    positions: tuple[Setting, ...] = ({},)
    family: str = ""
    light: tuple[Setting, ...] = ()
    quick: tuple[Setting, ...] = ()

    def at(self, level: str = "full") -> tuple[Setting, ...]:
        """Settings to try: ``full``, ``light`` or ``quick``."""
        if level == "quick" and self.quick:
            return self.quick
        return self.positions if level == "full" else self.light or self.positions[::2]


def spread(name: str, values: Iterable[float], **more: Any) -> tuple[Setting, ...]:
    """Positions that differ in one parameter."""
    return tuple({**more, name: value} for value in values)
