"""Which controls there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairviz.plugins import Registry

if TYPE_CHECKING:
    from fairviz.controls.base import Control

CONTROLS: Registry[Control] = Registry(
    "fairviz.controls",
    {
        "dp": "fairviz.controls.parity:PARITY",
        "eop": "fairviz.controls.opportunity:OPPORTUNITY",
        "entropy": "fairviz.controls.entropy:ENTROPY",
        "dp_eop": "fairviz.controls.both:BOTH",
        "independence": "fairviz.controls.independence:INDEPENDENCE",
    },
)
