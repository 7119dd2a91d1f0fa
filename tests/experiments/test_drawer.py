"""In which order trials are carried out beside the app, and for whom they are not."""

import queue
import time
from concurrent.futures import Future

import pytest

from fairviz.data import load_dataset
from fairviz.experiments.drawer import Batch, Drawer, Wanted, _Hand
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
