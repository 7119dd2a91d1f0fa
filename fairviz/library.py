"""Fits and recorded results: found in the user's store or in ``pretrained/``, saved to the user's store."""

from __future__ import annotations

import os
import platform
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import torch

from fairviz import __version__
from fairviz.data.dataset import ALL_DOMAINS, DomainDataset
from fairviz.data.published import cache_dir
from fairviz.data.schema import _names, _shown
from fairviz.data.sources import DATASETS, load_dataset
from fairviz.errors import SettingError, StoreError
from fairviz.store import Entry, ResultStore, read_entry, write_entry
from fairviz.synthesizers import FADM, SYNTHESIZERS, Synthesizer

FIT, CELL, SWEEP = "fit", "cell", "sweep"


def versions() -> dict[str, str]:
    """Versions and machine, for a manifest."""
    return {
        "fairviz": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "scikit-learn": sklearn.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {sys.platform}",
    }


@dataclass(frozen=True)
class FitSpec:
    """Everything that makes a fit; the whole of it is the key.

    Attributes
    ----------
    dataset : str
        Name of a registered data set, or of a CSV file.
    options : dict
        Options of the data set's reader.
    fingerprint : str
        ``DomainDataset.fingerprint()`` of the whole data set.
    target : str
        The domain held out, or ``"all"`` for none.
    params : dict
        Hyper-parameters, ``get_params()``.
    synthesizer : str
        A key of ``SYNTHESIZERS``.
    without : str
        A second domain held out of the training (for choosing settings inside the source), or "".
    """

    dataset: str
    fingerprint: str
    target: str
    options: dict = field(default_factory=dict)
    params: dict = field(default_factory=lambda: FADM().get_params())
    synthesizer: str = "fadm"
    without: str = ""

    def to_json(self) -> dict:
        """The spec under which the fit is stored."""
        spec = {
            "dataset": {"name": self.dataset, "options": self.options, "fingerprint": self.fingerprint},
            "target": self.target,
            "synthesizer": self.synthesizer,
            "params": self.params,
        }
        return {**spec, "without": self.without} if self.without else spec

    @classmethod
    def from_json(cls, spec: dict) -> FitSpec:
        """Inverse of :meth:`to_json`."""
        data = spec["dataset"]
        return cls(
            data["name"],
            data["fingerprint"],
            spec["target"],
            data["options"],
            spec["params"],
            spec["synthesizer"],
            spec.get("without", ""),
        )

    @classmethod
    def of(
        cls,
        dataset: DomainDataset,
        target: str,
        options: dict | None = None,
        *,
        synthesizer: str = "fadm",
        without: str = "",
        **params: Any,
    ) -> FitSpec:
        """The spec of fitting a synthesizer with ``params`` on ``dataset`` without ``target`` (and ``without``).

        Two domains left out are the same fit in either order.

        Raises
        ------
        SettingError
            No such domain.
        """
        for domain, known in ((target, (ALL_DOMAINS,)), (without, ("", ALL_DOMAINS))):
            if domain not in (*known, *dataset.domains):
                names = _names([*dataset.domains, ALL_DOMAINS], 60)
                raise SettingError(f"{dataset.name}: no domain {_shown(domain)}. Choose one of {names}.")
        if without:
            target, without = sorted((target, without))
        made = SYNTHESIZERS[synthesizer](**params).get_params()
        return cls(dataset.name, dataset.fingerprint(), target, dict(options or {}), made, synthesizer, without)

    def source_of(self, dataset: DomainDataset) -> DomainDataset:
        """The rows of ``dataset`` that the fit is trained on."""
        source = dataset.source_for(self.target)
        return source.source_for(self.without) if self.without else source

    def load_rows(self) -> DomainDataset:
        """The whole data set, for registered ones.

        Raises
        ------
        StoreError
            Its rows are not those that the spec was made for.
        """
        dataset = load_dataset(self.dataset, **self.options)
        if dataset.fingerprint() != self.fingerprint:
            raise StoreError(f"{self.dataset}: the rows here are not those this fit was made from.")
        return dataset


def load_fit(entry: Entry) -> Any:
    """The fit held by an entry: a synthesizer of the kind that its spec names."""
    if entry.kind != FIT:
        raise StoreError(f"{entry.path} holds a {entry.kind}, not a fit. Name the folder of a fit.")
    meta = entry.json("fit.json")
    return SYNTHESIZERS[meta["synthesizer"]].from_state(meta, entry.arrays())


def fit_payload(fit: Synthesizer, seconds: float) -> dict[str, Any]:
    """Keywords for ``write_entry`` or ``ResultStore.put``."""
    meta, arrays = fit.state()
    return {
        "json_files": {"fit.json": meta},
        "arrays": arrays,
        "made": {"seconds": round(seconds, 1), "threads": torch.get_num_threads(), **versions()},
    }


def save_run(path: Path, spec: FitSpec, fit: Synthesizer, seconds: float) -> Entry:
    """Publish a fit as a run folder of its own."""
    return write_entry(path, FIT, spec.to_json(), **fit_payload(fit, seconds))


def open_run(path: Path) -> tuple[FitSpec, Any]:
    """Read and verify a run folder.

    Raises
    ------
    StoreError
    """
    entry = read_entry(Path(path))
    fit = load_fit(entry)
    return FitSpec.from_json(entry.spec), fit


def pretrained_dir() -> Path:
    """``FAIRVIZ_PRETRAINED`` if set, else ``pretrained/`` beside the package."""
    return Path(os.environ.get("FAIRVIZ_PRETRAINED") or Path(__file__).resolve().parent.parent / "pretrained")


class Library:
    """The user's store in front of the shipped one."""

    def __init__(self, root: Path | None = None, shipped: Path | None = None) -> None:
        self.store = ResultStore(root or cache_dir() / "store")
        self.shipped = ResultStore(shipped or pretrained_dir(), read_only=True)

    @property
    def stores(self) -> tuple[ResultStore, ResultStore]:
        """In the order they are asked."""
        return self.store, self.shipped

    def get(self, kind: str, spec: dict) -> Entry | None:
        """The entry of a spec from either store."""
        for store in self.stores:
            entry = store.get(kind, spec)
            if entry is not None:
                return entry
        return None

    def fit(self, spec: FitSpec, dataset: DomainDataset | None = None) -> Any:
        """The fit of a spec, found or made now and kept in the user's store.

        Parameters
        ----------
        dataset : DomainDataset, optional
            The whole data set, where it is at hand.
        """
        entry = self.get(FIT, spec.to_json())
        if entry is not None:
            return load_fit(entry)
        begun = time.monotonic()
        rows = dataset if dataset is not None else spec.load_rows()
        fit = SYNTHESIZERS[spec.synthesizer](**spec.params).fit(spec.source_of(rows))
        self.store.put(FIT, spec.to_json(), **fit_payload(fit, time.monotonic() - begun))
        return fit

    def stamp(self, kind: str) -> str:
        """Changes when an entry of a kind has come or gone; far cheaper than reading them."""
        return "|".join(",".join(sorted(p.name for p in (s.root / kind).glob("*"))) for s in self.stores)

    def find_fits(self, dataset: str, options: dict | None = None, fingerprint: str | None = None) -> dict[str, Entry]:
        """Default fits of a data set by target; with a fingerprint, only those made from these rows.

        Works without the data set's rows, which need not be on this machine.
        """
        default = FADM().get_params()
        found: dict[str, Entry] = {}
        for store in self.stores:
            for entry in store.entries(FIT):
                data = entry.spec["dataset"]
                if (
                    data["name"] == dataset
                    and data["options"] == (options or {})
                    and entry.spec["synthesizer"] == "fadm"
                    and entry.spec["params"] == default
                    and not entry.spec.get("without")
                    and fingerprint in (None, data["fingerprint"])
                ):
                    found.setdefault(entry.spec["target"], entry)
        return found

    def find_fit(self, dataset: str, target: str, options: dict | None = None) -> Entry:
        """The default fit of a data set for a target.

        Raises
        ------
        SettingError
            There is none; says how to make it.
        """
        if dataset not in DATASETS:
            raise SettingError(f"No data set {dataset!r}. Choose one of {_names(list(DATASETS))}.")
        fits = self.find_fits(dataset, options)
        if target not in fits:
            have = f"there are fits for {_names(sorted(fits), 30)}" if fits else "there are no fits for this data set"
            raise SettingError(
                f"{dataset}: no fit with target {target!r}; {have}. "
                f"Choose one of these, or run 'fairviz fit --dataset {dataset} --target {target!r} --out FOLDER'."
            )
        return fits[target]

    @cached_property
    def _sweeps(self) -> dict[str, Entry]:
        return {entry.spec["dataset"]["name"]: entry for entry in self.shipped.entries(SWEEP)}

    def recorded(self, dataset: str) -> Entry | None:
        """The shipped sweep of a data set (default options), or None."""
        return self._sweeps.get(dataset)
