"""The command's version, and ``fairviz datasets``."""

import json
import socket
import subprocess
import sys

import pytest

from fairviz import __version__
from fairviz.cli import main
from tests.cli.commands import ok, refused, tree


def test_version_of_the_module():
    done = subprocess.run([sys.executable, "-m", "fairviz", "--version"], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"fairviz {__version__}\n", "")


def test_datasets(capsys):
    rows = {row["name"]: row for row in json.loads(ok(capsys, "datasets", "--json"))}
    assert rows["simulated"]["rows_here"] is True
    assert rows["adult"]["rows_here"] is False
    assert rows["adult"]["favourable"] == ">50K"
    assert "fairviz datasets --download adult" in ok(capsys, "datasets")


def test_nothing_to_download_for_the_simulated_set(capsys):
    assert main(["datasets", "--download", "simulated"]) == 0
    assert "nothing to download" in capsys.readouterr().err


DOWNLOAD = """
import dataclasses, sys
from fairviz.cli import main
from fairviz.data.sets import DATASETS
files = dataclasses.replace(DATASETS["adult"].files, url=sys.argv[1], sha256="0" * 64)
DATASETS._loaded["adult"] = dataclasses.replace(DATASETS["adult"], files=files)
sys.exit(main(["datasets", "--download", "adult"]))
"""


def test_download_of_an_unknown_set(capsys, tmp_path):
    refused(capsys, tmp_path, ["datasets", "--download", "adlut"], "No data set 'adlut'")


def test_download_without_network(cache):
    """In a process of its own: the download library logs to the standard error it was imported with."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/adult.zip"
        done = subprocess.run([sys.executable, "-c", DOWNLOAD, url], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("fairviz: ")
    assert url in done.stderr
    assert not [p for p in tree(cache) if p.endswith((".zip", ".part", "adult"))]


@pytest.mark.parametrize("command", ["fit", "sample", "evaluate"])
def test_a_knob_of_an_unknown_data_set_is_one_line(command: str, capsys, tmp_path) -> None:
    words = {"fit": ["--out", str(tmp_path / "x")], "sample": ["--out", str(tmp_path / "x")], "evaluate": []}[command]
    first = [str(tmp_path / "rows.csv")] if command == "evaluate" else []
    assert main([command, *first, "--dataset", "nosuch", "--bias", "2", "--target", "A", *words]) == 2
    told = capsys.readouterr().err
    assert "No data set 'nosuch'" in told
    assert told.count("\n") == 1
