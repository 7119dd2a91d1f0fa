"""Keys of results: all of the spec, and nothing of how it was written."""

import json

import pytest

from fairviz.store import key_of
from tests.store.entries import SPEC


def test_key_is_the_sha256_of_the_spec_not_of_its_order():
    other = {"flag": True, "seeds": [0, 1], "lambda": 0.5, "data": {"n": 3, "name": "a"}}
    assert list(other) != list(SPEC)
    assert key_of(other) == key_of(SPEC)
    assert len(key_of(SPEC)) == 64
    import hashlib

    text = '{"data":{"n":3,"name":"a"},"flag":true,"format":1,"lambda":0.5,"seeds":[0,1]}'
    assert key_of(SPEC) == hashlib.sha256(text.encode()).hexdigest()


def test_key_survives_json():
    assert key_of(json.loads(json.dumps(SPEC))) == key_of(SPEC)


@pytest.mark.parametrize(
    "change",
    [
        {"lambda": 0.5000000000000001},
        {"seeds": [1, 0]},
        {"seeds": [0, 1, 2]},
        {"flag": False},
        {"flag": 1},
        {"data": {"name": "a", "n": 4}},
        {"data": {"name": "b", "n": 3}},
        {"data": {"name": "a", "n": 3, "more": None}},
        {"new": 0},
    ],
    ids=str,
)
def test_every_field_is_in_the_key(change):
    assert key_of({**SPEC, **change}) != key_of(SPEC)


@pytest.mark.parametrize("field", SPEC)
def test_a_field_left_out_changes_the_key(field):
    assert key_of({k: v for k, v in SPEC.items() if k != field}) != key_of(SPEC)
