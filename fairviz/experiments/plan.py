"""How much of a data set is compared: dials, held-out domains, seeds, and the trials that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fairviz.checks import check_count
from fairviz.data.dataset import DomainDataset
from fairviz.data.sets import DATASETS
from fairviz.experiments.methods import MOST_REAL, Line, line_named, lines
from fairviz.experiments.trial import Trial
from fairviz.experiments.where import Where
from fairviz.settings import Setting


@dataclass(frozen=True)
class Plan:
    """How much to run.

    ``quick`` is for seeing the command work: few rows, few iterations, two domains, one seed. How much a full run is
    stands with the data set (``Source.compare``).

    Attributes
    ----------
    dials : tuple of str
        Names of the dials to compare; all, if none is named.
    where : Where
        Backend and workers.
    """

    dataset: str
    dials: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ("gradient_boosting",)
    seeds: int = 5
    quick: bool = False
    where: Where = field(default_factory=Where)

    def __post_init__(self) -> None:
        check_count("seeds", self.seeds, 1, 100)
        for name in self.dials:
            line_named(name)

    def lines(self, among: Sequence[str] = ()) -> list[Line]:
        """Dials to compare; of those named in ``among``, if any."""
        return [line for name, line in lines().items() if name in (self.dials or among or (name,))]

    def targets(self, dataset: DomainDataset) -> list[str]:
        """Domains held out."""
        chosen = list(DATASETS[self.dataset].compare.held_out or dataset.domains)
        return chosen[:2] if self.quick else chosen

    @property
    def about(self) -> dict[str, Any]:
        """Rows, steps and iterations of every trial."""
        if self.quick:
            return {"n": 2000, "n_steps": 10, "n_iter": 200}
        how = DATASETS[self.dataset].compare
        return {"n": how.n, "n_steps": how.n_steps, "n_iter": how.n_iter}

    @property
    def level(self) -> str:
        """Which positions of the dials."""
        return "quick" if self.quick else DATASETS[self.dataset].compare.level

    @property
    def tested(self) -> range:
        """Seeds."""
        return range(1 if self.quick else self.seeds)

    def trials(self, dataset: DomainDataset) -> list[Trial]:
        """Every dial at every position on every target with every seed."""
        found = {
            self.trial(line, setting, target, classifier, seed): None
            for target in self.targets(dataset)
            for seed in self.tested
            for classifier in self.classifiers
            for line in self.lines()
            for setting in line.positions(self.level)
        }
        return list(found)

    def trial(self, line: Line, setting: Setting, target: str, classifier: str, seed: int, **more: Any) -> Trial:
        """One position of a dial; iterations and steps are written only where they act.

        Methods on real rows learn from all of the source's (:data:`~fairviz.experiments.methods.MOST_REAL` at most).
        """
        about = {**self.about, **more}
        if not line.method.synthesizer and not self.quick:
            about["n"] = MOST_REAL
        own = line.method.synthesizer and "n_iter" in line.method.hyper_parameters(setting)
        if not line.method.synthesizer or (own and not self.quick):
            about["n_iter"] = 0
        return Trial.of(line.method.name, setting, target, classifier, seed, **about)

    def offered(self, line: Line) -> list[Setting]:
        """Positions that a setting is chosen among inside the source: every fourth, where each is a fit of its own."""
        positions = line.positions(self.level)
        trained = any(p.in_fit and len({str(s.get(p.name)) for s in positions}) > 1 for p in line.method.parameters)
        return positions[::4] if trained else positions

    def inner(self, dataset: DomainDataset, compared: Sequence[Line]) -> list[Trial]:
        """Trials inside the source, from which settings are chosen: one seed, fewer rows."""
        rows = {"n": 1000, "n_steps": 10} if self.quick else {"n": 10_000, "n_steps": 10}
        found = {
            self.trial(line, setting, validation, self.classifiers[0], 0, without=target, **rows): None
            for target in self.targets(dataset)
            for validation in dataset.domains
            if validation != target
            for line in compared
            if len(self.offered(line)) > 1
            for setting in self.offered(line)
        }
        return list(found)
