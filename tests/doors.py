"""One file through every door: the package, the command line, an upload on the page; what each says and reads."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pandas as pd
from streamlit.testing.v1 import AppTest

from fairviz.cli import main
from fairviz.data import Schema, read_csv
from fairviz.data.dataset import DomainDataset
from fairviz.data.opened import open_table
from fairviz.data.roles import Division, Label, Roles
from fairviz.errors import FairvizError
from fairviz.synthesizers.fadm import FADM

#: What every door is told: who was paid, by sex, over towns.
ROLES = {"label": "paid", "favourable": "yes", "sensitive": "sex", "domain": "town"}


@dataclass
class Answer:
    """What a door did with a file.

    Attributes
    ----------
    error : str
        Why it was refused, or "".
    notes : list of str
        What was done with it, or is to be minded.
    dataset : DomainDataset, optional
    """

    error: str = ""
    notes: list[str] = field(default_factory=list)
    dataset: DomainDataset | None = None

    def cells(self) -> list[list[str]]:
        """The header and the rows, as text; a missing number is empty."""
        frame = self.dataset.frame
        texts = [["" if pd.isna(cell) else f"{cell}" for cell in values] for _, values in frame.items()]
        return [list(frame.columns), *map(list, zip(*texts, strict=True))]


def package(path: str, features: Sequence[str]) -> Answer:
    """``read_csv`` with a schema."""
    try:
        dataset = read_csv(path, Schema(tuple(features), "paid", "yes", "sex", "town"))
    except FairvizError as error:
        return Answer(str(error))
    return Answer("", list(dataset.frame.attrs.get("notes", ())), dataset)


def with_roles(path: str) -> Answer:
    """``open_table`` and roles, as the page does without a page."""
    roles, opened = Roles(Label("paid", ("yes",)), Division(("sex",)), Division(("town",))), None
    try:
        opened = open_table(Path(path), path)
        dataset, notes = roles.apply(path, opened.frame, where=path)
    except FairvizError as error:
        return Answer(str(error), [*opened.odd.values()] if opened else [])
    return Answer("", [*opened.notes, *opened.odd.values(), *notes], dataset)


class _Stop(KeyboardInterrupt):
    """Ends a command where its training would begin."""


def command_line(capsys, path: str) -> Answer:
    """``fairviz fit``, up to its training; what it would be trained on."""
    given = []

    def begin(fit, source):
        given.append(source)
        raise _Stop

    argv = [word for role, value in ROLES.items() for word in (f"--{role}", value)]
    capsys.readouterr()
    with mock.patch.object(FADM, "fit_steps", begin):
        code = main(["fit", "--csv", path, *argv, "--target", "all", "--out", "run"])
    out, err = capsys.readouterr()
    assert out == ""
    assert not os.path.lexists("run")
    if given:
        assert code == 130
        return Answer("", re.findall(r"^Note: (.*)$", err, re.M), given[0])
    assert code == 2
    assert err.startswith("fairviz: ")
    assert err.count("\n") == 1
    return Answer(err.removeprefix("fairviz: ").removesuffix("\n"))


def _page() -> None:
    from fairviz.ui import data

    data.page()


class Page:
    """``Your data``, opened once; uploads follow each other, as a person would try one file after another."""

    def __init__(self) -> None:
        self.app = AppTest.from_function(_page, default_timeout=60).run()

    def upload(self, name: str, data: bytes) -> Answer:
        """Hand a file in and choose the roles, where they can be chosen."""
        app, key = self.app, hashlib.sha256(data).hexdigest()[:16]
        app.session_state["_chosen"] = {f"group_{key}": ["sex"], f"domain_{key}": ["town"]}  # as if chosen before
        app.session_state["_applied"] = {}
        app.file_uploader(key="upload").set_value((name, data, "text/csv")).run()
        self._choose("Label", "paid", ["paid"])
        self._choose("Good for the person", ["yes"], ["yes"])
        self._choose("Group", ["sex"], ["sex"])
        self._choose("Domain", ["town"], ["town"])
        assert not app.exception
        errors = [plain(error.value) for error in app.error]
        texts = [plain(text.value) for text in (*app.caption, *app.warning, *app.markdown)]
        made = list(app.session_state["_applied"].values())
        return Answer("\n".join(errors), texts, made[-1][0] if made and not errors else None)

    def _choose(self, title: str, value: str | list[str], needed: list[str]) -> None:
        for widget in (*self.app.selectbox, *self.app.multiselect):
            if widget.label == title and widget.value != value and set(needed) <= set(widget.options):
                widget.set_value(value).run()
                return


def plain(text: str) -> str:
    """Text as a person sees it: Markdown's escapes undone."""
    return re.sub(r"\\([\\`*_{}\[\]()#+\-.!|<>$:~&])", r"\1", text)
