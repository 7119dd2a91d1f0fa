"""``fairviz frontier``, ``table1`` and ``trial`` end to end on the simulated set, with tiny settings; and bad input."""

import io
import json
from contextlib import redirect_stdout
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from fairviz import __version__
from fairviz.cli import main
from fairviz.data import load_dataset
from fairviz.errors import SettingError
from fairviz.experiments.plans import Plan
from fairviz.experiments.trial import Trial
from fairviz.library import Library
from fairviz.mitigation.reweighing import Reweighing
from fairviz.store import MANIFEST, ResultStore, key_of
from tests.test_cli import ok, refused

TINY = {"n": 300, "n_steps": 5, "n_iter": 15}
GROUPS, OUTCOMES = ("men", "women"), ("not hired", "hired")
QUICK = ["--dataset", "simulated", "--quick", "--jobs", "1"]
TRIAL = ["trial", "--dataset", "simulated", "--target", "East", "-n", "300", "--iterations", "1", "--steps", "2"]


@pytest.fixture(autouse=True)
def alone(tmp_path_factory, monkeypatch):
    """No pretrained fits, no real data."""
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path_factory.mktemp("shipped") / "none"))
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)


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


@pytest.fixture(scope="module")
def frontier(tmp_path_factory) -> SimpleNamespace:
    return publish(tmp_path_factory, "frontier", "fadm_dp,fadm_entropy,unmitigated,constant,reweighing")


@pytest.fixture(scope="module")
def table1(tmp_path_factory) -> SimpleNamespace:
    return publish(tmp_path_factory, "table1", "balanced,vae")


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


def markdown(text: str) -> dict[str, list[str]]:
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines}


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


# frontier


def test_the_table_of_trials(frontier) -> None:
    rows = frontier.rows
    # per target: FADM's start, which is one trial of two dials, two prices of parity and one of entropy
    assert rows["method"].value_counts().to_dict() == {"fadm": 8, "reweighing": 2, "unmitigated": 2, "constant": 2}
    assert set(rows["target"]) == {"East", "North"}
    assert set(rows["without"]) == {""}
    people = load_dataset("simulated").frame.groupby(["region", "group", "outcome"], observed=True).size()
    for _, row in rows.iterrows():
        for k, group in enumerate(GROUPS):
            for y, outcome in enumerate(OUTCOMES):
                assert row[f"n_{k}_{y}_0"] + row[f"n_{k}_{y}_1"] == people[row["target"], group, outcome]


def test_the_text_has_the_areas_of_the_table(frontier) -> None:
    first = markdown(frontier.text.split("gradient_boosting, R_EOp")[0])
    assert set(first) == {
        "method", "---", "FADM, label-aware", "FADM, entropy", "Reweighing", "Real rows, unmitigated"
    }  # fmt: skip
    means = told(frontier.rows).groupby([frontier.rows["method"], frontier.rows["setting"]]).mean()
    plain, constant = means.loc[("unmitigated", "{}")], means.loc[("constant", "{}")]
    area = max(plain["accuracy"] - 0.5, 0) * plain["R_DP"]
    strict = max(plain["accuracy"] - constant["accuracy"], 0) * plain["R_DP"]
    shown = first["Real rows, unmitigated"]
    assert [float(shown[0]), float(shown[1])] == [pytest.approx(area, abs=6e-4), pytest.approx(strict, abs=6e-5)]
    assert area > 0.05
    assert float(shown[3]) == pytest.approx(100 * plain["accuracy"], abs=0.06)
    fadm = means.loc["fadm"]["accuracy"]
    entropy = fadm.index.str.contains("entropy")
    for family, mine in (("FADM, label-aware", ~entropy), ("FADM, entropy", entropy | (fadm.index == "{}"))):
        assert float(first[family][3]) == pytest.approx(100 * fadm[mine].max(), abs=0.06)
    assert shown[2] == "–"  # no bound among the methods
    for word in ("simulated, gradient_boosting, R_EOp", "1 seeds", "2 held-out domains", "14 trials"):
        assert word in frontier.text


def test_the_json_has_the_means_of_the_table(frontier) -> None:
    (name,) = frontier.json["results"]
    assert name == "gradient_boosting"
    points = frontier.json["results"][name]["points"]
    found = {(p["method"], p["setting"]): p for p in points}
    starts = {p["dial"]: p for p in points if (p["method"], p["setting"]) == ("fadm", "{}")}
    assert set(starts) == {"fadm_dp", "fadm_entropy"}
    assert starts["fadm_dp"]["accuracy"] == starts["fadm_entropy"]["accuracy"]
    assert len(points) == len(found) + 1
    means = told(frontier.rows).groupby([frontier.rows["method"], frontier.rows["setting"]]).mean()
    assert set(found) == set(means.index)
    for key, row in means.iterrows():
        assert found[key]["accuracy"] == pytest.approx(row["accuracy"])
        assert found[key]["R_DP"] == (None if np.isnan(row["R_DP"]) else pytest.approx(row["R_DP"]))
    assert found["constant", "{}"]["R_DP"] is None
    assert frontier.json["out"] == str(frontier.entry.path)


@pytest.mark.parametrize("which", ["frontier", "table1"])
def test_the_manifest_says_how_it_was_made(which, request) -> None:
    done = request.getfixturevalue(which)
    manifest = json.loads((done.entry.path / MANIFEST).read_text())
    made, spec = manifest["made"], manifest["spec"]
    assert "cores" in made["machine"]
    assert made["fairviz"] == __version__
    assert {"python", "torch", "numpy", "pandas", "scikit-learn"} <= set(made)
    assert made["seconds"] >= 0
    assert made["workers"] == 1
    inner = len(done.entry.table("inner.csv")) if which == "table1" else 0
    assert made["trials_computed"] == len(done.rows) + inner
    assert (spec["seeds"], spec["quick"], spec["targets"]) == ([0], True, ["East", "North"])
    assert spec["dataset"]["fingerprint"] == load_dataset("simulated").fingerprint()
    for key in ("machine", "torch", "seconds", "trials_computed"):
        assert done.json[key] == made[key]  # the second call read what the first had published
    assert made["trials"] == made["trials_timed"] == len(done.rows) + inner
    assert 0 <= made["trial_core_seconds"] <= made["seconds"] + 1  # one worker, so no more than the clock says
    assert made["fits"] > 0
    assert made["fit_core_seconds"] <= made["seconds"] + 1


def test_the_key_is_that_of_the_trials_listed(frontier) -> None:
    fingerprint = load_dataset("simulated").fingerprint()
    listed = [Trial.from_row(row) for row in frontier.rows.to_dict("records")]
    assert key_of({"keys": sorted(t.key(fingerprint) for t in listed)}) == frontier.entry.spec["trials"]


@pytest.mark.parametrize(
    ("which", "names"),
    [
        ("frontier", ["fadm_dp", "fadm_entropy", "unmitigated", "reweighing", "constant"]),
        ("table1", ["vae", "balanced", "unmitigated", "constant"]),
    ],
)
def test_an_entry_says_what_was_compared(which, names, request) -> None:
    """In words of its own, so that reading it needs no method."""
    done = request.getfixturevalue(which)
    dials = {dial["name"]: dial for dial in done.entry.json("facts.json")["dials"]}
    assert set(dials) == set(done.entry.spec["dials"]) == set(names)
    listed = set(zip(done.rows["method"], done.rows["setting"], strict=True))
    offered = {
        (dial["method"], json.dumps(position["setting"], sort_keys=True))
        for dial in dials.values()
        for position in dial["positions"]
    }
    assert listed <= offered
    if which == "frontier":
        assert listed == offered
        assert (dials["fadm_dp"]["title"], dials["fadm_dp"]["family"]) == ("FADM, parity price", "FADM, label-aware")
        wording = [position["wording"] for position in dials["fadm_dp"]["positions"]]
        assert wording == ["λ_z 0", "λ_z 0.1", "λ_z 0.2"]


@pytest.mark.parametrize(
    ("method", "setting"),
    [("fadm", '{"control": "dp", "lambda_z": 0.2}'), ("reweighing", '{"share": 1.0}'), ("constant", "{}")],
)
def test_anyone_can_run_a_listed_trial_again(capsys, frontier, cache, method, setting) -> None:
    """In an empty cache, so the fit is made again too."""
    rows = frontier.rows
    row = rows[(rows["method"] == method) & (rows["setting"] == setting) & (rows["target"] == "North")].iloc[0]
    answer = json.loads(ok(capsys, *of_row(row)))
    wanted = {name: int(row[name]) for name in rows if name.startswith("n_") and name.count("_") == 3}
    assert len(wanted) == 8
    assert counts_of(answer) == wanted
    assert answer["n"] == 5000 == sum(wanted.values())
    right = sum(n for name, n in wanted.items() if name[-3] == name[-1])
    assert answer["metrics"]["accuracy"]["value"] == pytest.approx(right / 5000)
    assert answer["trial"]["method"] == method
    assert answer["target"] == "North"
    assert answer["versions"]["fairviz"] == __version__
    assert list(Library().trials.get([answer["trial"]["key"]])) == [answer["trial"]["key"]]
    assert len(list((cache / "store" / "trials").glob("*"))) == 1


def test_another_run_replaces_the_published_one(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Plan, "about", property(lambda plan: dict(TINY)))
    command = ["frontier", *QUICK, "--out", tmp_path / "out"]
    first = ok(capsys, *command, "--methods", "constant,unmitigated")
    assert "Real rows, unmitigated" in first
    (one,) = ResultStore(tmp_path / "out").entries("frontier")
    ok(capsys, *command, "--methods", "constant,unmitigated,overwrite", "--classifiers", "logistic_regression")
    (two,) = ResultStore(tmp_path / "out").entries("frontier")
    assert one.key != two.key
    assert two.spec["classifiers"] == ["logistic_regression"]
    assert set(two.table("trials.csv")["classifier"]) == {"logistic_regression"}
    # the constant and the unmitigated model of another classifier are other trials: everything was computed anew
    before = len(two.table("trials.csv"))
    assert [run["trials_computed"] for run in two.made["runs"]] == [before]
    more = "constant,unmitigated,overwrite,reweighing"
    ok(capsys, *command, "--methods", more, "--classifiers", "logistic_regression")
    (three,) = ResultStore(tmp_path / "out").entries("frontier")
    new = (three.table("trials.csv")["method"] == "reweighing").sum()
    assert [run["trials_computed"] for run in three.made["runs"]] == [before, new]


def test_what_could_not_be_carried_out_is_told(capsys, tmp_path, monkeypatch) -> None:
    """The others are published all the same, and nothing is stored of what failed."""
    monkeypatch.setattr(Plan, "about", property(lambda plan: dict(TINY)))
    command = ["frontier", *QUICK, "--out", tmp_path / "out", "--methods", "constant,reweighing", "--json"]
    with monkeypatch.context() as patch:
        patch.setattr(Reweighing, "answer", Mock(side_effect=SettingError("not on these rows")))
        answer = json.loads(ok(capsys, *command))
    assert {point["method"] for point in answer["results"]["gradient_boosting"]["points"]} == {"constant"}
    assert [(f["method"], f["target"], f["error"]) for f in answer["failures"]] == [
        ("reweighing", target, "not on these rows") for target in ("East", "North")
    ]
    again = json.loads(ok(capsys, *command))
    assert {point["method"] for point in again["results"]["gradient_boosting"]["points"]} == {"constant", "reweighing"}
    assert "failures" not in again
    assert again["trials_computed"] == 2


# table1


def test_settings_are_chosen_inside_the_source(table1) -> None:
    """The rule again, with pandas: at most a point below the most accurate, then the largest mean of three ratios."""
    inner = table1.entry.table("inner.csv")
    assert (inner["target"] != inner["without"]).all()
    pairs = inner.groupby("without")["target"].agg(lambda found: sorted(set(found))).to_dict()
    assert pairs == {"East": ["North", "South", "West"], "North": ["East", "South", "West"]}
    assert set(inner["method"]) == {"balanced"}
    chosen = {(c["dial"], c["target"]): c["setting"] for c in table1.entry.json("facts.json")["chosen"]}
    assert set(chosen) == {(m, t) for m in ("balanced", "vae") for t in ("East", "North")}
    n = {(k, y, p): inner[f"n_{k}_{y}_{p}"] for k in (0, 1) for y in (0, 1) for p in (0, 1)}
    size = [sum(n[k, y, p] for y in (0, 1) for p in (0, 1)) for k in (0, 1)]
    yes = [(n[k, 0, 1] + n[k, 1, 1]) / size[k] for k in (0, 1)]
    found = [n[k, 1, 1] / (n[k, 1, 0] + n[k, 1, 1]) for k in (0, 1)]
    frame = inner.assign(
        accuracy=sum(n[k, y, y] for k in (0, 1) for y in (0, 1)) / (size[0] + size[1]),
        a=np.minimum(*yes) / np.maximum(*yes),
        b=(1 - np.maximum(*yes)) / (1 - np.minimum(*yes)),
        c=np.minimum(*found) / np.maximum(*found),
    )
    for target, part in frame.groupby("without"):
        means = part.groupby("setting")[["accuracy", "a", "b", "c"]].mean()
        assert len(means) == 2
        allowed = means[means["accuracy"] >= means["accuracy"].max() - 0.01]
        assert json.loads(allowed[["a", "b", "c"]].mean(axis=1).idxmax()) == chosen["balanced", target]


def test_only_the_chosen_settings_are_tested_on_the_target(table1) -> None:
    rows = table1.rows
    assert rows["method"].value_counts().to_dict() == {"balanced": 2, "vae": 2, "unmitigated": 2, "constant": 2}
    chosen = {(c["dial"], c["target"]): c["setting"] for c in table1.entry.json("facts.json")["chosen"]}
    for _, row in rows.iterrows():
        assert json.loads(row["setting"]) == chosen.get((row["method"], row["target"]), {})


def test_table1_prints_the_trials(table1) -> None:
    table = markdown(table1.text)
    assert table["method"] == ["East", "North", "mean"]
    assert set(table) == {
        "method", "---", "VAE", "Balanced diffusion", "Real rows, unmitigated", "Always the same answer"
    }  # fmt: skip
    numbers = told(table1.rows).assign(method=table1.rows["method"], target=table1.rows["target"])
    titles = {"vae": "VAE", "balanced": "Balanced diffusion", "unmitigated": "Real rows, unmitigated"}
    for method, title in titles.items():
        mine = numbers[numbers["method"] == method].set_index("target")
        for k, domain in enumerate(("East", "North")):
            accuracy, fairness = table[title][k].split(" · ")[:2]
            assert float(accuracy) == pytest.approx(100 * mine.loc[domain, "accuracy"], abs=0.06)
            assert float(fairness) == pytest.approx(mine.loc[domain, "R_DP"], abs=0.006)
        assert float(table[title][2].split(" · ")[0]) == pytest.approx(100 * mine["accuracy"].mean(), abs=0.06)
    assert table["Always the same answer"][0].split(" · ")[1:] == ["–", "1.00", "–"]
    assert "the paper's_" not in table1.text
    found = {(r["method"], r["domain"]): r for r in table1.json["rows"]}
    assert len(found) == 4 * 3
    assert found["vae", "mean"]["n"] == 10_000
    east = numbers[(numbers["method"] == "vae") & (numbers["target"] == "East")].iloc[0]
    assert found["vae", "East"]["accuracy"] == pytest.approx(east["accuracy"])


def test_a_chosen_trial_can_be_run_again(capsys, table1) -> None:
    row = table1.rows[(table1.rows["method"] == "balanced") & (table1.rows["target"] == "East")].iloc[0]
    assert counts_of(json.loads(ok(capsys, *of_row(row)))).items() <= row.to_dict().items()
    inner = table1.entry.table("inner.csv").iloc[0]
    assert inner["without"]
    assert counts_of(json.loads(ok(capsys, *of_row(inner)))).items() <= inner.to_dict().items()


@pytest.mark.parametrize("methods", ["vae", "unmitigated"])
def test_table1_of_methods_without_a_dial(capsys, tmp_path, monkeypatch, methods) -> None:
    monkeypatch.setattr(Plan, "about", property(lambda plan: dict(TINY)))
    assert "Real rows, unmitigated" in ok(capsys, "table1", *QUICK, "--methods", methods, "--out", tmp_path / "out")


# trial


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


@pytest.mark.parametrize("command", ["frontier", "table1"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--methods", "fadm_dp,wat"], ["No dial 'wat'", "'fadm_dp'"]),
        (["--methods", "fadm"], ["No dial 'fadm'"]),
        (["--methods", "fadm_dp,"], ["--methods is 'fadm_dp,'"]),
        (["--classifiers", "mlp,wat"], ["No classifier 'wat'"]),
        (["--seeds", "0"], ["seeds is 0"]),
        (["--seeds", "1.5"], ["--seeds"]),
        (["--jobs", "0"], ["jobs is 0"]),
        (["--backend", "wat"], ["--backend", "'wat'"]),
        (["--backend", "dask"], ["--backend dask needs --scheduler"]),
        (["--scheduler", "tcp://127.0.0.1:8786"], ["--scheduler goes with --backend dask"]),
        (["--dataset", "wat"], ["No data set 'wat'"]),
        (["--dataset", "adult"], ["not on this machine"]),
        (["--target", "East"], ["--target"]),
    ],
    ids=" ".join,
)
def test_comparisons_refuse(capsys, tmp_path, command, change, words) -> None:
    refused(capsys, tmp_path, [command, *QUICK, "--out", tmp_path / "out", *change], *words)


def test_a_quick_run_leaves_the_full_one(capsys, tmp_path, monkeypatch) -> None:
    """And a second one of the same kind replaces the first."""
    monkeypatch.setattr(Plan, "about", property(lambda plan: dict(TINY)))
    out = tmp_path / "out"
    full = ["frontier", "--dataset", "simulated", "--jobs", 1, "--out", out, "--json", "--methods"]
    quick = ["frontier", *QUICK, "--out", out, "--json", "--methods"]
    first, second = (json.loads(ok(capsys, *full, "constant", "--seeds", n))["out"] for n in (1, 2))
    third = json.loads(ok(capsys, *quick, "constant"))["out"]
    assert len({first, second, third}) == 3
    assert {str(e.path) for e in ResultStore(out).entries("frontier")} == {second, third}
    assert json.loads(ok(capsys, *full, "constant", "--seeds", 2))["out"] == second


def test_a_file_is_no_store(capsys, tmp_path) -> None:
    (tmp_path / "out").write_text("old")
    command = ["frontier", *QUICK, "--methods", "constant", "--out", tmp_path / "out"]
    refused(capsys, tmp_path, command, "cannot be written")
    assert (tmp_path / "out").read_text() == "old"
