"""What is built once and sent again to others: the right numbers at every stop, new ones when the store changes."""

from __future__ import annotations

import re
import shutil

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from fairviz.store import ResultStore, read_entry
from fairviz.store.specs import SWEEP
from tests.ui.answers import SAID, adults_sweep, stops
from tests.ui.pages import sentence, start, status

pytestmark = pytest.mark.usefixtures("fresh_caches")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> None:
    """A user's store of the test's own."""
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "cache"))


def at(app: AppTest, stop: str) -> AppTest:
    return app.select_slider(key="price_dp").set_value(float(stop)).run()


def said(app: AppTest) -> tuple[str, ...]:
    assert not app.exception
    return SAID.search(sentence(app)).groups()


def drawn_at(app: AppTest) -> tuple[float, float]:
    """Accuracy and ratio that the trade-off chart tells to those who cannot see it."""
    text = app.get("vega_lite_chart")[0].proto.alt
    right, ratio = re.fullmatch(r"Accuracy ([\d.]+), R_DP ([\d.]+) at the present setting", text).groups()
    return float(right), float(ratio)


def test_sessions_that_share_what_is_shown_see_their_own_stop() -> None:
    """Two people cross each other's way on the dial; charts and sentences go with each one's own price."""
    known = stops(pd.read_csv(adults_sweep() / "trials.csv"))
    assert len(set(known.values())) == len(known)
    here, there = start(), start()
    for one, other in zip(list(known)[:7], list(known)[6::-1], strict=True):
        for app, stop in ((here, one), (there, other)):
            assert said(at(app, stop)) == known[stop]
            assert drawn_at(app) == pytest.approx((int(known[stop][0]) / 1000, float(known[stop][1])), abs=0.0056)


def test_results_that_come_meanwhile_replace_what_was_shown(tmp_path, monkeypatch) -> None:
    """A sweep of the first seed alone takes the place of the one that was there, while the page is open."""
    store, folder = ResultStore(tmp_path / "shipped"), adults_sweep()
    shutil.copytree(folder, store.root / SWEEP / folder.name)
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(store.root))
    app = at(start(), "0.1")
    before, shipped = said(app), read_entry(adults_sweep())
    assert "5 seeds" in status(app)
    trials = pd.read_csv(adults_sweep() / "trials.csv")
    first = trials[(trials["seed"] == 0) | ~trials["method"].str.startswith("fadm")]
    known = stops(first)["0.1"]
    assert known != before
    shutil.rmtree(store.root / SWEEP / folder.name)
    store.put(
        SWEEP, {**shipped.spec, "seeds": 1}, json_files={"facts.json": shipped.json("facts.json")},
        tables={"trials.csv": first},
    )  # fmt: skip
    app.run()
    assert "1 seeds" in status(app)
    assert said(app) == known
