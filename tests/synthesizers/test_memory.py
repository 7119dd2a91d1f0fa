"""A training that was broken off and goes on ends as one that was not, to the last bit."""

import numpy as np
import pytest

from fairviz.errors import StoreError
from fairviz.synthesizers import DDPM, FADM, VAE
from fairviz.synthesizers.memory import Memory
from tests.synthesizers.known import world

SMALL = {"n_iter": 24, "batch_size": 64, "hidden": 16, "random_state": 3}
KINDS = {
    "plain": lambda: FADM(meta="none", classifier_hidden=8, **SMALL),
    "meta": lambda: FADM(meta="second_order", classifier_hidden=8, **SMALL),
    "vae": lambda: VAE(**SMALL),
    "ddpm": lambda: DDPM(**SMALL),
}


def broken_off(fit, source, at: int) -> dict[str, np.ndarray]:
    fit.memory = Memory()
    for step in fit.fit_steps(source):
        if step.step == at:
            return fit.memory.take()
    raise AssertionError("it was over before")


@pytest.mark.parametrize("at", [1, 11, 23])
@pytest.mark.parametrize("kind", KINDS)
def test_the_end_is_the_same(kind: str, at: int) -> None:
    source = world(600)
    whole = KINDS[kind]().fit(source)
    taken = broken_off(KINDS[kind](), source, at)
    again = KINDS[kind]()
    again.memory = Memory({name: values.copy() for name, values in taken.items()})
    steps = [step.step for step in again.fit_steps(source)]
    assert steps == list(range(at + 1, 25))
    wanted, found = whole.state(), again.state()
    assert wanted[0] == found[0]
    assert wanted[1].keys() == found[1].keys()
    for name, values in wanted[1].items():
        assert np.array_equal(values, found[1][name], equal_nan=True), name


def test_what_was_taken_stays_as_it_was() -> None:
    """Later steps do not reach into it."""
    source, fit = world(600), KINDS["plain"]()
    fit.memory = Memory()
    steps = fit.fit_steps(source)
    for _ in range(5):
        next(steps)
    taken = fit.memory.take()
    before = {name: values.copy() for name, values in taken.items()}
    for _ in range(3):
        next(steps)
    assert all(np.array_equal(values, before[name]) for name, values in taken.items())
    assert any(not np.array_equal(values, before[name]) for name, values in fit.memory.take().items())


@pytest.mark.parametrize("spoil", ["missing", "shape", "other"])
def test_a_checkpoint_of_another_training_is_refused(spoil: str) -> None:
    source = world(600)
    taken = broken_off(KINDS["plain"](), source, 3)
    if spoil == "missing":
        del taken["average.0"]
    elif spoil == "shape":
        taken["weight.0"] = taken["weight.0"][:-1]
    else:
        taken = broken_off(KINDS["vae"](), source, 3)
    fit = KINDS["plain"]()
    fit.memory = Memory(taken)
    with pytest.raises(StoreError, match="not of a training like this one"):
        list(fit.fit_steps(source))
