"""Mitigations: fairness on the classifier's side, from real rows, and what all are compared with.

A new one is a file beside these and a line here, or an entry point ``fairviz.mitigations`` of another package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairviz.plugins import Registry

if TYPE_CHECKING:
    from fairviz.mitigation.base import Mitigation

MITIGATIONS: Registry[type[Mitigation]] = Registry(
    "fairviz.mitigations",
    {
        "unmitigated": "fairviz.mitigation.references:Unmitigated",
        "reweighing": "fairviz.mitigation.reweighing:Reweighing",
        "tilted": "fairviz.mitigation.tilted:Tilted",
        "exponentiated_gradient": "fairviz.mitigation.reductions:ExponentiatedGradient",
        "grid_search": "fairviz.mitigation.reductions:GridSearch",
        "fairret": "fairviz.mitigation.fairret:Fairret",
        "steering": "fairviz.mitigation.steering:AffineSteering",
        "threshold_optimizer": "fairviz.mitigation.threshold:ThresholdOptimizer",
        "overwrite": "fairviz.mitigation.references:Overwrite",
        "constant": "fairviz.mitigation.references:Constant",
        "fair_bayes": "fairviz.mitigation.fair_bayes:FairBayes",
    },
)
