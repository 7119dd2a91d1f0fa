"""What the commands of ``fairviz`` do; the grammar is in ``cli``."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from fairviz.checks import MAX_ROWS, check_count, check_price
from fairviz.controls import MAX_LAMBDA_Y, control_named
from fairviz.data.cells import clean_text
from fairviz.data.dataset import DomainDataset
from fairviz.data.reading import read_table, read_text
from fairviz.data.schema import Schema, _names, _shown
from fairviz.data.sources import DATASETS, fingerprint_of, load_dataset
from fairviz.errors import DataError, SettingError
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.evaluation.protocol import constant_predictor, evaluate, real_data_model
from fairviz.evaluation.report import REPORTED, summary
from fairviz.experiments.recorded import recorded_trial
from fairviz.experiments.runner import Where, run
from fairviz.experiments.trial import table_of
from fairviz.files import check_file, check_new_folder, check_store, written_aside
from fairviz.library import FitSpec, Library, Run, load_fit, open_run, save_run, upgrade_fit, versions
from fairviz.store import MANIFEST, PAYLOADS, upgrade_entry, write_atomic
from fairviz.synthesizers.fadm import FADM
from fairviz.synthesizers.tabular import TableSynthesizer, check_params

KNOBS = ("bias", "proxy", "shift")
#: Settings of ``fairviz sample``: option, keyword of ``FADM.sample`` and default.
SAMPLING = {
    "--control": ("control", "dp"),
    "--lambda-y": ("lambda_y", 1.0),
    "--lambda-z": ("lambda_z", 0.0),
    "--lambda-eop": ("lambda_eop", 0.0),
    "--steps": ("n_steps", 10),
    "--solver": ("solver", "sde_dpmpp_2m"),
}


def say(text: str) -> None:
    """A line for a person, on standard error."""
    print(text, file=sys.stderr)


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
        raise SettingError(f"{option} is {_shown(text)}; give names separated by single commas, such as A,B.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingError(f"{option} names {_names(twice)} more than once. Name it once.")
    return names


def check_classifier(name: str) -> None:
    """Refuse an unknown classifier.

    Raises
    ------
    SettingError
    """
    if name not in CLASSIFIERS:
        raise SettingError(f"No classifier {_shown(name)}. Choose one of {_names(list(CLASSIFIERS))}.")


def _dataset(args: argparse.Namespace) -> tuple[DomainDataset, dict]:
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
        table = None if args.features else read_text(args.csv)
        features = [c for c in table.names if c not in taken] if table else listed("--features", args.features)
        if not features:
            raise DataError(f"{args.csv}: no column is left to learn from; all have a role. Add feature columns.")
        schema = Schema(tuple(features), label, favourable, sensitive, domain)
        # what --features does not name is left out on purpose
        name = Path(args.csv).stem.encode("utf-8", "replace").decode()  # a file's name may be no text
        others = bool(args.features)
        return DomainDataset.from_text(name, table or read_text(args.csv), schema, leave_out_others=others), {}
    if args.dataset is None:
        raise SettingError("Name a data set: --dataset NAME, or --csv FILE with its roles.")
    given = [f"--{n}" for n in (*roles, "features") if getattr(args, n) is not None]
    if given:
        raise SettingError(f"{given[0]} goes with --csv only; data set {_shown(args.dataset)} has its own roles.")
    options = _options(args)
    return load_dataset(args.dataset, **options), options


def _no_knobs(args: argparse.Namespace) -> None:
    """A run folder knows its own story."""
    for name in KNOBS:
        if getattr(args, name) is not None:
            raise SettingError(f"--{name} does not go with a run folder, which knows its own story. Leave it out.")


def _options(args: argparse.Namespace) -> dict:
    """Knobs of the simulated story; all at 1 is the default story, which has shipped fits."""
    given = {n: getattr(args, n) for n in KNOBS if getattr(args, n) is not None}
    if given and args.dataset != "simulated":
        raise SettingError(
            f"--{next(iter(given))} is a knob of the data set 'simulated', not of {_shown(args.dataset)}."
        )
    knobs = {**dict.fromkeys(KNOBS, 1.0), **given}
    return {} if all(value == 1.0 for value in knobs.values()) else knobs


def cmd_datasets(args: argparse.Namespace) -> None:
    """List the built-in data sets, or download one."""
    if args.download:
        if args.download not in DATASETS:
            raise SettingError(f"No data set {_shown(args.download)}. Choose one of {_names(list(DATASETS))}.")
        files = DATASETS[args.download].files
        say(
            f"{args.download}: made on the spot, nothing to download."
            if files is None
            else f"Saved in {files.download()}."
        )
    rows = [
        {
            "name": name,
            "title": source.title,
            "rows_here": source.available(),
            "label": source.schema.label,
            "favourable": source.schema.favourable,
            "sensitive": source.schema.sensitive,
            "domain": source.schema.domain,
            "licence": source.licence,
            "publisher": source.publisher,
        }
        for name, source in DATASETS.items()
    ]
    if args.json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        get = (
            f"fairviz datasets --download {row['name']}"
            if DATASETS[str(row["name"])].downloadable
            else "set FAIRVIZ_DATA"
        )
        print(f"{row['name']:<15} {row['title']} ({'rows here' if row['rows_here'] else f'rows not here: {get}'})")
        print(f"{'':<15} {row['favourable']!r} of {row['label']!r}, by {row['sensitive']!r}, over {row['domain']!r}")


def cmd_fit(args: argparse.Namespace) -> None:
    """Train on all domains but the target and publish a run folder."""
    check_new_folder(Path(args.out))
    params = {"n_iter": args.iterations, "meta": args.meta, "random_state": args.seed}
    params = {key: value for key, value in params.items() if value is not None}
    check_params(FADM(**params).get_params())
    dataset, options = _dataset(args)
    target = clean_text(args.target)
    spec = FitSpec.of(dataset, target, options, **params)
    fit, begun = FADM(**spec.params), time.monotonic()
    with tqdm(total=spec.params["n_iter"], unit="step", disable=None, file=sys.stderr) as bar:
        for step in fit.fit_steps(dataset.source_for(target)):
            bar.update(1)
            if step.step % 20 == 0:
                bar.set_postfix({key: f"{value:.3f}" for key, value in step.losses.items()})
    entry = save_run(Path(args.out), spec, fit, time.monotonic() - begun)
    note(dataset.frame)
    for line in fit.notes_:
        say(f"Note: {line}")
    answer = {"out": str(entry.path), "key": entry.key, **entry.made}
    print(json.dumps(answer, indent=1) if args.json else f"Saved in {entry.path} after {entry.made['seconds']:.0f} s.")


def _fit_for(args: argparse.Namespace) -> TableSynthesizer:
    if args.run and (args.dataset or args.target):
        raise SettingError("Name either a run folder or --dataset and --target, not both.")
    if args.run:
        _no_knobs(args)
        return open_run(Path(args.run))[1]
    if not (args.dataset and args.target):
        raise SettingError("Name a run folder, or --dataset and --target to find a stored or pretrained fit.")
    return load_fit(Library().find_fit(args.dataset, clean_text(args.target), _options(args)))


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
    takes = [option for option, (name, _) in SAMPLING.items() if name in fit.settings]
    extra = [option for option, value in given.items() if option not in takes and value != SAMPLING[option][1]]
    if extra:
        raise SettingError(
            f"{', '.join(extra)}: the generator {fit.registered!r} has no such setting; it takes "
            f"{', '.join(['-n', '--seed', *takes])}."
        )
    return [fit.sample(n, random_state=args.seed, **{SAMPLING[option][0]: given[option] for option in takes})]


def cmd_sample(args: argparse.Namespace) -> None:
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


def cmd_evaluate(args: argparse.Namespace) -> None:
    """Train a classifier on the given rows, test it on the target domain's real rows."""
    check_count("seed", args.seed, 0, 2**32 - 1)
    check_classifier(args.classifier)
    dataset, _ = _dataset(args)
    source, target = dataset.leave_out(clean_text(args.target))
    rows = read_table(args.rows, text=dataset.text_columns)
    train = dataset.conform(rows, args.rows)
    held_out = clean_text(args.target)
    counts = {
        "given rows": evaluate(train, target, classifier=args.classifier, seed=args.seed),
        "real source rows": real_data_model(source, target, classifier=args.classifier, n=len(train), seed=args.seed),
        "constant predictor": constant_predictor(source, target),
    }
    for frame in (dataset.frame, rows):
        note(frame)
    reports = {name: summary(c, held_out) for name, c in counts.items()}
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
        print(json.dumps({**head, "results": reports}, indent=1))
        return
    print(f"{args.classifier} trained on {len(train):,} rows, tested on {len(target):,} real rows of {args.target}")
    print(f"favourable label: {dataset.schema.favourable}; 95 % intervals over test rows")
    print(f"{'':<20}" + "".join(f"{name:>24}" for name in REPORTED))
    for name, report in reports.items():
        print(f"{name:<20}" + "".join(f"{_cell(report['metrics'][metric]):>24}" for metric in REPORTED))
    floor = reports["given rows"]["metrics"]
    for metric in ("R_DP", "R_EOp"):
        if "noise_floor" in floor[metric]:
            median, low = floor[metric]["noise_floor"]
            print(f"{metric} of a perfectly equal model with these counts: {median:.2f} (1 in 20 below {low:.2f})")


def _cell(value: dict) -> str:
    if value["value"] is None:
        return "not estimable"
    return f"{value['value']:.3f} ({value['low']:.3f}-{value['high']:.3f})"


def cmd_sweep(args: argparse.Namespace) -> None:
    """Test a grid of settings on one target and write a table of counts."""
    check_count("n", args.n, 1, MAX_ROWS)
    where = Where(args.backend, args.jobs, args.scheduler or "")
    if args.out:
        check_file(Path(args.out))
    spec, folder = _sweep_fit(args)
    # the library's fit of these rows may call its data set by another name
    given = args.csv or (not args.run and spec.dataset != args.dataset)
    dataset = _dataset(args)[0] if given else None
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
    trials = [
        recorded_trial(spec.target, c, seed, {}, method="unmitigated", n=args.n) for c in classifiers for seed in seeds
    ]
    trials.append(recorded_trial(spec.target, classifiers[0], 0, {}, method="constant", n=args.n))
    given = {"control": args.control, "lambda_y": args.lambda_y, "lambda_eop": args.lambda_eop}
    trials += [
        recorded_trial(spec.target, classifier, seed, {**given, "lambda_z": price}, n=args.n)
        for price in prices
        for seed in seeds
        for classifier in classifiers
    ]
    rows, failures = [], []
    with tqdm(total=len(trials), unit="trial", disable=None, file=sys.stderr) as bar:
        for step in run(dataset, trials, library, where, options=spec.options, spec=spec, folder=folder):
            if step.phase == "trials":
                bar.update(len(step.rows) + len(step.failures))
            rows += step.rows
            failures += step.failures
    if failures:
        raise SettingError(failures[0]["error"])
    table = table_of(rows).sort_values(["method", "setting", "classifier", "seed"], ignore_index=True)
    if args.out:
        write_atomic(Path(args.out), table.to_csv(index=False).encode())
        say(f"{len(table)} trials in {args.out}.")
    else:
        table.to_csv(sys.stdout, index=False)


def _prices(text: str, top: float) -> list[float]:
    """Values of lambda_z from "0,0.1,0.2"."""
    try:
        prices = [float(part) for part in text.split(",")]
    except ValueError:
        raise SettingError(
            f"--lambdas is {_shown(text)}; give numbers separated by commas, such as 0,0.1,0.2."
        ) from None
    for price in prices:
        check_price("lambda_z", price, 1, top)
    return prices


def _sweep_fit(args: argparse.Namespace) -> tuple[FitSpec, Run | None]:
    """The fit to sweep over: in a run folder, or the library's own."""
    if args.run:
        run, entry = Run.open(Path(args.run))
        if not isinstance(load_fit(entry), FADM):
            raise SettingError(f"{args.run} holds a fit without a dial. 'fairviz sample' draws rows from it.")
        spec = FitSpec.from_json(entry.spec)
        if not args.dataset:
            _no_knobs(args)
        # the folder says what it is; words that say otherwise would be passed over in silence
        if args.dataset and fingerprint_of(args.dataset, _options(args)) != spec.fingerprint:
            raise SettingError(f"{args.run} was not fitted on the rows of {_shown(args.dataset)}. Leave out --dataset.")
        if args.target and clean_text(args.target) != spec.target:
            raise SettingError(f"{args.run} holds out {spec.target!r}, not {_shown(args.target)}. Leave out --target.")
        return spec, run
    if not (args.dataset and args.target):
        raise SettingError("Name a run folder, or --dataset and --target to find a stored or pretrained fit.")
    return FitSpec.from_json(Library().find_fit(args.dataset, clean_text(args.target), _options(args)).spec), None


def cmd_upgrade(args: argparse.Namespace) -> None:
    """Bring a run folder or a store of an earlier version to the present form; networks stay as they are."""
    folder = Path(args.folder)
    # what is in quarantine, or of a kind that is no longer kept, stays as it is
    inside = sorted(p.parent for p in folder.glob(f"*/*/{MANIFEST}") if p.parent.parent.name in PAYLOADS)
    alone = not inside or os.path.lexists(folder / MANIFEST)
    paths = [folder] if alone else inside
    dataset, done = (_dataset(args)[0] if args.csv else None), 0
    for path in paths:
        done += upgrade_entry(path) | upgrade_fit(path, dataset)
    if alone:
        print(f"{folder} upgraded." if done else f"{folder} is of the present form already.")
    else:
        print(f"{done} of {len(paths)} results in {folder} upgraded, the others were of the present form already.")


def cmd_pretrain(args: argparse.Namespace) -> None:
    """Rebuild a data set's shipped fits and recorded sweep."""
    from fairviz.experiments.recorded import pretrain

    if args.out:
        check_store(Path(args.out))
    with tqdm(disable=None, file=sys.stderr) as bar:
        for phase, done, total, note in pretrain(
            args.dataset,
            Path(args.out) if args.out else None,
            seeds=args.seeds,
            quick=args.quick,
            where=Where(args.backend, args.jobs, args.scheduler or ""),
        ):
            bar.set_description(f"{phase} {note}", refresh=False)
            bar.total, bar.n = total, done
            bar.refresh()


def cmd_app(args: argparse.Namespace) -> None:
    """Open the app in the browser."""
    from streamlit.web import cli as streamlit

    app = Path(__file__).resolve().parent.parent / "app.py"
    if not app.is_file():
        raise SettingError(f"{app} is missing. Run the app from a checkout of the project: streamlit run app.py")
    import fairviz.ui.explore  # noqa: F401  (imported before the server is up, so that the first visitor need not wait)

    os.chdir(app.parent)  # .streamlit/config.toml holds the safe server settings
    sys.argv = ["streamlit", "run", str(app), *args.rest]
    sys.exit(streamlit.main())
