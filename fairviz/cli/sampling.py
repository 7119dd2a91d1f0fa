"""``fairviz sample``."""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pandas as pd
from tqdm import tqdm

from fairviz.checks import MAX_ROWS, check_count
from fairviz.cli.arguments import options_of, refuse_knobs
from fairviz.cli.grammar import KNOBS, SAMPLING
from fairviz.cli.output import say
from fairviz.controls.dials import NETWORK, SOFT
from fairviz.data.cells import clean_text
from fairviz.errors import SettingError
from fairviz.experiments.card import DataCard, title_of, written
from fairviz.experiments.quality import measured_of
from fairviz.files import check_file, check_path, written_aside
from fairviz.store.fits import load_fit, open_run
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.synthesizers.fadm import FADM
from fairviz.synthesizers.tabular import TableSynthesizer
from fairviz.text import command_line


def _fit_for(args: argparse.Namespace) -> tuple[FitSpec, TableSynthesizer]:
    if args.run and (args.dataset or args.target):
        raise SettingError("Name either a run folder or --dataset and --target, not both.")
    if args.run:
        refuse_knobs(args)
        return open_run(Path(args.run))
    if not (args.dataset and args.target):
        raise SettingError("Name a run folder, or --dataset and --target to find a stored or pretrained fit.")
    entry = Library().find_fit(args.dataset, clean_text(args.target), options_of(args))
    return FitSpec.from_json(entry.spec), cast("TableSynthesizer", load_fit(entry))


def _settings(fit: TableSynthesizer, args: argparse.Namespace) -> dict[str, Any]:
    """The settings that a fit's generator has, by its own names, as they were given.

    Raises
    ------
    SettingError
        A setting was given that the generator does not have.
    """
    given = {option: getattr(args, option[2:].replace("-", "_")) for option in SAMPLING}
    takes = list(SAMPLING)
    if not isinstance(fit, FADM):
        takes = [option for option, (name, *_) in SAMPLING.items() if name in fit.settings]
    extra = [option for option, value in given.items() if option not in takes and value != SAMPLING[option][1]]
    if extra:
        raise SettingError(
            f"{', '.join(extra)}: the generator {fit.registered!r} has no such setting; it takes "
            f"{', '.join(['-n', '--seed', *takes])}."
        )
    return {SAMPLING[option][0]: given[option] for option in takes}


def _chunks(fit: TableSynthesizer, n: int, seed: int, settings: dict[str, Any]) -> Iterable[pd.DataFrame]:
    """Rows of a fit of any generator."""
    if isinstance(fit, FADM) and settings["labels"] == SOFT:
        return [fit.soft(n, random_state=seed, **{k: v for k, v in settings.items() if k != "labels"})]
    if isinstance(fit, FADM):
        return fit.sample_chunks(n, random_state=seed, **settings)
    return [fit.sample(n, random_state=seed, **settings)]


def sample(args: argparse.Namespace) -> None:
    """Draw guided synthetic rows into a file, with a data card beside it."""
    n = check_count("n", args.n, 1, MAX_ROWS)
    out = Path(args.out)
    check_file(out)
    beside = out.with_name(f"{out.stem}.card.json")
    check_path("--out", str(beside))
    check_file(beside)
    spec, fit = _fit_for(args)
    settings = _settings(fit, args)
    again = _again(args, n, settings)

    measured = measured_of(Library(), spec, settings.get("labels", NETWORK))

    def card_of(frame: pd.DataFrame) -> DataCard:
        told = {"n": n, "seed": args.seed, **settings}
        return DataCard.of(spec, fit, frame, told, title=title_of(spec), again=again, measured=measured)

    write = _write_parquet if out.suffix.lower() == ".parquet" else _write_csv
    try:
        with tqdm(
            total=2 * n if settings.get("labels") == SOFT else n, unit="row", disable=None, file=sys.stderr
        ) as bar:
            card = write(out, _followed(_chunks(fit, n, args.seed, settings), bar), card_of)
        with written_aside(beside) as handle:
            handle.write(card.text().encode())
    except OSError as error:
        raise SettingError(f"{out} cannot be written: {error.strerror}. Name another file.") from None
    told = (
        f"{n:,} synthetic rows, each with either label and its weight,"
        if settings.get("labels") == SOFT
        else (f"{n:,} synthetic rows")
    )
    say(f"{told} in {out}, and what they are in {beside}. Synthetic does not mean anonymous.")


def _followed(chunks: Iterable[pd.DataFrame], bar: Any) -> Iterator[pd.DataFrame]:
    for chunk in chunks:
        yield chunk
        bar.update(len(chunk))


def _again(args: argparse.Namespace, n: int, settings: dict[str, Any]) -> str:
    """The command with everything written out: a default of today need not be one of tomorrow."""
    where: list[str | tuple[str, object]] = [args.run] if args.run else []
    if not args.run:
        where = [("--dataset", args.dataset), ("--target", args.target)]
        where += [(f"--{name}", value) for name in KNOBS if (value := getattr(args, name)) is not None]
    options = {name: option for option, (name, *_) in SAMPLING.items()}
    given = [(options[name], value) for name, value in settings.items() if name != "lambda_eop" or value]
    return command_line("fairviz", "sample", *where, ("-n", n), *given, ("--seed", args.seed), ("--out", args.out))


def _write_csv(out: Path, chunks: Iterable[pd.DataFrame], card_of: Callable[[pd.DataFrame], DataCard]) -> DataCard:
    """Rows as they are drawn, however many; the card of the file."""
    seal, size, card = hashlib.sha256(), 0, None
    with written_aside(out) as handle:
        for chunk in chunks:
            text = io.StringIO()
            chunk.to_csv(text, index=False, header=card is None)
            card = card or card_of(chunk)
            data = text.getvalue().encode()
            handle.write(data)
            seal.update(data)
            size += len(data)
    assert card is not None, "at least one row was asked for"
    return card.sealed(out.name, "csv", size, seal.hexdigest())


def _write_parquet(out: Path, chunks: Iterable[pd.DataFrame], card_of: Callable[[pd.DataFrame], DataCard]) -> DataCard:
    """All rows at once, with their types."""
    frame = pd.concat(list(chunks), ignore_index=True)
    data, card = written(frame, card_of(frame), "parquet", out.name)
    with written_aside(out) as handle:
        handle.write(data)
    return card
