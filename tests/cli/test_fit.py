"""``fairviz fit``: what is in the run, and what is refused."""

import errno
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairviz.data import load_dataset
from fairviz.store.fits import open_run
from fairviz.store.specs import FitSpec
from tests.cli.commands import ROLES, fill, ok, people, refused


def test_knobs_of_the_simulated_set_are_in_the_run(capsys, tmp_path):
    command = ["fit", "--dataset", "simulated", "--bias", 2, "--proxy", 0.5, "--target", "all", "--iterations", 1]
    ok(capsys, *command, "--meta", "none", "--seed", 3, "--out", tmp_path / "run")
    spec = open_run(tmp_path / "run")[0]
    dataset = load_dataset("simulated", bias=2.0, proxy=0.5)
    options = {"bias": 2.0, "proxy": 0.5, "shift": 1.0}
    assert spec == FitSpec.of(dataset, "all", options, n_iter=1, meta="none", random_state=3)


FIT = ["fit", "--dataset", "simulated", "--target", "East", "--out", "{tmp}/run"]
FIT_CSV = ["fit", "--csv", "{csv}", *ROLES, "--target", "West", "--iterations", "1", "--out", "{tmp}/run"]


def instead(argv, *change):
    """Later arguments win."""
    return [*argv, *change]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (instead(FIT, "--dataset", "adlut"), ["No data set 'adlut'", "'adult', 'simulated'"]),
        (instead(FIT, "--dataset", "adult"), ["not on this machine", "--download adult", "FAIRVIZ_DATA"]),
        (instead(FIT, "--target", "Mars"), ["no domain 'Mars'", "'East'"]),
        (instead(FIT, "--iterations", "0"), ["n_iter is 0", "1 to"]),
        (instead(FIT, "--iterations", "1e9"), ["n_iter is 1000000000"]),
        (instead(FIT, "--iterations", "nan"), ["--iterations", "nan"]),
        (instead(FIT, "--iterations", "many"), ["--iterations", "many"]),
        (instead(FIT, "--iterations", "2.5"), ["--iterations", "2.5"]),
        (instead(FIT, "--iterations", "1", "--seed", "-1"), ["random_state is -1"]),
        (instead(FIT, "--iterations", "1", "--seed", str(2**64)), ["random_state"]),
        (instead(FIT, "--meta", "wat"), ["--meta", "'wat'"]),
        (instead(FIT, "--bias", "9"), ["bias is 9", "0 to 4"]),
        (instead(FIT, "--shift", "nan"), ["shift is nan"]),
        (instead(FIT, "--dataset", "adult", "--bias", "1"), ["'adult'", "bias"]),
        (["fit", "--target", "East", "--out", "{tmp}/run"], ["--dataset NAME", "--csv FILE"]),
        (["fit", "--dataset", "simulated", "--out", "{tmp}/run"], ["--target"]),
        (["fit", "--csv", "{csv}", "--target", "West", "--out", "{tmp}/run"],
         ["--label, --favourable, --sensitive, --domain"]),
        (["fit", "--csv", "{csv}", *ROLES[:6], "--target", "West", "--out", "{tmp}/run"], ["--csv needs --domain too"]),
        (instead(FIT_CSV, "--csv", "{tmp}/none.csv"), ["none.csv: no such file"]),
        (instead(FIT_CSV, "--label", "shoe"), ["'shoe' is missing", "'paid'"]),
        (instead(FIT_CSV, "--features", "score,shoe"), ["'shoe' is missing"]),
        (instead(FIT_CSV, "--features", "score,sex"), ["'sex' has more than one role"]),
        (instead(FIT_CSV, "--favourable", "ja"), ["'ja' does not occur", "'yes'"]),
        (instead(FIT_CSV, "--target", "Mars"), ["no domain 'Mars'", "'North'"]),
        (instead(FIT_CSV, "--out", "{tmp}"), ["already exists"]),
        (instead(FIT_CSV, "--out", "{csv}"), ["already exists"]),
        (instead(FIT_CSV, "--out", "{csv}/run"), ["cannot be written"]),
        (["fitt"], ["fitt"]),
        ([], ["command"]),
    ],
    ids=lambda v: " ".join(v[-4:]) if v and v[0] == "fit" else "",
)  # fmt: skip
def test_fit_refuses(capsys, tmp_path, csv, argv, words):
    refused(capsys, tmp_path, fill(argv, tmp=tmp_path, csv=csv), *words)


def _break(column, value):
    def change(frame):
        frame[column] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_break("paid", "yes"), ["label 'paid' has 1 distinct", "both classes"]),
        (_break("sex", "f"), ["'sex' has 1 group"]),
        (_break("town", "West"), ["'town' has a single value"]),
        (_break("paid", ""), ["label 'paid' is missing in 360 of 360 rows", "row 1"]),
        (_break("score", np.inf), ["'score'", "infinite"]),
        (lambda frame: frame.drop(columns="sex", inplace=True), ["'sex' is missing"]),
        (lambda frame: frame.drop(index=range(360), inplace=True), ["no rows"]),
        (lambda frame: frame.loc[frame["town"] != "West", ["paid"]].pipe(
            lambda part: frame.__setitem__("paid", frame["paid"].where(~frame.index.isin(part.index), "no"))
        ), ["source rows have one class only"]),
    ],
    ids=["one class", "one group", "one domain", "blank labels", "infinite", "no column", "no rows", "one in source"],
)  # fmt: skip
def test_fit_refuses_a_table(capsys, tmp_path, change, words):
    frame = people()
    change(frame)
    frame.to_csv(tmp_path / "people.csv", index=False)
    refused(capsys, tmp_path, fill(FIT_CSV, tmp=tmp_path, csv=tmp_path / "people.csv"), *words)


def test_a_full_disk_leaves_no_run(capsys, tmp_path, csv, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    refused(capsys, tmp_path, fill(FIT_CSV, tmp=tmp_path, csv=csv), "run cannot be written: No space left on device")


def test_a_preset_is_its_hyper_parameters(capsys, tmp_path, csv):
    """And says how rows are drawn that go with it; what is given beside it goes before it."""
    argv = ["fit", "--csv", csv, *ROLES, "--target", "West", "--iterations", 3]
    out = ok(capsys, *argv, "--preset", "fairviz", "--out", tmp_path / "ours")
    spec, fit = open_run(tmp_path / "ours")
    assert (spec.params["meta"], spec.params["structural_zeros"], spec.params["n_iter"]) == ("none", True, 3)
    assert "--labels boosted" in out
    assert fit.zeros_ is not None
    out = ok(capsys, *argv, "--preset", "paper", "--out", tmp_path / "paper")
    spec, fit = open_run(tmp_path / "paper")
    assert (spec.params["meta"], spec.params["label_in_score"]) == ("second_order", False)
    assert "structural_zeros" not in spec.params
    assert fit.zeros_ is None
    assert "--control entropy" in out
    assert "--solver euler_maruyama" in out
    command = next(line for line in out.splitlines() if "fairviz sample" in line).split(": ", 1)[1]
    words = shlex.split(command.replace("PRICE", "2").replace("rows.csv", str(tmp_path / "rows.csv")))
    ok(capsys, *words[1:], "-n", 20, "--steps", 3)
    assert len(pd.read_csv(tmp_path / "rows.csv")) == 20
