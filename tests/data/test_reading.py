"""Reading CSV: what is read, and what is refused in one line."""

import numpy as np
import pytest

from fairviz.data import Schema, read_csv
from fairviz.data.cells import as_column
from fairviz.data.dataset import read_table
from fairviz.errors import DataError, FairvizError
from tests.data.by_hand import SCHEMA


def write(tmp_path, text, name="people.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_read_csv_by_hand(tmp_path):
    text = "age,job,paid,sex,town\n" + "30, cook,yes,m,Y\n41,NA,no,f,X\n,None,no,f,Y\n60,,yes,m,X\n"
    data = read_csv(write(tmp_path, text), SCHEMA)
    assert data.name == "people"
    np.testing.assert_array_equal(data.frame["age"].to_numpy(float), [30, 41, np.nan, 60])
    assert data.frame["job"].astype(str).tolist() == ["cook", "NA", "None", "(missing)"]


def test_padded_and_wide_whole_numbers_stay_text(tmp_path):
    """Whole numbers beyond 2**53 are identifiers; as floats two of them would be one."""
    frame = read_table(write(tmp_path, f"zip,big,edge\n00123,{2**53 + 1},{2**53}\n4567,{2**53 + 3},-{2**53}\n"))
    assert frame["zip"].tolist() == ["00123", "4567"]
    assert frame["big"].tolist() == [str(2**53 + 1), str(2**53 + 3)]
    assert frame["edge"].tolist() == [2**53, -(2**53)]


def test_one_text_cell_keeps_a_column_text(tmp_path):
    frame = read_table(write(tmp_path, "a,b\n1,1\nx,2\n3,3\n"))
    assert frame["a"].tolist() == ["1", "x", "3"]
    assert frame["b"].tolist() == [1, 2, 3]


def test_roles_keep_the_text_of_the_file(tmp_path):
    """A label written 1.00 is asked for as 1.00; a domain 2.50 is a name, not a number."""
    rows = "".join(f"{i},a,{i % 2}.00,{'mf'[i % 3 > 0]},{2 + i % 2}.50\n" for i in range(12))
    path = write(tmp_path, "age,job,paid,sex,town\n" + rows)
    data = read_csv(path, Schema(("age", "job"), "paid", "1.00", "sex", "town"))
    assert data.labels == ("0.00", "1.00")
    assert data.domains == ("2.50", "3.50")


def test_quotes_hold_commas_and_newlines(tmp_path):
    frame = read_table(write(tmp_path, 'a,b\n"x, y","p\nq"\n1,2\n'))
    assert frame.iloc[0].tolist() == ["x, y", "p\nq"]


def test_bom_is_not_part_of_the_first_name(tmp_path):
    assert read_table(write(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n")).columns.tolist() == ["a", "b"]


def refused(path, *words):
    with pytest.raises(FairvizError) as caught:
        read_table(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    for word in words:
        assert word in message


def test_no_such_file(tmp_path):
    refused(tmp_path / "none.csv", "no such file")


@pytest.mark.parametrize("text", [b"", b"\n\n\n"], ids=["empty", "newlines"])
def test_nothing_in_the_file(tmp_path, text):
    refused(write(tmp_path, text))


def test_header_only(tmp_path):
    path = write(tmp_path, "age,job,paid,sex,town\n")
    with pytest.raises(DataError, match=r"people\.csv: no rows"):
        read_csv(path, SCHEMA)


@pytest.mark.parametrize(
    "text", ["é,b\n1,2\n".encode("latin-1"), "a,b\n1,2\n".encode("utf-32"), b"\x89PNG\r\n\x1a\n\0\0"]
)
def test_not_utf8_text(tmp_path, text):
    refused(write(tmp_path, text), "UTF-8")


def test_nul_is_refused(tmp_path):
    refused(write(tmp_path, b"a,b\nx\x00,2\n"))


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.zip"])
def test_a_name_of_an_archive_that_is_none(tmp_path, name):
    """pandas would choose a decompressor by the name alone."""
    path = write(tmp_path, "a,b\n1,2\n", name)
    try:
        frame = read_table(path)
    except FairvizError:
        return
    assert frame["b"].tolist() == [2]  # reading it as the text it is will do as well


def test_a_longer_row_is_refused_in_one_line(tmp_path):
    refused(write(tmp_path, "a,b\n1,2\n1,2,3\n4,5\n"), "line 3")


def test_one_more_field_in_every_row_is_refused(tmp_path):
    """pandas drops the last field, with a warning only."""
    refused(write(tmp_path, "a,b\n1,2,9\n1,2,3\n4,5,6\n"))


def test_a_shorter_row_is_refused(tmp_path):
    refused(write(tmp_path, "a,b\n1,2\n1\n4,5\n"), "3")


def test_an_unclosed_quote_is_refused(tmp_path):
    refused(write(tmp_path, 'a,b\n1,"2\n3,4\n'))


def test_a_duplicate_name_is_refused(tmp_path):
    """pandas renames the second one to a.1."""
    path = write(tmp_path, "age,job,job,paid,sex,town\n" + "1,a,b,yes,m,X\n2,b,c,no,f,Y\n" * 3)
    with pytest.raises(DataError, match="'job' occurs more than once"):
        read_csv(path, SCHEMA)


def test_a_decimal_point_among_decimal_commas_is_refused() -> None:
    """1.234 may be a thousand or one and a bit; nobody can tell."""
    assert as_column(["999,5", "1,25"], "a", decimal_comma=True).tolist() == [999.5, 1.25]
    with pytest.raises(DataError, match=r"row 2: found '1\.234', beside numbers with a decimal comma"):
        as_column(["999,5", "1.234"], "a", decimal_comma=True)
