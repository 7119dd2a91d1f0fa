"""What is read is what was written: cells, names, and rows that differ only a little."""

import numpy as np
import pandas as pd
import pytest

from fairviz.data import DomainDataset, TableEncoder, read_csv
from fairviz.data.reading import read_table, read_text
from fairviz.errors import DataError
from tests.people import GOOD, HEADER, LINES, SCHEMA, WANTED, rows, with_column, written

TEXT = GOOD.decode()
ACCEPTED = {
    "as it is": (TEXT, []),
    "byte order mark": ("\ufeff" + TEXT, []),
    "crlf": (TEXT.replace("\n", "\r\n"), []),
    "cr": (TEXT.replace("\n", "\r"), []),
    "no last newline": (TEXT.rstrip(), []),
    "blank lines": (TEXT.replace("\n", "\n\n") + "\n \n", []),
    "blank lines on top": ("\n\n" + TEXT, []),
    "spaces": (TEXT.replace(",", " , "), []),
    "quotes": ("".join('"' + line.strip().replace(",", '","') + '"\n' for line in LINES), []),
    "semicolons": (TEXT.replace(",", ";"), ["semicolons"]),
    "tabs": (TEXT.replace(",", "\t"), ["tabs"]),
    "bars": (TEXT.replace(",", "|"), ["bars"]),
    "decimal comma": (TEXT.replace(",", ";").replace(".", ","), ["semicolons", "'score'"]),
    "comments": ("# made in 1994\n# by hand, twice\n" + TEXT, ["2 comment line(s)"]),
    "hint of a spreadsheet": ("sep=;\n" + TEXT.replace(",", ";"), ["semicolons"]),
    "control characters": (TEXT.replace("cook", "co\x1b\x07ok", 2), ["4 control"]),
    "zero width": (TEXT.replace("cook", "co\u200bo\u2060k", 3), ["6 invisible"]),
    "directions": (TEXT.replace("North", "\u202eNorth\u202c"), ["invisible"]),
    "exponents": (TEXT.replace("3.7,", "3.7e+00,"), []),
    "signs": (TEXT.replace("\n27,", "\n+27,"), []),
}


@pytest.mark.parametrize(("text", "words"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_the_same_rows_are_read(tmp_path, text, words):
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode())
    frame = read_table(path)
    pd.testing.assert_frame_equal(frame, WANTED)
    notes = frame.attrs["notes"]
    assert len(notes) == len(words)
    for note, word in zip(notes, words, strict=True):
        assert note.startswith(str(path))
        assert word in note
    again = DomainDataset.from_frame("people", WANTED, SCHEMA)
    assert read_csv(path, SCHEMA).fingerprint() == again.fingerprint()


def column(tmp_path, *cells):
    (tmp_path / "one.csv").write_bytes(written([["x", "y"], *([cell, "0"] for cell in cells)]))
    return read_table(tmp_path / "one.csv")["x"].tolist()


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["1", "2", ""], [1.0, 2.0, np.nan]),
        (["00123", "4567"], ["00123", "4567"]),
        (["1E5", "2E7", "123"], ["1E5", "2E7", "123"]),
        (["1e5", "3F2", "123"], ["1e5", "3F2", "123"]),
        (["1e-05", "2.5E+3", ".5", "7."], [1e-5, 2500.0, 0.5, 7.0]),
        (["NA", "None", "null", "nan", "x"], ["NA", "None", "null", "nan", "x"]),
        (["Male", " Male", "male"], ["Male", "Male", "male"]),
        (["caf\u00e9", "cafe\u0301"], ["caf\u00e9", "caf\u00e9"]),
        ([str(2**53), str(-(2**53))], [2**53, -(2**53)]),
        ([str(2**53 + 1), "7", ""], [str(2**53 + 1), "7", None]),
        ([str(2**63), "1.5"], [str(2**63), "1.5"]),
        (["9" * 5000, "1"], ["9" * 5000, "1"]),
        (["12.05.2020", "13.05.2020"], ["12.05.2020", "13.05.2020"]),
        (["18-24", "25-34"], ["18-24", "25-34"]),
        (["=1+1", "@x"], ["=1+1", "@x"]),
        (["1", "x", "3"], ["1", "x", "3"]),
    ],
    ids=lambda v: ascii(v[0])[:20],
)
def test_cells_keep_what_they_say(tmp_path, cells, wanted):
    found = column(tmp_path, *cells)
    pd.testing.assert_series_equal(pd.Series(found, dtype=object), pd.Series(wanted, dtype=object))


@pytest.mark.parametrize(
    "name", ["a.b", "a[0]", "'", "constructor", "__proto__", "<img onerror>", "=cmd", "#id", "x" * 200]
)
def test_odd_names_are_text(tmp_path, name):
    (tmp_path / "odd.csv").write_bytes(written([[name, *HEADER[1:]], *rows()[1:]]))
    frame = read_table(tmp_path / "odd.csv")
    assert frame.columns.tolist() == [name, *HEADER[1:]]
    assert frame[name].tolist() == WANTED["age"].tolist()


def test_read_text_keeps_one_object_for_equal_cells(tmp_path):
    (tmp_path / "a.csv").write_bytes(GOOD)
    column = read_text(tmp_path / "a.csv").columns[3]
    assert len({id(cell) for cell in column}) == 2


# nothing is lost


def wide(value):
    """Rows with two wide numbers, an empty cell, and one more value."""
    return with_column("age", lambda i: "" if i == 9 else value if i == 0 else str(2**53 + 2 * (i % 2)))


def test_data_sets_that_differ_in_a_wide_number_differ(tmp_path):
    prints = set()
    for value in (2**53, 2**53 + 1, 2**53 + 2, 2**63, 2**63 + 1, 10**30, 10**30 + 1):
        (tmp_path / "wide.csv").write_bytes(written(wide(str(value))))
        data = read_csv(tmp_path / "wide.csv", SCHEMA)
        assert data.frame["age"].iloc[0] == str(value)
        assert data.frame["age"].iloc[9] == "(missing)"
        prints.add(data.fingerprint())
    assert len(prints) == 7


def test_text_and_numbers_that_look_alike_differ():
    numbers = WANTED.assign(age=WANTED["age"] % 5)
    text = numbers.assign(age=numbers["age"].astype(str))
    prints = [DomainDataset.from_frame("people", frame, SCHEMA).fingerprint() for frame in (numbers, text)]
    assert prints[0] != prints[1]


@pytest.mark.parametrize("values", [np.int64(2**53 + 1), np.uint64(2**64 - 1)])
def test_a_frame_of_wide_whole_numbers_is_refused(values):
    frame = WANTED.assign(age=np.full(60, values))
    with pytest.raises(DataError, match=r"'age' holds a whole number beyond 2\*\*53 \(row 1: \d+\)"):
        DomainDataset.from_frame("people", frame, SCHEMA)


@pytest.mark.parametrize("top", [2.0**53 + 2, 2.0**63, 1e19, 1e99])
def test_wide_floats_come_back_from_the_encoder(top):
    values = np.array([1.0, 2.0, top, -top] * 20)
    for column in (values, np.where(np.arange(80) == 5, np.nan, values)):
        frame = pd.DataFrame({"x": column})
        encoder = TableEncoder().fit(frame)
        found = encoder.inverse_transform(encoder.transform(frame))["x"].to_numpy(float)
        np.testing.assert_array_equal(found, column)


def test_a_frame_is_cleaned_as_a_file_is():
    frame = WANTED.assign(job=WANTED["job"].replace({"cook": " co\u200bok", "clerk": "clerk\x1b"}))
    frame["sex"] = pd.Categorical(frame["sex"].replace({"f": "f\u200b"}))
    assert (
        DomainDataset.from_frame("people", frame, SCHEMA).fingerprint()
        == DomainDataset.from_frame("people", WANTED, SCHEMA).fingerprint()
    )


def test_no_domain_may_be_called_all():
    frame = WANTED.assign(town=WANTED["town"].replace({"West": "all"}))
    with pytest.raises(DataError, match=r"'town' has a value 'all'.*Rename"):
        DomainDataset.from_frame("people", frame, SCHEMA)
