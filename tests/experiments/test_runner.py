"""The runner: the same counts on every backend, resuming, failures told, dead workers replaced."""

import os

import numpy as np
import pandas as pd
import pytest
from joblib.externals.loky import get_reusable_executor

from fairviz.data import Schema
from fairviz.data.dataset import DomainDataset
from fairviz.errors import JobError, SettingError
from fairviz.experiments.runner import Step, run
from fairviz.experiments.trial import Trial
from fairviz.experiments.where import Where
from fairviz.store.library import Library
from tests.outside import install

SCHEMA = Schema(("x", "c"), "label", "yes", "group", "place")


def people(n: int = 600, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b"], n)
    x = rng.normal(size=n) + (group == "a")
    return pd.DataFrame(
        {
            "x": x, "c": np.where(rng.random(n) < 0.3 + 0.4 * (group == "a"), "u", "v"),
            "label": np.where(x + rng.normal(size=n) > 0.5, "yes", "no"), "group": group,
            "place": rng.choice(["p", "q", "r"], n),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> DomainDataset:
    """Rows that no built-in set has, so that workers get them through the store."""
    return DomainDataset.from_frame("own", people(), SCHEMA)


def trials() -> list[Trial]:
    settings = [
        ("unmitigated", {}), ("constant", {}), ("reweighing", {"share": 1.0}), ("overwrite", {"share": 0.2}),
        ("tilted", {"control": "dp", "lambda_z": 0.1}), ("fadm", {}), ("fadm", {"control": "dp", "lambda_z": 0.1}),
        ("fadm_preview", {"control": "eop", "lambda_z": 0.05}),
    ]  # fmt: skip
    return [
        Trial.of(method, setting, target, "logistic_regression", seed, n=300, n_steps=5,
                 n_iter=15 if method.startswith("fadm") else 0)
        for method, setting in settings
        for target in ("p", "q")
        for seed in (0, 1)
    ]  # fmt: skip


def library(folder) -> Library:
    return Library(folder / "store", folder / "none")


def counted(steps: list[Step]) -> dict[str, list]:
    return {row.key: row.table.tolist() for step in steps for row in step.rows}


@pytest.fixture(scope="module")
def here(dataset, tmp_path_factory) -> dict[str, list]:
    """Counts from this process alone."""
    return counted(list(run(dataset, trials(), library(tmp_path_factory.mktemp("here")))))


def test_two_local_workers_count_the_same(dataset, tmp_path, here) -> None:
    steps = list(run(dataset, trials(), library(tmp_path), Where(n_jobs=2)))
    assert counted(steps) == here
    assert len(here) == len(trials())
    assert {step.phase for step in steps} == {"fits", "trials"}
    assert steps[-1].done == steps[-1].total == len(trials())
    assert not list((tmp_path / "store").glob("rows/*"))  # nobody's rows stay behind


def test_two_dask_workers_count_the_same(dataset, tmp_path, here) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        where = Where("dask", scheduler=cluster.scheduler_address)
        steps = list(run(dataset, trials(), library(tmp_path), where))
    assert counted(steps) == here
    again = list(run(dataset, trials(), library(tmp_path)))  # results are in the store, not with the scheduler
    assert [step.done for step in again] == [len(trials())]
    assert counted(again) == here


def test_a_run_goes_on_where_it_stopped(dataset, tmp_path, here) -> None:
    for step in run(dataset, trials(), library(tmp_path)):
        if step.phase == "trials" and step.done >= 10:
            break
    steps = list(run(dataset, trials(), library(tmp_path)))
    assert 10 <= steps[0].done < len(trials())
    assert counted(steps) == here


def test_a_known_error_is_a_record_and_the_others_go_on(tmp_path) -> None:
    """Everybody outside of r has one label: the untouched model can live with that, reweighing cannot."""
    frame = people()
    frame.loc[frame["place"] != "r", "label"] = "no"
    own = DomainDataset.from_frame("own", frame, SCHEMA)
    asked = [Trial.of(m, {}, "r", "logistic_regression", 0) for m in ("unmitigated", "reweighing", "constant")]
    steps = list(run(own, asked, library(tmp_path)))
    failures = [failure for step in steps for failure in step.failures]
    assert [(f["method"], "one class only" in f["error"]) for f in failures] == [("reweighing", True)]
    assert {row.about["method"] for step in steps for row in step.rows} == {"unmitigated", "constant"}


PLUGIN = """
    import os, pathlib
    import numpy as np
    from fairviz.mitigation.base import Mitigation
    from fairviz.settings import Dial

    class Broken(Mitigation):
        name = "broken"
        dials = (Dial("broken", "Broken"),)
        def answer(self, task):
            raise ZeroDivisionError("a fault")

    class Affine(Mitigation):
        name = "affine"
        dials = (Dial("affine", "Fine"),)
        def answer(self, task):
            return np.zeros(len(task.target), int)

    class Dying(Mitigation):
        name = "dying"
        dials = (Dial("dying", "Dying"),)
        def answer(self, task):
            told = pathlib.Path(os.environ["DYING_FOLDER"]) / f"{task.target.domains[0]}"
            deaths = len(list(told.parent.glob(f"{told.name}-*")))
            if deaths < int(os.environ["DEATHS"]):
                (told.parent / f"{told.name}-{deaths}").write_text("")
                os._exit(1)
            return np.ones(len(task.target), int)
"""


@pytest.fixture
def outsiders(tmp_path, monkeypatch) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "deaths").mkdir()
    monkeypatch.setenv("DYING_FOLDER", str(tmp_path / "deaths"))
    get_reusable_executor().shutdown(wait=True)  # workers of an earlier test have another path
    points = {name.lower(): f"outsiders:{name}" for name in ("Affine", "Broken", "Dying")}
    install(tmp_path / "outside", monkeypatch, "outsiders", PLUGIN, {"fairviz.mitigations": points})


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_unexpected_error_stops_the_run_and_names_the_trial(dataset, tmp_path, outsiders, n_jobs: int) -> None:
    asked = [Trial.of("broken", {}, target, "logistic_regression", 7) for target in ("p", "q")]
    with pytest.raises(JobError, match=r"trial broken at \{\} on '[pq]', seed 7 ended unexpectedly: ZeroDivisionError"):
        list(run(dataset, asked, library(tmp_path), Where(n_jobs=n_jobs)))


def test_what_a_dead_worker_had_begun_is_begun_again(dataset, tmp_path, outsiders, monkeypatch) -> None:
    monkeypatch.setenv("DEATHS", "1")
    asked = [Trial.of(m, {}, t, "logistic_regression", 0) for m in ("dying", "constant") for t in ("p", "q")]
    steps = list(run(dataset, asked[:1] + asked[2:], library(tmp_path), Where(n_jobs=2)))
    found = {(row.about["method"], row.about["target"]): row.table for step in steps for row in step.rows}
    assert set(found) == {("dying", "p"), ("constant", "p"), ("constant", "q")}
    assert found["dying", "p"][..., 0].sum() == 0  # yes to everybody
    assert os.listdir(tmp_path / "deaths") == ["p-0"]


def test_workers_that_die_again_and_again_are_told(dataset, tmp_path, outsiders, monkeypatch) -> None:
    monkeypatch.setenv("DEATHS", "100")
    asked = [Trial.of("dying", {}, "p", "logistic_regression", 0), Trial.of("constant", {}, "q", "mlp", 0)]
    with pytest.raises(JobError, match="A worker died 3 times"):
        list(run(dataset, asked, library(tmp_path), Where(n_jobs=2)))


def test_nobody_at_the_scheduler_s_address(dataset, tmp_path) -> None:
    pytest.importorskip("distributed")
    where = Where("dask", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(SettingError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        list(run(dataset, trials()[:1], library(tmp_path), where))
