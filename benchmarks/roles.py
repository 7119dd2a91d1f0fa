"""Are roles proposed right? Public sets against the columns that published work uses: ``python -m benchmarks.roles``.

``roles.csv`` names them (any of several), and was written before the code that proposes. The words that it knows were
chosen with these sets in mind, so a set that nobody thought of will fare worse.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks.common import keep
from fairviz.data.opened import open_table
from fairviz.data.proposals import propose

HERE = Path(__file__).parent
FIRST = 3
ADULT = (
    "age,workclass,fnlwgt,education,education-num,marital-status,occupation,relationship,race,sex,capital-gain,"
    "capital-loss,hours-per-week,native-country,income"
)
GERMAN = (
    "status_of_checking_account,duration,credit_history,purpose,credit_amount,savings,employment_since,"
    "installment_rate,personal_status_and_sex,other_debtors,residence_since,property,age,other_installment_plans,"
    "housing,existing_credits,job,people_liable,telephone,foreign_worker,class"
)


def _names(folder: Path) -> str:
    """Names of the columns of communities.data, from its documentation."""
    lines = (folder / "communities.names").read_text(errors="replace").splitlines()
    return ",".join(line.split()[1] for line in lines if line.startswith("@attribute"))


def text_of(path: Path) -> bytes:
    """A file as somebody would hand it in: with a first line of names."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if path.name == "adult.data":
        return f"{ADULT}\n".encode() + data
    if path.name == "german.data":
        return f"{GERMAN}\n".encode() + b"\n".join(b",".join(line.split()) for line in data.splitlines())
    if path.name == "communities.data":
        return f"{_names(path.parent)}\n".encode() + data
    return data.replace(b",race,sex,LSAT", b"row,race,sex,LSAT", 1) if path.name == "law_data.csv" else data


def main() -> None:
    """Print and keep a row per set."""
    root, rows = Path(os.environ["FAIRVIZ_DATA"]), []
    wanted = pd.read_csv(HERE / "roles.csv")
    for line in wanted.to_dict("records"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table"
            path.write_bytes(text_of(root / line["file"]))
            begun = time.monotonic()
            opened = open_table(path, line["file"])
        read, begun = time.monotonic() - begun, time.monotonic()
        found = propose(opened.frame)
        seconds = time.monotonic() - begun
        row = {"file": line["file"], "rows": len(opened), "columns": opened.frame.shape[1]}
        for role, names in (("label", found.labels), ("group", found.groups), ("domain", found.domains)):
            good = set(line[role].split("|")) & set(names[:FIRST])
            row[role] = ", ".join(names[:FIRST])
            row[f"{role}_right"] = bool(good)
        rows.append({**row, "read_s": round(read, 2), "propose_s": round(seconds, 2)})
    table = pd.DataFrame(rows)
    keep("roles", rows)
    right = table[["label_right", "group_right", "domain_right"]]
    print(f"all three right: {int(right.all(axis=1).sum())} of {len(table)}; {right.mean().to_dict()}")


if __name__ == "__main__":
    main()
