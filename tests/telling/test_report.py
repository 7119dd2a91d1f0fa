"""The page to hand over: hand-worked numbers, nothing about few people, nothing from data as markup."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.errors import SettingError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.runs import Runs
from fairviz.experiments.scenario import Scenario
from fairviz.experiments.trial import Trial
from fairviz.store.specs import versions
from fairviz.telling.report import NOT_MEASURED, NOT_TO_CONCLUDE, Report, sentences, shown
from fairviz.telling.view import View, background
from tests.evaluation.test_metrics import HAND

NOUNS = {"Female": "women", "Male": "men"}
#: Four women more are found, two more women are wrongly promised.
NOW = HAND.copy()
NOW[0, 0] = [[25, 5], [0, 10]]
LARGE = 7 * np.concatenate([NOW, NOW])


def view(now: np.ndarray, before: np.ndarray, groups=("Female", "Male"), domains=("a", "b"), metric="R_DP") -> View:
    path = pd.DataFrame({"lambda_z": [0.0, 0.2], "accuracy": [0.81, 0.82], "fairness": [0.45, 0.75]})
    start, here = (Runs((Counts(domains[: len(table)], groups, table),)) for table in (before, now))
    return background(start, start, start, path, metric).view(here, path)


def scenario(made: View, **about) -> Scenario:
    told = {
        "title": "People", "labels": ("no", "yes"), "nouns": NOUNS, "domain_word": "town", "sensitive": "sex",
        "control": "dp", "classifier": "gradient_boosting", "lambda_y": 1.0, "lambda_z": 0.2, "lambda_eop": 0.0,
        "prices": [], "controlled": True, "status": "Recorded", "note": "λ_z is set by you, not tuned on these people.",
        "link": "http://here/?data=people", "command": "fairviz trial", "teaching": True, "versions": versions(),
    }  # fmt: skip
    rows = pd.DataFrame([Trial.of("constant", {}, "a", "mlp", 0, n=10).__dict__])
    return Scenario("people", {}, "f" * 64, rows, {}, {}, shown(made, **{**told, **about}))


class Parsed(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data) -> None:
        self.text += data


@pytest.fixture(scope="module")
def report() -> Report:
    return Report.of(scenario(view(LARGE, 7 * np.concatenate([HAND, HAND]))))


def test_the_numbers_are_those_of_the_table(report) -> None:
    """Right of 1,400: 1,134, now 1,162. Of 140 women truly yes 84 found, now all; of 420 others 42 told so, now 70."""
    assert report.question == "What does it cost to treat women and men alike, and is the number real?"
    assert report.answer[0].startswith(
        "At a price of 0.2 the model is wrong about 20 fewer people in 1,000, which may be"
    )
    assert 'women are told "yes" 0.75 times as often as men' in report.answer[0]
    assert report.answer[1] == (
        'Of 100 women who truly have "yes" it finds 100 (was 60), of 100 men 80 (was 80): '
        "now fewer men are found than women."
    )
    women, men = report.groups
    assert (women["group"], women["truly"], women["other"]) == ("women", "140", "420")
    assert (women["found"], women["found_before"][:3]) == ("100 (100 to 100)", "60 ")
    assert (women["promised"][:3], women["promised_before"][:3]) == ("17 ", "10 ")
    assert (men["found"], men["found_before"]) == (men["found_before"], men["found"])
    first = report.domains[0]
    assert (first["people"], first["right"]) == ("700", "830 of 1,000")
    assert first["groups"] == "women: 38 of 100, of 280; men: 50 of 100, of 420"
    assert first["compared"].startswith("0.75 (")
    assert report.whose == "1,400 people of 2 domains together (town), none trained on"


def test_the_table_of_domains_tells_the_rate_that_is_compared() -> None:
    """Of 70 women who truly have it all are found, of the men 80 of 100: 1.25, not the 0.75 of who is told yes."""
    found = Report.of(scenario(view(LARGE, 7 * np.concatenate([HAND, HAND]), metric="R_EOp")))
    first = found.domains[0]
    assert first["groups"].startswith("women: 100 of 100, of 70; men: 80 of 100, of ")
    assert first["compared"].startswith("1.25 (")
    assert found.rated == "Of those who truly have it, told so"
    assert found.compared == "women ÷ men: true positive rate"


def test_it_says_what_it_does_not_say(report) -> None:
    html = Parsed(report.html())
    for text in (*NOT_MEASURED, *NOT_TO_CONCLUDE):
        assert text in html.text
    assert "The price was set by hand, not tuned on these people." in html.text
    assert "The smallest group, counting rows: 280 women in a." in html.text
    assert "The smallest group, counting rows with the favourable label: 70 women in a." in html.text
    assert "2 of 4 groups have fewer: what is said of them is weak." in html.text


def test_review_wording(report) -> None:
    """No Greek anywhere, charts included; no names of metrics."""
    html = report.html()
    for _, picture in pictures(html):
        assert "<svg" in picture
    everything = html + "".join(svg for _, svg in pictures(html))
    assert not re.search(r"[\u0370-\u03ff]|R_DP|R_EOp|lambda", everything)


def pictures(html: str) -> list[tuple[str, str]]:
    found = [attrs for tag, attrs in Parsed(html).tags if tag == "img"]
    return [(a["alt"], base64.b64decode(a["src"].split(",", 1)[1]).decode()) for a in found]


def test_no_script_no_request_and_small(report) -> None:
    html = report.html()
    tags = Parsed(html).tags
    assert {tag for tag, _ in tags} <= {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "div", "ul", "li", "table", "tr",
        "th", "td", "figure", "figcaption", "img", "b",
    }  # fmt: skip
    for _, attrs in tags:
        assert not [name for name in attrs if name.startswith("on")]
        assert all(value.startswith("data:image/svg+xml;base64,") for name, value in attrs.items() if name == "src")
    policy = next(attrs["content"] for tag, attrs in tags if "http-equiv" in attrs)
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert len(html.encode()) < 2_000_000
    assert len(pictures(html)) == 4


def test_nothing_from_data_is_markup() -> None:
    evil = '<script>alert(1)</script><img src=x onerror=y>"&'
    made = view(HAND, HAND, groups=(evil, "{{ 7*7 }}"), domains=(evil,))
    html = Report.of(
        scenario(
            made, title=evil, labels=("no", evil), nouns={}, domain_word=evil, sensitive=evil, link=evil, note=evil
        )
    ).html()
    parsed = Parsed(html)
    assert "script" not in {tag for tag, _ in parsed.tags}
    assert not [attrs for _, attrs in parsed.tags if "onerror" in attrs]
    assert "{{ 7*7 }}" in parsed.text
    assert "49" not in parsed.text.split("is the number real?")[0]
    for _, svg in pictures(html):
        assert "<script" not in svg
        assert "<img" not in svg


def test_nothing_is_told_of_fewer_than_ten_people() -> None:
    """A domain of nine people, and a group of three in another: no number of theirs anywhere, charts included."""
    small = np.zeros((1, 2, 2, 2), int)
    small[0, 0] = [[2, 1], [1, 2]]
    small[0, 1] = [[1, 0], [1, 1]]
    few = HAND.copy()
    few[0, 0] = [[1, 0], [1, 1]]
    tables = np.concatenate([7 * HAND, small, few])
    made = view(tables, tables, domains=("large", "Tinytown", "Fewtown"))
    report = Report.of(scenario(made))
    html = report.html()
    everything = json.dumps(report.to_json()) + html + "".join(svg for _, svg in pictures(html))
    assert "Tinytown" not in everything
    assert "n=9" not in everything
    assert "n=63" in everything  # Fewtown as a whole
    assert any(text.startswith("The smallest group, counting rows: 60 men in Fewtown.") for text in report.sure)
    assert "3 groups of fewer than 10 such people each left out." in report.sure
    (line,) = [row for row in report.domains if row["domain"] == "Fewtown"]
    assert line["groups"] == "women: fewer than 10; men: 50 of 100, of 60"
    assert line["compared"] == "too few people to judge"
    assert not re.search(r"\bwomen \(\d\)", everything)


def test_json_is_strict_and_says_the_same(report) -> None:
    text = json.dumps(report.to_json(), allow_nan=False)
    again = json.loads(text)
    assert again["answer"] == report.answer
    assert again["groups"] == report.groups
    assert "charts" not in again
    assert sentences(report)[0] == report.question


def test_a_view_goes_through_a_file() -> None:
    made = view(LARGE, 7 * np.concatenate([HAND, HAND]))
    again = View.from_json(json.loads(json.dumps(made.to_json(), allow_nan=False)))
    assert again.head == pytest.approx(made.head)
    assert again.effect.cost == made.effect.cost
    pd.testing.assert_frame_equal(again.path, made.path)
    assert [row["n"] for row in again.domains] == [row["n"] for row in made.domains]


def test_pairs_go_through_a_file_too() -> None:
    made = view(NOW, HAND)
    both = np.array([[[3, 6], [6, 24]]], float)
    counted = background(made.before, made.before, made.before, made.path, "R_DP").view(made.now, made.seeds, (both,))
    unknown = background(made.before, made.before, made.before, made.path, "R_DP").view(
        made.now, made.seeds, (np.full((1, 2, 2), np.nan),)
    )
    for one in (counted, unknown):
        again = View.from_json(json.loads(json.dumps(one.to_json(), allow_nan=False)))
        assert again.effect.counted == one.effect.counted
        assert again.effect.cost == one.effect.cost
    assert counted.effect.cost.high < unknown.effect.cost.high


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s.pop("view"),
        lambda s: s["about"].pop("title"),
        lambda s: s["about"].update(more=1),
        lambda s: s["about"].update(control="none such"),
        lambda s: s["view"].update(metric="accuracy"),
        lambda s: s["view"]["now"][0].update(table=[[1, 2]]),
        lambda s: s["view"].update(before=[]),
        lambda s: s["view"]["path"].append({"lambda_z": "x", "accuracy": "<b>", "fairness": {}}),
        lambda s: s["view"].update(both=[[[[1, 2]]]]),
        lambda s: s.update(view=3),
    ],
)
def test_what_is_damaged_is_refused(spoil) -> None:
    state = json.loads(json.dumps(scenario(view(NOW, HAND)).shown))
    spoil(state)
    good = scenario(view(NOW, HAND))
    bad = Scenario(good.dataset, {}, good.fingerprint, good.rows, {}, {}, state)
    with pytest.raises(SettingError, match="damaged"):
        Report.of(bad)


def test_a_scenario_of_before_says_so() -> None:
    good = scenario(view(NOW, HAND))
    with pytest.raises(SettingError, match="of an earlier version"):
        Report.of(Scenario(good.dataset, {}, good.fingerprint, good.rows))


def test_the_command_writes_both_forms(tmp_path, capsys) -> None:
    asked = tmp_path / "scenario.json"
    state = scenario(view(LARGE, LARGE)).to_json()
    state["trials"] = [{**row, "n_0_0_0": 1} for row in state["trials"]]
    asked.write_text(json.dumps(state))
    for name in ("report.html", "report.json"):
        assert main(["report", str(asked), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert json.loads((tmp_path / "report.json").read_text())["fairviz_report"] == 1
    assert main(["report", str(asked), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "People"
    assert main(["report", str(tmp_path / "none.json")]) != 0
    assert "cannot be read" in capsys.readouterr().err
