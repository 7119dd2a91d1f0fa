"""Fixtures for every test: a cache of its own, few threads, and real Adult where its rows are."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch and scikit-learn start their pools

import pytest
import torch

from fairviz.data.sources import load_dataset
from fairviz.errors import MissingDataError

torch.set_num_threads(min(2, int(os.environ["OMP_NUM_THREADS"])))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """An empty cache for each test, outside its ``tmp_path``; the folder is made by whoever needs it."""
    folder = tmp_path_factory.mktemp("cache") / "fairviz"
    monkeypatch.setenv("FAIRVIZ_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def adult():
    """Adult, read from ``FAIRVIZ_DATA``."""
    if not os.environ.get("FAIRVIZ_DATA"):
        pytest.skip("set FAIRVIZ_DATA to a folder with adult/adult.data")
    try:
        return load_dataset("adult")
    except MissingDataError:
        pytest.skip("set FAIRVIZ_DATA to a folder with adult/adult.data")
