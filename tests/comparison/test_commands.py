"""``fairviz frontier``, ``table1`` and ``trial`` end to end on the simulated set, with tiny settings; and bad input."""

import io
import json
from contextlib import redirect_stdout
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from fairviz import __version__
from fairviz.cli import main
from fairviz.comparison.plans import Plan
from fairviz.comparison.trials import Trial
from fairviz.data import load_dataset
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
    return publish(tmp_path_factory, "frontier", "fadm_dp,untouched,constant,reweighing")


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
    assert rows["method"].value_counts().to_dict() == {"fadm_dp": 6, "reweighing": 2, "untouched": 2, "constant": 2}
    assert set(rows["target"]) == {"East", "North"}
    assert set(rows["without"]) == {""}
    people = load_dataset("simulated").frame.groupby(["region", "group", "outcome"], observed=True).size()
    for _, row in rows.iterrows():
        for k, group in enumerate(GROUPS):
            for y, outcome in enumerate(OUTCOMES):
                assert row[f"n_{k}_{y}_0"] + row[f"n_{k}_{y}_1"] == people[row["target"], group, outcome]


def test_the_text_has_the_areas_of_the_table(frontier) -> None:
    first = markdown(frontier.text.split("gradient_boosting, R_EOp")[0])
    assert set(first) == {"method", "---", "FADM, label-aware", "Reweighing", "Real rows, untouched"}
    means = told(frontier.rows).groupby([frontier.rows["method"], frontier.rows["setting"]]).mean()
    untouched, constant = means.loc[("untouched", "{}")], means.loc[("constant", "{}")]
    area = max(untouched["accuracy"] - 0.5, 0) * untouched["R_DP"]
    strict = max(untouched["accuracy"] - constant["accuracy"], 0) * untouched["R_DP"]
    shown = first["Real rows, untouched"]
    assert [float(shown[0]), float(shown[1])] == [pytest.approx(area, abs=6e-4), pytest.approx(strict, abs=6e-5)]
    assert area > 0.05
    assert float(shown[3]) == pytest.approx(100 * untouched["accuracy"], abs=0.06)
    assert float(first["FADM, label-aware"][3]) == pytest.approx(100 * means.loc["fadm_dp"]["accuracy"].max(), abs=0.06)
    assert shown[2] == "–"  # no bound among the methods
    for word in ("simulated, gradient_boosting, R_EOp", "1 seeds", "2 held-out domains", "12 trials"):
        assert word in frontier.text


def test_the_json_has_the_means_of_the_table(frontier) -> None:
    (name,) = frontier.json["results"]
    assert name == "gradient_boosting"
    found = {(p["method"], p["setting"]): p for p in frontier.json["results"][name]["points"]}
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
    dataset, names = load_dataset("simulated"), list(Trial.__dataclass_fields__)
    listed = [Trial(**row) for row in frontier.rows[names].to_dict("records")]
    assert key_of({"keys": sorted(key_of(t.spec(dataset)) for t in listed)}) == frontier.entry.spec["trials"]


@pytest.mark.parametrize(("method", "setting"), [("fadm_dp", "0.2"), ("reweighing", "1.0"), ("constant", "{}")])
def test_anyone_can_run_a_listed_trial_again(capsys, frontier, cache, method, setting) -> None:
    """In an empty cache, so the fit is made again too."""
    rows = frontier.rows
    row = rows[(rows["method"] == method) & rows["setting"].str.contains(setting) & (rows["target"] == "North")].iloc[0]
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
    assert len(list((cache / "store" / "trial").glob("*"))) == 1


def test_another_run_replaces_the_published_one(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Plan, "about", property(lambda plan: dict(TINY)))
    command = ["frontier", *QUICK, "--out", tmp_path / "out"]
    first = ok(capsys, *command, "--methods", "constant,untouched")
    assert "Real rows, untouched" in first
    (one,) = ResultStore(tmp_path / "out").entries("frontier")
    ok(capsys, *command, "--methods", "constant,untouched,overwrite", "--classifiers", "logistic_regression")
    (two,) = ResultStore(tmp_path / "out").entries("frontier")
    assert one.key != two.key
    assert two.spec["classifiers"] == ["logistic_regression"]
    assert set(two.table("trials.csv")["classifier"]) == {"logistic_regression"}
    # the constant and the untouched model of another classifier are other trials: everything was computed anew
    before = len(two.table("trials.csv"))
    assert [run["trials_computed"] for run in two.made["runs"]] == [before]
    more = "constant,untouched,overwrite,reweighing"
    ok(capsys, *command, "--methods", more, "--classifiers", "logistic_regression")
    (three,) = ResultStore(tmp_path / "out").entries("frontier")
    new = (three.table("trials.csv")["method"] == "reweighing").sum()
    assert [run["trials_computed"] for run in three.made["runs"]] == [before, new]


# table1


def test_settings_are_chosen_inside_the_source(table1) -> None:
    """The rule again, with pandas: at most a point below the most accurate, then the largest mean of three ratios."""
    inner = table1.entry.table("inner.csv")
    assert (inner["target"] != inner["without"]).all()
    pairs = inner.groupby("without")["target"].agg(lambda found: sorted(set(found))).to_dict()
    assert pairs == {"East": ["North", "South", "West"], "North": ["East", "South", "West"]}
    assert set(inner["method"]) == {"balanced"}
    chosen = {(c["method"], c["target"]): c["setting"] for c in table1.entry.json("facts.json")["chosen"]}
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
    assert rows["method"].value_counts().to_dict() == {"balanced": 2, "vae": 2, "untouched": 2, "constant": 2}
    chosen = {(c["method"], c["target"]): c["setting"] for c in table1.entry.json("facts.json")["chosen"]}
    for _, row in rows.iterrows():
        assert json.loads(row["setting"]) == chosen.get((row["method"], row["target"]), {})


def test_table1_prints_the_trials(table1) -> None:
    table = markdown(table1.text)
    assert table["method"] == ["East", "North", "mean"]
    assert set(table) == {
        "method", "---", "VAE", "Balanced diffusion", "Real rows, untouched", "Always the same answer"
    }  # fmt: skip
    numbers = told(table1.rows).assign(method=table1.rows["method"], target=table1.rows["target"])
    titles = {"vae": "VAE", "balanced": "Balanced diffusion", "untouched": "Real rows, untouched"}
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


@pytest.mark.parametrize("methods", ["vae", "untouched"])
def test_table1_of_methods_without_a_dial(capsys, tmp_path, monkeypatch, methods) -> None:
    monkeypatch.setattr(Plan, "about", property(lambda plan: dict(TINY)))
    assert "Real rows, untouched" in ok(capsys, "table1", *QUICK, "--methods", methods, "--out", tmp_path / "out")


# trial


def test_a_trial_is_stored_unless_fresh(capsys, cache) -> None:
    command = [*TRIAL, "--method", "reweighing", "--setting", '{"share": 0.5}', "--classifier", "logistic_regression"]
    stored = cache / "store" / "trial"
    first = ok(capsys, *command, "--fresh")
    assert not stored.exists()
    second, third = ok(capsys, *command), ok(capsys, *command)
    assert len(list(stored.glob("*"))) == 1
    assert ok(capsys, *command, "--fresh") == first == second == third
    (path,) = stored.glob("*")
    state = json.loads((path / "result.json").read_text())
    wanted = counts_of(json.loads(first))
    table = np.array(state["table"])
    assert {f"n_{k}_{y}_{p}": table[0, k, y, p] for k in (0, 1) for y in (0, 1) for p in (0, 1)} == wanted


def test_a_method_with_its_own_model_says_which(capsys) -> None:
    setting = '{"constraint": "dp", "weight": 0.1}'
    answer = json.loads(ok(capsys, *TRIAL, "--method", "fairret", "--setting", setting))
    assert answer["trial"]["classifier"] == "mlp"


# bad input

REWEIGHING, FADM = ["--method", "reweighing"], ["--method", "fadm_dp"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--method", "wat"], ["No method 'wat'", "'fadm_dp'"]),
        ([], ["--method"]),
        ([*REWEIGHING, "--target", "Mars"], ["no domain 'Mars'", "'East'"]),
        ([*FADM, "--target", "Mars"], ["no domain 'Mars'"]),
        ([*REWEIGHING, "--target", "all"], ["no domain 'all'"]),
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
        ("fadm_dp", '{"lambda_q": 1}'),
        ("fadm_dp", '{"lambda_z": "much"}'),
        ("fadm_dp", '{"n_steps": 3}'),
        ("preview_dp", '{"lambda_q": 1}'),
        ("balanced", '{"share": "all"}'),
        ("balanced", '{"n_steps": 3}'),
        ("fairgan", '{"fairness": "much"}'),
        ("overwrite", '{"share": 0.2, "label": 7}'),
        ("reweighing", '{"share": NaN}'),
        ("exponentiated_gradient", '{"constraint": "wat", "bound": 0.1}'),
        ("grid_search", '{"constraint": "dp", "index": 99}'),
        ("threshold_optimizer", '{"constraint": "wat"}'),
    ],
)
def test_trial_refuses_a_setting_the_method_does_not_have(capsys, tmp_path, method, setting) -> None:
    command = [*TRIAL, "--classifier", "logistic_regression"]
    refused(capsys, tmp_path, [*command, "--method", method, "--setting", setting])


@pytest.mark.parametrize("command", ["frontier", "table1"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--methods", "fadm_dp,wat"], ["No method 'wat'", "'fadm_dp'"]),
        (["--methods", "fadm_dp,"], ["--methods is 'fadm_dp,'"]),
        (["--classifiers", "mlp,wat"], ["No classifier 'wat'"]),
        (["--seeds", "0"], ["seeds is 0"]),
        (["--seeds", "1.5"], ["--seeds"]),
        (["--jobs", "0"], ["jobs is 0"]),
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
