"""``fairviz run``, ``fairviz report`` and ``fairviz handout``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tqdm import tqdm

from fairviz.cli.output import say
from fairviz.errors import DataError
from fairviz.experiments.scenario import read_scenario
from fairviz.experiments.trial import table_of
from fairviz.files import check_file
from fairviz.store import write_atomic
from fairviz.store.library import Library


def run_scenario(args: argparse.Namespace) -> None:
    """Carry out a scenario's trials, and say whether they give the counts that it holds."""
    if args.out:
        check_file(Path(args.out))
    scenario = read_scenario(Path(args.scenario))
    dataset = scenario.load(Path(args.csv) if args.csv else None)
    rows, other = [], []
    with tqdm(total=len(scenario.rows), unit="trial", disable=None, file=sys.stderr) as bar:
        for row, same in scenario.carry_out(dataset, Library(), fresh=args.fresh):
            rows.append(row)
            other += [] if same else [row]
            bar.update(1)
    table = table_of(rows)
    if args.out:
        write_atomic(Path(args.out), table.to_csv(index=False).encode())
    else:
        table.to_csv(sys.stdout, index=False)
    if other:
        what = other[0].about
        raise DataError(
            f"{len(other)} of {len(rows)} trials give other counts than the scenario holds, the first of them "
            f"{what['method']} on {what['target']!r}, seed {what['seed']}: other versions, or another processor."
        )
    say(f"{len(rows)} trials, every count as in the scenario.")


def make_report(args: argparse.Namespace) -> None:
    """Write the report of a scenario: HTML, or JSON if the file's name ends so or --json is given."""
    from fairviz.telling.report import Report

    report = Report.of(read_scenario(Path(args.scenario)))
    as_json = args.json or str(args.out or "").endswith(".json")
    text = json.dumps(report.to_json(), indent=1, ensure_ascii=False) + "\n" if as_json else report.html()
    if args.out:
        check_file(Path(args.out))
        write_atomic(Path(args.out), text.encode())
    else:
        sys.stdout.write(text)


def make_handout(args: argparse.Namespace) -> None:
    """Write the dial of a data set as one file."""
    from fairviz.telling.handout import Handout

    check_file(Path(args.out))
    made = Handout.recorded(
        args.dataset, control=args.control, classifier=args.classifier, metric=args.metric, labels=args.labels,
        start=args.lambda_z, domains=args.domains.split(",") if args.domains else (),
    )  # fmt: skip
    write_atomic(Path(args.out), made.html().encode())
    say(f"{args.out}: {Path(args.out).stat().st_size / 1e6:.1f} MB. It opens in any browser, without a network.")
