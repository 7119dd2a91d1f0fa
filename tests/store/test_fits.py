"""Run folders: a fit saved, opened again, or refused."""

import numpy as np
import pandas as pd
import pytest

from fairviz.data import load_dataset
from fairviz.errors import StoreError
from fairviz.store import MANIFEST, write_entry
from fairviz.store.fits import RunFolder, load_fit, open_run, save_run
from fairviz.store.specs import SWEEP
from fairviz.synthesizers import FADM
from tests.store.fits import OPTIONS, sweep


def test_a_run_samples_what_the_fit_samples(tmp_path, spec, fit):
    save_run(tmp_path / "run", spec, fit, 1.23)
    again, opened = open_run(tmp_path / "run")
    assert again == spec
    settings = {"lambda_z": 0.2, "control": "dp", "random_state": 5}
    pd.testing.assert_frame_equal(opened.sample(300, **settings), fit.sample(300, **settings))
    assert not opened.sample(300, random_state=6).equals(opened.sample(300, random_state=5))


def test_a_run_records_how_it_was_made(tmp_path, spec, fit):
    made = save_run(tmp_path / "run", spec, fit, 1.26).made
    assert made["seconds"] == 1.3
    assert {"torch", "numpy", "pandas", "scikit-learn", "machine", "fairviz"} <= set(made)


def test_a_run_does_not_overwrite(tmp_path, spec, fit):
    save_run(tmp_path / "run", spec, fit, 1.0)
    before = (tmp_path / "run" / MANIFEST).read_bytes()
    with pytest.raises(StoreError, match="already exists"):
        save_run(tmp_path / "run", spec, fit, 2.0)
    assert (tmp_path / "run" / MANIFEST).read_bytes() == before


def test_opening_what_is_no_run(tmp_path, spec, fit):
    with pytest.raises(StoreError, match=r"none: no such folder.*fairviz fit"):
        open_run(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match=r"manifest\.json is missing"):
        open_run(tmp_path / "empty")
    save_run(tmp_path / "run", spec, fit, 1.0)
    arrays = tmp_path / "run" / "arrays.safetensors"
    data = bytearray(arrays.read_bytes())
    data[len(data) // 2] ^= 1
    arrays.write_bytes(data)
    with pytest.raises(StoreError, match=r"arrays\.safetensors was altered"):
        open_run(tmp_path / "run")


def test_opening_an_entry_that_is_no_fit(tmp_path):
    entry = write_entry(tmp_path / "sweep", SWEEP, {"target": "East", "seed": 0}, **sweep(1))
    with pytest.raises(StoreError, match="holds a sweep, not a fit"):
        load_fit(entry)
    with pytest.raises(StoreError, match="holds a sweep, not a fit"):
        open_run(tmp_path / "sweep")
    with pytest.raises(StoreError, match="holds a sweep, not a fit"):
        RunFolder.open(tmp_path / "sweep")


def test_fits_do_not_depend_on_where_they_are_made(dataset, spec, fit):
    """The same spec gives the same weights."""
    other = FADM(**spec.params).fit(load_dataset("simulated", **OPTIONS).source_for("East"))
    mine, again = fit.state()[1], other.state()[1]
    assert mine.keys() == again.keys()
    for name, value in mine.items():
        np.testing.assert_array_equal(value, again[name], err_msg=name)
