"""Run folders that somebody else made: every one that is not whole gives one clear error, quickly and in little memory.

Each folder is a real fit with one thing wrong.
"""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.errors import StoreError
from fairviz.store import read_entry
from fairviz.store.fits import open_run
from fairviz.synthesizers import SYNTHESIZERS
from tests.store.hostile import Damage, make_run, of_arrays, of_fit, of_header, of_params, of_spec, reseal
from tests.store.hostile_folders import FOLDERS, MANIFESTS, SPECS
from tests.store.hostile_payloads import ARRAY_FILES, BIG, FITS

CASES = {
    f"{group}: {name}": damage
    for group, cases in {
        "folder": FOLDERS, "manifest": MANIFESTS, "spec": SPECS, "fit.json": FITS, "arrays": ARRAY_FILES, "big": BIG,
    }.items()
    for name, damage in cases.items()
}  # fmt: skip


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder that every hostile one is made from."""
    path = tmp_path_factory.mktemp("whole") / "run"
    make_run(path, "fadm")
    return path


def tree(root: Path) -> dict[str, tuple]:
    """Every name below, with what would change if it were written to or read through a link."""
    return {str(p): (p.lstat().st_size, p.lstat().st_mtime_ns, p.lstat().st_mode) for p in sorted(root.rglob("*"))}


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(whole, tmp_path / "work" / "run"))


@pytest.fixture
def alarm():
    """A test that waits for ever is ended."""

    def ring(*_: object) -> None:
        raise AssertionError("still reading after ten seconds")

    before = signal.signal(signal.SIGALRM, ring)
    yield lambda: signal.alarm(10)
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("damage", CASES.values(), ids=CASES)
def test_a_hostile_run_is_one_clear_error(run: Path, tmp_path: Path, cache: Path, alarm, damage: Damage) -> None:
    damage(run)
    before, begun = tree(tmp_path), time.process_time()  # of this process: the machine may be busy with others
    alarm()
    with pytest.raises(StoreError) as caught:
        open_run(run)
    assert time.process_time() - begun < 2
    text = str(caught.value)
    assert str(run) in text
    assert text.isprintable()
    assert len(text) < 600
    assert tree(tmp_path) == before
    assert not cache.exists()


def test_there_are_enough() -> None:
    assert len(CASES) >= 80


MEASURE = """
import json, os, resource, sys, time
from pathlib import Path
from fairviz.errors import StoreError
from fairviz.store.fits import open_run
open_run(Path(sys.argv[1]))  # what is loaded once for all is not the folder's doing
for path in sys.argv[2:]:
    pid = os.fork()
    if pid == 0:
        before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        try:
            open_run(Path(path))
            text = ""
        except StoreError as error:
            text = str(error)
        used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(json.dumps([path, text, used, time.monotonic() - begun]), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""


def test_what_is_big_takes_little_memory(whole: Path, tmp_path: Path) -> None:
    paths = []
    for n, damage in enumerate(BIG.values()):
        paths.append(Path(shutil.copytree(whole, tmp_path / str(n) / "run")))
        damage(paths[-1])
    command = [sys.executable, "-c", MEASURE, str(whole), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [path for path, *_ in found] == [str(p) for p in paths], done.stderr
    for name, (path, text, megabytes, _) in zip(BIG, found, strict=True):
        assert path in text, name
        assert megabytes < 200, (name, megabytes)


@pytest.mark.parametrize("name", ["folder: manifest a pipe", "arrays: NaN in a weight", "fit.json: hidden true"])
@pytest.mark.parametrize("command", ["sample", "sweep"])
def test_the_commands_say_it_in_one_line(capsys, run: Path, tmp_path: Path, cache: Path, alarm, name, command) -> None:
    CASES[name](run)
    before = tree(tmp_path)
    alarm()
    assert main([command, str(run), "--out", str(tmp_path / "out.csv")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert str(run) in err
    assert tree(tmp_path) == before
    assert not cache.exists()


def test_an_earlier_run_is_upgraded_and_opens(capsys, run: Path) -> None:
    CASES["manifest: format of an earlier version"](run)
    with pytest.raises(StoreError, match=r"earlier version; run 'fairviz upgrade .*/run'"):
        open_run(run)
    assert main(["upgrade", str(run)]) == 0
    assert capsys.readouterr().out == f"{run} upgraded.\n"
    open_run(run)
    assert main(["upgrade", str(run)]) == 0
    assert capsys.readouterr().out == f"{run} is of the present form already.\n"
    assert main(["upgrade", str(run.parent / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_a_store_of_earlier_results_is_upgraded_whole(capsys, whole: Path, tmp_path: Path) -> None:
    for name in ("a" * 32, "b" * 32):
        shutil.copytree(whole, tmp_path / "fit" / name)
    CASES["manifest: format of an earlier version"](tmp_path / "fit" / ("a" * 32))
    assert main(["upgrade", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith(f"1 of 2 results in {tmp_path} upgraded")
    assert read_entry(tmp_path / "fit" / ("a" * 32)).kind == "fit"


@pytest.mark.parametrize("synthesizer", SYNTHESIZERS)
def test_a_whole_run_opens_and_draws_the_same_rows(tmp_path: Path, synthesizer: str) -> None:
    fit = make_run(tmp_path / "run", synthesizer)
    before = tree(tmp_path)
    spec, again = open_run(tmp_path / "run")
    assert spec.synthesizer == synthesizer
    settings = {"lambda_z": 0.2} if synthesizer == "fadm" else {}
    rows = fit.sample(300, random_state=1, **settings)
    pd.testing.assert_frame_equal(again.sample(300, random_state=1, **settings), rows)
    assert tree(tmp_path) == before
    reseal(tmp_path / "run")  # the tools above make no damage of their own
    open_run(tmp_path / "run")
    of_fit(lambda meta: None)(tmp_path / "run")
    of_arrays(lambda arrays: None)(tmp_path / "run")
    of_header(lambda header: None)(tmp_path / "run")
    of_params()(tmp_path / "run")
    of_spec(lambda spec: None)(tmp_path / "run")
    open_run(tmp_path / "run")
