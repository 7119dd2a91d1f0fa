"""A run of many trials: each of them once, told as they come, going on where it stopped."""

import numpy as np
import pytest

from fairviz.errors import JobError
from fairviz.experiments.bench import Bench
from fairviz.experiments.runner import run
from fairviz.experiments.trial import Trial
from fairviz.experiments.where import Where
from fairviz.mitigation import MITIGATIONS
from tests.experiments.trials import compute, empty, trial


def carried_out(steps) -> tuple[dict[Trial, np.ndarray], int, list[dict]]:
    """Counts by trial, how many fits were made, and failures; each trial is told once."""
    found, fits, failures, done = {}, 0, [], 0
    for k, step in enumerate(steps):
        assert step.phase == "trials" or (step.phase == "fits" and not step.rows)
        assert step.done <= step.total
        if k == 0:
            assert step.phase == "trials"
            assert step.done == len(step.rows)  # what is stored comes first
        fits += step.phase == "fits"
        failures += step.failures
        for row in step.rows:
            one = Trial.from_row(row.about)
            assert one not in found
            found[one] = row.table
        if step.phase == "trials":
            done += len(step.rows) + len(step.failures)
            assert step.done == done
    return found, fits, failures


def mixed() -> list[Trial]:
    wanted = [trial(target=t, seed=s) for t in ("East", "North") for s in (0, 1)]
    return [*wanted, trial("reweighing", {"share": 1.0}, target="North"), trial("constant")]


def test_run_gives_every_trial_once_in_any_order(dataset, tmp_path) -> None:
    wanted, library = mixed(), empty(tmp_path)
    found, fits, failures = carried_out(run(dataset, [*wanted, wanted[0]], library))
    assert fits == 2  # the seeds share a fit
    assert failures == []
    assert set(found) == set(wanted)
    for one in wanted:
        (alone,) = compute(dataset, [one], library, fresh=True)
        assert (found[one] == alone.table).all()
    (only,) = run(dataset, wanted[::-1], empty(tmp_path))  # all is stored: nothing left to do
    assert (only.done, only.total) == (6, 6)
    assert {Trial.from_row(row.about): row.table.tolist() for row in only.rows} == {
        one: table.tolist() for one, table in found.items()
    }


def test_workers_give_the_same_counts(dataset, tmp_path) -> None:
    """Rows that no name stands for lie in the store while they are needed, and not longer."""
    alone, _, _ = carried_out(run(dataset, mixed(), empty(tmp_path / "a")))
    library, seen = empty(tmp_path / "b"), set()

    def watched():
        for step in run(dataset, mixed(), library, Where(n_jobs=2)):
            seen.update(path.name for path in library.store.root.glob("rows/*.parquet"))
            yield step

    found, fits, failures = carried_out(watched())
    assert (fits, failures) == (2, [])
    assert set(found) == set(alone)
    assert all((found[one] == alone[one]).all() for one in alone)
    assert len(seen) == 1
    assert list(library.store.root.glob("rows/*")) == []
    stored = Bench(dataset, empty(tmp_path / "b"))
    assert len(stored.library.trials.get([stored.key(one) for one in mixed()])) == len(alone)


def test_a_run_goes_on_where_it_stopped(dataset, tmp_path, monkeypatch) -> None:
    library, wanted = empty(tmp_path), [trial("reweighing", {"share": v}) for v in (0.5, 1.0, 1.5)]
    compute(dataset, wanted[:2], library)
    asked, counts = [], Bench.counts
    monkeypatch.setattr(Bench, "counts", lambda self, one: asked.append(one) or counts(self, one))
    first, *others = run(dataset, wanted, empty(tmp_path))
    assert (first.done, first.total, len(first.rows)) == (2, 3, 2)
    assert [row.about["setting"] for step in others for row in step.rows] == ['{"share": 1.5}']
    assert asked == wanted[2:]


def test_a_trial_that_cannot_be_carried_out_is_told_and_the_others_are_kept(dataset, tmp_path) -> None:
    good = [trial("reweighing", {"share": v}, target=t) for v in (0.5, 1.0) for t in ("East", "West")]
    bad = trial("reweighing", {"share": 0.75}, without="Mars")
    found, _, failures = carried_out(run(dataset, [good[0], bad, *good[1:]], empty(tmp_path)))
    assert set(found) == set(good)
    (told,) = failures
    assert Trial.from_row(told) == bad
    assert "no domain 'Mars'" in told["error"]
    _, _, again = carried_out(run(dataset, [bad], empty(tmp_path)))  # a failure is not stored
    assert again == failures


def test_an_unexpected_error_names_its_trial(dataset, tmp_path, monkeypatch) -> None:
    def broken(self, task, **_):
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr(MITIGATIONS["steering"], "answer", broken)
    with pytest.raises(JobError, match=r"steering at .*0\.25.* on 'West', seed 7.*ZeroDivisionError: in the middle"):
        list(run(dataset, [trial("steering", {"share": 0.25}, target="West", seed=7)], empty(tmp_path)))
