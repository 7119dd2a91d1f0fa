"""A stranger's table in a real browser: from a file to a moved dial, whatever its names and cells hold."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.browser import tables
from tests.browser.test_explore import CHART, HEADLINE, sentence

pytestmark = pytest.mark.browser
#: Name of a table, its label, favourable value, group and domain as proposed.
STRANGERS = [
    (tables.insurance, ["Angenommen", "ja", "Geschlecht", "Region"]),
    (tables.clinic, ["score", "gender", "site"]),
    (tables.visas, ["visa_status", "granted", "region_of_origin", "office"]),
]
#: Whether the page shows some words, as text or in a field.
SHOWS = """words => {
    const main = document.querySelector('[data-testid="stMain"]');
    const text = [main.innerText, ...[...main.querySelectorAll('input')].map(field => field.value)].join(' ');
    return words.every(word => text.includes(word));
}"""


def upload(page, server: str, name: str, data: bytes) -> None:
    page.goto(f"{server}/data")
    page.wait_for_selector('[data-testid="stFileUploader"]', timeout=60_000)
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": data})


@pytest.mark.parametrize(("make", "proposed"), STRANGERS, ids=lambda x: getattr(x, "__name__", ""))
def test_from_a_file_to_a_moved_dial(server, browser, make, proposed) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    upload(page, server, "mine.csv", make(1500))
    page.get_by_text("What can be judged").wait_for(timeout=60_000)
    page.get_by_role("button", name="Go", exact=True).wait_for()
    page.wait_for_function(SHOWS, arg=proposed, timeout=20_000)
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_text("Real rows, weighted").wait_for(timeout=90_000)
    page.wait_for_selector(CHART, timeout=60_000)
    before = sentence(page)
    assert page.get_by_text("1,500 people of", exact=False).first.is_visible()
    dial = page.get_by_role("slider").first
    was = dial.get_attribute("aria-valuetext") or dial.get_attribute("aria-valuenow")
    dial.focus()
    assert "instead of" in before
    for _ in range(20):  # to no control at all, past prices whose numbers may show on the way
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.body.innerText.includes('Without fair control the model')", timeout=60_000)
    assert sentence(page) != before
    assert (dial.get_attribute("aria-valuetext") or dial.get_attribute("aria-valuenow")) != was
    page.close()


def downloaded(page, name: str) -> bytes:
    """What a button of a page that is at rest hands out; a press that meets a redrawn button is made again."""
    from playwright.sync_api import TimeoutError as Late  # the fixtures have looked whether it is there

    heard: list[str] = []
    page.on("response", lambda answer: heard.append(f"{answer.status} {answer.url}") if "/media/" in answer.url else 0)
    button = page.get_by_role("button", name=name)
    for _ in range(3):
        button.wait_for()
        page.wait_for_function("document.querySelector('[data-testid=stApp]').dataset.testScriptState !== 'running'")
        try:
            with page.expect_download(timeout=20_000) as found:
                button.click()
        except Late:
            continue
        return Path(found.value.path()).read_bytes()
    raise AssertionError(f"no download; files that were asked for: {heard}")


def test_a_view_goes_out_as_a_scenario_and_comes_back(server, browser, tmp_path) -> None:
    """Saved on Explore, opened in another browser session: the same sentence at the same stop."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{server}/?data=adult&control=eop")
    page.wait_for_selector(CHART, timeout=60_000)
    before = sentence(page)
    path = tmp_path / "scenario.json"
    path.write_bytes(downloaded(page, "Scenario"))
    page.close()
    again = browser.new_page(viewport={"width": 1280, "height": 800})
    again.goto(f"{server}/data")
    again.get_by_text("A scenario", exact=True).click()
    again.get_by_text("The JSON file that Explore offered").wait_for()
    again.set_input_files("input[type=file]", path)
    again.get_by_text("25 trials").wait_for(timeout=30_000)
    again.get_by_role("button", name="Open it").click()
    again.wait_for_selector(CHART, timeout=60_000)
    again.locator(HEADLINE).first.wait_for()
    assert sentence(again) == before
    assert "control=eop" in again.url
    again.close()


NASTY = (
    '<img src=x onerror="document.title=1">',
    "![x](http://example.invalid/x.png)",
    "$\\alpha$ `code` **bold**",
    "=cmd",
)


def test_names_and_cells_are_text_and_nothing_else(server, browser) -> None:
    """Markup in the file's name, the columns' names and the cells: nothing runs, nothing is fetched."""
    rows = [f'"{NASTY[0].replace(chr(34), chr(34) * 2)}",{NASTY[1]},{NASTY[2]},sex,hired']
    for k in range(400):
        place = (NASTY[0].replace('"', '""'), NASTY[1])[k % 2]
        rows.append(f'"{place}",{NASTY[3]},{k % 7},{("f", "m")[k % 3 > 0]},{("no", "yes")[(k * 7) % 10 > 3 + k % 3]}')
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    upload(page, server, "<b>x<img src=y onerror=1>.csv", "\n".join(rows).encode())
    page.get_by_text("What can be judged").wait_for(timeout=60_000)
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_text("Real rows, weighted").wait_for(timeout=90_000)
    page.wait_for_selector(CHART, timeout=60_000)
    time.sleep(1)
    assert page.title() == "fairviz"
    assert not [url for url in asked if "example.invalid" in url or url.endswith(("/x", "/y"))]
    assert page.locator('[data-testid="stMain"] img, [data-testid="stMain"] b, .katex').count() == 0
    page.close()


def test_the_page_fits_a_phone(server, browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    upload(page, server, "mine.csv", tables.visas(600))
    page.get_by_text("What can be judged").wait_for(timeout=60_000)
    page.get_by_role("button", name="Go", exact=True).wait_for()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    page.close()


def test_a_file_that_is_too_large_or_cut_off_does_no_harm(server, browser) -> None:
    """Over the limit: a sentence. A tab that closes while its file is on the way: the next tab works."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    upload(page, server, "big.csv", b"a,b\n" + b"1,2\n" * (21 * 2**18))
    page.get_by_text("File must be 20.0MB or smaller").wait_for(timeout=60_000)
    assert page.get_by_text("What was read").count() == 0
    upload(page, server, "mine.csv", tables.visas(600) + (b" " * 99_999 + b"\n") * 150)
    page.close()  # on the way
    again = browser.new_page(viewport={"width": 1280, "height": 800})
    upload(again, server, "mine.csv", tables.visas(600))
    again.get_by_text("600 rows, 8 columns").wait_for(timeout=60_000)
    again.close()
