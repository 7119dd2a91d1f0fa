"""The ``fairviz`` command: datasets, fit, sample, evaluate, sweep, upgrade, pretrain, frontier, table1, trial, app."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from typing import Any

from fairviz import __version__, commands, comparisons
from fairviz.controls import CONTROLS
from fairviz.data.cells import CONTROL
from fairviz.data.dataset import ALL_DOMAINS
from fairviz.data.schema import _shown
from fairviz.data.sources import DATASETS
from fairviz.errors import FairvizError, SettingError
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.experiments.methods import METHODS
from fairviz.experiments.runner import BACKENDS
from fairviz.files import check_path
from fairviz.meta import META_MODES

BAD_INPUT = 2
LONGEST_MESSAGE = 2000


def _data_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("data")
    group.add_argument("--dataset", metavar="NAME", help=f"a built-in data set: {', '.join(DATASETS)}")
    group.add_argument("--csv", metavar="FILE", help="a CSV file of your own; needs the four roles below")
    group.add_argument("--label", metavar="COLUMN")
    group.add_argument("--favourable", metavar="VALUE", help="the label value that is good for the person")
    group.add_argument("--sensitive", metavar="COLUMN")
    group.add_argument("--domain", metavar="COLUMN")
    group.add_argument("--features", metavar="A,B,..", help="columns to learn from; all others by default")
    _knob_arguments(group)


def _knob_arguments(parser: Any) -> None:
    for name in commands.KNOBS:
        parser.add_argument(f"--{name}", type=_number, help=f"knob of the simulated data set: {name} (default 1)")


def _sampling_arguments(parser: argparse.ArgumentParser, *, n: int) -> None:
    parser.add_argument("-n", type=_whole, default=n, help=f"rows to draw (default {n:,})")
    texts = {
        "--control": f"fair control: {', '.join(CONTROLS)}",
        "--lambda-y": "strength of the label's guidance",
        "--lambda-z": "price of unfairness",
        "--lambda-eop": "second price, with control dp_eop only",
        "--steps": "score evaluations",
        "--solver": "sde_dpmpp_2m or euler_maruyama",
    }
    kinds: dict[type, Any] = {int: _whole, float: _number, str: str}
    for option, (_, default) in commands.SAMPLING.items():
        text = f"{texts[option]} (default {default if isinstance(default, str) else format(default, 'g')})"
        parser.add_argument(option, type=kinds[type(default)], default=default, help=text)
    parser.add_argument("--seed", type=_whole, default=0)


def _where_arguments(parser: argparse.ArgumentParser, *, n_jobs: int) -> None:
    parser.add_argument("--jobs", type=_whole, default=n_jobs, help=f"local worker processes (default {n_jobs})")
    parser.add_argument("--backend", choices=BACKENDS, default="local", help="local, or dask: an existing cluster")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of the Dask cluster, such as tcp://10.0.0.1:8786")


def _whole(text: str) -> int:
    """Accepts 10000, 10_000 and 1e4."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value != int(value):
        raise argparse.ArgumentTypeError(f"{_shown(text)} is not a whole number")
    return int(text.replace("_", "")) if text.replace("_", "").lstrip("-").isdigit() else int(value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{_shown(text)} is not a number") from None


def _check_text(args: argparse.Namespace) -> None:
    """Refuse what no option can be: nothing, a NUL character, a path that no file can have.

    Raises
    ------
    SettingError
    """
    for name, value in vars(args).items():
        option = name.upper() if name in ("run", "rows") else f"--{name.replace('_', '-')}"
        if isinstance(value, list) and name != "rest":  # what argparse makes of "--seed=--"
            raise SettingError(f"{option} is '--'. Give a value, or leave it out.")
        if not isinstance(value, str) or (not value and name in ("without", "setting")):
            continue
        if not value.strip():
            raise SettingError(f"{option} is empty. Give a value, or leave it out.")
        if "\0" in value:
            raise SettingError(f"{option} holds a NUL character. Give text without it.")
        if name in ("run", "rows", "csv", "out"):
            check_path(option, value)


def _one_line(text: str) -> str:
    """A message as one line of bounded length, whatever names and paths are in it."""
    text = CONTROL.sub(lambda m: repr(m.group())[1:-1], text.replace("\n", "\\n").replace("\r", "\\r"))
    text, half = text.encode("utf-8", "backslashreplace").decode(), LONGEST_MESSAGE // 2
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:half]} ... {text[-half:]}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise SettingError(f"{message}. See '{self.prog} --help'.")


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = _Parser(prog="fairviz", description=__doc__)
    top.add_argument("--version", action="version", version=f"fairviz {__version__}")
    subparsers = top.add_subparsers(dest="command", required=True, parser_class=_Parser)

    def add(name: str, run: Any) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=run.__doc__, description=run.__doc__)
        sub.set_defaults(run_command=run)
        return sub

    sub = add("datasets", commands.cmd_datasets)
    sub.add_argument("--download", metavar="NAME", help="fetch a data set into the user's cache, checked by SHA-256")
    sub.add_argument("--json", action="store_true")

    sub = add("fit", commands.cmd_fit)
    _data_arguments(sub)
    sub.add_argument("--target", required=True, help=f"domain to hold out, or '{ALL_DOMAINS}'")
    sub.add_argument("--out", required=True, metavar="FOLDER", help="run folder to make")
    sub.add_argument("--iterations", type=_whole)
    sub.add_argument("--meta", choices=META_MODES, help="meta-learning (default second_order)")
    sub.add_argument("--seed", type=_whole)
    sub.add_argument("--json", action="store_true")

    sub = add("sample", commands.cmd_sample)
    sub.add_argument("run", nargs="?", help="run folder made by 'fairviz fit'")
    sub.add_argument("--dataset", metavar="NAME")
    sub.add_argument("--target", metavar="DOMAIN")
    sub.add_argument("--out", required=True, metavar="FILE")
    _knob_arguments(sub)
    _sampling_arguments(sub, n=10_000)

    sub = add("evaluate", commands.cmd_evaluate)
    sub.add_argument("rows", metavar="FILE", help="CSV with the features and the label to train on")
    _data_arguments(sub)
    sub.add_argument("--target", required=True, metavar="DOMAIN")
    sub.add_argument("--classifier", default="gradient_boosting", help=", ".join(CLASSIFIERS))
    sub.add_argument("--seed", type=_whole, default=0)
    sub.add_argument("--json", action="store_true")

    sub = add("sweep", commands.cmd_sweep)
    sub.add_argument("run", nargs="?", help="run folder made by 'fairviz fit'; with --csv and its roles, of a CSV file")
    _data_arguments(sub)
    sub.add_argument("--target", metavar="DOMAIN")
    sub.add_argument("--control", default="dp")
    sub.add_argument("--lambda-y", type=_number, default=1.0)
    sub.add_argument("--lambdas", metavar="0,0.1,..", help="values of lambda_z; the recorded grid by default")
    sub.add_argument(
        "--lambda-eop", type=_number, default=0.0, help="second price, with control dp_eop only (default 0)"
    )
    sub.add_argument("--classifiers", metavar="A,B", help=", ".join(CLASSIFIERS))
    sub.add_argument("--seeds", type=_whole, default=3)
    sub.add_argument("-n", type=_whole, default=10_000)
    _where_arguments(sub, n_jobs=1)
    sub.add_argument("--out", metavar="FILE", help="CSV to write; standard output by default")

    sub = add("upgrade", commands.cmd_upgrade)
    sub.add_argument("folder", metavar="FOLDER", help="run folder, or a store with a folder for each kind of result")
    _data_arguments(sub)

    sub = add("pretrain", commands.cmd_pretrain)
    sub.add_argument("--dataset", required=True, metavar="NAME")
    sub.add_argument("--out", metavar="FOLDER", help="default: the project's pretrained/")
    sub.add_argument("--seeds", type=_whole, default=5)
    _where_arguments(sub, n_jobs=2)
    sub.add_argument("--quick", action="store_true", help="few iterations and settings, to try the command")

    for name, run in (("frontier", comparisons.cmd_frontier), ("table1", comparisons.cmd_table1)):
        sub = add(name, run)
        sub.add_argument("--dataset", "--data", default="adult", metavar="NAME", help=f"{', '.join(DATASETS)}")
        sub.add_argument("--methods", metavar="A,B", help="dials to compare, such as fadm_dp,reweighing; default: all")
        sub.add_argument("--classifiers", metavar="A,B", help="downstream models of the frontier")
        sub.add_argument("--seeds", type=_whole, default=5)
        _where_arguments(sub, n_jobs=2)
        sub.add_argument("--quick", action="store_true", help="few rows, iterations, settings; to see the command work")
        sub.add_argument("--out", metavar="FOLDER", help="store to publish in; default: the user's cache")
        sub.add_argument("--json", action="store_true")

    sub = add("trial", comparisons.cmd_trial)
    sub.add_argument("--dataset", "--data", default="adult", metavar="NAME")
    sub.add_argument("--target", required=True, metavar="DOMAIN")
    sub.add_argument("--method", required=True, metavar="NAME", help=f"{', '.join(METHODS)}")
    sub.add_argument("--setting", default="{}", metavar="JSON", help="position of its dial, as in the tables")
    sub.add_argument("--classifier", default="gradient_boosting", help=", ".join(CLASSIFIERS))
    sub.add_argument("--seed", type=_whole, default=0)
    sub.add_argument("--without", default="", metavar="DOMAIN", help="a second domain left out of the training")
    sub.add_argument("-n", type=_whole, default=20_000, help="training rows (default 20,000)")
    sub.add_argument("--steps", type=_whole, default=20, help="score evaluations (default 20)")
    sub.add_argument("--iterations", type=_whole, default=0, help="of a generator's training; 0 for its default")
    sub.add_argument("--fresh", action="store_true", help="compute it again even if it is stored")

    add("app", commands.cmd_app).epilog = "Other options, such as --server.port 8600, are passed on to streamlit run."
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 if it did its work, 2 with one line on standard error for bad input."""
    try:
        args, rest = parser().parse_known_args(argv)
        if args.command == "app":
            args.rest = rest
        elif rest:
            raise SettingError(f"unrecognized arguments: {' '.join(rest)}. See 'fairviz {args.command} --help'.")
        _check_text(args)
        args.run_command(args)
    except FairvizError as error:
        commands.say(_one_line(f"fairviz: {error}"))
        return BAD_INPUT
    except KeyboardInterrupt:
        commands.say("fairviz: stopped.")
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:  # a folder without permission, a full disk, a path of the environment
        where = f"{error.filename}: " if error.filename else ""
        commands.say(_one_line(f"fairviz: {where}{error.strerror or error}. Check the path and the space left there."))
        return BAD_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main())
