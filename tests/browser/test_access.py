"""Every page in both themes: no violation that axe-core finds, the browser's preference obeyed, no sideways scroll."""

import pytest

from tests.browser.screens import wait_until_quiet

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="install axe-playwright-python")

PAGES = {
    "explore": "", "explore-simulated": "?data=simulated", "explore-goal": "?dial=goal",
    "explore-entropy": "?control=entropy", "explore-small": "?data=german_credit", "data": "data", "compare": "compare",
    "learn": "learn?step=published", "present": "?present=1",
}  # fmt: skip
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
#: Red, green and blue of the page's background.
BACKGROUND = """() => getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor
    .match(/\\d+/g).slice(0, 3).map(Number)"""
INACTIVE = """(where) => {
    const widget = document.querySelector(where).closest('[data-testid="stSlider"], [data-testid="stSelectbox"]');
    return widget?.querySelector('[data-disabled="true"], [aria-disabled="true"], :disabled') != null;
}"""
SIDEWAYS = """() => {
    const main = document.querySelector('[data-testid="stMain"]');
    return Math.max(main.scrollWidth - main.clientWidth, document.body.scrollWidth - window.innerWidth);
}"""


@pytest.fixture(params=["light", "dark"])
def page(browser, request):
    """A page of a visitor who prefers a theme."""
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 720})
    made = context.new_page()
    made.prefers = request.param
    yield made
    context.close()


def opened(page, server: str, path: str):
    page.goto(f"{server.rstrip('/')}/{path}")
    assert wait_until_quiet(page)
    return page


def inactive(page, violation, node) -> bool:
    """The pale label of a widget that is switched off: success criterion 1.4.3 leaves inactive components out, and axe
    does not see that Streamlit's label belongs to one.
    """
    return violation["id"] == "color-contrast" and page.evaluate(INACTIVE, node["target"][0])


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation(page, server, name) -> None:
    opened(page, server, PAGES[name])
    found = axe.Axe().run(page, options=RULES).response["violations"]
    told = [(one["id"], node["html"][:150]) for one in found for node in one["nodes"] if not inactive(page, one, node)]
    assert told == []


def test_the_theme_is_the_one_that_the_visitor_prefers(page, server) -> None:
    red, green, blue = opened(page, server, "").evaluate(BACKGROUND)
    assert (min(red, green, blue) > 200) == (page.prefers == "light")
    assert (max(red, green, blue) < 60) == (page.prefers == "dark")


@pytest.mark.parametrize("width", [320, 640])  # 640: 1,280 pixels at twice the size
@pytest.mark.parametrize("name", ["explore", "data", "compare", "learn"])
def test_nothing_is_wider_than_a_narrow_screen(browser, server, name, width) -> None:
    page = browser.new_page(viewport={"width": width, "height": 640})
    assert opened(page, server, PAGES[name]).evaluate(SIDEWAYS) <= 0
    page.close()
