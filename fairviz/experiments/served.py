"""Whom a trial's model serves worst, and how it served the same people without a price."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fairviz.evaluation.subgroups import KINDS, errors_in, worst_served
from fairviz.experiments.bench import Bench, without_price
from fairviz.experiments.trial import Trial

#: Attributes of a subgroup at most, where nothing is said.
DEPTH = 2


def served(bench: Bench, trial: Trial, depth: int = DEPTH) -> dict[str, list[dict[str, Any]]]:
    """By kind of error: the subgroups of the held-out domain that are served worst.

    Parameters
    ----------
    depth : int
        Attributes that a subgroup is made of at most, 1 to 3.

    Returns
    -------
    dict of str to list of dict
        The fields of :class:`~fairviz.evaluation.subgroups.Subgroup`, and ``before``: errors about the same people
        without a price.
    """
    target = bench.split(trial)[1]
    people = target.frame[list(dict.fromkeys([*target.schema.features, target.schema.sensitive]))]
    now, before = (bench.answers(one) for one in (trial, without_price(trial)))
    found = {}
    for kind in KINDS:
        worst = worst_served(people, target.y, now, kind=kind, depth=depth)
        was = errors_in(people, target.y, before, worst, kind=kind)
        found[kind] = [{**asdict(one), "before": n} for one, n in zip(worst, was, strict=True)]
    return found
