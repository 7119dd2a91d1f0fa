"""The whole path without a mouse: what can be used is reached with Tab, in the order of the page, and works."""

from __future__ import annotations

import pytest

from tests.browser.screens import wait_until_quiet

pytestmark = pytest.mark.browser

FOCUSED = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const copy = at.cloneNode(true);
    copy.querySelectorAll('[data-testid="stIconMaterial"]').forEach(icon => icon.remove());
    return (at.getAttribute('aria-label') || copy.textContent || at.closest('label')?.innerText || '').trim();
}"""
#: By page: what must be met with Tab, in this order; the beginnings of names.
PATHS = {
    "": [
        "Your data", "Compare", "Learn", "Data set", "Present", "Fairness price", "Fair control", "More", "Pin",
        "Upward in the chart", "Amer-Indian-Eskimo", "Report", "Hand-out", "How sure", "Whom it serves worst",
        "Counts per domain", "Synthetic rows", "Words, explained", "Link to this view",
    ],
    "compare": [
        "Explore", "Data set", "Upward in the chart", "Methods", "Look at one point", "Pin", "Counts and ratios",
        "Run it again", "Wins and losses", "How far each", "Mean of all", "Words, explained",
    ],
    "learn": ["Explore", "1", "As often", "For whoever", "Next", "Watch rows", "Words, explained"],
    "data": ["Explore", "A file", "Upload"],
}  # fmt: skip


@pytest.fixture
def page(browser):
    made = browser.new_page(viewport={"width": 1280, "height": 720})
    yield made
    made.close()


def walk(page, most: int = 90) -> list[str]:
    """Names of what has the focus, Tab after Tab, until it leaves the page."""
    found: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at is None:
            break
        found.append(at)
    return found


@pytest.mark.parametrize("path", PATHS)
def test_everything_is_reached_in_order(page, server, path) -> None:
    page.goto(f"{server.rstrip('/')}/{path}")
    assert wait_until_quiet(page)
    met = walk(page)
    at = -1
    for name in PATHS[path]:
        later = [k for k, found in enumerate(met) if k > at and found.startswith(name)]
        assert later, f"{name!r} is not met after {met[max(at, 0)]!r}: {met}"
        at = later[0]


def to(page, name: str) -> None:
    """Tab until something of that name has the focus."""
    for _ in range(90):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at is not None and at.startswith(name):
            return
    raise AssertionError(f"{name!r} is not reached")


def test_a_result_is_found_pinned_and_presented_by_keyboard(page, server) -> None:
    """Move the dial, pin, move on, present, move there, and leave with Escape."""
    page.goto(server)
    assert wait_until_quiet(page)
    told = page.locator(".st-key-headline").inner_text()
    to(page, "Fairness price")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("told => document.querySelector('.st-key-headline').innerText !== told", arg=told)
    to(page, "Pin")
    page.keyboard.press("Enter")
    page.get_by_text("Pinned", exact=False).first.wait_for(timeout=20_000)
    page.goto(server)
    assert wait_until_quiet(page)
    to(page, "Present")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Leave").wait_for(timeout=20_000)
    assert not page.get_by_text("Domain by domain").first.is_visible()
    told = page.locator(".st-key-headline").inner_text()
    to(page, "Fairness price")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("told => document.querySelector('.st-key-headline').innerText !== told", arg=told)
    page.keyboard.press("Escape")
    page.get_by_text("Domain by domain").first.wait_for(state="visible", timeout=20_000)


def test_the_lesson_is_walked_by_keyboard(page, server) -> None:
    """A guess with the space bar, its answer, and the next step."""
    page.goto(f"{server.rstrip('/')}/learn")
    assert wait_until_quiet(page)
    to(page, "As often")
    page.keyboard.press("Space")
    page.get_by_text("It is: ", exact=False).or_(page.get_by_text("You guessed right", exact=False)).first.wait_for()
    to(page, "Next")
    page.keyboard.press("Enter")
    page.get_by_text("2 of 7", exact=False).first.wait_for(timeout=20_000)
