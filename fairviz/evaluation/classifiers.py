"""Downstream classifiers by name.

A new one is a function in ``downstream`` and a line here, or an entry point ``fairviz.classifiers`` of another package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairviz.plugins import Registry

#: Functions of feature codes and a seed; see ``downstream.fitted``.
CLASSIFIERS: Registry[Callable[..., Any]] = Registry(
    "fairviz.classifiers",
    {name: f"fairviz.evaluation.downstream:{name}" for name in ("logistic_regression", "gradient_boosting", "mlp")},
)
