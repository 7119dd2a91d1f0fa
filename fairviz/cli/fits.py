"""``fairviz fit``, ``upgrade`` and ``pretrain``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from tqdm import tqdm

from fairviz.cli.arguments import dataset_of, note, where_of
from fairviz.cli.grammar import SAMPLING
from fairviz.cli.output import answer, answer_json, follow, say
from fairviz.data.cells import clean_text
from fairviz.experiments.recorded import pretrain
from fairviz.files import check_new_folder, check_store
from fairviz.store import MANIFEST, PAYLOADS, upgrade_entry
from fairviz.store.fits import save_run, upgrade_fit
from fairviz.store.specs import FitSpec
from fairviz.synthesizers.fadm import FADM
from fairviz.synthesizers.hyper import PRESETS, check_params
from fairviz.text import command_line


def fit(args: argparse.Namespace) -> None:
    """Train on all domains but the target and publish a run folder."""
    check_new_folder(Path(args.out))
    given = {"n_iter": args.iterations, "meta": args.meta, "random_state": args.seed}
    params = dict(PRESETS[args.preset].params) if args.preset else {}
    params |= {key: value for key, value in given.items() if value is not None}
    check_params(FADM(**params).get_params())
    dataset, options = dataset_of(args)
    target = clean_text(args.target)
    spec = FitSpec.of(dataset, target, options, **params)
    note(dataset.frame)  # before the training, which may take long: rows that were left out may be a reason to stop
    fit, begun, source = FADM(**spec.params), time.monotonic(), dataset.source_for(target)
    with tqdm(total=spec.iterations(dataset), unit="step", disable=None, file=sys.stderr) as bar:
        for step in fit.fit_steps(source):
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
        if args.preset:
            told = command_line("fairviz", "sample", str(args.out), *_options(PRESETS[args.preset].sampling))
            answer(f"Rows that go with this preset: {told} --lambda-z PRICE --out rows.csv")


def _options(settings: dict[str, Any]) -> list[tuple[str, object]]:
    """Settings of sampling as options of ``fairviz sample``."""
    names = {name: option for option, (name, *_) in SAMPLING.items()}
    return [(names[name], value) for name, value in settings.items()]


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
    how = {"seeds": args.seeds, "quick": args.quick, "extend": args.extend}
    follow(pretrain(args.dataset, out, where=where_of(args), **how))
