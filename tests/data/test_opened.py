"""Tables that somebody hands in: text and Parquet, types, odd cells, and what is no table."""

import datetime
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairviz.data import opened
from fairviz.data.opened import open_frame, open_table
from fairviz.errors import DataError
from tests.data.handed import write

TEXT = "age,pay,job,town\n30,1.5,cook,X\n41,,clerk,Y\n25,-2.25,,X\n"
WANTED = {
    "age": [30, 41, 25], "pay": [1.5, None, -2.25], "job": ["cook", "clerk", None], "town": ["X", "Y", "X"]
}  # fmt: skip


def cells(values) -> list:
    """Cells of a column, missing ones as None."""
    return [None if pd.isna(value) else value for value in values]


def read(tmp_path, content):
    return open_table(write(tmp_path / "table", content), "people")


def parquet(tmp_path, table):
    pq.write_table(table, tmp_path / "table")
    return open_table(tmp_path / "table", "people")


def refused(call, *words):
    with pytest.raises(DataError) as caught:
        call()
    assert str(caught.value).startswith("people")
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


# text


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (TEXT, []),
        ("\ufeff" + TEXT, []),
        (TEXT.replace("\n", "\r\n"), []),
        (TEXT.replace(",", "\t"), ["the columns are separated by tabs."]),
        (TEXT.replace(",", "|"), ["the columns are separated by bars."]),
        (TEXT.replace(",", ";"), ["the columns are separated by semicolons."]),
        (TEXT.replace(",", ";").replace(".", ","), ["the columns are separated by semicolons."]),
        (TEXT.replace("cook", "co\u200bok"), ["1 invisible character(s) were removed."]),
    ],
    ids=["commas", "byte order mark", "crlf", "tabs", "bars", "semicolons", "decimal commas", "invisible"],
)
def test_the_same_table_is_read_however_it_is_written(tmp_path, content, notes) -> None:
    found = read(tmp_path, content)
    assert {name: cells(values) for name, values in found.frame.items()} == WANTED
    assert [pd.api.types.is_numeric_dtype(values) for _, values in found.frame.items()] == [True, True, False, False]
    assert (found.name, len(found), found.odd) == ("people", 3, {})
    for word in notes:
        assert any(word in note for note in found.notes)
    assert bool(found.notes) == bool(notes)


def test_odd_cells_keep_their_column_as_text_and_say_why(tmp_path) -> None:
    years = [*map(str, range(1960, 2000)), "n/a"]
    found = read(tmp_path, "born,pay,town\n" + "".join(f"{year},{k}.5,X\n" for k, year in enumerate(years)))
    assert found.frame["born"].tolist() == years
    assert found.frame["pay"].tolist() == [k + 0.5 for k in range(41)]
    assert list(found.odd) == ["born"]
    for word in ("people", "'born'", "row 41", "'n/a'"):
        assert word in found.odd["born"]


def test_several_odd_columns_each_say_why(tmp_path) -> None:
    found = read(tmp_path, "a,b,c\n" + "1,2,3\n" * 30 + "inf,2,3\n1,2,5 %\n")
    assert found.frame["a"].tolist() == ["1"] * 30 + ["inf", "1"]
    assert found.frame["c"].tolist() == ["3"] * 31 + ["5 %"]
    assert {name: [w in why for w in ("'inf'", "'5 %'")] for name, why in found.odd.items()} == {
        "a": [True, False], "c": [False, True]
    }  # fmt: skip


def test_marks_of_absence_are_missing_where_somebody_says_so(tmp_path) -> None:
    """Among numbers only: a category may well be called NA, and other strays are not taken for absence."""
    text = "a,b,c,d,e\n1,NA,?,5 %,?\n-,2.5,x,7,?\n3,n/a,y,8,?\n4,4.5,y,9,1\n5,5.5,?,9,2\n"
    found = read(tmp_path, text)
    assert sorted(found.odd) == ["a", "b", "d"]
    mended = found.mended
    assert {name: cells(mended.frame[name]) for name in "ab"} == {
        "a": [1, None, 3, 4, 5], "b": [None, 2.5, None, 4.5, 5.5]
    }  # fmt: skip
    assert all(pd.api.types.is_numeric_dtype(mended.frame[name]) for name in "ab")
    assert cells(mended.frame["c"]) == ["?", "x", "y", "y", "?"]
    assert cells(mended.frame["e"]) == ["?", "?", "?", "1", "2"]  # more marks than numbers: a category, as it was read
    assert list(mended.odd) == ["d"]
    assert mended.mended.frame.equals(mended.frame)
    assert cells(found.frame["b"]) == ["NA", "2.5", "n/a", "4.5", "5.5"]  # what was read stays as it was read


def test_codes_are_text_without_being_odd(tmp_path) -> None:
    found = read(tmp_path, f"zip,key\n00123,{2**53 + 1}\n45678,{2**53 + 2}\n")
    assert found.frame.to_dict("list") == {"zip": ["00123", "45678"], "key": [str(2**53 + 1), str(2**53 + 2)]}
    assert found.odd == {}


def test_columns_are_described(tmp_path) -> None:
    content = "age,job,pay\n" + "".join(f"{k % 5},{'abcd'[k % 4]},{k}\n" for k in range(40)) + ",,n/a\n"
    rows = read(tmp_path, content).columns()
    assert rows.drop(columns="odd").to_numpy().tolist() == [
        ["age", "numbers", 1, 5, "0.0, 1.0, 2.0"], ["job", "text", 1, 4, "a, b, c"], ["pay", "text", 0, 41, "0, 1, 2"]
    ]  # fmt: skip
    assert [bool(why) for why in rows["odd"]] == [False, False, True]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("age,job\n", "no rows"), ("age,job\n\n \n", "no rows"), ("", "empty"),
        ("a,a\n1,2\n", "'a' occurs more than once"),
        ("a,b\n1,2,3\n", "line 2"), ("a,\n1,2\n", "column 2 of 2 has no name"), (b"a,b\n\xe9,1\n", "UTF-8"),
    ],
    ids=["header only", "header and blanks", "empty", "twice", "ragged", "no name", "latin-1"],
)  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path, content, word) -> None:
    refused(lambda: read(tmp_path, content), word)


def test_a_first_line_that_is_a_row_is_asked_about(tmp_path) -> None:
    (note,) = read(tmp_path, "39,State-gov,-77516.5\n50,Private,83311\n").notes
    assert "The first line holds numbers" in note
    assert read(tmp_path, "age,work,weight\n50,Private,83311\n").notes == []


# Parquet


def test_types_are_those_that_the_file_declares(tmp_path) -> None:
    day, moment = datetime.date(2020, 1, 31), datetime.datetime(2020, 1, 31, 12, 30)
    table = pa.table(
        {
            "whole": pa.array([1, 2, -3], pa.int16()),
            "gap": pa.array([1, None, 3], pa.int64()),
            "real": pa.array([0.5, None, 1e9], pa.float32()),
            "true": pa.array([True, None, False]),
            "all": pa.array([True, True, False]),
            "day": pa.array([day, None, day]),
            "moment": pa.array([moment, None, moment]),
            "code": pa.array(["007", "8", None]),
            "kind": pa.array(["a", None, "a"]).dictionary_encode(),
            " word ": pa.array([" co\u200bok ", "", "cle\x07rk"]),
            "none": pa.nulls(3),
        }
    )
    found = parquet(tmp_path, table)
    assert {name: cells(values) for name, values in found.frame.items()} == {
        "whole": [1, 2, -3], "gap": [1, None, 3], "real": [0.5, None, 1e9], "true": ["True", None, "False"],
        "all": ["True", "True", "False"],
        "day": ["2020-01-31", None, "2020-01-31"], "moment": ["2020-01-31 12:30:00", None, "2020-01-31 12:30:00"],
        "code": ["007", "8", None], "kind": ["a", None, "a"], "word": ["cook", None, "clerk"], "none": [None] * 3,
    }  # fmt: skip
    assert list(found.frame.select_dtypes("number")) == ["whole", "gap", "real"]
    assert found.notes == ["1 control character(s) were removed", "1 invisible character(s) were removed"]


def test_parquet_and_text_hold_the_same_table(tmp_path) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"k": rng.integers(-9, 9, 50), "x": rng.normal(size=50), "t": rng.choice(["a", "b c", None], 50)}
    )
    frame.loc[::7, "x"] = np.nan
    text = read(tmp_path, frame.to_csv(index=False))
    frame.to_parquet(tmp_path / "table")
    table = open_table(tmp_path / "table", "people")
    for name in frame:
        assert cells(table.frame[name]) == cells(text.frame[name]) == cells(frame[name])


def test_the_names_of_rows_that_pandas_keeps_are_a_column(tmp_path) -> None:
    pd.DataFrame({"x": [1, 2]}, index=pd.Index(["ann", "bob"], name="who")).to_parquet(tmp_path / "table")
    assert open_table(tmp_path / "table", "people").frame.to_dict("list") == {"x": [1, 2], "who": ["ann", "bob"]}


def test_numbers_that_a_float_does_not_hold_are_text(tmp_path) -> None:
    wide, low = [2**64 - 1, 7, 5], [-(2**53) - 2, 7, 5]
    table = {
        "wide": pa.array(wide, pa.uint64()),
        "low": low,
        "end": [math.inf, 1.5, None],
        "edge": [2**53, -(2**53), 0],
    }
    frame = parquet(tmp_path, pa.table(table)).frame
    assert cells(frame["end"]) == ["inf", "1.5", None]
    assert frame["wide"].tolist() == [str(number) for number in wide]
    assert frame["low"].tolist() == [str(number) for number in low]
    assert frame["edge"].tolist() == [2**53, -(2**53), 0]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (pa.array([[1], [2, 3]]), "'two' holds lists or records"),
        (pa.array([{"a": 1}, {"a": 2}]), "'two' holds lists or records"),
        (pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())), "'two' holds lists or records"),
    ],
    ids=["lists", "records", "maps"],
)
def test_nested_columns_are_refused(tmp_path, values, word) -> None:
    refused(lambda: parquet(tmp_path, pa.table({"one": pa.array([1, 2]), "two": values})), word)


def test_names_that_occur_twice_are_refused(tmp_path) -> None:
    same = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", " a"])
    refused(lambda: parquet(tmp_path, same), "'a' occurs more than once")


def test_a_parquet_file_without_rows_is_refused(tmp_path) -> None:
    refused(lambda: parquet(tmp_path, pa.table({"a": pa.array([], pa.int64())})), "no rows")


@pytest.mark.parametrize("damage", ["cut", "no end", "zeros", "end"])
def test_a_damaged_parquet_file_is_refused(tmp_path, damage) -> None:
    pq.write_table(pa.table({"a": np.arange(1000), "b": ["word"] * 1000}), tmp_path / "good")
    data = (tmp_path / "good").read_bytes()
    spoilt = {
        "cut": data[:-20], "no end": data[:4], "zeros": data[:4] + bytes(len(data) - 12) + data[-8:],
        "end": data[:-8] + b"\xff\xff\xff\x7fPAR1",
    }[damage]  # fmt: skip
    refused(lambda: read(tmp_path, spoilt), "cannot be read as Parquet")


def test_what_is_declared_too_large_is_not_decoded(tmp_path, monkeypatch) -> None:
    table = pa.table({"a": np.arange(10), "b": np.arange(10)})
    monkeypatch.setattr(opened, "MAX_CELLS", 20)
    assert len(parquet(tmp_path, table)) == 10
    with monkeypatch.context() as patch:
        patch.setattr(pq, "read_table", lambda *how, **more: pytest.fail("must not be decoded"))
        patch.setattr(opened, "MAX_CELLS", 19)
        refused(lambda: parquet(tmp_path, table), "10 rows of 2 columns", "at most 19 cells")
    size = sum(pq.read_metadata(tmp_path / "table").row_group(0).column(k).total_uncompressed_size for k in (0, 1))
    monkeypatch.setattr(opened, "MAX_DECODED", size - 1)
    refused(lambda: parquet(tmp_path, table), f"{size:,} bytes when decoded")
    monkeypatch.setattr(opened, "MAX_DECODED", size)
    assert parquet(tmp_path, table).frame["b"].tolist() == list(range(10))


# a built-in set


def test_a_frame_is_opened_with_its_categories_as_text() -> None:
    frame = pd.DataFrame({"n": [1.5, None], "c": pd.Categorical(["b", None], ["a", "b"]), "t": ["x", "y"]})
    found = open_frame("people", frame)
    assert {name: cells(values) for name, values in found.frame.items()} == {
        "n": [1.5, None], "c": ["b", None], "t": ["x", "y"]
    }  # fmt: skip
    assert not isinstance(found.frame["c"].dtype, pd.CategoricalDtype)
    assert isinstance(frame["c"].dtype, pd.CategoricalDtype)  # the one that was given stays as it is
