"""A trial: one method at one setting on one split, tested once. It yields counts; all else is derived from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

from fairviz.data import ALL_DOMAINS
from fairviz.data.dataset import DomainDataset
from fairviz.errors import FairvizError, SettingError
from fairviz.evaluation.counts import Counts
from fairviz.experiments.methods import METHODS, Method, method_named
from fairviz.settings import Setting, text_of
from fairviz.store import key_of
from fairviz.store.specs import FitSpec
from fairviz.store.trials import Row
from fairviz.synthesizers.hyper import META, PRESET, trainings
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
        preset = self.position.get(PRESET.name, META)
        if preset != META:
            spec["training"] = trainings()[preset]  # what the preset's former training brought must not answer either
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


def counts_of(rows: Sequence[Row], groups: tuple[str, ...]) -> Counts:
    """Counts of rows of trials, a domain each."""
    return Counts(tuple(row.about["target"] for row in rows), groups, np.stack([row.table for row in rows]))


def table_of(rows: Iterable[Row]) -> pd.DataFrame:
    """Rows of trials as a table: the trial, and its counts as columns ``n_<group>_<label>_<predicted>``."""
    table = pd.DataFrame([row.flat() for row in rows])
    pairs = [name for name in table.columns if name.startswith("both_")]
    return table.astype(dict.fromkeys(pairs, "Int64"))  # whole numbers, also where some rows have none


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
