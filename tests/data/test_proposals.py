"""Which role a column seems to play, by its name, its type and its place."""

import statistics

import numpy as np
import pandas as pd
import pytest

from fairviz.data.dividing import banded
from fairviz.data.proposals import propose, propose_division, propose_label, words_of
from fairviz.data.roles import Division, Label, Roles

N = 600
RNG = np.random.default_rng(5)


def of(*values):
    """A column of text, each value as often as it is listed."""
    return pd.Series(values, dtype=object)


def drawn(*values):
    return RNG.choice(np.array(values, object), N)


TABLES = {
    "loans": (
        pd.DataFrame(
            {
                "customer_id": np.arange(N), "income": RNG.normal(5e4, 9e3, N).round(2),
                "months": RNG.integers(6, 60, N), "Sex": drawn("female", "male"),
                "region": drawn("north", "south", "west"), "remark": [f"text {k}" for k in range(N)],
                "approved": drawn("no", "yes"),
            }
        ),
        ("approved", "Sex", "region"),
    ),
    "patients": (
        pd.DataFrame(
            {
                "readmitted": drawn("NO", "YES"), "encounterNbr": 7 * np.arange(N), "race": drawn("A", "B", "C", "D"),
                "hospitalName": drawn("St. Mary", "General", "County", "Lake"), "glucose": RNG.normal(100, 9, N),
                "stay": RNG.integers(1, 40, N),
            }
        ),
        ("readmitted", "race", "hospitalName"),
    ),
    "pupils": (
        pd.DataFrame(
            {
                "school": drawn("GP", "MS", "XY"), "ethnic_group": drawn("p", "q", "r"),
                "absences": RNG.integers(0, 50, N), "travel": RNG.normal(30, 5, N),
                "final_result": drawn("Pass", "Fail", "Distinction", "Withdrawn"),
            }
        ),
        ("final_result", "ethnic_group", "school"),
    ),
    "hospital": (
        pd.DataFrame(
            {
                "Aufnahmedatum": [f"{k % 28 + 1}.0{k % 9 + 1}.2024" for k in range(N)],
                "Klinik": drawn("Nord", "Süd", "Ost"), "Geschlecht": drawn("weiblich", "männlich"),
                "Alter": RNG.integers(18, 95, N), "Versicherung": drawn("gesetzlich", "privat"),
                "Sofort_behandelt": drawn("ja", "nein"),
            }
        ),
        ("Sofort_behandelt", "Geschlecht", "Klinik"),
    ),
    "prêts": (
        pd.DataFrame(
            {
                "ville": drawn("Lyon", "Lille", "Nice"), "revenu": RNG.integers(900, 9000, N),
                "origine": drawn("p", "q", "r"), "prêt_accordé": drawn("oui", "non"),
            }
        ),
        ("prêt_accordé", "origine", "ville"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("frame", "wanted"), TABLES.values(), ids=TABLES.keys())
def test_the_likeliest_columns_of_made_up_tables_come_first(frame, wanted) -> None:
    found = propose(frame)
    assert (found.labels[0], found.groups[0], found.domains[0]) == wanted
    for names in (found.labels, found.groups, found.domains):
        assert sorted(names) == sorted(frame.columns)  # every column can be chosen


@pytest.mark.parametrize(("name", "last"), [("loans", {"customer_id", "remark"}), ("patients", {"encounterNbr"})])
def test_what_differs_in_every_row_comes_last(name, last) -> None:
    found = propose(TABLES[name][0])
    for names in (found.labels, found.groups, found.domains):
        assert set(names[-len(last) :]) == last


@pytest.mark.parametrize(
    ("role", "name", "others"),
    [
        ("labels", "loanApproved", ["shoe", "hat"]), ("labels", "credit_risk", ["shoe", "hat"]),
        ("groups", "maritalStatus", ["shoe", "hat"]), ("groups", "race2", ["shoe", "hat"]),
        ("domains", "SCHOOL_CODE", ["shoe", "hat"]), ("domains", "region", ["shoe", "hat"]),
    ],
)  # fmt: skip
def test_of_columns_alike_the_one_whose_name_says_so_comes_first(role, name, others) -> None:
    """Wherever it stands; a label is looked for at the end, where most tables have it."""
    values = drawn("p", "q", "r", "s")
    for columns in ([name, *others], [*others, name], [others[0], name, others[1]]):
        assert getattr(propose(pd.DataFrame(dict.fromkeys(columns, values))), role)[0] == name
    assert propose(pd.DataFrame(dict.fromkeys(others, values))).labels[0] == others[-1]


@pytest.mark.parametrize("values", [("M", "W"), ("homme", "femme"), ("male", "female", "other"), ("K", "M")], ids=str)
def test_cells_that_say_of_what_sex_somebody_is_make_a_group(values) -> None:
    """Whatever the column is called; letters that could be anything else do not."""
    columns = {"site": drawn("p", "q", "r"), "v7": drawn(*values), "v8": drawn("A", "B"), "y": drawn("yes", "no")}
    assert propose(pd.DataFrame(columns)).groups[0] == "v7"


def test_names_do_not_matter_more_than_what_is_in_the_column() -> None:
    """A column called class with one value is no label; a column called gender with as many values as rows no group."""
    frame = TABLES["loans"][0].assign(**{"class": "same", "gender": [f"g{k}" for k in range(N)]})
    found = propose(frame)
    assert (found.labels[0], found.groups[0]) == ("approved", "Sex")


def test_nothing_is_proposed_of_nothing() -> None:
    found = propose(pd.DataFrame())
    assert (found.labels, found.groups, found.domains) == ((), (), ())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("racePctWhite", {"race", "pct", "white"}),
        ("Marital-Status", {"marital", "status"}),
        ("AGEP", {"agep"}),
        ("hispanic_2 (yes/no)", {"hispanic", "2", "", "yes", "no"}),
        ("region3", {"region3", "region"}),
    ],
)
def test_a_name_is_cut_into_words(name, words) -> None:
    assert words_of(name) == words


# labels


@pytest.mark.parametrize(
    ("values", "favourable"),
    [
        (["no", "no", "yes"], ("yes",)),
        (["Yes", "Yes", "No"], ("Yes",)),
        (["<=50K", "<=50K", ">50K"], (">50K",)),
        (["0", "1", "0"], ("1",)),
        (["default", "paid", "paid"], ("paid",)),
        (["not hired", "hired", "hired"], ("hired",)),
        (["denied", "denied", "other"], ("other",)),
        (["not hired", "not hired", "hired", "asked"], ("hired",)),
        (["oui", "non", "non"], ("oui",)),
        (["Ja", "Nein", "Ja"], ("Ja",)),
        (["NÃO", "SIM", "NÃO"], ("SIM",)),
        (["p", "p", "q"], ("q",)),  # of two that say nothing the rarer one
        (["Pass", "Distinction", "Fail", "Withdrawn", "Fail", "Withdrawn", "Pass"], ("Pass", "Distinction")),
        (["a", "b", "b", "c", "c", "c"], ("a",)),
        ([None, "yes", "no", None], ("yes",)),
        ([None, None], ()),
    ],
    ids=lambda v: "-".join(map(str, v)),
)
def test_the_good_value_of_a_label_is_found(values, favourable) -> None:
    found = propose_label("y", of(*values))
    assert (found.column, set(found.favourable), found.at_least) == ("y", set(favourable), None)


@pytest.mark.parametrize("values", [[0, 1, 1, 0, 0], [0.0, 1.0, np.nan, 0.0]])
def test_of_zero_and_one_one_is_good(values) -> None:
    assert propose_label("y", pd.Series(values)) == Label("y", ("1",))


@pytest.mark.parametrize(
    ("column", "values", "good"),
    [
        ("default", (0, 1), "0"), ("two_year_recid", ("1", "0"), "0"), ("readmitted", ("NO", "<30", ">30"), "NO"),
        ("Churn", ("Yes", "No"), "No"), ("approved", (0, 1), "1"), ("default", ("a", "b", "b"), "a"),
    ],
)  # fmt: skip
def test_of_labels_that_are_bad_news_no_is_good(column, values, good) -> None:
    """A loan that defaults is nobody's favour; where no is not said, the rarer value is proposed as ever."""
    assert propose_label(column, pd.Series(values)).favourable == (good,)


def test_many_numbers_are_cut_at_their_median() -> None:
    values = np.random.default_rng(6).normal(30_000, 4000, 101).round(1)
    assert propose_label("pay", pd.Series([*values, np.nan])) == Label("pay", at_least=statistics.median(values))


@pytest.mark.parametrize("name", TABLES)
def test_what_is_proposed_can_be_taken(name) -> None:
    """Favoured are those whose cell is one of the good values, and nobody is lost."""
    frame, (label, group, domain) = TABLES[name]
    found = propose_label(label, frame[label])
    roles = Roles(found, propose_division(group, frame[group]), propose_division(domain, frame[domain]))
    dataset, _ = roles.apply("own", frame.drop(columns=["remark", "encounterNbr"], errors="ignore"))
    assert len(dataset) == N
    assert dataset.y.tolist() == [int(cell in found.favourable) for cell in frame[label]]
    assert dataset.groups == tuple(sorted(set(frame[group])))
    assert dataset.domains == tuple(sorted(set(frame[domain])))


# groups and domains


@pytest.mark.parametrize("values", [of(*"abab"), pd.Series([1, 2, 3] * 5), of(*map(str, range(30)))])
def test_text_and_few_numbers_are_taken_as_they_are(values) -> None:
    assert propose_division("g", values) == Division(("g",))


@pytest.mark.parametrize(
    ("low", "high", "edges"),
    [(17, 90, (25, 45, 65)), (30, 70, (45, 65)), (0, 64, (25, 45)), (25, 65, (45, 65)), (0, 130, (25, 45, 65))],
)
def test_ages_are_cut_where_people_do(low, high, edges) -> None:
    ages = pd.Series(np.arange(low, high + 1))
    assert propose_division("age", ages) == Division(("age",), (("age", edges),))
    assert propose_division("ageAtEntry", ages + 0.0).bands == (("ageAtEntry", edges),)


@pytest.mark.parametrize("name", ["score", "wage", "pages"])
def test_other_numbers_are_cut_at_their_quartiles(name) -> None:
    values = pd.Series([*np.arange(0, 401), np.nan])
    (band,) = propose_division(name, values).bands
    assert band == (name, tuple(np.percentile(np.arange(401), [25, 50, 75])))


def test_no_band_is_below_the_lowest_number() -> None:
    values = pd.Series([0] * 40 + list(range(1, 61)))  # by hand: a quarter is 0, the median 10.5, the rest at 35.25
    ((_, edges),) = propose_division("gain", values).bands
    np.testing.assert_allclose(edges, [10.5, 35.25], rtol=0.005)
    assert len(set(banded(values, edges))) == 3


def test_ages_that_no_person_has_are_numbers_like_others() -> None:
    ages = np.array([-1.0, *range(20, 100)])
    ((_, edges),) = propose_division("age", pd.Series(ages)).bands
    assert edges == tuple(np.percentile(ages, [25, 50, 75]))


def test_bands_at_quartiles_hold_about_as_many_each() -> None:
    values = pd.Series(np.random.default_rng(7).lognormal(0, 1, 4000))
    ((_, edges),) = propose_division("score", values).bands
    shares = pd.Series(banded(values, edges)).value_counts(normalize=True)
    assert len(shares) == 4
    np.testing.assert_allclose(shares, 0.25, atol=0.01)


def test_as_many_numbers_as_there_may_be_domains_are_taken_as_they_are() -> None:
    years = pd.Series(np.arange(2000, 2030).repeat(3))
    assert propose_division("year", years, most=60) == Division(("year",))
    assert propose_division("year", years, most=30) == Division(("year",))
    assert propose_division("year", years, most=29).bands != ()
