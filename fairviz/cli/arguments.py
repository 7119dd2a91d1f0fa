"""What commands read from the command line: the data set, names, classifiers."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fairviz.cli.grammar import KNOBS
from fairviz.cli.output import say
from fairviz.data import sentences
from fairviz.data.cells import clean_text
from fairviz.data.dataset import DomainDataset
from fairviz.data.delimited import TooWideError
from fairviz.data.reading import TextTable, read_text
from fairviz.data.schema import Schema
from fairviz.data.sets import DATASETS
from fairviz.data.sources import load_dataset
from fairviz.errors import DataError, SettingError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.experiments.where import Where
from fairviz.text import listing, quoted


def note(frame: pd.DataFrame) -> None:
    """Say what was changed in reading a file."""
    for line in frame.attrs.get("notes", ()):
        say(f"Note: {line}")


def listed(option: str, text: str) -> list[str]:
    """Names separated by commas; one that holds a comma stands in quotes.

    Raises
    ------
    SettingError
        A name is empty or there twice.
    """
    names = [clean_text(name) for name in next(csv.reader([text], skipinitialspace=True), [])]
    if not names or "" in names:
        raise SettingError(f"{option} is {quoted(text)}; give names separated by single commas, such as A,B.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingError(f"{option} names {listing(twice)} more than once. Name it once.")
    return names


def check_classifier(name: str) -> None:
    """Refuse an unknown classifier.

    Raises
    ------
    SettingError
    """
    if name not in CLASSIFIERS:
        raise SettingError(f"No classifier {quoted(name)}. Choose one of {listing(list(CLASSIFIERS))}.")


def _read_some(path: str, columns: Sequence[str]) -> TextTable:
    """A file that may be too wide to be read whole; then of these columns alone."""
    try:
        return read_text(path)
    except TooWideError:
        return read_text(path, keep=columns)


def dataset_of(args: argparse.Namespace) -> tuple[DomainDataset, dict[str, Any]]:
    """The whole data set named on the command line, and the options of its reader."""
    roles = ("label", "favourable", "sensitive", "domain")
    if args.csv:
        missing = [f"--{n}" for n in roles if getattr(args, n) is None]
        if missing:
            raise SettingError(f"--csv needs {', '.join(missing)} too: say which column plays which role.")
        other = [f"--{n}" for n in ("dataset", *KNOBS) if getattr(args, n) is not None]
        if other:
            raise SettingError(f"{other[0]} does not go with --csv. Name either a built-in data set or a file.")
        label, favourable, sensitive, domain = (clean_text(getattr(args, n)) for n in roles)
        taken = (label, sensitive, domain)
        named = listed("--features", args.features) if args.features else []
        table = None if named else read_text(args.csv)
        features = [c for c in table.names if c not in taken] if table else named
        if not features:
            raise DataError(f"{args.csv}: {sentences.NO_FEATURE}")
        schema = Schema(tuple(features), label, favourable, sensitive, domain)
        name = Path(args.csv).stem.encode("utf-8", "replace").decode()  # a file's name may be no text
        # what --features does not name is left out on purpose
        table = table or _read_some(args.csv, schema.columns)
        return DomainDataset.from_text(name, table, schema, leave_out_others=bool(named)), {}
    if args.dataset is None:
        raise SettingError("Name a data set: --dataset NAME, or --csv FILE with its roles.")
    given = [f"--{n}" for n in (*roles, "features") if getattr(args, n) is not None]
    if given:
        raise SettingError(f"{given[0]} goes with --csv only; data set {quoted(args.dataset)} has its own roles.")
    options = options_of(args)
    return load_dataset(args.dataset, **options), options


def refuse_knobs(args: argparse.Namespace) -> None:
    """A run folder knows its own story."""
    for name in KNOBS:
        if getattr(args, name) is not None:
            raise SettingError(f"--{name} does not go with a run folder, which knows its own story. Leave it out.")


def options_of(args: argparse.Namespace) -> dict[str, Any]:
    """Knobs of the simulated story; all at 1 is the default story, which has shipped fits."""
    given = {n: getattr(args, n) for n in KNOBS if getattr(args, n) is not None}
    if given and args.dataset in DATASETS and not DATASETS[args.dataset].knobs:
        raise SettingError(
            f"--{next(iter(given))} is a knob of the data set 'simulated', not of {quoted(args.dataset)}."
        )
    knobs = {**dict.fromkeys(KNOBS, 1.0), **given}
    return {} if all(value == 1.0 for value in knobs.values()) else knobs


def where_of(args: argparse.Namespace) -> Where:
    """Backend and workers."""
    return Where(args.backend, args.jobs, args.scheduler or "")
