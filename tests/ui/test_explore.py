"""The Explore page without a browser: every control, empty states, and results that are damaged."""

import shutil

import pytest

from fairviz.errors import StoreError
from fairviz.evaluation.metrics import axes
from fairviz.store import Entry
from fairviz.store.library import Library
from fairviz.store.specs import FIT, SWEEP
from fairviz.telling import words
from tests.ui.conftest import forget
from tests.ui.pages import ROOT, sentence, start, status

pytestmark = pytest.mark.usefixtures("fresh_caches")


def test_first_screen() -> None:
    app = start()
    assert not app.exception
    assert not app.error
    assert "48,842 people of a race" in sentence(app)
    assert app.select_slider(key="price_dp").value == 0.2
    assert [b.value for b in app.selectbox[:3]] == ["adult", "dp", "gradient_boosting"]


@pytest.mark.parametrize("control", ["dp", "eop", "entropy"])
@pytest.mark.parametrize("metric", axes())
def test_every_control_and_axis(control: str, metric: str) -> None:
    app = start()
    app.selectbox(key="control").set_value(control).run()
    app.selectbox(key="axis").set_value(metric).run()
    assert not app.exception
    assert sentence(app)
    app.select_slider(key=f"price_{control}").set_value(0.0).run()
    assert not app.exception
    assert "Without fair control" not in sentence(app)


@pytest.mark.parametrize("model", list(words.MODEL_TITLES))
def test_every_downstream_model(model: str) -> None:
    app = start()
    app.selectbox(key="model").set_value(model).run()
    assert not app.exception
    assert "right for" in sentence(app)


def test_domains_can_be_chosen_and_none_is_said() -> None:
    app = start()
    app.button_group(key="domains_adult").set_value(["White"]).run()
    assert "41,762 people" in sentence(app)
    app.button_group(key="domains_adult").set_value([]).run()
    assert not app.exception
    assert any("Choose at least one domain" in i.value for i in app.info)


def test_rows_are_drawn_only_when_asked() -> None:
    app = start()
    assert not [d for d in app.dataframe if "income" in d.value.columns]
    app.selectbox(key="rows_target_adult").set_value("White")
    app.button(key="draw").click().run()
    assert not app.exception
    table = next(d.value for d in app.dataframe if "income" in d.value.columns)
    assert len(table) == 200
    assert set(table["income"].astype(str)) == {"<=50K", ">50K"}
    app.select_slider(key="price_dp").set_value(0.3).run()  # another setting: the old rows must not stay
    assert not [d for d in app.dataframe if "income" in d.value.columns]


def test_the_command_names_the_setting() -> None:
    app = start()
    code = app.code[0].value
    assert code.startswith("fairviz trial --dataset adult")
    assert '"lambda_z": 0.2' in code
    assert '"labels": "boosted"' in code


def test_what_numbers_are_compared_with_is_said() -> None:
    """A model of as many real people as the shipped table says, whoever labels the rows of others."""
    sweep = next(e for e in Library().shipped.entries("sweep") if e.spec["dataset"]["name"] == "adult")
    trials = sweep.table("trials.csv")
    many = trials.loc[trials["method"] == "unmitigated", "n"].max()
    app = start()
    said = f"The diamond's model learnt from all people trained on (at most {many:,})."
    captions = "\n".join(c.value for c in app.caption).replace("\\", "")
    assert said in captions
    assert "These fits were meta" not in captions
    app.selectbox(key="labels").set_value("network").run()
    assert not app.exception
    captions = "\n".join(c.value for c in app.caption).replace("\\", "")
    assert said in captions
    assert "These fits were meta" in captions


def test_a_data_set_without_rows_says_how_to_get_them() -> None:
    app = start()
    app.selectbox(key="data").set_value("bank_marketing").run()
    assert not app.exception
    assert any("run 'fairviz datasets" in c.value.replace("\\", "") for c in app.caption)
    assert [b.label for b in app.button if b.key == "download_data"] == ["Download the rows"]
    app.selectbox(key="data").set_value("law_school").run()  # its publisher offers no file
    assert not app.exception
    assert any("set FAIRVIZ_DATA to a folder" in c.value.replace("\\", "") for c in app.caption)
    assert not [b for b in app.button if b.key == "download_data"]


def test_a_data_set_without_rows_and_results_says_how_to_get_them(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path))
    app = start()
    app.selectbox(key="data").set_value("bank_marketing").run()
    assert not app.exception
    assert any("not on this machine" in i.value and "fairviz datasets" in i.value for i in app.info)
    app.selectbox(key="data").set_value("law_school").run()  # its publisher offers no file
    assert not app.exception
    assert any("set FAIRVIZ_DATA to a folder" in i.value.replace("\\", "") for i in app.info)
    assert not [b for b in app.button if b.key == "download_data"]


def test_without_rows_the_dial_stops_at_recorded_prices() -> None:
    app = start()
    assert "Recorded" in status(app)
    assert any("stops at recorded prices" in c.value for c in app.caption)
    app.button_group(key="dial").set_value("Reach a goal").run()
    assert not app.exception
    assert status(app).startswith("Aimed on the other domains at R\\_DP of 0\\.9")


def test_simulated_world() -> None:
    app = start()
    app.selectbox(key="data").set_value("simulated").run()
    assert not app.exception
    assert "20,000 people of a region" in sentence(app)


def test_the_axis_follows_the_control_until_somebody_chooses() -> None:
    app = start()
    assert app.selectbox(key="axis").value == "R_DP"
    app.selectbox(key="control").set_value("eop").run()
    assert app.selectbox(key="axis").value == "R_EOp"
    app.selectbox(key="axis").set_value("dp_difference").run()
    app.selectbox(key="control").set_value("dp").run()
    assert app.selectbox(key="axis").value == "dp_difference"


def test_the_dial_ends_at_equality_and_says_so() -> None:
    app = start()
    stops = [float(option) for option in app.select_slider(key="price_dp").options]
    assert stops[-1] == pytest.approx(0.3)  # of the five fits the last reaches equality at 0.281
    assert any("0.27 to 0.28 on, rates of yes are equal" in c.value.replace("\\", "") for c in app.caption)
    app.select_slider(key="price_dp").set_value(0.3).run()
    assert any("From here on" in c.value for c in app.caption)
    app.selectbox(key="control").set_value("eop").run()
    assert float(app.select_slider(key="price_eop").options[-1]) == pytest.approx(0.024)


def test_a_link_to_a_price_without_a_stop_says_what_is_shown() -> None:
    app = start(price_dp="0.21")
    assert app.select_slider(key="price_dp").value == 0.2
    assert any("asks for λ_z 0.21" in c.value.replace("\\", "") for c in app.caption)
    app.select_slider(key="price_dp").set_value(0.1).run()
    assert not any("The link asks for" in c.value for c in app.caption)
    app = start(price_dp="0.15")
    assert app.select_slider(key="price_dp").value == 0.15
    assert not any("The link asks for" in c.value for c in app.caption)


@pytest.mark.parametrize("kind", [FIT, SWEEP])
def test_a_shipped_result_that_is_damaged_is_said(monkeypatch, tmp_path, kind: str) -> None:
    """Also one that is damaged after the page was drawn; and the page is well again once it is restored."""
    shutil.copytree(ROOT / "pretrained", tmp_path / "shipped")
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path / "shipped"))
    forget()  # what another test draws in the background may have opened the other folder meanwhile
    app = start()
    assert not app.warning
    entry = next(e for e in Library().shipped.entries(kind) if e.spec["dataset"]["name"] == "adult")
    name = next(n for n in entry.files if n.endswith((".csv", ".safetensors")))
    whole = (entry.path / name).read_bytes()
    (entry.path / name).write_bytes(whole[:-1])
    app.run()
    assert not app.exception
    (told,) = [w.value.replace("\\", "") for w in app.warning]
    assert f"A result that ships with fairviz is damaged and left out: {entry.path}: {name} has" in told
    (entry.path / name).write_bytes(whole)
    app.run()
    assert not app.exception
    assert not app.warning
    assert status(app).startswith("Recorded")


def test_a_result_damaged_while_it_is_read(monkeypatch) -> None:
    def broken(self: Entry, *_: object) -> None:
        raise StoreError("there: trials.csv was altered. Make it again.")

    with monkeypatch.context() as patch:
        patch.setattr(Entry, "table", broken)
        app = start()
        assert not app.exception
        assert [e.value.replace("\\", "") for e in app.error] == ["there: trials.csv was altered. Make it again."]
    app.run()
    assert status(app).startswith("Recorded")
