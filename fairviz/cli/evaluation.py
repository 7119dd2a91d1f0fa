"""``fairviz evaluate`` and ``sweep``."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fairviz.checks import MAX_ROWS, check_count, check_price
from fairviz.cli.arguments import check_classifier, dataset_of, listed, note, options_of, refuse_knobs, where_of
from fairviz.cli.output import answer, answer_json, follow, say
from fairviz.controls import MAX_LAMBDA_Y, control_named
from fairviz.controls.dials import BOOSTED, NETWORK, SOFT
from fairviz.data.cells import clean_text, numbers_of
from fairviz.data.dataset import DomainDataset
from fairviz.data.reading import read_table
from fairviz.data.sources import fingerprint_of
from fairviz.errors import DataError, SettingError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import Model
from fairviz.evaluation.fidelity import FIDELITY, beside_real
from fairviz.evaluation.protocol import constant_predictor, drawn, trained
from fairviz.evaluation.report import REPORTED, summary
from fairviz.evaluation.scores import AUC
from fairviz.experiments.recorded import dial_trial, recorded_trial
from fairviz.experiments.runner import tabulate
from fairviz.experiments.trial import Trial
from fairviz.files import check_file
from fairviz.store import write_atomic
from fairviz.store.fits import RunFolder, load_fit
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec, versions
from fairviz.synthesizers.fadm import FADM
from fairviz.synthesizers.hyper import WEIGHT
from fairviz.text import quoted

#: Rows of each kind below which nothing is said of fidelity.
FEWEST_COMPARED = 100


def evaluate_rows(args: argparse.Namespace) -> None:
    """Train a classifier on the given rows, test it on the target domain's real rows."""
    check_count("seed", args.seed, 0, 2**32 - 1)
    check_classifier(args.classifier)
    dataset, _ = dataset_of(args)
    source, target = dataset.leave_out(clean_text(args.target))
    rows = read_table(args.rows, text=dataset.text_columns)
    weights = _weights(rows, dataset, args.rows)
    train = dataset.conform(rows if weights is None else rows.drop(columns=WEIGHT), args.rows)
    held_out = clean_text(args.target)
    model = trained(train, target, args.classifier, args.seed, weights)
    real = trained(drawn(source, len(train), args.seed).frame, target, args.classifier, args.seed)
    reports = {"given rows": _report(model, target, held_out), "real source rows": _report(real, target, held_out)}
    reports["constant predictor"] = summary(constant_predictor(source, target), held_out)
    faithful = _faithful(source, _as_many(train, weights, args.seed), args.seed) if args.fidelity else {}
    for frame in (dataset.frame, rows):
        note(frame)
    if args.json:
        head = {
            "rows": args.rows,
            "n": len(train),
            "dataset": dataset.name,
            "target": args.target,
            "favourable": dataset.schema.favourable,
            "classifier": args.classifier,
            "seed": args.seed,
            "versions": versions(),
        }
        answer_json({**head, "results": reports, **({"fidelity": faithful} if faithful else {})})
        return
    answer(f"{args.classifier} trained on {len(train):,} rows, tested on {len(target):,} real rows of {args.target}")
    answer(f"favourable label: {dataset.schema.favourable}; 95 % intervals over test rows")
    answer(f"{'':<20}" + "".join(f"{name:>24}" for name in REPORTED))
    for name, report in reports.items():
        answer(f"{name:<20}" + "".join(f"{_cell(report['metrics'][metric]):>24}" for metric in REPORTED))
    floor = reports["given rows"]["metrics"]
    for metric in ("R_DP", "R_EOp"):
        if "noise_floor" in floor[metric]:
            median, low = floor[metric]["noise_floor"]
            answer(f"{metric} of a perfectly equal model with these counts: {median:.2f} (1 in 20 below {low:.2f})")
    if faithful:
        answer(f"\nHow alike the rows are to real source rows{'':<9}{'given rows':>12}{'other real rows':>17}   best")
        for one in faithful.values():
            answer(f"{one['title']:<50}{one['given rows']:>12.3f}{one['other real rows']:>17.3f}   {one['best']:g}")


def _weights(rows: pd.DataFrame, dataset: DomainDataset, where: str) -> np.ndarray | None:
    """Weights of the given rows (n,), if they have such a column and the data set has not.

    Raises
    ------
    DataError
        One is no number, or below 0, or all are 0.
    """
    if WEIGHT not in rows.columns or WEIGHT in dataset.frame.columns:
        return None
    weights: np.ndarray = numbers_of(where, WEIGHT, rows[WEIGHT]).to_numpy(float, na_value=np.nan)
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad) or not weights.any():
        what = f"row {bad[0] + 1} is {rows[WEIGHT].iloc[bad[0]]!r}" if len(bad) else "all are 0"
        raise DataError(f"{where}: column {WEIGHT!r}, {what}. A weight is a number of 0 or more, and some are above 0.")
    return weights


def _as_many(train: pd.DataFrame, weights: np.ndarray | None, seed: int) -> pd.DataFrame:
    """Rows as they are, or half as many drawn by their weights: two labels of one row are one row."""
    if weights is None:
        return train
    many = max(len(train) // 2, 1)
    ends, start = np.cumsum(weights) / weights.sum(), np.random.default_rng(seed).random()
    places = np.searchsorted(
        ends, (start + np.arange(many)) / many, side="right"
    )  # a row at most as often as it weighs
    return train.iloc[np.minimum(places, len(train) - 1)]


def _faithful(source: DomainDataset, train: pd.DataFrame, seed: int) -> dict[str, dict[str, Any]]:
    """Fidelity of the given rows, and what other real rows would score.

    Raises
    ------
    DataError
        There are too few rows to tell.
    """
    columns = [*source.schema.features, source.schema.label]
    if min(len(source), len(train)) < FEWEST_COMPARED:
        raise DataError(
            f"--fidelity compares {FEWEST_COMPARED} rows or more; there are {len(train)} given rows and {len(source)} "
            "real source rows. Give more rows, or leave the option out."
        )
    found = beside_real(source.frame[columns], train[columns], seed)
    return {
        one.name: {
            "title": one.title, "given rows": found[one.name][0], "other real rows": found[one.name][1],
            "best": one.best, "better": one.better, "range": [one.low, one.high], "meaning": one.meaning,
        }
        for one in FIDELITY
    }  # fmt: skip


def _report(model: Model, target: DomainDataset, held_out: str) -> dict[str, Any]:
    """What is known of a model: counts and everything derived from them, and the AUC of its scores."""
    report = summary(Counts.from_predictions(target, model.predict(target.features)), held_out)
    score = model.score(target.features)
    value, low, high = (math.nan,) * 3 if score is None else AUC.span(target.y, score)
    told = (value, low, high) if math.isfinite(value) else (None,) * 3
    report["metrics"][AUC.name] = dict(zip(("value", "low", "high"), told, strict=True))
    return report


def _cell(value: dict[str, Any]) -> str:
    if value["value"] is None:
        return "not estimable"
    return f"{value['value']:.3f} ({value['low']:.3f}-{value['high']:.3f})"


def sweep(args: argparse.Namespace) -> None:
    """Test a grid of settings on one target and write a table of counts."""
    check_count("n", args.n, 1, MAX_ROWS)
    where = where_of(args)
    if args.out:
        check_file(Path(args.out))
    spec, folder = _sweep_fit(args)
    # the library's fit of these rows may call its data set by another name
    given = args.csv or (not args.run and spec.dataset != args.dataset)
    dataset = dataset_of(args)[0] if given else None
    if args.csv and dataset is not None and dataset.fingerprint() != spec.fingerprint:
        raise SettingError(
            f"{args.csv} does not hold the rows that {args.run} was fitted on. Name the same file and roles."
        )
    control = control_named(args.control)
    prices = _prices(args.lambdas, control.top) if args.lambdas else None
    check_price("lambda_y", args.lambda_y, 1, MAX_LAMBDA_Y)
    control.check(0.0, args.lambda_eop)
    classifiers = listed("--classifiers", args.classifiers) if args.classifiers else list(CLASSIFIERS)
    for name in classifiers:
        check_classifier(name)
    seeds = range(check_count("seeds", args.seeds, 1, 1000))
    library = Library()
    if prices is None:
        fit = library.fit(spec, dataset) if folder is None else folder.fit()
        prices = list(control.stops(fit.end_of_dial(args.control)))
    if dataset is None:
        dataset = spec.load_rows()
    trials = _sweep_trials(args, spec.target, prices, classifiers, seeds)
    table, made = follow(tabulate(dataset, trials, library, where, options=spec.options, spec=spec, folder=folder))
    if "failures" in made:
        raise SettingError(made["failures"][0]["error"])
    if args.out:
        write_atomic(Path(args.out), table.to_csv(index=False).encode())
        say(f"{len(table)} trials in {args.out}.")
    else:
        table.to_csv(sys.stdout, index=False)


def _sweep_trials(
    args: argparse.Namespace, target: str, prices: list[float], classifiers: list[str], seeds: range
) -> list[Trial]:
    """Every price with every downstream model and seed, and what they are compared with."""
    given = {"control": args.control, "lambda_y": args.lambda_y, "lambda_eop": args.lambda_eop}
    labels = BOOSTED if args.labels == SOFT else NETWORK
    trials = [
        recorded_trial(target, c, seed, {}, method="unmitigated", n=args.n) for c in classifiers for seed in seeds
    ]
    trials.append(recorded_trial(target, classifiers[0], 0, {}, method="constant", n=args.n))
    return trials + [
        dial_trial(target, classifier, seed, {**given, "lambda_z": price}, labels, n=args.n)
        for price in prices
        for seed in seeds
        for classifier in classifiers
    ]


def _prices(text: str, top: float) -> list[float]:
    """Values of lambda_z from "0,0.1,0.2"."""
    try:
        prices = [float(part) for part in text.split(",")]
    except ValueError:
        raise SettingError(
            f"--lambdas is {quoted(text)}; give numbers separated by commas, such as 0,0.1,0.2."
        ) from None
    for price in prices:
        check_price("lambda_z", price, 1, top)
    return prices


def _sweep_fit(args: argparse.Namespace) -> tuple[FitSpec, RunFolder | None]:
    """The fit to sweep over: in a run folder, or the library's own."""
    if args.run:
        run, entry = RunFolder.open(Path(args.run))
        if not isinstance(load_fit(entry), FADM):
            raise SettingError(f"{args.run} holds a fit without a dial. 'fairviz sample' draws rows from it.")
        spec = FitSpec.from_json(entry.spec)
        if not args.dataset:
            refuse_knobs(args)
        # the folder says what it is; words that say otherwise would be passed over in silence
        if args.dataset and fingerprint_of(args.dataset, options_of(args)) != spec.fingerprint:
            raise SettingError(f"{args.run} was not fitted on the rows of {quoted(args.dataset)}. Leave out --dataset.")
        if args.target and clean_text(args.target) != spec.target:
            raise SettingError(f"{args.run} holds out {spec.target!r}, not {quoted(args.target)}. Leave out --target.")
        return spec, run
    if not (args.dataset and args.target):
        raise SettingError("Name a run folder, or --dataset and --target to find a stored or pretrained fit.")
    return FitSpec.from_json(Library().find_fit(args.dataset, clean_text(args.target), options_of(args)).spec), None
