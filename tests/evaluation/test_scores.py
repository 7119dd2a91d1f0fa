"""The area under the ROC curve against its definition over all pairs, and its interval against DeLong's formula and
against people drawn again.
"""

import json
import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fairviz.cli import main
from fairviz.data.sources import load_dataset
from fairviz.evaluation.protocol import drawn, trained
from fairviz.evaluation.scores import AUC


def people(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scores, many of them tied."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.3).astype(int)
    return y, np.round(0.8 * y + rng.normal(size=n), 1)


@pytest.mark.parametrize("seed", range(5))
def test_value_and_interval_by_all_pairs(seed: int) -> None:
    y, score = people(120, seed)
    yes, no = score[y == 1], score[y == 0]
    wins = (yes[:, None] > no[None, :]) + 0.5 * (yes[:, None] == no[None, :])
    variance = wins.mean(1).var(ddof=1) / len(yes) + wins.mean(0).var(ddof=1) / len(no)
    value, low, high = AUC.span(y, score)
    assert value == pytest.approx(wins.mean())
    assert value == pytest.approx(roc_auc_score(y, score))
    assert (low, high) == pytest.approx((value - 1.959964 * variance**0.5, value + 1.959964 * variance**0.5))


def test_the_interval_is_as_wide_as_chance() -> None:
    values = [AUC(*people(400, seed)) for seed in range(300)]
    widths = [AUC.span(*people(400, seed)) for seed in range(30)]
    assert np.mean([high - low for _, low, high in widths]) == pytest.approx(3.92 * np.std(values, ddof=1), rel=0.12)


def test_without_both_labels_there_is_no_value() -> None:
    assert math.isnan(AUC(np.array([0, 0, 0]), np.array([0.1, 0.2, 0.3])))
    assert math.isnan(AUC(np.array([0, 0, 1]), np.array([0.1, 0.2, 0.3])))


def test_evaluate_tells_the_auc_of_models_that_give_scores(tmp_path, capsys) -> None:
    source, target = load_dataset("simulated").leave_out("East")
    path = tmp_path / "rows.csv"
    rows = drawn(source, 3000, 1).frame
    rows.to_csv(path, index=False)
    argv = ["evaluate", str(path), "--dataset", "simulated", "--target", "East", "--classifier", "logistic_regression"]
    assert main([*argv, "--json"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    model = trained(rows, target, "logistic_regression")
    wanted = roc_auc_score(target.y, model.model.predict_proba(model.codes(target.features))[:, 1])
    assert results["given rows"]["metrics"]["auc"]["value"] == pytest.approx(wanted, abs=1e-9)
    assert results["real source rows"]["metrics"]["auc"]["low"] > 0.6
    assert "auc" not in results["constant predictor"]["metrics"]
