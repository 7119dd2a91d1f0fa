"""What an earlier version left is found again, learns what a price needs, or is refused with a sentence."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.data import load_dataset
from fairviz.evaluation import evaluate
from fairviz.evaluation.counts import Counts
from fairviz.experiments.bench import Bench
from fairviz.experiments.trial import Trial
from fairviz.store import MANIFEST, digest_of, key_of, read_entry, write_entry
from fairviz.store.fits import is_whole, load_fit, open_run
from fairviz.store.library import Library
from fairviz.store.specs import FIT, SWEEP, FitSpec
from fairviz.store.trials import Row
from fairviz.synthesizers import FADM

SMALL = {"n_iter": 15, "hidden": 16, "depth": 1, "classifier_hidden": 16, "classifier_depth": 1, "batch_size": 64}
RESULT = "result.json"


def earlier(fit: FADM) -> dict:
    """The payload of the same fit as an earlier version wrote it."""
    meta, arrays = fit.state()
    del meta["why_no_price"]
    kept = {name: values for name, values in arrays.items() if not name.startswith("dual.")}
    joint = np.array(meta["joint"])
    tilt = {"tilt.c": np.array([1, -1]), "tilt.pi": joint.sum(1), "tilt.pi_1": joint[:, 1]}
    arrays = kept | {name: values.astype(np.float32) for name, values in tilt.items()}
    return {"json_files": {"fit.json": meta}, "arrays": arrays, "made": {"seconds": 1.0}}


@pytest.fixture(scope="module")
def dataset():
    return load_dataset("simulated")


@pytest.fixture(scope="module")
def made(dataset) -> tuple[FitSpec, FADM]:
    spec = FitSpec.of(dataset, "North", **SMALL)
    return spec, FADM(**spec.params).fit(spec.source_of(dataset))


def test_the_upgrade_command_adds_the_price_and_leaves_the_networks(tmp_path, made, capsys) -> None:
    spec, fit = made
    folder = tmp_path / "run"
    write_entry(folder, FIT, spec.to_json(), **earlier(fit))
    old = open_run(folder)[1]
    pd.testing.assert_frame_equal(old.sample(200), fit.sample(200))
    out = tmp_path / "syn.csv"
    assert main(["sample", str(folder), "-n", "100", "--lambda-z", "0.1", "--out", str(out)]) == 2
    assert "fairviz upgrade FOLDER" in capsys.readouterr().err
    assert not out.exists()
    assert main(["upgrade", str(folder)]) == 0
    assert main(["sample", str(folder), "-n", "100", "--lambda-z", "0.1", "--out", str(out)]) == 0
    assert out.read_text() == fit.sample(100, lambda_z=0.1).to_csv(index=False)
    before, now = earlier(fit)["arrays"], read_entry(folder).arrays()
    assert all((now[name] == before[name]).all() for name in before if name.startswith("net."))
    assert read_entry(folder).key == key_of(spec.to_json())
    capsys.readouterr()
    assert main(["upgrade", str(folder)]) == 0
    assert "is of the present form already" in capsys.readouterr().out


def test_other_rows_are_refused_and_nothing_changes(tmp_path, made, capsys) -> None:
    spec, fit = made
    folder = tmp_path / "run"
    write_entry(folder, FIT, spec.to_json(), **earlier(fit))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    rows = tmp_path / "rows.csv"
    load_dataset("simulated", seed=3).frame.to_csv(rows, index=False)
    roles = ["--label", "outcome", "--favourable", "hired", "--sensitive", "group", "--domain", "region"]
    assert main(["upgrade", str(folder), "--csv", str(rows), *roles]) == 2
    assert "not those that this fit was made from" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_fit_of_ones_own_store_is_found_again(made, dataset) -> None:
    spec, fit = made
    library = Library()
    library.store.put(FIT, spec.to_json(), **earlier(fit))
    assert not is_whole(library.get(FIT, spec.to_json()))
    again = library.fit(spec, dataset)
    pd.testing.assert_frame_equal(again.sample(300, lambda_z=0.1), fit.sample(300, lambda_z=0.1))
    assert is_whole(library.get(FIT, spec.to_json()))
    assert len(list(library.store.entries(FIT))) == 1


def test_a_shipped_fit_that_knows_goes_before_an_own_one_that_does_not(dataset) -> None:
    library = Library()
    shipped = library.find_fit("simulated", "North")
    library.store.put(FIT, shipped.spec, **earlier(load_fit(shipped)))
    for entry in (library.get(FIT, shipped.spec), library.find_fit("simulated", "North")):
        assert entry.path == shipped.path


def test_a_trial_stored_without_its_price_does_not_answer(made, dataset) -> None:
    """Its counts may pay for reversal; without a price the stored trial is found again."""
    spec, fit = made
    library = Library()
    library.store.put(FIT, spec.to_json(), **earlier(fit))
    target = dataset.leave_out("North")[1]
    wrong = Counts.from_predictions(target, np.ones(len(target), int))
    bench = Bench(dataset, library, spec=spec)
    plain = Trial.of("fadm", {}, "North", "logistic_regression", 0, n=300, n_steps=10)
    priced = Trial.of(
        "fadm", {"control": "eop", "lambda_z": 0.05}, "North", "logistic_regression", 0, n=300, n_steps=10
    )
    for trial in (plain, priced):
        told = {"trial": 2, "dataset": dataset.fingerprint(), "fit": key_of(spec.to_json()), **vars(trial)}
        row = Row(key_of(told)[:32], vars(trial), wrong.table[0])
        library.trials.put(dataset.fingerprint(), dataset.groups, [row])
    found = bench.compute([plain, priced])
    assert (found[0].table == wrong.table[0]).all()
    rows = fit.sample(300, control="eop", lambda_z=0.05)
    wanted = evaluate(rows, target, classifier="logistic_regression", seed=0).table
    assert not (wanted == wrong.table).all()
    assert (found[1].table == wanted[0]).all()


def old_result(root, kind: str, mark: int) -> dict[str, bytes]:
    """A result of a kind that an earlier version kept in its store; returns its files."""
    spec, data = {"fit": "0" * 64, "seed": mark}, b'{"table": []}'
    folder = root / kind / key_of(spec)[:32]
    folder.mkdir(parents=True)
    sealed = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest = {"format": 2, "kind": kind, "key": key_of(spec), "spec": spec, "made": {}, "files": {RESULT: sealed}}
    (folder / RESULT).write_bytes(data)
    (folder / MANIFEST).write_text(json.dumps(manifest | {"digest": digest_of(manifest)}))
    return {str(path): path.read_bytes() for path in folder.iterdir()}


def test_results_of_kinds_that_are_no_more_are_left_alone(made, dataset, capsys) -> None:
    """They neither answer nor stand in the way: not of trials, and not of the upgrade of a store's fits."""
    spec, fit = made
    library = Library()
    library.store.put(FIT, spec.to_json(), **earlier(fit))
    kept = old_result(library.store.root, "cell", 0) | old_result(library.store.root, "trial", 1)
    trial = Trial.of("unmitigated", {}, "North", "logistic_regression", 0, n=300)
    Bench(dataset, library).compute([trial])
    assert library.damaged(FIT, SWEEP) == []
    assert main(["upgrade", str(library.store.root)]) == 0
    assert "1 of 1 results" in capsys.readouterr().out
    assert is_whole(library.get(FIT, spec.to_json()))
    assert {name: Path(name).read_bytes() for name in kept} == kept
    assert main(["upgrade", str(Path(next(iter(kept))).parent)]) == 2
    assert "no kind of result that this version knows" in capsys.readouterr().err
