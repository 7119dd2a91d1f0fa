"""Rows, counts and fits are the same to the last bit, however many threads there are and whoever asks."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from fairviz.cli import main
from fairviz.comparison.trials import Trial
from fairviz.comparison.trials import compute as compute_trials
from fairviz.data import load_dataset
from fairviz.draws import Drawer
from fairviz.evaluation import evaluate
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.library import CELL, FitSpec, Library, load_fit
from fairviz.sweep import Cell, compute
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


def shipped() -> FADM:
    library = Library()
    return load_fit(library.find_fit("simulated", "North"))


@pytest.mark.parametrize(("control", "price"), [("dp", 0.15), ("eop", 0.02), ("entropy", 5.0)])
def test_app_sample_sweep_and_trial_agree_on_every_count(tmp_path, capsys, control: str, price: float) -> None:
    """The same setting asked for in five ways."""
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
    cell = Cell("North", classifier, 0, control, 1.0, price, n=n)
    assert (compute(spec, [cell], library, dataset)[0].table == wanted).all()
    other = Cell("North", classifier, 0, control, 1.0, price, n=n - 1000)
    drawer = Drawer(library)
    drawer.submit([spec], [other])[0].result(120)
    drawer.close()
    stored = library.get(CELL, other.spec(spec))
    assert stored is not None
    fewer = evaluate(rows.iloc[: n - 1000], target, classifier=classifier, seed=0)
    assert stored.json() == fewer.to_json()

    method = {"dp": "fadm_dp", "eop": "fadm_eop", "entropy": "fadm_entropy"}[control]
    position = {"control": control, "lambda_z": price}
    trial = Trial.of(method, position, "North", classifier, 0, n=n, n_steps=10)
    assert (compute_trials(dataset, [trial], library)[0].table == wanted).all()
    assert hashlib.sha256(out.read_bytes()).hexdigest() == hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()


def test_tables_of_counts_do_not_depend_on_the_order_of_trials() -> None:
    """Beyond equality several prices share one draw, whichever comes first."""
    dataset = load_dataset("simulated")
    trials = [
        Trial.of("fadm_dp", {"control": "dp", "lambda_z": price}, "North", "logistic_regression", 0, n=1000, n_steps=5)
        for price in (0.1, 0.4, 0.5)
    ]
    forward = [c.table for c in compute_trials(dataset, trials, Library(), fresh=True)]
    backward = [c.table for c in compute_trials(dataset, trials[::-1], Library(), fresh=True)][::-1]
    assert all((a == b).all() for a, b in zip(forward, backward, strict=True))
    assert (forward[1] == forward[2]).all()
    assert not np.array_equal(forward[0], forward[1])
