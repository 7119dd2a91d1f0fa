"""Published tables of made-up counts."""

import json

import pandas as pd

from fairviz.store import write_entry
from tests.experiments.by_hand import GROUPS, NAMES, dials


def published(path, kind, rows, made, dataset="adult", classifier="gradient_boosting", names=NAMES, **facts):
    spec = {
        "dataset": {"name": dataset, "options": {}, "fingerprint": "0"}, "targets": ["Black", "Other"],
        "dials": list(names), "classifiers": [classifier], "seeds": [0, 1], "quick": False, "trials": "0",
    }  # fmt: skip
    known = {"groups": list(GROUPS), "labels": ["<=50K", ">50K"], "dials": dials(*names), **facts}
    table = pd.DataFrame(rows).sort_values(["method", "setting", "target", "seed"])
    tables = {"trials.csv": table, **({"inner.csv": table} if kind == "table1" else {})}
    return write_entry(path, kind, spec, json_files={"facts.json": known}, tables=tables, made=made)


TABLE_NAMES = ("gan", "fadm_dp", "unmitigated", "constant")


def at(rows: list[dict], setting: dict) -> list[dict]:
    """Rows at the setting of their target."""
    return [r for r in rows if json.loads(r["setting"]) == setting[r["target"]]]


def area(fair: float, accuracy: float) -> float:
    """Above a coin toss: the unmitigated model, then down to reweighing at 0.7675 and 0.65."""
    return (accuracy - 0.5) * fair + (accuracy - 0.5 + 0.2675) / 2 * (0.65 - fair)
