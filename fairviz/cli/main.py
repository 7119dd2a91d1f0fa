"""One command run: its words checked, errors as one line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from fairviz.cli.grammar import parser, run
from fairviz.cli.output import say
from fairviz.errors import FairvizError, SettingError
from fairviz.files import check_path

BAD_INPUT = 2
LONGEST_MESSAGE = 2000


def _check_text(args: argparse.Namespace) -> None:
    """Refuse what no option can be: nothing, a NUL character, a path that no file can have.

    Raises
    ------
    SettingError
    """
    for name, value in vars(args).items():
        option = name.upper() if name in ("run", "rows", "scenario") else f"--{name.replace('_', '-')}"
        if isinstance(value, list) and name != "rest":  # what argparse makes of "--seed=--"
            raise SettingError(f"{option} is '--'. Give a value, or leave it out.")
        if not isinstance(value, str) or (not value and name in ("without", "setting")):
            continue
        if not value.strip():
            raise SettingError(f"{option} is empty. Give a value, or leave it out.")
        if "\0" in value:
            raise SettingError(f"{option} holds a NUL character. Give text without it.")
        if name in ("run", "rows", "scenario", "csv", "out"):
            check_path(option, value)


def _one_line(text: str) -> str:
    """A message as one line of bounded length, whatever names and paths are in it."""
    from fairviz.data.cells import CONTROL

    text = CONTROL.sub(lambda m: repr(m.group())[1:-1], text.replace("\n", "\\n").replace("\r", "\\r"))
    text, half = text.encode("utf-8", "backslashreplace").decode(), LONGEST_MESSAGE // 2
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:half]} ... {text[-half:]}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 if it did its work, 2 with one line on standard error for bad input."""
    try:
        args, rest = parser().parse_known_args(argv)
        if args.command == "app":
            args.rest = rest
        elif rest:
            raise SettingError(f"unrecognized arguments: {' '.join(rest)}. See 'fairviz {args.command} --help'.")
        _check_text(args)
        run(args)
    except FairvizError as error:
        say(_one_line(f"fairviz: {error}"))
        return BAD_INPUT
    except KeyboardInterrupt:
        say("fairviz: stopped.")
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:  # a folder without permission, a full disk, a path of the environment
        where = f"{error.filename}: " if error.filename else ""
        say(_one_line(f"fairviz: {where}{error.strerror or error}. Check the path and the space left there."))
        return BAD_INPUT
    return 0
