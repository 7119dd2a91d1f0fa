"""One method at one setting, tested once: the unit that anyone can run again and get the same counts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd

from fairviz import rivals
from fairviz.comparison.methods import METHODS, REFERENCE, Method, Setting, check_setting
from fairviz.controls import CONTROLS
from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import _names
from fairviz.data.sources import load_dataset
from fairviz.errors import FairvizError, SettingError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.protocol import evaluate
from fairviz.evaluation.tradeoff import columns_of
from fairviz.library import FIT, FitSpec, Library, command_line, versions
from fairviz.store import key_of
from fairviz.synthesizers import FADM
from fairviz.synthesizers.preview import Pool

TRIAL = "trial"
#: Iterations where the source is too small for the default.
ITERATIONS = {"german_credit": 1000, "law_school": 3000}


@dataclass(frozen=True)
class Trial:
    """A method at a setting on one split; the whole of it, with the data set, is the key.

    Attributes
    ----------
    method : str
        A key of ``METHODS``.
    setting : str
        The position of its dial, as JSON with sorted keys.
    target : str
        The domain tested on.
    without : str
        A second domain left out of the training, or "".
    classifier : str
        The downstream classifier.
    seed : int
        Of the sampling noise, the draw of real rows and the classifier. The fit's own seed stays 0.
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
    def of(cls, method: str, setting: Setting, target: str, classifier: str, seed: int, **more: Any) -> Trial:
        """A trial of a method at a setting.

        Raises
        ------
        SettingError
            Unknown method.
        """
        if method not in METHODS:
            raise SettingError(f"No method {method!r}. Choose one of {_names(list(METHODS), 40)}.")
        check_setting(method, setting)
        only = METHODS[method].only
        return cls(method, json.dumps(setting, sort_keys=True), target, only or classifier, seed, **more)

    @property
    def what(self) -> Method:
        """The method."""
        return METHODS[self.method]

    @property
    def position(self) -> Setting:
        """The setting as a dictionary."""
        return json.loads(self.setting)

    @property
    def priced(self) -> bool:
        """Whether a price of a gap acts; the dial of a method to compare with is no price."""
        if self.what.kind == REFERENCE:
            return False
        setting = self.position
        if "control" in setting:
            return any(
                CONTROLS[setting["control"]].prices(setting.get("lambda_z", 0.0), setting.get("lambda_eop", 0.0))
            )
        return any(setting.get(name, 0.0) > 0 for name in ("lambda_dp", "lambda_eop"))

    def fit_spec(self, dataset: DomainDataset) -> FitSpec | None:
        """The fit that the trial's rows come from; None where no generator is involved."""
        if not self.what.synthesizer:
            return None
        params = {k: v for k, v in self.position.items() if k in self.what.fit_settings}
        if self.n_iter:
            params["n_iter"] = self.n_iter
        return FitSpec.of(
            dataset, self.target, synthesizer=self.what.synthesizer, without=self.without, **params
        )  # fmt: skip

    def spec(self, dataset: DomainDataset) -> dict:
        """The key under which the trial is stored."""
        fit = self.fit_spec(dataset)
        about = {"name": dataset.name, "fingerprint": dataset.fingerprint()}
        spec = {"dataset": about, "fit": key_of(fit.to_json()) if fit else "", **asdict(self)}
        # what an earlier version stored under a price paid for reversal too, and must not answer
        return {**spec, "price": "dual"} if self.priced else spec

    def split(self, dataset: DomainDataset) -> tuple[DomainDataset, DomainDataset]:
        """Source and target rows."""
        source, target = dataset.leave_out(self.target)
        return (source.source_for(self.without) if self.without else source), target


def compute(dataset: DomainDataset, trials: Sequence[Trial], library: Library, *, fresh: bool = False) -> list[Counts]:
    """Counts of trials; found in the library, or computed and stored there. ``fresh``: computed in any case."""
    entries = [None if fresh else library.get(TRIAL, trial.spec(dataset)) for trial in trials]
    kept: dict[Any, Any] = {}
    found = []
    for trial, entry in zip(trials, entries, strict=True):
        if entry is not None:
            found.append(Counts.from_json(entry.json()))
            continue
        begun = time.monotonic()
        counts = _test(dataset, trial, library, kept)
        if not fresh:
            made = {"seconds": round(time.monotonic() - begun, 3), **versions()}
            library.store.put(TRIAL, trial.spec(dataset), json_files={"result.json": counts.to_json()}, made=made)
        found.append(counts)
    return found


def _test(dataset: DomainDataset, trial: Trial, library: Library, kept: dict[Any, Any]) -> Counts:
    split = ("split", trial.target, trial.without)
    if split not in kept:
        kept[split] = trial.split(dataset)
    source, target = kept[split]
    if trial.what.rival:
        key = ("task", trial.target, trial.without, trial.classifier, trial.seed, trial.n)
        if key not in kept:
            kept[key] = rivals.Task.of(source, target, trial.classifier, trial.seed, trial.n)
        return Counts.from_predictions(target, rivals.predict(trial.what.rival, kept[key], trial.position))
    spec = trial.fit_spec(dataset)
    assert spec is not None
    fit = _keep(kept, "fit", spec.to_json(), lambda: library.fit(spec, dataset))
    settings = {k: v for k, v in trial.position.items() if k not in trial.what.fit_settings}
    if trial.priced:
        settings = _settled(settings, fit)
    about = [spec.to_json(), settings, trial.what.weights, trial.classifier, trial.seed, trial.n, trial.n_steps]
    same = ("counts", json.dumps(about))
    if same not in kept:
        kept[same] = _tested(fit, spec, trial, settings, target, kept)
    return kept[same]


def _settled(settings: Setting, fit: FADM) -> Setting:
    """The setting with its price cut off at equality, beyond which every price gives the same rows."""
    control = CONTROLS[settings["control"]]
    if control.has_second:
        return settings
    return {**settings, "lambda_z": min(settings["lambda_z"], fit.end_of_dial(control.name))}


def _tested(
    fit: Any, spec: FitSpec, trial: Trial, settings: Setting, target: DomainDataset, kept: dict[Any, Any]
) -> Counts:
    """Counts of a generator's rows at a setting."""
    about = [spec.to_json(), trial.seed, trial.n, trial.n_steps]
    if trial.what.weights:
        how = {"random_state": trial.seed, "n_steps": trial.n_steps}
        pool = _keep(kept, "pool", about, lambda: Pool.draw(fit, trial.n, **how))
        weights = pool.weights(**settings)
        return evaluate(pool.rows, target, classifier=trial.classifier, seed=trial.seed, weights=weights)
    rows = _keep(kept, "rows", [*about, settings], lambda: _draw(fit, trial, settings))
    return evaluate(rows, target, classifier=trial.classifier, seed=trial.seed)


def _keep(kept: dict[Any, Any], slot: str, key: list | dict, make: Callable[[], Any]) -> Any:
    """The last of its kind only: a grid of fits, pools or drawn rows would fill the memory."""
    name = json.dumps(key)
    if slot not in kept or kept[slot][0] != name:
        kept[slot] = (name, make())
    return kept[slot][1]


def _draw(fit: Any, trial: Trial, settings: Setting) -> pd.DataFrame:
    takes_steps = trial.what.synthesizer in ("fadm", "ddpm", "balanced")
    steps = {"n_steps": trial.n_steps} if takes_steps else {}
    return fit.sample(trial.n, random_state=trial.seed, **settings, **steps)


def spent(dataset: DomainDataset, trials: Sequence[Trial], library: Library) -> dict[str, Any]:
    """Core-seconds of trials and of their fits, from their manifests, in whichever run they were computed."""
    fits = {key_of(s.to_json()): s.to_json() for t in trials if (s := t.fit_spec(dataset)) is not None}
    made = [e.made for t in trials if (e := library.get(TRIAL, t.spec(dataset))) is not None]
    trained = [e.made for s in fits.values() if (e := library.get(FIT, s)) is not None]
    timed = [m["seconds"] for m in made if "seconds" in m]
    return {
        "trials": len(trials), "trials_timed": len(timed), "trial_core_seconds": round(sum(timed)),
        "fits": len(fits), "fit_core_seconds": round(sum(m["seconds"] for m in trained)),
    }  # fmt: skip


def record(trial: Trial, counts: Counts) -> dict:
    """One row of a table: the trial and its counts."""
    return {**asdict(trial), **columns_of(counts)}


def rerun_command(dataset: str, row: Mapping[str, Any]) -> str:
    """The command that runs one row of a table of trials again."""
    default = Trial("", "", "", "", 0)
    words: list[str | tuple[str, object]] = ["fairviz", "trial", ("--dataset", dataset), ("--target", row["target"])]
    words += [("--method", row["method"]), ("--setting", row["setting"])]
    words += [("--classifier", row["classifier"]), ("--seed", row["seed"])]
    if row.get("without"):
        words.append(("--without", row["without"]))
    for name, flag in (("n", "-n"), ("n_steps", "--steps"), ("n_iter", "--iterations")):
        if int(row[name]) != getattr(default, name):
            words.append((flag, int(row[name])))
    return command_line(*words)


@lru_cache(maxsize=1)
def _load(name: str) -> DomainDataset:
    return load_dataset(name)


def _fit_work(spec_json: dict, root: Path, shipped: Path) -> None:
    spec, library = FitSpec.from_json(spec_json), Library(root, shipped)
    library.fit(spec, _load(spec.dataset))


def _trial_work(name: str, trials: list[Trial], root: Path, shipped: Path) -> list[dict]:
    found = compute(_load(name), trials, Library(root, shipped))
    return [record(trial, counts) for trial, counts in zip(trials, found, strict=True)]


def run(
    dataset: DomainDataset, trials: Sequence[Trial], library: Library, *, n_jobs: int = 1
) -> Iterator[tuple[str, int, int, list[dict]]]:
    """Make the fits, then run the trials; yields (phase, done, total, new records).

    Order and number of workers change no number. What is stored already is only read.
    """
    open_trials = [t for t in trials if library.get(TRIAL, t.spec(dataset)) is None]
    specs = {key_of(s.to_json()): s for t in open_trials if (s := t.fit_spec(dataset)) is not None}
    specs = {key: s for key, s in specs.items() if library.get(FIT, s.to_json()) is None}
    groups: dict[tuple, list[Trial]] = {}
    for trial in sorted(trials, key=lambda t: (t.target, t.without, t.seed, t.method, t.setting, t.classifier)):
        maker = trial.what.synthesizer or trial.classifier
        groups.setdefault((trial.target, trial.without, trial.seed, maker), []).append(trial)
    roots = library.store.root, library.shipped.root
    if n_jobs == 1:
        for done, spec in enumerate(specs.values(), 1):
            library.fit(spec, dataset)
            yield "fits", done, len(specs), []
        done = 0
        for group in groups.values():
            found = compute(dataset, group, library)
            done += len(group)
            yield "tests", done, len(trials), [record(t, c) for t, c in zip(group, found, strict=True)]
        return
    with ProcessPoolExecutor(n_jobs, get_context("spawn")) as pool:
        try:
            fits = [pool.submit(_fit_work, spec.to_json(), *roots) for spec in specs.values()]
            for done, fit in enumerate(as_completed(fits), 1):
                fit.result()
                yield "fits", done, len(fits), []
            tests: list[Future] = [pool.submit(_trial_work, dataset.name, g, *roots) for g in groups.values()]
            done = 0
            for test in as_completed(tests):
                records = test.result()
                done += len(records)
                yield "tests", done, len(trials), records
        except (FairvizError, GeneratorExit, KeyboardInterrupt):
            pool.shutdown(cancel_futures=True)
            raise
