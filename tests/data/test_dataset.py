"""A table cut into domains; bringing training rows to form."""

import numpy as np
import pandas as pd
import pytest

from fairviz.data import DomainDataset, Schema
from fairviz.data.dataset import read_table
from fairviz.errors import DataError, SettingError
from tests.data.by_hand import HAND, SCHEMA


@pytest.fixture
def people():
    return DomainDataset.from_frame("people", HAND, SCHEMA)


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
