"""A training in progress on disk: one file beside its job, replaced whole, believed only if its digest is right."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from fairviz.store.writing import write_atomic

NAME = "checkpoint"
_DIGEST = 32


@dataclass(frozen=True)
class Checkpoint:
    """What a training was.

    Attributes
    ----------
    arrays : dict of str to ndarray
        As ``Memory.take`` gives them.
    about : dict
        Seconds so far, and the losses until then; JSON.
    """

    arrays: dict[str, np.ndarray]
    about: dict[str, Any] = field(default_factory=dict)


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Replace a job's checkpoint.

    Raises
    ------
    OSError
    """
    told = np.frombuffer(json.dumps(checkpoint.about).encode(), np.uint8)
    data = save({**checkpoint.arrays, "about": told})
    write_atomic(folder / NAME, hashlib.sha256(data).digest() + data)


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """A job's checkpoint; None if there is none, or it is damaged."""
    try:
        data = (folder / NAME).read_bytes()
        if hashlib.sha256(data[_DIGEST:]).digest() != data[:_DIGEST]:
            return None
        arrays = load(data[_DIGEST:])
        about = json.loads(arrays.pop("about").tobytes())
    except (OSError, ValueError, KeyError, SafetensorError):
        return None
    return Checkpoint(arrays, about)


def remove_checkpoint(folder: Path) -> None:
    """Forget it."""
    (folder / NAME).unlink(missing_ok=True)
