"""Rows to take away: the file gives the rows back, the card says what they are, and no cell or name becomes code."""

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, replace
from types import SimpleNamespace

import pandas as pd
import pyarrow.parquet as pq
import pytest

from fairviz.data.own import OwnStore
from fairviz.data.roles import Division, Label, Roles
from fairviz.data.schema import Schema
from fairviz.data.sources import OWN
from fairviz.experiments.card import DataCard, packed, spreadsheet_safe, title_of
from fairviz.experiments.quality import Measured
from fairviz.store.specs import FitSpec, versions

EVIL = "![x](http://evil.example/a.png)|<b>"
JOBS = ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "a=b", "x-y", "plain, 'quoted'"]
FRAME = pd.DataFrame(
    {
        "age": pd.array([-3, 41, 7, 8, 9, 10, 11, 12, 13, 14, 15], "int64"),
        "score": [-0.1, 0.30000000000000004, 1e-17, 2, 3, 4, 5, 6, 7, 8, 9],
        "job": pd.Categorical(JOBS, categories=sorted(JOBS)),
        EVIL: pd.Categorical(["u", "v"] * 5 + ["u"], categories=["u", "v"]),
        "paid": pd.Categorical(["yes", "no"] * 5 + ["yes"], categories=["no", "yes"]),
    }
)
SPEC = FitSpec("people", "f" * 64, "West `end`", {"n": 400}, {"n_iter": 8}, "fadm", "South")
SETTING = {"n": 11, "seed": 4, "control": "dp", "lambda_y": 1.0, "lambda_z": 0.25}
AGAIN = "fairviz sample FOLDER -n 11 --lambda-z 0.25 --seed 4 --out 'a\n```\nb.csv'"


@pytest.fixture
def card() -> DataCard:
    schema = Schema(("age", "score", "job", EVIL), "paid", "yes", "sex", "town")
    fit = SimpleNamespace(schema_=schema, labels_=("no", "yes"), groups_=("f", "m"))
    return DataCard.of(SPEC, fit, FRAME, SETTING, title="My *people*", again=AGAIN)


def opened(data: bytes) -> dict[str, bytes]:
    """The files of a ZIP, by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_csv_is_what_pandas_writes_and_comes_back_as_it_was(card: DataCard) -> None:
    files = opened(packed(FRAME, card, "csv"))
    assert list(files) == ["rows.csv", "card.json", "card.md"]
    assert files["rows.csv"] == FRAME.to_csv(index=False).encode()
    back = pd.read_csv(io.BytesIO(files["rows.csv"]), float_precision="round_trip", lineterminator="\n")
    pd.testing.assert_frame_equal(back, FRAME, check_dtype=False, check_categorical=False)
    assert back["job"].tolist() == JOBS


def test_parquet_comes_back_with_its_types_and_holds_the_card(card: DataCard) -> None:
    files = opened(packed(FRAME, card, "parquet"))
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(files["rows.parquet"])), FRAME)
    told = json.loads(pq.read_schema(io.BytesIO(files["rows.parquet"])).metadata[b"fairviz card"])
    whole = json.loads(files["card.json"])
    assert told["file"] == {}  # a file cannot hold its own SHA-256
    assert {k: v for k, v in told.items() if k != "file"} == {k: v for k, v in whole.items() if k != "file"}


@pytest.mark.parametrize("form", ["csv", "spreadsheet", "parquet"])
def test_the_card_says_which_file_it_is_of(card: DataCard, form: str) -> None:
    files = opened(packed(FRAME, card, form))
    name = next(iter(files))
    told = json.loads(files["card.json"])["file"]
    assert told == {
        "name": name, "form": form, "bytes": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()
    }  # fmt: skip
    assert packed(FRAME, card, form) == packed(FRAME, card, form)


def test_fields_of_the_card(card: DataCard) -> None:
    told = json.loads(opened(packed(FRAME, card, "csv"))["card.json"])
    assert told["data"] == {
        "name": "people", "title": "My *people*", "options": {"n": 400}, "fingerprint": "f" * 64
    }  # fmt: skip
    assert told["roles"] == {
        "label": "paid", "favourable": "yes", "unfavourable": "no", "sensitive": "sex", "groups": ["f", "m"],
        "domain": "town", "held_out": "West `end`",
    }  # fmt: skip
    assert told["columns"] == [
        {"name": "age", "role": "feature", "type": "whole number"},
        {"name": "score", "role": "feature", "type": "number"},
        {"name": "job", "role": "feature", "type": "category"},
        {"name": EVIL, "role": "feature", "type": "category"},
        {"name": "paid", "role": "label", "type": "category"},
    ]
    # written down once, from the canonical JSON of the specification
    spec = (
        '{"dataset":{"fingerprint":"' + "f" * 64 + '","name":"people","options":{"n":400}},"format":1,'
        '"params":{"n_iter":8},"synthesizer":"fadm","target":"West `end`","without":"South"}'
    )
    assert told["fit"] == {
        "key": hashlib.sha256(spec.encode()).hexdigest(), "synthesizer": "fadm", "params": {"n_iter": 8},
        "without": "South",
    }  # fmt: skip
    assert told["setting"] == SETTING
    assert told["again"] == AGAIN
    assert told["versions"] == versions()
    assert told["changed"] == {}
    assert "does not mean anonymous" in told["what"]
    assert [text.split(":")[0] for text in told["not_measured"]] == ["Privacy", "Fidelity", "Use"]


def test_what_was_measured_of_such_generators_stands_on_the_card(card: DataCard) -> None:
    value = {
        "title": "Membership attack", "value": "0.53 (0.49–0.56)", "real": "1.00 (1.00–1.00)", "low": 0.0, "high": 1.0,
        "better": "low", "meaning": "Who?",
    }  # fmt: skip
    known = asdict(Measured([value], 20, 300, "2026-01-02T03:04:05"))
    files = opened(packed(FRAME, replace(card, measured=known), "csv"))
    told = json.loads(files["card.json"])
    assert told["measured"]["values"] == [value]
    assert [text.split(" ")[0] for text in told["not_measured"]] == ["Privacy:", "Fidelity", "Use:"]
    text = files["card.md"].decode()
    assert "| Membership attack | 0.53 (0.49–0.56) | 1.00 (1.00–1.00) | 0 to 1 | low | Who? |" in text
    assert "20 random halves of the data (300 people)" in text
    assert "Measured on generators" not in opened(packed(FRAME, card, "csv"))["card.md"].decode()


def test_formulas_are_defused_for_spreadsheets_and_nowhere_else(card: DataCard) -> None:
    files = opened(packed(FRAME, card, "spreadsheet"))
    cells = pd.read_csv(io.BytesIO(files["rows.csv"]), lineterminator="\n")
    assert cells["job"].tolist() == [
        "'=cmd|' /C calc'!A0", "'+1", "'-2+3", "'@SUM(A1)", "'\t=1", "'\r=1", "'  =1", "'＝1", "a=b", "x-y",
        "plain, 'quoted'",
    ]  # fmt: skip
    assert cells["age"].tolist()[0] == -3  # a number is no formula
    assert cells["paid"].tolist() == FRAME["paid"].tolist()
    assert json.loads(files["card.json"])["changed"] == {"job": 8}
    assert "8 in job" in files["card.md"].decode()
    raw = opened(packed(FRAME, card, "csv"))
    assert "apostrophe" not in raw["card.md"].decode()


def test_a_name_of_a_column_can_be_a_formula_too() -> None:
    frame = pd.DataFrame({"=1+1": ["a", "-b"], "n": [-1, 2]})
    safe, changed = spreadsheet_safe(frame)
    assert safe.to_csv(index=False) == "'=1+1,n\na,-1\n'-b,2\n"
    assert changed == {"=1+1": 2}
    assert list(frame.columns) == ["=1+1", "n"]


def test_markup_in_names_stays_text(card: DataCard) -> None:
    text = opened(packed(FRAME, card, "csv"))["card.md"].decode()
    assert r"| \!\[x\]\(http\://evil\.example/a\.png\)\|\<b\> | feature | category |" in text
    assert r"My \*people\*" in text
    assert r"without town 'West \`end\`'" in text
    assert "![" not in text
    assert "<b>" not in text
    # a command is shown line by line as code, which nothing in it can end
    assert "\n    ```\n    b.csv'" in text
    assert "\n```" not in text


def test_a_fit_of_no_held_out_domain_says_so(card: DataCard) -> None:
    spec = FitSpec("people", "f" * 64, "all", {}, {"n_iter": 8})
    fit = SimpleNamespace(
        schema_=Schema(("age",), "paid", "yes", "sex", "town"), labels_=("no", "yes"), groups_=("f", "m")
    )
    text = DataCard.of(spec, fit, FRAME[["age", "paid"]], SETTING, title="P", again="").markdown()
    assert "a fit of fadm on every domain;" in text
    assert f"P; fingerprint {'f' * 64}" in text


def test_the_id_of_a_person_s_table_is_in_no_file() -> None:
    """Whoever has it may see the table."""
    secret = "0123456789abcdef" * 2
    fit = SimpleNamespace(
        schema_=Schema(("age",), "paid", "yes", "sex", "town"), labels_=("no", "yes"), groups_=("f", "m")
    )
    spec = FitSpec(OWN, "f" * 64, "West", {"id": secret}, {"n_iter": 8})
    card = DataCard.of(spec, fit, FRAME[["age", "paid"]], SETTING, title="Loans", again="fairviz sample FOLDER")
    for form in ("csv", "spreadsheet", "parquet"):
        files = opened(packed(FRAME[["age", "paid"]], card, form))
        assert not [name for name, data in files.items() if secret.encode() in data]
    assert card.to_json()["data"]["options"] == {}


def test_what_a_data_set_is_called() -> None:
    """A foreign table that is called like a built-in one does not get its title."""
    own = OwnStore().add("Loans", Roles(Label("y", ("1",)), Division(("g",)), Division(("d",))), "me", data=b"x")
    titles = [
        title_of(FitSpec(OWN, "f", "a", {"id": own.id})),
        title_of(FitSpec(OWN, "f", "a", {"id": "0" * 32})),
        title_of(FitSpec("adult", "f", "a")),
        title_of(FitSpec("people", "f", "a")),
        title_of(FitSpec("simulated", "f", "a", {"bias": 2.0})),
    ]
    assert titles == ["Loans", "own", "adult", "people", "Simulated hiring"]
