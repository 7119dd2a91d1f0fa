"""The real files of the public data sets, and what the readers make of them."""

import io
import os

import numpy as np
import pandas as pd
import pytest

from fairviz.data import DATASETS, load_dataset
from fairviz.data.sets import acsincome, bank_marketing, german_credit, law_school
from fairviz.data.sources import fingerprint_of
from fairviz.errors import MissingDataError
from tests.conftest import unavailable


def real(name):
    if not os.environ.get("FAIRVIZ_DATA"):
        unavailable(f"set FAIRVIZ_DATA to a folder with {name}")
    try:
        return load_dataset(name)
    except MissingDataError as error:
        unavailable(str(error))


@pytest.fixture(scope="module")
def bank():
    """Bank marketing, read from ``FAIRVIZ_DATA``."""
    return real("bank_marketing")


@pytest.fixture(scope="module")
def german():
    """German credit, read from ``FAIRVIZ_DATA``."""
    return real("german_credit")


@pytest.fixture(scope="module")
def law():
    """Law school, read from ``FAIRVIZ_DATA``."""
    return real("law_school")


@pytest.fixture(scope="module")
def acs():
    """ACS income, read from ``FAIRVIZ_DATA``."""
    return real("acsincome")


@pytest.fixture(scope="module")
def acs_raw(acs):
    """The published table of ACS income, in the same order."""
    return pd.read_csv(io.BytesIO(acsincome.FILES.read("acsincome_2018_14states.csv")))


def counts(names, codes):
    return dict(zip(names, np.bincount(codes, minlength=len(names)).tolist(), strict=True))


def rates(dataset):
    """Share of the favourable label by domain."""
    return {name: dataset.y[dataset.d == k].mean() for k, name in enumerate(dataset.domains)}


@pytest.mark.real
def test_bank_marketing(bank):
    assert len(bank) == 41_188
    assert counts(bank.domains, bank.d) == {"2008": 27_690, "2009": 11_440, "2010": 2_058}
    assert rates(bank) == pytest.approx({"2008": 0.048, "2009": 0.195, "2010": 0.521}, abs=6e-4)
    assert bank.labels == ("no", "yes")
    assert bank.y.sum() == 4_640
    assert counts(bank.groups, bank.z) == {"25 to 59": 38_927, "under 25 or 60 and over": 1_068 + 1_193}
    assert counts(*reversed(pd.factorize(bank.frame["contact"]))) == {"telephone": 15_044, "cellular": 26_144}


@pytest.mark.real
def test_bank_marketing_years_follow_the_calls(bank):
    """The calls are in order of time: from May 2008 to November 2010, no month twice in a year."""
    year, month = bank.frame["year"].astype(str), bank.frame["month"].astype(str)
    assert (np.diff(year.astype(int)) >= 0).all()
    assert (year.iloc[0], month.iloc[0], year.iloc[-1], month.iloc[-1]) == ("2008", "may", "2010", "nov")
    when = (year + month).to_numpy()
    assert (when[1:] != when[:-1]).sum() + 1 == len(set(when))


@pytest.mark.real
def test_german_credit(german):
    assert len(german) == 1_000
    assert counts(german.groups, german.z) == {"men": 690, "women": 310}
    assert german.labels == ("bad", "good")
    assert german.y.sum() == 700
    assert counts(german.domains, german.d) == {"for free": 108, "own": 713, "rent": 179}
    purpose = german.frame["purpose"].astype(str).value_counts()
    assert purpose[["A43", "A40", "A42", "A41"]].tolist() == [280, 234, 181, 103]
    assert (german.frame["age"] > 25).sum() == 810
    assert german.features.iloc[0].tolist()[:5] == ["A11", 6, "A34", "A43", 1169]
    assert german.frame.iloc[0][["sex", "housing", "credit"]].tolist() == ["men", "own", "good"]
    assert german.frame.iloc[1][["sex", "housing", "credit"]].tolist() == ["women", "own", "bad"]


@pytest.mark.real
def test_law_school(law):
    assert len(law) == 20_798
    assert counts(law.groups, law.z) == {"Non-White": 3_307, "White": 17_491}
    tiers = (477, 1_641, 7_653, 5_819, 3_752, 1_456)
    assert counts(law.domains, law.d) == {f"tier {k}": n for k, n in enumerate(tiers, 1)}
    assert law.labels == ("not passed", "passed")
    assert law.y.mean() == pytest.approx(0.890, abs=5e-4)
    assert set(law.frame["male"].astype(str)) == {"0", "1"}
    assert set(law.frame["fulltime"].astype(str)) == {"1", "2"}
    assert law.frame["lsat"].between(11, 48).all()
    assert law.frame["ugpa"].between(1.5, 4).all()


@pytest.mark.real
def test_acs_income(acs):
    assert len(acs) == 324_916
    assert counts(acs.domains, acs.d) == {
        "CO": 31_306, "CT": 19_785, "HI": 7_731, "IA": 17_745, "MA": 40_114, "MD": 33_042, "NC": 52_067,
        "NJ": 47_781, "NM": 8_711, "NV": 14_807, "RI": 5_712, "SC": 24_879, "SD": 4_899, "UT": 16_337,
    }  # fmt: skip
    assert acs.labels == ("<=50K", ">50K")
    assert acs.y.mean() == pytest.approx(0.402, abs=5e-4)
    assert counts(acs.groups, acs.z) == {"men": 167_592, "women": 157_324}
    assert acs.y[acs.z == 0].mean() > acs.y[acs.z == 1].mean() + 0.1
    assert acs.frame["age"].between(17, 96).all()
    assert acs.frame["hours_per_week"].between(1, 99).all()
    assert acs.frame["schooling"].between(1, 24).all()
    for name, values in (("class_of_worker", range(1, 9)), ("race", range(1, 6)), ("relationship", range(18))):
        assert set(acs.frame[name].astype(str)) == {str(v) for v in values}
    assert set(acs.frame["married"].astype(str)) == {"yes", "no"}


#: First and last code of every major group in the Census Bureau's 2018 list of occupations, and one in between.
OCCUPATIONS = {
    "MGR": (10, 120, 440), "BUS": (500, 710, 750), "FIN": (800, 850, 960), "CMM": (1005, 1021, 1240),
    "ENG": (1305, 1360, 1560), "SCI": (1600, 1720, 1980), "CMS": (2001, 2040, 2060), "LGL": (2100, 2145, 2180),
    "EDU": (2205, 2310, 2555), "ENT": (2600, 2634, 2920), "MED": (3000, 3255, 3550), "HLS": (3601, 3645, 3655),
    "PRT": (3700, 3870, 3960), "EAT": (4000, 4110, 4160), "CLN": (4200, 4220, 4255), "PRS": (4330, 4600, 4655),
    "SAL": (4700, 4760, 4965), "OFF": (5000, 5740, 5940), "FFF": (6005, 6050, 6130), "CON": (6200, 6260, 6765),
    "EXT": (6800, 6850, 6950), "RPR": (7000, 7200, 7640), "PRD": (7700, 8140, 8990), "TRN": (9005, 9130, 9760),
    "MIL": (9800, 9810, 9830),
}  # fmt: skip
#: The same for places of birth: Alabama to Wyoming, American Samoa to the US Virgin Islands, ...
BIRTHPLACES = {
    "United States": (1, 36, 56), "US islands": (60, 72, 78), "Europe": (100, 110, 169), "Asia": (200, 210, 254),
    "Americas": (300, 303, 399), "Africa": (400, 440, 469), "Oceania or at sea": (501, 515, 554),
}  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "column", "ranges"), [("occupation", "OCCP", OCCUPATIONS), ("birthplace", "POBP", BIRTHPLACES)]
)
def test_acs_codes_are_read_as_the_surveys_groups(acs, acs_raw, name, column, ranges):
    """Every group occurs, and holds the codes from its first to its last and no other."""
    codes = acs_raw[column].astype(int).groupby(acs.frame[name].astype(str).to_numpy())
    assert set(codes.groups) == set(ranges)
    assert codes.agg(["min", "max"]).T.to_dict("list") == {k: [low, high] for k, (low, _, high) in ranges.items()}
    for group, (*_, between, _) in ranges.items():
        assert between in set(codes.get_group(group))


@pytest.mark.real
def test_acs_rows_stay_together(acs, acs_raw):
    frame = acs.frame
    assert (frame["state"].astype(str).to_numpy() == acs_raw["ST"].to_numpy()).all()
    assert (acs.y == acs_raw["PINCP"].to_numpy(int)).all()
    assert ((frame["sex"] == "men").to_numpy() == (acs_raw["SEX"] == 1).to_numpy()).all()
    assert ((frame["married"] == "yes").to_numpy() == (acs_raw["MAR"] == 1).to_numpy()).all()
    for name, column in (("age", "AGEP"), ("schooling", "SCHL"), ("hours_per_week", "WKHP")):
        assert (frame[name].to_numpy() == acs_raw[column].to_numpy()).all()
    for name, column in (("class_of_worker", "COW"), ("relationship", "RELP"), ("race", "RAC1P")):
        assert (frame[name].astype(str).astype(int).to_numpy() == acs_raw[column].to_numpy()).all()


#: Columns of the published file that are left out, and the roles.
LEFT_OUT = {
    "bank": (
        {"duration", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed", "age"},
        {"subscribed", "age_group", "year"},
    ),
    "german": ({"personal_status"}, {"credit", "sex", "housing"}),
    "law": ({"decile1b", "decile3", "zgpa", "zfygpa", "pass_bar"}, {"bar_exam", "race", "tier"}),
    "acs": ({"PINCP", "SEX", "ST"}, {"income", "sex", "state"}),
}


@pytest.mark.real
@pytest.mark.parametrize("name", list(LEFT_OUT))
def test_features_are_what_a_classifier_may_see(request, name):
    dataset = request.getfixturevalue(name)
    left_out, roles = LEFT_OUT[name]
    schema = dataset.schema
    assert {schema.label, schema.sensitive, schema.domain} == roles
    assert not roles & set(dataset.features)
    assert not left_out & set(dataset.frame)
    assert set(dataset.frame) == roles | set(dataset.features)
    # the same but for these, counted by hand in the files' descriptions
    assert dataset.features.shape[1] == {"bank": 13, "german": 18, "law": 5, "acs": 9}[name]
    assert not dataset.frame.isna().any().any()
    assert not any((dataset.frame[c].astype(str) == "").any() for c in dataset.text_columns)


@pytest.mark.real
@pytest.mark.parametrize("name", list(LEFT_OUT))
def test_no_feature_gives_label_or_group_away(request, name):
    """Guessing the more frequent value among those with the same feature removes few of the errors there are."""
    dataset = request.getfixturevalue(name)
    for role, most in ((dataset.y, 0.35), (dataset.z, 0.45)):
        errors = np.bincount(role).min()
        for feature in dataset.features:
            values = dataset.frame[feature]
            if values.nunique() > 50 and not isinstance(values.dtype, pd.CategoricalDtype):
                values = pd.qcut(values, 50, duplicates="drop")
            left = np.zeros((values.nunique(), 2), int)
            np.add.at(left, (pd.factorize(values)[0], role), 1)
            assert left.min(1).sum() > (1 - most) * errors, feature


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("bank", bank_marketing.FILES),
        ("german", german_credit.FILES),
        ("law", law_school.FILES),
        ("acs", acsincome.FILES),
    ],
)
def test_reading_twice_gives_the_same_rows(request, name, source):
    dataset = request.getfixturevalue(name)
    assert dataset.name == source.name
    again = load_dataset(source.name)
    assert again.frame.equals(dataset.frame)
    assert again.fingerprint() == dataset.fingerprint()
    assert again.take(np.arange(len(again) - 1)).fingerprint() != dataset.fingerprint()


@pytest.mark.real
@pytest.mark.parametrize("name", [name for name in DATASETS if name != "simulated"])
def test_the_fingerprint_written_down_is_that_of_the_rows(name):
    assert DATASETS[name].fingerprint == fingerprint_of(name) == real(name).fingerprint()
