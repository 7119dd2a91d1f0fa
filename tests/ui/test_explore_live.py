"""The Explore page without a browser: live numbers, prices for goals, background training."""

import json
import re
import threading
import time
from dataclasses import asdict

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from fairviz.data import DATASETS, load_dataset
from fairviz.data.sources import fingerprint_of
from fairviz.errors import JobError
from fairviz.evaluation import evaluate
from fairviz.evaluation.subgroups import errors_in, worst_served
from fairviz.experiments.bench import Bench
from fairviz.experiments.preview import Preview
from fairviz.experiments.recorded import N_STEPS, dial_trial
from fairviz.store import key_of
from fairviz.store.fits import load_fit
from fairviz.store.jobs import JobQueue, JobStatus
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.synthesizers.pool import Pool
from fairviz.ui.parts import loading
from tests.ui.pages import drawn, sentence, simulated, start, status

pytestmark = pytest.mark.usefixtures("fresh_caches")


def test_any_price_of_the_simulated_world() -> None:
    """A recorded stop is recorded; between the stops rows are drawn and tested here."""
    app = simulated()
    assert status(app).startswith("Recorded")
    before = sentence(app)
    app.slider(key="price_dp").set_value(0.11).run()
    assert not app.exception
    assert status(app).startswith("Preview")
    surer = "it can be off by more than its brackets say"
    assert any(surer in m.value for m in app.markdown)
    drawn(app)
    assert status(app) == "Sampled · one seed of 10,000 rows per domain"
    assert not any(surer in m.value for m in app.markdown)
    assert sentence(app) != before


def test_pools_are_drawn_beside_a_recorded_page(monkeypatch) -> None:
    """So the first free move finds them."""
    app = simulated()
    assert status(app).startswith("Recorded")
    (drawing,) = [thread for thread in threading.enumerate() if thread.name == "pools"]
    drawing.join(120)
    monkeypatch.setattr(Pool, "draw", None)
    app.slider(key="price_dp").set_value(0.11).run()
    assert not app.exception
    assert status(app).startswith("Preview")


@pytest.mark.parametrize("labels", ["boosted", "network"])
def test_rows_are_drawn_and_tested_here(labels) -> None:
    """A preview, then a model trained on rows: soft ones, or guided ones whose labels the networks draw."""
    app = simulated("North")
    assert status(app).startswith("Recorded")
    app.selectbox(key="labels").set_value(labels)
    app.slider(key="price_dp").set_value(0.11).run()
    assert not app.exception
    assert status(app).startswith("Preview")
    dataset = load_dataset("simulated")
    source, target = dataset.leave_out("North")
    price = app.slider(key="price_dp").value
    fit = load_fit(Library().find_fit("simulated", "North"))
    wanted, _ = Preview(fit, source, target, labels=labels).test("gradient_boosting", lambda_z=price)
    right = wanted.table[0, :, [0, 1], [0, 1]].sum() / wanted.table.sum()
    assert right_of_1000(app) == pytest.approx(1000 * right, abs=0.51)
    drawn(app)
    assert status(app).startswith("Sampled")
    how, weights = {"lambda_z": price, "n_steps": N_STEPS, "random_state": 0}, None
    if labels == "boosted":
        rows = fit.soft(10_000, solver="mixed_dpmpp_2m", **how)
        weights = rows.pop("weight").to_numpy()
    else:
        rows = fit.sample(10_000, **how)
    tested = evaluate(rows, target, classifier="gradient_boosting", seed=0, weights=weights)
    right = tested.table[0, :, [0, 1], [0, 1]].sum() / tested.table.sum()
    assert right_of_1000(app) == pytest.approx(1000 * right, abs=0.51)
    assert any("--labels soft" in code.value for code in app.code) == (labels == "boosted")


def test_what_was_recorded_of_the_networks_labels_is_of_other_fits() -> None:
    """Where rows can be drawn they come from the fits that are here, at a recorded stop too."""
    app = simulated("North")
    app.selectbox(key="labels").set_value("network").run()
    assert not app.exception
    assert status(app).startswith("Preview")
    assert app.query_params["labels"] == "network"


def test_a_moved_dial_takes_back_what_it_asked_for() -> None:
    """The next move neither waits for rows of the last one nor has them drawn."""
    app = simulated()
    app.slider(key="price_dp").set_value(0.11).run()
    first = app.session_state["drawing"].futures
    app.slider(key="price_dp").set_value(0.12).run()
    assert not app.exception
    second = app.session_state["drawing"].futures
    assert list(second) == ["East", "North", "South", "West"]
    assert sum(future.cancelled() for future in first.values()) >= 2
    drawn(app)
    assert status(app).startswith("Sampled")


def test_a_worker_that_was_killed_is_said_and_replaced() -> None:
    app = simulated("North")
    app.slider(key="price_dp").set_value(0.11).run()
    while not [worker for worker in loading.drawer().workers() if worker.pid is not None]:
        time.sleep(0.05)
    for worker in loading.drawer().workers():
        worker.kill()
    with pytest.raises(JobError, match="the worker ended"):
        app.session_state["drawing"].futures["North"].result(60)
    app.run()
    assert not app.exception
    assert any("The preview stands" in c.value for c in app.caption)
    app.slider(key="price_dp").set_value(0.12).run()
    drawn(app)
    assert status(app).startswith("Sampled")


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
    app.slider(key="goal_ratio").set_value(1.0).run()
    assert not app.exception
    assert "Out of reach without" in status(app)  # at equality the model still keeps a gap
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
    lost = re.search(r"at most 1 points of accuracy \((-?\d\.\d+) to (-?\d\.\d+) lost there\)", text)
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
    assert any("For East, North, South and West there is none yet" in m.value for m in app.markdown)
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
        if not any("Training 4" in m.value or "**Training" in m.value for m in again.markdown):
            break
        time.sleep(0.5)
    assert any(w.value.startswith("Stopped") for w in again.warning)
    assert not Library().find_fits(fingerprint_of("simulated", {"bias": 2.0, "proxy": 1.0, "shift": 1.0}))


def test_one_failed_fit_beside_a_running_one() -> None:
    """The failure is told, the other is watched, and the page comes to rest."""
    options = {"bias": 2.0, "proxy": 1.0, "shift": 1.0}
    dataset = load_dataset("simulated", **options)
    queue = JobQueue()
    for domain, told in (
        ("East", JobStatus("failed", message="Training diverged.", pid=1)),
        ("North", JobStatus("running", step=10, n_steps=100, heartbeat=time.time() + 8, pid=1)),
    ):
        spec = FitSpec.of(dataset, domain, options, **DATASETS["simulated"].training)
        folder = queue.root / key_of(spec.to_json())[:32]
        folder.mkdir(parents=True)
        (folder / "status.json").write_text(json.dumps(asdict(told)))
    app = start()
    app.selectbox(key="data").set_value("simulated").run()
    app.slider(key="bias").set_value(2.0).run()
    assert not app.exception
    assert any("Fit without East: failed" in w.value for w in app.warning)
    assert any("Training 1 fit**" in m.value for m in app.markdown)


def test_whom_it_serves_worst_is_looked_for_when_asked() -> None:
    """The worker's table, against the same trial carried out here."""
    app = simulated("North")
    assert not [t for t in app.dataframe if t.key == "served_table"]
    app.button(key="look_served").click().run()
    assert not app.exception
    (table,) = [frame.value for frame in app.dataframe if "Beyond chance" in frame.value.columns]
    dataset = load_dataset("simulated")
    setting = {"control": "dp", "lambda_z": float(app.slider(key="price_dp").value)}
    trial = dial_trial("North", "gradient_boosting", 0, setting, "boosted", preset="fairviz")
    bench = Bench(dataset, Library())
    target, told = bench.split(trial)[1], bench.answers(trial)
    people = target.frame[[*target.schema.features, target.schema.sensitive]]
    worst = worst_served(people, target.y, told)
    assert table["People"].tolist() == [f"{one.people:,}" for one in worst]
    assert [int(text.split(" ")[0]) for text in table["Errors, of 100"]] == [round(100 * one.rate) for one in worst]
    free = bench.answers(dial_trial("North", "gradient_boosting", 0, {}, "boosted", preset="fairviz"))
    was = errors_in(people, target.y, free, worst)
    assert [int(n) for n in table["Without control"]] == [
        round(100 * n / one.people) for n, one in zip(was, worst, strict=True)
    ]
