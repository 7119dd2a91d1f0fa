"""German credit: 1,000 loan applicants."""

from __future__ import annotations

import numpy as np

from fairviz.data.dataset import DomainDataset
from fairviz.data.published import UCI, Published, table_of
from fairviz.data.schema import Schema
from fairviz.data.sources import Compare, Source

COLUMNS = (
    "checking_account", "duration", "credit_history", "purpose", "amount", "savings", "employment_since",
    "instalment_rate", "personal_status", "other_debtors", "residence_since", "property", "age", "other_instalments",
    "housing", "existing_credits", "job", "dependants", "telephone", "foreign_worker", "credit",
)  # fmt: skip
SCHEMA = Schema(
    features=tuple(c for c in COLUMNS if c not in ("personal_status", "housing", "credit")),
    label="credit",
    favourable="good",
    sensitive="sex",
    domain="housing",
)
FILES = Published(
    "german_credit",
    {"german.data": "b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871"},
    f"{UCI}/144/statlog+german+credit+data.zip",
    "e12d9d5def6845c0622634a1cd2ab87fa470668c4298f1ec52a4e403376a435b",
)


def read(*, download: bool = False) -> DomainDataset:
    """German credit: 1,000 applicants, housing as domain, sex (from the personal status) as sensitive attribute."""
    frame = table_of(FILES, "german.data", download, sep=" ", names=list(COLUMNS))
    frame["sex"] = np.where(frame["personal_status"] == "A92", "women", "men")
    frame["housing"] = frame["housing"].map({"A151": "rent", "A152": "own", "A153": "for free"})
    frame["credit"] = frame["credit"].map({1: "good", 2: "bad"})
    return DomainDataset.from_frame("german_credit", frame[list(SCHEMA.columns)], SCHEMA)


SOURCE = Source(
    read=read,
    title="German credit",
    story="1,000 loan applicants, Germany, 1970s; who is a good risk? Small, and its coding of sex is disputed.",
    licence="CC BY 4.0",
    publisher="Hofmann (1994), UCI Machine Learning Repository, doi 10.24432/C5NC77",
    schema=SCHEMA,
    fingerprint="7d8f1ba47645f0069df08294e366503db35963a34eae0a5a307c60494554c20f",
    files=FILES,
    nouns={"domain": "kind of housing", "women": "women", "men": "men"},
    compare=Compare(n_iter=1000),
)
