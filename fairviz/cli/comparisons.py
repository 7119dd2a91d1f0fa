"""``fairviz frontier``, ``table1`` and ``trial``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from fairviz.checks import MAX_ROWS, check_count
from fairviz.cli.arguments import check_classifier, listed, where_of
from fairviz.cli.output import answer, answer_json, follow, say
from fairviz.data.sources import fingerprint_of, load_dataset
from fairviz.errors import SettingError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.report import summary
from fairviz.evaluation.subgroups import DEEPEST
from fairviz.experiments import tables
from fairviz.experiments.bench import Bench
from fairviz.experiments.plan import Plan
from fairviz.experiments.plans import frontier, table1
from fairviz.experiments.publish import published
from fairviz.experiments.runner import Progress
from fairviz.experiments.served import served
from fairviz.experiments.trial import Trial
from fairviz.files import check_store
from fairviz.store import Entry, ResultStore
from fairviz.store.library import Library
from fairviz.store.specs import FIT, FRONTIER, TABLE, versions
from fairviz.text import listing, quoted


def _plan(args: argparse.Namespace) -> Plan:
    dials = tuple(listed("--methods", args.methods)) if args.methods else ()
    classifiers = tuple(listed("--classifiers", args.classifiers)) if args.classifiers else Plan.classifiers
    for name in classifiers:
        check_classifier(name)
    fingerprint_of(args.dataset)  # refused before anything is planned
    return Plan(args.dataset, dials, classifiers, args.seeds, args.quick, where_of(args))


def _run(
    args: argparse.Namespace,
    kind: str,
    make: Callable[..., Generator[Progress, None, None]],
    show: Callable[[Entry], str],
    **more: Any,
) -> None:
    plan = _plan(args)
    out = Path(args.out) if args.out else Library().store.root
    if out.exists() and not out.is_dir():
        raise SettingError(f"{out} cannot be written: it is a file. Name a folder.")
    check_store(out)
    follow(make(plan, out, **more))
    entry = published(ResultStore(out), kind, fingerprint_of(plan.dataset), plan.quick)[0]
    if args.json:
        answer_json({"out": str(entry.path), **entry.made, **tables.as_json(entry)})
    else:
        answer(show(entry))
        say(f"\nEvery trial with its counts: {entry.path}")


def make_frontier(args: argparse.Namespace) -> None:
    """Test every method's dial on every held-out domain: fronts, hypervolumes, distance to the fair Bayes rule."""
    _run(args, FRONTIER, frontier, tables.frontier_text, extend=args.extend)


def make_table1(args: argparse.Namespace) -> None:
    """The paper's Table 1 with settings chosen inside the source."""
    _run(args, TABLE, table1, tables.table1_text, extend=args.extend)


def trial(args: argparse.Namespace) -> None:
    """Run one method at one setting on one held-out domain and print its counts."""
    for name, value, low, high in (
        ("n", args.n, 100, MAX_ROWS), ("steps", args.steps, 1, 5000), ("iterations", args.iterations, 0, 1_000_000),
        ("seed", args.seed, 0, 2**32 - 1), ("subgroups", args.subgroups, 0, DEEPEST),
    ):  # fmt: skip
        check_count(name, value, low, high)
    try:
        setting = json.loads(args.setting)
    except (ValueError, RecursionError):
        setting = None
    if not isinstance(setting, dict):
        raise SettingError(f"--setting is {quoted(args.setting)}; give JSON such as '{{\"lambda_z\": 0.2}}'.")
    check_classifier(args.classifier)
    dataset = load_dataset(args.dataset)
    dataset.leave_out(args.target)  # refused before anything is said or trained
    if args.without and (args.without not in dataset.domains or args.without == args.target):
        others = [d for d in dataset.domains if d != args.target]
        raise SettingError(f"--without: no domain {quoted(args.without)}. Choose one of {listing(others, 60)}.")
    trial = Trial.of(
        args.method, setting, args.target, args.classifier, args.seed,
        without=args.without, n=args.n, n_steps=args.steps, n_iter=args.iterations,
    )  # fmt: skip
    library, spec = Library(), trial.fit_spec(dataset)
    if spec is not None and library.get(FIT, spec.to_json()) is None:
        say(f"There is no stored fit of {trial.method} without {args.target} yet; training it takes some minutes.")
    bench = Bench(dataset, library)
    (row,) = bench.compute([trial], fresh=args.fresh)
    counts = Counts((trial.target,), dataset.groups, row.table[None])
    about = {"trial": {"key": row.key, **row.about}, "target": args.target, **summary(counts, args.target)}
    if args.subgroups:
        about["subgroups"] = served(bench, trial, args.subgroups)
    answer_json({**about, "versions": versions()})
