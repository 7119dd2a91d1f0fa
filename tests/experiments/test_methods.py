"""Methods and their dials: what they declare can be run."""

import inspect
import json

import pytest

from fairviz.errors import SettingError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.experiments.methods import METHODS, line_named, lines, method_named
from fairviz.experiments.plans import TABLE_DIALS
from fairviz.experiments.trial import Trial
from fairviz.mitigation import MITIGATIONS
from fairviz.settings import GENERATOR, MITIGATION, REFERENCE
from fairviz.synthesizers import SYNTHESIZERS
from fairviz.synthesizers.guided import guided_chunks
from fairviz.synthesizers.hyper import LATER, PRESETS, Preset
from fairviz.synthesizers.pool import Pool

#: Settings that are no numbers.
TEXT = ("control", "constraint")


def test_every_method_can_be_run() -> None:
    """What a method declares is what its maker takes."""
    assert list(METHODS) == [
        "fadm", "fadm_preview", *(name for name in SYNTHESIZERS if name != "fadm"), *MITIGATIONS
    ]  # fmt: skip
    for name, method in METHODS.items():
        assert name in METHODS
        assert method_named(name) == method
        assert method.name == name
        assert method.kind in (GENERATOR, MITIGATION, REFERENCE)
        assert (method.kind == GENERATOR) == (name in SYNTHESIZERS or name == "fadm_preview"), name
        assert method.dials
        assert not method.only or method.only in CLASSIFIERS
        told = {parameter.name for parameter in method.parameters}
        asked = {key for dial in method.dials for setting in dial.positions for key in setting}
        assert asked <= told, name
        if method.synthesizer:
            in_fit = {parameter.name for parameter in method.parameters if parameter.in_fit}
            some = {dial.name: setting for dial in method.dials for setting in dial.positions}
            for setting in some.values():
                asked = method.hyper_parameters(method.canonical(setting), 1)
                assert asked.keys() <= set(method.made().get_params()) | LATER.keys()
            takes = [Pool.weights, Pool.draw] if method.pooled else [method.made.sample]
            takes += [guided_chunks] if name == "fadm" else []
            drawn = {p for one in takes for p in inspect.signature(one).parameters}
            drawn |= {*getattr(method.made, "settings", ())}
            assert told - in_fit <= drawn, name
        else:
            assert told == set(inspect.signature(method.made.answer).parameters) - {"self", "task"}, name
    with pytest.raises(SettingError, match=r"No method 'wat'.*'reweighing'"):
        method_named("wat")


def test_dials_have_names_of_their_own() -> None:
    found = lines()
    assert sum(len(method.dials) for method in METHODS.values()) == len(found)
    assert len({line.dial.title for line in found.values()}) == len(found)
    generators = {name for name, line in found.items() if line.method.synthesizer and not line.method.pooled}
    assert generators - set(TABLE_DIALS) == {"fadm_drawn"}  # the paper has no such labels
    soft = {name for name in found if name.startswith("fadm_soft")}
    rivals = set(TABLE_DIALS) - generators - soft
    assert len(soft) == 4
    assert soft < set(TABLE_DIALS)
    assert {found[name].method.kind for name in rivals} == {MITIGATION}
    assert not any(found[name].method.needs_group for name in rivals)
    assert {line.method.name for line in found.values()} == set(METHODS)
    assert line_named("tilted_eop") == found["tilted_eop"]
    with pytest.raises(SettingError, match=r"No dial 'fadm'.*'fadm_dp'"):
        line_named("fadm")


@pytest.mark.parametrize("name", list(lines()))
def test_positions(name) -> None:
    line = line_named(name)
    full, light, quick = (line.positions(level) for level in ("full", "light", "quick"))
    assert full == [line.method.canonical(setting) for setting in line.dial.positions]
    for some in (full, light, quick):
        assert some
        texts = [json.dumps(s, sort_keys=True) for s in some]
        assert len(set(texts)) == len(texts)
        assert len({line.method.wording(s) for s in some}) == len(texts)  # told apart in the tables
    assert len(quick) <= len(light) <= len(full)
    assert len(quick) <= 3
    full, light, quick = ([{k: v for k, v in s.items() if k != "fits"} for s in some] for some in (full, light, quick))
    assert all(setting in full for setting in quick)
    for setting in light:
        alike = [s for s in full if set(s) == set(setting) and all(s[k] == v for k, v in setting.items() if k in TEXT)]
        for key, value in setting.items():
            if key not in TEXT:
                assert min(s[key] for s in alike) <= value <= max(s[key] for s in alike)


def test_fits_take_turns_over_seeds(dataset) -> None:
    """Six seeds, three fits: each is used twice; one fit, or no word of them: always the same."""
    best = {"labels": "boosted", "preset": "fairviz"}
    specs = {
        n: [Trial.of("fadm_preview", {**best, "fits": n}, "East", "mlp", s).fit_spec(dataset) for s in range(6)]
        for n in (1, 3)
    }
    assert [spec.params["random_state"] for spec in specs[3]] == [0, 1, 2, 0, 1, 2]
    assert [spec.params["random_state"] for spec in specs[1]] == [0] * 6
    for spec in [*specs[1], *specs[3]]:
        assert (spec.params["meta"], spec.params["n_iter"], spec.params["max_passes"]) == ("none", 4000, 100.0)
        assert spec.params["network"] == "residual"
    assert Trial.of("fadm", {}, "East", "mlp", 4).fit_spec(dataset).params["meta"] == "second_order"


def test_a_trial_of_a_preset_is_known_by_what_the_preset_means(monkeypatch) -> None:
    """What a preset's former training brought does not answer for its new one; trials without a preset stay."""
    trials = [Trial.of("fadm_preview", setting, "East", "mlp", 0) for setting in ({"preset": "fairviz"}, {})]
    before = [trial.key("0" * 64) for trial in trials]
    monkeypatch.setitem(PRESETS, "fairviz", Preset("longer", {"meta": "none", "n_iter": 13}, {}))
    assert [trial.key("0" * 64) == key for trial, key in zip(trials, before, strict=True)] == [False, True]


@pytest.mark.parametrize("name", list(lines()))
def test_what_a_table_says_of_a_dial_can_be_run(name) -> None:
    line = line_named(name)
    told = json.loads(json.dumps(line.about("light")))
    assert told["name"] == name
    assert told["title"]
    assert told["family"]
    assert told["kind"] == line.method.kind
    settings = [position["setting"] for position in told["positions"]]
    assert settings == line.positions("light")
    assert all(position["wording"] for position in told["positions"])
    for setting in settings:
        assert Trial.of(told["method"], setting, "East", "mlp", 0).position == setting  # written as it will be found
