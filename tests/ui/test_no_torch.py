"""Recorded results are read without torch: it takes seconds to import, and who only looks need not wait for it."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import sys
from streamlit.testing.v1 import AppTest

app = AppTest.from_string("from fairviz.ui import {page}; {page}.page()", default_timeout=120)
{before}
app.run()
assert not app.exception, app.exception[0].message
text = " ".join(m.value for m in app.markdown) + " ".join(s.label for s in app.selectbox)
assert {told!r} in text, text
print("torch" in sys.modules)
"""


def torch_imported(page: str, told: str, before: str = "") -> bool:
    script = SCRIPT.format(page=page, told=told, before=before)
    nowhere = {**os.environ, "FAIRVIZ_DATA": os.devnull}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=180, env=nowhere)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1] == "True"


@pytest.mark.parametrize("data", ["adult", "law_school"])
def test_explore_at_a_recorded_price_needs_no_torch(data: str) -> None:
    """Where the rows are not here. Where they are, the pools of the first free move are drawn beside the page."""
    before = f"app.query_params['data'] = {data!r}"
    assert not torch_imported("explore", "Tested on", before)


def test_compare_needs_no_torch() -> None:
    assert not torch_imported("compare", "Look at one point")


def test_a_price_between_the_recorded_ones_does() -> None:
    """So that the test above could fail."""
    before = "app.query_params['data'] = 'simulated'; app.query_params['price_dp'] = '0.013'"
    assert torch_imported("explore", "Tested on", before)
