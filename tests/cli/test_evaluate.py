"""``fairviz evaluate``: counts of the target, and what is refused."""

import json

import numpy as np
import pandas as pd
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


def test_a_weight_counts_like_so_many_rows(capsys, tmp_path, csv):
    """Weights 0, 1, 2 against the same rows left out, once and twice; a straight line does not mind which."""
    rows = people().drop(columns=["sex", "town"])
    times = np.arange(len(rows)) % 3
    rows.assign(weight=times).to_csv(tmp_path / "weighted.csv", index=False)
    rows.loc[rows.index.repeat(times)].to_csv(tmp_path / "repeated.csv", index=False)
    rows.to_csv(tmp_path / "plain.csv", index=False)
    argv = ["--csv", csv, *ROLES, "--target", "West", "--classifier", "logistic_regression", "--json"]
    found = {
        name: json.loads(ok(capsys, "evaluate", tmp_path / f"{name}.csv", *argv))["results"]["given rows"]["metrics"]
        for name in ("weighted", "repeated", "plain")
    }
    auc = {name: one["auc"]["value"] for name, one in found.items()}
    assert auc["weighted"] == pytest.approx(auc["repeated"], abs=2e-3)
    assert auc["plain"] != auc["weighted"]


@pytest.mark.parametrize(
    ("weight", "words"),
    [(-1, ["'weight', row 3", "0 or more"]), ("x", ["'weight', row 3", "'x'"]), ("", ["'weight', row 3"])],
)
def test_a_weight_is_a_number_of_zero_or_more(capsys, tmp_path, csv, weight, words):
    rows = people().drop(columns=["sex", "town"])
    rows["weight"] = pd.Series(1, rows.index, dtype=object).where(rows.index != 2, weight)
    rows.to_csv(tmp_path / "rows.csv", index=False)
    argv = ["evaluate", tmp_path / "rows.csv", "--csv", csv, *ROLES, "--target", "West"]
    refused(capsys, tmp_path, [*argv, "--classifier", "logistic_regression"], *words)


def test_fidelity_beside_other_real_rows(capsys, tmp_path, csv):
    """Rows whose score is turned around are found out; the real ones themselves are not."""
    rows = people().drop(columns=["sex", "town"])
    rows.to_csv(tmp_path / "same.csv", index=False)
    rows.assign(score=-3 * rows["score"]).to_csv(tmp_path / "turned.csv", index=False)
    argv = ["--csv", csv, *ROLES, "--target", "West", "--classifier", "logistic_regression", "--fidelity"]
    same, turned = (
        json.loads(ok(capsys, "evaluate", tmp_path / f"{name}.csv", *argv, "--json"))["fidelity"]
        for name in ("same", "turned")
    )
    assert turned["detection"]["given rows"] < same["detection"]["given rows"] - 0.2
    assert turned["shapes"]["given rows"] < same["shapes"]["given rows"]
    assert turned["detection"]["other real rows"] == same["detection"]["other real rows"]
    assert same["detection"]["best"] == 1
    text = ok(capsys, "evaluate", tmp_path / "same.csv", *argv)
    assert "other real rows" in text
    assert "Detection, boosting" in text


def test_fidelity_of_soft_rows_is_that_of_what_they_weigh(capsys, tmp_path, csv):
    """Every person twice, once with a label that weighs nothing: without weights half of the labels would be wrong."""
    rows = people().drop(columns=["sex", "town"])
    other = {one: next(o for o in rows["paid"].unique() if o != one) for one in rows["paid"].unique()}
    both = pd.concat([rows.assign(weight=1.0), rows.assign(weight=0.0, paid=rows["paid"].map(other))])
    argv = ["--csv", csv, *ROLES, "--target", "West", "--classifier", "logistic_regression", "--fidelity"]
    found = {}
    for name, frame in (("plain", rows), ("soft", both), ("unweighted", both.drop(columns="weight"))):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
        told = json.loads(ok(capsys, "evaluate", tmp_path / f"{name}.csv", *argv, "--json"))["fidelity"]
        found[name] = told["detection"]["given rows"]
    assert abs(found["soft"] - found["plain"]) < 0.1
    assert found["unweighted"] < found["plain"] - 0.15


def test_fidelity_needs_rows(capsys, tmp_path, csv):
    people(60).drop(columns=["sex", "town"]).to_csv(tmp_path / "rows.csv", index=False)
    argv = ["evaluate", tmp_path / "rows.csv", "--csv", csv, *ROLES, "--target", "West", "--fidelity"]
    refused(
        capsys, tmp_path, [*argv, "--classifier", "logistic_regression"], "--fidelity compares 100 rows", "60 given"
    )
