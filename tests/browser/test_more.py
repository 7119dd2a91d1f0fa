"""What is folded away keeps its value: Streamlit draws a popover's widgets when it is first opened, after many runs."""

from __future__ import annotations

import pytest

from tests.browser.screens import wait_until_quiet

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser):
    made = browser.new_page(viewport={"width": 1280, "height": 900})
    yield made
    made.close()


def moved_and_opened(page) -> None:
    """Move the dial while it is closed, then open "More", as a person would."""
    page.get_by_role("slider").first.press("ArrowLeft")
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="More").click()
    page.get_by_text("Label guidance λ_y").wait_for(timeout=20_000)
    page.wait_for_timeout(1500)
    assert wait_until_quiet(page)


def test_what_a_link_set_stays_when_more_is_opened_later(page, server) -> None:
    page.goto(f"{server.rstrip('/')}/?labels=network&strength=2&model=mlp")
    assert wait_until_quiet(page)
    moved_and_opened(page)
    assert page.get_by_role("slider", name="Label guidance λ_y").get_attribute("aria-valuetext") == "2"
    assert "strength=2" in page.url
    assert "model=mlp" in page.url


def test_free_sliders_stay_where_they_were_never_looked_at(page, server) -> None:
    """Where any price can be set, label guidance stands at 1, and the story's knobs at 1."""
    page.goto(f"{server.rstrip('/')}/?data=simulated")
    assert wait_until_quiet(page)
    moved_and_opened(page)
    assert page.get_by_role("slider", name="Label guidance λ_y").input_value() == "1"
    assert "strength" not in page.url
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Change the story").click()
    page.get_by_text("A new story needs new fits").wait_for(timeout=20_000)
    page.wait_for_timeout(1500)
    told = [slider.input_value() for slider in page.get_by_role("slider").all()[1:]]
    assert len(told) >= 2
    assert set(told) == {"1"}
    assert page.url.endswith("data=simulated") or "price" in page.url
