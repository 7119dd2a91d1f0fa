"""What every mitigation promises: real source rows in, predictions for the target out."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, ClassVar, TypeVar, cast

import numpy as np

from fairviz.data.dataset import DomainDataset
from fairviz.errors import DataError, SettingError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.evaluation.downstream import SEEDLESS, FeatureCodes, fitted
from fairviz.evaluation.protocol import drawn
from fairviz.numerics import settle
from fairviz.settings import MITIGATION, Dial, Parameter, Setting, canonical

T = TypeVar("T")


def needed(module: str) -> Any:
    """A module of a package that only some mitigations need.

    Raises
    ------
    SettingError
        It is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.split(".")[0]
        raise SettingError(f"This mitigation needs the package {package}. Install fairviz[compare].") from None


@dataclass
class Task:
    """One split: real source rows to learn from, a target to predict, a downstream model.

    Attributes
    ----------
    source, target : DomainDataset
    classifier : str
        A key of ``CLASSIFIERS``.
    seed : int
    """

    source: DomainDataset
    target: DomainDataset
    classifier: str
    seed: int
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, source: DomainDataset, target: DomainDataset, classifier: str, seed: int, n: int | None = None) -> Task:
        """A task on ``n`` source rows drawn at random (all, if there are fewer)."""
        return cls(drawn(source, n, seed), target, classifier, seed)

    def with_seed(self, seed: int) -> Task:
        """The same rows with another seed; what no seed touches is shared."""
        return replace(self, seed=seed)

    def once(self, name: str, make: Callable[[], T], *, seeded: bool = True) -> T:
        """A value that several settings of a dial share; all seeds, where it is not ``seeded``."""
        kept = f"{self.seed} {name}" if seeded else name
        if kept not in self._kept:
            self._kept[kept] = make()
        return cast("T", self._kept[kept])

    @property
    def seeded(self) -> bool:
        """Whether a fit of the downstream model depends on the seed."""
        return self.classifier not in SEEDLESS

    @property
    def codes(self) -> FeatureCodes:
        """Codes of the source's features."""
        return self.once("codes", lambda: FeatureCodes(self.source.features), seeded=False)

    @property
    def x(self) -> np.ndarray:
        """Source features, (n, F)."""
        return self.once("x", lambda: self.codes(self.source.features), seeded=False)

    @property
    def x_target(self) -> np.ndarray:
        """Target features, (m, F)."""
        return self.once("x_target", lambda: self.codes(self.target.features), seeded=False)

    def model(self) -> Any:
        """A fresh downstream model."""
        if self.classifier not in CLASSIFIERS:
            raise SettingError(f"No classifier {self.classifier!r}. Choose one of {', '.join(CLASSIFIERS)}.")
        return CLASSIFIERS[self.classifier](self.codes, self.seed)

    def fitted(self, weights: np.ndarray | None = None, x: np.ndarray | None = None) -> Any:
        """The downstream model, fit on the source with weights (n,), or on other features (n, F)."""
        x = self.x if x is None else x
        return fitted(self.codes, x, self.source.y, classifier=self.classifier, seed=self.seed, weights=weights)

    def predict(self, weights: np.ndarray | None = None, x: np.ndarray | None = None) -> np.ndarray:
        """Predictions for the target, (m,), of :meth:`fitted`."""
        return np.asarray(self.fitted(weights, x).predict(self.x_target), np.int64)

    @property
    def unmitigated(self) -> np.ndarray:
        """Predictions of the downstream model as it is, (m,)."""
        return self.once("unmitigated", self.predict, seeded=self.seeded)


class Mitigation:
    """A way to fairer predictions from real rows. Subclasses set the attributes and say how they predict.

    Attributes
    ----------
    name : str
        Stable: in files and keys.
    source : str
        Where it is from.
    kind : str
        ``MITIGATION``, or ``REFERENCE`` for what is there to compare with.
    parameters : tuple of Parameter
    dials : tuple of Dial
        Positions that are compared.
    needs_group : bool
        Needs the person's group when it decides.
    only : str
        The one downstream model that it works with, or "".
    one_label_will_do : bool
        Makes sense of a source whose rows all have one label.
    """

    name: ClassVar[str]
    source: ClassVar[str] = ""
    kind: ClassVar[str] = MITIGATION
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    dials: ClassVar[tuple[Dial, ...]] = ()
    needs_group: ClassVar[bool] = False
    only: ClassVar[str] = ""
    one_label_will_do: ClassVar[bool] = False

    #: ``answer(task, **setting)``: 0/1 for the target's rows, (m,), at a setting with every parameter given.
    answer: Callable[..., np.ndarray]

    def predict(self, task: Task, setting: Setting) -> np.ndarray:
        """0/1 for the target's rows, (m,), at a setting.

        Raises
        ------
        SettingError
            The setting is not one of this mitigation's.
        DataError
            The source has one label only.
        AssertionError
            The class breaks its promise: an answer is neither 0 nor 1.
        """
        given = canonical(self.name, self.parameters, setting)
        settle()
        if not self.one_label_will_do and len(np.unique(task.source.y)) < 2:
            raise DataError(
                "The source rows have one class only. Hold out another domain, or add rows of both classes."
            )
        defaults = {p.name: p.default for p in self.parameters if p.default is not None}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what libraries say on every run is not printed
            found = np.asarray(self.answer(task, **{**defaults, **given}))
        others = found[~np.isin(found, (0, 1))]
        if len(others):  # a probability would be cut to 0
            raise AssertionError(
                f"The contract of a mitigation is broken: {self.name} at {given} gives 0 or 1; it gave {others[0]}"
            )
        return found.astype(np.int64)
