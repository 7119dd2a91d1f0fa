"""Charts hold to Vega-Lite's grammar, carry their data, and survive what data may hold."""

import numpy as np
import pandas as pd
import pytest

from fairviz import charts

NAN = float("nan")
PATH = pd.DataFrame({"lambda_z": [0.0, 0.1, 0.2], "accuracy": [0.88, 0.87, 0.86], "fairness": [0.4, NAN, 0.7]})
NOW = pd.DataFrame(
    [
        {
            "accuracy": 0.86, "accuracy_low": 0.85, "accuracy_high": 0.87, "fairness": 0.7, "fairness_low": 0.6,
            "fairness_high": 0.8, "lambda_z": 0.2, "label": "λ_z = 0.2",
        }
    ]
)  # fmt: skip
REAL = pd.DataFrame([{"accuracy": 0.89, "fairness": 0.4, "label": "real rows"}])
LINE = pd.DataFrame([{"accuracy": 0.82, "fairness": NAN, "label": "always the same answer", "lambda_z": 0.0}])
DOMAINS = pd.DataFrame(
    {
        "domain": ["a.b (n=9)", "__proto__ (n=8)", "<img src=x> (n=7)"],
        "before": [0.4, 0.5, NAN],
        "now": [0.6, 1.4, NAN],
        "low": [0.5, 0.9, NAN],
        "high": [0.7, 2.9, NAN],
        "reason": ["", "", "not estimable: fewer than 10 rows: women (3)"],
    }
)


@pytest.mark.parametrize("higher", [True, False])
@pytest.mark.parametrize("truth", [None, PATH])
def test_tradeoff(higher: bool, truth) -> None:
    chart = charts.tradeoff(PATH, PATH, NOW, REAL, LINE, y_title="R_DP", higher_is_fairer=higher, truth=truth)
    spec = chart.to_dict()  # validated against the grammar
    assert [row["lambda_z"] for row in spec["datasets"]["finite"]] == [0.0, 0.2]  # NaN is not drawn
    assert spec["datasets"]["start"][0]["label"] == "no control"
    assert spec["datasets"]["constant"][0]["fairness"] is None
    channels = [layer["encoding"].get("x", {}) for layer in spec["layer"]]
    scales = [channel["scale"]["domain"] for channel in channels if "field" in channel]
    assert len({tuple(s) for s in scales}) == 1
    assert scales[0][0] < 0.82
    assert scales[0][1] > 0.89


def test_axes_do_not_move_with_the_present_point() -> None:
    other = NOW.assign(accuracy=0.5, fairness=0.99, fairness_high=1.0)
    specs = [
        charts.tradeoff(PATH, PATH, n, REAL, LINE, y_title="R_DP", higher_is_fairer=True).to_dict()
        for n in (NOW, other)
    ]
    assert specs[0]["layer"] == specs[1]["layer"]
    pair = [charts.dumbbell(d, title="x", ratio=True).to_dict() for d in (DOMAINS, DOMAINS.assign(now=[0.1, 0.2, NAN]))]
    assert pair[0]["layer"] == pair[1]["layer"]


@pytest.mark.parametrize("ratio", [True, False])
def test_dumbbell(ratio: bool) -> None:
    spec = charts.dumbbell(DOMAINS, title="women ÷ men", ratio=ratio).to_dict()
    assert [row["domain"] for row in spec["datasets"]["judged"]] == DOMAINS["domain"].tolist()[:2]
    silent = spec["datasets"]["silent"][0]
    assert silent["narrow"] == "not estimable: fewer\nthan 10 rows: women (3)"  # folded for a phone
    assert silent["wide"] == "not estimable: fewer than 10 rows: women\n(3)"
    assert silent["reason"] == "not estimable: fewer than 10 rows: women (3)"
    assert spec["datasets"]["equal"][0]["at"] == (1.0 if ratio else 0.0)


def test_nothing_to_judge() -> None:
    nothing = DOMAINS.assign(before=NAN, now=NAN)
    assert charts.dumbbell(nothing, title="x", ratio=False).to_dict()["datasets"]["judged"] == []
    empty = PATH.assign(fairness=NAN)
    charts.tradeoff(empty, empty, NOW, REAL.assign(fairness=NAN), LINE, y_title="x", higher_is_fairer=True).to_dict()


def test_losses() -> None:
    history = pd.DataFrame({"step": [1, 2] * 3, "loss": np.repeat(["a", "b", "c"], 2), "value": np.arange(6.0)})
    assert charts.losses(history).to_dict()["mark"]["type"] == "line"
