"""The only thing a test returns: how many rows of each domain, group and label were predicted what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fairviz.data.dataset import DomainDataset


@dataclass(frozen=True)
class Counts:
    """Counts by domain x group x label x prediction.

    Attributes
    ----------
    domains : tuple of str, length M
    groups : tuple of str, length K
    table : ndarray of int64, shape (M, K, 2, 2)
        ``table[m, k, y, yhat]``; 1 is the favourable label.
    """

    domains: tuple[str, ...]
    groups: tuple[str, ...]
    table: np.ndarray

    def __post_init__(self) -> None:
        table = np.asarray(self.table, np.int64)
        assert table.shape == (len(self.domains), len(self.groups), 2, 2), table.shape
        object.__setattr__(self, "table", table)

    @classmethod
    def from_predictions(cls, target: DomainDataset, predicted: np.ndarray) -> Counts:
        """Count 0/1 predictions, shape (n,), on the rows of ``target``."""
        shape = (len(target.domains), len(target.groups), 2, 2)
        cell = np.ravel_multi_index((target.d, target.z, target.y, np.asarray(predicted, np.int64)), shape)
        return cls(target.domains, target.groups, np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape))

    @classmethod
    def concat(cls, parts: list[Counts]) -> Counts:
        """Put counts of different domains side by side."""
        domains = tuple(d for part in parts for d in part.domains)
        return cls(domains, parts[0].groups, np.concatenate([part.table for part in parts]))

    def domain(self, name: str) -> Counts:
        """The counts of one domain."""
        m = self.domains.index(name)
        return Counts((name,), self.groups, self.table[m : m + 1])

    def other_reading(self) -> Counts:
        """The same predictions with the other label called favourable."""
        return Counts(self.domains, self.groups, self.table[:, :, ::-1, ::-1])

    def frame(self) -> pd.DataFrame:
        """Long form: domain, group, label, predicted, n."""
        index = pd.MultiIndex.from_product(
            [self.domains, self.groups, (0, 1), (0, 1)], names=["domain", "group", "label", "predicted"]
        )
        return pd.DataFrame({"n": self.table.ravel()}, index=index).reset_index()

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return {"domains": list(self.domains), "groups": list(self.groups), "table": self.table.tolist()}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Counts:
        """Inverse of :meth:`to_json`."""
        return cls(tuple(state["domains"]), tuple(state["groups"]), np.array(state["table"]))
