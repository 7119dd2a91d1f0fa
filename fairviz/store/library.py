"""Fits, trials and recorded results: found in the user's store or in ``pretrained/``, saved to the user's store."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fairviz.controls.dials import BEST_TRAINING
from fairviz.data.dataset import DomainDataset
from fairviz.data.published import cache_dir
from fairviz.data.sources import fingerprint_of, source_of
from fairviz.errors import SettingError, StoreError
from fairviz.files import shipped
from fairviz.store import (
    Entry,
    ResultStore,
)
from fairviz.store.fits import fit_payload, is_whole, load_fit, upgraded
from fairviz.store.specs import FIT, FRONTIER, SWEEP, FitSpec, made_from
from fairviz.store.trials import TrialStore
from fairviz.synthesizers import SYNTHESIZERS
from fairviz.synthesizers.hyper import PRESETS, FADMParams, written
from fairviz.text import command_line, listing


def pretrained_dir() -> Path:
    """``FAIRVIZ_PRETRAINED`` if set, else what comes with fairviz."""
    return Path(os.environ.get("FAIRVIZ_PRETRAINED") or shipped("pretrained"))


def preset_of(training: Mapping[str, Any]) -> list[tuple[str, object]]:
    """The option of ``fairviz fit`` that trains so, if a preset does."""
    wanted = FADMParams(**training)
    return [("--preset", name) for name, preset in PRESETS.items() if FADMParams(**preset.params) == wanted]


class Library:
    """The user's store in front of the shipped one."""

    def __init__(self, root: Path | None = None, shipped: Path | None = None) -> None:
        self.store = ResultStore(root or cache_dir() / "store")
        self.shipped = ResultStore(shipped or pretrained_dir(), read_only=True)
        self.trials = TrialStore(self.store.root / "trials")

    @property
    def stores(self) -> tuple[ResultStore, ResultStore]:
        """In the order they are asked."""
        return self.store, self.shipped

    def get(self, kind: str, spec: dict[str, Any]) -> Entry | None:
        """The entry of a spec from either store; a fit that lacks nothing goes before one that does."""
        found = [entry for store in self.stores if (entry := store.get(kind, spec)) is not None]
        if kind == FIT:
            found.sort(key=lambda entry: not is_whole(entry))
        return found[0] if found else None

    def fit(self, spec: FitSpec, dataset: DomainDataset | None = None) -> Any:
        """The fit of a spec, found or made now and kept in the user's store.

        Parameters
        ----------
        dataset : DomainDataset, optional
            The whole data set, where it is at hand.
        """
        entry = self.get(FIT, spec.to_json())
        if entry is not None:
            if is_whole(entry):
                return load_fit(entry)
            return load_fit(self.store.replace(FIT, spec.to_json(), **upgraded(entry, spec, dataset)))
        begun = time.monotonic()
        rows = dataset if dataset is not None else spec.load_rows()
        fit = SYNTHESIZERS[spec.synthesizer](**spec.params).fit(spec.source_of(rows))
        self.store.put(FIT, spec.to_json(), **fit_payload(fit, time.monotonic() - begun))
        return fit

    def stamp(self, *kinds: str) -> str:
        """Changes when an entry of these kinds comes, goes or is touched; far cheaper than reading them."""
        found = []
        for path in sorted(p for s in self.stores for kind in kinds for p in (s.root / kind).glob("[0-9a-f]*/*")):
            with suppress(OSError):  # gone since it was listed
                about = path.stat()
                found.append(f"{path} {about.st_size} {about.st_mtime_ns}")
        return hashlib.sha256("\n".join(found).encode()).hexdigest()

    def damaged(self, *kinds: str) -> list[str]:
        """What is wrong with entries of these kinds that are left out because they do not verify, a sentence each."""
        told = []
        for store in self.stores:
            who = "A result that ships with fairviz" if store is self.shipped else "A stored result"
            told += [f"{who} is damaged and left out: {why}" for kind in kinds for why in store.failures(kind)]
        return told

    def find_fits(self, fingerprint: str, training: Mapping[str, Any] = BEST_TRAINING) -> dict[str, Entry]:
        """Default fits of the data set with this fingerprint, by target; its rows need not be on this machine.

        A fit's name for its data set plays no part: any CSV file may be called ``adult``.

        Parameters
        ----------
        training : mapping
            Hyper-parameters of the data set's default fits (``Source.training``).
        """
        default = written(asdict(FADMParams(**training)))
        found: dict[str, Entry] = {}
        for store in self.stores:
            for entry in store.entries(FIT):
                with suppress(StoreError):  # not the specification of a fit: not one that is looked for
                    spec = FitSpec.from_json(entry.spec)
                    if (
                        spec.fingerprint == fingerprint
                        and spec.synthesizer == "fadm"
                        and spec.params == default
                        and not spec.without
                    ):
                        there = found.get(spec.target)
                        if there is None or (not is_whole(there) and is_whole(entry)):
                            found[spec.target] = entry
        return found

    def find_fit(self, dataset: str, target: str, options: dict[str, Any] | None = None) -> Entry:
        """The default fit of a registered data set for a target.

        Raises
        ------
        SettingError
            No such data set, or no such fit; says how to make it.
        MissingDataError
            The data set is read with options, and its rows are not on this machine.
        """
        fits = self.find_fits(fingerprint_of(dataset, options), source_of(dataset, options).training)
        if target not in fits:
            have = f"there are fits for {listing(sorted(fits), 30)}" if fits else "there are no fits for this data set"
            knobs = [(f"--{name}", value) for name, value in (options or {}).items()]
            preset = preset_of(source_of(dataset, options).training)
            make = command_line("fairviz", "fit", ("--dataset", dataset), *knobs, ("--target", target), *preset)
            raise SettingError(
                f"{dataset}: no fit with target {target!r}; {have}. "
                f"Choose one of these, or make one and name its folder: {make} --out FOLDER"
            )
        return fits[target]

    def forget(self, name: str, options: dict[str, Any], fingerprint: str = "") -> None:
        """Remove what the user's store holds of one data set: fits by its name and options, trials by its rows.

        Parameters
        ----------
        fingerprint : str
            "" keeps the trials, where another data set has the same rows.
        """
        for entry in self.store.entries(FIT):
            about = entry.spec.get("dataset")
            if isinstance(about, dict) and (about.get("name"), about.get("options")) == (name, options):
                shutil.rmtree(entry.path, ignore_errors=True)
        if fingerprint:
            self.trials.forget(fingerprint)

    def recorded(self, fingerprint: str) -> Entry | None:
        """What ships for the dial of the data set with this fingerprint: its sweep, else its comparison, or None."""
        for kind in (SWEEP, FRONTIER):
            for entry in self.shipped.entries(kind):
                if made_from(entry) == fingerprint and not entry.spec.get("quick"):
                    return entry
        return None
