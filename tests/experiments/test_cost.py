"""What a training costs: the formula, on a clock that says one second more every time it is asked."""

import itertools
from types import SimpleNamespace

import pytest

from fairviz.data import load_dataset
from fairviz.experiments import cost
from fairviz.store.specs import FitSpec
from tests.store.fits import SMALL


@pytest.fixture
def clock(monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr(cost, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))


def test_set_up_steps_and_price_add_up(clock):
    """Begun at 0, the fifth step at 1, the thirtieth at 2; a model takes 1 s: 5 folds and a teacher, x (2 + P(y=1))."""
    dataset = load_dataset("simulated", n=400)
    source = dataset.source_for("East")
    share = (source.frame[source.schema.label] == source.schema.favourable).mean()
    for n_iter in (100, 1000):
        spec = FitSpec.of(dataset, "East", {"n": 400}, n_iter=n_iter, meta="none", **SMALL)
        assert cost.seconds_of(spec, dataset) == pytest.approx(1 + (n_iter - 5) / 25 + 6 * (2 + share))


def test_a_generator_without_a_price_costs_its_steps(clock):
    dataset = load_dataset("simulated", n=400)
    spec = FitSpec.of(dataset, "East", {"n": 400}, synthesizer="vae", n_iter=105)
    assert cost.seconds_of(spec, dataset) == pytest.approx(1 + 100 / 25)


def test_a_training_that_is_over_before_it_is_measured_costs_what_it_took(clock):
    dataset = load_dataset("simulated", n=400)
    spec = FitSpec.of(dataset, "East", {"n": 400}, n_iter=20, meta="none", **SMALL)
    assert cost.seconds_of(spec, dataset) == pytest.approx(2)
