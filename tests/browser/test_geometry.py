"""Where things stand on Compare, Learn and Your data; Explore's places are in ``test_explore.py``."""

from __future__ import annotations

import pytest

from fairviz.store.library import Library
from fairviz.store.specs import FRONTIER
from tests.browser.screens import wait_until_quiet

pytestmark = pytest.mark.browser

SIZES = [(1280, 720), (390, 844)]
COMPARED = sorted(entry.spec["dataset"]["name"] for entry in Library().shipped.entries(FRONTIER))


@pytest.fixture(params=SIZES, ids=["desk", "phone"])
def page(browser, request):
    made = browser.new_page(viewport={"width": request.param[0], "height": request.param[1]})
    yield made
    made.close()


def shown(page, address: str):
    page.goto(address)
    assert wait_until_quiet(page)
    return page


def on_first_screen(page, *places) -> None:
    for place in places:
        box = place.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= page.viewport_size["height"], (place, box)


@pytest.mark.parametrize("dataset", COMPARED)
def test_the_comparison_uses_its_width(page, server, dataset) -> None:
    """The first chart is as wide as the page, and drawn as wide as its place; its upper half is on a desk's first
    screen. A chart once stood squeezed into a corner.
    """
    shown(page, f"{server.rstrip('/')}/compare?compare_data={dataset}")
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    chart = page.locator('[data-testid="stVegaLiteChart"]').first
    place, drawn = chart.bounding_box(), chart.locator("canvas, svg.marks").first.bounding_box()
    block = page.locator('[data-testid="stMainBlockContainer"]').bounding_box()
    padding = 2 * (80 if width > 640 else 16)
    assert place["width"] >= block["width"] - padding - 4
    assert abs(drawn["width"] - place["width"]) <= 4
    assert drawn["height"] >= 300
    if width > 640:
        assert place["y"] + place["height"] / 2 <= height
    others = page.locator('[data-testid="stVegaLiteChart"] :is(canvas, svg.marks)').all()[1:]
    assert len(others) >= 3  # the names of symbols, and two domains or more
    for other in others:
        box = other.bounding_box()
        assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("step", ["gap", "price", "unseen", "small", "parting", "trivial", "published"])
def test_a_question_is_asked_and_answered_without_scrolling(page, server, step) -> None:
    """All guesses on the first screen; on a desk the answer comes there too, and its chart begins."""
    shown(page, f"{server.rstrip('/')}/learn?step={step}")
    guesses = page.get_by_test_id("stRadioOption").all() or page.locator('[data-testid="stRadio"] label').all()
    on_first_screen(page, *guesses)
    guesses[-1].click()
    assert wait_until_quiet(page)
    if page.viewport_size["width"] > 640:
        on_first_screen(page, page.locator("text=/You guessed right|It is:/").first)
        assert page.locator('[data-testid="stVegaLiteChart"]').first.bounding_box()["y"] < 560


def test_a_file_can_be_dropped_without_scrolling(page, server) -> None:
    shown(page, f"{server.rstrip('/')}/data")
    on_first_screen(page, page.get_by_test_id("stFileUploader").first)
