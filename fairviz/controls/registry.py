"""Which controls there are."""

from __future__ import annotations

from fairviz.plugins import Registry

CONTROLS = Registry(
    "fairviz.controls",
    {
        "dp": "fairviz.controls.parity:PARITY",
        "eop": "fairviz.controls.opportunity:OPPORTUNITY",
        "entropy": "fairviz.controls.entropy:ENTROPY",
        "dp_eop": "fairviz.controls.both:BOTH",
    },
)
