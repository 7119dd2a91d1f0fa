"""Readers of the public data sets: from the published file to a table with roles."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd

from fairviz.data import published
from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import Schema

ADULT_COLUMNS = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
)  # fmt: skip
# fnlwgt is a survey weight and education repeats education-num
ADULT_SCHEMA = Schema(
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
# duration is known only after the call; the five economic indices name the quarter, and with it the domain
BANK_SCHEMA = Schema(
    features=(
        "job", "marital", "education", "default", "housing", "loan", "contact", "month", "day_of_week", "campaign",
        "pdays", "previous", "poutcome",
    ),
    label="subscribed",
    favourable="yes",
    sensitive="age_group",
    domain="year",
)  # fmt: skip
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
GERMAN_COLUMNS = (
    "checking_account", "duration", "credit_history", "purpose", "amount", "savings", "employment_since",
    "instalment_rate", "personal_status", "other_debtors", "residence_since", "property", "age", "other_instalments",
    "housing", "existing_credits", "job", "dependants", "telephone", "foreign_worker", "credit",
)  # fmt: skip
GERMAN_SCHEMA = Schema(
    features=tuple(c for c in GERMAN_COLUMNS if c not in ("personal_status", "housing", "credit")),
    label="credit",
    favourable="good",
    sensitive="sex",
    domain="housing",
)
# grades from within law school (decile1b, decile3, zgpa, zfygpa) come after admission and are left out
LAW_SCHEMA = Schema(
    features=("lsat", "ugpa", "fulltime", "fam_inc", "male"),
    label="bar_exam",
    favourable="passed",
    sensitive="race",
    domain="tier",
    categorical=("fulltime", "male"),
)
ACS_SCHEMA = Schema(
    features=("age", "class_of_worker", "schooling", "married", "occupation", "birthplace", "relationship",
              "hours_per_week", "race"),
    label="income",
    favourable=">50K",
    sensitive="sex",
    domain="state",
    categorical=("class_of_worker", "relationship", "race"),
)  # fmt: skip
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


def _table(source: published.Published, name: str, download: bool, **how: object) -> pd.DataFrame:
    data = source.read(name, download=download)
    return pd.read_csv(io.BytesIO(data), keep_default_na=False, **how)  # type: ignore[call-overload]


def _coded(codes: pd.Series, names: dict[int, str]) -> np.ndarray:
    """Names of the ranges that codes fall into."""
    starts = np.array(list(names))
    index = np.searchsorted(starts, codes.to_numpy(float), side="right") - 1
    return np.array(list(names.values()))[index.clip(0)]


def read_adult(parts: tuple[str, ...] = ("adult.data", "adult.test"), *, download: bool = False) -> DomainDataset:
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
            _table(
                published.ADULT, name, download,
                names=list(ADULT_COLUMNS), skipinitialspace=True, skiprows=1 if name == "adult.test" else 0,
            )
            for name in parts
        ],
        ignore_index=True,
    )  # fmt: skip
    frame["income"] = frame["income"].str.rstrip(".")
    return DomainDataset.from_frame("adult", frame[list(ADULT_SCHEMA.columns)], ADULT_SCHEMA)


def read_bank_marketing(*, download: bool = False) -> DomainDataset:
    """Bank marketing (``bank-additional-full``): 41,188 calls, year as domain, age group as sensitive attribute.

    The rows are in order of time; the year turns where the month goes back. Age decides the group and is no feature.
    """
    frame = _table(published.BANK, "bank-additional-full.csv", download, sep=";")
    month = frame["month"].map({name: k for k, name in enumerate(MONTHS)}).to_numpy()
    frame["year"] = (2008 + np.concatenate([[0], np.cumsum(np.diff(month) < 0)])).astype(str)
    frame["age_group"] = np.where(frame["age"].between(25, 59), "25 to 59", "under 25 or 60 and over")
    frame = frame.rename(columns={"y": "subscribed"})
    return DomainDataset.from_frame("bank_marketing", frame[list(BANK_SCHEMA.columns)], BANK_SCHEMA)


def read_german_credit(*, download: bool = False) -> DomainDataset:
    """German credit: 1,000 applicants, housing as domain, sex (from the personal status) as sensitive attribute."""
    frame = _table(published.GERMAN, "german.data", download, sep=" ", names=list(GERMAN_COLUMNS))
    frame["sex"] = np.where(frame["personal_status"] == "A92", "women", "men")
    frame["housing"] = frame["housing"].map({"A151": "rent", "A152": "own", "A153": "for free"})
    frame["credit"] = frame["credit"].map({1: "good", 2: "bad"})
    return DomainDataset.from_frame("german_credit", frame[list(GERMAN_SCHEMA.columns)], GERMAN_SCHEMA)


def read_law_school(*, download: bool = False) -> DomainDataset:
    """Law school (``law_school_clean``): 20,798 students, tier of the school as domain, race as sensitive attribute."""
    frame = _table(published.LAW, "law_school_clean.csv", download)
    frame["tier"] = "tier " + frame["tier"].astype(int).astype(str)
    frame["bar_exam"] = np.where(frame["pass_bar"] == 1, "passed", "not passed")
    for name in ("fulltime", "male"):
        frame[name] = frame[name].astype(int)
    return DomainDataset.from_frame("law_school", frame[list(LAW_SCHEMA.columns)], LAW_SCHEMA)


def read_acsincome(*, download: bool = False) -> DomainDataset:
    """ACSIncome, 14 states of 2018: 324,916 people, state as domain, sex as sensitive attribute.

    Occupations (500 codes) are read as the survey's 25 major groups, places of birth (200 codes) as seven regions.
    """
    raw = _table(published.ACS_INCOME, "acsincome_2018_14states.csv", download)
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
    return DomainDataset.from_frame("acsincome", frame, ACS_SCHEMA)
