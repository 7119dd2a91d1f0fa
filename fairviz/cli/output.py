"""What commands say: answers on standard output, all else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from typing import Any, TypeVar, cast

T = TypeVar("T")


def say(text: str) -> None:
    """A line for a person, on standard error."""
    sys.stderr.write(f"{text}\n")


def answer(text: str) -> None:
    """What was asked for, on standard output."""
    sys.stdout.write(f"{text}\n")


def answer_json(value: Any) -> None:
    """The same as JSON."""
    answer(json.dumps(value, indent=1))


def follow(steps: Generator[tuple[str, int, int, str], None, T]) -> T:
    """Carry a plan out with a bar (phase, done, total, note); returns what it returns."""
    from tqdm import tqdm

    with tqdm(disable=None, file=sys.stderr) as bar:
        while True:
            try:
                phase, bar.n, bar.total, note = next(steps)
            except StopIteration as end:
                return cast("T", end.value)
            bar.set_description(f"{phase} {note}".strip())
