"""References: the constant answer, the downstream model, and answers overwritten at random."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tests.mitigation.tasks import draw, in_words, predict, task_on


@pytest.mark.parametrize(("favourable", "answer"), [(4, 0), (6, 1)])
def test_constant_is_the_sources_more_frequent_label(favourable, answer):
    y = np.arange(10) < favourable
    target = {"a": np.arange(4.0)}, [answer] + [1 - answer] * 3, [0, 1] * 2
    task = task_on(({"a": np.arange(10.0)}, y, [0, 1] * 5), target)
    assert predict("constant", task, {}).tolist() == [answer] * 4


def test_unmitigated_is_the_downstream_model(split):
    task = task_on(*split)
    x, x_target = (np.column_stack([c["merit"], c["rank"], c["sector"] == "u"]) for c, _, _ in split)
    scaler = StandardScaler().fit(x)
    wanted = LogisticRegression().fit(scaler.transform(x), split[0][1]).predict(scaler.transform(x_target))
    assert (predict("unmitigated", task, {}) == wanted).mean() > 0.995


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("share", [0.1, 0.4])
def test_overwriting_a_share_by_hand(share, label):
    """Accuracy moves on the line to that of the constant answer, every rate on the line to the label."""
    n = 20_000
    task = task_on(draw(500, 1), draw(n, 2))
    accuracy, rates, tprs = in_words(predict("unmitigated", task, {}), task)
    found = in_words(predict("overwrite", task, {"share": share, "label": label}), task)
    spread = 0.5 * np.sqrt(share / n)  # no more than share x n answers change
    assert found[0] == pytest.approx((1 - share) * accuracy + share * (task.target.y == label).mean(), abs=4 * spread)
    assert found[1] == pytest.approx((1 - share) * rates + share * label, abs=6 * spread)
    assert found[2] == pytest.approx((1 - share) * tprs + share * label, abs=10 * spread)


def test_overwriting_none_and_all(split):
    task = task_on(*split)
    plain = predict("unmitigated", task, {}).copy()
    assert (predict("overwrite", task, {"share": 0.0}) == plain).all()
    assert (predict("overwrite", task, {"share": 1.0}) == 1).all()
    assert (predict("overwrite", task, {"share": 1.0, "label": 0}) == 0).all()
    assert (predict("unmitigated", task, {}) == plain).all()
