"""What a person holds, on the page: listed with its size, deleted piece by piece, and nothing of anybody else."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from fairviz.data.own import OwnStore
from fairviz.data.roles import Division, Label, Roles
from fairviz.data.sets import DATASETS
from fairviz.data.sources import OWN
from fairviz.store.holdings import entries_of, trainings_of
from fairviz.store.jobs import JobQueue
from fairviz.store.library import Library
from fairviz.store.specs import FRONTIER
from fairviz.ui.parts import holdings as module
from tests.store.fits import sweep
from tests.store.test_forget import PAIR, row
from tests.store.test_holdings import put, training
from tests.ui.test_data import data_page, told

pytestmark = pytest.mark.usefixtures("fresh_caches")
ROLES = Roles(Label("y", ("1",)), Division(("g",)), Division(("d",)))
HERE = "this machine"


@pytest.fixture(autouse=True)
def shipped(tmp_path, monkeypatch) -> None:
    """Nothing comes with the package."""
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path / "none"))


def kept(title: str = "Loans", owner: str = HERE, size: int = 2_400_000, fingerprint: str = "mine") -> str:
    """A table that is listed and never read; its id."""
    return OwnStore().add(title, ROLES, owner, data=b"x" * size, fingerprint=fingerprint).id


def page() -> AppTest:
    app = AppTest.from_function(data_page, default_timeout=60).run()
    assert not app.exception
    assert not app.error
    return app


def lists(app: AppTest) -> list[list[dict[str, object]]]:
    """What was made from each data set, from above."""
    return [frame.value.to_dict("records") for frame in app.dataframe]


def test_a_table_is_listed_with_everything_made_from_it() -> None:
    key = kept(fingerprint="mine")
    library, queue = Library(), JobQueue()
    entry = put(library.store, "Delhi", options={"id": key}, seconds=74.2)
    stopped = training(queue, "Lagos", {"id": key}, state="cancelled", step=300, n_steps=1200)
    (queue.root / stopped / "checkpoint").write_bytes(b"x" * 3_000_000)
    library.trials.put("mine", PAIR, [row(1), row(2)])
    library.trials.put("other", PAIR, [row(3)])
    app = page()
    size = sum(path.stat().st_size for path in entry.path.iterdir())
    ((fit, unfinished),) = lists(app)
    assert (fit["what"], fit["held_out"], fit["age"], fit["took"]) == ("Fit (fadm)", "Delhi", "today", "74 s")
    assert fit["size"] == size / 1e6
    assert (unfinished["what"], unfinished["held_out"]) == ("Training, cancelled at 25 %", "Lagos")
    text = told(app)
    assert "**Loans** · 2.4 MB · today" in text
    assert "1 fit (0.1 MB), 1 unfinished training (3.0 MB) and 2 trials (0.1 MB)" in text
    assert "**2.4 of 500 MB used** by tables; what was made from them takes 3.0 MB more." in text


def test_age_is_told_in_days() -> None:
    now = time.time()
    days = [module.age(now - 3600 * hours) for hours in (1, 23, 25, 47, 49, 24 * 30 + 1)]
    assert days == ["today", "today", "1 day ago", "1 day ago", "2 days ago", "30 days ago"]
    assert module.age(0) == ""


def test_chosen_fits_go_and_the_rest_stays() -> None:
    key, library = kept(), Library()
    east, west, south = (put(library.store, t, options={"id": key}) for t in ("East", "West", "South"))
    app = page()
    assert app.button(key=f"these_{key}").disabled
    app.multiselect(key=f"chosen_{key}").set_value([east.key, south.key]).run()
    app.button(key=f"these_{key}").click().run()
    assert not app.exception
    assert not app.error
    assert [held.key for held in entries_of(Library())] == [west.key]
    assert [line["held_out"] for line in lists(app)[0]] == ["West"]
    assert app.multiselect(key=f"chosen_{key}").value == []
    assert "1 fit (" in told(app)


def test_one_that_has_gone_meanwhile_is_said_and_the_others_go() -> None:
    key, library = kept(), Library()
    fits = [put(library.store, target, options={"id": key}) for target in ("East", "West")]
    app = page()
    app.multiselect(key=f"chosen_{key}").set_value([fit.key for fit in fits]).run()
    # another window was faster, after this page was drawn
    before = module.remove
    calls = []

    def slow(held, *where) -> None:
        calls.append(held.key)
        if len(calls) == 1:
            before(held, *where)
        before(held, *where)

    module.remove = slow
    try:
        app.button(key=f"these_{key}").click().run()
    finally:
        module.remove = before
    assert "not there any more" in app.error[0].value
    assert sorted(calls) == sorted(fit.key for fit in fits)
    assert entries_of(Library()) == []


def test_all_tables_go_but_those_of_others() -> None:
    mine, theirs = [kept("A"), kept("B", fingerprint="b")], kept("Theirs", "another", fingerprint="c")
    library, queue = Library(), JobQueue()
    for key in (*mine, theirs):
        put(library.store, "East", options={"id": key})
        training(queue, "West", {"id": key}, state="cancelled")
    compared = {"dataset": {"name": "adult", "options": {}, "fingerprint": DATASETS["adult"].fingerprint}}
    library.store.put(FRONTIER, compared, **sweep(1))
    app = page()
    assert "Theirs" not in told(app)
    assert "All 2 tables" in told(app)
    app.button(key="delete_all").click().run()
    assert not app.exception
    assert [own.id for own in OwnStore().every()] == [theirs]
    left = [*entries_of(Library()), *trainings_of(JobQueue())]
    assert [(held.name, held.options) for held in left] == [
        (OWN, {"id": theirs}), ("adult", {}), (OWN, {"id": theirs})
    ]  # fmt: skip
    assert "Your tables" not in told(app)


def test_a_title_is_no_code_and_no_id() -> None:
    """Two tables of one title; what was made from one is not listed with the other."""
    first, second = kept("![x](http://evil.example)"), kept("![x](http://evil.example)")
    put(Library().store, "<b>|`", options={"id": second})
    app = page()
    assert [[line["held_out"] for line in some] for some in lists(app)] == [["<b>|`"]]
    assert "![x]" not in told(app)
    names = app.multiselect(key=f"chosen_{second}").options
    assert names[0].startswith("Fit \\(fadm\\) without \\<b\\>\\|\\`")
    assert not [box for box in app.multiselect if box.key == f"chosen_{first}"]


def test_what_was_made_here_of_built_in_sets_is_listed_and_goes() -> None:
    library, adult = Library(), DATASETS["adult"].fingerprint
    fit = put(library.store, "White", "adult", {}, adult, seconds=12.0)
    put(library.store, "East", "simulated", {"bias": 2.0}, "told otherwise")
    put(library.store, "White", "adult", {}, "a file that is called so")
    spec = {"dataset": {"name": "adult", "options": {}, "fingerprint": adult}, "dials": [], "quick": False}
    compared = library.store.put(FRONTIER, spec, **sweep(1), made={"seconds": 600})
    app = page()
    assert [(line["what"], line["held_out"], line["took"]) for line in lists(app)[0]] == [
        ("Fit (fadm)", "White", "12 s"), ("Comparison", "", "600 s"),
    ]  # fmt: skip
    assert [line["held_out"] for line in lists(app)[1]] == ["East"]
    app.multiselect(key="chosen_adult").set_value([compared.key]).run()
    app.button(key="these_adult").click().run()
    assert not app.exception
    assert not compared.path.exists()
    assert fit.path.exists()
    assert len(entries_of(Library())) == 3


def test_what_a_server_s_people_share_none_of_them_deletes(monkeypatch) -> None:
    monkeypatch.setattr(module.mine, "owner", lambda: "somebody who came through a proxy")
    put(Library().store, "White", "adult", {}, DATASETS["adult"].fingerprint)
    app = page()
    assert [len(some) for some in lists(app)] == [1]
    assert "Everybody who uses this server shares them" in told(app)
    assert not app.multiselect
    assert not [button for button in app.button if button.key.startswith(("these_", "delete"))]


def test_a_rename_keeps_what_was_made() -> None:
    key = kept()
    put(Library().store, "East", options={"id": key})
    app = page()
    app.text_input(key=f"rename_{key}").set_value("Loans of 2024")
    app.button(key=f"renamed_{key}").click().run()
    assert "**Loans of 2024**" in told(app)
    assert [line["held_out"] for line in lists(app)[0]] == ["East"]
