"""Bank marketing: 41,188 calls of a Portuguese bank."""

from __future__ import annotations

import numpy as np

from fairviz.data.dataset import DomainDataset
from fairviz.data.published import UCI, Published, table_of
from fairviz.data.schema import Schema
from fairviz.data.sources import Source

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# duration is known only after the call; the five economic indices name the quarter, and with it the domain
SCHEMA = Schema(
    features=(
        "job", "marital", "education", "default", "housing", "loan", "contact", "month", "day_of_week", "campaign",
        "pdays", "previous", "poutcome",
    ),
    label="subscribed",
    favourable="yes",
    sensitive="age_group",
    domain="year",
)  # fmt: skip
FILES = Published(
    "bank_marketing",
    {"bank-additional-full.csv": "74adfc578bf77a7ff4bb1ba4a9f8709d9e3c6907342959c2c8416847e0afb4d8"},
    f"{UCI}/222/bank+marketing.zip",
    "e0bf5f5de5b846e2f18e9d90606637267d46dfa260e0f17bb12e605db5efbeb4",
)


def read(*, download: bool = False) -> DomainDataset:
    """Bank marketing (``bank-additional-full``): 41,188 calls, year as domain, age group as sensitive attribute.

    The rows are in order of time; the year turns where the month goes back. Age decides the group and is no feature.
    """
    frame = table_of(FILES, "bank-additional-full.csv", download, sep=";")
    month = frame["month"].map({name: k for k, name in enumerate(MONTHS)}).to_numpy()
    frame["year"] = (2008 + np.concatenate([[0], np.cumsum(np.diff(month) < 0)])).astype(str)
    frame["age_group"] = np.where(frame["age"].between(25, 59), "25 to 59", "under 25 or 60 and over")
    frame = frame.rename(columns={"y": "subscribed"})
    return DomainDataset.from_frame("bank_marketing", frame[list(SCHEMA.columns)], SCHEMA)


SOURCE = Source(
    read=read,
    title="Bank marketing (Portugal)",
    story="41,188 calls of a Portuguese bank, 2008 to 2010; who subscribes to a deposit?",
    licence="CC BY 4.0",
    publisher="Moro, Cortez and Rita (2014), UCI Machine Learning Repository, id 222",
    schema=SCHEMA,
    fingerprint="8f19955fdb4f2d1fc6596c22a7d46b1b3422519b911851fb645add9e3bb0c3b5",
    files=FILES,
    nouns={
        "domain": "year",
        "25 to 59": "people of 25 to 59",
        "under 25 or 60 and over": "other people",
    },
)
