"""A machine without fits and without real data; and what many tests of commands share."""

from types import SimpleNamespace

import pytest

from fairviz.cli import main
from tests.cli.commands import people
from tests.cli.comparisons import publish
from tests.people import rows, written


@pytest.fixture(autouse=True)
def alone(tmp_path_factory, monkeypatch):
    """No pretrained fits, and no real data unless a test names them."""
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path_factory.mktemp("shipped") / "none"))
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A run folder of the simulated data set."""
    path = tmp_path_factory.mktemp("runs") / "run"
    command = ["fit", "--dataset", "simulated", "--target", "East", "--iterations", "5", "--meta", "none"]
    assert main([*command, "--out", str(path)]) == 0
    return path


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "people.csv"
    people().to_csv(path, index=False)
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a good file in it."""
    (tmp_path / "good.csv").write_bytes(written(rows()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def frontier(tmp_path_factory) -> SimpleNamespace:
    return publish(tmp_path_factory, "frontier", "fadm_dp,fadm_entropy,unmitigated,constant,reweighing")


@pytest.fixture(scope="session")
def table1(tmp_path_factory) -> SimpleNamespace:
    return publish(tmp_path_factory, "table1", "balanced,vae")
