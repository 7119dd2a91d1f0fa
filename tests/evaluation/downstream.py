"""A downstream model trained and asked at once."""

import numpy as np

from fairviz.evaluation.downstream import Model


def fit_predict(train, labels, test, **how) -> np.ndarray:
    """0/1 for the rows of ``test``."""
    return Model.fit(train, labels, **how).predict(test)
