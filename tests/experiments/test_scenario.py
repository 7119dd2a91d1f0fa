"""A view as a file: it holds what was shown, gives the same counts again, and foreign files are refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.data import load_dataset
from fairviz.data.own import OwnStore
from fairviz.data.roles import Division, Label, Roles
from fairviz.data.sources import OWN
from fairviz.errors import DataError, SettingError
from fairviz.experiments.bench import Bench
from fairviz.experiments.scenario import Scenario, read_scenario
from fairviz.experiments.trial import Trial, table_of
from fairviz.store.library import Library
from tests.people import GOOD

SMALL = {"n": 400}
ROLES = Roles(Label("paid", ("yes",)), Division(("sex",)), Division(("town",)))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "cache"))


def simulated(tmp_path) -> Scenario:
    """Two trials on real rows of the simulated world."""
    dataset = load_dataset("simulated", **SMALL)
    trials = [Trial.of(m, {}, "East", "logistic_regression", 0, n=200) for m in ("unmitigated", "constant")]
    rows = Bench(dataset, Library(tmp_path / "first"), SMALL).compute(trials)
    return Scenario.of("simulated", SMALL, table_of(rows), {"data": ["simulated"], "price_dp": ["0.1"]})


def own(tmp_path) -> Scenario:
    kept = OwnStore().add("People", ROLES, "me", data=GOOD, held_out=("West",))
    dataset = load_dataset(OWN, id=kept.id)
    trials = [Trial.of("unmitigated", {}, "West", "logistic_regression", 0, n=200)]
    rows = Bench(dataset, Library(tmp_path / "first"), {"id": kept.id}).compute(trials)
    return Scenario.of(OWN, {"id": kept.id}, table_of(rows), {"data": [kept.id], "axis": ["R_DP"]})


def written(tmp_path, scenario: Scenario):
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(scenario.to_json()))
    return path


@pytest.mark.parametrize("make", [simulated, own])
def test_through_a_file_and_back(tmp_path, make) -> None:
    scenario = make(tmp_path)
    again = read_scenario(written(tmp_path, scenario))
    pd.testing.assert_frame_equal(again.rows, scenario.rows, check_dtype=False)
    assert (again.dataset, again.options, again.fingerprint) == (
        scenario.dataset, scenario.options, scenario.fingerprint,
    )  # fmt: skip
    assert (again.address, again.own) == (scenario.address, json.loads(json.dumps(scenario.own)))


def test_a_scenario_of_an_own_table_names_neither_its_rows_nor_its_link(tmp_path) -> None:
    """No cell of the table and no id by which it could be opened."""
    scenario = own(tmp_path)
    text = json.dumps(scenario.to_json())
    (kept,) = OwnStore().of("me")
    assert kept.id not in text
    assert "cook" not in text
    assert scenario.address == {"axis": ["R_DP"]}


def test_the_command_gives_the_same_counts_again(tmp_path, capsys, monkeypatch) -> None:
    """In an empty cache, so that everything is computed anew."""
    scenario = simulated(tmp_path)
    path, out = written(tmp_path, scenario), tmp_path / "rows.csv"
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "empty"))
    assert main(["run", str(path), "--out", str(out)]) == 0
    assert "2 trials, every count as in the scenario" in capsys.readouterr().err
    found = pd.read_csv(out, keep_default_na=False).sort_values("method", ignore_index=True)
    wanted = scenario.rows.sort_values("method", ignore_index=True)
    counts = [name for name in wanted.columns if name.startswith("n_") and name[2].isdigit()]
    assert len(counts) == 8
    assert np.array_equal(found[counts], wanted[counts])


def test_other_counts_are_said(tmp_path, capsys) -> None:
    about = simulated(tmp_path).to_json()
    about["trials"][1]["n_0_0_0"] += 1
    (tmp_path / "scenario.json").write_text(json.dumps(about))
    assert main(["run", str(tmp_path / "scenario.json")]) == 2
    told = capsys.readouterr().err
    assert "1 of 2 trials give other counts" in told
    assert "constant on 'East', seed 0" in told


def test_an_own_table_is_needed_and_must_be_the_same(tmp_path, capsys, monkeypatch) -> None:
    path = written(tmp_path, own(tmp_path))
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "empty"))
    assert main(["run", str(path)]) == 2
    assert "Name the file: --csv FILE" in capsys.readouterr().err
    (tmp_path / "other.csv").write_bytes(GOOD.replace(b"cook", b"chef", 1))
    assert main(["run", str(path), "--csv", str(tmp_path / "other.csv")]) == 2
    assert "not those of the scenario" in capsys.readouterr().err
    (tmp_path / "people.csv").write_bytes(GOOD)
    assert main(["run", str(path), "--csv", str(tmp_path / "people.csv")]) == 0
    assert "1 trials, every count" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda a: [], "no scenario"),
        (lambda a: {}, "no scenario"),
        (lambda a: {**a, "fairviz": 99}, "version 99"),
        (lambda a: {**a, "trials": []}, "has 0 trials"),
        (lambda a: {**a, "trials": [{}]}, "damaged"),
        (lambda a: {**a, "trials": a["trials"] * 3000}, "6,000 trials"),
        (lambda a: {**a, "address": 3}, "damaged"),
        (lambda a: {**a, "dataset": OWN}, "damaged"),
        (lambda a: {k: v for k, v in a.items() if k != "fingerprint"}, "damaged"),
    ],
)
def test_what_is_no_scenario_is_refused(tmp_path, spoil, words) -> None:
    about = spoil(simulated(tmp_path).to_json())
    (tmp_path / "scenario.json").write_text(json.dumps(about))
    with pytest.raises(SettingError, match=words):
        read_scenario(tmp_path / "scenario.json")


def test_files_that_are_no_json_and_rows_of_another_set(tmp_path) -> None:
    (tmp_path / "a.json").write_bytes(b"\x89PNG")
    with pytest.raises(SettingError, match="no JSON"):
        read_scenario(tmp_path / "a.json")
    with pytest.raises(SettingError, match="cannot be read"):
        read_scenario(tmp_path / "none.json")
    about = {**simulated(tmp_path).to_json(), "fingerprint": "0" * 64}
    with pytest.raises(DataError, match="not those of the scenario"):
        Scenario.from_json(about).load()
