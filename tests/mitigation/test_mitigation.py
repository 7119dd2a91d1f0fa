"""What holds for every mitigation: the same seed gives the same answers, and what is refused."""

import numpy as np
import pytest
import torch

from fairviz.errors import DataError, SettingError
from fairviz.evaluation import CLASSIFIERS
from fairviz.experiments.methods import method_named
from fairviz.mitigation import MITIGATIONS, base
from fairviz.mitigation.base import Task
from fairviz.settings import REFERENCE
from tests.mitigation.tasks import SETTINGS, draw, predict, task_on


def test_a_task_draws_rows_without_replacement():
    number = np.arange(200)
    source = task_on(({"number": number}, number % 2, number % 3 == 0)).source
    drawn = Task.of(source, source, "mlp", seed=3, n=150).source
    found = drawn.frame["number"].to_numpy()
    assert len(drawn) == len(set(found)) == 150
    assert set(found) < set(number)
    assert (drawn.y == found % 2).all()  # rows stay whole
    assert (Task.of(source, source, "mlp", seed=3, n=150).source.frame["number"] == found).all()
    assert (Task.of(source, source, "mlp", seed=4, n=150).source.frame["number"] != found).any()
    for n in (None, 200, 5000):
        assert Task.of(source, source, "mlp", seed=3, n=n).source.frame["number"].tolist() == number.tolist()


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("tilted", {}),
        ("tilted", {"control": "eop", "lambda_z": 0.0}),
        ("tilted", {"control": "dp_eop", "lambda_z": 0.0, "lambda_eop": 0.0}),
        ("reweighing", {"share": 0.0}),
        ("steering", {"share": 0.0}),
        ("overwrite", {"share": 0.0}),
    ],
)
def test_a_dial_at_zero_is_unmitigated_bit_for_bit(split, classifier, name, setting):
    task = task_on(*split, classifier=classifier)
    assert (predict(name, task, setting) == predict("unmitigated", task, {})).all()


def test_every_mitigation_is_covered_here():
    assert set(SETTINGS) == set(MITIGATIONS)


@pytest.mark.parametrize("name", list(MITIGATIONS))
def test_the_same_seed_gives_the_same_answers(name, split):
    """Also after other mitigations have used the task, and whatever the state of the global generators."""
    task = task_on(*split, seed=1)
    answers = []
    for state, used in enumerate((task, task, task_on(*split, seed=1))):
        np.random.seed(state)  # noqa: NPY002
        torch.manual_seed(state)
        before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
        answers.append(predict(name, used, SETTINGS[name]))
        assert (np.random.get_state()[1] == before[0]).all()  # noqa: NPY002
        assert (torch.get_rng_state() == before[1]).all()
        predict("overwrite", used, {"share": 0.9})
    assert all((found == answers[0]).all() for found in answers)
    assert answers[0].shape == (len(task.target),)
    assert answers[0].dtype == np.int64
    assert set(answers[0]) <= {0, 1}


@pytest.mark.parametrize("name", ["overwrite", "fairret"])
def test_another_seed_gives_other_answers(name, split):
    first, second = (predict(name, task_on(*split, seed=seed), SETTINGS[name]) for seed in (0, 1))
    assert (first != second).any()


@pytest.mark.parametrize("name", list(MITIGATIONS))
def test_three_groups_and_cells_missing(name):
    """The third group is in 8 % of the rows; the target has a category and an empty cell that the source lacks."""
    rng = np.random.default_rng(0)

    def three(n, seed):
        columns, y, z = draw(n, seed)
        return columns, y, np.where(rng.random(n) < 0.08, 2, z)

    source, target = three(900, 1), three(600, 2)
    source[0]["merit"][:20] = np.nan
    target[0]["merit"][:20] = np.nan
    target[0]["sector"][:30] = "w"
    task = task_on(source, target)
    assert len(task.source.groups) == 3
    found = predict(name, task, SETTINGS[name])
    assert found.shape == (600,)
    assert set(found) <= {0, 1}
    if name not in ("constant", "overwrite"):
        assert (found == task.target.y).mean() > 0.6


def test_unknown_mitigation():
    with pytest.raises(SettingError, match=r"No method 'magic'. Choose one of .*'?unmitigated'?, .*fair_bayes"):
        method_named("magic")
    with pytest.raises(KeyError, match="magic"):
        MITIGATIONS["magic"]


@pytest.mark.parametrize("name", list(MITIGATIONS))
def test_unknown_setting(name, split):
    with pytest.raises(SettingError, match=rf"^{name} has no setting 'colour'; it has "):
        predict(name, task_on(*split), {**SETTINGS[name], "colour": 1})


def test_missing_setting(split):
    with pytest.raises(SettingError, match=r"^overwrite needs the setting 'share', such as 1.0"):
        predict("overwrite", task_on(*split), {})


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("exponentiated_gradient", {"constraint": "both", "bound": 0.1}),
        ("grid_search", {"constraint": "both", "index": 1}),
        ("grid_search", {"constraint": "dp", "index": 9}),
        ("threshold_optimizer", {"constraint": "both"}),
        ("fairret", {"constraint": "both", "weight": 0.1}),
        ("overwrite", {"share": 0.5, "label": 2}),
        ("overwrite", {"share": 0.5, "label": 0.5}),
        ("reweighing", {"share": 1.6}),
        ("reweighing", {"share": float("nan")}),
        ("steering", {"share": -0.1}),
        ("steering", {"share": "1"}),
        ("fair_bayes", {"multiplier_dp": float("inf")}),
        ("tilted", {"control": "magic", "lambda_z": 0.1}),
        ("tilted", {"control": "dp", "lambda_z": 10.5}),
        ("tilted", {"control": "eop", "lambda_z": 0.1, "lambda_eop": 0.1}),
    ],
)
def test_a_value_that_the_dial_does_not_have(name, setting, split):
    with pytest.raises(SettingError):
        predict(name, task_on(*split), setting)


def test_unknown_classifier(split):
    for name in ("unmitigated", "grid_search"):
        with pytest.raises(SettingError, match="forest"):
            predict(name, task_on(*split, classifier="forest"), SETTINGS[name])


def test_mitigations_use_the_downstream_models():
    assert base.CLASSIFIERS is CLASSIFIERS


@pytest.mark.parametrize("name", list(MITIGATIONS))
def test_a_source_with_one_label(name, split):
    """References answer; whatever has to learn says what is missing."""
    columns, y, z = split[0]
    task = task_on((columns, np.ones_like(y), z), split[1])
    if name in ("constant", "unmitigated", "overwrite"):
        assert predict(name, task, SETTINGS[name]).tolist() == [1] * len(task.target)
    else:
        with pytest.raises(DataError, match="one class only"):
            predict(name, task, SETTINGS[name])


def test_dials_and_keys_have_one_name_each():
    """Dials are compared by name, over all mitigations; a class answers under the name that it is registered by."""
    made = [MITIGATIONS[name] for name in MITIGATIONS]
    dials = [dial.name for mitigation in made for dial in mitigation.dials]
    assert [mitigation.name for mitigation in made] == list(MITIGATIONS)
    assert len(set(dials)) == len(dials)
    assert [m.name for m in made if m.needs_group] == ["threshold_optimizer"]
    assert {m.name for m in made if m.kind == REFERENCE} == {"unmitigated", "overwrite", "constant", "fair_bayes"}
