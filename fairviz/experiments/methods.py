"""Every method that can be tried: generators, mitigations and references in one registry, and their dials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairviz.errors import SettingError
from fairviz.mitigation import MITIGATIONS
from fairviz.settings import GENERATOR, REFERENCE, Dial, Parameter, Setting, canonical, wording
from fairviz.synthesizers import SYNTHESIZERS
from fairviz.text import listing

#: Names of methods that weigh a pool of unguided rows, by the synthesizer whose fit draws the pool.
POOLED = {"fadm": "fadm_preview"}
#: Methods on real rows learn from all of the source's, up to this many.
MOST_REAL = 50_000


@dataclass(frozen=True)
class Method:
    """One way from source rows to predictions.

    Attributes
    ----------
    name : str
        Stable: in keys, tables and commands.
    made : type
        The class of a synthesizer or of a mitigation.
    synthesizer : str
        For generators: the key in ``SYNTHESIZERS``.
    pooled : bool
        The setting acts as weights on unguided rows.
    """

    name: str
    made: Any
    synthesizer: str = ""
    pooled: bool = False

    @property
    def kind(self) -> str:
        """``GENERATOR``, ``MITIGATION`` or ``REFERENCE``."""
        return GENERATOR if self.synthesizer else self.made.kind

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What can be set."""
        return tuple(self.made.parameters)

    @property
    def dials(self) -> tuple[Dial, ...]:
        """Positions that are compared."""
        return tuple(self.made.weighted_dials if self.pooled else self.made.dials)

    @property
    def needs_group(self) -> bool:
        """Whether it needs the person's group when it decides."""
        return not self.synthesizer and self.made.needs_group

    @property
    def only(self) -> str:
        """The one downstream model that it works with, or ""."""
        return "" if self.synthesizer else self.made.only

    @property
    def source(self) -> str:
        """Where it is from."""
        return str(self.made.source_of_idea if self.synthesizer else self.made.source)

    def canonical(self, setting: Mapping[str, Any]) -> Setting:
        """A setting in the one way in which it is written.

        Raises
        ------
        SettingError
            The method has no such setting, or needs one that is missing.
        """
        return canonical(self.name, self.parameters, setting)

    def wording(self, setting: Mapping[str, Any]) -> str:
        """A setting in short: ``λ_z 0.2``."""
        return wording(self.parameters, setting)

    def in_fit(self, setting: Mapping[str, Any]) -> Setting:
        """The part of a setting that acts in training."""
        return {p.name: setting[p.name] for p in self.parameters if p.in_fit and p.name in setting}

    def hyper_parameters(self, setting: Mapping[str, Any], seed: int = 0) -> dict[str, Any]:
        """Hyper-parameters of a generator's fit at a setting, for a trial's seed."""
        return dict(self.made.hyper_parameters(self.in_fit(setting), seed))

    def in_sampling(self, setting: Mapping[str, Any]) -> Setting:
        """The part of a setting that acts in sampling."""
        return {p.name: setting[p.name] for p in self.parameters if not p.in_fit and p.name in setting}

    def priced(self, setting: Mapping[str, Any]) -> bool:
        """Whether a price of a gap acts; a reference's multiplier is no price."""
        from fairviz.controls import CONTROLS

        if "control" not in setting or self.kind == REFERENCE:
            return False
        return any(CONTROLS[setting["control"]].prices(*(setting.get(n, 0.0) for n in ("lambda_z", "lambda_eop"))))


class _Methods(Mapping[str, Method]):
    """Both registries as one."""

    def __getitem__(self, name: str) -> Method:
        if name in SYNTHESIZERS:
            return Method(name, SYNTHESIZERS[name], name)
        for synthesizer, pooled in POOLED.items():
            if name == pooled:
                return Method(name, SYNTHESIZERS[synthesizer], synthesizer, pooled=True)
        return Method(name, MITIGATIONS[name])

    def __iter__(self) -> Iterator[str]:
        for name in SYNTHESIZERS:
            yield name
            if name in POOLED:
                yield POOLED[name]
        yield from MITIGATIONS

    def __contains__(self, name: object) -> bool:
        return name in SYNTHESIZERS or name in POOLED.values() or name in MITIGATIONS

    def __len__(self) -> int:
        return len(list(iter(self)))


METHODS: Mapping[str, Method] = _Methods()


def method_named(name: str) -> Method:
    """A method by name.

    Raises
    ------
    SettingError
        There is none.
    """
    if name not in METHODS:
        raise SettingError(f"No method {name!r}. Choose one of {listing(list(METHODS), 40)}.")
    return METHODS[name]


@dataclass(frozen=True)
class Line:
    """A dial of a method: what is compared as one line.

    Attributes
    ----------
    method : Method
    dial : Dial
    """

    method: Method
    dial: Dial

    def positions(self, level: str) -> list[Setting]:
        """Settings to try, each in the one way in which it is written."""
        return [self.method.canonical(setting) for setting in self.dial.at(level)]

    def about(self, level: str) -> dict[str, Any]:
        """What a published table says of it, so that reading the table needs no method."""
        return {
            "name": self.dial.name, "method": self.method.name, "title": self.dial.title,
            "family": self.dial.family or self.dial.title, "kind": self.method.kind, "source": self.method.source,
            "needs_group": self.method.needs_group, "only": self.method.only,
            "positions": [{"setting": s, "wording": self.method.wording(s)} for s in self.positions(level)],
        }  # fmt: skip


def lines() -> dict[str, Line]:
    """Every dial of every method, by its name; a plug-in's stands where its method does."""
    return {dial.name: Line(METHODS[name], dial) for name in METHODS for dial in METHODS[name].dials}


def line_named(name: str) -> Line:
    """A dial by name.

    Raises
    ------
    SettingError
        There is none.
    """
    known = lines()
    if name not in known:
        raise SettingError(f"No dial {name!r}. Choose among {listing(list(known), 40)}.")
    return known[name]
