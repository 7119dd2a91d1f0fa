"""A small world whose answers are known, with a number that means nothing."""

import numpy as np
import pandas as pd

from fairviz.data import Schema
from fairviz.data.dataset import DomainDataset
from tests.diffusion import toy

CATEGORIES = ["a", "b", "c", "d"]
SCHEMA = Schema(("x", "noise"), "y", "yes", "z", "d")
SMALL = {"hidden": 32, "depth": 2, "classifier_hidden": 32, "classifier_depth": 2, "batch_size": 256}


def world(n: int = 8000, seed: int = 0) -> DomainDataset:
    """Rows of the discrete world, with a number that means nothing, in three alike domains."""
    rng = np.random.default_rng(seed)
    x, y, z = np.unravel_index(rng.choice(16, n, p=toy.JOINT.ravel()), toy.JOINT.shape)
    frame = pd.DataFrame(
        {
            "x": np.array(CATEGORIES)[x],
            "noise": rng.normal(50, 10, n).round(1),
            "y": np.where(y == 1, "yes", "no"),
            "z": np.array(["low", "zigh"])[z],
            "d": rng.choice(["d1", "d2", "d3"], n),
        }
    )
    return DomainDataset.from_frame("world", frame, SCHEMA)
