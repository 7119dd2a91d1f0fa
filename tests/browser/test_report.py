"""A report as a browser shows and prints it."""

import json
import re
from pathlib import Path

import pytest

from fairviz.cli import main
from fairviz.telling.handout import Handout
from fairviz.telling.report import Report
from tests.telling.test_report import LARGE, scenario, view

pytestmark = pytest.mark.browser


def test_two_sheets_of_paper_and_no_request(browser, tmp_path) -> None:
    """Everything is drawn, nothing is asked of any server, axe has nothing to say, two pages of A4."""
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": 900, "height": 1200})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    path = tmp_path / "report.html"
    path.write_text(Report.of(scenario(view(LARGE, LARGE))).html())
    page.goto(f"file://{path}")
    sizes = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(sizes) == 4
    assert min(sizes) >= 300
    assert all(url.startswith(("file:", "data:")) for url in asked)
    for width in (900, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 2
    page.close()


def test_taken_away_from_the_page(server, browser, tmp_path) -> None:
    """The report of what is shown, and the scenario that the command makes the same of."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server}/?price_dp=0.15&domains_adult=Black")
    first = page.locator(".st-key-headline p").first
    first.wait_for(timeout=60_000)
    said, found = first.inner_text(), {}
    for name in ("Report", "Report as JSON", "Scenario"):
        with page.expect_download(timeout=60_000) as asked:
            page.get_by_role("button", name=name, exact=True).click()
        found[name] = Path(asked.value.path()).read_text()
    assert found["Report"].startswith("<!doctype html>")
    told = json.loads(found["Report as JSON"])
    assert told["answer"][0] == said.replace("At this price", "At a price of 0.15")
    with page.expect_download(timeout=60_000) as asked:
        page.get_by_role("button", name="Hand-out (the dial itself)").click()
    assert said in Path(asked.value.path()).read_text().replace('\\"', '"').replace("\\u003e", ">")
    others = '"Amer-Indian-Eskimo", "Asian-Pac-Islander", "Other" and "White"'
    assert told["whose"] == (
        f"Black: 4,685 people; nobody of this race was trained on. Trained on and not tested here: {others}"
    )
    assert "price_dp=0.15" in told["made"]["link"]
    (tmp_path / "scenario.json").write_text(found["Scenario"])
    assert main(["report", str(tmp_path / "scenario.json"), "--out", str(tmp_path / "again.json")]) == 0
    assert json.loads((tmp_path / "again.json").read_text())["answer"] == told["answer"]
    page.close()


def test_the_hand_out_works_without_a_network(browser, tmp_path) -> None:
    """The dial moves text and points; nothing is asked of anybody; no error; axe; 320 px."""
    from axe_playwright_python.sync_playwright import Axe

    how = {"control": "dp", "classifier": "gradient_boosting", "metric": "R_DP", "labels": "boosted", "start": 0.1}
    path = tmp_path / "dial.html"
    path.write_text(Handout.recorded("adult", **how).html())
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page, asked, wrong = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"file://{path}")
    page.locator("#promised svg").wait_for(timeout=20_000)
    said, drawn = page.locator("#said").inner_text(), page.locator("#tradeoff").screenshot()
    assert "price 0.1" in page.locator("#tradeoff").inner_text()
    page.locator("#dial").press("ArrowRight")
    page.wait_for_timeout(500)
    assert page.locator("#said").inner_text() != said
    assert page.locator("#tradeoff").screenshot() != drawn
    assert "price 0.125" in page.locator("#tradeoff").inner_text()
    assert page.locator("#price").inner_text() == "0.125"
    page.locator("#dial").press("Home")
    page.wait_for_timeout(300)
    assert page.locator("#said").inner_text().startswith("Without fair control")
    assert wrong == []
    assert all(url.startswith(("file:", "data:")) for url in asked), asked
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": 320, "height": 800})
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
