"""Drafts: what fits in training would be if they ended now, as run folders beside their jobs, the newest of each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fairviz.errors import StoreError
from fairviz.store.fits import RunFolder, fit_payload
from fairviz.store.specs import FIT, FitSpec
from fairviz.store.writing import write_entry
from fairviz.synthesizers.base import Synthesizer
from fairviz.turn import DRAFT

#: Shares of a training after which a draft is kept.
DRAFT_AT = (0.05, 0.2, 0.5)
#: Drafts of one training that are there at once: somebody may be reading the last but one.
KEPT = 2


@dataclass(frozen=True)
class Draft:
    """A draft on disk.

    Attributes
    ----------
    run : RunFolder
    step : int
        Iterations that it has seen.
    """

    run: RunFolder
    step: int


def _drafts(folder: Path) -> list[tuple[int, Path]]:
    """Steps and folders, the oldest first."""
    found = [(path.name[len(DRAFT) :], path) for path in folder.glob(f"{DRAFT}*")]
    return sorted((int(step), path) for step, path in found if step.isdigit())


def keep_draft(folder: Path, spec: FitSpec, draft: Synthesizer, step: int, seconds: float) -> None:
    """Keep what a training of job ``folder`` would be after ``step`` iterations, and forget older ones.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    path = folder / f"{DRAFT}{step}"
    if not path.exists():  # else from before the training was broken off: the same to the last bit
        write_entry(path, FIT, spec.to_json(), **fit_payload(draft, seconds))
    for _, old in _drafts(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def latest(folder: Path) -> int:
    """Iterations that a job's newest draft has seen, not verified; 0 if there is none."""
    return max((step for step, _ in _drafts(folder)), default=0)


def drafts_of(folder: Path) -> Iterator[Draft]:
    """Drafts of a job that verify, the newest first."""
    for step, path in reversed(_drafts(folder)):
        with suppress(OSError, StoreError):  # damaged, or the training has ended a moment ago
            files = [(file.name, about.st_size, about.st_mtime_ns) for file in path.iterdir() if (about := file.stat())]
            yield Draft(_opened(path, tuple(sorted(files))), step)


@lru_cache(maxsize=200)
def _opened(path: Path, stamp: tuple[tuple[str, int, int], ...]) -> RunFolder:
    """A verified draft; read once for as long as its files stay, for a page asks at every move."""
    return RunFolder.open(path)[0]


def remove_drafts(folder: Path) -> None:
    """Forget all drafts of a job."""
    for _, path in _drafts(folder):
        shutil.rmtree(path, ignore_errors=True)
