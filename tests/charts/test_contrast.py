"""Colours of charts against the two backgrounds, by the formula of WCAG 2.2 written out here; and as they are drawn."""

import json

import pandas as pd
import pytest
import vl_convert

from fairviz import charts
from fairviz.charts.axes import INKS, SMALL

#: Streamlit's own backgrounds, which the app keeps.
BACKGROUNDS = {"light": "#ffffff", "dark": "#171614"}
MARKS = {
    *charts.FAMILY_COLOURS, charts.NEUTRAL, charts.NOW, charts.PATH, charts.REAL, charts.BASE, charts.TRUTH,
    charts.OTHER,
}  # fmt: skip


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula_by_the_standard_s_own_examples() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("colour", sorted(MARKS))
def test_marks_are_seen_on_either_background(colour) -> None:
    assert min(contrast(colour, background) for background in BACKGROUNDS.values()) >= 3


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_text_is_read_on_its_background(theme) -> None:
    for inks in INKS.values():
        assert contrast(inks[list(BACKGROUNDS).index(theme)], BACKGROUNDS[theme]) >= 4.5


def marks_of(group: dict):
    for mark in group.get("items", []):
        for item in mark["items"]:
            if mark["marktype"] == "group":
                yield from marks_of(item)
            elif mark["marktype"] == "text" and mark["role"] == "mark":
                yield item


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_every_text_in_a_drawn_chart_is_large_and_dark_or_light_enough(theme) -> None:
    where = {"accuracy": 0.8, "fairness": 0.6}
    ends = {f"{axis}_{end}": where[axis] + sign * 0.02 for axis in where for end, sign in (("low", -1), ("high", 1))}
    now = pd.DataFrame([{**where, **ends, "lambda_z": 0.1, "label": "λ_z = 0.1"}])
    path = pd.DataFrame({"lambda_z": [0.0, 0.1], "accuracy": [0.82, 0.8], "fairness": [0.4, 0.6]})
    real = pd.DataFrame([{"accuracy": 0.83, "fairness": 0.42, "label": "real rows"}])
    nobody = pd.DataFrame([{"accuracy": 0.77, "label": "always the same answer", "lambda_z": 0.0}])
    tradeoff = charts.tradeoff(path, path, now, real, nobody, y_title="ratio", higher_is_fairer=True)
    domains = pd.DataFrame(
        {
            "domain": ["A (n=9)", "B (n=2)"], "before": [0.4, None], "now": [0.6, None], "low": [0.5, None],
            "high": [0.7, None], "reason": ["", "not estimable: too few"],
        }
    )  # fmt: skip
    found = []
    for chart in (tradeoff, charts.dumbbell(domains, title="women ÷ men", ratio=True)):
        spec = json.loads(json.dumps(chart.to_dict(validate=False)))
        spec |= {"width": 500, "config": {"background": BACKGROUNDS[theme]}}
        found += list(marks_of(vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]["items"][0]))
    assert {item["text"] for item in found} >= {
        "λ_z = 0.1",
        "real rows",
        "no control",
        "always the same answer",
        "equal",
    }
    behind = {item["text"]: item["stroke"] for item in found if item.get("stroke")}
    assert behind == dict.fromkeys(("real rows", "no control"), BACKGROUNDS[theme])  # no cross runs through these
    for item in (item for item in found if not item.get("stroke")):
        assert contrast(item["fill"], BACKGROUNDS[theme]) >= 4.5, item
        assert item["fontSize"] >= SMALL >= 12
