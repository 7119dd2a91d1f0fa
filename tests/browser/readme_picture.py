"""The README's picture of Explore: ``python -m tests.browser.readme_picture [FILE]`` (``docs/explore.png``)."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.screens import FLAGS, ROOT, app, wait_until_quiet

#: What is kept of a page of this width: from below the blank top to the end of the charts' caption.
SIZE, TOP = (1280, 960), 80


def main() -> None:
    """Open Explore on Adult, in the light theme, and keep its upper part."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "explore.png"
    with tempfile.TemporaryDirectory() as folder, app(Path(folder), "light") as url, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.goto(url)
        if not wait_until_quiet(page):
            sys.exit("The page did not come to rest.")
        page.screenshot(path=path, clip={"x": 0, "y": TOP, "width": SIZE[0], "height": SIZE[1] - TOP})
        browser.close()


if __name__ == "__main__":
    main()
