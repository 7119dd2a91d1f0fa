"""The command line's grammar: which commands there are, and their options.

Only names are read here; what a command needs is imported when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import math
from importlib import import_module
from typing import Any

from fairviz import __version__
from fairviz.controls import CONTROLS
from fairviz.controls.dials import BOOSTED, NETWORK, SOFT
from fairviz.data import ALL_DOMAINS
from fairviz.data.sets import DATASETS
from fairviz.errors import SettingError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.experiments.methods import METHODS
from fairviz.experiments.where import BACKENDS
from fairviz.meta import META_MODES
from fairviz.synthesizers.hyper import PRESETS
from fairviz.text import quoted

DESCRIPTION = "Fair synthetic data from score-based diffusion, and what it costs."
#: Knobs of the simulated story.
KNOBS = ("bias", "proxy", "shift")
#: Settings of ``fairviz sample``: option, keyword of ``FADM.sample``, default and meaning.
SAMPLING: dict[str, tuple[str, Any, str]] = {
    "--control": ("control", "dp", f"fair control: {', '.join(CONTROLS)}"),
    "--lambda-y": ("lambda_y", 1.0, "guidance scale of the label"),
    "--lambda-z": ("lambda_z", 0.0, "price of unfairness"),
    "--lambda-eop": ("lambda_eop", 0.0, "second price, with control dp_eop only"),
    "--labels": (
        "labels",
        "network",
        "who labels rows: network (the paper); boosted: drawn from a model of the real source rows; soft: that model's "
        "weights, each row twice",
    ),
    "--steps": ("n_steps", 10, "score evaluations"),
    "--solver": ("solver", "sde_dpmpp_2m", "sde_dpmpp_2m, mixed_dpmpp_2m or euler_maruyama"),
}
#: Every command: where it is, and what it does.
COMMANDS = {
    "datasets": ("data:datasets", "List the built-in data sets, or download one."),
    "fit": ("fits:fit", "Train on all domains but the target and publish a run folder."),
    "sample": ("sampling:sample", "Draw guided synthetic rows into a file, with a data card beside it."),
    "evaluate": (
        "evaluation:evaluate_rows", "Train a classifier on the given rows, test it on the target domain's real rows.",
    ),
    "sweep": ("evaluation:sweep", "Test a grid of settings on one target and write a table of counts."),
    "upgrade": (
        "fits:upgrade",
        "Bring a run folder or a store of an earlier version to the present form; networks stay as they are.",
    ),
    "pretrain": ("fits:pretrain_dataset", "Rebuild a data set's shipped fits and recorded sweep."),
    "frontier": (
        "comparisons:make_frontier",
        "Test every method's dial on every held-out domain: fronts, hypervolumes, distance to the fair Bayes rule.",
    ),
    "table1": ("comparisons:make_table1", "The paper's Table 1 with settings chosen inside the source."),
    "quality": (
        "quality:make_quality",
        "Train generators on random halves of a data set: how alike their rows are, and what they give away.",
    ),
    "trial": (
        "comparisons:trial", "Run one method at one setting on one held-out domain and print its counts.",
    ),
    "run": ("scenarios:run_scenario", "Carry out a scenario that Explore offered, and compare the counts."),
    "report": (
        "scenarios:make_report", "Write a page to hand over from a scenario that Explore offered: HTML, or JSON.",
    ),
    "handout": (
        "scenarios:make_handout", "Write a data set's recorded dial as one HTML file that works from a memory stick.",
    ),
    "app": ("app:app", "Open the app in the browser."),
}  # fmt: skip


def run(args: argparse.Namespace) -> None:
    """Carry a parsed command out."""
    module, name = COMMANDS[args.command][0].split(":")
    getattr(import_module(f"fairviz.cli.{module}"), name)(args)


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
    for name in KNOBS:
        parser.add_argument(f"--{name}", type=_number, help=f"knob of the simulated data set: {name} (default 1)")


def _sampling_arguments(parser: argparse.ArgumentParser, *, n: int) -> None:
    parser.add_argument("-n", type=_whole, default=n, help=f"rows to draw (default {n:,})")
    kinds: dict[type, Any] = {int: _whole, float: _number, str: str}
    for option, (_, default, text) in SAMPLING.items():
        told = default if isinstance(default, str) else format(default, "g")
        parser.add_argument(option, type=kinds[type(default)], default=default, help=f"{text} (default {told})")
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
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a whole number")
    return int(text.replace("_", "")) if text.replace("_", "").lstrip("-").isdigit() else int(value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a number") from None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise SettingError(f"{message}. See '{self.prog} --help'.")


def _datasets(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--download", metavar="NAME", help="fetch a data set into the user's cache, checked by SHA-256")
    sub.add_argument("--json", action="store_true")


def _fit(sub: argparse.ArgumentParser) -> None:
    _data_arguments(sub)
    sub.add_argument("--target", required=True, help=f"domain to hold out, or '{ALL_DOMAINS}'")
    sub.add_argument("--out", required=True, metavar="FOLDER", help="run folder to make")
    sub.add_argument("--preset", choices=list(PRESETS), help="; ".join(f"{n}: {p.meaning}" for n, p in PRESETS.items()))
    sub.add_argument("--iterations", type=_whole)
    sub.add_argument("--meta", choices=META_MODES, help="meta-learning (default none)")
    sub.add_argument("--seed", type=_whole)
    sub.add_argument("--json", action="store_true")


def _sample(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("run", nargs="?", help="run folder made by 'fairviz fit'")
    sub.add_argument("--dataset", metavar="NAME")
    sub.add_argument("--target", metavar="DOMAIN")
    sub.add_argument("--out", required=True, metavar="FILE", help="CSV, or Parquet if its name ends in .parquet")
    _knob_arguments(sub)
    _sampling_arguments(sub, n=10_000)


def _evaluate(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "rows",
        metavar="FILE",
        help="CSV with features and label to train on; a column 'weight' weighs its rows",
    )
    _data_arguments(sub)
    sub.add_argument("--target", required=True, metavar="DOMAIN")
    sub.add_argument("--classifier", default="gradient_boosting", help=", ".join(CLASSIFIERS))
    sub.add_argument("--seed", type=_whole, default=0)
    sub.add_argument("--fidelity", action="store_true", help="also say how alike the rows are to real source rows")
    sub.add_argument("--json", action="store_true")


def _sweep(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("run", nargs="?", help="run folder made by 'fairviz fit'; with --csv and its roles, of a CSV file")
    _data_arguments(sub)
    sub.add_argument("--target", metavar="DOMAIN")
    for option in ("--control", "--lambda-y", "--lambda-eop"):
        _, default, text = SAMPLING[option]
        sub.add_argument(option, type=str if isinstance(default, str) else _number, default=default, help=text)
    sub.add_argument(
        "--labels", choices=(NETWORK, SOFT), default=NETWORK,
        help="who labels rows: network: guided rows, as in the paper; soft: weights of a model of the real source rows",
    )  # fmt: skip
    sub.add_argument("--lambdas", metavar="0,0.1,..", help="values of lambda_z; the recorded grid by default")
    sub.add_argument("--classifiers", metavar="A,B", help=", ".join(CLASSIFIERS))
    sub.add_argument("--seeds", type=_whole, default=3)
    sub.add_argument("-n", type=_whole, default=10_000)
    _where_arguments(sub, n_jobs=1)
    sub.add_argument("--out", metavar="FILE", help="CSV to write; standard output by default")


def _upgrade(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("folder", metavar="FOLDER", help="run folder, or a store with a folder for each kind of result")
    _data_arguments(sub)


def _pretrain(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--dataset", required=True, metavar="NAME")
    sub.add_argument("--out", metavar="FOLDER", help="default: the project's pretrained/")
    sub.add_argument("--seeds", type=_whole, default=5)
    _where_arguments(sub, n_jobs=2)
    sub.add_argument("--quick", action="store_true", help="few iterations and settings, to try the command")
    sub.add_argument("--extend", action="store_true", help="take trials that are published there; compute what lacks")


def _comparison(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--dataset", "--data", default="adult", metavar="NAME", help=f"{', '.join(DATASETS)}")
    sub.add_argument("--methods", metavar="A,B", help="dials to compare, such as fadm_dp,reweighing; default: all")
    sub.add_argument("--classifiers", metavar="A,B", help="downstream models of the frontier")
    sub.add_argument("--seeds", type=_whole, default=5)
    _where_arguments(sub, n_jobs=2)
    sub.add_argument("--quick", action="store_true", help="few rows, iterations, settings; to see the command work")
    sub.add_argument("--out", metavar="FOLDER", help="store to publish in; default: the user's cache")
    sub.add_argument("--extend", action="store_true", help="take trials that are published there; compute what lacks")
    sub.add_argument("--json", action="store_true")


def _quality(sub: argparse.ArgumentParser) -> None:
    _data_arguments(sub)
    sub.add_argument("--makers", metavar="A,B", help="titles of generators to measure, as the table has them")
    sub.add_argument("--halves", type=_whole, default=0, help="random halves (default: 20 below 3,000 rows, else 2)")
    _where_arguments(sub, n_jobs=2)
    sub.add_argument("--quick", action="store_true", help="few iterations, one half; to see the command work")
    sub.add_argument("--out", metavar="FOLDER", help="store to publish in; default: the user's cache")
    sub.add_argument("--extend", action="store_true", help="measure only what is not published there as it is now")
    sub.add_argument("--json", action="store_true")


def _trial(sub: argparse.ArgumentParser) -> None:
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
    sub.add_argument("--subgroups", type=_whole, default=0, metavar="DEPTH",
                     help="whom the model serves worst, by up to 1, 2 or 3 attributes")  # fmt: skip


def _report(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("scenario", metavar="FILE", help="JSON file that Explore offers for download")
    sub.add_argument("--out", metavar="FILE", help="where to write; standard output by default")
    sub.add_argument("--json", action="store_true", help="numbers and sentences as JSON instead of a page")


def _handout(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--dataset", required=True, choices=DATASETS, metavar="NAME", help="a built-in data set")
    sub.add_argument("--control", default="dp", help=f"fair control: {', '.join(CONTROLS)} (default dp)")
    sub.add_argument("--classifier", default="gradient_boosting", choices=CLASSIFIERS)
    sub.add_argument("--metric", default="R_DP", help="what the chart shows upwards (default R_DP)")
    sub.add_argument(
        "--labels", default=BOOSTED, choices=(BOOSTED, NETWORK), help=f"who labels rows (default {BOOSTED})"
    )
    sub.add_argument("--lambda-z", type=_number, default=0.0, help="the price that it opens at (default 0)")
    sub.add_argument("--domains", metavar="A,B", help="held-out domains; all by default")
    sub.add_argument("--out", required=True, metavar="FILE")


def _run_scenario(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("scenario", metavar="FILE", help="JSON file that Explore offers for download")
    sub.add_argument("--csv", metavar="FILE", help="the table, if it is one of your own: no scenario holds its rows")
    sub.add_argument("--fresh", action="store_true", help="compute everything again even if it is stored")
    sub.add_argument("--out", metavar="FILE", help="CSV to write; standard output by default")


def _app(sub: argparse.ArgumentParser) -> None:
    sub.epilog = "Other options, such as --server.port 8600, are passed on to streamlit run."


_OPTIONS = {
    "datasets": _datasets, "fit": _fit, "sample": _sample, "evaluate": _evaluate, "sweep": _sweep,
    "upgrade": _upgrade, "pretrain": _pretrain, "frontier": _comparison, "table1": _comparison, "quality": _quality,
    "trial": _trial, "run": _run_scenario, "report": _report, "handout": _handout, "app": _app,
}  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = _Parser(prog="fairviz", description=DESCRIPTION)
    top.add_argument("--version", action="version", version=f"fairviz {__version__}")
    subparsers = top.add_subparsers(dest="command", required=True, parser_class=_Parser)
    for name, (_, text) in COMMANDS.items():
        _OPTIONS[name](subparsers.add_parser(name, help=text, description=text))
    return top
