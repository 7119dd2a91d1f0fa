"""In which order trials are carried out beside the app, and for whom they are not."""

import queue
import time
from concurrent.futures import Future

import pytest

from fairviz.data import load_dataset
from fairviz.errors import JobError
from fairviz.experiments import drawer as drawer_module
from fairviz.experiments.drawer import Batch, Drawer, Wanted, _Hand
from fairviz.experiments.trial import Trial
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec


@pytest.fixture
def spec() -> FitSpec:
    return FitSpec.of(load_dataset("simulated", n=400), "East", {"n": 400})


def test_what_somebody_waits_for_goes_before_what_may_come_later(spec, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Drawer, "_open", lambda self: [])
    drawer = Drawer(Library(tmp_path / "store", tmp_path / "shipped"))
    drawer.submit([Batch(spec, later=True), Batch(spec)])
    drawer.submit([Batch(spec, later=True)])
    drawer.submit([Batch(spec)])
    order = [drawer._wanted.get_nowait() for _ in range(4)]
    assert [(one.later, one.turn) for one in order] == [(False, 1), (False, 3), (True, 0), (True, 2)]


def test_nothing_is_done_for_a_tab_that_was_closed(spec, tmp_path) -> None:
    """No worker is even started; what comes behind has its turn."""
    wanted: queue.PriorityQueue[Wanted] = queue.PriorityQueue()
    futures: list[Future] = [Future(), Future()]
    for turn, future in enumerate(futures):
        wanted.put(Wanted(False, turn, future, Batch(spec), lambda: False))
    hand = _Hand(wanted, Library(tmp_path / "store", tmp_path / "shipped"))
    end = time.monotonic() + 20
    while time.monotonic() < end and not all(future.cancelled() for future in futures):
        time.sleep(0.05)
    assert all(future.cancelled() for future in futures)
    assert hand.worker is None


def test_the_last_of_an_odd_number_of_long_batches_is_done_by_two(spec, tmp_path, monkeypatch) -> None:
    """Every trial once, and the future of the whole waits for both parts, however they end."""
    monkeypatch.setattr(Drawer, "_open", lambda self: [])
    monkeypatch.setattr(drawer_module, "AT_ONCE", 2)
    drawer = Drawer(Library(tmp_path / "store", tmp_path / "shipped"))
    trials = [Trial.of("constant", {}, "East", "logistic_regression", seed) for seed in range(9)]

    def asked(n: int) -> tuple[list[Future], list[Wanted]]:
        futures = drawer.submit([Batch(spec, trials) for _ in range(n)])
        return futures, [drawer._wanted.get_nowait() for _ in range(drawer._wanted.qsize())]

    futures, wanted = asked(4)
    assert [one.future for one in wanted] == futures
    futures, wanted = asked(3)
    assert len(futures) == 3
    assert [one.future for one in wanted[:2]] == futures[:2]
    assert [[trial.seed for trial in one.batch.trials] for one in wanted[2:]] == [[0, 2, 4, 6, 8], [1, 3, 5, 7]]
    first, second = (one.future for one in wanted[2:])
    second.set_result(None)
    assert not futures[2].done()
    first.set_result(None)
    assert futures[2].result(0) is None
    futures, wanted = asked(1)
    wanted[1].future.set_exception(JobError("the worker ended"))
    wanted[0].future.set_result(None)
    assert str(futures[0].exception(0)) == "the worker ended"
    futures, wanted = asked(1)
    assert futures[0].cancel()
    assert all(one.future.cancelled() for one in wanted)
    futures, wanted = asked(1)
    wanted[0].future.cancel()
    wanted[1].future.set_result(None)
    assert futures[0].cancelled()
    short = drawer.submit([Batch(spec, trials[:7])])
    assert [drawer._wanted.get_nowait().future] == short
