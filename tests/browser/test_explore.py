"""The first screen in a real browser: it opens with content, the dial moves it, it fits a phone."""

from __future__ import annotations

import time

import pytest

CHART = '[data-testid="stVegaLiteChart"] canvas, [data-testid="stVegaLiteChart"] svg'
pytestmark = pytest.mark.browser


def open_page(browser, url: str, width: int = 1280, height: int = 800):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(url)
    page.wait_for_selector(CHART, timeout=60_000)
    return page


def sentence(page) -> str:
    return page.get_by_text("Tested on", exact=False).first.inner_text()


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
    assert "48,842 people of a race the model never saw" in text
    assert "women" in text
    assert "men" in text
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
    assert "Without fair control" not in text
    assert page.get_by_text("No fair control: no accuracy is given up").is_visible()
    page.close()


def test_switch_to_the_simulated_world(server, browser) -> None:
    page = open_page(browser, f"{server}/?data=Simulated+hiring")
    assert "people of a region the model never saw" in sentence(page)
    page.close()


def test_a_data_set_without_rows_opens_and_says_what_is_missing(server, browser) -> None:
    """Recorded results, and one line on how to get the rows; a link of an earlier version leads there too."""
    page = open_page(browser, f"{server}/?data=Bank+marketing+(Portugal)")
    assert "people of a year the model never saw" in sentence(page)
    page.get_by_text("run 'fairviz datasets --download bank_marketing'").wait_for(timeout=60_000)
    page.get_by_role("button", name="Download the rows").wait_for(timeout=20_000)
    page.close()


def test_a_free_price_is_previewed_then_sampled(server, browser) -> None:
    """Between recorded stops the preview stands until the guided rows replace it, and nothing jumps."""
    page = open_page(browser, f"{server}/?data=Simulated+hiring")
    place = page.locator('[data-testid="stVegaLiteChart"]').first.bounding_box()
    page.get_by_role("slider").first.press("ArrowRight")
    page.get_by_text("Preview ·").wait_for(timeout=30_000)
    page.get_by_text("Sampled ·").wait_for(timeout=120_000)
    assert "people of a region the model never saw" in sentence(page)
    after = page.locator('[data-testid="stVegaLiteChart"]').first.bounding_box()
    assert abs(place["y"] - after["y"]) < 30
    page.close()


def test_compare_opens_and_a_point_can_be_pinned(server, browser) -> None:
    page = open_page(browser, f"{server}/compare")
    page.get_by_text("Table 1 of the paper, measured again").wait_for(timeout=30_000)
    page.get_by_role("button", name="Pin", exact=True).click()
    page.get_by_text("Pinned", exact=True).wait_for(timeout=20_000)
    assert page.locator('[data-testid="stException"]').count() == 0
    page.close()


@pytest.mark.parametrize("query", ["", "?data=acsincome", "?control=eop", "?labels=network", "?price_dp=0"])
def test_the_first_screen_holds_dial_sentence_and_both_charts(server, browser, query) -> None:
    page = open_page(browser, f"{server}/{query}", 1280, 720)
    page.locator('[data-testid="stVegaLiteChart"]').nth(1).wait_for(timeout=20_000)
    places = [page.get_by_role("slider").first, page.get_by_text("Tested on", exact=False).first]
    places += page.locator('[data-testid="stVegaLiteChart"]').all()[:2]
    time.sleep(1.0)
    for place in places:
        box = place.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720
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
