"""The Explore page without a browser: every control, empty states, live numbers, background training."""

import json
import re
import shutil
import time
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from fairviz.data import load_dataset
from fairviz.data.sources import fingerprint_of
from fairviz.errors import JobError, StoreError
from fairviz.evaluation.metrics import AXES
from fairviz.jobs import JobQueue, JobStatus
from fairviz.library import FIT, SWEEP, FitSpec, Library
from fairviz.store import Entry, key_of
from fairviz.ui import common, explore

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def fresh_caches(monkeypatch):
    """Cached resources belong to the folders of one test."""
    import streamlit as st

    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)
    yield
    common.drawer().close()


def start(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def status(app: AppTest) -> str:
    """Recorded, preview or sampled, and from how much."""
    return next(c.value for c in app.caption if c.value.startswith(("Recorded ·", "Preview ·", "Sampled ·", "Aimed")))


def simulated(*domains: str) -> AppTest:
    """The page on the simulated world, whose rows are always here."""
    app = start()
    app.selectbox(key="data").set_value("simulated").run()
    if domains:
        app.button_group(key="domains_simulated").set_value(list(domains)).run()
    return app


def sentence(app: AppTest) -> str:
    return next(m.value for m in app.markdown if m.value.startswith("Tested on"))


def test_first_screen() -> None:
    app = start()
    assert not app.exception
    assert not app.error
    assert "48,842 people of a race" in sentence(app)
    assert app.select_slider(key="price_dp").value == 0.2
    assert [b.value for b in app.selectbox[:3]] == ["adult", "dp", "gradient_boosting"]


@pytest.mark.parametrize("control", ["dp", "eop", "entropy"])
@pytest.mark.parametrize("metric", AXES)
def test_every_control_and_axis(control: str, metric: str) -> None:
    app = start()
    app.selectbox(key="control").set_value(control).run()
    app.selectbox(key="axis").set_value(metric).run()
    assert not app.exception
    assert sentence(app)
    app.select_slider(key=f"price_{control}").set_value(0.0).run()
    assert not app.exception
    assert "Without fair control" not in sentence(app)


@pytest.mark.parametrize("model", list(explore.MODEL_TITLES))
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
    assert "fairviz sample --dataset adult" in code
    assert "--lambda-z 0.2" in code


def test_a_data_set_without_rows_and_results_says_how_to_get_them() -> None:
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
    assert any("not on this machine" in i.value for i in app.info)


def test_simulated_world() -> None:
    app = start()
    app.selectbox(key="data").set_value("simulated").run()
    assert not app.exception
    assert "20,000 people of a region" in sentence(app)


def test_any_price_of_the_simulated_world() -> None:
    """A recorded stop is recorded; between the stops the guided sample is drawn here."""
    app = simulated()
    assert status(app).startswith("Recorded")
    before = sentence(app)
    app.slider(key="price_dp").set_value(0.11).run()
    assert not app.exception
    assert status(app).startswith("Preview")
    drawn(app)
    assert status(app) == "Sampled · one seed of 10,000 guided rows per domain"
    assert sentence(app) != before


def drawn(app: AppTest) -> None:
    """Wait for the rows that are drawn beside the page, and show them."""
    for future in app.session_state["drawing"][1].values():
        future.result(120)
    app.run()


def test_a_moved_dial_takes_back_what_it_asked_for() -> None:
    """The next move neither waits for rows of the last one nor has them drawn."""
    app = simulated()
    app.slider(key="price_dp").set_value(0.11).run()
    first = app.session_state["drawing"][1]
    app.slider(key="price_dp").set_value(0.12).run()
    assert not app.exception
    second = app.session_state["drawing"][1]
    assert list(second) == ["East", "North", "South", "West"]
    assert sum(future.cancelled() for future in first.values()) >= 2
    drawn(app)
    assert status(app).startswith("Sampled")


def test_a_worker_that_was_killed_is_said_and_replaced() -> None:
    app = simulated("North")
    app.slider(key="price_dp").set_value(0.11).run()
    while (worker := common.drawer()._worker) is None or worker.pid is None:
        time.sleep(0.05)
    worker.kill()
    with pytest.raises(JobError, match="the worker ended"):
        app.session_state["drawing"][1]["North"].result(60)
    app.run()
    assert not app.exception
    assert any("The preview stands" in c.value for c in app.caption)
    app.slider(key="price_dp").set_value(0.12).run()
    drawn(app)
    assert status(app).startswith("Sampled")


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
    assert any("The dial ends here" in c.value for c in app.caption)
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


def test_the_preview_comes_first_and_agrees() -> None:
    """Before the guided rows are there the page stands on weights, and says what they are worth."""
    app = simulated("North")
    app.slider(key="price_dp").set_value(0.11).run()
    assert not app.exception
    found = re.fullmatch(r"Preview · 10,000 weighted rows per domain, worth ([\d,]+)", status(app).replace("\\", ""))
    assert found is not None
    assert 5000 < int(found[1].replace(",", "")) < 10_000
    preview = right_of_1000(app)
    drawn(app)
    assert status(app).startswith("Sampled")
    assert abs(right_of_1000(app) - preview) <= 15


def right_of_1000(app: AppTest) -> int:
    return int(re.search(r"right for \*\*(\d+) of 1,000", sentence(app))[1])


def test_a_price_from_a_goal() -> None:
    app = simulated("North", "South")
    app.button_group(key="dial").set_value("Reach a goal")
    app.selectbox(key="model").set_value("logistic_regression").run()
    assert not app.exception
    assert "Out of reach without" in status(app)  # even at equality the linear model keeps a gap
    app.slider(key="goal_ratio").set_value(0.8).run()
    assert not app.exception
    text = status(app).replace("\\", "")
    assert "Aimed on the source's people at R_DP of 0.8" in text
    assert "Out of reach" not in text
    reached = [float(v) for v in re.search(r"\((\d\.\d+) to (\d\.\d+) there\)", text).groups()]
    assert reached[0] >= 0.79
    app.selectbox(key="goal").set_value("accuracy").run()
    assert not app.exception
    text = status(app).replace("\\", "")
    lost = re.search(r"at most 1 points of accuracy lost \((-?\d\.\d+) to (-?\d\.\d+) lost there\)", text)
    assert lost is not None
    assert float(lost[2]) <= 1.05
    assert "found on the source" in " ".join(c.value for c in app.caption)


def own_path(prices: tuple[float, ...]) -> set[float]:
    """The prices on the chart's path after a session has been to ``prices``, where no path is recorded."""
    app = simulated("North")
    app.selectbox(key="control").set_value("dp_eop").run()
    app.slider(key="price_second").set_value(0.0).run()
    before = app.slider(key="price_dp_eop").value
    for price in prices:
        app.slider(key="price_dp_eop").set_value(price).run()
    assert not app.exception
    proto = app.get("vega_lite_chart")[0].proto
    (path,) = [part.data.data for part in proto.datasets if part.name == "finite"]
    return set(pa.ipc.open_stream(path).read_pandas()["lambda_z"]) - {0.0, before}


def test_sessions_do_not_see_each_others_path() -> None:
    """Same place, same number of stops, other stops on the way."""
    assert own_path((0.05, 0.11)) == {0.05, 0.11}
    assert own_path((0.3, 0.11)) == {0.3, 0.11}


def test_a_new_story_trains_in_the_background_and_stops() -> None:
    """No fit for these knobs: offered, started, shown, found again by a fresh session, stopped."""
    app = start()
    app.selectbox(key="data").set_value("simulated").run()
    app.slider(key="bias").set_value(2.0).run()
    assert not app.exception
    assert any("No fit yet for East, North, South and West" in i.value for i in app.info)
    app.button(key="train").click().run()
    assert not app.exception
    assert any("Training 4 fits" in m.value for m in app.markdown)
    again = start()
    again.selectbox(key="data").set_value("simulated").run()
    again.slider(key="bias").set_value(2.0).run()
    assert any("Training 4 fits" in m.value for m in again.markdown)
    again.button(key="stop").click().run()
    for _ in range(240):
        again.run()
        if not any("Training" in m.value for m in again.markdown):
            break
        time.sleep(0.5)
    assert any("cancelled" in w.value for w in again.warning)
    assert not Library().find_fits(fingerprint_of("simulated", {"bias": 2.0, "proxy": 1.0, "shift": 1.0}))


@pytest.mark.parametrize("kind", [FIT, SWEEP])
def test_a_shipped_result_that_is_damaged_is_said(monkeypatch, tmp_path, kind: str) -> None:
    """Also one that is damaged after the page was drawn; and the page is well again once it is restored."""
    shutil.copytree(ROOT / "pretrained", tmp_path / "shipped")
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path / "shipped"))
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


def test_one_failed_fit_beside_a_running_one() -> None:
    """The failure is told, the other is watched, and the page comes to rest."""
    options = {"bias": 2.0, "proxy": 1.0, "shift": 1.0}
    dataset = load_dataset("simulated", **options)
    queue = JobQueue()
    for domain, status in (
        ("East", JobStatus("failed", message="Training diverged.", pid=1)),
        ("North", JobStatus("running", step=10, n_steps=100, heartbeat=time.time() + 8, pid=1)),
    ):
        folder = queue.root / key_of(FitSpec.of(dataset, domain, options).to_json())[:32]
        folder.mkdir(parents=True)
        (folder / "status.json").write_text(json.dumps(asdict(status)))
    app = start()
    app.selectbox(key="data").set_value("simulated").run()
    app.slider(key="bias").set_value(2.0).run()
    assert not app.exception
    assert any("Fit without East: failed" in w.value for w in app.warning)
    assert any("Training 1 fit**" in m.value for m in app.markdown)
