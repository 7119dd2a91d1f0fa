"""Where the dials of a data set stop and end: recorded, or found on a person's own rows, or told by fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

import pandas as pd

from fairviz.controls import CONTROLS
from fairviz.data import ALL_DOMAINS
from fairviz.data.own import Own, OwnStore
from fairviz.data.sources import OWN
from fairviz.dual import GAPS
from fairviz.errors import SettingError
from fairviz.experiments.weighted import Weighted
from fairviz.store.specs import FIT, FRONTIER, SWEEP, FitSpec
from fairviz.ui.parts import loading
from fairviz.ui.parts.loading import stamped


class Stops(Protocol):
    """Where a dial can stop: a recorded sweep, or weights on a person's own rows."""

    def controls(self) -> list[str]:
        """Controls that there are numbers for."""

    def prices(self, control: str) -> list[float]:
        """Values of lambda_z, 0 included."""

    def classifiers(self) -> list[str]:
        """Downstream models."""

    def label_strengths(self) -> list[float]:
        """Values of lambda_y."""

    def still_from(self, control: str) -> float | None:
        """The price from which on nothing changes any more, where it is seen from the numbers alone."""


def stops(dataset: str, options: dict[str, Any], labels: str) -> Stops | None:
    """Where the dial of a data set can stop without a fit for every domain; None if there are no numbers at all."""
    if dataset == OWN:
        return weighted(options)
    found = None if options else loading.recorded(dataset, labels)
    return None if found is None else found[0]


def weighted(options: dict[str, Any]) -> Weighted:
    """Where the dial of a person's own table stops."""
    own = OwnStore().get(options["id"])
    return Weighted((own if own.ends is not None else learn_ends(own.id)).ends or {})


def learn_ends(key: str, say: Callable[[str], object] = lambda domain: None) -> Own:
    """Find where the dials of a person's own table end, two domains at a time beside the app, and keep it.

    Parameters
    ----------
    say : callable
        Told the domain that is waited for.

    Raises
    ------
    FairvizError
        A worker ended, or the table is gone.
    """
    from fairviz.experiments.drawer import ENDS, Batch

    options = {"id": key}
    held_out, dataset = OwnStore().get(key).held_out, loading.rows(OWN, json.dumps(options, sort_keys=True))
    asked = loading.drawer().submit(Batch(FitSpec.of(dataset, d, options), what=ENDS) for d in held_out)
    found: dict[str, dict[str, float | str]] = {gap: {} for gap in GAPS}
    for domain, future in zip(held_out, asked, strict=True):
        say(domain)
        for gap, end in future.result().items():
            found[gap][domain] = end
    return OwnStore().change(key, ends=found)


@stamped(FIT, SWEEP, FRONTIER)
def smallest_share(dataset: str, options: dict[str, Any], control: str) -> float:
    """The smallest group's share of the source that a control divides by; a multiplier beyond it is clipped.

    Of all people for parity, of all people who have the favourable label for opportunity; 1 if nothing is known.
    """
    recorded = loading.recorded_facts(dataset, options)
    if recorded is not None:
        facts = recorded
    elif loading.fits(dataset, options):
        facts = loading.published_facts(dataset, json.dumps(options, sort_keys=True))
    else:
        return 1.0
    counts = pd.DataFrame(facts["counts"])
    among = counts[counts["label"] == 1] if CONTROLS[control].gaps[:1] == ("eop",) else counts
    return float(among.groupby("group")["n"].sum().min() / counts["n"].sum())


@stamped(FIT)
def _end(path: str, control: str) -> tuple[float | None, str]:
    try:
        return loading.fit_at(path).end_of_dial(control), ""
    except SettingError as error:
        return None, str(error)


def ends(dataset: str, options: dict[str, Any], control: str) -> tuple[dict[str, float], dict[str, str]]:
    """By held-out domain: the price of equality on the source, or why there is no price there.

    From the recorded results where there are some, so that no fit need be opened; empty for a control without
    such a price, or without any fit.
    """
    gaps = CONTROLS[control].gaps
    if not gaps:
        return {}, {}
    told = (loading.recorded_facts(dataset, options) or {}).get("equality", {}).get(gaps[0], {})
    if dataset == OWN and not loading.fits(dataset, options):
        both = weighted(options).ends.get(gaps[0], {})
        told = {domain: end for domain, end in both.items() if not isinstance(end, str)}
    if told:
        return told, {}
    asked = {d: _end(str(e.path), control) for d, e in loading.fits(dataset, options).items() if d != ALL_DOMAINS}
    return {d: end for d, (end, _) in asked.items() if end is not None}, {
        d: why for d, (_, why) in asked.items() if why
    }
