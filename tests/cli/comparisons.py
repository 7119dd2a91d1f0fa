"""``fairviz frontier`` and ``table1`` with tiny settings, and their tables by plain arithmetic."""

import io
import json
from contextlib import redirect_stdout
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.experiments.plan import Plan
from fairviz.store import ResultStore

TINY = {"n": 300, "n_steps": 5, "n_iter": 15}
GROUPS, OUTCOMES = ("men", "women"), ("not hired", "hired")
QUICK = ["--dataset", "simulated", "--quick", "--jobs", "1"]


def publish(tmp_path_factory, command: str, methods: str) -> SimpleNamespace:
    """What a command prints, as text and then as JSON, and the entry it publishes."""
    root = tmp_path_factory.mktemp(command)
    texts = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRVIZ_CACHE", str(root / "cache"))
        patch.setenv("FAIRVIZ_PRETRAINED", str(root / "none"))
        patch.setattr(Plan, "about", property(lambda plan: dict(TINY)))
        for more in ([], ["--json"]):
            with redirect_stdout(io.StringIO()) as out:
                assert main([command, *QUICK, "--methods", methods, "--out", str(root / "out"), *more]) == 0
            texts.append(out.getvalue())
    store = ResultStore(root / "out", read_only=True)
    assert store.failures() == []
    (entry,) = store.entries(command)
    return SimpleNamespace(text=texts[0], json=json.loads(texts[1]), entry=entry, rows=entry.table("trials.csv"))


def told(rows: pd.DataFrame) -> pd.DataFrame:
    """Accuracy and R_DP of rows of counts, by plain arithmetic."""
    cell = {(k, y, p): rows[f"n_{k}_{y}_{p}"] for k in (0, 1) for y in (0, 1) for p in (0, 1)}
    people = sum(cell.values())
    right = sum(n for (_, y, p), n in cell.items() if y == p)
    rates = [
        (cell[k, 0, 1] + cell[k, 1, 1]) / sum(cell[k, y, p] for y in (0, 1) for p in (0, 1)) for k in (0, 1)
    ]  # fmt: skip
    top = np.maximum(*rates)
    return pd.DataFrame({"people": people, "accuracy": right / people, "R_DP": np.minimum(*rates) / top.where(top > 0)})


def of_row(row: pd.Series) -> list[str]:
    """The command that runs a row of a published table again."""
    return [
        "trial", "--dataset", "simulated", "--target", row["target"], "--method", row["method"],
        "--setting", row["setting"], "--classifier", row["classifier"], "--seed", row["seed"],
        "--without", row["without"], "-n", row["n"], "--steps", row["n_steps"], "--iterations", row["n_iter"],
    ]  # fmt: skip


def counts_of(answer: dict) -> dict[str, int]:
    return {
        f"n_{GROUPS.index(c['group'])}_{c['label']}_{c['predicted']}": c["n"] for c in answer["counts"]
    }  # fmt: skip
