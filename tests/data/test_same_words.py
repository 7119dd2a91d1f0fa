"""A bad file is told in the same words on the page as on the command line and in the package."""

from __future__ import annotations

import pytest

from fairviz.data.opened import open_table
from fairviz.data.roles import Division, Label, Roles
from fairviz.errors import FairvizError
from tests.cli.bad_files import BAD

ROLES = Roles(Label("paid", ("yes",)), Division(("sex",)), Division(("town",)))


def told(path) -> str:
    """Everything that the page says of a file, up to the counts."""
    try:
        opened = open_table(path, "bad.csv")
        dataset, notes = ROLES.apply("bad", opened.frame, where="bad.csv")
    except FairvizError as error:
        return "\n".join([*(opened.odd.values() if "opened" in locals() else ()), str(error)])
    return "\n".join([*opened.odd.values(), *notes])


#: Where a person looks on, the page goes on and says what it did, or asks for another choice.
GOES_ON = {
    "shape: no header": "'paid' is missing", "shape: comment with the width of the header": "'paid' is missing",
    "role: three classes": "'paid': 3 values became two, 'yes' and 'maybe or no'",
    "role: classes by case": "'paid': 3 values became two, 'yes' and 'Yes or no'",
    "role: label differs in every row": "'yes' does not occur", "role: label is a measurement": "'yes' does not occur",
    "role: label counts": "'yes' does not occur", "role: label missing": "1 rows without a label were left out",
    "role: label blank": "1 rows without a label were left out",
    "role: label invisible": "1 rows without a label were left out", "role: label NA": "'yes' and 'NA or no'",
    "role: label of many letters": "3 values became two",
    "role: group missing": "1 rows without a group are kept as group '(missing)'",
    "role: groups missing": "has 1 group(s) ('(missing)')",
    "role: domain missing": "1 rows without a domain are kept as domain '(missing)'",
    "role: a role alone": "'sex' is missing",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in BAD if name not in GOES_ON])
def test_the_page_says_what_the_command_line_says(tmp_path, name: str) -> None:
    data, words = BAD[name]
    (tmp_path / "table").write_bytes(data)
    text = told(tmp_path / "table")
    assert not [word for word in words if word not in text], text


@pytest.mark.parametrize("name", GOES_ON)
def test_the_page_goes_on_where_a_person_can_choose(tmp_path, name: str) -> None:
    (tmp_path / "table").write_bytes(BAD[name][0])
    assert GOES_ON[name] in told(tmp_path / "table")
