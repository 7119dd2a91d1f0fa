"""Registries against modules made for the test, and a distribution that another package could have installed."""

import sys
import textwrap
import warnings
from collections.abc import Mapping
from itertools import count

import pytest

from fairviz.plugins import Registry

GROUP = "fairviz.testing"
_number = count()


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Writes a module onto the path and gives its name; it is no module any more after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    names = []

    def write(text: str) -> str:
        names.append(f"fairviz_plugin_{next(_number)}")
        (tmp_path / f"{names[-1]}.py").write_text(text)
        return names[-1]

    yield write
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def installed(tmp_path):
    """Puts a distribution with entry points of the group beside the modules."""

    def install(distribution: str, points: dict[str, str], group: str = GROUP) -> None:
        info = tmp_path / f"{distribution}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = "\n".join(f"{name} = {value}" for name, value in points.items())
        (info / "entry_points.txt").write_text(f"[{group}]\n{lines}\n")

    return install


def test_what_is_built_in_is_imported_when_it_is_asked_for(made):
    one, two = made("THING = ['one']"), made("THING = ['two']")
    registry = Registry(GROUP, {"one": f"{one}:THING", "two": f"{two}:THING"})
    assert list(registry) == ["one", "two"]
    assert len(registry) == 2
    assert "one" in registry
    assert "three" not in registry
    assert not {one, two} & set(sys.modules)
    assert registry["two"] == ["two"]
    assert two in sys.modules
    assert one not in sys.modules
    assert registry["two"] is registry["two"]
    assert isinstance(registry, Mapping)
    assert dict(registry) == {"one": ["one"], "two": ["two"]}


def test_an_unknown_name(made):
    registry = Registry(GROUP, {"one": f"{made('THING = 1')}:THING"})
    with pytest.raises(KeyError, match="other"):
        registry["other"]
    assert registry.get("other") is None
    assert registry.get("other", 7) == 7
    assert None not in registry


def test_a_module_that_cannot_be_imported_hides_no_other_name(made):
    bad = made("raise ImportError('needs a library that is not here')")
    registry = Registry(GROUP, {"bad": f"{bad}:THING", "good": f"{made('THING = 1')}:THING"})
    assert registry["good"] == 1
    for _ in range(2):  # and it is not remembered as something else
        with pytest.raises(ImportError, match="needs a library"):
            registry["bad"]
    assert list(registry) == ["bad", "good"]


def test_another_package_adds_its_own(made, installed):
    mine, theirs = made("THING = 'mine'"), made("class Box:\n    THING = 'theirs'\n")
    installed("other-package", {"theirs": f"{theirs}:Box.THING"})
    registry = Registry(GROUP, {"mine": f"{mine}:THING"})
    assert list(registry) == ["mine", "theirs"]  # what is built in first
    assert len(registry) == 2
    assert "theirs" in registry
    assert theirs not in sys.modules  # named, not loaded
    assert registry["theirs"] == "theirs"
    assert theirs in sys.modules
    assert registry["mine"] == "mine"


def test_entry_points_of_other_groups_are_not_asked(made, installed):
    installed("other-package", {"theirs": f"{made('THING = 1')}:THING"}, group="fairviz.somebody_elses")
    assert list(Registry(GROUP, {})) == []
    assert list(Registry("fairviz.somebody_elses", {})) == ["theirs"]


def test_reading_a_name_that_is_built_in_asks_for_no_entry_points(made, monkeypatch):
    def fail(**_):
        raise AssertionError("asked")

    monkeypatch.setattr("fairviz.plugins.entry_points", fail)
    registry = Registry(GROUP, {"one": f"{made('THING = 1')}:THING"})
    assert registry["one"] == 1
    assert "one" in registry
    with pytest.raises(AssertionError, match="asked"):
        "two" in registry  # noqa: B015


def test_a_taken_name_is_left_out_and_says_so(made, installed):
    mine, theirs = made("THING = 'mine'"), made("THING = 'theirs'\nMORE = 'more'")
    installed("other-package", {"taken": f"{theirs}:THING", "more": f"{theirs}:MORE"})
    registry = Registry(GROUP, {"taken": f"{mine}:THING"})
    with pytest.warns(UserWarning, match=rf"^{theirs}:THING: the name 'taken' in {GROUP} is taken\.$"):
        names = list(registry)
    assert names == ["taken", "more"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # said once
        assert registry["taken"] == "mine"
        assert len(registry) == 2
        assert registry["more"] == "more"


def test_of_two_packages_with_one_name_one_is_left_out(made, installed):
    first, second = made("THING = 1"), made("THING = 2")
    installed("first-package", {"new": f"{first}:THING"})
    installed("second-package", {"new": f"{second}:THING"})
    registry = Registry(GROUP, {})
    with pytest.warns(UserWarning, match=r":THING: the name 'new' in fairviz\.testing is taken") as said:
        assert list(registry) == ["new"]
    left_out = str(said[0].message).split(":")[0]
    assert registry["new"] == {first: 2, second: 1}[left_out]


def test_a_mitigation_of_another_package_is_a_method(made, installed, monkeypatch):
    """From the file in their package to a dial that can be named, compared and tried."""
    from fairviz import mitigation
    from fairviz.data.dataset import DomainDataset
    from fairviz.data.simulate import HIRING_SCHEMA, Hiring
    from fairviz.experiments import methods
    from fairviz.mitigation.base import Task
    from fairviz.mitigation.checks import check_mitigation

    name = made(
        textwrap.dedent(
            """
            import numpy as np
            from fairviz.mitigation.base import Mitigation
            from fairviz.settings import Dial, Parameter, spread

            class Everybody(Mitigation):
                name = "everybody"
                parameters = (Parameter("label", whole=True, symbol="label"),)
                dials = (Dial("everybody", "The same for all", spread("label", (0, 1))),)

                def answer(self, task, *, label):
                    return np.full(len(task.target), label)
            """
        )
    )
    installed("other-package", {"everybody": f"{name}:Everybody"}, group="fairviz.mitigations")
    fresh = Registry("fairviz.mitigations", mitigation.MITIGATIONS._builtin)
    monkeypatch.setattr(mitigation, "MITIGATIONS", fresh)
    monkeypatch.setattr(methods, "MITIGATIONS", fresh)
    assert list(methods.METHODS)[-1] == "everybody"
    line = methods.line_named("everybody")
    assert line.positions("full") == [{"label": 0}, {"label": 1}]
    assert line.about("full")["positions"][1] == {"setting": {"label": 1}, "wording": "label 1"}
    check_mitigation(line.method.made())
    rows = DomainDataset.from_frame("simulated", Hiring().sample(100, seed=0), HIRING_SCHEMA)
    source, target = rows.leave_out("West")
    assert set(line.method.made().predict(Task.of(source, target, "mlp", 0), {"label": 1})) == {1}
