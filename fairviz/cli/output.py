"""What commands say: answers on standard output, all else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any


def say(text: str) -> None:
    """A line for a person, on standard error."""
    sys.stderr.write(f"{text}\n")


def answer(text: str) -> None:
    """What was asked for, on standard output."""
    sys.stdout.write(f"{text}\n")


def answer_json(value: Any) -> None:
    """The same as JSON."""
    answer(json.dumps(value, indent=1))


def follow(steps: Iterator[tuple[str, int, int, str]]) -> None:
    """Carry a plan out with a bar: phase, done, total, note."""
    from tqdm import tqdm

    with tqdm(disable=None, file=sys.stderr) as bar:
        for phase, done, total, note in steps:
            bar.set_description(f"{phase} {note}".strip(), refresh=False)
            bar.total, bar.n = total, done
            bar.refresh()
