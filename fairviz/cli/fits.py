"""``fairviz fit``, ``sample``, ``upgrade`` and ``pretrain``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pandas as pd
from tqdm import tqdm

from fairviz.checks import MAX_ROWS, check_count
from fairviz.cli.arguments import dataset_of, note, options_of, refuse_knobs, where_of
from fairviz.cli.grammar import SAMPLING
from fairviz.cli.output import answer, answer_json, follow, say
from fairviz.data.cells import clean_text
from fairviz.errors import SettingError
from fairviz.experiments.recorded import pretrain
from fairviz.files import check_file, check_new_folder, check_store, written_aside
from fairviz.store import MANIFEST, PAYLOADS, upgrade_entry
from fairviz.store.fits import load_fit, open_run, save_run, upgrade_fit
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.synthesizers.fadm import FADM
from fairviz.synthesizers.hyper import check_params
from fairviz.synthesizers.tabular import TableSynthesizer


def fit(args: argparse.Namespace) -> None:
    """Train on all domains but the target and publish a run folder."""
    check_new_folder(Path(args.out))
    params = {"n_iter": args.iterations, "meta": args.meta, "random_state": args.seed}
    params = {key: value for key, value in params.items() if value is not None}
    check_params(FADM(**params).get_params())
    dataset, options = dataset_of(args)
    target = clean_text(args.target)
    spec = FitSpec.of(dataset, target, options, **params)
    note(dataset.frame)  # before the training, which may take long: rows that were left out may be a reason to stop
    fit, begun = FADM(**spec.params), time.monotonic()
    with tqdm(total=spec.params["n_iter"], unit="step", disable=None, file=sys.stderr) as bar:
        for step in fit.fit_steps(dataset.source_for(target)):
            bar.update(1)
            if step.step % 20 == 0:
                bar.set_postfix({key: f"{value:.3f}" for key, value in step.losses.items()})
    entry = save_run(Path(args.out), spec, fit, time.monotonic() - begun)
    for line in fit.notes_:
        say(f"Note: {line}")
    if args.json:
        answer_json({"out": str(entry.path), "key": entry.key, **entry.made})
    else:
        answer(f"Saved in {entry.path} after {entry.made['seconds']:.0f} s.")


def _fit_for(args: argparse.Namespace) -> TableSynthesizer:
    if args.run and (args.dataset or args.target):
        raise SettingError("Name either a run folder or --dataset and --target, not both.")
    if args.run:
        refuse_knobs(args)
        return cast("TableSynthesizer", open_run(Path(args.run))[1])
    if not (args.dataset and args.target):
        raise SettingError("Name a run folder, or --dataset and --target to find a stored or pretrained fit.")
    entry = Library().find_fit(args.dataset, clean_text(args.target), options_of(args))
    return cast("TableSynthesizer", load_fit(entry))


def _chunks(fit: TableSynthesizer, n: int, args: argparse.Namespace) -> Iterable[pd.DataFrame]:
    """Rows of a fit of any generator, drawn with those settings that it has.

    Raises
    ------
    SettingError
        A setting was given that the generator does not have, or is out of range.
    """
    given = {option: getattr(args, option[2:].replace("-", "_")) for option in SAMPLING}
    if isinstance(fit, FADM):
        return fit.sample_chunks(n, random_state=args.seed, **{SAMPLING[o][0]: value for o, value in given.items()})
    takes = [option for option, (name, *_) in SAMPLING.items() if name in fit.settings]
    extra = [option for option, value in given.items() if option not in takes and value != SAMPLING[option][1]]
    if extra:
        raise SettingError(
            f"{', '.join(extra)}: the generator {fit.registered!r} has no such setting; it takes "
            f"{', '.join(['-n', '--seed', *takes])}."
        )
    return [fit.sample(n, random_state=args.seed, **{SAMPLING[option][0]: given[option] for option in takes})]


def sample(args: argparse.Namespace) -> None:
    """Draw guided synthetic rows into a CSV file."""
    n = check_count("n", args.n, 1, MAX_ROWS)
    out = Path(args.out)
    check_file(out)
    chunks = _chunks(_fit_for(args), n, args)
    try:
        with (
            written_aside(out, newline="", encoding="utf-8") as handle,
            tqdm(total=n, unit="row", disable=None, file=sys.stderr) as bar,
        ):
            for index, chunk in enumerate(chunks):
                chunk.to_csv(handle, index=False, header=index == 0)
                bar.update(len(chunk))
    except OSError as error:
        raise SettingError(f"{out} cannot be written: {error.strerror}. Name another file.") from None
    say(f"{n:,} synthetic rows in {out}. Synthetic does not mean anonymous.")


def upgrade(args: argparse.Namespace) -> None:
    """Bring a run folder or a store of an earlier version to the present form; networks stay as they are."""
    folder = Path(args.folder)
    # what is in quarantine, or of a kind that is no longer kept, stays as it is
    inside = sorted(p.parent for p in folder.glob(f"*/*/{MANIFEST}") if p.parent.parent.name in PAYLOADS)
    alone = not inside or os.path.lexists(folder / MANIFEST)
    paths = [folder] if alone else inside
    dataset, done = (dataset_of(args)[0] if args.csv else None), 0
    for path in paths:
        done += upgrade_entry(path) | upgrade_fit(path, dataset)
    if alone:
        answer(f"{folder} upgraded." if done else f"{folder} is of the present form already.")
    else:
        answer(f"{done} of {len(paths)} results in {folder} upgraded, the others were of the present form already.")


def pretrain_dataset(args: argparse.Namespace) -> None:
    """Rebuild a data set's shipped fits and recorded sweep."""
    out = Path(args.out) if args.out else None
    if out is not None:
        check_store(out)
    follow(pretrain(args.dataset, out, seeds=args.seeds, quick=args.quick, where=where_of(args)))
