"""Rows, counts and fits are the same to the last bit, however many threads there are and whoever asks."""

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from fairviz.cli import main
from fairviz.data import load_dataset
from fairviz.evaluation import evaluate
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.evaluation.tradeoff import columns_of
from fairviz.experiments.bench import Bench
from fairviz.experiments.drawer import Batch, Drawer
from fairviz.experiments.recorded import recorded_trial
from fairviz.experiments.runner import run
from fairviz.experiments.trial import Trial
from fairviz.experiments.where import Where
from fairviz.store.fits import load_fit
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.synthesizers import FADM

ROOT = Path(__file__).parent.parent

EVERYTHING = """
import hashlib, sys
import torch
from threadpoolctl import threadpool_limits
n = int(sys.argv[1])
torch.set_num_threads(n)
from fairviz.data import load_dataset
from fairviz.evaluation import evaluate
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.synthesizers import FADM
sha = hashlib.sha256()
source, target = load_dataset("simulated", n=4000).leave_out("North")
with threadpool_limits(n):
    torch.set_num_threads(n)
    fit = FADM(n_iter=40, batch_size=512).fit(source)
    meta, arrays = fit.state()
    for name in sorted(arrays):
        sha.update(name.encode() + arrays[name].tobytes())
    print("fit", sha.hexdigest())
    torch.set_num_threads(n)
    rows = fit.sample(3000, control="dp_eop", lambda_z=0.1, lambda_eop=0.02, lambda_y=2.0)
    print("rows", hashlib.sha256(rows.to_csv().encode()).hexdigest())
    for classifier in CLASSIFIERS:
        torch.set_num_threads(n)
        counts = evaluate(rows, target, classifier=classifier, seed=0)
        print(classifier, counts.table.tolist())
"""


def test_one_two_and_four_threads_give_the_same_bits(tmp_path) -> None:
    answers = []
    for n in (1, 2, 4):
        told = {name: str(n) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        done = subprocess.run(
            [sys.executable, "-c", EVERYTHING, str(n)], env={**os.environ, **told, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, timeout=300, check=True,
        )  # fmt: skip
        answers.append(done.stdout)
    assert answers[0].count("\n") == 2 + len(CLASSIFIERS)
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]


def test_whoever_computes_is_held_to_one_thread_and_nothing_is_put_back() -> None:
    fit = shipped()
    torch.set_float32_matmul_precision("highest")
    torch.set_num_threads(2)
    with threadpool_limits(2):
        wanted = fit.sample(1000)
        assert torch.get_num_threads() == 1
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
        precision = torch.get_float32_matmul_precision()
        a, b = torch.randn(128, 256), torch.randn(256, 128)
        assert float((a @ b - (a.double() @ b.double()).float()).abs().max()) < 1e-4  # not bfloat16
        fit.sample(1000, random_state=1)
        assert torch.get_float32_matmul_precision() == precision
    torch.set_num_threads(2)
    assert fit.sample(1000).equals(wanted)


#: The training of the fits that ship; a trial of another would train one first.
SHIPPED = {"preset": "fairviz"}


def shipped() -> FADM:
    library = Library()
    return load_fit(library.find_fit("simulated", "North"))


@pytest.mark.parametrize(("control", "price"), [("dp", 0.15), ("eop", 0.02), ("entropy", 5.0)])
def test_app_sample_sweep_and_trial_agree_on_every_count(tmp_path, capsys, control: str, price: float) -> None:
    """The same setting asked for in six ways."""
    n, classifier = 3000, "logistic_regression"
    dataset, library = load_dataset("simulated"), Library()
    target = dataset.leave_out("North")[1]
    fit = shipped()
    rows = fit.sample(n, control=control, lambda_z=price)
    wanted = evaluate(rows, target, classifier=classifier, seed=0).table

    out = tmp_path / "syn.csv"
    setting = ["-n", str(n), "--control", control, "--lambda-z", str(price), "--out", str(out)]
    assert main(["sample", "--dataset", "simulated", "--target", "North", *setting]) == 0
    evaluated = ["evaluate", str(out), "--dataset", "simulated", "--target", "North", "--classifier", classifier]
    assert main([*evaluated, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["results"]["given rows"]["counts"]
    assert [row["n"] for row in told] == wanted.ravel().tolist()

    spec = FitSpec.from_json(library.find_fit("simulated", "North").spec)
    position = {"control": control, "lambda_z": price}
    other = recorded_trial("North", classifier, 0, position, n=n - 1000)
    drawer = Drawer(library)
    drawer.submit([Batch(spec, [other])])[0].result(120)
    drawer.close()
    bench = Bench(dataset, library, spec=spec)
    stored = Library().trials.get([bench.key(other)])
    fewer = evaluate(rows.iloc[: n - 1000], target, classifier=classifier, seed=0)
    assert (stored[bench.key(other)].table == fewer.table[0]).all()

    swept = ["sweep", "--dataset", "simulated", "--target", "North", "--control", control, "--lambdas", str(price)]
    assert main([*swept, "-n", str(n), "--seeds", "1", "--classifiers", classifier]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out)).set_index("method")
    counts = columns_of(evaluate(rows, target, classifier=classifier, seed=0))
    assert table.loc["fadm", list(counts)].to_dict() == counts

    position = {**position, **SHIPPED}
    about = ["--setting", json.dumps(position), "--classifier", classifier, "-n", str(n), "--steps", "10"]
    assert main(["trial", "--dataset", "simulated", "--target", "North", "--method", "fadm", *about, "--fresh"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["n"] for row in answer["counts"]] == wanted.ravel().tolist()
    trial = Trial.of("fadm", position, "North", classifier, 0, n=n, n_steps=10)
    assert answer["trial"]["key"] == bench.key(trial) == Bench(dataset, library).key(trial)
    (row,) = Bench(dataset, library).compute([trial], fresh=True)
    assert (row.table == wanted[0]).all()
    assert hashlib.sha256(out.read_bytes()).hexdigest() == hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()


def test_tables_of_counts_do_not_depend_on_the_order_of_trials() -> None:
    """Beyond equality several prices share one draw, whichever comes first."""
    dataset = load_dataset("simulated")
    trials = [
        Trial.of("fadm", {**SHIPPED, "lambda_z": price}, "North", "logistic_regression", 0, n=1000, n_steps=5)
        for price in (0.1, 0.4, 0.5)
    ]
    forward = [row.table for row in Bench(dataset, Library()).compute(trials, fresh=True)]
    backward = [row.table for row in Bench(dataset, Library()).compute(trials[::-1], fresh=True)][::-1]
    assert all((a == b).all() for a, b in zip(forward, backward, strict=True))
    assert (forward[1] == forward[2]).all()
    assert not np.array_equal(forward[0], forward[1])


def test_workers_of_any_number_count_the_same(tmp_path) -> None:
    """In this process, in two others, and one trial at a time."""
    dataset, shipped = load_dataset("simulated"), Library().shipped.root
    priced, how = {**SHIPPED, "control": "eop", "lambda_z": 0.02}, {"n": 800, "n_steps": 5}
    trials = [
        Trial.of(method, setting, target, "logistic_regression", seed, **how)
        for target in ("North", "West")
        for method, setting in (
            ("fadm", SHIPPED),
            ("fadm", priced),
            ("fadm_preview", priced),
            ("reweighing", {"share": 1}),
        )
        for seed in (0, 1)
    ]
    tables = []
    for n_jobs in (1, 2):
        library = Library(tmp_path / str(n_jobs), shipped)
        rows = [row for step in run(dataset, trials, library, Where(n_jobs=n_jobs)) for row in step.rows]
        assert len(rows) == len(trials)
        tables.append({row.key: row.table.tolist() for row in rows})
    assert tables[0] == tables[1]
    alone = Library(tmp_path / "alone", shipped)
    for trial in trials[::-5]:
        (row,) = Bench(dataset, alone).compute([trial])
        assert tables[0][row.key] == row.table.tolist()
