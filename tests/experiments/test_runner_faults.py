"""What goes wrong in a run, on a cluster and in fits: retried, told once, named."""

import os

import pytest

from fairviz.errors import DataError, JobError
from fairviz.experiments.runner import run
from fairviz.experiments.trial import Trial
from fairviz.experiments.where import Where
from fairviz.synthesizers.tabular import TableSynthesizer
from tests.experiments.test_runner import dataset, library, outsiders  # noqa: F401


@pytest.mark.usefixtures("outsiders")
def test_what_a_dead_worker_of_a_cluster_had_begun_is_begun_again(dataset, tmp_path, monkeypatch) -> None:  # noqa: F811
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("DEATHS", "1")
    asked = [Trial.of(m, {}, t, "logistic_regression", 0) for m, t in (("dying", "p"), ("constant", "q"))]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        steps = list(run(dataset, asked, library(tmp_path), Where("dask", scheduler=cluster.scheduler_address)))
    found = {row.about["method"] for step in steps for row in step.rows}
    assert found == {"dying", "constant"}
    assert os.listdir(tmp_path / "deaths") == ["p-0"]


def test_a_fit_that_cannot_be_made_is_tried_once_and_told_for_every_trial(dataset, tmp_path, monkeypatch) -> None:  # noqa: F811
    tried = []

    def fail(self, source):
        tried.append(source)
        raise DataError("The loss is no number.")
        yield

    monkeypatch.setattr(TableSynthesizer, "fit_steps", fail)
    asked = [Trial.of(m, {}, "p", "mlp", seed, n=200, n_iter=9 * (m == "vae")) for m in ("vae", "constant")
             for seed in (0, 1, 2)]  # fmt: skip
    steps = list(run(dataset, asked, library(tmp_path)))
    failures = [failure for step in steps for failure in step.failures]
    assert [(f["method"], f["seed"], f["error"]) for f in failures] == [
        ("vae", seed, "The loss is no number.") for seed in (0, 1, 2)
    ]
    assert len(tried) == 1
    assert {row.about["seed"] for step in steps for row in step.rows} == {0, 1, 2}
    assert steps[-1].done == steps[-1].total == 6


@pytest.mark.usefixtures("outsiders")
def test_the_trial_that_ended_unexpectedly_is_named_not_the_first_of_its_task(dataset, tmp_path) -> None:  # noqa: F811
    """Those before it in its task are stored."""
    stored = Trial.of("affine", {}, "p", "logistic_regression", 0)
    asked = [stored, Trial.of("broken", {}, "p", "logistic_regression", 0)]
    with pytest.raises(JobError, match=r"trial broken at \{\} on 'p'"):
        list(run(dataset, asked, library(tmp_path)))
    assert run(dataset, [stored], library(tmp_path)).__next__().done == 1
