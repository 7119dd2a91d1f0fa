"""The answers to a person's own table: its real rows weighted, and drafts of fits that are still trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from fairviz.data.dataset import DomainDataset
from fairviz.evaluation.tradeoff import Sweep
from fairviz.experiments.drawer import Batch
from fairviz.experiments.methods import POOLED
from fairviz.experiments.trial import Trial, table_of
from fairviz.experiments.weighted import ALL_ROWS, draft_trials, trials
from fairviz.experiments.weighted import METHOD as WEIGHTED
from fairviz.store import key_of
from fairviz.store.fits import RunFolder
from fairviz.store.specs import FitSpec
from fairviz.store.trials import Row
from fairviz.telling.view import Background, recorded_background
from fairviz.ui.parts import dials, loading
from fairviz.ui.parts.setting import Setting

METHOD = POOLED["fadm"]


@dataclass(frozen=True)
class Turned:
    """A dial turned on tested trials. What follows from them is computed once, for a page asks at every move.

    Attributes
    ----------
    token : str
        Of the trials' keys, which name everything that made them.
    sweep : Sweep
    """

    token: str
    sweep: Sweep

    @classmethod
    def of(cls, rows: Sequence[Row], groups: tuple[str, ...], method: str) -> Turned:
        """The dial of a method."""
        token = key_of({"trials": sorted(row.key for row in rows)})
        return cls(token, _sweep(token, groups, method, rows))

    def path(self, setting: Setting, domains: Sequence[str], metric: str, label: str) -> pd.DataFrame:
        """A second path for ``charts.tradeoff``."""
        path = _path(self.token, setting.control, setting.classifier, tuple(domains), metric, self.sweep)
        return path.assign(label=label)

    def background(self, setting: Setting, domains: Sequence[str], metric: str) -> Background:
        """What stays while the dial moves."""
        return _background(self.token, setting.control, setting.classifier, tuple(domains), metric, self.sweep)

    def trials(self, setting: Setting, domains: Sequence[str]) -> pd.DataFrame:
        """The trials of a price."""
        part = self.sweep.setting(setting.control, 1.0, setting.classifier, domains)
        return part.select(lambda_z=setting.lambda_z).rows


@st.cache_resource(max_entries=100, show_spinner=False)
def _sweep(token: str, groups: tuple[str, ...], method: str, _rows: Sequence[Row]) -> Sweep:
    return Sweep.of(table_of(_rows), groups, method)


@st.cache_resource(max_entries=300, show_spinner=False)
def _path(
    token: str, control: str, classifier: str, domains: tuple[str, ...], metric: str, _sweep: Sweep
) -> pd.DataFrame:
    return _sweep.setting(control, 1.0, classifier, domains).path(metric)


@st.cache_resource(max_entries=300, show_spinner=False)
def _background(
    token: str, control: str, classifier: str, domains: tuple[str, ...], metric: str, _sweep: Sweep
) -> Background:
    return recorded_background(
        _sweep, control=control, lambda_y=1.0, classifier=classifier, domains=domains, metric=metric
    )


@dataclass(frozen=True)
class Drafts:
    """A dial turned for weighted synthetic rows of fits that are still trained.

    Attributes
    ----------
    tested : Turned or None
        The newest drafts that were tested, once there is one for every domain.
    least, most : int
        Percent of its training that the least and the furthest of them has seen.
    missing : dict of str to Batch
        What is to be tested yet, by held-out domain.
    """

    tested: Turned | None = None
    least: int = 0
    most: int = 0
    missing: dict[str, Batch] = field(default_factory=dict)

    @property
    def share(self) -> str:
        """``20 % trained`` or ``10 to 30 % trained``."""
        return f"{self.least} % trained" if self.least == self.most else f"{self.least} to {self.most} % trained"

    def path(self, setting: Setting, domains: Sequence[str], metric: str) -> pd.DataFrame | None:
        """A second path for ``charts.tradeoff``."""
        return None if self.tested is None else self.tested.path(setting, domains, metric, f"draft, {self.share}")


@dataclass(frozen=True)
class _Stage:
    """A domain's fit as it was at some point of its training; ``run`` is None once it is done."""

    spec: FitSpec
    run: RunFolder | None
    percent: int

    def keys(self, trials: Sequence[Trial], fingerprint: str) -> list[str]:
        made = self.run.digest if self.run is not None else key_of(self.spec.to_json())
        return [trial.key(fingerprint, made) for trial in trials]


def look(
    setting: Setting, dataset: DomainDataset, domains: Sequence[str], prices: Sequence[float], without: Sequence[str]
) -> Drafts:
    """What drafts give at some stops of the dial, as far as it is tested.

    ``without``: digests of drafts that could not be tested.
    """
    how = loading.source(setting.dataset, setting.options).training
    fits = loading.fits(setting.dataset, setting.options)
    tested: list[Row] = []
    percents, missing = list[int](), dict[str, Batch]()
    for domain in domains:
        spec = FitSpec.of(dataset, domain, setting.options, **how)
        stages = [_Stage(spec, None, 100)] if domain in fits else [
            _Stage(spec, draft.run, round(100 * draft.step / spec.iterations(dataset)))
            for draft in loading.queue().drafts(spec)
        ]  # fmt: skip
        wanted = draft_trials(setting.control, setting.classifier, domain, prices)
        for stage in stages:  # the newest first
            keys = stage.keys(wanted, dataset.fingerprint())
            stored = loading.library().trials.get(keys)
            if len(stored) == len(keys):
                tested += [stored[key] for key in keys]
                percents.append(stage.percent)
                break
            if domain not in missing and not (stage.run is not None and stage.run.digest in without):
                missing[domain] = Batch(stage.spec, wanted, stage.run)
    if len(percents) < len(domains) or not domains:
        return Drafts(missing=missing)
    return Drafts(Turned.of(tested, dataset.groups, METHOD), min(percents), max(percents), missing)


def on_real_rows(
    setting: Setting, dataset: DomainDataset, held_out: Sequence[str], n: int
) -> tuple[Turned | None, dict[str, Batch]]:
    """The dial turned for weighted real rows of a person's own table: what is tested, or else what is to be tested."""
    library, fingerprint = loading.library(), dataset.fingerprint()
    prices = dials.weighted(setting.options).prices(setting.control)
    keys = {t.key(fingerprint): t for t in trials(setting.control, prices, held_out, setting.classifier, n)}
    stored = library.trials.get(keys)
    open_ones = [trial for key, trial in keys.items() if key not in stored]
    if not open_ones:
        return Turned.of(list(stored.values()), dataset.groups, WEIGHTED), {}
    by_domain = {d: [trial for trial in open_ones if trial.target == d] for d in held_out}
    return None, {
        d: Batch(FitSpec.of(dataset, d, setting.options), some, later=n == ALL_ROWS)
        for d, some in by_domain.items()
        if some
    }
