"""Where the dial and its neighbours stand, and the command that does the same."""

from __future__ import annotations

import json
from dataclasses import dataclass

RECORDED, LIVE = "Recorded", "Live"


@dataclass(frozen=True)
class Setting:
    """Where the dial and its neighbours stand."""

    dataset: str
    options: dict
    mode: str
    control: str
    lambda_y: float
    lambda_z: float
    lambda_eop: float
    classifier: str


def reproduce(setting: Setting, target: str) -> str:
    """The command that draws the rows on screen."""
    parts = ["fairviz", "sample", "--dataset", setting.dataset, "--target", json.dumps(target), "-n", "10000"]
    parts += [
        "--control",
        setting.control,
        "--lambda-y",
        f"{setting.lambda_y:g}",
        "--lambda-z",
        f"{setting.lambda_z:g}",
    ]
    story = [part for name, value in setting.options.items() for part in (f"--{name}", f"{value:g}")]
    parts += story
    if setting.lambda_eop:
        parts += ["--lambda-eop", f"{setting.lambda_eop:g}"]
    evaluate = [
        "fairviz evaluate syn.csv --dataset", setting.dataset, "--target", json.dumps(target),
        "--classifier", setting.classifier, *story, "--seed 0 --json",
    ]  # fmt: skip
    return " ".join([*parts, "--seed 0 --out syn.csv"]) + "\n" + " ".join(evaluate)
