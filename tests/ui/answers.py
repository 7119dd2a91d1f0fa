"""What the recorded dial of Adult must say, from the published trials with pandas alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd

from fairviz.files import shipped

CONTROL, MODEL = "dp", "gradient_boosting"
SAID = re.compile(r"right for \*\*(\d+) of 1,000\*\*.*? \*\*([\d.]+) times\*\* \(")


def adults_sweep() -> Path:
    """The folder of the shipped sweep."""
    return next(
        path for path in sorted(shipped("pretrained").glob("sweep/*"))
        if json.loads((path / "manifest.json").read_text())["spec"]["dataset"]["name"] == "adult"
    )  # fmt: skip


def stops(trials: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Stop of the dial -> how many of 1,000 are right, and the ratio of rates of yes: means over held-out domains."""
    trials = trials[(trials["method"] == "fadm_preview") & (trials["classifier"] == MODEL)]
    settings = trials["setting"].map(json.loads)
    price = settings.map(lambda s: s.get("lambda_z", 0.0))
    swept = (settings.map(lambda s: s.get("control", CONTROL)) == CONTROL) | (price == 0)
    kept = swept & (settings.map(lambda s: s.get("lambda_y", 1.0)) == 1.0)
    counts = trials[kept].assign(price=price[kept]).groupby(["price", "target"]).mean(numeric_only=True)
    right = sum(counts[f"n_{k}_{y}_{y}"] for k in (0, 1) for y in (0, 1))
    everybody = sum(counts[f"n_{k}_{y}_{p}"] for k in (0, 1) for y in (0, 1) for p in (0, 1))
    rates = [
        (counts[f"n_{k}_0_1"] + counts[f"n_{k}_1_1"]) / sum(counts[f"n_{k}_{y}_{p}"] for y in (0, 1) for p in (0, 1))
        for k in (0, 1)
    ]
    frame = pd.DataFrame({"right": right / everybody, "ratio": np.minimum(*rates) / np.maximum(*rates)})
    means = frame.groupby("price").mean()
    return {f"{p:g}": (f"{1000 * row.right:.0f}", f"{row.ratio:.2f}") for p, row in means.iterrows()}
