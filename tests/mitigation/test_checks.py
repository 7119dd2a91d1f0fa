"""The contract of a mitigation: kept by every one that ships, and broken ones told what they broke."""

import itertools

import numpy as np
import pytest
import torch

from fairviz.data.dataset import DomainDataset
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.mitigation import MITIGATIONS
from fairviz.mitigation.base import Mitigation, Task
from fairviz.mitigation.checks import check_mitigation
from fairviz.settings import REFERENCE, Dial, Parameter, spread

SHARE = Parameter("share", 1.0, symbol="share")


class Plain(Mitigation):
    """The unmitigated model's answers: keeps the contract."""

    name = "plain"
    parameters = (SHARE,)
    dials = (Dial("plain", "Plain", spread("share", (0.0, 1.0))),)

    def answer(self, task, *, share):
        return task.unmitigated


@pytest.fixture(scope="module")
def small():
    """240 rows of the simulated story; the target is the last domain, the West."""
    return DomainDataset.from_frame("simulated", Hiring().sample(240, seed=0), HIRING_SCHEMA)


@pytest.mark.parametrize("name", list(MITIGATIONS))
def test_every_mitigation_keeps_the_contract(name):
    done = check_mitigation(MITIGATIONS[name]())
    positions = [setting for dial in MITIGATIONS[name].dials for setting in dial.positions]
    assert sum("same answers with the same seed" in promise for promise in done) == len(positions)
    blind = "the answers do not depend on the groups of the target, unless needs_group says so"
    free = name == "threshold_optimizer" or MITIGATIONS[name].kind == REFERENCE  # these may look
    assert (blind in done) == (not free)


def test_what_is_checked_is_told(small):
    done = check_mitigation(Plain(), small)
    assert done[0] == "it has a dial"
    assert "dial plain has positions" in done
    for share in (0.0, 1.0):
        assert f"{{'share': {share}}} gives an answer for every row of the target" in done
    assert done[-1] == "a setting that does not exist is refused with a SettingError"


def broken(small, answer, promise, **attributes):
    """That a mitigation with this answer is told of this promise."""
    made = type("Broken", (Plain,), {"answer": answer, **attributes})
    with pytest.raises(AssertionError, match=rf"^The contract of a mitigation is broken: .*{promise}"):
        check_mitigation(made(), small)


@pytest.mark.parametrize("wrong", [2, -1, 0.4, float("nan")])
def test_answers_that_are_not_0_or_1(small, wrong):
    """Also a probability, and what is no number, at one row of many."""

    def answer(self, task, *, share):
        found = task.unmitigated.astype(type(wrong))
        found[3] = wrong
        return found

    broken(small, answer, r"\{'share': 0.0\} gives 0 or 1")


def test_whole_numbers_that_are_0_or_1_may_be_of_any_type(small):
    for kind in (bool, np.int8, float):

        class Typed(Plain):
            kind_of = kind

            def answer(self, task, *, share):
                return task.unmitigated.astype(self.kind_of)

        assert "{'share': 1.0} gives 0 or 1" in check_mitigation(Typed(), small)


def of_the_group(self, task, *, share):
    """The unmitigated answer, but yes for everybody of group 0."""
    return np.where(task.target.z == 0, 1, task.unmitigated)


def test_answers_that_depend_on_the_groups_of_the_target(small):
    promise = "do not depend on the groups of the target, unless needs_group says so"
    broken(small, of_the_group, promise)
    # also at a dial that is not the first
    second = (*Plain.dials, Dial("second", "Second", spread("share", (0.5,))))
    broken(
        small, lambda self, task, *, share: of_the_group(self, task, share=share) if share == 0.5 else task.unmitigated,
        promise, dials=second,
    )  # fmt: skip


@pytest.mark.parametrize("attributes", [{"needs_group": True}, {"kind": REFERENCE}])
def test_who_says_so_may_look_at_the_groups(small, attributes):
    check_mitigation(type("Open", (Plain,), {"answer": of_the_group, **attributes})(), small)


def test_other_answers_with_the_same_seed(small):
    calls = itertools.count()

    def answer(self, task, *, share):
        return np.random.default_rng(next(calls)).integers(0, 2, len(task.target))

    broken(small, answer, r"\{'share': 0.0\} gives the same answers with the same seed")


def test_too_few_answers(small):
    broken(small, lambda self, task, *, share: task.unmitigated[:-1], "gives an answer for every row of the target")


def test_no_dial_and_a_dial_without_positions(small):
    broken(small, Plain.answer, "it has a dial", dials=())
    broken(small, Plain.answer, "dial empty has positions", dials=(Dial("empty", "Empty", ()),))


def test_a_source_that_is_changed():
    def answer(self, task, *, share):
        task.source.frame.iloc[0, 0] = task.source.frame.iloc[1, 0]
        return task.unmitigated

    rows = DomainDataset.from_frame("simulated", Hiring().sample(240, seed=0), HIRING_SCHEMA)
    assert rows.leave_out("West")[0].frame.iloc[0, 0] != rows.leave_out("West")[0].frame.iloc[1, 0]
    broken(rows, answer, "the source is not changed")


@pytest.mark.parametrize("touch", [np.random.random, lambda: torch.rand(1)])
def test_a_global_generator_that_is_touched(small, touch):
    def answer(self, task, *, share):
        touch()
        return task.unmitigated

    before = np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        broken(small, answer, "no global random generator is touched")
    finally:
        np.random.set_state(before[0])  # noqa: NPY002
        torch.set_rng_state(before[1])


def test_a_mitigation_for_one_model_is_checked_with_that_one(small):
    seen = set()

    def answer(self, task, *, share):
        seen.add(task.classifier)
        return task.unmitigated

    check_mitigation(type("Only", (Plain,), {"answer": answer, "only": "mlp"})(), small)
    check_mitigation(type("Any", (Plain,), {"answer": lambda self, task, *, share: task.unmitigated})(), small)
    assert seen == {"mlp"}


def test_answers_that_are_not_0_or_1_never_become_counts(small):
    """A probability is no decision: it must not be cut to 0 on the way to the counts."""

    class Probabilities(Plain):
        def answer(self, task, *, share):
            return np.full(len(task.target), 0.9)

    with pytest.raises(AssertionError, match=r"plain .*\{'share': 1.0\} gives 0 or 1.* 0.9"):
        Probabilities().predict(Task.of(*small.leave_out("West"), "logistic_regression", 0), {})
