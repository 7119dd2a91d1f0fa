"""Shared by the benchmarks: where results go and what every row says about the machine."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from fairviz.experiments.results import Results
from fairviz.store import Entry
from fairviz.store.specs import versions

RESULTS = Path(__file__).parent / "results"


def processor() -> str:
    """Name of the processor, as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def keep(name: str, rows: list[dict], *, after: bool = False) -> None:
    """Write rows as ``results/<name>.csv`` with machine, versions and date, and print them; ``after``: below the rows
    that are there.
    """
    about = versions()
    stamp = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{processor()}, {os.cpu_count()} cores",
        "torch": about["torch"],
        "scikit-learn": about["scikit-learn"],
    }
    frame = pd.DataFrame([{**row, **stamp} for row in rows])
    print(frame.drop(columns=list(stamp)).to_string())
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.csv"
    if after and path.exists():
        frame = pd.concat([pd.read_csv(path), frame], ignore_index=True)
    frame.to_csv(path, index=False)


def points_of(entry: Entry) -> pd.DataFrame:
    """Means of every setting with the first downstream model."""
    return Results.of(entry).select(classifier=entry.spec["classifiers"][0]).points()
