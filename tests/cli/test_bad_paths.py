"""Paths that are no file of rows, or cannot be written: refused before the work, not after it."""

import os

import pytest

from fairviz.data.reading import MAX_BYTES
from tests.cli.bad_choices import LONG, OUT
from tests.cli.commands import ROLES, fit, refused_at_once


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("none.csv", ["none.csv: no such file"]),
        ("good.csv/x.csv", ["no such file"]),
        (".", ["is a folder"]),
        ("sub", ["sub is a folder"]),
        ("pipe", ["pipe is a pipe or device"]),
        ("/dev/zero", ["/dev/zero is a pipe or device"]),
        ("/dev/null", ["pipe or device"]),
        ("loop", ["loop: cannot be read"]),
        ("dangling", ["no such file"]),
        ("huge.csv", [f"{MAX_BYTES + 1:,} bytes", f"{MAX_BYTES:,}"]),
        (LONG, ["file name too long"]),
        ("a/" * 2500, ["file name too long"]),
        ("no\0pe", ["NUL"]),
        ("", ["is empty"]),
        ("  ", ["is empty"]),
        ("~nouser/x.csv", ["no such user"]),
        ("new\nline.csv", ["new\\nline.csv: no such file"]),
        ("esc\x1b[31m.csv", ["esc\\x1b[31m.csv: no such file"]),
        ("\udcff.csv", ["no such file"]),
    ],
    ids=lambda v: repr(v)[:24] if isinstance(v, str) else "",
)
@pytest.mark.parametrize("place", ["csv", "rows"])
def test_a_path_that_is_no_file_of_rows(capsys, folder, path, words, place):
    (folder / "sub").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("none")
    with open(folder / "huge.csv", "wb") as handle:
        handle.truncate(MAX_BYTES + 1)
    evaluate = ["evaluate", path, "--csv", "good.csv", *ROLES, "--target", "West"]
    refused_at_once(capsys, folder, fit(path) if place == "csv" else evaluate, *words)


@pytest.mark.parametrize(("path", "words"), OUT, ids=lambda v: repr(v)[:24] if isinstance(v, str) else "")
@pytest.mark.parametrize("command", ["fit", "sample", "sweep"])
def test_a_path_that_cannot_be_written(capsys, folder, run, path, words, command, monkeypatch):
    """Refused before the work, not after it."""
    monkeypatch.setattr("fairviz.synthesizers.FADM.fit_steps", lambda *_: pytest.fail("trained"))
    monkeypatch.setattr("fairviz.synthesizers.FADM.sample_chunks", lambda *_, **__: pytest.fail("sampled"))
    (folder / "sub").mkdir()
    os.mkfifo(folder / "pipe")
    argv = {
        "fit": ["fit", "--csv", "good.csv", *ROLES, "--target", "West", "--out", path],
        "sample": ["sample", run, "-n", "10", "--out", path],
        "sweep": ["sweep", run, "--lambdas", "0", "--seeds", "1", "-n", "100", "--out", path],
    }[command]
    refused_at_once(capsys, folder, argv, *words)


@pytest.mark.parametrize("path", ["good.csv", "good.csv/x", "pipe", LONG, "no\0pe", "", "/proc/x", "~nouser"])
@pytest.mark.parametrize("command", ["pretrain", "frontier", "table1"])
def test_a_store_that_cannot_be_written(capsys, folder, path, command, monkeypatch):
    monkeypatch.setattr("fairviz.synthesizers.FADM.fit_steps", lambda *_: pytest.fail("trained"))
    os.mkfifo(folder / "pipe")
    refused_at_once(capsys, folder, [command, "--dataset", "simulated", "--quick", "--jobs", "1", "--out", path])
