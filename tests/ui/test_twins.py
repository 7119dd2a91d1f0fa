"""Tables that differ in one cell, side by side: every one has its own fingerprint, and a page shows its own numbers."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from fairviz.data.own import OwnStore
from fairviz.data.roles import Division, Label, Roles
from fairviz.data.sources import OWN, load_dataset
from fairviz.ui.parts import loading
from tests.ui.pages import drawn, sentence, start

pytestmark = pytest.mark.usefixtures("fresh_caches")
N = 60_000
ROLES = Roles(Label("granted", ("yes",)), Division(("sex",)), Division(("office",)))
ENDS = {"dp": {"north": 0.1}, "eop": {"north": 0.1}}


def original() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    sex, office = rng.choice(["f", "m"], N), rng.choice(["north", "south", "west"], N)
    merit = np.round(rng.normal(size=N), 2)
    hours = np.round(30 + 8 * (sex == "m") + 5 * rng.normal(size=N))
    granted = np.where(merit - 0.5 * (sex == "f") + rng.normal(size=N) > 0, "yes", "no")
    return pd.DataFrame({"granted": granted, "sex": sex, "office": office, "merit": merit, "hours": hours})


def twins() -> dict[str, pd.DataFrame]:
    """The table, one with another answer to one woman in the north, to one man there, and with another merit."""
    frame = original()
    north = (frame["office"] == "north") & (frame["granted"] == "no")
    woman, man = (frame.index[north & (frame["sex"] == sex)][7] for sex in ("f", "m"))
    made = {"as it is": frame}
    for name, row, column, value in (
        ("a woman", woman, "granted", "yes"), ("a man", man, "granted", "yes"), ("a merit", woman, "merit", 9.0),
    ):  # fmt: skip
        made[name] = frame.copy()
        made[name].loc[row, column] = value
        assert (made[name] != frame).sum().sum() == 1
    return made


@pytest.fixture
def kept(tmp_path, monkeypatch) -> dict[str, str]:
    """Ids of the twins by name, all of one size."""
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "cache"))
    ids = {}
    for name, frame in twins().items():
        text = io.StringIO()
        frame.to_csv(text, index=False)
        own = OwnStore().add(name, ROLES, "this machine", data=text.getvalue().encode(), held_out=("north",), ends=ENDS)
        ids[name] = own.id
    return ids


def yes_in_the_north(frame: pd.DataFrame) -> dict[str, int]:
    part = frame[(frame["office"] == "north") & (frame["granted"] == "yes")]
    return part["sex"].value_counts().to_dict()


def test_fingerprints_rows_and_counts_are_each_ones_own(kept) -> None:
    prints = set()
    for name, frame in twins().items():
        options = f'{{"id": "{kept[name]}"}}'
        dataset = loading.rows(OWN, options)
        prints.add(dataset.fingerprint())
        pd.testing.assert_frame_equal(
            dataset.frame[frame.columns].astype(frame.dtypes), frame, check_dtype=False, check_categorical=False
        )
        counts = pd.DataFrame(loading.published_facts(OWN, options)["counts"])
        north = counts[(counts["domain"] == "north") & (counts["label"] == 1)]
        assert dict(zip(north["group"], north["n"], strict=True)) == yes_in_the_north(frame)
        assert load_dataset(OWN, id=kept[name]).fingerprint() in prints
    assert len(prints) == 4


def test_pages_open_at_the_same_time_show_each_ones_own_numbers(kept) -> None:
    """The counts under the charts tell one cell from another; sessions are asked in turn, twice."""
    frames = twins()
    pages = {name: start(data=kept[name]) for name in ("as it is", "a woman")}
    for app in pages.values():
        drawn(app)
    for _ in range(2):
        for name, app in pages.items():
            app.run()
            assert not app.exception
            assert "people of an office" in sentence(app)
            shown = next(d.value for d in app.dataframe if "truly yes" in d.value.columns)
            told = dict(zip(shown["group"], shown["truly yes"], strict=True))
            assert told == yes_in_the_north(frames[name])
            assert shown["people"].sum() == (frames[name]["office"] == "north").sum()
