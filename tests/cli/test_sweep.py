"""``fairviz sweep``: counts of the target, under what a run holds and not under what it claims."""

import io
import json
import re
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fairviz.controls.dials import BEST_TRAINING
from fairviz.data import load_dataset
from fairviz.errors import StoreError
from fairviz.evaluation import evaluate
from fairviz.evaluation.tradeoff import columns_of
from fairviz.experiments.bench import Bench
from fairviz.experiments.recorded import recorded_trial
from fairviz.store import key_of, write_entry
from fairviz.store.fits import RunFolder, fit_payload, open_run, save_run
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.synthesizers import FADM, SYNTHESIZERS
from tests.cli.commands import fill, ok, refused


def test_sweep_writes_counts_of_the_target(capsys, tmp_path, run):
    out = tmp_path / "sweep.csv"
    command = ["sweep", run, "--lambdas", "0,0.2", "--seeds", 2, "--classifiers", "logistic_regression", "-n", 500]
    ok(capsys, *command, "--out", out)
    table = pd.read_csv(out)
    assert list(table)[:9] == ["method", "setting", "target", "classifier", "seed", "without", "n", "n_steps", "n_iter"]
    assert table["method"].value_counts().to_dict() == {"fadm": 4, "unmitigated": 2, "constant": 1}
    drawn = table[table["method"] == "fadm"]
    settings = drawn["setting"].map(json.loads).tolist()
    assert sorted(zip([s.get("lambda_z", 0) for s in settings], drawn["seed"], strict=True)) == [
        (0, 0), (0, 1), (0.2, 0), (0.2, 1),
    ]  # fmt: skip
    assert {} in settings
    assert {"control": "dp", "lambda_z": 0.2} in settings
    assert set(table["target"]) == {"East"}
    assert set(table["n"]) == {500}
    target = load_dataset("simulated").leave_out("East")[1]
    wanted = target.frame.groupby(["group", "outcome"], observed=False).size()
    for _, row in table.iterrows():
        assert sum(row[c] for c in table if re.fullmatch(r"n_\d_\d_\d", c)) == 5000
        for k, group in enumerate(("men", "women")):
            for y, outcome in enumerate(("not hired", "hired")):
                assert row[f"n_{k}_{y}_0"] + row[f"n_{k}_{y}_1"] == wanted[group, outcome]
    # one trial by another route: plain scikit-learn on dummies
    rows = open_run(run)[1].sample(500, lambda_z=0.2, random_state=1)
    train = pd.get_dummies(rows.drop(columns="outcome"), dtype=float)
    test = pd.get_dummies(target.features, dtype=float).reindex(columns=train.columns, fill_value=0.0)
    for name in ("skill", "experience"):
        scaler = StandardScaler().fit(train[[name]])
        train[[name]], test[[name]] = scaler.transform(train[[name]]), scaler.transform(test[[name]])
    model = LogisticRegression(max_iter=1000).fit(train, rows["outcome"] == "hired")
    predicted = model.predict(test)
    (found,) = drawn[(drawn["setting"].str.contains("lambda_z")) & (drawn["seed"] == 1)].to_dict("records")
    for k, group in enumerate(("men", "women")):
        for y, outcome in enumerate(("not hired", "hired")):
            chosen = ((target.frame["group"] == group) & (target.frame["outcome"] == outcome)).to_numpy()
            assert abs(predicted[chosen].sum() - found[f"n_{k}_{y}_1"]) <= 10
    # a second run reads what is stored
    ok(capsys, *command, "--out", tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == out.read_bytes()
    assert ok(capsys, *command) == out.read_text()


SWEEP = ["--lambdas", "0", "--seeds", 1, "-n", 300, "--classifiers", "logistic_regression"]


def drawn(capsys, *argv):
    """Counts of the trial with synthetic rows."""
    table = pd.read_csv(io.StringIO(ok(capsys, "sweep", *argv, *SWEEP))).set_index("method")
    return table.loc["fadm", [c for c in table if re.fullmatch(r"n_\d_\d_\d", c)]].tolist()


def claiming(spec, fit):
    """The payload of a fit that says it was made as ``spec`` says."""
    payload = fit_payload(fit, 1.0)
    payload["json_files"]["fit.json"]["params"] = dict(spec.params)
    return payload


def test_a_run_of_somebody_else_answers_for_itself_only(capsys, tmp_path, cache):
    """A run that claims to be the library's fit, but holds other weights, whichever of the two is swept first."""
    dataset = load_dataset("simulated")
    spec = FitSpec.of(dataset, "East", **BEST_TRAINING)
    mine = FADM(**{**BEST_TRAINING, "n_iter": 40}).fit(dataset.source_for("East"))
    other = FADM(**{**BEST_TRAINING, "n_iter": 1}, random_state=7).fit(dataset.source_for("East"))
    write_entry(tmp_path / "theirs", "fit", spec.to_json(), **claiming(spec, other))
    theirs = drawn(capsys, tmp_path / "theirs")
    assert Library().get("fit", spec.to_json()) is None
    refused(capsys, tmp_path, ["sweep", "--dataset", "simulated", "--target", "East", *SWEEP], "there are no fits")
    refused(
        capsys,
        tmp_path,
        ["sample", "--dataset", "simulated", "--target", "East", "--out", tmp_path / "a.csv"],
        "no fit",
    )
    Library().store.put("fit", spec.to_json(), **claiming(spec, mine))
    own = ["--dataset", "simulated", "--target", "East"]
    ours = drawn(capsys, *own)
    target = dataset.leave_out("East")[1]
    for counts, fit in ((ours, mine), (theirs, other)):
        wanted = columns_of(evaluate(fit.sample(300), target, classifier="logistic_regression", seed=0))
        assert counts == list(wanted.values())
    assert ours != theirs
    assert drawn(capsys, tmp_path / "theirs", "--jobs", 2) == theirs
    shutil.rmtree(cache / "store" / "trials")
    assert drawn(capsys, *own) == ours
    assert drawn(capsys, tmp_path / "theirs") == theirs


def test_a_fit_of_the_same_rows_under_another_name_is_swept(capsys):
    dataset = load_dataset("simulated")
    spec = FitSpec.of(replace(dataset, name="people"), "East", **BEST_TRAINING)
    fit = FADM(**{**BEST_TRAINING, "n_iter": 1}).fit(dataset.source_for("East"))
    Library().store.put("fit", spec.to_json(), **claiming(spec, fit))
    wanted = columns_of(evaluate(fit.sample(300), dataset.leave_out("East")[1], classifier="logistic_regression"))
    assert drawn(capsys, "--dataset", "simulated", "--target", "East") == list(wanted.values())


def test_soft_labels_are_weights(capsys, run):
    """Each row twice, weighed: what a person gets who draws the rows and trains on them."""
    how = ["--labels", "soft", *SWEEP]
    table = pd.read_csv(io.StringIO(ok(capsys, "sweep", run, *how))).set_index("method")
    rows = open_run(run)[1].soft(300, solver="mixed_dpmpp_2m")
    weights = rows.pop("weight").to_numpy()
    target = load_dataset("simulated").leave_out("East")[1]
    wanted = columns_of(evaluate(rows, target, classifier="logistic_regression", seed=0, weights=weights))
    assert table.loc["fadm_preview", list(wanted)].to_dict() == wanted


def test_two_runs_with_one_claim_do_not_share_numbers(capsys, tmp_path):
    dataset = load_dataset("simulated")
    spec = FitSpec.of(dataset, "East", n_iter=5, meta="none")
    found = []
    for name, seed in (("a", 0), ("b", 7)):
        fit = FADM(n_iter=5, meta="none", random_state=seed).fit(dataset.source_for("East"))
        write_entry(tmp_path / name, "fit", spec.to_json(), **claiming(spec, fit))
        found.append(drawn(capsys, tmp_path / name))
    assert found[0] != found[1]


def test_a_run_that_changes_during_the_sweep_is_refused(tmp_path, run):
    shutil.copytree(run, tmp_path / "run")
    opened, _ = RunFolder.open(tmp_path / "run")
    assert opened.fit().n_iter == 5
    spec, fit = open_run(run)
    shutil.rmtree(tmp_path / "run")
    fit.notes_.append("another")
    save_run(tmp_path / "run", spec, fit, 1.0)
    with pytest.raises(StoreError, match="has changed since the sweep began"):
        opened.fit()


def test_trials_keep_their_key(run):
    """Another key would orphan what is stored; a run folder's trials go by what is in it."""
    dataset = load_dataset("simulated")
    trial = recorded_trial("East", "mlp", 3, {"control": "eop", "lambda_y": 2.0, "lambda_z": 0.1})
    spec = FitSpec.of(dataset, "East", meta="second_order")
    told = {
        "trial": 2, "dataset": dataset.fingerprint(), "fit": key_of(spec.to_json()),
        "method": "fadm", "setting": '{"control": "eop", "lambda_y": 2.0, "lambda_z": 0.1}', "target": "East",
        "classifier": "mlp", "seed": 3, "without": "", "n": 10_000, "n_steps": 10, "n_iter": 0, "price": "dual",
    }  # fmt: skip
    bench = Bench(dataset, Library())
    assert bench.key(trial) == key_of(told)[:32]
    entropy = recorded_trial("East", "mlp", 3, {"control": "entropy", "lambda_z": 5})
    told = {**told, "setting": '{"control": "entropy", "lambda_z": 5.0}'}
    del told["price"]
    assert bench.key(entropy) == key_of(told)[:32]
    plain = recorded_trial("East", "mlp", 3, {"control": "eop", "lambda_z": 0, "lambda_eop": 0.0, "lambda_y": 1})
    assert bench.key(plain) == key_of({**told, "setting": "{}"})[:32]
    opened, entry = RunFolder.open(run)
    theirs = Bench(dataset, Library(), run=opened, spec=FitSpec.from_json(entry.spec))
    assert theirs.key(entropy) == key_of({**told, "fit": opened.digest})[:32]
    real = recorded_trial("East", "mlp", 3, {}, method="unmitigated")
    told = {**told, "fit": "", "method": "unmitigated", "setting": "{}"}
    assert theirs.key(real) == bench.key(real) == key_of(told)[:32]


def test_a_run_without_a_dial_is_not_swept(capsys, tmp_path):
    dataset = load_dataset("simulated")
    spec = FitSpec.of(dataset, "East", synthesizer="vae", n_iter=1, hidden=8)
    save_run(tmp_path / "run", spec, SYNTHESIZERS["vae"](**spec.params).fit(spec.source_of(dataset)), 1.0)
    refused(capsys, tmp_path, ["sweep", tmp_path / "run"], "without a dial", "fairviz sample")


def test_sweep_with_two_prices(capsys, tmp_path, run):
    """The second price is in the table, in the key, and acts: the rows are those of the fit at both prices."""
    command = ["sweep", run, "--control", "dp_eop", "--lambdas", "0.1", "--seeds", 1, "-n", 500]
    command += ["--classifiers", "logistic_regression", "--out", tmp_path / "a.csv"]
    target = load_dataset("simulated").leave_out("East")[1]
    for price in (0.0, 0.2):
        ok(capsys, *command, *(["--lambda-eop", price] if price else []))
        table = pd.read_csv(tmp_path / "a.csv").set_index("method")
        second = {"lambda_eop": price} if price else {}
        assert json.loads(table.loc["fadm", "setting"]) == {"control": "dp_eop", "lambda_z": 0.1, **second}
        rows = open_run(run)[1].sample(500, control="dp_eop", lambda_z=0.1, lambda_eop=price)
        wanted = columns_of(evaluate(rows, target, classifier="logistic_regression", seed=0))
        assert table.loc["fadm", list(wanted)].to_dict() == wanted


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--control", "wat"], ["No control 'wat'"]),
        (["--classifiers", "logistic_regression,wat"], ["No classifier 'wat'"]),
        (["--lambdas", "0,nan"], ["lambda_z is nan"]),
        (["--lambdas", "0,inf"], ["lambda_z is inf"]),
        (["--lambdas=-1"], ["lambda_z is -1"]),
        (["--lambdas", "0,a"], ["lambda", "'0,a'"]),
        (["--lambda-y", "nan"], ["lambda_y is nan"]),
        (["--lambda-y", "-1"], ["lambda_y is -1"]),
        (["--lambda-eop", "0.1"], ["lambda_eop goes with control 'dp_eop' only, not with 'dp'"]),
        (["--control", "dp_eop", "--lambda-eop", "-1"], ["lambda_eop is -1"]),
        (["--control", "dp_eop", "--lambda-eop", "nan"], ["lambda_eop is nan"]),
        (["--seeds", "0"], ["seeds is 0"]),
        (["--jobs", "0"], ["jobs is 0"]),
        (["--backend", "dask"], ["--backend dask needs --scheduler", "tcp://"]),
        (["--scheduler", "tcp://127.0.0.1:8786"], ["--scheduler goes with --backend dask"]),
        (["--backend", "cloud"], ["--backend", "'cloud'", "'dask'"]),
        (["-n", "0"], ["n is 0"]),
        (["-n", "1e9"], ["n is 1000000000"]),
        (["--out", "{tmp}/none/a.csv"], ["none"]),
        (["--out", "{tmp}"], ["{tmp}"]),
        (["--dataset", "adult"], ["was not fitted on the rows of 'adult'"]),
        (["--dataset", "simulated", "--bias", "2"], ["was not fitted on the rows of 'simulated'"]),
        (["--target", "South"], ["not 'South'", "--target"]),
        (["--bias", "2"], ["--bias does not go with a run folder"]),
    ],
    ids=" ".join,
)
def test_sweep_refuses(capsys, tmp_path, run, change, words):
    argv = ["sweep", run, "--lambdas", "0", "--seeds", "1", "--classifiers", "logistic_regression", "-n", "100"]
    argv = fill([*argv, "--out", "{tmp}/a.csv", *change], tmp=tmp_path)
    refused(capsys, tmp_path, argv, *fill(words, tmp=tmp_path))


def test_sweep_of_a_fit_without_target(capsys, tmp_path):
    command = ["fit", "--dataset", "simulated", "--target", "all", "--iterations", 1, "--meta", "none"]
    ok(capsys, *command, "--out", tmp_path / "all")
    argv = ["sweep", tmp_path / "all", "--lambdas", "0", "--seeds", "1", "-n", "100", "--out", tmp_path / "a.csv"]
    refused(capsys, tmp_path, argv, "no target")
