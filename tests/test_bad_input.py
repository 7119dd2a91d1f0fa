"""Odd and bad files through every door: the package, the command line and the page say and read the same."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from tests import doors
from tests.bad_files import BAD
from tests.cli.commands import stamps
from tests.odd_files import ODD
from tests.people import HEADER, written

#: Refused when the schema is written down, before the package looks at a file.
OF_THE_SCHEMA = ("role: only the roles", "shape: 501 columns", "shape: 2,000 columns")
UNKNOWN = ("60 rows, 6 columns",)
#: Where a person looks on, the page goes on and says what it did, or asks for another choice.
GOES_ON = {
    "shape: no header": ("The first line holds numbers: does a line of names above it lack?",),
    "shape: comment with the width of the header": ("column '# a', row 1: found 'age'",),
    "role: three classes": ("'paid': 3 values became two, 'yes' and 'maybe or no'",),
    "role: classes by case": ("'paid': 3 values became two, 'yes' and 'Yes or no'",),
    "role: label NA": ("'yes' and 'NA or no'",),
    "role: label of many letters": ("3 values became two",),
    "role: label is a measurement": ("'paid' was cut at 30",),
    "role: label counts": ("'paid': 12 values became two",),
    "role: label differs in every row": ("label 'paid': no favourable value is chosen; found 'person 0'",),
    "role: group in every row": UNKNOWN,
    "role: other words": UNKNOWN,
    "role: favourable in capitals": UNKNOWN,
    "file: parquet": ("cannot be read as Parquet",),
    **{name: UNKNOWN for name in BAD if name.startswith("name: unknown role") or name == "name: other case of a role"},
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """One tab that stays open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRVIZ_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("FAIRVIZ_DATA", raising=False)
        yield doors.Page()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)
    return tmp_path


def features(data: bytes) -> list[str]:
    """Names on the first line but those of roles; the usual three where there are none."""
    try:
        names = next(csv.reader(io.StringIO(data.decode())), [])
    except ValueError:
        names = []
    return [name for name in dict.fromkeys(names) if name not in ("paid", "sex", "town")] or HEADER[:3]


def core(message: str) -> str:
    """What is found, without which file it is in and what to do."""
    return re.sub(r"^bad\.csv: (feature )?", "", message).split(" Leave the column out")[0]


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_one_message_at_every_door(capsys, folder, page, name: str) -> None:
    data, words = BAD[name]
    (folder / "bad.csv").write_bytes(data)
    before = stamps(folder)
    told = doors.command_line(capsys, "bad.csv").error
    for word in ("bad.csv", *words):
        assert word in told
    if name not in OF_THE_SCHEMA:
        assert doors.package("bad.csv", features(data)).error == told
    shown = page.upload("bad.csv", data)
    for word in GOES_ON.get(name, (core(told),)):
        assert word in "\n".join([shown.error, *shown.notes])
    assert stamps(folder) == before


@pytest.mark.parametrize("name", ODD)
def test_odd_input_gives_the_same_rows_at_every_door(capsys, folder, page, name: str) -> None:
    data, wanted, words = ODD[name]
    (folder / "odd.csv").write_bytes(data)
    answers = (
        doors.package("odd.csv", features(written(wanted))),
        doors.with_roles("odd.csv"),
        doors.command_line(capsys, "odd.csv"),
        page.upload("odd.csv", data),
    )
    for answer in answers:
        assert answer.error == ""
        assert answer.cells() == wanted
        for word in words:
            assert word in "\n".join(answer.notes)
