"""Downstream training and testing, against scikit-learn used directly."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fairviz.data import load_dataset
from fairviz.errors import SettingError
from fairviz.evaluation import CLASSIFIERS, constant_predictor, evaluate, real_data_model
from tests.evaluation.downstream import fit_predict


@pytest.fixture(scope="module")
def split():
    return load_dataset("simulated", n=6000).leave_out("North")


def test_counts_are_a_cross_tabulation(split) -> None:
    source, target = split
    counts = evaluate(source.frame, target, classifier="logistic_regression", seed=0)
    predicted = fit_predict(source.features, source.y, target.features, classifier="logistic_regression", seed=0)
    table = pd.crosstab([target.frame["group"].astype(str), target.y], predicted)
    for k, group in enumerate(target.groups):
        for y in (0, 1):
            assert counts.table[0, k, y].tolist() == table.loc[(group, y)].tolist()
    assert counts.table.sum() == len(target)


def test_logistic_regression_is_scikit_learns(split) -> None:
    source, target = split
    both = pd.get_dummies(pd.concat([source.features, target.features]), columns=["degree", "sector"]).astype(float)
    train, test = both.iloc[: len(source)].copy(), both.iloc[len(source) :].copy()
    numbers = ["skill", "experience"]
    scaler = StandardScaler().fit(train[numbers])
    train[numbers], test[numbers] = scaler.transform(train[numbers]), scaler.transform(test[numbers])
    wanted = LogisticRegression(max_iter=1000).fit(train, source.y).predict(test)
    found = fit_predict(source.features, source.y, target.features, classifier="logistic_regression", seed=0)
    assert (found == wanted).mean() > 0.998


def test_gradient_boosting_sees_native_categories(split) -> None:
    source, target = split
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", early_stopping=False, random_state=0)
    wanted = model.fit(source.features, source.y).predict(target.features)
    found = fit_predict(source.features, source.y, target.features, classifier="gradient_boosting", seed=0)
    assert (found == wanted).mean() > 0.99


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_unseen_categories_and_missing_numbers(classifier: str) -> None:
    rng = np.random.default_rng(0)
    train = pd.DataFrame({"a": rng.normal(size=300), "c": pd.Categorical(rng.choice(["u", "v"], 300))})
    train.loc[:20, "a"] = np.nan
    test = pd.DataFrame({"a": [0.1, np.nan], "c": pd.Categorical(["new", "u"])})
    labels = (train["c"] == "u").to_numpy(int)
    predicted = fit_predict(train, labels, test, classifier=classifier, seed=0)
    assert predicted.shape == (2,)
    assert predicted[1] == 1


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_one_class_in_training_answers_that_class(split, classifier: str) -> None:
    source, target = split
    only = source.frame[source.y == 1]
    counts = evaluate(only, target, classifier=classifier)
    assert counts.table[..., 0].sum() == 0
    assert counts.table[..., 1].sum() == len(target)


def test_baselines(split) -> None:
    source, target = split
    constant = constant_predictor(source, target)
    assert constant.table[..., 1].sum() == 0  # "not hired" is the more frequent label
    assert constant.table[0, :, 0, 0].sum() == (target.y == 0).sum()
    real = real_data_model(source, target, classifier="logistic_regression")
    accuracy = (real.table[0, :, 0, 0].sum() + real.table[0, :, 1, 1].sum()) / len(target)
    assert accuracy > (target.y == 0).mean() + 0.05


def test_unknown_classifier(split) -> None:
    source, target = split
    with pytest.raises(SettingError, match=r"No classifier .forest.*logistic_regression"):
        evaluate(source.frame, target, classifier="forest")
