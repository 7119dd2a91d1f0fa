"""Fits and recorded results: found in the user's store or in ``pretrained/``, saved to the user's store."""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
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
from fairviz.data.sources import fingerprint_of, load_dataset
from fairviz.errors import SettingError, StoreError
from fairviz.segments import TrialStore
from fairviz.store import (
    Entry,
    ResultStore,
    canonical,
    key_of,
    read_entry,
    replace_entry,
    write_entry,
)
from fairviz.synthesizers import FADM, SYNTHESIZERS, Synthesizer
from fairviz.untrusted import ADVICE

FIT, SWEEP = "fit", "sweep"


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


def command_line(*words: str | tuple[str, object]) -> str:
    """A command for a POSIX shell, each word quoted where the shell would read it as something else.

    Parameters
    ----------
    words : str or (str, object)
        Words, or options with their values.
    """
    out: list[str] = []
    for word in words:
        if isinstance(word, str):
            out.append(word)
            continue
        name, value = word[0], str(word[1])
        # a value such as "-x" would be read as an option of its own
        out += [f"{name}={value}"] if value.startswith("-") else [name, value]
    return shlex.join(out)


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
        """Inverse of :meth:`to_json`.

        Raises
        ------
        StoreError
            It is not the specification of a fit.
        """
        _check_spec(spec)
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


def _check_spec(spec: Any) -> None:
    """Refuse what :meth:`FitSpec.to_json` does not give."""
    fields = {"dataset", "target", "synthesizer", "params"}
    ok = isinstance(spec, dict) and fields <= spec.keys() <= fields | {"without"}
    data = spec["dataset"] if ok else None
    if isinstance(data, dict) and data.keys() == {"name", "options", "fingerprint"}:
        texts = (spec["target"], spec["synthesizer"], spec.get("without", ""), data["name"], data["fingerprint"])
        plain = isinstance(spec["params"], dict) and isinstance(data["options"], dict)
        plain = plain and all(type(value) in (int, float, str) for value in data["options"].values())
        if plain and all(isinstance(text, str) for text in texts):
            return
    raise StoreError("its specification is not that of a fit")


def load_fit(entry: Entry) -> Any:
    """The fit held by an entry: a synthesizer of the kind that its spec names.

    Raises
    ------
    StoreError
        The entry holds no fit, was changed since it was opened, or is not what its settings imply. Shapes are
        compared with the settings before arrays are read or networks built.
    """
    if entry.kind != FIT:
        raise StoreError(f"{entry.path} holds a {entry.kind}, not a fit. Name the folder of a fit.")
    with _naming(entry.path):
        spec = FitSpec.from_json(entry.spec)
    meta = entry.json("fit.json")
    told = {"synthesizer": spec.synthesizer, "params": spec.params}
    if canonical({name: meta.get(name, value) for name, value in told.items()}) != canonical(told):
        raise StoreError(f"{entry.path}: fit.json and manifest.json name different settings. {ADVICE}")
    if spec.synthesizer not in SYNTHESIZERS:
        known = _names(list(SYNTHESIZERS))
        raise StoreError(f"{entry.path}: no synthesizer {spec.synthesizer[:60]!r}; this version knows {known}.")
    synthesizer, layout = SYNTHESIZERS[spec.synthesizer], entry.layout()
    with _naming(entry.path):
        synthesizer.check_layout(meta, layout)
    arrays = entry.arrays()
    with _naming(entry.path):
        return synthesizer.from_state(meta, arrays)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Errors about what an entry holds say which entry, and what to do."""
    try:
        yield
    except StoreError as error:
        raise StoreError(f"{path}: {str(error).rstrip('.')}. {ADVICE}") from None


def knows_price(entry: Entry) -> bool:
    """Whether a fit's entry holds what a price needs; of generators without a price there is nothing to know."""
    return entry.spec.get("synthesizer") != "fadm" or "why_no_price" in entry.json("fit.json")


def upgraded(entry: Entry, spec: FitSpec, dataset: DomainDataset | None = None) -> dict[str, Any]:
    """The payload of a fit that an earlier version made, with what a price needs; its networks stay as they are.

    Parameters
    ----------
    dataset : DomainDataset, optional
        The whole data set; read, if it is a registered one.

    Raises
    ------
    StoreError
        The rows are not those that the fit was made from.
    """
    rows = dataset if dataset is not None else spec.load_rows()
    if rows.fingerprint() != spec.fingerprint:
        raise StoreError(f"{entry.path}: the rows given are not those that this fit was made from. Give the same file.")
    fit = load_fit(entry)
    fit.learn_price(spec.source_of(rows))
    meta, arrays = fit.state()
    return {"json_files": {"fit.json": meta}, "arrays": arrays, "made": entry.made}


def upgrade_fit(path: Path, dataset: DomainDataset | None = None) -> bool:
    """Give the fit at ``path`` what a price needs, if an earlier version made it without.

    Parameters
    ----------
    dataset : DomainDataset, optional
        The whole data set that it was made from; read, if it is a registered one.

    Returns
    -------
    bool
        False if there is no fit of FADM, or it knows already; then nothing is written.

    Raises
    ------
    StoreError
        It does not verify, its rows are not to be had, or it cannot be written.
    """
    entry = read_entry(path)
    if entry.kind != FIT or knows_price(entry):
        return False
    replace_entry(path, FIT, entry.spec, **upgraded(entry, FitSpec.from_json(entry.spec), dataset))
    return True


def fit_payload(fit: Synthesizer, seconds: float) -> dict[str, Any]:
    """Keywords for ``write_entry`` or ``ResultStore.put``."""
    meta, arrays = fit.state()
    return {
        "json_files": {"fit.json": meta},
        "arrays": arrays,
        "made": {"seconds": round(seconds, 1), "threads": torch.get_num_threads(), **versions()},
    }


def made_from(entry: Entry) -> str:
    """Fingerprint of the rows that an entry was made from; "" if it names none."""
    return str(entry.spec.get("dataset", {}).get("fingerprint", ""))


def save_run(path: Path, spec: FitSpec, fit: Synthesizer, seconds: float) -> Entry:
    """Publish a fit as a run folder of its own."""
    return write_entry(path, FIT, spec.to_json(), **fit_payload(fit, seconds))


def open_run(path: Path) -> tuple[FitSpec, Any]:
    """Read and verify a run folder, which somebody else may have made.

    Raises
    ------
    StoreError
        It is not a run folder, or anything in it is not as it was written.
    """
    entry = read_entry(Path(path))
    fit = load_fit(entry)
    return FitSpec.from_json(entry.spec), fit


@dataclass(frozen=True)
class Run:
    """A run folder: what it claims to be (its spec) is somebody's word, so its numbers are kept under its content.

    Attributes
    ----------
    path : Path
    digest : str
        SHA-256 over its files.
    """

    path: Path
    digest: str

    @classmethod
    def open(cls, path: Path) -> tuple[Run, Entry]:
        """A verified run folder and its entry.

        Raises
        ------
        StoreError
            Not a finished, undamaged fit.
        """
        entry = read_entry(path)
        if entry.kind != FIT:
            raise StoreError(f"{path} holds a {entry.kind}, not a fit. Name the folder of a fit.")
        digests = {name: hashlib.sha256((path / name).read_bytes()).hexdigest() for name in entry.files}
        return cls(path.resolve(), key_of(digests)), entry

    def fit(self) -> Any:
        """The fit in it.

        Raises
        ------
        StoreError
            The folder is no longer what it was when it was opened.
        """
        now, entry = Run.open(self.path)
        if now.digest != self.digest:
            raise StoreError(f"{self.path} has changed since the sweep began. Start the sweep again.")
        return load_fit(entry)


def pretrained_dir() -> Path:
    """``FAIRVIZ_PRETRAINED`` if set, else ``pretrained/`` beside the package."""
    return Path(os.environ.get("FAIRVIZ_PRETRAINED") or Path(__file__).resolve().parent.parent / "pretrained")


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

    def get(self, kind: str, spec: dict) -> Entry | None:
        """The entry of a spec from either store; a fit that knows what a price needs goes before one that does not."""
        found = [entry for store in self.stores if (entry := store.get(kind, spec)) is not None]
        if kind == FIT:
            found.sort(key=lambda entry: not knows_price(entry))
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
            if knows_price(entry):
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

    def find_fits(self, fingerprint: str) -> dict[str, Entry]:
        """Default fits of the data set with this fingerprint, by target; its rows need not be on this machine.

        A fit's name for its data set plays no part: any CSV file may be called ``adult``.
        """
        default = FADM().get_params()
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
                        if there is None or (not knows_price(there) and knows_price(entry)):
                            found[spec.target] = entry
        return found

    def find_fit(self, dataset: str, target: str, options: dict | None = None) -> Entry:
        """The default fit of a registered data set for a target.

        Raises
        ------
        SettingError
            No such data set, or no such fit; says how to make it.
        MissingDataError
            The data set is read with options, and its rows are not on this machine.
        """
        fits = self.find_fits(fingerprint_of(dataset, options))
        if target not in fits:
            have = f"there are fits for {_names(sorted(fits), 30)}" if fits else "there are no fits for this data set"
            knobs = [(f"--{name}", value) for name, value in (options or {}).items()]
            make = command_line("fairviz", "fit", ("--dataset", dataset), *knobs, ("--target", target))
            raise SettingError(
                f"{dataset}: no fit with target {target!r}; {have}. "
                f"Choose one of these, or make one and name its folder: {make} --out FOLDER"
            )
        return fits[target]

    def recorded(self, fingerprint: str) -> Entry | None:
        """The shipped sweep of the data set with this fingerprint, or None."""
        sweeps = self.shipped.entries(SWEEP)
        return next((entry for entry in sweeps if made_from(entry) == fingerprint), None)
