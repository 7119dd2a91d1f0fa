"""Built-in data sets, a file each: roles, reader, licence, and how they are compared.

A new one is a file beside these and a line here, or an entry point ``fairviz.datasets`` of another package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairviz.plugins import Registry

if TYPE_CHECKING:
    from fairviz.data.sources import Source

DATASETS: Registry[Source] = Registry(
    "fairviz.datasets",
    {
        name: f"fairviz.data.sets.{name}:SOURCE"
        for name in ("adult", "simulated", "acsincome", "bank_marketing", "german_credit", "law_school")
    },
)
