"""Generators that train in a blink, and small data sets of every kind."""

import functools
from typing import Any

import numpy as np
import pandas as pd

from fairviz.data import Schema
from fairviz.data.dataset import DomainDataset
from fairviz.synthesizers import SYNTHESIZERS
from fairviz.synthesizers.base import Synthesizer

TINY = {"n_iter": 3, "batch_size": 32, "hidden": 8, "depth": 1}
MORE = {
    "fadm": {"classifier_hidden": 8, "classifier_depth": 1},
    "vae": {"latent": 2},
    "gan": {"latent": 4},
    "fairgan": {"latent": 4},
}
SMALL = {"batch_size": 256, "hidden": 32, "depth": 2}
TABULAR = [name for name in SYNTHESIZERS if name != "fadm"]


def tiny(name: str, **change: Any) -> Synthesizer:
    """A generator that trains in a blink and has learnt nothing."""
    return SYNTHESIZERS[name](**{**TINY, **MORE.get(name, {}), **change})


def dataset(columns: dict[str, Any], *, features: tuple[str, ...]) -> DomainDataset:
    """Rows with label ``y`` (favourable: yes) and group ``z``, in two alike domains."""
    n = len(columns["y"])
    frame = pd.DataFrame({**columns, "d": np.where(np.arange(n) % 2, "d1", "d2")})
    return DomainDataset.from_frame("toy", frame, Schema(features, "y", "yes", "z", "d"))


def words(codes: np.ndarray, *names: str) -> np.ndarray:
    return np.array(names)[codes]


def _kinds() -> dict[str, DomainDataset]:
    rng = np.random.default_rng(0)
    n = 240
    y, z = rng.permuted(np.arange(n) % 2), rng.permuted(np.arange(n) % 3)
    number, other, text = rng.normal(size=n) + y, rng.integers(0, 90, n), words(rng.integers(0, 3, n), "r", "s", "t")
    holes = np.where(rng.random(n) < 0.3, np.nan, number)
    ages = pd.array(np.where(rng.random(n) < 0.2, None, other), dtype="Int64")
    labels, two, three = words(y, "no", "yes"), words(z % 2, "z0", "z1"), words(z, "z0", "z1", "z2")
    both = ("number", "text", "other")
    return {
        "two groups": dataset({"number": number, "text": text, "other": other, "y": labels, "z": two}, features=both),
        "three groups": dataset(
            {"number": number, "text": text, "other": other, "y": labels, "z": three}, features=both
        ),
        "no numbers": dataset(
            {"text": text, "more": words(y, "u", "v"), "y": labels, "z": two}, features=("text", "more")
        ),
        "no categories": dataset(
            {"number": number, "other": other, "y": labels, "z": two}, features=("number", "other")
        ),
        "missing numbers": dataset(
            {"number": holes, "text": text, "other": ages, "y": labels, "z": two}, features=both
        ),
    }


KINDS = _kinds()


@functools.cache
def tiny_fit(name: str) -> Any:
    return tiny(name).fit(KINDS["missing numbers"])
