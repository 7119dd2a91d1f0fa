"""What a training costs on this machine: measured on a few steps of it before it begins."""

from __future__ import annotations

import time

import numpy as np

from fairviz.data.dataset import DomainDataset
from fairviz.evaluation.downstream import FeatureCodes
from fairviz.posteriors import FOLDS, MAX_ROWS, probabilities
from fairviz.store.specs import FitSpec
from fairviz.synthesizers import SYNTHESIZERS

#: Steps that are not counted, for they prepare matrix kernels; and steps that are.
WARM, STEPS = 5, 25


def seconds_of(spec: FitSpec, dataset: DomainDataset) -> float:
    """Seconds that a fit takes on one core as busy as now.

    Measured: encoding the rows, a few iterations, and one of the models that the fit's price and teacher rest on.

    Raises
    ------
    SettingError
        A hyper-parameter is out of range.
    DataError
        The source has one class only.
    """
    source, begun = spec.source_of(dataset), time.monotonic()
    made = SYNTHESIZERS[spec.synthesizer]
    fit = made(**spec.params)
    seen, at, n_steps = 0, begun, 0
    for step in fit.fit_steps(source):
        seen, n_steps = step.step, step.n_steps
        if seen == WARM:
            at = time.monotonic()
        if seen == WARM + STEPS:
            break
    now = time.monotonic()
    if seen < WARM + STEPS:  # over already
        return now - begun
    each = (now - at) / STEPS
    return at - begun + each * (n_steps - WARM) + (_price_seconds(source) if made.has_price else 0.0)


def _price_seconds(source: DomainDataset) -> float:
    """Seconds of the posteriors that a price (cross-fitted) and a teacher rest on, from one fold of one of them."""
    if len(source) > MAX_ROWS:
        source = source.take(np.arange(MAX_ROWS))
    codes = FeatureCodes(source.features)
    x, held_back = codes(source.features), len(source) // FOLDS
    begun = time.monotonic()
    probabilities(codes, x[held_back:], source.y[held_back:], x[:held_back], 2, 0)
    # the label and the group from all rows, the group again from those with the favourable label
    return (time.monotonic() - begun) * (FOLDS + 1) * (2 + float(source.y.mean()))
