"""What is chosen stands in the address by stable ids; addresses of earlier versions are still understood."""

from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from fairviz.controls import CONTROLS
from fairviz.data.sets import DATASETS
from fairviz.data.sources import fingerprint_of
from fairviz.evaluation.metrics import METRICS


def page() -> None:
    from fairviz.ui import explore

    explore.page()


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def link(app: AppTest) -> dict[str, list[str]]:
    return {name: value if isinstance(value, list) else [value] for name, value in app.query_params.items()}


def test_a_fresh_page_has_nothing_in_its_address() -> None:
    assert link(opened()) == {}


def test_ids_stand_in_the_address_never_words() -> None:
    app = opened()
    app.selectbox(key="control").set_value("eop").run()
    app.selectbox(key="model").set_value("logistic_regression").run()
    app.selectbox(key="axis").set_value("R_PP").run()
    assert not app.exception
    assert link(app) == {"control": ["eop"], "model": ["logistic_regression"], "axis": ["R_PP"]}
    again = opened(control="eop", model="logistic_regression", axis="R_PP")
    assert [again.selectbox(key=k).value for k in ("control", "model", "axis")] == [
        "eop",
        "logistic_regression",
        "R_PP",
    ]
    assert link(again) == link(app)


def test_the_dial_stands_where_the_address_says() -> None:
    app = opened(price_dp="0.1")
    assert app.session_state["price_dp"] == pytest.approx(0.1)
    assert link(app) == {"price_dp": ["0.1"]}


def test_links_of_earlier_versions_held_words() -> None:
    app = opened(
        data=DATASETS["simulated"].title, control=CONTROLS["eop"].title, model="Small neural network",
        axis=METRICS["R_DP"].short,
    )  # fmt: skip
    assert not app.exception
    found = [app.selectbox(key=key).value for key in ("data", "control", "model", "axis")]
    assert found == ["simulated", "eop", "mlp", "R_DP"]
    assert link(app) == {"data": ["simulated"], "control": ["eop"], "model": ["mlp"], "axis": ["R_DP"]}


def test_what_means_nothing_is_passed_over_and_leaves_the_address() -> None:
    app = opened(control="nonsense", model="", price_dp="many", data="atlantis")
    assert not app.exception
    assert app.selectbox(key="data").value == "adult"
    assert app.selectbox(key="control").value == "dp"
    assert link(app) == {}


def test_domains_that_are_left_out_stand_in_the_address() -> None:
    app = opened(domains_adult=["Black", "Other"])
    assert sorted(app.button_group(key="domains_adult").value) == ["Black", "Other"]
    assert link(app) == {"domains_adult": ["Black", "Other"]}


def test_a_run_with_the_address_of_before_changes_nothing() -> None:
    """A browser may not yet have heard of the last action when the next one is sent."""
    app = opened(data="simulated", price_dp="0.1")
    old = dict(app.query_params)
    app.selectbox(key="model").set_value("mlp").run()
    app.query_params.clear()
    app.query_params.update(old)
    app.selectbox(key="axis").set_value("R_EOp").run()
    assert [app.selectbox(key=key).value for key in ("data", "model", "axis")] == ["simulated", "mlp", "R_EOp"]
    app.query_params.clear()
    app.session_state["price_dp"] = 0.05
    app.run()
    assert app.session_state["price_dp"] == pytest.approx(0.05)
    assert link(app)["price_dp"] == ["0.05"]
    assert link(app)["data"] == ["simulated"]


def test_a_domain_named_twice_is_one() -> None:
    app = opened(data="simulated", domains_simulated=["East", "East", "North"])
    assert not app.exception
    assert app.button_group(key="domains_simulated").value == ["East", "North"]


def test_a_price_that_was_hidden_is_not_taken_for_a_link() -> None:
    app = opened(data="simulated", control="eop")
    app.slider(key="price_eop").set_value(0.012).run()
    app.selectbox(key="control").set_value("dp").run()
    assert "price_eop" not in link(app)
    app.selectbox(key="control").set_value("eop").run()
    assert app.session_state["price_eop"] == pytest.approx(0.012)
    app.selectbox(key="control").set_value("dp").run()
    app.selectbox(key="data").set_value("law_school").run()
    app.selectbox(key="control").set_value("eop").run()
    assert not app.exception
    assert not any("The link asks" in c.value for c in app.caption)


def test_a_link_that_names_no_axis_leaves_it_to_the_control() -> None:
    app = opened(axis="nonsense", control="eop")
    assert app.selectbox(key="axis").value == "R_EOp"
    assert link(app) == {"control": ["eop"]}


def whole(app: AppTest) -> tuple[str, dict[str, list[str]]]:
    """The link that the page offers, taken apart by the standard library."""
    code = next(c.value for c in app.code if "v=1" in c.value)
    address, _, query = code.partition("?")
    return address, parse_qs(query, strict_parsing=True)


def test_the_link_to_a_view_writes_everything_out() -> None:
    """Defaults too, with its version and the rows; opened elsewhere it shows the same, and the address stays short."""
    app = opened(data="simulated", price_dp="0.1")
    _, told = whole(app)
    assert told.pop("rows") == [fingerprint_of("simulated")[:12]]
    assert told == {
        "v": ["1"], "data": ["simulated"], "dial": ["price"], "control": ["dp"], "model": ["gradient_boosting"],
        "strength": ["1"], "labels": ["boosted"], "price_dp": ["0.1"], "axis": ["R_DP"],
        "domains_simulated": ["East", "North", "South", "West"], "bias": ["1"], "proxy": ["1"], "shift": ["1"],
    }  # fmt: skip
    again = opened(**told, rows=fingerprint_of("simulated")[:12])
    assert sentence(again) == sentence(app)
    assert warned(again) == ""
    assert link(again) == {"data": ["simulated"], "price_dp": ["0.1"]}


def sentence(app: AppTest) -> str:
    return next(m.value for m in app.markdown if m.value.startswith("Tested on"))


def warned(app: AppTest) -> str:
    """What is said of the link; results that other tests have left in the cache are another matter."""
    return " ".join(w.value for w in app.warning if w.icon == ":material/link_off:").replace("\\", "")


def test_a_link_that_asks_for_what_is_not_here_says_so_until_something_else_is_chosen() -> None:
    app = opened(model="forest", domains_adult=["White", "Atlantis"])
    told = "asks for forest (Trained on synthetic rows), which is not here. Shown instead: Gradient boosting."
    assert told in warned(app)
    assert "The link asks for Atlantis (Held out and tested on), which is not here. Shown instead: White." in warned(
        app
    )
    app.selectbox(key="axis").set_value("R_EOp").run()
    assert "forest" in warned(app)
    app.selectbox(key="model").set_value("mlp").run()
    assert "forest" not in warned(app)
    assert "Atlantis" in warned(app)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"rows": "0123456789ab"}, "about other rows than those here"),
        ({"v": "7"}, "of version 7; this fairviz reads version 1"),
        ({"rows": fingerprint_of("adult")[:12], "v": "1"}, ""),
        ({"v": "one"}, ""),
    ],
)
def test_other_rows_and_later_versions_are_said(query: dict[str, str], words: str) -> None:
    app = opened(**query)
    assert words in warned(app)
    assert bool(warned(app)) == bool(words)
    assert link(app) == {}
    app.selectbox(key="data").set_value("law_school").run()
    assert "other rows" not in warned(app)


def test_markup_in_a_link_stays_text() -> None:
    app = opened(control="![x](http://example.invalid/x.png)")
    assert any("\\!\\[x\\]\\(" in warning.value for warning in app.warning)
