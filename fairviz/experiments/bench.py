"""Where trials are carried out: fits, rows and pools are kept as long as the next trial needs them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.errors import SettingError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.protocol import trained
from fairviz.evaluation.tradeoff import both_of
from fairviz.experiments.methods import MOST_REAL
from fairviz.experiments.trial import Trial
from fairviz.mitigation.base import Task
from fairviz.settings import Setting, text_of
from fairviz.store import key_of
from fairviz.store.fits import RunFolder
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FitSpec
from fairviz.store.trials import Row

T = TypeVar("T")
#: Settings that say how much of a control acts.
PRICES = frozenset({"lambda_z", "lambda_eop"})


@dataclass
class Bench:
    """Where trials of one data set are carried out: fits, rows and pools are kept as long as the next trial needs them.

    Attributes
    ----------
    dataset : DomainDataset
    library : Library
    options : mapping
        Options of the data set's reader; they are part of a fit's name.
    run : RunFolder, optional
        A run folder that every fit is taken from, instead of the library.
    spec : FitSpec, optional
        The fit to take, where it is not the one that the trial names (a fit with other hyper-parameters).
    paired : bool
        Trials that weigh a pool by a price also count who is told yes without the price, which takes a second model.
    """

    dataset: DomainDataset
    library: Library
    options: Mapping[str, Any] = field(default_factory=dict)
    run: RunFolder | None = None
    spec: FitSpec | None = None
    paired: bool = False
    _kept: dict[str, tuple[str, Any]] = field(default_factory=dict, repr=False)

    def fit_spec(self, trial: Trial) -> FitSpec | None:
        """The fit that a trial's rows come from."""
        if not trial.what.synthesizer:
            return None
        if self.spec is not None and self.spec.target == trial.target:
            return self.spec
        return trial.fit_spec(self.dataset, self.options)

    def key(self, trial: Trial) -> str:
        """The key of a trial here."""
        return trial.key(self.dataset.fingerprint(), self.fit_key(trial))

    def fit_key(self, trial: Trial) -> str:
        """What names the fit that a trial's rows come from; "" where no generator is involved."""
        spec = self.fit_spec(trial)
        return "" if spec is None else self.run.digest if self.run is not None else key_of(spec.to_json())

    def compute(self, trials: Sequence[Trial], *, fresh: bool = False) -> list[Row]:
        """Rows of trials: found in the library, or computed and stored there. ``fresh``: computed in any case.

        Raises
        ------
        FairvizError
            A trial cannot be carried out; those before it are stored.
        """
        keys = [self.key(trial) for trial in trials]
        found = {} if fresh else self.stored(trials)
        new: dict[str, Row] = {}
        try:
            for trial, key in zip(trials, keys, strict=True):
                if key not in found and key not in new:
                    begun = time.monotonic()
                    counts, both = self.counts(trial), self._both(trial)
                    new[key] = Row(key, asdict(trial), counts.table[0], time.monotonic() - begun, both)
        finally:
            if new and not fresh:
                self.library.trials.put(self.dataset.fingerprint(), self.dataset.groups, list(new.values()))
        return [found[key] if key in found else new[key] for key in keys]

    def stored(self, trials: Sequence[Trial]) -> dict[str, Row]:
        """Rows of trials that the library has, by key, with all that is asked of them here."""
        found = self.library.trials.get([self.key(trial) for trial in trials])
        if not self.paired:
            return found
        lacking = {self.key(trial) for trial in trials if self._has_pair(trial)}
        return {key: row for key, row in found.items() if row.both is not None or key not in lacking}

    def _has_pair(self, trial: Trial) -> bool:
        return self.paired and trial.what.pooled and not PRICES.isdisjoint(trial.position)

    def _both(self, trial: Trial) -> np.ndarray | None:
        """People of each group and label who are told yes with the trial's price and without it, (K, 2)."""
        if not self._has_pair(trial):
            return None
        now, before = (self.answers(one) for one in (trial, without_price(trial)))
        return Counts.from_predictions(self.split(trial)[1], now & before).table[0, :, :, 1]

    def split(self, trial: Trial) -> tuple[DomainDataset, DomainDataset]:
        """Source and target rows of a trial."""
        return self._keep("split", f"{trial.target}\n{trial.without}", lambda: trial.split(self.dataset))

    def counts(self, trial: Trial) -> Counts:
        """Carry out one trial."""
        return Counts.from_predictions(self.split(trial)[1], self.answers(trial))

    def answers(self, trial: Trial) -> np.ndarray:
        """0/1 for the target's rows, (m,), by the model that a trial trains; without a price they are kept apart."""
        what, (source, target) = trial.what, self.split(trial)
        if not what.synthesizer:
            draw = 0 if trial.n >= min(MOST_REAL, len(source)) else trial.seed
            about = json.dumps([trial.target, trial.without, trial.classifier, trial.n, draw])
            task = self._keep("task", about, lambda: Task.of(source, target, trial.classifier, draw, trial.n))
            return cast("np.ndarray", what.made().predict(task.with_seed(trial.seed), trial.position))
        fit = self._fit(trial)
        setting = what.in_sampling(trial.position)
        if what.priced(setting):
            setting = _up_to_equality(setting, fit)
        same = json.dumps([*self._drawn(trial), setting, what.pooled, trial.classifier])
        slot = f"answers without a price, {trial.classifier}" if PRICES.isdisjoint(setting) else "answers"
        return self._keep(slot, same, lambda: self._tested(trial, fit, setting, target))

    def _fit(self, trial: Trial) -> Any:
        spec = self.fit_spec(trial)
        assert spec is not None
        if self.run is not None:
            return self._keep("fit", self.fit_key(trial), self.run.fit)
        if self.spec is not None and self.library.get(FIT, spec.to_json()) is None:
            raise SettingError(f"There is no fit of {spec.dataset} for target {spec.target!r} yet. Make it first.")
        return self._keep("fit", self.fit_key(trial), lambda: self.library.fit(spec, self.dataset))

    def _drawn(self, trial: Trial) -> list[Any]:
        """What drawn rows depend on, beside the setting; and the target that they are tested on."""
        return [self.fit_key(trial), trial.target, trial.without, trial.seed, trial.n, trial.n_steps]

    def _tested(self, trial: Trial, fit: Any, setting: Setting, target: DomainDataset) -> np.ndarray:
        """0/1 for the target's rows, (m,), by a model of a generator's rows at a setting."""
        how: dict[str, Any] = {"random_state": trial.seed}
        if trial.what.made.takes_steps:
            how["n_steps"] = trial.n_steps
        about = json.dumps(self._drawn(trial))
        weights: np.ndarray | None = None
        if trial.what.pooled:
            drawn = {name: setting[name] for name in ("labels", "solver") if name in setting}
            pool = self._keep("pool", f"{about} {drawn}", lambda: fit.pool(trial.n, **drawn, **how))
            rows, weights = pool.rows, pool.weights(**{k: v for k, v in setting.items() if k not in drawn})
        else:
            rows = self._keep("rows", f"{about} {setting}", lambda: fit.sample(trial.n, **setting, **how))
        return trained(rows, target, trial.classifier, trial.seed, weights).predict(target.features)

    def _keep(self, slot: str, key: str, make: Callable[[], T]) -> T:
        """The last of its kind only: a grid of fits, pools or drawn rows would fill the memory."""
        if slot not in self._kept or self._kept[slot][0] != key:
            self._kept[slot] = (key, make())
        return cast("T", self._kept[slot][1])


def without_price(trial: Trial) -> Trial:
    """The same trial without a fair control."""
    free = {name: value for name, value in trial.position.items() if name not in {*PRICES, "control"}}
    return replace(trial, setting=text_of(free))


def _up_to_equality(setting: Setting, fit: Any) -> Setting:
    """The setting with its price cut off at equality, beyond which every price gives the same rows."""
    from fairviz.controls import CONTROLS

    control = CONTROLS[setting["control"]]
    if control.has_second:
        return setting
    return {**setting, "lambda_z": min(setting["lambda_z"], fit.end_of_dial(control.name))}


def rows_of(table: pd.DataFrame, dataset: DomainDataset) -> list[Row]:
    """Inverse of :func:`table_of`: a table's trials of this data set, with the keys that they are stored under."""
    bench, rows = Bench(dataset, Library()), []
    for record, pairs in zip(table.to_dict("records"), both_of(table, len(dataset.groups)), strict=True):
        trial = Trial.from_row(record)
        groups = range(len(dataset.groups))
        cells = [[[record[f"n_{k}_{y}_{p}"] for p in (0, 1)] for y in (0, 1)] for k in groups]
        both = None if np.isnan(pairs).any() else pairs.astype(np.int64)
        rows.append(Row(bench.key(trial), asdict(trial), np.array(cells, dtype=np.int64), both=both))
    return rows


def spent(bench: Bench, trials: Sequence[Trial]) -> dict[str, Any]:
    """Core-seconds of trials and of their fits, in whichever run they were computed."""
    specs = {key_of(s.to_json()): s.to_json() for t in trials if (s := bench.fit_spec(t)) is not None}
    stored = bench.library.trials.get([bench.key(trial) for trial in trials])
    trained = [e.made for s in specs.values() if (e := bench.library.get(FIT, s)) is not None]
    timed = [row.seconds for row in stored.values() if row.seconds > 0]
    return {
        "trials": len(trials), "trials_timed": len(timed), "trial_core_seconds": round(sum(timed)),
        "fits": len(specs), "fit_core_seconds": round(sum(made["seconds"] for made in trained)),
    }  # fmt: skip
