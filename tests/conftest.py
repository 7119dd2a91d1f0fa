"""Fixtures for every test: a cache of its own, few threads, and real Adult where its rows are."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch and scikit-learn start their pools

import pytest
import torch
from xdist.scheduler import LoadFileScheduling

from fairviz.data.sources import load_dataset
from fairviz.errors import MissingDataError

# helpers whose assertions are to say what differs
pytest.register_assert_rewrite(
    "tests.charts.drawing",
    "tests.cli.commands",
    "tests.cli.comparisons",
    "tests.doors",
    "tests.shell",
    "tests.synthesizers.known",
)


class ByFile(LoadFileScheduling):
    """A file's tests stay with one worker, which makes what they share once; so do all that drive a browser, for two
    browsers with two servers on two cores would wait for each other.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)


torch.set_num_threads(min(2, int(os.environ["OMP_NUM_THREADS"])))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """An empty cache for each test, outside its ``tmp_path``; the folder is made by whoever needs it."""
    folder = tmp_path_factory.mktemp("cache") / "fairviz"
    monkeypatch.setenv("FAIRVIZ_CACHE", str(folder))
    return folder


def unavailable(reason: str):
    """Skip, saying why; or fail where everything must run (``FAIRVIZ_REQUIRE_ALL``)."""
    if os.environ.get("FAIRVIZ_REQUIRE_ALL"):
        pytest.fail(f"must not be skipped here: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def adult():
    """Adult, read from ``FAIRVIZ_DATA``."""
    if not os.environ.get("FAIRVIZ_DATA"):
        unavailable("set FAIRVIZ_DATA to a folder with adult/adult.data")
    try:
        return load_dataset("adult")
    except MissingDataError as error:
        unavailable(str(error))
