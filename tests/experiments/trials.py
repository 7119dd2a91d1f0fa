"""Tiny trials on the simulated set, computed here and now."""

import numpy as np

from fairviz.data.dataset import DomainDataset
from fairviz.experiments.bench import Bench
from fairviz.experiments.trial import Trial
from fairviz.store.library import Library
from fairviz.store.trials import Row

DOMAINS = ("East", "North", "South", "West")
TINY = {"n": 300, "n_steps": 5, "n_iter": 15}
DP2 = {"control": "dp", "lambda_z": 0.2}


def empty(folder) -> Library:
    return Library(folder / "store", folder / "none")


def trial(method="fadm", setting=None, target="East", seed=0, classifier="logistic_regression", **more) -> Trial:
    setting = DP2 if setting is None and method == "fadm" else setting or {}
    return Trial.of(method, setting, target, classifier, seed, **{**TINY, **more})


def compute(dataset: DomainDataset, trials: list[Trial], library: Library, **how) -> list[Row]:
    return Bench(dataset, library).compute(trials, **how)


def changed(dataset: DomainDataset, domain: str) -> DomainDataset:
    """The same data set, but in one domain skill is turned about, labels too, and every sector is the same."""
    frame = dataset.frame.copy()
    rows = (frame["region"] == domain).to_numpy()
    frame.loc[rows, "skill"] = -7 * frame.loc[rows, "skill"]
    frame.loc[rows, "sector"] = "care"
    frame.loc[rows, "outcome"] = np.where(frame.loc[rows, "outcome"] == "hired", "not hired", "hired")
    return DomainDataset.from_frame(dataset.name, frame, dataset.schema)
