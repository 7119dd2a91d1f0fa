"""``fairviz quality``."""

from __future__ import annotations

import argparse
from pathlib import Path

from fairviz.cli.arguments import dataset_of, listed, note, where_of
from fairviz.cli.output import answer, answer_json, follow, say
from fairviz.controls.dials import BEST_TRAINING
from fairviz.data.sources import source_of
from fairviz.errors import SettingError
from fairviz.experiments.quality import Maker, makers, quality, quality_json, quality_text
from fairviz.files import check_store
from fairviz.store.library import Library
from fairviz.text import listing, quoted


def make_quality(args: argparse.Namespace) -> None:
    """Train generators on random halves and compare their rows with the other halves."""
    dataset, options = dataset_of(args)
    if args.csv:  # as the app trains on a person's own table
        known: tuple[Maker, ...] = (Maker("FADM (own table)", "fadm", dict(BEST_TRAINING), {"labels": "boosted"}),)
    else:
        known = makers(source_of(dataset.name).compare.n_iter)
    chosen = listed("--makers", args.makers) if args.makers else [maker.title for maker in known]
    for title in chosen:
        if title not in {maker.title for maker in known}:
            names = listing([maker.title for maker in known], 10)
            raise SettingError(f"No generator {quoted(title)}. Choose among {names}.")
    out = Path(args.out) if args.out else Library().store.root
    if out.exists() and not out.is_dir():
        raise SettingError(f"{out} cannot be written: it is a file. Name a folder.")
    check_store(out)
    note(dataset.frame)
    compared = [maker for maker in known if maker.title in chosen]
    entry = follow(
        quality(dataset, compared, out, options=options, halves=args.halves, where=where_of(args), quick=args.quick,
                extend=args.extend)
    )  # fmt: skip
    if args.json:
        answer_json({"out": str(entry.path), **entry.made, "quality": quality_json(entry)})
    else:
        answer(quality_text(entry))
        say(f"\nEvery half: {entry.path}")
