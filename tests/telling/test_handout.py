"""The dial as a file: what it says at every stop is what the page says, and nothing in it can become a script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from fairviz.cli import main
from fairviz.data.sets import DATASETS
from fairviz.errors import SettingError
from fairviz.telling.handout import Handout, in_script
from fairviz.telling.headline import headline, past_the_best
from fairviz.telling.report import unmarked
from fairviz.telling.view import dumbbell_frame, recorded_background

HOW = {"control": "dp", "classifier": "gradient_boosting", "metric": "R_DP", "labels": "boosted", "start": 0.2}


class Scripts(HTMLParser):
    """Contents of script elements, by their type."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.open = False
        self.policy = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        about = dict(attrs)
        if tag == "script":
            assert "src" not in about
            self.open = True
            self.found.append((about.get("type", ""), ""))
        if about.get("http-equiv") == "Content-Security-Policy":
            self.policy = about["content"]

    def handle_endtag(self, tag) -> None:
        self.open = self.open and tag != "script"

    def handle_data(self, data) -> None:
        if self.open:
            self.found[-1] = (self.found[-1][0], self.found[-1][1] + data)


@pytest.fixture(scope="module")
def handout() -> Handout:
    return Handout.recorded("adult", **HOW)


@pytest.fixture(scope="module")
def html(handout) -> str:
    return handout.html()


def state(html: str) -> dict:
    ((_, text),) = [one for one in Scripts(html).found if one[0] == "application/json"]
    return json.loads(text)


def test_every_stop_says_what_the_page_says(handout, html) -> None:
    stops = state(html)["stops"]
    prices = handout.sweep.prices("dp")
    assert [float(stop["price"]) for stop in stops] == pytest.approx(prices)
    behind = recorded_background(
        handout.sweep, control="dp", lambda_y=1.0, classifier="gradient_boosting", domains=handout.domains,
        metric="R_DP",
    )  # fmt: skip
    for stop, price in zip(stops, prices, strict=True):
        view = behind.at(price)
        said = headline(
            view.effect, metric="R_DP", labels=("<=50K", ">50K"), nouns=DATASETS["adult"].nouns, controlled=price > 0
        )
        less = past_the_best(view, price, DATASETS["adult"].nouns)  # nothing else is to be minded on Adult
        assert stop["said"] == [unmarked(text) for text in [*said, *([f"Mind: {less}"] if less else [])]]
        (now,) = stop["frames"]["tradeoff"]["now"]
        assert (now["accuracy"], now["fairness"]) == pytest.approx((view.head["accuracy"], view.head["fairness"]))
        shown = {row["domain"]: row["now"] for row in stop["frames"]["domains"]["judged"]}
        assert shown == pytest.approx(dumbbell_frame(view, "R_DP").set_index("domain")["now"].to_dict())
    drawn = [stop["frames"]["tradeoff"]["now"][0] for stop in stops]
    shown = {(*stop["said"], now["accuracy"], now["fairness"]) for stop, now in zip(stops, drawn, strict=True)}
    assert len(shown) == len(stops)  # two neighbours may say the same in whole people, but stand elsewhere
    assert any("Less did more" in text for text in stops[-1]["said"])


def test_its_policy_names_its_own_two_scripts_alone(html) -> None:
    found = Scripts(html)
    scripts = [text for kind, text in found.found if not kind]
    assert len(scripts) == 2
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    assert found.policy == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}' 'sha256-{hashes[1]}'; style-src 'unsafe-inline'; "
        "img-src data:"
    )
    assert len(html.encode()) < 2_000_000
    assert not re.search(r"\son[a-z]+=", html.split("<script")[0])


def test_json_cannot_end_its_element() -> None:
    evil = {"a": "</script><script>alert(1)</script>", "b": "<!--", "c": "&amp;\u2028", "d": "\u00fc"}
    text = in_script(evil)
    assert not re.search(r"[<>&\u2028]", text)
    assert json.loads(text) == evil
    with pytest.raises(ValueError, match="JSON"):
        in_script({"a": float("nan")})


def test_review_wording(html) -> None:
    told = json.dumps([(s["price"], s["said"], s["meaning"]) for s in state(html)["stops"]], ensure_ascii=False)
    before = html.split("<script")[0]
    assert not re.search(r"[\u0370-\u03ff]|R_DP|R_EOp|lambda", told + before)
    assert "What does it cost to treat women and men alike?" in before
    assert "Nothing here is a finding about people today." in before


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"control": "none"}, "control 'none' is not recorded"),
        ({"classifier": "none"}, "classifier 'none' is not recorded"),
        ({"metric": "accuracy"}, "metric 'accuracy' is not recorded"),
        ({"domains": ("Green",)}, "domain 'Green' is not recorded"),
        ({"labels": "none"}, "Nothing is recorded"),
    ],
)
def test_what_is_not_recorded_is_refused(change, text) -> None:
    with pytest.raises(SettingError, match=text):
        Handout.recorded("adult", **{**HOW, **change})


def test_the_command(tmp_path, capsys) -> None:
    out = tmp_path / "dial.html"
    assert main(["handout", "--dataset", "law_school", "--domains", "tier 3", "--out", str(out)]) == 0
    assert "without a network" in capsys.readouterr().err
    assert "tier 3: 7,653 people" in out.read_text()
    assert main(["handout", "--dataset", "adult", "--control", "x", "--out", str(out)]) != 0
    assert "Recorded: 'dp'" in capsys.readouterr().err
