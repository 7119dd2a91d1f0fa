"""Files that a person names: refused early if they cannot be, written aside and renamed into place."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from fairviz.errors import SettingError

#: Names of files that are being written; a killed writer leaves one.
PREFIX = ".fairviz-"
_ASIDE = re.compile(r"\.fairviz-\d+-[0-9a-f]{16}")
LEFT_BEHIND_S = 3600
LONGEST_PART, LONGEST_PATH = 255, 4096


def check_path(option: str, text: str) -> None:
    """Refuse a path that no file can have.

    Raises
    ------
    SettingError
    """
    advice = "Name another file or folder."
    if not text.strip():
        raise SettingError(f"{option} is empty. Name a file or folder.")
    if "\0" in text:
        raise SettingError(f"{option} holds a NUL character, which no path can. {advice}")
    if text.startswith("~"):  # the shell replaces it where there is such a user
        raise SettingError(
            f"{option} is {text[:80]!r}: no such user's folder. Write the path in full, or begin with ./~."
        )
    encoded = os.fsencode(text)
    if len(encoded) >= LONGEST_PATH or any(len(part) > LONGEST_PART for part in encoded.split(b"/")):
        raise SettingError(f"{option} is {text[:40]!r}...: file name too long. {advice}")


def _writable(folder: Path) -> bool:
    """Whether a file can be made there: permissions alone do not tell (read-only disks, the superuser)."""
    probe = folder / f"{PREFIX}{os.getpid()}-{secrets.token_hex(8)}"
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.unlink(probe)
    except OSError:
        return False
    return True


def check_new_folder(out: Path) -> None:
    """Refuse before the work a folder that could not be made after it.

    Raises
    ------
    SettingError
    """
    if os.path.lexists(out):
        raise SettingError(f"{out} already exists. Name another folder or delete this one.")
    check_store(out)


def check_store(out: Path) -> None:
    """The same for a folder that may be there already.

    Raises
    ------
    SettingError
    """
    there = next(p for p in (out.absolute(), *out.absolute().parents) if p.exists())
    if not there.is_dir() or not _writable(there):
        raise SettingError(f"{out} cannot be written: {there} is not a folder one can write to. Name another folder.")


def check_file(out: Path) -> None:
    """The same for a file, whose folder must be there.

    Raises
    ------
    SettingError
    """
    parent, what = out.absolute().parent, ""
    if out.is_dir():
        what = "it is a folder"
    elif out.exists() and not out.is_file():
        what = "it is a pipe or device"
    elif not parent.is_dir() or not _writable(parent):
        what = f"{parent} is not a folder one can write to"
    if what:
        raise SettingError(f"{out} cannot be written: {what}. Name another file.")


def clear_leftovers(folder: Path) -> None:
    """Remove what writers killed an hour ago or longer left in a folder."""
    with suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            if _ASIDE.fullmatch(entry.name):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > LEFT_BEHIND_S:
                        os.unlink(entry.path)


@contextmanager
def written_aside(path: Path, folder: Path | None = None, *, mode: int = 0o666, **how: Any) -> Iterator[IO[Any]]:
    """A new file beside ``path`` that takes its place when the block ends well, and is removed when it does not.

    Every writer has a file of its own, so of two that write at once one's file is there whole.

    Parameters
    ----------
    folder : Path, optional
        Where it is written first, on the same file system; beside ``path`` by default.
    mode : int
        Permissions of the file, less the umask.
    how
        Keywords of ``open`` for text; bytes by default.

    Raises
    ------
    OSError
        As ``open``, ``write`` and ``os.replace`` do.
    """
    folder = folder or path.parent
    clear_leftovers(folder)
    aside = folder / f"{PREFIX}{os.getpid()}-{secrets.token_hex(8)}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w" if how else "wb", **how) as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def shipped(name: str) -> Path:
    """A file or folder that comes with fairviz: inside the installed package, or at the top of a checkout."""
    inside = Path(__file__).resolve().parent / "shipped"
    return (inside if inside.is_dir() else inside.parent.parent) / name
