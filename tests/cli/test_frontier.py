"""``fairviz frontier`` end to end on the simulated set: table, text and JSON agree, and anyone can run it again."""

import json
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from fairviz import __version__
from fairviz.data import load_dataset
from fairviz.errors import SettingError
from fairviz.experiments.plan import Plan
from fairviz.experiments.trial import Trial
from fairviz.mitigation.reweighing import Reweighing
from fairviz.store import ResultStore, key_of
from fairviz.store.library import Library
from fairviz.synthesizers.hyper import PRESETS, Preset
from tests.cli.commands import ok
from tests.cli.comparisons import GROUPS, OUTCOMES, QUICK, TINY, counts_of, of_row, told
from tests.markdown import cells


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
    first = cells(frontier.text.split("gradient_boosting, R_EOp")[0])
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


def test_the_key_is_that_of_the_trials_listed(frontier) -> None:
    fingerprint = load_dataset("simulated").fingerprint()
    listed = [Trial.from_row(row) for row in frontier.rows.to_dict("records")]
    assert key_of({"keys": sorted(t.key(fingerprint) for t in listed)}) == frontier.entry.spec["trials"]


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


def test_a_published_table_is_extended(tmp_path, monkeypatch, capsys):
    """On another machine, whose store is empty: what is published is taken, what is new is computed."""
    monkeypatch.setattr(Plan, "about", property(lambda plan: dict(TINY)))
    argv = ["frontier", *QUICK, "--out", tmp_path / "out", "--json"]
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "here"))
    first = json.loads(ok(capsys, *argv, "--methods", "unmitigated,constant"))
    (before,) = ResultStore(tmp_path / "out").entries("frontier")
    old = before.table("trials.csv")
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "there"))
    more = ["--methods", "unmitigated,constant,overwrite"]
    second = json.loads(ok(capsys, *argv, *more, "--extend"))
    (entry,) = ResultStore(tmp_path / "out").entries("frontier")
    new = entry.table("trials.csv")
    assert (first["trials_computed"], second["trials_computed"]) == (len(old), len(new) - len(old))
    assert 0 < second["trials_computed"] < len(new)
    pd.testing.assert_frame_equal(new[new["method"].isin(set(old["method"]))].reset_index(drop=True), old)
    # trials of a preset that means another training by now are not taken
    dials = "fadm_soft_eop,constant"  # a trial of each for two targets
    computed = []
    for n_iter, methods in ((20, dials), (20, f"{dials},unmitigated"), (30, f"{dials},unmitigated")):
        monkeypatch.setitem(PRESETS, "fairviz", Preset("short", {"meta": "none", "n_iter": n_iter}, {}))
        monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / f"presets {len(computed)}"))
        answer = ok(capsys, *argv, "--methods", methods, "--out", tmp_path / "presets", "--extend")
        computed.append(json.loads(answer)["trials_computed"])
    assert computed == [4, 2, 2]
    # all anew, unless it is asked for
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "elsewhere"))
    assert json.loads(ok(capsys, *argv, *more, "--out", tmp_path / "other"))["trials_computed"] == len(new)
