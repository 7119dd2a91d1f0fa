"""Roles of a table's columns: bands, crossings, random parts, labels, and what does not fit."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from fairviz.data.dividing import banded
from fairviz.data.roles import Division, Label, Roles
from fairviz.errors import DataError
from tests.data.handed import PEOPLE, SEX, TOWN, roles, text

#: Rows of PEOPLE that have a label.
KNOWN = [0, 1, 2, 3, 5, 6, 7, 8, 9, 11]
AGE = (("age", (25.0, 45.0)),)
YOUNG, MIDDLE, OLD, GONE = "under 25", "25 to 45", "45 or more", "(missing)"
IN_BANDS = [YOUNG, MIDDLE, MIDDLE, OLD, OLD, OLD, GONE, MIDDLE, YOUNG, OLD, MIDDLE, OLD]


def refused(made, *words, frame=PEOPLE):
    with pytest.raises(DataError) as caught:
        made.apply("own", frame, where="people.csv")
    message = str(caught.value)
    assert message.startswith("people.csv: ")
    assert "\n" not in message
    for word in words:
        assert word in message


# bands


def test_the_lower_end_of_a_band_is_inside_and_the_upper_one_outside() -> None:
    numbers = pd.Series([-3, 24.999, 25, 44.999, 45, 1e9, np.nan])
    assert banded(numbers, [25, 45]).tolist() == [YOUNG, YOUNG, MIDDLE, MIDDLE, OLD, OLD, GONE]
    assert banded(pd.Series([-1, 0, 1]), [0.5]).tolist() == ["under 0.5", "under 0.5", "0.5 or more"]


def test_bands_are_those_of_pandas() -> None:
    edges, rng = [-2.5, 0, 1, 4], np.random.default_rng(3)
    numbers = pd.Series(np.concatenate([rng.normal(0, 3, 500), edges, [np.nan]]))
    names = ["under -2.5", "-2.5 to 0", "0 to 1", "1 to 4", "4 or more"]
    cut = pd.cut(numbers, [-np.inf, *edges, np.inf], right=False, labels=names).astype(object)
    assert banded(numbers, edges).tolist() == cut.fillna(GONE).tolist()


@pytest.mark.parametrize("edges", [(), (45, 25), (25, 25), (25, np.nan), (25, np.inf)])
def test_edges_that_do_not_rise_are_refused(edges) -> None:
    refused(roles(group=Division(("age",), (("age", edges),))), "'age'", "rising numbers")


def test_only_numbers_have_bands() -> None:
    refused(roles(group=Division(("job",), (("job", (1.0,)),))), "'job'", "only numbers can be cut")


def test_a_group_may_be_a_band() -> None:
    made, notes = roles(group=Division(("age",), AGE)).apply("own", PEOPLE)
    assert text(made, "age") == [IN_BANDS[k] for k in KNOWN]
    assert made.schema.features == ("job", "zip", "sex")
    assert "1 rows without a group are kept as group '(missing)'." in notes


def test_a_code_has_no_bands() -> None:
    """Numbers that are names are taken as they are, whatever was said of them before."""
    made, _ = roles(domain=Division(("zip",), (("zip", (2.0,)),)), as_text=("zip",)).apply("own", PEOPLE)
    assert text(made, "zip") == ["1", "2", "3", "1", "3", "1", "2", "3", "1", GONE]


# crossings


def test_two_columns_are_crossed() -> None:
    made, _ = roles(group=Division(("sex", "town")), domain=Division(("job",))).apply("own", PEOPLE)
    assert text(made, "sex × town") == [f"{SEX[k] or GONE} × {TOWN[k]}" for k in KNOWN]
    assert made.groups == ("(missing) × X", "f × X", "f × Y", "m × X", "m × Y")
    assert made.schema.features == ("age", "zip")


def test_bands_are_crossed_with_text() -> None:
    made, _ = roles(domain=Division(("town", "age"), AGE)).apply("own", PEOPLE.loc[[*range(12), *range(12)]])
    assert text(made, "town × age") == 2 * [f"{TOWN[k]} × {IN_BANDS[k]}" for k in KNOWN]


# random parts


@pytest.mark.parametrize(("n", "parts", "sizes"), [(12, 4, [3] * 4), (100, 3, [33, 33, 34]), (41, 20, [2] * 19 + [3])])
def test_random_parts_are_of_equal_size(n, parts, sizes) -> None:
    frame = pd.DataFrame({"x": np.arange(n), "y": ["a", "b"] * (n // 2) + ["a"] * (n % 2), "g": np.arange(n) // 2 % 2})
    made = Roles(Label("y", ("a",)), Division(("g",)), Division(parts=parts)).apply("own", frame)[0]
    assert sorted(made.frame["random part"].value_counts()) == sizes
    assert set(made.domains) == {f"part {k + 1}" for k in range(parts)}


def test_random_parts_are_the_same_each_time_and_do_not_depend_on_the_order_of_the_rows() -> None:
    """A table sorted by town, its sexes in turn: a part tells neither."""
    n = 4000
    frame = pd.DataFrame(
        {"x": np.arange(n) % 9, "y": np.arange(n) // 7 % 2, "sex": np.arange(n) % 2, "town": np.arange(n) // 400}
    )
    made = [
        Roles(Label("y", ("1",)), Division(("sex",)), Division(parts=4)).apply("own", frame)[0].frame for _ in range(2)
    ]
    assert made[0]["random part"].tolist() == made[1]["random part"].tolist()
    parts = made[0]["random part"].astype(str)
    assert chi2_contingency(pd.crosstab(parts, frame["town"])).pvalue > 0.01
    assert chi2_contingency(pd.crosstab(parts, frame["sex"])).pvalue > 0.01


@pytest.mark.parametrize("parts", [-2, 1, 21])
def test_parts_are_two_to_twenty(parts) -> None:
    refused(roles(domain=Division(parts=parts)), f"{parts} random parts", "2 to 20")


# labels


@pytest.mark.parametrize(
    ("favourable", "good", "bad", "y"),
    [
        (("pass",), "pass", "fail or merit", [1, 0, 0, 0]),
        (("merit", "pass"), "merit or pass", "fail", [1, 0, 1, 1]),
    ],
)
def test_three_values_become_two(favourable, good, bad, y) -> None:
    grades = PEOPLE.assign(grade=["pass", "fail", "merit", "merit"] * 3)
    made, notes = roles(Label("grade", favourable)).apply("own", grades)
    assert made.labels == (bad, good)
    assert made.y.tolist() == 3 * y
    assert f"'grade': 3 values became two, '{good}' and '{bad}'." in notes


def test_of_many_values_the_rest_is_called_not() -> None:
    made, _ = roles(Label("grade", ("A",))).apply("own", PEOPLE.assign(grade=["A", "B", "C", "D"] * 3))
    assert made.labels == ("not A", "A")
    assert made.y.tolist() == [1, 0, 0, 0] * 3


def test_two_values_stay_as_they_are_and_rows_without_one_are_counted() -> None:
    made, notes = roles().apply("own", PEOPLE)
    assert made.labels == ("no", "yes")
    assert made.y.tolist() == [1, 0, 0, 1, 0, 1, 0, 0, 1, 0]
    assert made.frame["age"].tolist()[:5] == [24, 25, 44, 45, 65]
    assert "2 rows without a label were left out." in notes


def test_who_is_at_the_threshold_is_favoured() -> None:
    made, notes = roles(Label("age", at_least=45)).apply("own", PEOPLE)
    assert made.labels == ("below 45", "at least 45")
    assert made.y.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1]  # without the seventh, whose age is missing
    assert {"'age' was cut at 45.", "1 rows without a label were left out."} <= set(notes)


def test_a_label_in_numbers_with_a_gap_is_whole() -> None:
    made, _ = roles(Label("won", ("1",))).apply("own", PEOPLE.assign(won=[1, 0, np.nan, 0] * 3))
    assert made.labels == ("0", "1")
    assert made.y.tolist() == [1, 0, 0] * 3


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (Label("paid", ("ja",)), ("'paid'", "'ja' does not occur", "'no', 'yes'")),
        (Label("paid"), ("'paid'", "no favourable value", "'no', 'yes'")),
        (Label("paid", ("no", "yes")), ("1 distinct value",)),
        (Label("job", at_least=3), ("'job'", "no column of numbers")),
        (Label("age", at_least=500), ("'age'", "'below 500'")),
    ],
)
def test_a_label_that_does_not_divide_is_refused(label, words) -> None:
    refused(roles(label), *words)


# groups, names and features


def test_people_without_a_group_are_a_group() -> None:
    made, notes = roles(domain=Division(("zip",))).apply("own", PEOPLE)
    assert made.groups == ("(missing)", "f", "m")
    assert made.domains == ("(missing)", "1", "2", "3")
    assert text(made, "sex") == [SEX[k] or GONE for k in KNOWN]
    assert {f"1 rows without a {role} are kept as {role} '(missing)'." for role in ("group", "domain")} <= set(notes)
    full = PEOPLE.dropna()
    assert roles().apply("own", pd.concat([full, full]))[1] == []  # nothing is missing, nothing was done


def test_a_made_column_gives_way_to_one_of_the_table() -> None:
    frame = PEOPLE.rename(columns={"age": "random part", "job": "sex × town"})
    made, _ = roles(group=Division(("sex", "town")), domain=Division(parts=2)).apply("own", frame)
    assert made.schema.features == ("random part", "sex × town", "zip")
    assert (made.schema.sensitive, made.schema.domain) == ("sex × town (role)", "random part (role)")
    assert made.frame["sex × town"].astype(str).tolist() == [["cook", "clerk", "smith"][k % 3] for k in KNOWN]
    assert made.frame["random part"].iloc[0] == 24


def test_a_column_may_play_two_roles() -> None:
    made, _ = roles(Label("sex", ("f",))).apply("own", PEOPLE)
    assert (made.schema.label, made.schema.sensitive) == ("sex", "sex (2)")
    assert text(made, "sex") == text(made, "sex (2)") == [sex for sex in SEX if sex]


def test_excluded_columns_are_not_learned_from_and_codes_are_categories() -> None:
    made, _ = roles(excluded=("job",), as_text=("zip",)).apply("own", PEOPLE)
    assert made.schema.features == ("age", "zip")
    assert text(made, "zip") == ["1", "2", "3", "1", "3", "1", "2", "3", "1", GONE]
    assert pd.api.types.is_float_dtype(made.frame["age"])


@pytest.mark.parametrize(
    "made",
    [
        roles(Label("shoe", ("1",))), roles(group=Division(("sex", "shoe"))), roles(domain=Division(("shoe",))),
        roles(excluded=("shoe",)), roles(as_text=("shoe",)),
    ],
    ids=["label", "group", "domain", "excluded", "as text"],
)  # fmt: skip
def test_a_column_that_is_not_there_is_named_with_those_that_are(made) -> None:
    refused(made, "'shoe' is missing", "'age', 'job', 'zip', 'paid', 'sex', 'town'")


def test_roles_that_leave_nothing_are_refused() -> None:
    refused(roles(excluded=("age", "job", "zip")), "no column is left to learn from")
    refused(roles(group=Division()), "no column is chosen as group")
    refused(roles(domain=Division()), "no column is chosen as domain")
    refused(roles(), "'again'", "gives label 'paid' away", frame=PEOPLE.assign(again=PEOPLE["paid"]).dropna())


def test_domains_that_are_not_used_are_in_no_count() -> None:
    """Of the ten with a label Y has five; groups are then counted without them."""
    three = PEOPLE.assign(town=["X", "X", "Y", "Y", "X", "X", "Y", "Y", "Z", "Z", "Y", "Z"])
    made, notes = roles(unused=("Y",)).apply("own", three)
    assert text(made, "town") == ["X", "X", "X", "Z", "Z", "Z"]
    assert text(made, "sex") == ["f", "m", GONE, "f", "m", "m"]
    assert "4 people of 'Y' were left out." in notes
    assert [len(roles(unused=("Y",), least=2).apply("own", three)[0])] == [5]  # the one without a sex is alone
    refused(roles(unused=("Q",)), "no domain 'Q' to leave out. Name some of 'X', 'Y'.")


def test_rare_values_of_a_merged_column_become_one() -> None:
    """300 values: number k stands k + 1 times, so the 250 most frequent are those from 50 on; of equals the first."""
    values = [f"v{k:03d}" for k in range(300) for _ in range(k + 1)]
    frame = pd.DataFrame({"what": values, "paid": ["yes", "no"] * (len(values) // 2), "sex": "f", "town": "X"})
    frame.loc[::3, "sex"], frame.loc[::5, "town"], frame.loc[len(frame) - 1, "what"] = "m", "Y", None
    made, notes = roles(merged=("what",)).apply("own", frame)
    wanted = [value if value >= "v050" else "(other)" for value in values[:-1]]
    assert text(made, "what") == [*wanted, "(missing)"]
    assert "'what': the 250 most frequent values stay, 50 became '(other)'." in notes
    alike = pd.DataFrame(
        {"what": [f"v{k:03d}" for k in reversed(range(251))] + ["(other)"] * 2, "sex": ["f", "m"] * 126 + ["f"]}
    )
    alike = alike.assign(paid=["yes", "no", "no"] * 84 + ["no"], town=["X", "Y"] * 126 + ["X"])
    found = text(roles(merged=("what",)).apply("own", alike)[0], "what")
    assert [value for value in found if value.startswith("(other) ")] == ["(other) (2)"] * 2
    assert "v248" in found
    assert "v249" not in found


def test_marks_among_numbers_are_missing_cells_if_roles_say_so() -> None:
    """The page shows the table so; kept as it was handed in, it must come out the same."""
    height = ["170", "?", "181", "NA", *["175"] * 8]
    frame = PEOPLE.assign(height=pd.Series(height, dtype=object), job=["?", "clerk", "smith"] * 4)
    assert text(roles().apply("own", frame)[0], "height")[:4] == ["170", "?", "181", "NA"]
    made, _ = roles(marks=True).apply("own", frame)
    assert [None if np.isnan(cell) else cell for cell in made.frame["height"][:4]] == [170, None, 181, None]
    assert text(made, "job")[0] == "?"


# on the way through JSON


def test_roles_come_back_from_json() -> None:
    made = Roles(
        Label("pay", ("a", "b"), 2.5), Division(("age", "sex"), (("age", (25.0, 45.5)),)), Division(parts=3),
        ("shoe",), ("zip", "code"), 10, ("street",), ("North", "South"), True,
    )  # fmt: skip
    about = json.loads(json.dumps(made.to_json()))
    assert about["group"] == {"columns": ["age", "sex"], "bands": [["age", [25.0, 45.5]]], "parts": 0}
    assert Roles.from_json(about) == made


def test_foreign_json_is_refused() -> None:
    good = roles().to_json()
    bad = [{}, [], None, "roles", {**good, "label": "paid"}, {**good, "group": {}}, {**good, "excluded": None}]
    bad += [{**good, "domain": {**good["domain"], **wrong}} for wrong in ({"bands": [["age"]]}, {"parts": "many"})]
    bad += [{**good, "label": {**good["label"], "at_least": "much"}}, {k: v for k, v in good.items() if k != "as_text"}]
    for about in bad:
        with pytest.raises(DataError, match="not the roles of a table's columns"):
            Roles.from_json(about)
    assert Roles.from_json(good) == roles()
    earlier = {name: value for name, value in good.items() if name not in ("least", "merged", "unused", "marks")}
    assert Roles.from_json(earlier) == roles()
