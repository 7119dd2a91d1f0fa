"""A person's own table while its fits are trained: what it costs, its settings, drafts on the chart, the end."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from fairviz.data.own import OwnStore
from fairviz.data.roles import Division, Label, Roles
from fairviz.data.sources import OWN, load_dataset
from fairviz.evaluation.downstream import FeatureCodes, fitted
from fairviz.experiments.weighted import ends_of
from fairviz.store.drafts import keep_draft
from fairviz.store.fits import fit_payload
from fairviz.store.jobs import JobQueue, JobStatus
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FitSpec
from fairviz.synthesizers import FADM
from fairviz.synthesizers.memory import Memory
from fairviz.ui.parts import loading
from tests.browser import tables
from tests.store.fits import SMALL
from tests.ui.pages import drawn, start

pytestmark = pytest.mark.usefixtures("fresh_caches")
ROLES = Roles(Label("visa_status", ("granted",)), Division(("region_of_origin",)), Division(("office",)), ("case",))
HELD_OUT = ("Lagos, main", "Delhi")
TRAINING = {"n_iter": 40, "meta": "none", **SMALL}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def own() -> str:
    """The id of a table that is trained in no time."""
    store = OwnStore()
    table = store.add("Visas", ROLES, "this machine", data=tables.visas(1500), held_out=HELD_OUT)
    dataset = load_dataset(OWN, id=table.id)
    found = {target: ends_of(dataset, target) for target in HELD_OUT}
    ends = {gap: {t: found[t][gap] for t in HELD_OUT} for gap in ("dp", "eop")}
    store.change(table.id, ends=ends, training=TRAINING)
    return table.id


def specs(key: str) -> dict[str, FitSpec]:
    dataset = load_dataset(OWN, id=key)
    return {t: FitSpec.of(dataset, t, {"id": key}, **TRAINING) for t in HELD_OUT}


def frame(app: AppTest, name: str):
    """A named frame of the trade-off chart as it was sent, or None."""
    proto = app.get("vega_lite_chart")[0].proto
    found = [part.data.data for part in proto.datasets if part.name == name]
    return pa.ipc.open_stream(found[0]).read_pandas() if found else None


def captions(app: AppTest) -> str:
    return " ".join(c.value for c in app.caption).replace("\\", "")


def test_a_draft_is_a_second_path_until_the_fits_are_there(own) -> None:
    """Kept at half of the training: the path's points are recomputed here from the draft's own pool."""
    dataset, queue, drafts = load_dataset(OWN, id=own), JobQueue(library=Library()), {}
    for target, spec in specs(own).items():
        fit = FADM(**spec.params)
        fit.memory = Memory()
        for step in fit.fit_steps(spec.source_of(dataset)):
            if step.step == 20:
                drafts[target] = fit.draft()
                keep_draft(queue._folder(spec), spec, drafts[target], 20, 1.0)
    app = start(data=own, model="logistic_regression")
    drawn(app)  # first numbers
    assert frame(app, "other") is None
    while "synthetic rows: 50 % trained" not in captions(app):
        assert not app.exception
        drawn(app)
    path = frame(app, "other").set_index("lambda_z")
    assert set(path["label"]) == {"draft, 50 % trained"}
    right = []
    for target, draft in drafts.items():
        pool, people = draft.pool(5000, n_steps=10, labels="boosted"), dataset.leave_out(target)[1]
        codes = FeatureCodes(pool.rows[list(dataset.schema.features)])
        model = fitted(codes, codes(pool.rows[list(dataset.schema.features)]), pool.y,
                       classifier="logistic_regression", seed=0, weights=pool.weights())  # fmt: skip
        right.append(np.mean(model.predict(codes(people.features)) == people.y))
    assert path.loc[0.0, "accuracy"] == pytest.approx(np.mean(right), abs=2e-3)
    for spec in specs(own).values():
        fit = FADM(**spec.params).fit(spec.source_of(dataset))
        Library().store.put(FIT, spec.to_json(), **fit_payload(fit, 1.0))
    app.run()
    while not any(c.value.startswith("Sampled") for c in app.caption):
        assert not app.exception
        drawn(app)
    assert set(frame(app, "other")["label"]) == {"real rows, weighted"}


def test_fits_that_come_while_the_page_is_drawn_are_not_overlooked(own, monkeypatch) -> None:
    """They end after the page has asked which there are: nothing else would draw it again."""
    dataset, real = load_dataset(OWN, id=own), loading.fits
    for spec in specs(own).values():
        fit = FADM(**spec.params).fit(spec.source_of(dataset))
        Library().store.put(FIT, spec.to_json(), **fit_payload(fit, 1.0))
    asked: list[FitSpec] = []

    def find(queue: JobQueue, spec: FitSpec) -> JobStatus:
        asked.append(spec)
        return JobStatus("done", 40, 40)

    monkeypatch.setattr(JobQueue, "find", find)
    monkeypatch.setattr(loading, "fits", lambda *key: real(*key) if asked else {})
    app = start(data=own)
    assert not app.exception
    assert asked
    assert "train" not in {button.key for button in app.button}
    assert app.selectbox(key="labels").value == "boosted"  # the dial is free


def test_settings_are_the_table_s_and_its_cost_is_measured_before_it_starts(own, monkeypatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(JobQueue, "_spawn", lambda self, folder: started.append(folder.name))
    app = start(data=own)
    assert "Measuring on a few steps" in captions(app)
    (future,) = app.session_state["_costs"].values()
    seconds = future.result(120)
    app.run()
    assert seconds > 0
    assert "on this machine, measured just now" in captions(app)
    assert started == []
    app.select_slider(key=f"n_iter_{own}").set_value(1000).run()
    app.checkbox(key=f"meta_{own}").set_value(True).run()
    assert OwnStore().get(own).training == TRAINING
    assert "are run: with more" not in captions(app)
    OwnStore().change(own, training={**TRAINING, "n_iter": 1000, "max_passes": 5.0})
    few = start(data=own)
    people = {t: (load_dataset(OWN, id=own).frame["office"] != t).sum() for t in HELD_OUT}
    low, high = sorted(max(100, -(-5 * n // SMALL["batch_size"])) for n in people.values())
    many = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    assert f"Of 1,000 iterations {many} are run: with more" in captions(few)
    OwnStore().change(own, training=TRAINING)
    app.button(key="train").click().run()
    assert not app.exception
    assert OwnStore().get(own).training == {"n_iter": 1000, "meta": "second_order", **SMALL}
    asked = [FitSpec.from_json(job) for job in jobs()]
    assert {spec.target: spec.params["n_iter"] for spec in asked} == dict.fromkeys(HELD_OUT, 1000)
    assert {spec.params["meta"] for spec in asked} == {"second_order"}
    assert len(started) == 2


def jobs() -> list[dict]:
    import json

    return [json.loads(path.read_text()) for path in sorted(JobQueue().root.glob("*/spec.json"))]
