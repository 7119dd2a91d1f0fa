"""How settings are declared, checked and written: every answer by hand."""

import json

import pytest

from fairviz.errors import SettingError
from fairviz.settings import Dial, Parameter, canonical, spread, text_of, wording

SHARE = Parameter("share", symbol="share")
ROUNDS = Parameter("rounds", 3, low=1, high=9, whole=True, symbol="rounds")
LABEL = Parameter("label", 1, whole=True)
MODE = Parameter("mode", choices=("slow", "fast"), symbol="mode")
CONTROL = Parameter("control", "dp", choices=("dp", "eop"), beside=("price", "second"))
SECOND = Parameter("second", 0.0, high=10.0, symbol="λ_2", neutral=True)
PRICE = Parameter("price", 0.0, high=10.0, symbol="λ", neutral=True)
SHARP = Parameter("sharp", 1.0, high=10.0, symbol="λ_y", neutral=True)
PRICED = (CONTROL, SHARP, SECOND, PRICE)


# canonical


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({}, {}),
        ({"price": 0.0}, {}),
        ({"price": 0}, {}),
        ({"control": "eop"}, {}),  # a control without a price does nothing
        ({"control": "eop", "price": 0.0, "sharp": 1}, {}),
        ({"price": 0.2}, {"control": "dp", "price": 0.2}),  # the control that is meant is said
        ({"control": "dp", "price": 0.2}, {"control": "dp", "price": 0.2}),
        ({"price": 0.2, "control": "eop"}, {"control": "eop", "price": 0.2}),
        ({"control": "eop", "second": 3}, {"control": "eop", "second": 3.0}),
        ({"sharp": 2.0}, {"sharp": 2.0}),  # stands alone
        ({"control": "eop", "sharp": 2.0}, {"sharp": 2.0}),
        ({"sharp": 2, "price": 1}, {"control": "dp", "sharp": 2.0, "price": 1.0}),
        ({"sharp": 0.0}, {"sharp": 0.0}),  # 0 is not its default, so it does something
    ],
)
def test_a_setting_is_written_in_one_way(given, written):
    found = canonical("priced", PRICED, given)
    assert found == written
    assert canonical("priced", PRICED, found) == found


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({"share": 0.5, "mode": "fast"}, {"share": 0.5, "rounds": 3, "label": 1, "mode": "fast"}),
        ({"share": 1, "mode": "slow", "rounds": 3}, {"share": 1.0, "rounds": 3, "label": 1, "mode": "slow"}),
        ({"share": 0, "mode": "slow", "rounds": 9.0}, {"share": 0.0, "rounds": 9, "label": 1, "mode": "slow"}),
        ({"share": 1, "mode": "slow", "label": 0}, {"share": 1.0, "rounds": 3, "label": 0, "mode": "slow"}),
    ],
)
def test_defaults_that_do_something_are_written(given, written):
    found = canonical("mine", (SHARE, ROUNDS, LABEL, MODE), given)
    assert found == written
    assert list(found) == ["share", "rounds", "label", "mode"]  # in the order of the parameters
    assert [type(found[name]) for name in found] == [float, int, int, str]


def test_alike_settings_have_one_text():
    """Whatever the order, the type of a number, or the sign of nothing."""
    alike = [
        {"share": 0.0, "mode": "fast"},
        {"mode": "fast", "share": 0},
        {"share": -0.0, "mode": "fast", "rounds": 3.0, "label": 1.0},
    ]
    texts = {text_of(canonical("mine", (SHARE, ROUNDS, LABEL, MODE), setting)) for setting in alike}
    assert texts == {'{"label": 1, "mode": "fast", "rounds": 3, "share": 0.0}'}
    assert json.loads(texts.pop()) == {"share": 0.0, "rounds": 3, "label": 1, "mode": "fast"}


def test_the_setting_given_is_not_changed():
    given = {"control": "eop", "price": 0}
    canonical("priced", PRICED, given)
    assert given == {"control": "eop", "price": 0}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"share": 0.5, "colour": 1}, r"^mine has no setting 'colour'; it has share, rounds, mode\.$"),
        ({}, r"^mine needs the setting 'share', such as 1\.0\.$"),
        ({"share": 0.5}, r"^mine needs the setting 'mode', such as 'slow'\.$"),
        ({"share": 1.5, "mode": "slow"}, r"^mine: share is 1\.5; choose a number from 0 to 1\.$"),
        ({"share": -0.1, "mode": "slow"}, r"^mine: share is -0\.1; choose a number from 0 to 1\.$"),
        ({"share": float("nan"), "mode": "slow"}, r"^mine: share is nan; choose a number from 0 to 1\.$"),
        ({"share": float("inf"), "mode": "slow"}, r"^mine: share is inf;"),
        ({"share": "0.5", "mode": "slow"}, r"^mine: share is '0\.5'; choose a number"),
        ({"share": True, "mode": "slow"}, r"^mine: share is True; choose a number"),
        ({"share": None, "mode": "slow"}, r"^mine: share is None; choose a number"),
        ({"share": [0.5], "mode": "slow"}, r"^mine: share is \[0\.5\]; choose a number"),
        ({"share": 0.5, "mode": "slow", "rounds": 2.5}, r"^mine: rounds is 2\.5; choose a whole number from 1 to 9\.$"),
        ({"share": 0.5, "mode": "slow", "rounds": 0}, r"^mine: rounds is 0; choose a whole number from 1 to 9\.$"),
        ({"share": 0.5, "mode": "slow", "rounds": float("nan")}, r"^mine: rounds is nan; choose a whole number"),
        ({"share": 0.5, "mode": "brisk"}, r"^mine: mode is 'brisk'; choose one of slow, fast\.$"),
        ({"share": 0.5, "mode": ["slow"]}, r"^mine: mode is \['slow'\]; choose one of slow, fast\.$"),
    ],
)
def test_what_is_refused_and_how(setting, message):
    with pytest.raises(SettingError, match=message):
        canonical("mine", (SHARE, ROUNDS, MODE), setting)


def test_a_method_without_settings_says_so():
    assert canonical("mine", (), {}) == {}
    with pytest.raises(SettingError, match=r"^mine has no setting 'share'; it has none\.$"):
        canonical("mine", (), {"share": 1.0})


# in words


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({}, "λ 0"),  # nothing done: the last of what could be
        ({"control": "dp", "price": 0.2}, "λ 0.2"),  # a choice without a symbol goes without saying
        ({"control": "dp", "price": 0.2, "sharp": 2.0}, "λ_y 2, λ 0.2"),
        ({"price": 0.2, "second": 0.025, "control": "eop"}, "λ_2 0.025, λ 0.2"),  # in the order of the parameters
        ({"sharp": 0.0}, "λ_y 0"),
        ({"control": "dp", "price": 1e-05}, "λ 1e-05"),
    ],
)
def test_words_of_a_priced_setting(setting, words):
    assert wording(PRICED, setting) == words


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"share": 0.25, "rounds": 3, "label": 1, "mode": "slow"}, "share 0.25, rounds 3, slow"),
        ({"share": 1.0}, "share 1"),
        ({"label": 1}, "–"),  # told by no symbol
        ({}, "–"),
    ],
)
def test_words_of_a_setting_without_a_neutral_number(setting, words):
    assert wording((SHARE, ROUNDS, LABEL, MODE), setting) == words


def test_words_take_parameters_from_any_iterable():
    assert wording(iter(PRICED), {}) == "λ 0"
    assert wording((), {}) == "–"


# dials


FIVE = spread("share", (0.1, 0.2, 0.3, 0.4, 0.5), mode="fast")


def test_spread_by_hand():
    assert spread("share", (0.1, 0.2)) == ({"share": 0.1}, {"share": 0.2})
    assert spread("price", iter([1, 2]), control="eop") == (
        {"control": "eop", "price": 1},
        {"control": "eop", "price": 2},
    )
    assert spread("share", ()) == ()


@pytest.mark.parametrize(
    ("light", "quick", "at"),
    [
        ((), (), {"full": FIVE, "light": FIVE[::2], "quick": FIVE[::2]}),
        (FIVE[1:3], (), {"full": FIVE, "light": FIVE[1:3], "quick": FIVE[1:3]}),
        ((), FIVE[:1], {"full": FIVE, "light": FIVE[::2], "quick": FIVE[:1]}),
        (FIVE[1:3], FIVE[:1], {"full": FIVE, "light": FIVE[1:3], "quick": FIVE[:1]}),
    ],
)
def test_positions_of_a_dial(light, quick, at):
    dial = Dial("mine", "Mine", FIVE, light=light, quick=quick)
    assert {level: dial.at(level) for level in at} == at
    assert dial.at() == FIVE


def test_every_second_position_is_the_first_third_and_fifth():
    assert [s["share"] for s in Dial("mine", "Mine", FIVE).at("light")] == [0.1, 0.3, 0.5]


def test_a_dial_without_positions_of_its_own_has_one():
    assert [Dial("mine", "Mine").at(level) for level in ("full", "light", "quick")] == [({},)] * 3
