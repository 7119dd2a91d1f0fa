"""The simulated hiring story."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.data.sources import Knob, Source
from fairviz.errors import SettingError


def read(*, bias: float = 1.0, proxy: float = 1.0, shift: float = 1.0, n: int = 20_000, seed: int = 0) -> DomainDataset:
    """The simulated hiring story; see :class:`fairviz.data.simulate.Hiring`."""
    if not 200 <= n <= 2_000_000:
        raise SettingError(f"simulated: n is {n}; choose 200 to 2,000,000 rows.")
    frame = Hiring(bias=bias, proxy=proxy, shift=shift).sample(n, seed=seed)
    return DomainDataset.from_frame("simulated", frame, HIRING_SCHEMA)


def frontier() -> list[dict[str, Any]]:
    """The fair Bayes frontier of the default story, a row per control, region and price, up to equality."""
    story = Hiring()
    grids = {"dp": [0.02 * k for k in range(26)], "eop": [0.01 * k for k in range(16)]}
    frames = [
        story.bayes_frontier(domain, grid, control=control).assign(domain=domain, control=control)
        for control, grid in grids.items()
        for domain in story.domains
    ]
    result: list[dict[str, Any]] = pd.concat(frames).round(5).to_dict("records")
    return result


SOURCE = Source(
    read=read,
    title="Simulated hiring",
    story="A made-up labour market with four regions. Its best possible fair rule is known.",
    licence="made by this project",
    publisher="fairviz",
    schema=HIRING_SCHEMA,
    fingerprint="e770a5a60efece6c133692d75de8f31b69b56376ca068e677912239412d85124",
    nouns={"domain": "region", "women": "women", "men": "men"},
    frontier=frontier,
    strengths=(1.0,),
    knobs=(
        Knob("bias", "Bias of past decisions"),
        Knob("proxy", "How much the sector gives away"),
        Knob("shift", "How far the regions differ", 2.0, 0.25),
    ),
)
