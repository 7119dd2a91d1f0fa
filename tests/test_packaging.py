"""A wheel built from the tree, installed in a new environment: the app and the commands work from an empty folder."""

import importlib.util
import os
import socket
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from tests.browser.serving import served
from tests.conftest import unavailable

ROOT = Path(__file__).parent.parent


def run(*words: object, **how) -> str:
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=300, **how)
    assert done.returncode == 0, f"{words}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    if importlib.util.find_spec("hatchling") is None:
        unavailable("install hatchling to build a wheel")
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """A new environment with the wheel in it; its dependencies are those of this one, read where they lie."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    (site,) = (folder / "lib").glob("python*/site-packages")
    run(sys.executable, "-m", "pip", "-q", "--python", folder / "bin" / "python", "install", "--no-deps", wheel)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


@pytest.fixture
def outside(environment, tmp_path, cache) -> dict:
    """How a command is run from an empty folder, knowing nothing of this checkout."""
    known = ("PYTHONPATH", "FAIRVIZ_DATA", "FAIRVIZ_PRETRAINED", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if name not in known}
    folder = tmp_path / "empty"
    folder.mkdir()
    env |= {"FAIRVIZ_CACHE": str(cache), "HOME": str(folder), "PATH": f"{environment / 'bin'}:{env['PATH']}"}
    return {"env": env, "cwd": folder}


def test_it_is_the_wheel_that_runs(environment, outside) -> None:
    where = run(environment / "bin" / "python", "-c", "import fairviz; print(fairviz.__file__)", **outside)
    assert Path(where.strip()).is_relative_to(environment)


def test_sample_from_an_empty_folder(environment, outside) -> None:
    """A shipped fit is found inside the package."""
    command = [environment / "bin" / "fairviz", "sample", "--dataset", "adult", "--target", "White", "-n", 300]
    run(*command, "--lambda-z", "0.1", "--out", "rows.csv", **outside)
    rows = pd.read_csv(outside["cwd"] / "rows.csv")
    assert len(rows) == 300
    assert set(rows["income"]) == {"<=50K", ">50K"}
    assert not any(outside["cwd"].glob("*/")) or [p.name for p in outside["cwd"].iterdir()] == ["rows.csv"]


def test_the_app_opens_from_an_empty_folder(environment, outside, tmp_path) -> None:
    command = [str(environment / "bin" / "fairviz"), "app"]
    with served(command, outside["cwd"], outside["env"], tmp_path / "app.log") as url:
        assert urllib.request.urlopen(f"{url}/_stcore/health", timeout=5).read() == b"ok"
        page = urllib.request.urlopen(url, timeout=5).read().decode()
        assert "<title>Streamlit</title>" in page
        # the safe settings came with it: it listens to this machine only, not on every address
        port = int(url.rpartition(":")[2])
        with socket.socket() as elsewhere:
            elsewhere.bind(("127.0.0.2", port))


def test_the_pages_of_the_wheel_show_recorded_results(environment, outside) -> None:
    script = (
        "from streamlit.testing.v1 import AppTest\n"
        "from fairviz.files import shipped\n"
        "app = AppTest.from_file(str(shipped('app.py')), default_timeout=120).run()\n"
        "assert not app.exception, app.exception[0].message\n"
        "print(' '.join(m.value for m in app.markdown))\n"
    )
    told = run(environment / "bin" / "python", "-c", script, **outside)
    assert "48,842 people of a race the model never saw" in told


def test_a_library_is_not_tied_to_one_torch(wheel) -> None:
    """The metadata gives ranges; requirements.txt, with one version of each, lies within them."""
    from packaging.requirements import Requirement

    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith("dist-info/METADATA")]
        lines = archive.read(name).decode().splitlines()
    found = [Requirement(line.removeprefix("Requires-Dist: ")) for line in lines if line.startswith("Requires-Dist")]
    ranges = {one.name: one.specifier for one in found}
    assert "2.6.0" in ranges["torch"]
    pinned = [Requirement(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if line[:1].isalpha()]
    for one in pinned:
        (version,) = [s.version for s in one.specifier]
        assert version in ranges[one.name], one.name
    assert ranges.keys() - {one.name for one in pinned} == {"distributed"}
    assert {one.name for one in found if one.marker is not None} == {"fairlearn", "fairret", "distributed"}


def test_nothing_large_is_in_the_repository_but_weights() -> None:
    """What a download or a picture leaves behind is easily added with everything else."""
    if not (ROOT / ".git").exists():
        unavailable("a checkout is needed to tell what belongs to it")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    there = [ROOT / name for name in listed.stdout.split("\0") if name and not name.startswith("pretrained/")]
    assert ROOT / "app.py" in there
    assert [path.name for path in there if path.exists() and path.stat().st_size > 1e6] == []
