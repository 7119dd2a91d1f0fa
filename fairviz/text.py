"""Values and commands as people read them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence


def quoted(value: object, width: int = 80) -> str:
    """A value as a message shows it: quoted, and not too long."""
    text = repr(value if isinstance(value, (int, float)) else str(value))
    return text if len(text) <= width else f"{text[: width - 20]}...{text[-10:]}"


def listing(values: Sequence[object], limit: int = 8) -> str:
    """Values in quotes, separated by commas; of many the first, and how many more there are."""
    shown = ", ".join(quoted(str(value)) for value in list(values)[:limit])
    return shown + (f" and {len(values) - limit} more" if len(values) > limit else "")


def plain(text: str) -> str:
    """Text from data as it is: Markdown, LaTeX and control characters lose their meaning."""
    text = "".join(c if c.isprintable() else " " for c in str(text))
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>$:~&])", r"\\\1", text)


def command_line(*words: str | tuple[str, object]) -> str:
    """A command for a POSIX shell, each word quoted where the shell would read it as something else.

    Parameters
    ----------
    words : str or (str, object)
        Words, or options with their values.
    """
    out: list[str] = []
    for word in words:
        if isinstance(word, str):
            out.append(word)
            continue
        name, value = word[0], str(word[1])
        # a value such as "-x" would be read as an option of its own
        out += [f"{name}={value}"] if value.startswith("-") else [name, value]
    return shlex.join(out)


def duration(seconds: float) -> str:
    """Seconds in words, as exactly as is of use: ``8 s``, ``50 s``, ``4 min``, ``2.5 h``."""
    if seconds < 9.5:
        return f"{max(1, round(seconds))} s"
    if seconds < 95:
        return f"{10 * round(seconds / 10)} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
