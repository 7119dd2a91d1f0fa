"""``fairviz app``."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from fairviz.errors import SettingError
from fairviz.files import shipped


def app(args: argparse.Namespace) -> None:
    """Open the app in the browser.

    Raises
    ------
    SettingError
        The package was installed without the app.
    """
    from streamlit.web import cli as streamlit

    page = shipped("app.py")
    if not page.is_file():
        raise SettingError(f"{page} is missing. Install fairviz again, or run it from a checkout of the project.")
    import_module("fairviz.ui.explore")  # before the server is up, so that the first visitor need not wait
    for name in ("FAIRVIZ_DATA", "FAIRVIZ_CACHE", "FAIRVIZ_PRETRAINED"):
        if os.environ.get(name):  # they are from where the command was given
            os.environ[name] = os.path.abspath(os.environ[name])
    os.chdir(page.parent)  # .streamlit/config.toml holds the safe server settings
    sys.argv = ["streamlit", "run", str(page), *args.rest]
    sys.exit(streamlit.main())
