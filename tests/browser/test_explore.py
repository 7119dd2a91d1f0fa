"""The first screen in a real browser: it opens with content, the dial moves it, it fits a phone."""

from __future__ import annotations

import itertools
import time

import pytest

from tests.browser.screens import wait_until_quiet

CHART = '[data-testid="stVegaLiteChart"] canvas, [data-testid="stVegaLiteChart"] svg'
HEADLINE = ".st-key-headline"
pytestmark = pytest.mark.browser


def open_page(browser, url: str, width: int = 1280, height: int = 800):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(url)
    page.wait_for_selector(CHART, timeout=60_000)
    return page


def sentence(page) -> str:
    return page.locator(HEADLINE).first.inner_text()


def settle(page, before: str) -> str:
    """The sentence, once it has changed."""
    for _ in range(100):
        if sentence(page) != before:
            return sentence(page)
        time.sleep(0.1)
    raise AssertionError("the sentence did not change")


def chart_picture(page) -> bytes:
    time.sleep(1.0)  # Vega draws after the page has settled
    return page.locator('[data-testid="stVegaLiteChart"]').first.screenshot()


def test_opens_on_a_finished_adult_run(server, browser) -> None:
    page = open_page(browser, server)
    text = sentence(page)
    assert "more people in 1,000" in text
    assert 'women are told ">50K"' in text
    assert page.get_by_text("48,842 people of 5 domains together (race), none trained on").is_visible()
    assert page.get_by_text("Domain by domain").is_visible()
    assert page.locator('[data-testid="stException"]').count() == 0
    page.close()


def test_the_dial_changes_sentence_and_chart(server, browser) -> None:
    page = open_page(browser, server)
    before, picture = sentence(page), chart_picture(page)
    page.get_by_role("slider").first.press("ArrowRight")
    after = settle(page, before)
    assert after != before
    assert chart_picture(page) != picture
    assert "price_dp=0.225" in page.url
    # the link holds the setting
    link = page.url
    page.close()
    again = open_page(browser, link)
    assert sentence(again) == after
    again.close()


def test_zero_is_no_control(server, browser) -> None:
    page = open_page(browser, server)
    before = sentence(page)
    page.get_by_role("slider").first.press("Home")
    text = settle(page, before)
    assert "Without fair control the model is right about" in text
    assert page.get_by_text("No fair control: no accuracy is given up").is_visible()
    page.close()


def test_switch_to_the_simulated_world(server, browser) -> None:
    page = open_page(browser, f"{server}/?data=Simulated+hiring")
    assert 'are told "hired"' in sentence(page)
    page.close()


def test_a_data_set_without_rows_opens_and_says_what_is_missing(server, browser) -> None:
    """Recorded results, and one line on how to get the rows; a link of an earlier version leads there too."""
    page = open_page(browser, f"{server}/?data=Bank+marketing+(Portugal)")
    assert "people of 25 to 59" in sentence(page)
    page.get_by_text("run 'fairviz datasets --download bank_marketing'").wait_for(timeout=60_000)
    page.get_by_role("button", name="Download the rows").wait_for(timeout=20_000)
    page.close()


def test_a_free_price_is_previewed_then_sampled(server, browser) -> None:
    """Between recorded stops the preview stands until the guided rows replace it, and nothing jumps."""
    page = open_page(browser, f"{server}/?data=Simulated+hiring")
    time.sleep(1.5)  # until the page is drawn
    place = page.locator('[data-testid="stVegaLiteChart"]').first.bounding_box()
    page.get_by_role("slider").first.press("ArrowRight")
    page.get_by_text("Preview ·").wait_for(timeout=30_000)
    page.get_by_text("Sampled ·").wait_for(timeout=120_000)
    assert 'are told "hired"' in sentence(page)
    after = page.locator('[data-testid="stVegaLiteChart"]').first.bounding_box()
    assert abs(place["y"] - after["y"]) < 1
    page.close()


def test_compare_opens_and_a_point_can_be_pinned(server, browser) -> None:
    page = open_page(browser, f"{server}/compare")
    page.get_by_text("Table 1 of the paper, measured again").wait_for(timeout=30_000)
    page.get_by_role("button", name="Pin", exact=True).click()
    page.get_by_text("Pinned", exact=True).wait_for(timeout=20_000)
    assert page.locator('[data-testid="stException"]').count() == 0
    page.close()


VIEWS = ["", "?data=acsincome", "?control=eop", "?labels=network", "?price_dp=0"]


@pytest.mark.parametrize(("width", "height", "charts"), [(1280, 720, 2), (390, 844, 1)], ids=["desk", "phone"])
@pytest.mark.parametrize("query", VIEWS)
def test_the_first_screen_holds_dial_sentence_and_charts(server, browser, query, width, height, charts) -> None:
    """On a desk both charts; on a phone the trade-off, and none of them covers another."""
    page = open_page(browser, f"{server}/{query}", width, height)
    page.locator('[data-testid="stVegaLiteChart"]').nth(1).wait_for(timeout=20_000)
    places = [page.get_by_role("slider").first, page.locator(HEADLINE).first]
    places += page.locator('[data-testid="stVegaLiteChart"]').all()[:charts]
    time.sleep(1.0)
    boxes = [place.bounding_box() for place in places]
    for box in boxes:
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height
    for one, other in itertools.combinations(boxes, 2):
        apart = max(one["y"], other["y"]) >= min(one["y"] + one["height"], other["y"] + other["height"])
        beside = max(one["x"], other["x"]) >= min(one["x"] + one["width"], other["x"] + other["width"])
        assert apart or beside
    page.close()


def test_on_a_phone_the_dial_stays_in_reach(server, browser) -> None:
    page = open_page(browser, server, 390, 844)
    assert wait_until_quiet(page)  # while a page is being drawn its parts still find their places
    dial = page.get_by_role("slider").first
    before = dial.bounding_box()
    assert before["y"] > 700
    page.locator("text=Domain by domain").scroll_into_view_if_needed()
    time.sleep(0.5)
    assert dial.bounding_box() == before
    assert page.get_by_text("Domain by domain").bounding_box()["y"] < before["y"]
    page.close()


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
@pytest.mark.parametrize("query", ["", "?control=eop", "?data=simulated&control=eop"])
def test_nothing_moves_while_the_dial_does(server, browser, query, size) -> None:
    """From no control to the dial's end, where the sentence says least and most."""
    page = open_page(browser, f"{server}/{query}", *size)
    page.locator('[data-testid="stVegaLiteChart"]').nth(3).wait_for(timeout=20_000)
    dial, meaning, seen = page.get_by_role("slider").first, page.locator(".st-key-meaning"), set()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight", "End"):
        before = meaning.inner_text()
        dial.press(key)
        for _ in range(100):  # headlines of neighbouring stops may be the same; what the price means never is
            if meaning.inner_text() != before:
                break
            time.sleep(0.1)
        assert meaning.inner_text() != before
        time.sleep(1.5)
        charts = page.locator('[data-testid="stVegaLiteChart"]').all()
        seen.add(tuple(round(chart.bounding_box()["y"]) for chart in charts))
    assert len(seen) == 1, seen
    page.close()


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
@pytest.mark.parametrize("name", ["law_school", "bank_marketing"])
def test_nothing_moves_where_much_is_to_mind(server, browser, name, size) -> None:
    """The longest words for groups, and the longest cautions."""
    page = open_page(browser, f"{server}/?data={name}", *size)
    page.locator('[data-testid="stVegaLiteChart"]').nth(3).wait_for(timeout=20_000)
    seen = set()
    for key in ("Home", "ArrowRight", "End"):
        page.get_by_role("slider").first.press(key)
        time.sleep(2.0)  # at the end of these dials nothing changes any more
        charts = page.locator('[data-testid="stVegaLiteChart"]').all()
        seen.add(tuple(round(chart.bounding_box()["y"]) for chart in charts))
    assert len(seen) == 1, seen
    page.close()


def test_fits_a_phone(server, browser) -> None:
    page = open_page(browser, server, 390, 844)
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
    for box in page.locator('[data-testid="stVegaLiteChart"]').all():
        area = box.bounding_box()
        assert area is not None
        assert area["x"] + area["width"] <= 391
    page.close()


SMALLEST = """() => {
    const sizes = [];
    const walker = document.createTreeWalker(
        document.querySelector('[data-testid="stMainBlockContainer"]'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement, box = parent.getBoundingClientRect();
        if (!walker.currentNode.textContent.trim() || !box.width || !box.height) continue;
        if (parent.closest('[data-testid="stIconMaterial"], [data-testid="stVegaLiteChart"]')) continue;
        sizes.push([parseFloat(getComputedStyle(parent).fontSize), walker.currentNode.textContent.trim()]);
    }
    return sizes.sort((a, b) => a[0] - b[0])[0];
}"""


#: Where both charts begin, once they are drawn.
DRAWN_TOPS = """() => {
  const marks = [...document.querySelectorAll(".st-key-plots :is(canvas, svg.marks)")];
  const drawn = marks.map(e => e.getBoundingClientRect());
  return drawn.length === 2 && drawn.every(e => e.height > 100) && drawn.map(e => Math.round(e.y));
}"""


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_the_lecture_view(server, browser, size) -> None:
    """Dial, headline and both charts alone, type of 18 px and more, charts within their columns; and the way back."""
    page = open_page(browser, f"{server}/?present=1", *size)
    page.locator('[data-testid="stVegaLiteChart"]').nth(1).wait_for(timeout=20_000)
    time.sleep(1.5)
    smallest = page.evaluate(SMALLEST)
    assert smallest[0] >= 18, smallest
    for gone in ("Your data", "Held out and tested on", "Domain by domain", "For whom", "Link to this view"):
        assert not page.get_by_text(gone).first.is_visible(), gone
    charts = page.locator(".st-key-plots :is(canvas, svg.marks)").all()
    columns = page.locator('.st-key-plots [data-testid="stColumn"]').all()
    for chart, column in zip(charts, columns, strict=True):
        drawn, place = chart.bounding_box(), column.bounding_box()
        assert abs(drawn["width"] - place["width"]) <= 4
        assert drawn["y"] + drawn["height"] <= size[1] + 30
        scale = page.evaluate(
            "e => e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).height)", chart.element_handle()
        )
        assert 12 * scale >= 18  # the smallest text in a chart
    dial, tops = page.get_by_role("slider").first, set()
    for key in ("Home", *["ArrowRight"] * 4, "End"):  # from two lines to five and what to mind
        before = sentence(page)
        dial.press(key)
        settle(page, before)
        tops |= set(page.wait_for_function(DRAWN_TOPS).json_value())  # a chart that is drawn anew has no size at first
    assert len(tops) == 1, tops
    page.get_by_role("button", name="Leave").click()
    page.get_by_text("Domain by domain").wait_for(timeout=20_000)
    page.wait_for_function("!location.search.includes('present')", timeout=20_000)
    page.get_by_role("button", name="Present", exact=True).click()
    page.get_by_role("button", name="Leave").wait_for(timeout=20_000)
    page.wait_for_url("**present=1**", timeout=20_000)
    page.close()
