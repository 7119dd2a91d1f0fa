"""Roles of columns, and what a table that does not fit is told."""

import numpy as np
import pandas as pd
import pytest

from fairviz.data import Schema
from fairviz.errors import DataError

SCHEMA = Schema(("age", "job"), "paid", "yes", "sex", "town")


def table(n=12):
    return pd.DataFrame(
        {
            "age": np.arange(n),
            "job": ["a", "b", "c"] * (n // 3),
            "paid": ["yes", "no"] * (n // 2),
            "sex": ["f", "f", "m"] * (n // 3),
            "town": ["X"] * (n // 2) + ["Y"] * (n // 2),
        }
    )


def refused(frame, *words, schema=SCHEMA):
    with pytest.raises(DataError) as caught:
        schema.validate(frame, where="people.csv")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("people.csv: ")
    for word in words:
        assert word in message
    return message


def test_a_fitting_table_passes():
    SCHEMA.validate(table())
    assert SCHEMA.columns == ("age", "job", "paid", "sex", "town")


def test_json_round_trip():
    schema = Schema(["age", "job"], "paid", "yes", "sex", "town", categorical=["age"])
    assert Schema(**schema.to_json()) == schema
    assert schema.to_json()["categorical"] == ["age"]


@pytest.mark.parametrize("name", ["age", "paid", "sex", "town"])
def test_missing_column_is_named_with_those_found(name):
    refused(table().drop(columns=name), f"'{name}' is missing", "'job'", "Add the column")


def test_extra_column_is_named():
    refused(table().assign(shoe=1), "'shoe' is not in the schema", "Drop it")


def test_duplicate_column_is_named():
    frame = table()
    refused(pd.concat([frame, frame[["job"]]], axis=1), "'job' occurs more than once")


def test_no_rows():
    refused(table().iloc[:0], "no rows")


def test_label_with_one_class():
    refused(table().assign(paid="yes"), "label 'paid' has 1", "'yes'", "both classes")


def test_label_with_three_values():
    frame = table()
    frame.loc[3, "paid"] = "maybe"
    refused(frame, "label 'paid' has 3", "'maybe'", "Merge")


def test_favourable_value_that_does_not_occur():
    schema = Schema(("age", "job"), "paid", "ja", "sex", "town")
    refused(table(), "'ja' does not occur", "'yes'", schema=schema)


def test_favourable_value_of_a_label_in_numbers_is_text():
    frame = table()
    frame["paid"] = (frame["paid"] == "yes").astype(int)
    Schema(("age", "job"), "paid", "1", "sex", "town").validate(frame)


@pytest.mark.parametrize(("column", "role"), [("paid", "label"), ("sex", "sensitive attribute"), ("town", "domain")])
@pytest.mark.parametrize("blank", [None, np.nan])
def test_missing_role_names_first_row_and_count(column, role, blank):
    frame = table()
    frame.loc[[4, 7], column] = blank
    refused(frame, f"{role} '{column}' is missing in 2 of 12 rows", "first: row 5")


def test_sensitive_attribute_with_one_group():
    refused(table().assign(sex="f"), "'sex' has 1 group", "two or more groups")


def test_sensitive_attribute_with_too_many_groups():
    frame = pd.concat([table(24)] * 2, ignore_index=True)
    refused(frame.assign(sex=[f"g{i % 21}" for i in range(48)]), "'sex' has 21 group", "Merge")
    SCHEMA.validate(frame.assign(sex=[f"g{i % 20}" for i in range(48)]))


def test_a_single_domain():
    refused(table().assign(town="X"), "'town' has a single value ('X')", "Name another column")


def test_every_row_its_own_domain():
    refused(table().assign(town=[str(i) for i in range(12)]), "'town' has 12 values in 12 rows")


@pytest.mark.parametrize(
    ("roles", "word"),
    [
        ((("age",), "age", "yes", "sex", "town"), "'age' has more than one role"),
        ((("age", "age"), "paid", "yes", "sex", "town"), "'age' has more than one role"),
        ((("age",), "paid", "yes", "sex", "sex"), "'sex' has more than one role"),
        (((), "paid", "yes", "sex", "town"), "names no feature"),
        ((("age",), "paid", "yes", "sex", "town", ("job",)), "'job' is not among the features"),
    ],
)
def test_impossible_roles(roles, word):
    with pytest.raises(DataError, match=r"^[^\n]+$") as caught:
        Schema(*roles)
    assert word in str(caught.value)


@pytest.mark.parametrize("name", ["a.b", "constructor", "__proto__", "<img onerror>", "=cmd", "a[0]", "'"])
def test_odd_names_are_plain_text(name):
    frame = table().rename(columns={"age": name})
    Schema((name, "job"), "paid", "yes", "sex", "town").validate(frame)
