"""Adult: 48,842 people of the 1994 US census."""

from __future__ import annotations

import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.data.published import UCI, Published, table_of
from fairviz.data.schema import Schema
from fairviz.data.sources import Compare, Source

COLUMNS = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
)  # fmt: skip
# fnlwgt is a survey weight and education repeats education-num
SCHEMA = Schema(
    features=(
        "age",
        "workclass",
        "education-num",
        "marital-status",
        "occupation",
        "relationship",
        "capital-gain",
        "capital-loss",
        "hours-per-week",
        "native-country",
    ),
    label="income",
    favourable=">50K",
    sensitive="sex",
    domain="race",
)
FILES = Published(
    "adult",
    {
        "adult.data": "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
        "adult.test": "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
    },
    f"{UCI}/2/adult.zip",
    "7537312dd56c2b98035880805ce99e68183a30ee468aa5329d6df0fbb3cc21bb",
)


def read(parts: tuple[str, ...] = ("adult.data", "adult.test"), *, download: bool = False) -> DomainDataset:
    """Adult: 48,842 rows, race as domain, sex as sensitive attribute, ``>50K`` favourable.

    Parameters
    ----------
    parts : tuple of str
        Which of the two files; both by default, one for an in-distribution split.
    download : bool
        Fetch the files if they are not on this machine.

    Raises
    ------
    MissingDataError
        Not here and not to be downloaded, or a file with other bytes than published. The same for every reader here.
    """
    frame = pd.concat(
        [
            table_of(
                FILES, name, download,
                names=list(COLUMNS), skipinitialspace=True, skiprows=1 if name == "adult.test" else 0,
            )
            for name in parts
        ],
        ignore_index=True,
    )  # fmt: skip
    frame["income"] = frame["income"].str.rstrip(".")
    return DomainDataset.from_frame("adult", frame[list(SCHEMA.columns)], SCHEMA)


SOURCE = Source(
    read=read,
    title="Adult (US census 1994)",
    story="48,842 adults of the 1994 US census; who earns more than 50,000 dollars? A demonstration set.",
    licence="CC BY 4.0",
    publisher="Becker and Kohavi (1996), UCI Machine Learning Repository, doi 10.24432/C5XW20",
    schema=SCHEMA,
    fingerprint="0c628692ea4fcec4e82196e974f2a304404b3ba51e6e784a0d609323ea134364",
    files=FILES,
    nouns={"domain": "race", "Female": "women", "Male": "men"},
    compare=Compare(level="full", n=20_000, n_steps=20),
)
