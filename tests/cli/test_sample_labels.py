"""``fairviz sample --labels``: drawn anew, or soft with a column of weights."""

import json

import pandas as pd
import pytest

from fairviz.store.fits import open_run
from tests.cli.commands import ok


def test_boosted_labels_are_those_of_the_fit(capsys, tmp_path, run):
    ok(capsys, "sample", run, "-n", 300, "--labels", "boosted", "--lambda-z", 0.1, "--out", tmp_path / "a.csv")
    wanted = open_run(run)[1].sample(300, labels="boosted", lambda_z=0.1)
    assert (tmp_path / "a.csv").read_text() == wanted.to_csv(index=False)
    card = json.loads((tmp_path / "a.card.json").read_text())
    assert card["setting"]["labels"] == "boosted"
    assert "--labels boosted" in card["again"]


def test_soft_labels_are_weights_that_sum_to_one_row(capsys, tmp_path, run):
    ok(capsys, "sample", run, "-n", 250, "--labels", "soft", "--out", tmp_path / "a.csv")
    rows, fit = pd.read_csv(tmp_path / "a.csv"), open_run(run)[1]
    assert len(rows) == 500
    drawn = fit.sample(250)
    for part in (rows[:250], rows[250:]):
        assert part["experience"].tolist() == drawn["experience"].tolist()
        assert part[fit.schema_.label].nunique() == 1
    assert (rows["weight"][:250].to_numpy() + rows["weight"][250:].to_numpy()).tolist() == pytest.approx([1.0] * 250)
    yes = fit.answers(drawn[list(fit.schema_.features)], "boosted").p_y[:, 1]
    favourable = rows[fit.schema_.label].astype(str) == fit.schema_.favourable
    assert rows["weight"][favourable].tolist() == pytest.approx(yes.tolist())
    told = {column["name"]: column["role"] for column in json.loads((tmp_path / "a.card.json").read_text())["columns"]}
    assert told["weight"] == "weight"
    assert told["experience"] == "feature"


def test_soft_rows_are_those_of_the_solver(capsys, tmp_path, run):
    """Each twice; another solver draws others."""
    frames = {}
    for labels in ("soft", "network"):
        for solver in ("mixed_dpmpp_2m", "sde_dpmpp_2m"):
            out = tmp_path / f"{labels}_{solver}.csv"
            ok(capsys, "sample", run, "-n", 10, "--labels", labels, "--solver", solver, "--out", out)
            frames[labels, solver] = pd.read_csv(out)[["skill", "experience"]]
    for solver in ("mixed_dpmpp_2m", "sde_dpmpp_2m"):
        pd.testing.assert_frame_equal(frames["soft", solver][:10], frames["network", solver])
    assert not frames["soft", "mixed_dpmpp_2m"].equals(frames["soft", "sde_dpmpp_2m"])
