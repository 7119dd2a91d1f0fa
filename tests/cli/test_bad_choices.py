"""Choices that are none: one line that names what matters, exit code 2, at once, and nothing written."""

import pytest

from tests.bad_files import BAD
from tests.cli.bad_choices import CHOICES, OUT
from tests.cli.commands import refused_at_once


@pytest.mark.parametrize(("argv", "words"), CHOICES, ids=lambda v: ascii(" ".join(v[-2:]))[1:40] if v else "")
def test_a_choice_is_refused(capsys, folder, run, argv, words, monkeypatch):
    monkeypatch.setattr("fairviz.synthesizers.FADM.fit_steps", lambda *_: pytest.fail("trained"))
    argv = [a if "\0" in a or a.startswith("[[") else a.format(run=run) for a in argv]
    refused_at_once(capsys, folder, argv, *words)


def test_at_least_300_bad_inputs():
    assert len(BAD) + len(CHOICES) + 3 * len(OUT) > 300
