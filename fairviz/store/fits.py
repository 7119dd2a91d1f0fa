"""Fits on disk: read, upgraded, opened as run folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairviz.data.dataset import DomainDataset
from fairviz.errors import StoreError
from fairviz.store import (
    Entry,
    canonical,
    key_of,
    read_entry,
    replace_entry,
    write_entry,
)
from fairviz.store.specs import FIT, FitSpec, versions
from fairviz.store.untrusted import ADVICE
from fairviz.synthesizers import SYNTHESIZERS, Synthesizer
from fairviz.text import listing


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
        known = listing(list(SYNTHESIZERS))
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


def is_whole(entry: Entry) -> bool:
    """Whether a fit's entry holds what a price needs, and a teacher; other generators than FADM have neither."""
    return entry.spec.get("synthesizer") != "fadm" or {"why_no_price", "teacher"} <= entry.json("fit.json").keys()


def upgraded(entry: Entry, spec: FitSpec, dataset: DomainDataset | None = None) -> dict[str, Any]:
    """The payload of a fit that an earlier version made, with what it lacks: what a price needs, a teacher.

    Its networks, and what it has, stay as they are.

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
    source = spec.source_of(rows)
    if fit.dual_ is None:
        fit.learn_price(source)
    if fit.teacher_ is None:
        fit.learn_teacher(source)
    meta, arrays = fit.state()
    return {"json_files": {"fit.json": meta}, "arrays": arrays, "made": entry.made}


def upgrade_fit(path: Path, dataset: DomainDataset | None = None) -> bool:
    """Give the fit at ``path`` what a price needs and a teacher, if an earlier version made it without.

    Parameters
    ----------
    dataset : DomainDataset, optional
        The whole data set that it was made from; read, if it is a registered one.

    Returns
    -------
    bool
        False if there is no fit of FADM, or it lacks nothing; then nothing is written.

    Raises
    ------
    StoreError
        It does not verify, its rows are not to be had, or it cannot be written.
    """
    entry = read_entry(path)
    if entry.kind != FIT or is_whole(entry):
        return False
    replace_entry(path, FIT, entry.spec, **upgraded(entry, FitSpec.from_json(entry.spec), dataset))
    return True


def fit_payload(fit: Synthesizer, seconds: float) -> dict[str, Any]:
    """Keywords for ``write_entry`` or ``ResultStore.put``."""
    import torch

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
class RunFolder:
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
    def open(cls, path: Path) -> tuple[RunFolder, Entry]:
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
        now, entry = RunFolder.open(self.path)
        if now.digest != self.digest:
            raise StoreError(f"{self.path} has changed since the sweep began. Start the sweep again.")
        return load_fit(entry)
