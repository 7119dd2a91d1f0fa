"""What pages keep in memory: until a store changes, and each function its own."""

import pytest

from fairviz.store import ResultStore
from fairviz.store.library import Library
from fairviz.store.specs import FIT, SWEEP
from fairviz.ui.parts import loading
from tests.store.fits import sweep


@pytest.fixture
def store(tmp_path, monkeypatch) -> ResultStore:
    """The user's store, behind pages that ask for it anew."""
    library = Library(tmp_path / "mine", tmp_path / "shipped")
    monkeypatch.setattr(loading, "library", lambda: library)
    return library.store


def test_kept_until_an_entry_of_its_kind_comes(store) -> None:
    asked = []

    @loading.stamped(SWEEP)
    def read(name: str) -> int:
        asked.append(name)
        return len(list(store.entries(SWEEP)))

    assert [read("a"), read("a"), read("b")] == [0, 0, 0]
    assert asked == ["a", "b"]
    store.put(SWEEP, {"dataset": {"name": "x", "fingerprint": "f"}}, **sweep(1))
    assert [read("a"), read("a")] == [1, 1]
    assert asked == ["a", "b", "a"]
    store.put(FIT, {"of": "another kind"}, json_files={"fit.json": {}}, arrays={})
    assert read("a") == 1
    assert asked == ["a", "b", "a"]


def test_two_functions_do_not_answer_for_each_other(store) -> None:
    @loading.stamped(SWEEP)
    def one(name: str) -> str:
        return f"one {name}"

    @loading.stamped(SWEEP)
    def two(name: str) -> str:
        return f"two {name}"

    assert [one("a"), two("a")] == ["one a", "two a"]


def test_within_a_run_of_a_page_the_files_are_looked_at_once(store, monkeypatch) -> None:
    """And again in the next: what came meanwhile is shown then."""
    state: dict = {}
    monkeypatch.setattr(loading.st, "session_state", state)
    monkeypatch.setattr(loading, "get_script_run_ctx", lambda **_: object())  # as if a page ran
    loading.look_again()
    first = loading.stamp(SWEEP)
    store.put(SWEEP, {"dataset": {"name": "x", "fingerprint": "f"}}, **sweep(1))
    assert loading.stamp(SWEEP) == first
    loading.look_again()
    assert loading.stamp(SWEEP) != first
    monkeypatch.setattr(loading, "get_script_run_ctx", lambda **_: None)  # a thread beside it asks each time
    now = loading.stamp(SWEEP)
    store.put(SWEEP, {"dataset": {"name": "y", "fingerprint": "g"}}, **sweep(1))
    assert loading.stamp(SWEEP) != now
