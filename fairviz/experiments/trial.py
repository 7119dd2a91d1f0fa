"""A trial: one method at one setting on one split, tested once. It yields counts; all else is derived from them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

from fairviz.data import ALL_DOMAINS
from fairviz.data.dataset import DomainDataset
from fairviz.errors import FairvizError, SettingError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.protocol import evaluate
from fairviz.experiments.methods import METHODS, MOST_REAL, Method, method_named
from fairviz.mitigation.base import Task
from fairviz.settings import Setting, text_of
from fairviz.store import key_of
from fairviz.store.fits import RunFolder
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FitSpec
from fairviz.store.trials import Row
from fairviz.text import command_line

T = TypeVar("T")


@dataclass(frozen=True)
class Trial:
    """A method at a setting on one split; the whole of it, with the data set, is the key.

    Attributes
    ----------
    method : str
        A key of ``METHODS``.
    setting : str
        Its setting as :func:`fairviz.settings.text_of` writes it.
    target : str
        The domain tested on.
    classifier : str
        The downstream model.
    seed : int
        Of the sampling noise, the draw of real rows (one for all seeds, from ``MOST_REAL`` rows on) and the downstream
        model. The fit's own seed is 0, or, where a setting has several ``fits``, this one modulo their number.
    without : str
        A second domain left out of the training, or "".
    n : int
        Training rows, synthetic or real (all real source rows, if there are fewer).
    n_steps : int
        Score evaluations of diffusion methods.
    n_iter : int
        Iterations of a generator's training; 0 for its default.
    """

    method: str
    setting: str
    target: str
    classifier: str
    seed: int
    without: str = ""
    n: int = 20_000
    n_steps: int = 20
    n_iter: int = 0

    @classmethod
    def of(cls, method: str, setting: Mapping[str, Any], target: str, classifier: str, seed: int, **more: Any) -> Trial:
        """A trial of a method at a setting.

        Raises
        ------
        SettingError
            Unknown method or setting.
        """
        what = method_named(method)
        return cls(method, text_of(what.canonical(setting)), target, what.only or classifier, seed, **more)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Trial:
        """The trial that a row of a table is of."""
        kinds: dict[str, Any] = {"seed": int, "n": int, "n_steps": int, "n_iter": int}
        given: dict[str, Any] = {f.name: kinds.get(f.name, str)(row[f.name]) for f in fields(cls)}
        return cls(**given)

    @property
    def what(self) -> Method:
        """The method."""
        return METHODS[self.method]

    @property
    def position(self) -> Setting:
        """The setting as a dictionary."""
        return cast("Setting", json.loads(self.setting))

    def fit_spec(self, dataset: DomainDataset, options: Mapping[str, Any] | None = None) -> FitSpec | None:
        """The fit that the trial's rows come from; None where no generator is involved."""
        what = self.what
        if not what.synthesizer:
            return None
        params = {**what.hyper_parameters(self.position, self.seed), **({"n_iter": self.n_iter} if self.n_iter else {})}
        return FitSpec.of(
            dataset, self.target, dict(options or {}), synthesizer=what.synthesizer, without=self.without, **params
        )

    def key(self, fingerprint: str, fit: str = "") -> str:
        """The key under which the trial is stored.

        Parameters
        ----------
        fingerprint : str
            Of the data set.
        fit : str
            Key of the fit's spec, or the digest of a run folder that it is taken from.
        """
        spec: dict[str, Any] = {"dataset": fingerprint, "fit": fit, **asdict(self)}
        if self.what.priced(self.position):
            spec["price"] = "dual"  # what an earlier version stored paid for reversal too, and must not answer
        return key_of({"trial": 2, **spec})[:32]

    def split(self, dataset: DomainDataset) -> tuple[DomainDataset, DomainDataset]:
        """Source and target rows.

        Raises
        ------
        SettingError
            The target is "all", which holds no domain out.
        """
        if self.target == ALL_DOMAINS:
            raise SettingError("The fit for 'all' holds no domain out, so it has no target to be tested on.")
        source, target = dataset.leave_out(self.target)
        return (source.source_for(self.without) if self.without else source), target


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
    """

    dataset: DomainDataset
    library: Library
    options: Mapping[str, Any] = field(default_factory=dict)
    run: RunFolder | None = None
    spec: FitSpec | None = None
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
        found = {} if fresh else self.library.trials.get(keys)
        new: dict[str, Row] = {}
        try:
            for trial, key in zip(trials, keys, strict=True):
                if key not in found and key not in new:
                    begun = time.monotonic()
                    counts = self.counts(trial)
                    new[key] = Row(key, asdict(trial), counts.table[0], time.monotonic() - begun)
        finally:
            if new and not fresh:
                self.library.trials.put(self.dataset.fingerprint(), self.dataset.groups, list(new.values()))
        return [found[key] if key in found else new[key] for key in keys]

    def counts(self, trial: Trial) -> Counts:
        """Carry out one trial."""
        what = trial.what
        split = f"{trial.target}\n{trial.without}"
        source, target = self._keep("split", split, lambda: trial.split(self.dataset))
        if not what.synthesizer:
            draw = 0 if trial.n >= min(MOST_REAL, len(source)) else trial.seed
            about = f"{split}\n{trial.classifier}\n{trial.n}\n{draw}"
            task = self._keep("task", about, lambda: Task.of(source, target, trial.classifier, draw, trial.n))
            return Counts.from_predictions(target, what.made().predict(task.with_seed(trial.seed), trial.position))
        fit = self._fit(trial)
        setting = what.in_sampling(trial.position)
        if what.priced(setting):
            setting = _up_to_equality(setting, fit)
        same = json.dumps([*self._drawn(trial), setting, what.pooled, trial.classifier])
        return self._keep("counts", same, lambda: self._tested(trial, fit, setting, target))

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

    def _tested(self, trial: Trial, fit: Any, setting: Setting, target: DomainDataset) -> Counts:
        """Counts of a generator's rows at a setting."""
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
        return evaluate(rows, target, classifier=trial.classifier, seed=trial.seed, weights=weights)

    def _keep(self, slot: str, key: str, make: Callable[[], T]) -> T:
        """The last of its kind only: a grid of fits, pools or drawn rows would fill the memory."""
        if slot not in self._kept or self._kept[slot][0] != key:
            self._kept[slot] = (key, make())
        return cast("T", self._kept[slot][1])


def _up_to_equality(setting: Setting, fit: Any) -> Setting:
    """The setting with its price cut off at equality, beyond which every price gives the same rows."""
    from fairviz.controls import CONTROLS

    control = CONTROLS[setting["control"]]
    if control.has_second:
        return setting
    return {**setting, "lambda_z": min(setting["lambda_z"], fit.end_of_dial(control.name))}


def counts_of(rows: Sequence[Row], groups: tuple[str, ...]) -> Counts:
    """Counts of rows of trials, a domain each."""
    return Counts(tuple(row.about["target"] for row in rows), groups, np.stack([row.table for row in rows]))


def table_of(rows: Iterable[Row]) -> pd.DataFrame:
    """Rows of trials as a table: the trial, and its counts as columns ``n_<group>_<label>_<predicted>``."""
    return pd.DataFrame([row.flat() for row in rows])


def rows_of(table: pd.DataFrame, dataset: DomainDataset) -> list[Row]:
    """Inverse of :func:`table_of`: a table's trials of this data set, with the keys that they are stored under."""
    bench, rows = Bench(dataset, Library()), []
    for record in table.to_dict("records"):
        trial = Trial.from_row(record)
        cells = [[[record[f"n_{k}_{y}_{p}"] for p in (0, 1)] for y in (0, 1)] for k in range(len(dataset.groups))]
        rows.append(Row(bench.key(trial), asdict(trial), np.array(cells, dtype=np.int64)))
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


def rerun_command(dataset: str, row: Mapping[str, Any]) -> str:
    """The command that runs one row of a table of trials again."""
    default, trial = Trial("", "", "", "", 0), Trial.from_row(row)
    words: list[str | tuple[str, object]] = ["fairviz", "trial", ("--dataset", dataset), ("--target", trial.target)]
    words += [("--method", trial.method), ("--setting", trial.setting)]
    words += [("--classifier", trial.classifier), ("--seed", trial.seed)]
    if trial.without:
        words.append(("--without", trial.without))
    for name, flag in (("n", "-n"), ("n_steps", "--steps"), ("n_iter", "--iterations")):
        if getattr(trial, name) != getattr(default, name):
            words.append((flag, getattr(trial, name)))
    return command_line(*words)


def failed(trial: Trial, error: FairvizError | str) -> dict[str, Any]:
    """The record of a trial that could not be carried out, for a reason that is known."""
    return {**asdict(trial), "error": str(error)}
