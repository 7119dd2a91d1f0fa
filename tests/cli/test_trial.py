"""``fairviz trial``: stored once, told as it is stored, and what is refused."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from fairviz.data import load_dataset
from fairviz.evaluation.protocol import trained
from fairviz.store.library import Library
from tests.cli.commands import ok, refused
from tests.cli.comparisons import counts_of

TRIAL = ["trial", "--dataset", "simulated", "--target", "East", "-n", "300", "--iterations", "1", "--steps", "2"]


def test_a_trial_is_stored_unless_fresh(capsys, cache) -> None:
    command = [*TRIAL, "--method", "reweighing", "--setting", '{"share": 0.5}', "--classifier", "logistic_regression"]
    stored = cache / "store" / "trials"
    first = ok(capsys, *command, "--fresh")
    assert not stored.exists()
    second, third = ok(capsys, *command), ok(capsys, *command)
    assert len(list(stored.glob("*"))) == 1
    assert ok(capsys, *command, "--fresh") == first == second == third
    assert len(list(stored.glob("*"))) == 1
    answer = json.loads(first)
    row = Library().trials.get([answer["trial"]["key"]])[answer["trial"]["key"]]
    assert row.about == {name: value for name, value in answer["trial"].items() if name != "key"}
    wanted = counts_of(answer)
    assert {f"n_{k}_{y}_{p}": row.table[k, y, p] for k in (0, 1) for y in (0, 1) for p in (0, 1)} == wanted


def test_a_setting_is_told_as_it_is_stored(capsys) -> None:
    """Two ways to write one setting are one trial."""
    command = [*TRIAL, "--method", "tilted", "--classifier", "logistic_regression", "--setting"]
    settings = ['{"lambda_z": 0.2}', '{"lambda_eop": 0, "lambda_z": 0.2, "control": "dp"}']
    told = [json.loads(ok(capsys, *command, setting))["trial"] for setting in settings]
    assert told[0] == told[1]
    assert told[0]["setting"] == '{"control": "dp", "lambda_z": 0.2}'


def test_a_method_with_its_own_model_says_which(capsys) -> None:
    setting = '{"constraint": "dp", "weight": 0.1}'
    answer = json.loads(ok(capsys, *TRIAL, "--method", "fairret", "--setting", setting))
    assert answer["trial"]["classifier"] == "mlp"


def test_whom_a_trial_s_model_serves_worst(capsys) -> None:
    """The same people as in the counts; the shares of a subgroup by hand, with a model of scikit-learn's."""
    command = [*TRIAL[:5], "-n", "50000", "--method", "unmitigated", "--classifier", "logistic_regression"]
    answer = json.loads(ok(capsys, *command, "--subgroups", "2"))
    assert set(answer["subgroups"]) == {"wrong", "missed", "promised"}
    source, target = load_dataset("simulated").leave_out("East")
    model = trained(source.frame, target, "logistic_regression")
    missed = (model.predict(target.features) == 0) & (target.y == 1)
    assert missed.sum() == sum(counts_of(answer)[f"n_{k}_1_0"] for k in (0, 1))
    worst = answer["subgroups"]["missed"][0]
    there = target.y == 1
    for condition in worst["conditions"]:
        there &= in_words(target.frame[condition["attribute"]], condition["value"], target.y == 1)
    assert (worst["people"], worst["errors"]) == (there.sum(), (there & missed).sum())
    assert worst["rate"] > worst["others"]
    assert "subgroups" not in json.loads(ok(capsys, *command))


def in_words(column: pd.Series, value: str, asked: np.ndarray) -> np.ndarray:
    """Whose value a condition means; numbers are cut at the quartiles of those who are asked about."""
    if not pd.api.types.is_numeric_dtype(column):
        return (column.astype(str) == value).to_numpy()
    ends = [column[asked].quantile(q) for q in (0.25, 0.5, 0.75)]
    cut = np.digitize(column, ends, right=True)
    middle = [f"above {round(a, 3):g}, at most {round(b, 3):g}" for a, b in itertools.pairwise(ends)]
    names = [f"at most {round(ends[0], 3):g}", *middle, f"above {round(ends[2], 3):g}"]
    return cut == names.index(value)


# bad input


REWEIGHING, FADM = ["--method", "reweighing"], ["--method", "fadm"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--method", "wat"], ["No method 'wat'", "'fadm'"]),
        (["--method", "fadm_dp"], ["No method 'fadm_dp'"]),  # a dial, of the method fadm
        ([], ["--method"]),
        ([*REWEIGHING, "--target", "Mars"], ["no domain 'Mars'", "'East'"]),
        ([*FADM, "--target", "Mars"], ["no domain 'Mars'"]),
        ([*REWEIGHING, "--target", "all"], ["no domain 'all'"]),
        ([*FADM, "--target", "all"], ["no domain 'all'"]),
        ([*REWEIGHING, "--without", "Mars"], ["no domain 'Mars'"]),
        ([*REWEIGHING, "--without", "East"], ["no domain 'East'"]),
        ([*REWEIGHING, "--dataset", "wat"], ["No data set 'wat'", "'simulated'"]),
        ([*REWEIGHING, "--dataset", "adult"], ["not on this machine", "FAIRVIZ_DATA"]),
        ([*REWEIGHING, "--classifier", "wat"], ["No classifier 'wat'", "'mlp'"]),
        ([*REWEIGHING, "--setting", "{share: 1}"], ["--setting is '{share: 1}'", "JSON"]),
        ([*REWEIGHING, "--setting", ""], ["--setting is ''", "JSON"]),
        ([*REWEIGHING, "--setting", "[1]"], ["--setting is '[1]'"]),
        ([*REWEIGHING, "--setting", "0.2"], ["--setting is '0.2'"]),
        ([*REWEIGHING, "--setting", '{"shre": 1}'], ["reweighing has no setting 'shre'"]),
        (["--method", "vae", "--setting", '{"share": 1}'], ["no setting 'share'"]),
        (["--method", "balanced", "--setting", '{"share": 2}'], ["share is 2", "0 to 1"]),
        ([*FADM, "--setting", '{"lambda_z": -1}'], ["lambda_z is -1"]),
        ([*FADM, "--setting", '{"lambda_z": NaN}'], ["lambda_z is nan"]),
        ([*FADM, "--setting", '{"control": "wat"}'], ["control is 'wat'"]),
        ([*REWEIGHING, "-n", "-5"], ["n is -5", "100 to"]),
        ([*REWEIGHING, "-n", "9"], ["n is 9"]),
        ([*REWEIGHING, "-n", "1e9"], ["n is 1000000000"]),
        ([*REWEIGHING, "-n", "many"], ["-n", "many"]),
        ([*REWEIGHING, "--seed", "-1"], ["seed is -1"]),
        ([*REWEIGHING, "--seed", str(2**32)], ["seed is 4294967296"]),
        ([*REWEIGHING, "--steps", "0"], ["steps is 0"]),
        ([*REWEIGHING, "--iterations", "-1"], ["iterations is -1"]),
        ([*REWEIGHING, "--subgroups", "4"], ["subgroups is 4", "0 to 3"]),
        ([*REWEIGHING, "--quick"], ["--quick"]),
    ],
    ids=" ".join,
)
def test_trial_refuses(capsys, tmp_path, change, words) -> None:
    refused(capsys, tmp_path, [*TRIAL, *change], *words)


@pytest.mark.parametrize(
    ("method", "setting"),
    [
        ("fadm", '{"lambda_q": 1}'),
        ("fadm", '{"lambda_z": "much"}'),
        ("fadm", '{"n_steps": 3}'),
        ("fadm_preview", '{"lambda_q": 1}'),
        ("balanced", '{"share": "all"}'),
        ("balanced", '{"n_steps": 3}'),
        ("fairgan", '{"fairness": "much"}'),
        ("overwrite", '{"share": 0.2, "label": 7}'),
        ("reweighing", '{"share": NaN}'),
        ("exponentiated_gradient", '{"constraint": "wat", "bound": 0.1}'),
        ("grid_search", '{"constraint": "dp", "index": 99}'),
        ("threshold_optimizer", '{"constraint": "wat"}'),
        ("threshold_optimizer", "{}"),
        ("fair_bayes", '{"lambda_dp": 0.1}'),
        ("tilted", '{"control": "wat", "lambda_z": 0.1}'),
        ("unmitigated", '{"share": 1}'),
    ],
)
def test_trial_refuses_a_setting_the_method_does_not_have(capsys, tmp_path, method, setting) -> None:
    command = [*TRIAL, "--classifier", "logistic_regression"]
    refused(capsys, tmp_path, [*command, "--method", method, "--setting", setting])
