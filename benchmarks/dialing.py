"""From a key on the dial to the changed headline, in Chromium; and how long a report takes.

    python -m benchmarks.dialing           (about a minute on two cores; needs Chromium and playwright)

Recorded settings of Adult, whose rows are not needed; ``first``: the first round over the dial's stops, ``again``: the
next ones, whose views the app still has. Times are taken in the page, from the key to the headline's change. ``ratio``
is against ``again`` of the same run.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.common import keep
from tests.browser.conftest import FLAGS, ROOT
from tests.browser.serving import served

WATCH = """() => {
    window.told = [];
    const headline = document.querySelector('.st-key-headline');
    let pressed = 0, before = headline.innerText;
    document.addEventListener('keydown', () => { pressed = performance.now(); }, true);
    new MutationObserver(() => {
        if (headline.innerText === before || !pressed) return;
        before = headline.innerText; window.told.push(performance.now() - pressed); pressed = 0;
    }).observe(headline, {subtree: true, childList: true, characterData: true});
}"""
#: Stops of the dial that are walked over, there and back.
STOPS, ROUNDS = 8, 4


def walk(page: Page) -> list[float]:
    """One round: milliseconds of each stop."""
    dial = page.get_by_role("slider").first
    found = []
    for key in ["ArrowLeft"] * STOPS + ["ArrowRight"] * STOPS:
        already = page.evaluate("window.told.length")
        dial.press(key)
        page.wait_for_function(f"window.told.length > {already}", timeout=20_000)
        found.append(float(page.evaluate("window.told[window.told.length - 1]")))
        time.sleep(0.7)  # an idle moment, as a person looks
    return found


def main() -> None:
    """Measure, and keep it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        # with rows any price could be set, and most moves would be computed anew
        env = {name: value for name, value in os.environ.items() if name != "FAIRVIZ_DATA"}
        env["FAIRVIZ_CACHE"] = f"{folder}/cache"
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        with served(command, ROOT, env, Path(folder) / "app.log") as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.goto(url)
            page.locator('[data-testid="stVegaLiteChart"]').nth(3).wait_for(timeout=60_000)
            time.sleep(2.0)
            page.evaluate(WATCH)
            rounds = [walk(page) for _ in range(ROUNDS)]
            with page.expect_download(timeout=60_000) as taken:
                begun = time.perf_counter()
                page.get_by_role("button", name="Report", exact=True).click()
            taken.value.path()
            report = time.perf_counter() - begun
            browser.close()
    again = [value for values in rounds[1:] for value in values]
    base = statistics.median(again)
    rows = [
        {"what": what, "median_ms": round(statistics.median(values), 1), "worst_ms": round(max(values), 1),
         "moves": len(values), "ratio": round(statistics.median(values) / base, 2)}
        for what, values in (("first", rounds[0]), ("again", again), ("report, pressed to file", [1000 * report]))
    ]  # fmt: skip
    keep("dialing", rows)


if __name__ == "__main__":
    main()
