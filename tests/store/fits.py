"""Small fits, and the files of a recorded sweep."""

import pandas as pd

OPTIONS = {"n": 400}
SMALL = {"hidden": 16, "depth": 1, "classifier_hidden": 8, "classifier_depth": 1, "batch_size": 64}
TINY = {"n_iter": 8, **SMALL}


def sweep(x):
    """The files of a recorded sweep."""
    return {"json_files": {"facts.json": {}}, "tables": {"trials.csv": pd.DataFrame({"x": [x]})}}
