"""Drafts: what a fit in training would be if it ended now, and who gets one before whom."""

from __future__ import annotations

import json
import os
import time

import numpy as np
import pandas as pd
import pytest
import torch

from fairviz.store import jobs, key_of
from fairviz.store.checkpoints import Checkpoint, write_checkpoint
from fairviz.store.fits import load_fit
from fairviz.store.specs import FIT, FitSpec
from fairviz.synthesizers import FADM
from fairviz.synthesizers.memory import Memory
from fairviz.turn import others_first
from tests.store.fits import OPTIONS, SMALL
from tests.store.queues import fake, until


def weights(nets):
    return {name: value.clone() for name, value in nets.parameters().items()}


def test_a_draft_is_the_moving_average_of_the_weights_so_far(dataset):
    """Averaged anew here, step by step; the draft after the last step is the fit itself."""
    fit = FADM(n_iter=12, **SMALL)
    fit.memory = Memory()
    mean, last = None, None
    assert fit.draft() is None
    for step in fit.fit_steps(dataset.source_for("East")):
        now = weights(fit.nets_)
        if mean is None:
            mean = weights(fit._networks())  # the average begins where the weights do
        decay = min(0.998, step.step / (step.step + 9))
        mean = {name: decay * mean[name] + (1 - decay) * now[name] for name in mean}
        if step.step in (5, 12):
            last = fit.draft()
            for name, value in last.nets_.parameters().items():
                torch.testing.assert_close(value, mean[name], rtol=1e-5, atol=1e-6)
    assert not any(value.requires_grad for value in last.nets_.parameters().values())
    for name, value in fit.nets_.parameters().items():
        assert torch.equal(last.nets_.parameters()[name], value)
    for ours, theirs in zip(last.reference_, fit.reference_, strict=True):
        assert torch.equal(ours, theirs)


def test_everybody_has_a_draft_before_anybody_has_the_end(queue, dataset, monkeypatch):
    """One at a time, two fits: the first gives its turn up, and both end as trainings at one go."""
    monkeypatch.setenv("FAIRVIZ_TRAININGS", "1")
    specs = {t: FitSpec.of(dataset, t, OPTIONS, n_iter=200, meta="none", **SMALL) for t in ("East", "West")}
    names = dict(zip(queue.submit_all(list(specs.values())), specs, strict=True))
    drafted_at_first_end, gave_way, begun = None, set(), time.monotonic()
    while time.monotonic() - begun < 150:
        states = {job: queue.status(job) for job in names}
        drafts = {job for job in names if queue.drafted(specs[names[job]])}
        gave_way |= {job for job in drafts if states[job].state == "queued" and states[job].step >= 10}
        done = {job for job, status in states.items() if status.state == "done"}
        if drafted_at_first_end is None and done:
            drafted_at_first_end = drafts | done
        if len(done) == 2:
            break
        time.sleep(0.05)
    assert drafted_at_first_end == set(names)
    assert gave_way
    for target in names.values():
        until = time.monotonic() + 10  # the end is told just before its drafts go
        while queue.drafts(specs[target]) and time.monotonic() < until:
            time.sleep(0.05)
        assert queue.drafts(specs[target]) == []
        stored = load_fit(queue.library.get(FIT, specs[target].to_json()))
        here = FADM(**specs[target].params).fit(dataset.source_for(target))
        pd.testing.assert_frame_equal(stored.sample(200, random_state=3), here.sample(200, random_state=3))


def test_the_draft_of_a_job_that_was_stopped_stays(queue, dataset):
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=3000, **SMALL)
    job = queue.submit(spec)
    until(queue, job, lambda s: queue.drafted(spec) > 0)
    queue.cancel(job)
    until(queue, job, lambda s: not s.live)
    draft = queue.drafts(spec)[0]
    assert draft.step in (150, 600, 1500)
    fit = draft.run.fit()
    rows = fit.pool(500).rows
    assert list(rows.columns) == [*dataset.schema.features, dataset.schema.label]
    assert 0 < fit.end_of_dial("dp") < 1
    assert np.isfinite(list(fit.end_of_dial(control) for control in ("dp", "eop"))).all()


@pytest.mark.parametrize(
    ("others", "waits"),
    [
        ([], False),
        ([{"state": "queued"}], True),
        ([{"state": "running"}], False),
        ([{"state": "queued", "heartbeat": 1.0}], False),  # its worker is gone
        ([{"state": "queued", "draft": True}], False),
        ([{"state": "queued", "cancel": True}], False),
        ([{"state": "done"}, {"state": "queued"}], True),
    ],
)
def test_who_is_given_way_to(queue, others, waits):
    fake(queue, "mine", state="running")
    (queue.root / "mine" / "draft-60").mkdir()
    for k, other in enumerate(others):
        told = dict(other)
        draft, cancel = told.pop("draft", False), told.pop("cancel", False)
        fake(queue, f"other{k}", **{"heartbeat": time.time(), **told})
        if draft:
            (queue.root / f"other{k}" / "draft-60").mkdir()
        if cancel:
            (queue.root / f"other{k}" / "cancel").touch()
    assert others_first(queue.root / "mine") is waits


def test_a_damaged_draft_is_passed_over_for_the_one_before(queue, dataset):
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=2000, **SMALL)
    job = queue.submit(spec)
    until(queue, job, lambda s: queue.drafted(spec) == 400)
    queue.cancel(job)
    until(queue, job, lambda s: not s.live)
    newest = queue.drafts(spec)[0]
    path = newest.run.path / "arrays.safetensors"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert queue.drafts(spec)[0].step < newest.step
    assert json.loads((queue.root / job / "status.json").read_text())["state"] == "cancelled"
    assert os.listdir(queue.root / job).count("checkpoint") == 1
    assert jobs.JobQueue(queue.root, queue.library).drafts(spec)[0].step < newest.step


def test_a_worker_killed_before_it_has_spoken_is_seen_at_once(queue, dataset):
    """It has written no process id, so nothing but its end can tell."""
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=100_000, **SMALL)
    job = queue.submit(spec)
    queue._workers[job].kill()
    queue._workers[job].wait(20)
    assert queue.status(job).state == "interrupted"


def test_a_fit_that_was_kept_before_its_worker_died_is_done_and_not_trained_again(queue, dataset, monkeypatch):
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=8, **SMALL)
    queue.library.fit(spec, dataset)
    folder = key_of(spec.to_json())[:32]
    fake(queue, folder, state="interrupted", step=8, n_steps=8)
    assert queue.find(spec).state == "done"
    monkeypatch.setattr(jobs.JobQueue, "_spawn", lambda self, folder: pytest.fail("must not start"))
    assert queue.submit(spec) == folder


def test_nothing_of_the_steps_is_lost_once_they_are_all_done(queue, dataset):
    """Killed while the price is learnt: the next one begins at the last step and ends as a training at one go."""
    spec = FitSpec.of(dataset, "East", OPTIONS, n_iter=40, **SMALL)
    fit = FADM(**spec.params)
    fit.memory = Memory()
    for step in fit.fit_steps(dataset.source_for("East")):
        if step.step == 40:
            arrays = fit.memory.take()
            break
    folder = queue.root / key_of(spec.to_json())[:32]
    folder.mkdir(parents=True)
    write_checkpoint(folder, Checkpoint(arrays, {"seconds": 1.0, "history": [[40, 1.0, 1.0, 1.0]], "n_steps": 40}))
    job = queue.submit(spec)
    last = until(queue, job, lambda s: not s.live)
    assert (last.state, last.step, last.history) == ("done", 40, [[40, 1.0, 1.0, 1.0]])
    here = FADM(**spec.params).fit(dataset.source_for("East"))
    stored = load_fit(queue.library.get(FIT, spec.to_json()))
    pd.testing.assert_frame_equal(stored.sample(200, random_state=3), here.sample(200, random_state=3))
