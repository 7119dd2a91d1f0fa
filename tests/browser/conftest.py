"""The app served, and a browser."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.browser.serving import served
from tests.conftest import unavailable

ROOT = Path(__file__).parent.parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The app on a free port, with an empty cache and without Adult's rows."""
    env = {k: v for k, v in os.environ.items() if k != "FAIRVIZ_DATA"}
    env["FAIRVIZ_CACHE"] = str(tmp_path_factory.mktemp("browser-cache"))
    log = tmp_path_factory.mktemp("log") / "app.log"
    with served([sys.executable, "-m", "streamlit", "run", "app.py"], ROOT, env, log) as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        unavailable("install Chromium to run the browser tests")
    api = pytest.importorskip("playwright.sync_api", reason="install playwright to run the browser tests")
    with api.sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield instance
        instance.close()
