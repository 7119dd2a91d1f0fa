"""Everything that is told of synthetic rows beside fairness: likeness, use, and what they give away."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.evaluation.downstream import Model
from fairviz.evaluation.fidelity import FIDELITY, HIGH, LOW
from fairviz.evaluation.privacy import privacy
from fairviz.evaluation.scores import AUC

#: The downstream model that tells of what use rows are.
CLASSIFIER = "gradient_boosting"


@dataclass(frozen=True)
class Measure:
    """A number about rows, in words.

    Attributes
    ----------
    name, title : str
    better : str
        ``high`` or ``low``: the good direction.
    low, high : float
        Range.
    meaning : str
        One sentence.
    spans : bool
        Whether ``<name>_low`` and ``<name>_high`` stand beside it: 95 % over people.
    """

    name: str
    title: str
    better: str
    meaning: str
    low: float = 0.0
    high: float = 1.0
    spans: bool = False

    def told(self, value: float, low: float = math.nan, high: float = math.nan) -> str:
        """A value for people, with its interval if there is one."""
        digits = 4 if 0 < abs(value) < 0.0095 else 2
        if math.isnan(value):
            return "not estimable"
        return f"{value:.{digits}f}" + ("" if math.isnan(low) else f" ({low:.2f}–{high:.2f})")


COPIES = "Share of rows that equal a person trained on; at most 10,000 of them are looked for."
MEASURES: tuple[Measure, ...] = (
    *(Measure(one.name, one.title, one.better, one.meaning, one.low, one.high) for one in FIDELITY),
    Measure(
        "auc", "Use: AUC on held-out people", HIGH,
        "How well boosting that learned from the rows ranks held-out people by their label: 0.5 is a coin toss.",
    ),
    Measure(
        "nearer", "Nearer to people trained on", LOW,
        "Share of rows nearer to a person trained on than to any of as many held-out ones: 0.5 tells nothing of who "
        "was trained on, 1 means near copies.", spans=True,
    ),
    Measure(
        "attack", "Membership attack", LOW,
        "AUC of guessing who was trained on by the distance to the nearest row: 0.5 learns nothing, 1 everything.",
        spans=True,
    ),
    Measure("copies", "Copies of people trained on", LOW, COPIES),
    Measure("copies_held", "Copies of held-out people", LOW, "The same of as many held-out people: chance alone."),
)  # fmt: skip


def scores(
    rows: pd.DataFrame, trained: DomainDataset, held: DomainDataset, *, choices: int = 20, seed: int = 0
) -> dict[str, float]:
    """Every one of :data:`MEASURES` by name, with ``_low`` and ``_high`` where there are some.

    Parameters
    ----------
    rows : DataFrame
        The features and the label, m rows.
    trained, held : DomainDataset
        The people that ``rows`` were made from, and people of the same kind that were held back.
    choices : int
        See :func:`fairviz.evaluation.privacy.privacy`.
    """
    schema = held.schema
    columns = [*schema.features, schema.label]
    seen, real = trained.frame[columns], held.frame[columns]
    found = {metric.name: metric(real, rows[columns], seed) for metric in FIDELITY}
    labels = (rows[schema.label].astype(str) == schema.favourable).to_numpy(np.int64)
    auc = math.nan
    if 0 < labels.sum() < len(labels):
        model = Model.fit(rows[list(schema.features)], labels, classifier=CLASSIFIER, seed=seed)
        score = model.score(held.features)
        auc = math.nan if score is None else AUC(held.y, score)
    given_away = privacy(seen, real, rows[columns], choices=choices, seed=seed)
    return {**found, "auc": auc, **asdict(given_away)}
