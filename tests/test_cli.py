"""The command line, end to end; and bad input: one line, exit code 2, nothing half-written."""

import errno
import io
import json
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fairviz import __version__
from fairviz.cli import main
from fairviz.data import load_dataset
from fairviz.errors import StoreError
from fairviz.evaluation import evaluate
from fairviz.evaluation.tradeoff import columns_of
from fairviz.experiments.recorded import recorded_trial
from fairviz.experiments.trial import Bench
from fairviz.library import FitSpec, Library, Run, fit_payload, open_run, save_run
from fairviz.store import MANIFEST, key_of, write_entry
from fairviz.synthesizers import FADM, SYNTHESIZERS

ROLES = ["--label", "paid", "--favourable", "yes", "--sensitive", "sex", "--domain", "town"]


def people(n=360, seed=6):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    score = np.round(rng.normal(size=n) + 0.4 * (sex == "m"), 2)
    age = rng.integers(18, 80, n).astype(object)
    age[rng.random(n) < 0.05] = ""
    return pd.DataFrame(
        {
            "age": age,
            "score": score,
            "job": rng.choice(["cook", "clerk", "smith, black", "?"], n),
            "paid": np.where(score + 0.5 * rng.normal(size=n) > 0.3, "yes", "no"),
            "sex": sex,
            "town": rng.choice(["North", "South", "West"], n, p=[0.5, 0.3, 0.2]),
        }
    )


@pytest.fixture(autouse=True)
def shipped(tmp_path_factory, monkeypatch):
    """No pretrained fits, and no real data unless a test names them."""
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path_factory.mktemp("shipped") / "none"))
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder of the simulated data set."""
    path = tmp_path_factory.mktemp("runs") / "run"
    command = ["fit", "--dataset", "simulated", "--target", "East", "--iterations", "5", "--meta", "none"]
    assert main([*command, "--out", str(path)]) == 0
    return path


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "people.csv"
    people().to_csv(path, index=False)
    return path


def tree(*folders):
    return sorted(str(p) for folder in folders if folder.exists() for p in folder.rglob("*"))


def ok(capsys, *argv):
    """Standard output of a command that works."""
    capsys.readouterr()
    code = main([str(a) for a in argv])
    out, err = capsys.readouterr()
    assert code == 0, err
    return out


def refused(capsys, tmp_path, argv, *words):
    """Exit code 2, one line, no output, and no new file."""
    before = tree(tmp_path)
    capsys.readouterr()
    code = main([str(a) for a in argv])
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.startswith("fairviz: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1, err
    for word in words:
        assert word in err
    assert tree(tmp_path) == before


# what works


def test_version_of_the_module():
    done = subprocess.run([sys.executable, "-m", "fairviz", "--version"], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"fairviz {__version__}\n", "")


def test_datasets(capsys):
    rows = {row["name"]: row for row in json.loads(ok(capsys, "datasets", "--json"))}
    assert rows["simulated"]["rows_here"] is True
    assert rows["adult"]["rows_here"] is False
    assert rows["adult"]["favourable"] == ">50K"
    assert "fairviz datasets --download adult" in ok(capsys, "datasets")


def test_nothing_to_download_for_the_simulated_set(capsys):
    assert main(["datasets", "--download", "simulated"]) == 0
    assert "nothing to download" in capsys.readouterr().err


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
    assert {p.name for p in (cache / "store").iterdir()} == {"trials"}


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


def test_knobs_of_the_simulated_set_are_in_the_run(capsys, tmp_path):
    command = ["fit", "--dataset", "simulated", "--bias", 2, "--proxy", 0.5, "--target", "all", "--iterations", 1]
    ok(capsys, *command, "--meta", "none", "--seed", 3, "--out", tmp_path / "run")
    spec = open_run(tmp_path / "run")[0]
    dataset = load_dataset("simulated", bias=2.0, proxy=0.5)
    options = {"bias": 2.0, "proxy": 0.5, "shift": 1.0}
    assert spec == FitSpec.of(dataset, "all", options, n_iter=1, meta="none", random_state=3)


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ([], {}),
        (["--lambda-z", 0.2, "--seed", 4], {"lambda_z": 0.2, "random_state": 4}),
        (
            ["--control", "entropy", "--lambda-z", 3, "--lambda-y", 2],
            {"control": "entropy", "lambda_z": 3, "lambda_y": 2},
        ),
        (
            ["--control", "dp_eop", "--lambda-z", 0.1, "--lambda-eop", 0.05, "--steps", 4],
            {"control": "dp_eop", "lambda_z": 0.1, "lambda_eop": 0.05, "n_steps": 4},
        ),
    ],
    ids=["default", "dp", "entropy", "dp_eop"],
)
def test_sample_is_that_of_the_fit_in_this_process(capsys, tmp_path, run, arguments, settings):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    ok(capsys, "sample", run, "-n", 1200, *arguments, "--out", first)
    ok(capsys, "sample", run, "-n", 1200, *arguments, "--out", second)
    assert first.read_bytes() == second.read_bytes()
    wanted = open_run(run)[1].sample(1200, **settings)
    assert first.read_text() == wanted.to_csv(index=False)
    assert tree(tmp_path) == [str(first), str(second)]


def test_sample_agrees_with_a_fit_never_stored(capsys, tmp_path, run):
    dataset = load_dataset("simulated")
    fit = FADM(n_iter=5, meta="none").fit(dataset.source_for("East"))
    ok(capsys, "sample", run, "-n", 300, "--lambda-z", 0.1, "--out", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == fit.sample(300, lambda_z=0.1).to_csv(index=False)


OTHERS = {
    "ddpm": {"n_iter": 2, "hidden": 8, "depth": 1},
    "balanced": {"n_iter": 2, "hidden": 8, "depth": 1},
    "vae": {"n_iter": 2, "hidden": 8},
    "gan": {"n_iter": 2, "hidden": 8},
    "fairgan": {"n_iter": 2, "hidden": 8},
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_generator_can_be_sampled(capsys, tmp_path, name):
    dataset = load_dataset("simulated")
    spec = FitSpec.of(dataset, "East", synthesizer=name, **OTHERS[name])
    fit = SYNTHESIZERS[name](**spec.params).fit(spec.source_of(dataset))
    save_run(tmp_path / "run", spec, fit, 1.0)
    steps = {"n_steps": 3} if "n_steps" in fit.settings else {}
    told = ["--steps", 3] if steps else []
    ok(capsys, "sample", tmp_path / "run", "-n", 1200, "--seed", 4, *told, "--out", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == fit.sample(1200, random_state=4, **steps).to_csv(index=False)
    argv = ["sample", tmp_path / "run", "-n", 50, "--out", tmp_path / "b.csv"]
    dial = ["--control", "eop", "--lambda-y", 2, "--lambda-z", 0.2, "--lambda-eop", 0.1, "--solver", "euler_maruyama"]
    takes = "it takes -n, --seed, --steps." if steps else "it takes -n, --seed."
    refused(
        capsys,
        tmp_path,
        [*argv, *dial],
        f"{name!r}",
        "--control, --lambda-y, --lambda-z, --lambda-eop, --solver",
        takes,
    )
    if not steps:
        refused(capsys, tmp_path, [*argv, "--steps", 20], f"--steps: the generator {name!r} has no such setting", takes)


def test_seed_and_price_change_the_rows_and_n_does_not(capsys, tmp_path, run):
    def draw(*arguments):
        ok(capsys, "sample", run, *arguments, "--out", tmp_path / "a.csv")
        return (tmp_path / "a.csv").read_text()

    few, many = draw("-n", 150), draw("-n", "1_100")
    assert many.startswith(few)
    assert many.count("\n") == 1101
    assert draw("-n", 150, "--seed", 1) != few
    assert draw("-n", 150, "--lambda-z", 0.3) != few


def test_simulated_evaluate(capsys, tmp_path, run):
    ok(capsys, "sample", run, "-n", 400, "--out", tmp_path / "a.csv")
    evaluate = ["evaluate", tmp_path / "a.csv", "--dataset", "simulated", "--target", "East"]
    report = json.loads(ok(capsys, *evaluate, "--classifier", "logistic_regression", "--json"))
    assert report["n"] == 400
    for result in report["results"].values():
        assert sum(cell["n"] for cell in result["counts"]) == 5000
        low, value, high = (result["metrics"]["accuracy"][k] for k in ("low", "value", "high"))
        assert 0 <= low <= value <= high <= 1


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
    spec = FitSpec.of(dataset, "East")
    mine = FADM(n_iter=40, meta="none").fit(dataset.source_for("East"))
    other = FADM(n_iter=1, meta="none", random_state=7).fit(dataset.source_for("East"))
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
    spec = FitSpec.of(replace(dataset, name="people"), "East")
    fit = FADM(n_iter=1, meta="none").fit(dataset.source_for("East"))
    Library().store.put("fit", spec.to_json(), **claiming(spec, fit))
    wanted = columns_of(evaluate(fit.sample(300), dataset.leave_out("East")[1], classifier="logistic_regression"))
    assert drawn(capsys, "--dataset", "simulated", "--target", "East") == list(wanted.values())


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
    opened, _ = Run.open(tmp_path / "run")
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
    told = {
        "trial": 2, "dataset": dataset.fingerprint(), "fit": key_of(FitSpec.of(dataset, "East").to_json()),
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
    opened, entry = Run.open(run)
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


# bad input: fit

FIT = ["fit", "--dataset", "simulated", "--target", "East", "--out", "{tmp}/run"]
FIT_CSV = ["fit", "--csv", "{csv}", *ROLES, "--target", "West", "--iterations", "1", "--out", "{tmp}/run"]


def fill(argv, **places):
    return [str(a).format(**places) for a in argv]


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


def _blank_label(frame):
    frame.loc[6, "paid"] = ""


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
        (_blank_label, ["label 'paid' is missing in 1 of 360 rows", "row 7"]),
        (_break("score", np.inf), ["'score'", "infinite"]),
        (lambda frame: frame.drop(columns="sex", inplace=True), ["'sex' is missing"]),
        (lambda frame: frame.drop(index=range(360), inplace=True), ["no rows"]),
        (lambda frame: frame.loc[frame["town"] != "West", ["paid"]].pipe(
            lambda part: frame.__setitem__("paid", frame["paid"].where(~frame.index.isin(part.index), "no"))
        ), ["source rows have one class only"]),
    ],
    ids=["one class", "one group", "one domain", "blank label", "infinite", "no column", "no rows", "one in source"],
)  # fmt: skip
def test_fit_refuses_a_table(capsys, tmp_path, change, words):
    frame = people()
    change(frame)
    frame.to_csv(tmp_path / "people.csv", index=False)
    refused(capsys, tmp_path, fill(FIT_CSV, tmp=tmp_path, csv=tmp_path / "people.csv"), *words)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b"a,b\n1,2\n1,2,3\n", b"\x89PNG\r\n\x1a\n\0\0", "é,b\n1,2\n".encode("latin-1")],
    ids=["empty", "newlines", "ragged", "picture", "latin-1"],
)
def test_fit_refuses_what_is_no_csv(capsys, tmp_path, data):
    path = tmp_path / "people.csv"
    path.write_bytes(data)
    refused(capsys, tmp_path, fill(FIT_CSV, tmp=tmp_path, csv=path), "people.csv")


# bad input: sample


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["-n", "0"], ["n is 0", "1 to 5,000,000"]),
        (["-n", "-5"], ["n is -5"]),
        (["-n", "1e9"], ["n is 1000000000"]),
        (["-n", "1.5"], ["-n", "1.5"]),
        (["-n", "inf"], ["-n", "inf"]),
        (["--lambda-z", "-1"], ["lambda_z is -1", "from 0 to 10"]),
        (["--lambda-z", "nan"], ["lambda_z is nan"]),
        (["--lambda-z", "inf"], ["lambda_z is inf"]),
        (["--lambda-y", "-0.5"], ["lambda_y is -0.5"]),
        (["--lambda-y", "nan"], ["lambda_y is nan"]),
        (["--lambda-z", "much"], ["--lambda-z", "much"]),
        (["--lambda-eop", "0.1"], ["lambda_eop goes with control 'dp_eop'"]),
        (["--steps", "0"], ["n_steps is 0"]),
        (["--steps", "1e9"], ["n_steps is 1000000000"]),
        (["--control", "wat"], ["No control 'wat'", "'dp'"]),
        (["--solver", "wat"], ["No solver 'wat'"]),
        (["--seed", "-1"], ["random_state is -1"]),
        (["--seed", str(2**64)], ["random_state"]),
        (["--dataset", "simulated"], ["not both"]),
        (["--out", "{tmp}/none/a.csv"], ["cannot be written"]),
        (["--out", "{tmp}"], ["cannot be written"]),
        (["--out", "{csv}/a.csv"], ["cannot be written"]),
        (["--out", "."], ["cannot be written"]),
    ],
    ids=" ".join,
)
def test_sample_refuses(capsys, tmp_path, csv, run, change, words):
    argv = ["sample", run, "-n", "50", "--out", tmp_path / "a.csv", *change]
    refused(capsys, tmp_path, fill(argv, tmp=tmp_path, csv=csv), *words)


def test_a_refused_sample_keeps_the_old_file(capsys, tmp_path, run):
    out = tmp_path / "a.csv"
    out.write_text("old")
    refused(capsys, tmp_path, ["sample", run, "--lambda-z", "nan", "--out", out], "lambda_z")
    assert out.read_text() == "old"


def test_a_full_disk_leaves_the_old_sample(capsys, tmp_path, run, monkeypatch):
    out, write = tmp_path / "a.csv", pd.DataFrame.to_csv
    out.write_text("old")

    def full(self, handle, **how):
        if not how["header"]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, handle, **how)

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    refused(capsys, tmp_path, ["sample", run, "-n", 1500, "--out", out], "No space left on device")
    assert out.read_text() == "old"


def test_a_full_disk_leaves_no_run(capsys, tmp_path, csv, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    refused(capsys, tmp_path, fill(FIT_CSV, tmp=tmp_path, csv=csv), "run cannot be written: No space left on device")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], ["Name a run folder"]),
        (["--dataset", "simulated"], ["--dataset and --target"]),
        (["--dataset", "simulated", "--target", "East"], ["no fit with target 'East'", "fairviz fit"]),
        (["--dataset", "adlut", "--target", "East"], ["No data set 'adlut'"]),
        (["{tmp}/none"], ["none: no such folder", "fairviz fit"]),
        (["{tmp}"], ["manifest.json is missing"]),
    ],
)
def test_sample_without_a_fit(capsys, tmp_path, argv, words):
    refused(capsys, tmp_path, fill(["sample", *argv, "--out", "{tmp}/a.csv"], tmp=tmp_path), *words)


def _truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("arrays.safetensors", _truncate, ["arrays.safetensors has", "wanted"]),
        ("arrays.safetensors", _flip, ["arrays.safetensors was altered"]),
        ("fit.json", _flip, ["fit.json was altered"]),
        ("fit.json", lambda p: p.unlink(), ["fit.json is missing"]),
        (MANIFEST, lambda p: p.unlink(), ["manifest.json is missing"]),
        (MANIFEST, _truncate, ["manifest.json is damaged"]),
    ],
    ids=["truncated", "flipped", "flipped json", "file missing", "manifest missing", "manifest truncated"],
)
@pytest.mark.parametrize("command", ["sample", "sweep"])
def test_a_damaged_run_is_refused(capsys, tmp_path, run, name, damage, words, command):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    damage(copy / name)
    refused(capsys, tmp_path, [command, copy, "--out", tmp_path / "a.csv"], str(copy), *words)


@pytest.mark.parametrize("command", ["sample", "sweep"])
def test_an_entry_that_is_no_fit_is_refused(capsys, tmp_path, command):
    tables = {"trials.csv": pd.DataFrame({"seed": [0]})}
    write_entry(tmp_path / "sweep", "sweep", {"seed": 0}, json_files={"facts.json": {}}, tables=tables)
    refused(capsys, tmp_path, [command, tmp_path / "sweep", "--out", tmp_path / "a.csv"], "holds a sweep, not a fit")


# bad input: evaluate and sweep


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


# download

DOWNLOAD = """
import dataclasses, sys
from fairviz.cli import main
from fairviz.data.sources import DATASETS
files = dataclasses.replace(DATASETS["adult"].files, url=sys.argv[1], sha256="0" * 64)
DATASETS["adult"] = dataclasses.replace(DATASETS["adult"], files=files)
sys.exit(main(["datasets", "--download", "adult"]))
"""


def test_download_of_an_unknown_set(capsys, tmp_path):
    refused(capsys, tmp_path, ["datasets", "--download", "adlut"], "No data set 'adlut'")


def test_download_without_network(cache):
    """In a process of its own: the download library logs to the standard error it was imported with."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/adult.zip"
        done = subprocess.run([sys.executable, "-c", DOWNLOAD, url], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("fairviz: ")
    assert url in done.stderr
    assert not [p for p in tree(cache) if p.endswith((".zip", ".part", "adult"))]
