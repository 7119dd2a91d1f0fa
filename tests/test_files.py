"""Files written aside: whole or not at all."""

import os
import subprocess
import sys

from fairviz.files import PREFIX, written_aside


def test_kill_while_writing(tmp_path):
    """The old file stays, and only a file with the prefix is left."""
    (tmp_path / "a.csv").write_text("old")
    script = (
        "import os, signal, pathlib\nfrom fairviz.files import written_aside\n"
        "with written_aside(pathlib.Path('a.csv')) as handle:\n"
        "    handle.write(b'new'); handle.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], timeout=120, cwd=tmp_path, check=False, env={
        **os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert done.returncode == -9
    assert (tmp_path / "a.csv").read_text() == "old"
    assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 1


def test_a_written_file_has_the_permissions_of_any_other(tmp_path):
    with written_aside(tmp_path / "a.txt", encoding="utf-8") as handle:
        handle.write("é")
    (tmp_path / "b.txt").write_text("x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode
