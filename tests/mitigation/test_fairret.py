"""fairret: it closes the gap that it names, and looks at no group without a weight."""

import itertools

import numpy as np
import pytest

from fairviz.evaluation import CLASSIFIERS
from tests.mitigation.tasks import draw, in_words, predict, task_on


def test_fairret_without_weight_does_not_look_at_groups(split):
    (columns, y, z), target = split
    other = np.random.default_rng(0).permutation(z)
    plain = [
        predict("fairret", task_on((columns, y, groups), target), {"constraint": c, "weight": 0.0})
        for groups, c in itertools.product((z, other), ("dp", "eop"))
    ]
    assert all((found == plain[0]).all() for found in plain)
    task = task_on(*split)
    assert in_words(plain[0], task)[0] == pytest.approx(in_words(predict("unmitigated", task, {}), task)[0], abs=0.02)


@pytest.mark.parametrize(("constraint", "which"), [("dp", 1), ("eop", 2)])
def test_fairret_closes_the_gap_that_it_names(constraint, which):
    task = task_on(draw(4000, 1), draw(4000, 2))
    plain, fair = (
        in_words(predict("fairret", task, {"constraint": constraint, "weight": weight}), task) for weight in (0.0, 2.0)
    )
    assert plain[which][1] - plain[which][0] > 0.15
    assert abs(fair[which][1] - fair[which][0]) < 0.4 * (plain[which][1] - plain[which][0])
    assert fair[0] > 0.6  # not by a constant answer


def test_fairret_is_a_network_whatever_the_classifier(split):
    setting = {"constraint": "dp", "weight": 0.3}
    answers = [predict("fairret", task_on(*split, classifier=name), setting) for name in CLASSIFIERS]
    assert all((found == answers[0]).all() for found in answers)


def test_fairret_where_a_group_is_in_the_target_only(split):
    """The groups that the source has are still held to its rate."""
    columns, y, z = split[1]
    task = task_on(split[0], (columns, y, np.where(np.arange(len(z)) % 10 == 0, 2, z)))
    assert len(task.source.groups) == 3
    plain, fair = (predict("fairret", task, {"constraint": "dp", "weight": weight}) for weight in (0.0, 2.0))
    gaps = [found[z == 1].mean() - found[z == 0].mean() for found in (plain, fair)]
    assert gaps[1] < 0.5 * gaps[0]
