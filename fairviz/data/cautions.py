"""What a person should know of a table before anything is learned from it: copies, identifiers, proxies and more."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairviz.data import sentences
from fairviz.data.dataset import DomainDataset
from fairviz.data.proposals import IDENTIFIERS, words_of
from fairviz.data.schema import FEW_ROWS, MAX_CATEGORIES, MISSING
from fairviz.text import quoted

#: A feature that tells this share of the labels, where the more frequent one is at most so common.
TELLS, COMMON = 0.995, 0.97
#: Share of the most frequent value from which on a column says next to nothing.
CONSTANT = 0.995
#: Share of the group's entropy that a column must explain to be named as a proxy, and how many are named.
PROXY, MOST_PROXIES = 0.05, 5
BINS = 20
#: People of a value from which on it can say something of a group.
OFTEN = 20
PERSONAL = frozenset(
    (
        "name", "surname", "forename", "lastname", "firstname", "email", "mail", "phone", "telephone", "mobile",
        "ssn", "passport", "iban", "address", "street", "postcode", "birthdate", "birthday", "dob", "ip",
    )
)  # fmt: skip
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
# nine digits, for a day has eight; at most fifteen, as no number in the world has more
PHONE = re.compile(r"\+?(?=(?:[^0-9]*[0-9]){9,15}$)[0-9][0-9 ()/-]{7,}[0-9]")

COPY, IDENTIFIER, PERSONAL_DATA, NEARLY_CONSTANT, STAND_IN, TOO_MANY = (
    "copy of the label", "identifier", "personal data", "nearly constant", "proxy of the group", "too many categories"
)  # fmt: skip


@dataclass(frozen=True)
class Caution:
    """One remark on a column.

    Attributes
    ----------
    kind : str
    column : str
    text : str
        A sentence.
    leave_out : bool
        Whether it had better be left out.
    """

    kind: str
    column: str
    text: str
    leave_out: bool = True


def about_columns(frame: pd.DataFrame) -> list[Caution]:
    """Remarks that need no roles: identifiers, personal data, columns that say nothing, categories without end."""
    found: list[Caution] = []
    for name, values in frame.items():
        column, n = str(name), len(values)
        counts = values.value_counts(dropna=False)
        whole = pd.api.types.is_integer_dtype(values)
        text = not pd.api.types.is_numeric_dtype(values)
        if (why := _personal(column, values, text)) is not None:
            found.append(Caution(PERSONAL_DATA, column, f"{quoted(column)} looks like personal data ({why})."))
        elif values.notna().sum() >= FEW_ROWS and values.dropna().is_unique and (text or whole):
            told = sentences.differs(column, values.dropna().iloc[0])
            found.append(Caution(IDENTIFIER, column, told))
        elif words_of(column) & IDENTIFIERS and len(counts) > max(50, n // 5):
            found.append(
                Caution(IDENTIFIER, column, f"{quoted(column)} has {len(counts):,} values and is called an identifier.")
            )
        elif text and len(counts) > MAX_CATEGORIES:
            found.append(Caution(TOO_MANY, column, sentences.too_many(column, len(counts), MAX_CATEGORIES)))
        elif n >= FEW_ROWS and counts.iloc[0] >= CONSTANT * n:
            value = "empty" if pd.isna(counts.index[0]) else quoted(counts.index[0])
            found.append(
                Caution(
                    NEARLY_CONSTANT,
                    column,
                    f"{quoted(column)} is {value} in {counts.iloc[0]:,} of {n:,} rows.",
                    leave_out=bool(counts.iloc[0] == n),
                )
            )
    return found


def _personal(column: str, values: pd.Series, text: bool) -> str | None:
    """Why a column looks like personal data, if it does."""
    if text:
        sample = values.dropna().head(200).astype(str)
        for what, pattern in (("e-mail addresses", EMAIL), ("telephone numbers", PHONE)):
            if len(sample) and sample.map(lambda cell, p=pattern: bool(p.fullmatch(cell))).mean() > 0.5:
                return what
    named = words_of(column) & PERSONAL
    return f"its name holds {quoted(sorted(named)[0])}" if named and values.nunique() > 0.5 * len(values) else None


def about_roles(dataset: DomainDataset) -> list[Caution]:
    """Remarks on features beside the roles: what gives the label away, and what stands in for the group."""
    found = []
    proxies = []
    base = max(dataset.y.mean(), 1 - dataset.y.mean())
    label = quoted(dataset.schema.label)
    for name in dataset.schema.features:
        codes = coded(dataset.frame[name])
        told = _told(codes, dataset.y)
        if told >= TELLS and base <= COMMON:
            found.append(
                Caution(COPY, name, f"{quoted(name)} alone tells {label} for {100 * told:.1f} % of the people.")
            )
        share = explained(_common(codes), dataset.z)
        if share >= PROXY:
            proxies.append((share, name))
    for share, name in sorted(proxies, reverse=True)[:MOST_PROXIES]:
        text = (
            f"{quoted(name)} tells much of {quoted(dataset.schema.sensitive)} ({100 * share:.0f} % of its information)."
        )
        found.append(Caution(STAND_IN, name, text, leave_out=False))
    return found


def coded(values: pd.Series) -> np.ndarray:
    """Codes (n,) of categories, of numbers cut into twenty bins of equal size; missing is a code of its own."""
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > BINS:
        return np.asarray(pd.qcut(values, BINS, labels=False, duplicates="drop").fillna(-1).to_numpy(np.int64) + 1)
    text = values.astype(object).where(values.notna(), MISSING)
    return np.asarray(pd.factorize(text)[0])


def _table(codes: np.ndarray, z: np.ndarray) -> np.ndarray:
    table = np.zeros((int(codes.max()) + 1, int(z.max()) + 1))
    np.add.at(table, (codes, z), 1)
    return table


def _told(codes: np.ndarray, y: np.ndarray) -> float:
    """Share of labels told by the more frequent one of every value; a value of one person tells nothing."""
    table = _table(codes, y)
    often = table.sum(1) > 1
    return float(table[often].max(1).sum() / table.sum())


def _common(codes: np.ndarray) -> np.ndarray:
    """Codes with those of few people as one: a rare value seems to tell whatever its few people are."""
    often = np.bincount(codes) >= OFTEN
    return np.asarray(np.where(often[codes], codes, codes.max() + 1))


def explained(codes: np.ndarray, z: np.ndarray) -> float:
    """Share of the entropy of z (n,) that codes (n,) take away, 0 to 1, less what chance would (Miller and Madow)."""
    table = _table(codes, z)
    n, p = table.sum(), table / table.sum()
    rows, columns = p.sum(1), p.sum(0)
    inside = p > 0
    information = float((p[inside] * np.log(p[inside] / np.outer(rows, columns)[inside])).sum())
    chance = (inside.sum() - (rows > 0).sum() - (columns > 0).sum() + 1) / (2 * n)
    entropy = float(-(columns[columns > 0] * np.log(columns[columns > 0])).sum())
    return max(0.0, (information - chance) / entropy) if entropy > 0 else 0.0
