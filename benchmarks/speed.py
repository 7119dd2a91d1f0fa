"""Seconds and memory: one fit, 10,000 rows, one page.

    python -m benchmarks.speed             (about seven minutes on two cores; needs Adult's rows)

Rows are of the default fit, the preset ``fairviz``. Every timing is the minimum of its repeats in a process of its own;
``ratio`` is against the unguided ten-step sample of the same run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from benchmarks.common import keep
from fairviz.synthesizers.hyper import META

FIT = """
import json, resource, time
import torch; torch.set_num_threads(2)
from fairviz.data import load_dataset
from fairviz.synthesizers import FADM
from fairviz.synthesizers.hyper import PRESETS
source = load_dataset("adult").leave_out("Black")[0]
begun = time.monotonic(); FADM(**PRESETS[%r].params).fit(source)
seconds = time.monotonic() - begun
print(json.dumps({"seconds": seconds, "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
SAMPLE = """
import json, time
import torch; torch.set_num_threads(1)
from fairviz.store.fits import load_fit
from fairviz.store.library import Library
fit = load_fit(Library().find_fit("adult", "Black"))
settings = json.loads(%r)
fit.sample(2000, **settings)
times = []
for seed in range(5):
    begun = time.perf_counter(); fit.sample(10_000, random_state=seed, **settings)
    times.append(time.perf_counter() - begun)
print(json.dumps({"seconds": min(times)}))
"""
END_TO_END = """
import json, time
import torch; torch.set_num_threads(1)
from fairviz.data import load_dataset
from fairviz.evaluation import evaluate
from fairviz.store.fits import load_fit
from fairviz.store.library import Library
target = load_dataset("adult").leave_out("Black")[1]
fit = load_fit(Library().find_fit("adult", "Black"))
times = []
for seed in range(4):
    begun = time.perf_counter()
    evaluate(fit.sample(10_000, lambda_z=0.2, random_state=seed), target, classifier=%r)
    times.append(time.perf_counter() - begun)
print(json.dumps({"seconds": min(times)}))
"""
PAGE = """
import json, time
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60).run()
times = []
for price in (0.1, 0.05, 0.15, 0.3, 0.25):
    begun = time.perf_counter(); app.select_slider(key="price_dp").set_value(price).run()
    times.append(time.perf_counter() - begun)
again = []
for price in (0.1, 0.05, 0.15, 0.3, 0.25):
    begun = time.perf_counter(); app.select_slider(key="price_dp").set_value(price).run()
    again.append(time.perf_counter() - begun)
assert not app.exception
print(json.dumps({"first": sorted(times)[2], "again": sorted(again)[2]}))
"""


SCREEN = """
import json, os, shutil, socket, subprocess, sys, time, urllib.request
from playwright.sync_api import sync_playwright
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0)); port = probe.getsockname()[1]
url = f"http://127.0.0.1:{port}"
command = [sys.executable, "-m", "fairviz", "app", "--server.port", str(port), "--server.headless", "true"]
server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
try:
    while True:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2); break
        except OSError:
            time.sleep(0.05)
    with sync_playwright() as playwright:
        begun = time.perf_counter()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        times = []
        for _ in range(2):
            page.goto(url)
            page.locator(".st-key-headline").wait_for(timeout=60_000)
            chart = page.locator('[data-testid="stVegaLiteChart"]').first
            chart.locator("svg, canvas").first.wait_for(timeout=60_000)
            times.append(time.perf_counter() - begun); begun = time.perf_counter()
        browser.close()
finally:
    server.terminate()
print(json.dumps({"first": times[0], "again": times[1]}))
"""


def run(code: str, threads: int, **more: str) -> dict:
    """Run a snippet in a process of its own with a thread limit, and more in its environment."""
    env = {**os.environ, "OMP_NUM_THREADS": str(threads), **more}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    """Measure and keep."""
    begun, rows = time.monotonic(), []
    settings = {
        "unguided": {},
        "dp 0.2": {"lambda_z": 0.2},
        "eop 0.01": {"lambda_z": 0.01, "control": "eop"},
        "entropy 5": {"lambda_z": 5.0, "control": "entropy"},
        "dp 0.2, lambda_y 2": {"lambda_z": 0.2, "lambda_y": 2.0},
        "dp 0.2, 20 steps": {"lambda_z": 0.2, "n_steps": 20},
    }
    found = {name: run(SAMPLE % json.dumps(s), 1)["seconds"] for name, s in settings.items()}
    for name, seconds in found.items():
        rows.append(
            {"what": f"10,000 rows, {name}", "cores": 1, "seconds": seconds, "ratio": seconds / found["unguided"]}
        )
    for classifier in ("logistic_regression", "gradient_boosting", "mlp"):
        seconds = run(END_TO_END % classifier, 1)["seconds"]
        name = f"10,000 rows dp 0.2, train {classifier}, test"
        rows.append({"what": name, "cores": 1, "seconds": seconds, "ratio": seconds / found["unguided"]})
    nowhere = {"FAIRVIZ_DATA": os.devnull}  # without its rows the page has the recorded stops only
    page = run(PAGE, 2, **nowhere)
    rows.append(
        {"what": "recorded setting to redrawn page, server side, first visit", "cores": 2, "seconds": page["first"]}
    )
    rows.append({"what": "recorded setting to redrawn page, server side, again", "cores": 2, "seconds": page["again"]})
    screen = run(SCREEN, 2, **nowhere)
    name = "first screen in Chromium (sentence and charts), from server up, browser start included"
    rows.append({"what": name, "cores": 2, "seconds": screen["first"]})
    rows.append({"what": "the same page opened again", "cores": 2, "seconds": screen["again"]})
    for preset, name in (("fairviz", "preset `fairviz`"), (META, "second-order meta-learning")):
        rows.append({"what": f"one Adult fit, {name} (held-out Black)", "cores": 2, **run(FIT % preset, 2)})
    keep("speed", rows)
    print(f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
