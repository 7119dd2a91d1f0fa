"""A table of more columns than are read: those that matter are chosen, on the page and on the command line."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.data import delimited
from fairviz.data.opened import narrowed, open_table
from fairviz.synthesizers.fadm import FADM
from fairviz.ui.parts import intake
from tests import doors
from tests.cli.commands import ROLES
from tests.people import rows, written

pytestmark = pytest.mark.usefixtures("fresh_caches")
MANY = 600
#: 597 columns of numbers, then whether somebody was paid, sex and town.
TABLE = [
    [*(f"c{k}" for k in range(MANY - 3)), "paid", "sex", "town"],
    *([*(str((i * k) % 7 + 10) for k in range(MANY - 3)), *row[3:]] for i, row in enumerate(rows()[1:])),
]
WIDE = "wide.csv: 600 columns; at most 500 are read. Leave some out, or choose those to keep."


def parquet(table) -> bytes:
    out = io.BytesIO()
    pd.DataFrame(table[1:], columns=table[0]).to_parquet(out)
    return out.getvalue()


@pytest.mark.parametrize("make", [written, parquet], ids=["text", "parquet"])
def test_columns_are_chosen_on_the_page_and_the_first_others_are_read(monkeypatch, make) -> None:
    """With room for 20 of 30 columns, the last 3 of which have roles."""
    for module in (delimited, intake):
        monkeypatch.setattr(module, "MAX_COLUMNS", 20)
    table = [row[-30:] for row in TABLE]
    page = doors.Page()
    shown = page.upload("wide.csv", make(table))
    assert shown.error == ""
    assert "wide.csv: 30 columns; at most 20 are read. Leave some out, or choose those to keep." in shown.notes
    asked = next(one for one in page.app.multiselect if one.label == "Columns to keep")
    assert asked.value == ["sex", "town"]
    asked.set_value(["paid", "sex", "town", "c596"]).run()
    assert not page.app.exception
    handed = page.app.session_state["_read"]
    kept = [*range(16), *range(26, 30)]
    assert list(handed.opened.frame) == [table[0][k] for k in kept]
    assert handed.opened.frame.astype(str).to_numpy().tolist() == [[row[k] for k in kept] for row in table[1:]]
    assert "· 20 of 30 columns are read." in [doors.plain(caption.value) for caption in page.app.caption]
    label = next(one for one in page.app.selectbox if one.label == "Label")
    assert sorted(label.options) == sorted(handed.opened.frame)


def test_what_is_kept_of_a_wide_table_is_read_as_it_was(tmp_path) -> None:
    """Cells that hold separators, quotes, line breaks and comment signs, and decimal commas."""
    odd = ["a;b", 'say "x"', "two\nlines", "#no", "sep=,"]
    table = [[*TABLE[0], "odd", "share"], *([*row, odd[i % 5], f"{i},5"] for i, row in enumerate(TABLE[1:]))]
    path = tmp_path / "wide"
    path.write_bytes(written(table, ";"))
    data, notes = narrowed(path, "wide", ["odd", "share", "paid"])
    path.write_bytes(data)
    frame = open_table(path, "wide").frame
    assert frame["odd"].tolist() == [odd[i % 5] for i in range(60)]
    assert frame["share"].tolist() == [i + 0.5 for i in range(60)]
    assert list(frame) == ["paid", "odd", "share"]
    assert notes == ["the columns are separated by semicolons."]


@pytest.mark.parametrize("named", ["", "c3,c590"])
def test_features_that_are_named_are_read_from_a_wide_table(capsys, tmp_path, monkeypatch, named) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wide.csv").write_bytes(written(TABLE))
    given = []

    def begin(fit, source):
        given.append(source)
        raise KeyboardInterrupt

    monkeypatch.setattr(FADM, "fit_steps", begin)
    more = ["--features", named] if named else []
    code = main(["fit", "--csv", "wide.csv", *ROLES, *more, "--target", "all", "--out", "run"])
    if not named:
        assert (code, capsys.readouterr().err) == (2, f"fairviz: {WIDE}\n")
        return
    assert code == 130
    (source,) = given
    assert source.schema.features == ("c3", "c590")
    assert source.frame["c590"].tolist() == [(i * 590) % 7 + 10 for i in range(60)]


def test_more_columns_than_a_list_can_offer_are_refused() -> None:
    data = (",".join(f"c{k}" for k in range(6000)) + "\n" + ",".join("1" * 6000) + "\n").encode()
    shown = doors.Page().upload("wide.csv", data)
    assert shown.error.startswith("wide.csv: 6,000 columns; at most 500 are read.")
    assert shown.dataset is None
