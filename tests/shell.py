"""What a shell makes of a command that is shown to be copied."""

import subprocess

#: Names that a data set's owner may give, each of which does something in a shell or to a command's options.
HOSTILE = (
    "$(touch hacked)",
    "`touch hacked`",
    "it's",
    "\"both'",
    "a; touch hacked",
    "-x",
    "--help",
    "a\nb",
    "!1",
    "*",
    "ä b",
)


def words_of(command: str, folder) -> list[str]:
    """The arguments that ``fairviz`` gets when ``command`` is pasted into bash, in ``folder``."""
    script = f"fairviz() {{ printf '%s\\0' \"$@\"; }}\n{command}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, cwd=folder, timeout=60)
    assert done.stderr == ""
    assert list(folder.iterdir()) == []
    return done.stdout.split("\0")[:-1]
