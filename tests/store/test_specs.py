"""What makes a fit: all of it is in the key, and comes back from JSON."""

import json

import pytest

from fairviz.data import DomainDataset
from fairviz.errors import SettingError, StoreError
from fairviz.store import key_of
from fairviz.store.specs import FitSpec
from fairviz.synthesizers import FADM
from tests.people import SCHEMA, WANTED
from tests.store.fits import OPTIONS, TINY


def test_spec_round_trip(spec):
    assert FitSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_spec_holds_everything_that_makes_a_fit(spec, dataset):
    assert spec.to_json() == {
        "dataset": {"name": "simulated", "options": {"n": 400}, "fingerprint": dataset.fingerprint()},
        "target": "East",
        "synthesizer": "fadm",
        "params": {**FADM().get_params(), **TINY},
    }


@pytest.mark.parametrize("name", FADM().get_params())
def test_every_hyper_parameter_is_in_the_key(spec, name):
    value = spec.params[name]
    other = not value if isinstance(value, bool) else value + "x" if isinstance(value, str) else value + 1
    changed = FitSpec("simulated", spec.fingerprint, "East", OPTIONS, {**spec.params, name: other})
    assert key_of(changed.to_json()) != key_of(spec.to_json())


def test_target_options_and_rows_are_in_the_key(spec):
    variants = [
        spec,
        FitSpec("simulated", spec.fingerprint, "West", OPTIONS, spec.params),
        FitSpec("simulated", spec.fingerprint, "East", {"n": 401}, spec.params),
        FitSpec("simulated", "0" * 64, "East", OPTIONS, spec.params),
        FitSpec("other", spec.fingerprint, "East", OPTIONS, spec.params),
    ]
    assert len({key_of(v.to_json()) for v in variants}) == 5


def test_unknown_target(dataset):
    with pytest.raises(SettingError, match=r"no domain 'Mars'. Choose one of 'East', 'North', 'South', 'West', 'all'"):
        FitSpec.of(dataset, "Mars")
    assert FitSpec.of(dataset, "all").target == "all"


@pytest.mark.parametrize("target", ["", "mars"])
def test_a_spec_asks_for_a_target(target):
    with pytest.raises(SettingError, match="no domain"):
        FitSpec.of(DomainDataset.from_frame("people", WANTED, SCHEMA), target)


def test_rows_are_those_of_the_spec(spec, dataset):
    assert spec.load_rows().fingerprint() == dataset.fingerprint()
    other = FitSpec("simulated", "0" * 64, "East", OPTIONS, spec.params)
    with pytest.raises(StoreError, match="rows here are not those"):
        other.load_rows()


def test_iterations_are_those_of_the_rows_left_in(dataset):
    """50 passes over the rows of the domains that stay, in batches of 64."""
    how = {"batch_size": 64, "max_passes": 50.0, "n_iter": 5000}
    rows = {name: int((dataset.frame["region"] == name).sum()) for name in dataset.domains}
    for target, without, left in (("East", "", sum(rows.values()) - rows["East"]), ("all", "", sum(rows.values())),
                                  ("East", "West", rows["North"] + rows["South"])):  # fmt: skip
        spec = FitSpec.of(dataset, target, OPTIONS, without=without, **how)
        assert spec.iterations(dataset) == -(-50 * left // 64)
    assert FitSpec.of(dataset, "East", OPTIONS).iterations(dataset) == 5000
