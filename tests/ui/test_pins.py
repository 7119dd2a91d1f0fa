"""Settings that are pinned on Explore: in the table, in the link, and no more than four."""

import re

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from fairviz.data.sources import fingerprint_of
from fairviz.store.library import Library
from tests.ui.pages import ROOT, start

pytestmark = pytest.mark.usefixtures("fresh_caches")

PINNED = "dp~boosted~1~0.1~gradient_boosting"


def pinned(app: AppTest) -> pd.DataFrame | None:
    """The table, what guards it from being read as Markdown taken away."""
    found = [t.value for t in app.table if "Setting" in t.value.columns]
    return found[0].map(lambda cell: str(cell).replace("\\", "")) if found else None


def of_1000(price: float) -> int:
    """How many of 1,000 boosting on Adult is right about at a parity price: counts averaged over seeds, then the mean
    over domains, from the shipped table alone.
    """
    entry = Library().recorded(fingerprint_of("adult"))
    assert entry is not None
    rows = entry.table("trials.csv")
    told = rows["setting"].str.contains('"control": "dp"') & rows["setting"].str.contains(f'"lambda_z": {price}[,}}]')
    rows = rows[(rows["method"] == "fadm_preview") & (rows["classifier"] == "gradient_boosting") & told]
    cells = [c for c in rows.columns if re.fullmatch(r"n_\d_\d_\d", c)]
    mean = rows.groupby("target")[cells].mean()
    right = mean[[c for c in cells if c[-1] == c[-3]]].sum(axis=1) / mean.sum(axis=1)
    return round(1000 * right.mean())


def test_what_is_shown_is_pinned_and_stays_when_the_dial_moves_on() -> None:
    app = start()
    assert pinned(app) is None
    app.button(key="pin_setting").click().run()
    app.select_slider(key="price_dp").set_value(0.1).run()
    assert not app.exception
    table = pinned(app)
    assert table is not None
    assert table["Setting"].tolist() == ["Parity, λ_z 0.2, Gradient boosting", "Parity, λ_z 0.1, Gradient boosting"]
    right = [int(cell.split(" ")[0]) for cell in table["Right, of 1,000"]]
    assert right == [of_1000(0.2), of_1000(0.1)]
    assert abs(int(table["Right, against now"][0]) - (right[0] - right[1])) <= 1  # each is rounded by itself
    assert app.query_params["pins_adult"] == "dp~boosted~1~0.2~gradient_boosting"
    app.button(key="unpin_all").click().run()
    assert pinned(app) is None
    assert "pins_adult" not in app.query_params


def test_a_link_brings_its_pins_and_what_is_not_recorded_is_passed_over() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    odd = ["dp~boosted~1~0.11~gradient_boosting", "dp~nobody~1~0.1~mlp", "x", "", "dp~boosted~1~nan~mlp", PINNED]
    app.query_params["pins_adult"] = odd
    app.run()
    assert not app.exception
    table = pinned(app)
    assert table is not None
    assert table["Setting"].tolist()[:-1] == ["Parity, λ_z 0.1, Gradient boosting"]


def test_four_and_no_more() -> None:
    app = start()
    for price in (0.1, 0.125, 0.15, 0.175):
        app.select_slider(key="price_dp").set_value(price).run()
        app.button(key="pin_setting").click().run()
    app.select_slider(key="price_dp").set_value(0.2).run()
    assert app.button(key="pin_setting").disabled
    app.select_slider(key="price_dp").set_value(0.15).run()
    assert app.button(key="pin_setting").label == "Unpin"
    app.button(key="pin_setting").click().run()
    table = pinned(app)
    assert table is not None
    assert len(table) == 3 + 1


def test_pins_are_of_their_data_set() -> None:
    app = start()
    app.button(key="pin_setting").click().run()
    app.selectbox(key="data").set_value("simulated").run()
    assert pinned(app) is None
    app.selectbox(key="data").set_value("adult").run()
    assert pinned(app) is not None
