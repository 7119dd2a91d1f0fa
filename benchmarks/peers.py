"""One fit beside CTGAN and TVAE, in one run: seconds, memory, sampling, accuracy kept.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install torch==2.13.0 ctgan
    python -m benchmarks.peers /tmp/peers/bin/python [--ctgan-epochs 300]

ctgan carries the Business Source Licence and is therefore no dependency; it lives in an environment of its own. All are
trained on adult.data with their defaults and two threads, tested on adult.test with gradient boosting. With fewer than
CTGAN's 300 epochs its seconds are scaled up, and the row says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.common import keep
from benchmarks.quality import pooled
from fairviz.data.sets.adult import read as read_adult
from fairviz.evaluation import evaluate, real_data_model

OURS = """
import json, resource, time
import torch; torch.set_num_threads(2)
from fairviz.data.readers import read_adult
from fairviz.synthesizers import FADM
source = read_adult(("adult.data",))
begun = time.monotonic(); fit = FADM(meta="second_order").fit(source); seconds = time.monotonic() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
times = []
for seed in range(3):
    begun = time.perf_counter(); rows = fit.sample(10_000, random_state=seed); times.append(time.perf_counter() - begun)
rows.to_csv(%(out)r, index=False)
print(json.dumps({"fit_seconds": seconds, "MiB": peak, "sample_seconds": min(times)}))
"""
PEER = """
import json, resource, time
import pandas as pd
import torch; torch.set_num_threads(2)
from ctgan import CTGAN, TVAE
rows = pd.read_csv(%(rows)r, keep_default_na=False)
discrete = [c for c in rows if not pd.api.types.is_numeric_dtype(rows[c])]
model = {"CTGAN": CTGAN, "TVAE": TVAE}[%(name)r](epochs=%(epochs)d)
begun = time.monotonic(); model.fit(rows, discrete); seconds = time.monotonic() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
times = []
for seed in range(3):
    begun = time.perf_counter(); drawn = model.sample(10_000); times.append(time.perf_counter() - begun)
drawn.to_csv(%(out)r, index=False)
print(json.dumps({"fit_seconds": seconds, "MiB": peak, "sample_seconds": min(times)}))
"""
DEFAULT_EPOCHS = 300


def run(python: str, code: str) -> dict:
    """Run a snippet in a process of its own."""
    env = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run([python, "-c", code], env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", help="interpreter of the environment that has ctgan")
    parser.add_argument("--ctgan-epochs", type=int, default=DEFAULT_EPOCHS)
    args = parser.parse_args()
    source, target = read_adult(("adult.data",)), read_adult(("adult.test",))
    real = pooled(real_data_model(source, target, classifier="gradient_boosting", n=10_000))["accuracy"]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        train, out = Path(folder) / "train.csv", str(Path(folder) / "out.csv")
        source.frame[[*source.schema.features, source.schema.label]].to_csv(train, index=False)
        for name, epochs in (("fairviz FADM", 0), ("TVAE", DEFAULT_EPOCHS), ("CTGAN", args.ctgan_epochs)):
            if epochs:
                code = PEER % {"rows": str(train), "name": name, "epochs": epochs, "out": out}
                measured = run(args.python, code)
                measured["fit_seconds"] *= DEFAULT_EPOCHS / epochs
            else:
                measured = run(sys.executable, OURS % {"out": out})
            drawn = target.conform(pd.read_csv(out, keep_default_na=False), name)
            accuracy = pooled(evaluate(drawn, target, classifier="gradient_boosting"))["accuracy"]
            share = epochs / DEFAULT_EPOCHS if epochs else 1.0
            rows.append({"peer": name, "share_of_training_run": share, **measured, "kept": accuracy / real})
            print(rows[-1], flush=True)
    for row in rows:
        row["fit_ratio"] = row["fit_seconds"] / rows[0]["fit_seconds"]
    keep("peers", rows)


if __name__ == "__main__":
    main()
