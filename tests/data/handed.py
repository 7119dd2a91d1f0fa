"""Twelve people in a table that somebody hands in, with gaps; and roles of its columns."""

import numpy as np
import pandas as pd

from fairviz.data.roles import Division, Label, Roles

AGES = [24, 25, 44, 45, 64, 65, np.nan, 30, 18, 70, 25, 45]
PAID = ["yes", "no", "no", "yes", None, "no", "yes", "no", "no", "yes", None, "no"]
SEX = ["f", "m", "f", "m", "f", None, "f", "m", "f", "m", "f", "m"]
TOWN = ["X", "X", "Y", "Y", "X", "X", "Y", "Y", "X", "X", "Y", "Y"]
PEOPLE = pd.DataFrame(
    {
        "age": AGES,
        "job": pd.Series(["cook", "clerk", "smith"] * 4, dtype=object),
        "zip": [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, np.nan],
        "paid": pd.Series(PAID, dtype=object),
        "sex": pd.Series(SEX, dtype=object),
        "town": pd.Series(TOWN, dtype=object),
    }
)


def roles(label=None, group=None, domain=None, **others) -> Roles:
    """Paid by sex and town, unless other columns are named."""
    return Roles(label or Label("paid", ("yes",)), group or Division(("sex",)), domain or Division(("town",)), **others)


def text(dataset, column) -> list[str]:
    """A column of a data set, as text."""
    return dataset.frame[column].astype(str).tolist()


def write(path, content):
    """A file of text or bytes; its path."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
