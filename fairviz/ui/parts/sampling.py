"""Rows of a setting, drawn and tested seed after seed: the first as soon as it is there, then more for the spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from fairviz.controls.dials import BEST
from fairviz.data.dataset import DomainDataset
from fairviz.data.sources import OWN
from fairviz.evaluation.runs import Runs
from fairviz.experiments.bench import Bench
from fairviz.experiments.drawer import Batch
from fairviz.experiments.recorded import N_ROWS, dial_trial
from fairviz.experiments.trial import Trial, counts_of, table_of
from fairviz.store.specs import FitSpec
from fairviz.synthesizers.hyper import META
from fairviz.ui.parts import loading
from fairviz.ui.parts.drawing import Words
from fairviz.ui.parts.setting import Setting

SEEDS = (0, 1, 2)
FIRST = Words(
    "Preview; drawing rows at this setting, {domain} …",
    "The preview stands: rows without {domain} could not be drawn ({error}).",
)
MORE = Words(
    "Drawing rows with another seed, {domain} …",
    "Rows of another seed without {domain} could not be drawn ({error}).",
)


@dataclass(frozen=True)
class Sampled:
    """What is drawn of a setting, and what comes next.

    Attributes
    ----------
    runs : Runs or None
        Counts of the seeds that are there for every domain.
    trials : DataFrame or None
        The trials of these.
    missing : dict of str to Batch
        The next seed, by held-out domain.
    words : Words
        What is said while it is drawn.
    """

    runs: Runs | None = None
    trials: pd.DataFrame | None = None
    missing: dict[str, Batch] = field(default_factory=dict)
    words: Words = FIRST

    @property
    def status(self) -> str:
        """What the numbers are, once there are some."""
        n = len(self.runs.parts) if self.runs is not None else 0
        return f"Sampled · {'one seed' if n == 1 else f'{n} seeds'} of {N_ROWS:,} rows per domain"


def look(setting: Setting, dataset: DomainDataset, specs: Mapping[str, FitSpec]) -> Sampled:
    """What is in the library; ``specs``: fits by held-out domain."""
    library, done = loading.library(), list[dict[str, str]]()
    for seed in SEEDS:
        trials = {domain: _trial(setting, domain, seed) for domain in specs}
        keys = {
            domain: Bench(dataset, library, setting.options, spec=specs[domain]).key(trial)
            for domain, trial in trials.items()
        }
        stored = library.trials.get(keys.values())
        if len(stored) < len(keys):
            missing = {
                d: Batch(specs[d], [trials[d]], later=bool(done)) for d, key in keys.items() if key not in stored
            }
            return _sampled(dataset, done, missing)
        done.append(keys)
    return _sampled(dataset, done, {})


def _sampled(dataset: DomainDataset, done: list[dict[str, str]], missing: dict[str, Batch]) -> Sampled:
    if not done:
        return Sampled(missing=missing)
    stored = loading.library().trials.get([key for keys in done for key in keys.values()])
    runs = Runs(tuple(counts_of([stored[key] for key in keys.values()], dataset.groups) for keys in done))
    return Sampled(runs, table_of(stored.values()), missing, MORE)


def _trial(setting: Setting, target: str, seed: int) -> Trial:
    """A trial of the fits here: the default ones of a built-in set, or those of a person's own table."""
    given = {"control": setting.control, "lambda_y": setting.lambda_y, "lambda_z": setting.price(target)}
    given["lambda_eop"] = setting.lambda_eop
    preset = META if setting.dataset == OWN else BEST["preset"]
    return dial_trial(target, setting.classifier, seed, given, setting.labels, preset=preset)
