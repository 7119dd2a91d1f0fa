"""A table cut into domains; reading CSV; bringing training rows to form."""

import numpy as np
import pandas as pd
import pytest

from fairviz.data import DomainDataset, Schema, read_csv
from fairviz.data.cells import as_column
from fairviz.data.dataset import read_table
from fairviz.errors import DataError, FairvizError, SettingError

SCHEMA = Schema(("age", "job"), "paid", "yes", "sex", "town")
HAND = pd.DataFrame(
    {
        "age": [30, 41, 25, 60, 33, 52],
        "job": ["cook", "clerk", "cook", None, "smith", "clerk"],
        "paid": ["yes", "no", "no", "yes", "no", "yes"],
        "sex": ["m", "f", "f", "m", "f", "m"],
        "town": ["Y", "X", "Y", "X", "Y", "X"],
    }
)


@pytest.fixture
def people():
    return DomainDataset.from_frame("people", HAND, SCHEMA)


def write(tmp_path, text, name="people.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_codes_by_hand(people):
    assert len(people) == 6
    assert people.domains == ("X", "Y")
    assert people.groups == ("f", "m")
    assert people.labels == ("no", "yes")
    assert people.y.tolist() == [1, 0, 0, 1, 0, 1]
    assert people.z.tolist() == [1, 0, 0, 1, 0, 1]
    assert people.d.tolist() == [1, 0, 1, 0, 1, 0]
    assert people.features["job"].astype(str).tolist() == ["cook", "clerk", "cook", "(missing)", "smith", "clerk"]


def test_labels_follow_the_favourable_value():
    other = DomainDataset.from_frame("people", HAND, Schema(("age", "job"), "paid", "no", "sex", "town"))
    assert other.labels == ("yes", "no")
    assert other.y.tolist() == [0, 1, 1, 0, 1, 0]


def test_leave_out_cuts_without_loss(people):
    source, target = people.leave_out("X")
    assert target.frame["age"].tolist() == [41, 60, 52]
    assert source.frame["age"].tolist() == [30, 25, 33]
    assert source.domains == ("Y",)
    assert target.domains == ("X",)
    assert source.groups == target.groups == ("f", "m")


def test_a_subset_keeps_group_codes_where_a_group_is_absent():
    frame = HAND.assign(town=["M", "F", "F", "M", "F", "M"])
    _, men = DomainDataset.from_frame("people", frame, SCHEMA).leave_out("M")
    assert men.z.tolist() == [1, 1, 1]


def test_all_holds_nothing_out(people):
    assert people.source_for("all") is people
    assert len(people.source_for("Y")) == 3


def test_unknown_target(people):
    with pytest.raises(SettingError, match=r"people: no domain 'Z'. Choose one of 'X', 'Y'"):
        people.leave_out("Z")


def test_infinite_feature_is_refused():
    with pytest.raises(DataError, match="'age' holds an infinite number"):
        DomainDataset.from_frame("people", HAND.assign(age=[1, 2, 3, np.inf, 5, 6]), SCHEMA)


def test_a_missing_category_is_named_so_in_text_and_in_categorical_columns(people):
    frame = HAND.assign(job=pd.Categorical(HAND["job"]))
    same = DomainDataset.from_frame("people", frame, SCHEMA)
    assert same.features["job"].astype(str).tolist() == people.features["job"].astype(str).tolist()


def test_numbers_named_categorical_become_text():
    schema = Schema(("age", "job"), "paid", "yes", "sex", "town", categorical=("age",))
    data = DomainDataset.from_frame("people", HAND, schema)
    assert data.frame["age"].cat.categories.tolist() == ["25", "30", "33", "41", "52", "60"]


def test_fingerprint_is_that_of_the_rows_and_roles(people):
    again = DomainDataset.from_frame("other name", HAND.copy(), SCHEMA)
    assert again.fingerprint() == people.fingerprint()
    assert len(people.fingerprint()) == 64


@pytest.mark.parametrize("column", HAND.columns)
def test_fingerprint_sees_one_cell(people, column):
    frame = HAND.copy()
    frame.loc[0, column], frame.loc[1, column] = HAND.loc[1, column], HAND.loc[0, column]
    assert not frame.equals(HAND)
    assert DomainDataset.from_frame("people", frame, SCHEMA).fingerprint() != people.fingerprint()


def test_fingerprint_sees_order_favourable_and_kind(people):
    prints = {
        people.fingerprint(),
        DomainDataset.from_frame("people", HAND.iloc[::-1], SCHEMA).fingerprint(),
        DomainDataset.from_frame("people", HAND, Schema(("age", "job"), "paid", "no", "sex", "town")).fingerprint(),
        DomainDataset.from_frame("people", HAND, Schema(("job", "age"), "paid", "yes", "sex", "town")).fingerprint(),
        DomainDataset.from_frame(
            "people", HAND, Schema(("age", "job"), "paid", "yes", "sex", "town", ("age",))
        ).fingerprint(),
    }
    assert len(prints) == 5


# reading CSV


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
    "text", ["é,b\n1,2\n".encode("latin-1"), "a,b\n1,2\n".encode("utf-16"), b"\x89PNG\r\n\x1a\n\0\0"]
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


# rows for training


def conform(people, **change):
    return people.conform(HAND.assign(**change), "rows.csv")


def test_conform_keeps_rows_and_drops_the_other_roles(people):
    tidy = conform(people)
    assert tidy.columns.tolist() == ["age", "job", "paid"]
    assert tidy["age"].tolist() == HAND["age"].tolist()
    assert tidy["job"].cat.categories.tolist() == people.frame["job"].cat.categories.tolist()
    pd.testing.assert_frame_equal(tidy, people.conform(HAND[["paid", "job", "age"]], "rows.csv"))


def test_conform_makes_an_unseen_category_missing(people):
    tidy = conform(people, job=["cook", "pilot", "cook", None, "smith", "clerk"])
    assert tidy["job"].isna().tolist() == [False, True, False, False, False, False]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"paid": ["yes", "no", None, "yes", "no", "no"]}, "label 'paid', row 3"),
        ({"paid": ["yes", "no", "no", "maybe", "no", "no"]}, "row 4: found 'maybe'"),
        ({"paid": "yes"}, "one class only"),
        ({"age": [1, 2, "old", 4, 5, 6]}, "feature 'age', row 3: wanted a number, found 'old'"),
        ({"age": [1, 2, 3, 4, np.inf, 6]}, "row 5"),
        ({"shoe": 1}, "'shoe' is not in the schema"),
    ],
)
def test_conform_refuses(people, change, words):
    with pytest.raises(DataError) as caught:
        conform(people, **change)
    assert str(caught.value).startswith("rows.csv: ")
    assert words in str(caught.value)


def test_conform_refuses_a_missing_column_and_no_rows(people):
    with pytest.raises(DataError, match=r"rows.csv: column 'job' is missing"):
        people.conform(HAND.drop(columns="job"), "rows.csv")
    with pytest.raises(DataError, match=r"rows.csv: no rows"):
        people.conform(HAND.iloc[:0], "rows.csv")


def test_a_blank_label_in_numbers_names_its_own_row(tmp_path):
    """A blank cell must not turn the other labels from 1 into 1.0."""
    numbers = HAND.assign(paid=[1, 0, 0, 1, 0, 1], job="cook")
    people = DomainDataset.from_frame("people", numbers, Schema(("age", "job"), "paid", "1", "sex", "town"))
    rows = numbers.astype(object)
    rows.loc[4, "paid"] = ""
    rows.to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(DataError, match=r"label 'paid', row 5"):
        people.conform(read_table(tmp_path / "rows.csv"), "rows.csv")


@pytest.mark.parametrize("favourable", ["1", "0"])
def test_a_label_of_floats_goes_by_the_names_it_will_have(favourable) -> None:
    """1.0 is kept as "1", so that is what the favourable value is compared with."""
    label = np.array([0.0, 1.0, 1.0, 0.0])
    frame = pd.DataFrame({"x": [1.5, 2, 3, 4], "label": label, "z": list("aabb"), "d": list("pqpq")})
    dataset = DomainDataset.from_frame("made", frame, Schema(("x",), "label", favourable, "z", "d"))
    assert dataset.y.tolist() == (label == float(favourable)).astype(int).tolist()
    with pytest.raises(DataError, match=r"'1\.0' does not occur"):
        DomainDataset.from_frame("made", frame, Schema(("x",), "label", "1.0", "z", "d"))


def test_a_decimal_point_among_decimal_commas_is_refused() -> None:
    """1.234 may be a thousand or one and a bit; nobody can tell."""
    assert as_column(["999,5", "1,25"], "a", decimal_comma=True).tolist() == [999.5, 1.25]
    with pytest.raises(DataError, match=r"row 2: found '1\.234', beside numbers with a decimal comma"):
        as_column(["999,5", "1.234"], "a", decimal_comma=True)
