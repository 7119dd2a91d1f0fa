"""A CSV file of one's own, from ``fit`` to ``evaluate`` and ``sweep``."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.store import MANIFEST
from fairviz.store.fits import open_run
from tests.cli.commands import ROLES, fit, ok, people
from tests.people import GOOD, HEADER, rows, with_column, written


def test_a_csv_file_from_fit_to_evaluate(capsys, tmp_path, csv):
    run, rows = tmp_path / "run", tmp_path / "rows.csv"
    data = ["--csv", csv, *ROLES]
    made = json.loads(
        ok(capsys, "fit", *data, "--target", "West", "--iterations", 5, "--meta", "none", "--out", run, "--json")
    )
    assert made["out"] == str(run)
    assert json.loads((run / MANIFEST).read_text())["key"] == made["key"]
    ok(capsys, "sample", run, "-n", 250, "--out", rows)
    frame, real = pd.read_csv(rows, keep_default_na=False), people()
    assert list(frame) == ["age", "score", "job", "paid"]
    assert len(frame) == 250
    assert set(frame["job"]) <= set(real["job"])
    assert set(frame["paid"]) == {"yes", "no"}
    np.testing.assert_allclose(frame["score"], np.round(frame["score"], 2))
    ages = pd.to_numeric(frame["age"]).dropna()
    assert (ages % 1 == 0).all()
    assert ages.between(18, 79).all()

    evaluate = ["evaluate", rows, *data, "--target", "West", "--classifier", "logistic_regression"]
    report = json.loads(ok(capsys, *evaluate, "--json"))
    west = real[real["town"] == "West"]
    assert (report["n"], report["target"], report["favourable"]) == (250, "West", "yes")
    wanted = west.groupby(["sex", "paid"]).size()
    for result in report["results"].values():
        counts = pd.DataFrame(result["counts"])
        assert counts["n"].sum() == result["n"] == len(west)
        for (sex, paid), n in wanted.items():
            chosen = (counts["group"] == sex) & (counts["label"] == (paid == "yes"))
            assert counts["n"][chosen].sum() == n
        right = counts["n"][counts["label"] == counts["predicted"]].sum()
        assert result["metrics"]["accuracy"]["value"] == pytest.approx(right / len(west))
    source = real[real["town"] != "West"]
    answer = source["paid"].mode()[0]
    constant = report["results"]["constant predictor"]["metrics"]["accuracy"]["value"]
    assert constant == pytest.approx((west["paid"] == answer).mean())
    assert "constant predictor" in ok(capsys, *evaluate)

    table = tmp_path / "sweep.csv"
    settings = ["--lambdas", "0", "--seeds", 1, "--classifiers", "logistic_regression", "-n", 250, "--out", table]
    ok(capsys, "sweep", run, *data, *settings)
    swept = pd.read_csv(table).set_index("method")
    counted = pd.DataFrame(report["results"]["given rows"]["counts"])
    for k, sex in enumerate(sorted(real["sex"].unique())):
        cell = counted[(counted["group"] == sex) & (counted["label"] == 1) & (counted["predicted"] == 1)]
        assert swept.loc["fadm", f"n_{k}_1_1"] == cell["n"].item()  # the same rows by another way


def test_workers_sweep_a_csv_file_and_leave_no_rows_of_it(capsys, tmp_path, cache):
    """They read the rows from the store meanwhile; a file called as a built-in set is none."""
    csv = tmp_path / "simulated.csv"
    people().to_csv(csv, index=False)
    data = ["--csv", csv, *ROLES]
    ok(capsys, "fit", *data, "--target", "West", "--iterations", 2, "--meta", "none", "--out", tmp_path / "run")
    sweep = ["sweep", tmp_path / "run", *data, "--lambdas", "0,0.1", "--seeds", 1, "-n", 200]
    sweep += ["--classifiers", "logistic_regression"]
    here = ok(capsys, *sweep)
    assert len(here.splitlines()) == 5
    shutil.rmtree(cache / "store")
    assert ok(capsys, *sweep, "--jobs", 2) == here
    store = cache / "store"
    assert {p.relative_to(store).parts[0] for p in store.rglob("*") if p.is_file()} == {"trials"}


def test_whole_numbers_beside_empty_cells_are_written_whole(capsys, tmp_path, csv):
    """The file says 39, so the sample must not say 39.0."""
    command = ["fit", "--csv", csv, *ROLES, "--target", "West", "--iterations", 1, "--meta", "none"]
    ok(capsys, *command, "--out", tmp_path / "run")
    ok(capsys, "sample", tmp_path / "run", "-n", 300, "--out", tmp_path / "rows.csv")
    ages = pd.read_csv(tmp_path / "rows.csv", dtype=str, keep_default_na=False)["age"]
    assert ages.str.fullmatch(r"\d*").all()


def test_features_named_leave_the_other_columns_out(capsys, tmp_path, csv):
    command = ["fit", "--csv", csv, *ROLES, "--features", "score,job", "--target", "all", "--iterations", 1]
    ok(capsys, *command, "--meta", "none", "--out", tmp_path / "run")
    spec, fit = open_run(tmp_path / "run")
    assert spec.target == "all"
    assert list(fit.sample(5)) == ["score", "job", "paid"]


def test_a_feature_in_quotes_may_hold_a_comma(capsys, folder):
    (folder / "bad.csv").write_bytes(written([["age, years", *HEADER[1:]], *rows()[1:]]))
    argv = fit("bad.csv", "--meta", "none", "--features", '"age, years",job')
    assert main(argv) == 0, capsys.readouterr().err


def test_a_column_left_out_may_hold_anything(capsys, folder):
    table = with_column("id", lambda i: f"person {i}")
    table = [[*row, "what" if k == 0 else "1,000" if k == 5 else str(k)] for k, row in enumerate(table)]
    (folder / "bad.csv").write_bytes(written(table))
    assert main(fit("bad.csv", "--meta", "none", "--features", "age,score,job")) == 0, capsys.readouterr().err


def test_what_was_changed_in_reading_is_said(capsys, folder):
    (folder / "bad.csv").write_bytes(GOOD.replace(b",", b";").replace(b"cook", b"co\x1bok", 1))
    assert main(fit("bad.csv", "--meta", "none")) == 0
    err = capsys.readouterr().err
    assert "Note: bad.csv: the columns are separated by semicolons." in err
    assert "Note: bad.csv: 1 control character(s) were removed." in err
