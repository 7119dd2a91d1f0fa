"""``fairviz evaluate``: counts of the target, and what is refused."""

import json

import numpy as np
import pytest

from tests.cli.commands import ROLES, fill, ok, people, refused


def test_simulated_evaluate(capsys, tmp_path, run):
    ok(capsys, "sample", run, "-n", 400, "--out", tmp_path / "a.csv")
    evaluate = ["evaluate", tmp_path / "a.csv", "--dataset", "simulated", "--target", "East"]
    report = json.loads(ok(capsys, *evaluate, "--classifier", "logistic_regression", "--json"))
    assert report["n"] == 400
    for result in report["results"].values():
        assert sum(cell["n"] for cell in result["counts"]) == 5000
        low, value, high = (result["metrics"]["accuracy"][k] for k in ("low", "value", "high"))
        assert 0 <= low <= value <= high <= 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--classifier", "wat"], ["No classifier 'wat'", "'gradient_boosting'"]),
        (["--target", "Mars"], ["no domain 'Mars'"]),
        (["--target", "all"], ["no domain 'all'"]),
        (["--label", "shoe"], ["'shoe' is missing"]),
        (["--seed", "-1"], ["seed"]),
        (["--seed", str(2**33)], ["seed"]),
        (["--csv", "{tmp}/none.csv"], ["none.csv: no such file"]),
    ],
    ids=" ".join,
)
def test_evaluate_refuses(capsys, tmp_path, csv, change, words):
    people().drop(columns=["sex", "town"]).to_csv(tmp_path / "rows.csv", index=False)
    argv = ["evaluate", "{tmp}/rows.csv", "--csv", "{csv}", *ROLES, "--target", "West"]
    argv += ["--classifier", "logistic_regression", *change]
    refused(capsys, tmp_path, fill(argv, tmp=tmp_path, csv=csv), *words)


def test_evaluate_takes_a_target_with_blanks_around_it(capsys, tmp_path, csv):
    """As the cells of a file are read: without them."""
    people().drop(columns=["sex", "town"]).to_csv(tmp_path / "rows.csv", index=False)
    argv = ["evaluate", tmp_path / "rows.csv", "--csv", csv, *ROLES, "--classifier", "logistic_regression", "--json"]
    plain, blank = (json.loads(ok(capsys, *argv, "--target", target)) for target in ("West", " West "))
    assert plain["results"] == blank["results"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="job"), ["rows.csv: column 'job' is missing"]),
        (lambda f: f.assign(shoe=1), ["'shoe' is not in the schema"]),
        (lambda f: f.assign(paid="yes"), ["one class only"]),
        (lambda f: f.assign(paid=f["paid"].where(f.index != 4, "")), ["label 'paid', row 5"]),
        (lambda f: f.assign(score=f["score"].astype(object).where(f.index != 4, "high")), ["row 5", "'high'"]),
        (lambda f: f.assign(score=f["score"].where(f.index != 4, np.inf)), ["'score'", "row 5"]),
        (lambda f: f.iloc[:0], ["no rows"]),
    ],
    ids=["missing column", "extra column", "one class", "blank label", "text", "infinite", "no rows"],
)
def test_evaluate_refuses_rows(capsys, tmp_path, csv, change, words):
    change(people()).to_csv(tmp_path / "rows.csv", index=False)
    argv = ["evaluate", tmp_path / "rows.csv", "--csv", csv, *ROLES, "--target", "West"]
    refused(capsys, tmp_path, [*argv, "--classifier", "logistic_regression"], *words)
