"""Rows for workers: a file of the run's own, gone with it; what killed runs left goes after a month."""

import os
import time

import pandas as pd
import pytest

from fairviz.data import Schema
from fairviz.data.dataset import DomainDataset
from fairviz.data.shared import shared
from fairviz.data.sources import load_dataset
from fairviz.errors import DataError

FRAME = pd.DataFrame(
    {"x": range(40), "y": ["no", "yes"] * 20, "z": (["a"] * 2 + ["b"] * 2) * 10, "d": ["p"] * 20 + ["q"] * 20}
)
OWN = DomainDataset.from_frame("own", FRAME, Schema(("x",), "y", "yes", "z", "d"))


def test_two_runs_on_the_same_rows_do_not_take_each_others_file(tmp_path) -> None:
    with shared(OWN, {}, tmp_path) as first:
        with shared(OWN, {}, tmp_path) as second:
            assert first.path != second.path
            assert second.load().fingerprint() == OWN.fingerprint()
        assert first.load().frame.equals(OWN.frame)
        assert [p.name for p in tmp_path.glob("rows/*")] == [os.path.basename(first.path)]
    assert not list(tmp_path.glob("rows/*"))


def test_what_killed_runs_left_goes_after_a_month(tmp_path) -> None:
    (tmp_path / "rows").mkdir()
    old, young = (tmp_path / "rows" / f"{name}.parquet" for name in ("old", "young"))
    for path, days in ((old, 31), (young, 29)):
        path.write_bytes(b"rows")
        os.utime(path, (time.time() - days * 86400,) * 2)
    with shared(OWN, {}, tmp_path):
        assert (old.exists(), young.exists()) == (False, True)


def test_a_built_in_set_is_read_where_the_worker_is(tmp_path) -> None:
    with shared(load_dataset("simulated"), {}, tmp_path) as found:
        assert found.path == ""
        assert found.load().fingerprint() == load_dataset("simulated").fingerprint()
    assert not list(tmp_path.iterdir())


def test_rows_that_changed_meanwhile_are_refused(tmp_path) -> None:
    with shared(OWN, {}, tmp_path) as found:
        frame = pd.read_parquet(found.path)
        frame.loc[0, "x"] = 99
        frame.to_parquet(found.path)
        with pytest.raises(DataError, match="not those that the run was begun with"):
            found.load()
