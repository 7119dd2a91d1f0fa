"""Your data, when something goes wrong: too large, no room, gone columns, names that look like more than text."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from fairviz.data.own import OwnStore
from fairviz.ui import data as module
from tests import doors
from tests.people import GOOD, HEADER, rows, with_column, written

pytestmark = pytest.mark.usefixtures("fresh_caches")
LIMIT = 20 * 2**20


@pytest.fixture(autouse=True)
def went(monkeypatch) -> list:
    """What Go opens is written down instead."""
    found: list = []
    monkeypatch.setattr(module, "_open", found.append)
    return found


def full(*how, **more):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_table_over_the_limit_is_said_to_be_too_large_however_it_comes() -> None:
    """To the byte; a browser asks the same of a file, but not of what is pasted."""
    line = b" " * 99_999 + b"\n"
    data = GOOD + line * (LIMIT // len(line) - 1)
    data += b" " * (LIMIT - len(data))
    page = doors.Page()
    assert page.upload("big.csv", data).cells() == rows()
    told = f"has {LIMIT + 1:,} bytes; at most {LIMIT:,} are read. Keep fewer rows or columns."
    assert page.upload("big.csv", data + b" ").error == f"big.csv {told}"
    page.app.button_group(key="intake").set_value("paste").run()
    page.app.text_area(key="pasted").set_value(data.decode() + " ").run()
    assert [doors.plain(error.value) for error in page.app.error] == [f"Pasted table {told}"]


def test_no_room_to_read_is_said_and_the_next_file_is_read(monkeypatch) -> None:
    page = doors.Page()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        told = page.upload("bad.csv", GOOD).error
    assert told == "bad.csv: cannot be read here: No space left on device. Free some space."
    assert page.upload("bad.csv", GOOD).cells() == rows()


def test_no_room_to_keep_is_said_and_nothing_is_left(monkeypatch, went) -> None:
    page = doors.Page()
    page.upload("people.csv", GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", full)
        page.app.button(key="go").click().run()
    assert not page.app.exception
    assert "The table cannot be kept: No space left on device. Free some space." in [
        doors.plain(error.value) for error in page.app.error
    ]
    assert not went
    assert not OwnStore().root.exists()
    page.app.button(key="go").click().run()
    assert [own.title for own in went] == [own.title for own in OwnStore().every()] == ["people"]


def test_a_column_that_is_gone_in_the_next_file_is_not_asked_for() -> None:
    page = doors.Page()
    assert page.upload("people.csv", GOOD).dataset.schema.domain == "town"
    fewer = written([row[:3] + row[3:5] + [row[2]] for row in rows()[1:]])
    header = ",".join([*HEADER[:5], "city"]).encode() + b"\n"
    again = page.upload("people.csv", header + fewer)
    assert again.error == ""
    assert "town" not in again.dataset.schema.columns
    assert len(again.dataset) == len(rows()) - 1


@pytest.mark.parametrize("kind", ["text", "numbers"])
def test_a_label_of_many_values_can_be_chosen(kind) -> None:
    """The rarest of 60 values is proposed, and only the 50 most frequent are listed."""
    table = with_column("paid", lambda i: f"person {i}" if kind == "text" else str(i))
    shown = doors.Page().upload("people.csv", written(table))
    if kind == "text":
        assert "people.csv: label 'paid': no favourable value is chosen; found 'person 0'" in shown.error
        assert any("60 values; the 50 most frequent can be chosen" in note for note in shown.notes)
    else:
        assert shown.dataset.labels == ("below 29.5", "at least 29.5")
        assert shown.dataset.y.sum() == 30
