"""Plain English where newcomers read: how hard it is, how much of it there is, and words that are not explained."""

from __future__ import annotations

import re

import numpy as np
import pytest

from fairviz.controls import CONTROLS
from fairviz.data.sets import DATASETS
from fairviz.data.sources import fingerprint_of
from fairviz.experiments.recorded import sweep_of
from fairviz.store.library import Library
from fairviz.telling import words
from fairviz.telling.glossary import glossary
from fairviz.telling.headline import headline, whose
from fairviz.telling.lesson import Recorded, Step, lesson
from fairviz.telling.report import Report, sentences, unmarked
from fairviz.telling.view import View, recorded_background
from tests.evaluation.test_metrics import HAND
from tests.reading import grade, words_of
from tests.telling.test_report import LARGE, scenario, view

HARDEST = 9.0
#: Terms of the field, with the word of the glossary that explains each; None: not used where newcomers read.
TERMS = {
    "true positive rate": "Found", "held out": "Held out", "synthetic": "Synthetic rows", "seed": "Seed",
    "interval": "Interval", "noise floor": "Noise floor", "domain": "Domain", "price": "Price", "gap": "Gap",
    "favourable": "Favourable", "accuracy": "Accuracy", "not estimable": "Not estimable", "posterior": None,
    "logit": None, "demographic parity": None, "equalized odds": None, "hypervolume": None, "bootstrap": None,
    "diffusion": None, "classifier": None, "hyper-parameter": None, "stochastic": None, "R_DP": None, "R_EOp": None,
    "lambda": None, "λ": None, "quantile": None, "estimator": None, "posteriori": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def steps() -> tuple[Step, ...]:
    entry = Library().recorded(fingerprint_of("adult"))
    assert entry is not None
    facts = entry.json("facts.json")
    ours, published = (
        sweep_of(entry.table("trials.csv"), facts["groups"], labels, whole=True) for labels in ("boosted", "network")
    )
    assert ours is not None
    assert published is not None
    return lesson(Recorded(ours, published, facts, DATASETS["adult"].nouns))


def explore(name: str, control: str, price: float) -> tuple[View, list[str]]:
    """What the first screen says of a recorded setting."""
    entry = Library().recorded(fingerprint_of(name))
    assert entry is not None
    facts = entry.json("facts.json")
    whole = entry.kind == "sweep"
    sweep = sweep_of(entry.table("trials.csv"), facts["groups"], "boosted", whole=whole)
    assert sweep is not None
    shown = recorded_background(
        sweep, control=control, lambda_y=1.0, classifier="gradient_boosting",
        domains=facts["domains"] if whole else entry.spec["targets"], metric=CONTROLS[control].moves,
    ).at(price)  # fmt: skip
    nouns, labels = DATASETS[name].nouns, (facts["labels"][0], facts["labels"][1])
    told = headline(shown.effect, metric=shown.metric, labels=labels, nouns=nouns, controlled=price > 0)
    return shown, [unmarked(text) for text in told]


def test_the_formula_is_the_published_one() -> None:
    """Its textbook example: 13 words of 24 syllables."""
    text = "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."
    assert len(words_of(text)) == 13
    assert grade(text) == pytest.approx(0.39 * 13 + 11.8 * 24 / 13 - 15.59)


def test_the_lesson_is_easy_to_read(steps) -> None:
    for step in steps:
        text = unmarked(" ".join([step.text, step.question, step.answer]))
        assert grade(text) <= HARDEST, (step.key, grade(text))
    assert grade(" ".join(glossary().values())) <= HARDEST


@pytest.mark.parametrize("name", DATASETS)
def test_the_first_screen_is_short_and_easy(name) -> None:
    """At most 40 words in the first sentence, the one to read before the first move; and what the dial means."""
    entry = Library().recorded(fingerprint_of(name))
    assert entry is not None
    for control in ("dp", "eop"):
        _, told = explore(name, control, 0.0)
        assert len(told[0].split()) <= 40
        assert grade(" ".join(told)) <= HARDEST, (name, control, grade(" ".join(told)))
    if name == "adult":
        _, told = explore(name, "dp", 0.2)
        assert len(told[0].split()) <= 40
        said = " ".join([*told, words.meaning("dp", 1.0, 0.2)])
        assert grade(said) <= HARDEST, grade(said)


def test_the_report_is_easy_to_read() -> None:
    report = Report.of(scenario(view(LARGE, 7 * np.concatenate([HAND, HAND]))))
    assert grade(" ".join(sentences(report))) <= HARDEST


def test_no_term_without_an_explanation(steps) -> None:
    """In the lesson, its glossary, the report and the headline."""
    explained, report = glossary(), Report.of(scenario(view(LARGE, LARGE)))
    _, told = explore("adult", "eop", 0.02)
    texts = [*told, *sentences(report), *explained.values()]
    texts += [unmarked(text) for step in steps for text in (step.title, step.text, step.question, step.answer)]
    texts.append(unmarked(whose(view(LARGE, LARGE).effect, "town")))
    for text in texts:
        for term, word in TERMS.items():
            if re.search(rf"\b{re.escape(term)}", text, re.IGNORECASE):
                assert word is not None, (term, text)
                assert word in explained, (term, text)
