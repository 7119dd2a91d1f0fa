"""ACS income: 324,916 working adults of 14 US states."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.data.published import Published, table_of
from fairviz.data.schema import Schema
from fairviz.data.sources import Compare, Source

#: First 2018 Census occupation code of each major group, as the survey's own three-letter prefixes name them.
OCCUPATION_GROUPS = {
    10: "MGR", 500: "BUS", 800: "FIN", 1005: "CMM", 1305: "ENG", 1600: "SCI", 2001: "CMS", 2100: "LGL", 2205: "EDU",
    2600: "ENT", 3000: "MED", 3601: "HLS", 3700: "PRT", 4000: "EAT", 4200: "CLN", 4330: "PRS", 4700: "SAL",
    5000: "OFF", 6005: "FFF", 6200: "CON", 6800: "EXT", 7000: "RPR", 7700: "PRD", 9005: "TRN", 9800: "MIL",
}  # fmt: skip
#: First place-of-birth code of each region of the survey.
BIRTHPLACE_REGIONS = {
    1: "United States", 60: "US islands", 100: "Europe", 200: "Asia", 300: "Americas", 400: "Africa",
    500: "Oceania or at sea",
}  # fmt: skip


def _coded(codes: pd.Series, names: dict[int, str]) -> np.ndarray:
    """Names of the ranges that codes fall into."""
    starts = np.array(list(names))
    index = np.searchsorted(starts, codes.to_numpy(float), side="right") - 1
    return np.asarray(np.array(list(names.values()))[index.clip(0)])


SCHEMA = Schema(
    features=("age", "class_of_worker", "schooling", "married", "occupation", "birthplace", "relationship",
              "hours_per_week", "race"),
    label="income",
    favourable=">50K",
    sensitive="sex",
    domain="state",
    categorical=("class_of_worker", "relationship", "race"),
)  # fmt: skip
FILES = Published(
    "acsincome",
    {"acsincome_2018_14states.csv": "2ca61a0766d37461f151574d79f6ed39d3a05131e23f2f85cb344ce3c849d947"},
)


def read(*, download: bool = False) -> DomainDataset:
    """ACSIncome, 14 states of 2018: 324,916 people, state as domain, sex as sensitive attribute.

    Occupations (500 codes) are read as the survey's 25 major groups, places of birth (200 codes) as seven regions.
    """
    raw = table_of(FILES, "acsincome_2018_14states.csv", download)
    frame = pd.DataFrame(
        {
            "age": raw["AGEP"].astype(int),
            "class_of_worker": raw["COW"].astype(int),
            "schooling": raw["SCHL"].astype(int),
            "married": np.where(raw["MAR"] == 1, "yes", "no"),
            "occupation": _coded(raw["OCCP"], OCCUPATION_GROUPS),
            "birthplace": _coded(raw["POBP"], BIRTHPLACE_REGIONS),
            "relationship": raw["RELP"].astype(int),
            "hours_per_week": raw["WKHP"].astype(int),
            "race": raw["RAC1P"].astype(int),
            "income": np.where(raw["PINCP"].astype(str) == "True", ">50K", "<=50K"),
            "sex": np.where(raw["SEX"] == 1, "men", "women"),
            "state": raw["ST"],
        }
    )
    return DomainDataset.from_frame("acsincome", frame, SCHEMA)


SOURCE = Source(
    read=read,
    title="ACS income (US census 2018)",
    story="324,916 working adults of 14 US states in 2018; who earns more than 50,000 dollars?",
    licence="US Census Bureau, terms of use of the public use microdata",
    publisher="US Census Bureau, American Community Survey 2018; task of Ding et al. (2021), Retiring Adult",
    schema=SCHEMA,
    fingerprint="ec02b4d2d6d81f6589e8c19a97e7adca333f6cc68c9998133cfd8a2ce69f7776",
    files=FILES,
    nouns={"domain": "state", "women": "women", "men": "men"},
    compare=Compare(held_out=("HI", "NC", "NJ", "SD", "UT")),  # the largest, the smallest and three between
)
