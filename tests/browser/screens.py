"""Pictures of every page: ``python -m tests.browser.screens FOLDER``. Ends with 1 if a page fails or stays empty."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from fairviz.data.sets import DATASETS
from fairviz.store.library import Library
from fairviz.store.specs import FRONTIER
from tests.browser.serving import served
from tests.browser.tables import visas

ROOT = Path(__file__).parent.parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZES = {"desk": (1280, 720), "phone": (390, 844)}
#: What the browser prefers, which the app obeys.
SCHEMES = ("light", "dark")
#: Seconds that a page may take: previews are computed before it is quiet.
PATIENCE = 180
QUIET = """() => {
    const busy = document.querySelectorAll(
        '[data-testid="stStatusWidget"], [data-testid="stSpinner"], [data-testid="stProgress"], [data-stale="true"]');
    const app = document.querySelector('[data-testid="stApp"]');
    return app !== null && app.getAttribute('data-test-script-state') !== 'running' && busy.length === 0
        && document.querySelector('[data-testid="stMarkdown"], [data-testid="stAlert"], [data-testid="stException"]');
}"""


@dataclass(frozen=True)
class Page:
    """A page to show: the name of its pictures, its path and query, and how far a stranger's table is taken there."""

    name: str
    path: str
    query: dict[str, str]
    steps: int = 0


def pages() -> list[Page]:
    """Explore on every data set, with a goal and with equal opportunity; Compare on every data set it has."""
    found = [Page(f"explore-{name}", "", {"data": name}) for name in DATASETS]
    for name in ("adult", "simulated"):
        found.append(Page(f"explore-{name}-goal", "", {"data": name, "dial": "goal"}))
        found.append(Page(f"explore-{name}-eop", "", {"data": name, "control": "eop"}))
    compared = {entry.spec["dataset"]["name"] for entry in Library().shipped.entries(FRONTIER)}
    found += [Page(f"compare-{name}", "compare", {"compare_data": name}) for name in DATASETS if name in compared]
    found += [Page(f"learn-{step}", "learn", {"step": step}) for step in ("gap", "published")]
    found += [Page("explore-present", "", {"present": "1"}), Page("explore-small", "", {"domains_adult": "Other"})]
    found += [Page(f"data-{what}", "data", {}, k) for k, what in enumerate(("empty", "read", "go"))]
    return found


def hand_in(page, steps: int) -> None:
    """A stranger's table on Your data: read, and then opened on Explore."""
    page.wait_for_selector('[data-testid="stFileUploader"]', timeout=60_000)
    if steps > 0:
        page.set_input_files("input[type=file]", {"name": "visas.csv", "mimeType": "text/csv", "buffer": visas(2000)})
        page.get_by_text("What can be judged").wait_for(timeout=60_000)
    if steps > 1:
        page.get_by_role("button", name="Go", exact=True).click()
        page.get_by_text("all rows of the other domains").wait_for(timeout=120_000)


@contextmanager
def app(folder: Path) -> Iterator[str]:
    """The app on a free port with a cache of its own; yields its address."""
    env = {**os.environ, "FAIRVIZ_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    with served(command, ROOT, env, folder / "app.log") as url:
        yield url


def wait_until_quiet(page) -> bool:
    """Whether the page came to rest: nothing runs for two seconds, and Vega has drawn."""
    end, since = time.monotonic() + PATIENCE, None
    while time.monotonic() < end:
        if page.evaluate(QUIET):
            since = since or time.monotonic()
            if time.monotonic() - since > 2:
                return True
        else:
            since = None
        time.sleep(0.2)
    return False


def trouble(page, quiet: bool) -> str | None:
    """What is wrong with a page, if anything."""
    failures = page.locator('[data-testid="stException"]')
    if failures.count():
        return f"shows an exception: {failures.first.inner_text()[:200]}"
    # icons are words too
    text = re.sub(r"\b[a-z]+(_[a-z]+)+\b", "", page.locator('[data-testid="stMain"]').inner_text())
    if len(text.split()) < 20:
        return "stayed empty"
    return None if quiet else f"was not quiet after {PATIENCE} s"


def take(page, address: str, size: tuple[int, int], path: Path, one: Page) -> str | None:
    """Two pictures of a page, the first screen and all of it; what is wrong with it, if anything."""
    width, height = size
    try:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address)
        if one.path == "data":
            hand_in(page, one.steps)
        wrong = trouble(page, wait_until_quiet(page))
        page.screenshot(path=path.with_name(f"{path.name}.png"))
        # the page scrolls inside itself: as tall as its content, all of it is in the picture
        tall = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": width, "height": max(height, tall)})
        wait_until_quiet(page)
        page.screenshot(path=path.with_name(f"{path.name}-all.png"))
    except Exception as error:
        return f"failed: {error}"
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Take the pictures; the number of failed pages decides the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screens", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="regular expression for names, such as compare-adult-desk")
    given = parser.parse_args(arguments)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("Chromium was not found; install it to take pictures.")
        return 1
    from playwright.sync_api import sync_playwright

    given.folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for scheme in SCHEMES:
            shots = [(one, size, f"{one.name}-{size}-{scheme}") for one in pages() for size in SIZES]
            shots = [shot for shot in shots if re.search(given.only, shot[2])]
            if not shots:
                continue
            with tempfile.TemporaryDirectory() as folder, app(Path(folder)) as url:
                for one, size, name in shots:
                    address = f"{url}/{one.path}?{urlencode(one.query)}"
                    page = browser.new_page(color_scheme=scheme)
                    wrong = take(page, address, SIZES[size], given.folder / name, one)
                    page.close()
                    if wrong:
                        failed += 1
                        print(f"{name}: {wrong}", flush=True)
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
