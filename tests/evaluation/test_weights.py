"""Weighted training rows: a weight of two is the row twice, a weight of nothing is no row."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairviz.data import load_dataset
from fairviz.errors import SettingError
from fairviz.evaluation import CLASSIFIERS, Counts, evaluate
from fairviz.evaluation.downstream import FeatureCodes, fitted, weight_name
from tests.evaluation.downstream import fit_predict


@pytest.fixture(scope="module")
def split():
    return load_dataset("simulated", n=3000).leave_out("North")


def integer_weights(source) -> np.ndarray:
    """0 to 3, more for hired women: rows that would move the rule."""
    rng = np.random.default_rng(0)
    pull = (source.frame["group"] == "women").to_numpy() & (source.y == 1)
    return np.where(pull, rng.integers(2, 4, len(source)), rng.integers(0, 3, len(source)))


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_equal_weights_are_no_weights(split, classifier: str) -> None:
    source, target = split
    how = {"classifier": classifier, "seed": 3}
    plain = fit_predict(source.features, source.y, target.features, **how)
    ones = fit_predict(source.features, source.y, target.features, weights=np.ones(len(source)), **how)
    assert ones.tolist() == plain.tolist()
    assert 0.1 < plain.mean() < 0.9


def test_integer_weights_are_repeated_rows(split) -> None:
    """Nearly: numbers are standardised on rows, not on weights, which moves the penalty a little."""
    source, target = split
    weights = integer_weights(source)
    again = source.take(np.repeat(np.arange(len(source)), weights))
    how = {"classifier": "logistic_regression", "seed": 0}
    weighted = fit_predict(source.features, source.y, target.features, weights=weights.astype(float), **how)
    repeated = fit_predict(again.features, again.y, target.features, **how)
    plain = fit_predict(source.features, source.y, target.features, **how)
    assert (weighted == repeated).mean() > 0.995
    assert (weighted == plain).mean() < 0.97
    assert weighted.mean() > plain.mean() + 0.03


def test_integer_weights_are_repeated_rows_to_the_last_digits() -> None:
    """With categories alone nothing is standardised: the same probabilities."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({name: pd.Categorical(rng.choice(["u", "v", "w"], 400)) for name in ("a", "b")})
    labels = (rng.random(400) < np.where(frame["a"] == "u", 0.7, 0.3)).astype(int)
    weights = rng.integers(0, 4, 400) + (labels == 1)
    codes = FeatureCodes(frame)
    x, rows = codes(frame), np.repeat(np.arange(400), weights)
    how = {"classifier": "logistic_regression", "seed": 0}
    weighted = fitted(codes, x, labels, weights=weights.astype(float), **how).predict_proba(x)
    repeated = fitted(codes, x[rows], labels[rows], **how).predict_proba(x)
    plain = fitted(codes, x, labels, **how).predict_proba(x)
    assert np.abs(weighted - repeated).max() < 2e-3
    assert np.abs(weighted - plain).max() > 0.05


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_rows_without_weight_do_not_count(classifier: str) -> None:
    """Two populations with opposite labels: the weights say which of them is learnt."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.normal(size=1200), "c": pd.Categorical(rng.choice(["u", "v"], 1200))})
    first = np.arange(1200) % 2 == 0
    truth = frame["x"].to_numpy() > 0
    labels = (truth == first).astype(int)
    for kept, wanted in ((first, truth), (~first, ~truth)):
        found = fit_predict(frame, labels, frame, classifier=classifier, seed=0, weights=kept.astype(float))
        assert (found == wanted).mean() > 0.9


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_weights_move_the_share_of_yes(split, classifier: str) -> None:
    """Rows with the favourable label count four times: more people are told yes."""
    source, target = split
    how = {"classifier": classifier, "seed": 0}
    plain = fit_predict(source.features, source.y, target.features, **how).mean()
    more = fit_predict(source.features, source.y, target.features, weights=np.where(source.y, 4.0, 1.0), **how).mean()
    assert more > plain + 0.1


def test_weights_reach_the_test(split) -> None:
    source, target = split
    weights = integer_weights(source).astype(float)
    how = {"classifier": "logistic_regression", "seed": 0}
    predicted = fit_predict(source.features, source.y, target.features, weights=weights, **how)
    found = evaluate(source.frame, target, weights=weights, **how)
    assert found.table.tolist() == Counts.from_predictions(target, predicted).table.tolist()
    assert found.table.tolist() != evaluate(source.frame, target, **how).table.tolist()


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_one_class_with_weights_answers_that_class(split, classifier: str) -> None:
    source, target = split
    only = source.take(source.y == 0)
    predicted = fit_predict(
        only.features, only.y, target.features, classifier=classifier, seed=0, weights=np.linspace(0.5, 2, len(only))
    )
    assert predicted.tolist() == [0] * len(target)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (make_pipeline(StandardScaler(), LogisticRegression()), "logisticregression__sample_weight"),
        (HistGradientBoostingClassifier(), "sample_weight"),
        (LogisticRegression(), "sample_weight"),
        (DummyClassifier(), "sample_weight"),
    ],
)
def test_name_of_the_weights(model, name: str) -> None:
    assert weight_name(model) == name
    x, labels = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0, 1, 1, 0])
    model.fit(x, labels, **{name: np.array([1.0, 2.0, 1.0, 1.0])})  # and the model takes it


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_every_classifier_takes_weights(classifier: str) -> None:
    model = CLASSIFIERS[classifier](FeatureCodes(pd.DataFrame({"x": [0.0, 1.0]})), 0)
    wanted = {"logistic_regression": "logisticregression__sample_weight", "gradient_boosting": "sample_weight",
              "mlp": "mlpclassifier__sample_weight"}  # fmt: skip
    assert weight_name(model) == wanted[classifier]


def test_unknown_classifier_with_weights(split) -> None:
    source, target = split
    with pytest.raises(SettingError, match=r"No classifier .forest."):
        evaluate(source.frame, target, classifier="forest", weights=np.ones(len(source)))
