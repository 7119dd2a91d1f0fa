"""Six people."""

import pandas as pd

from fairviz.data import Schema

SCHEMA = Schema(("age", "job"), "paid", "yes", "sex", "town")
HAND = pd.DataFrame(
    {
        "age": [30, 41, 25, 60, 33, 52],
        "job": ["cook", "clerk", "cook", None, "smith", "clerk"],
        "paid": ["yes", "no", "no", "yes", "no", "yes"],
        "sex": ["m", "f", "f", "m", "f", "m"],
        "town": ["Y", "X", "Y", "X", "Y", "X"],
    }
)
