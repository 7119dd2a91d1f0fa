"""Downstream classifiers: trained on given rows, asked about the target's."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairviz.errors import DataError, SettingError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.numerics import settle
from fairviz.text import listing, quoted

MAX_NATIVE_CATEGORIES = 254


class FeatureCodes:
    """Feature frame -> float matrix of numbers and category codes, the same codes for training and target rows.

    Codes, not text, go to scikit-learn: its encoders are ten times faster on them. A category that the
    training rows lack is missing (NaN) for every classifier.
    """

    def __init__(self, train: pd.DataFrame) -> None:
        self.names = list(train.columns)
        self.categories: dict[str, list[str]] = {}
        for name in self.names:
            if not pd.api.types.is_numeric_dtype(train[name]):
                counts = train[name].value_counts()
                counts = counts[counts > 0]
                self.categories[name] = list(counts.index[:MAX_NATIVE_CATEGORIES])
        self.is_category = [name in self.categories for name in self.names]

    @classmethod
    def of(cls, names: list[str], categories: dict[str, list[str]]) -> FeatureCodes:
        """Those of training rows that are not at hand: all features, and the known categories of those of text."""
        codes = cls.__new__(cls)
        codes.names, codes.categories = names, categories
        codes.is_category = [name in categories for name in names]
        return codes

    def __call__(self, frame: pd.DataFrame) -> np.ndarray:
        """Shape (n, number of features)."""
        out = np.empty((len(frame), len(self.names)))
        for j, name in enumerate(self.names):
            column = frame[name]
            if name in self.categories:
                kinds = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")
                codes = kinds.cat.set_categories(self.categories[name]).cat.codes.to_numpy(float)
                out[:, j] = np.where(codes < 0, np.nan, codes)
            else:
                out[:, j] = column.to_numpy(float, na_value=np.nan)
        return out


def linear_input(codes: FeatureCodes) -> ColumnTransformer:
    """One-hot categories, standardised numbers (missing numbers to the mean)."""
    from sklearn.impute import SimpleImputer

    category = [j for j, flag in enumerate(codes.is_category) if flag]
    number = [j for j, flag in enumerate(codes.is_category) if not flag]
    return ColumnTransformer(
        [
            ("category", OneHotEncoder(handle_unknown="ignore"), category),
            ("number", make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler()), number),
        ],
        sparse_threshold=0.0,
    )


def logistic_regression(codes: FeatureCodes, seed: int) -> Pipeline:
    """Logistic regression on one-hot categories and standardised numbers."""
    return make_pipeline(linear_input(codes), LogisticRegression(max_iter=300, random_state=seed))


def gradient_boosting(codes: FeatureCodes, seed: int) -> ClassifierMixin:
    """Histogram gradient boosting with native categories."""
    return HistGradientBoostingClassifier(
        categorical_features=codes.is_category, early_stopping=False, random_state=seed
    )


def mlp(codes: FeatureCodes, seed: int) -> Pipeline:
    """One hidden layer of 32, stopped early on a tenth of the training rows."""
    net = MLPClassifier((32,), batch_size=256, learning_rate_init=3e-3, early_stopping=True, n_iter_no_change=4,
                        max_iter=40, random_state=seed)  # fmt: skip
    return make_pipeline(linear_input(codes), net)


#: Models whose fit is the same for every seed: lbfgs starts at 0, and boosting without early stopping draws nothing
#: (from 200,000 rows on it would draw those that its bins are made of).
SEEDLESS = ("logistic_regression", "gradient_boosting")
#: Fewest training rows; the small network keeps a tenth aside, with rows of both classes.
FEWEST = {"mlp": 20}
FEWEST_ROWS = 10


def _check_rows(labels: np.ndarray, classifier: str) -> None:
    fewest, smaller = FEWEST.get(classifier, FEWEST_ROWS), int(np.bincount(labels.astype(np.int64)).min())
    if len(labels) < fewest or smaller < 2:
        raise DataError(
            f"{classifier} needs {fewest} training rows or more with two of each class or more; found {len(labels)} "
            f"row(s), {smaller} of the smaller class. Give more rows, or name another classifier."
        )


@dataclass(frozen=True)
class Model:
    """A downstream classifier that was trained, asked about frames of features.

    Attributes
    ----------
    codes : FeatureCodes
    model : object
        With scikit-learn's ``predict`` and ``predict_proba``.
    """

    codes: FeatureCodes
    model: Any

    @classmethod
    def fit(
        cls, train: pd.DataFrame, labels: np.ndarray, *, classifier: str, seed: int, weights: np.ndarray | None = None
    ) -> Model:
        """Train on features (n, F) with 0/1 labels (n,) and optional row weights (n,).

        With one class only in ``labels`` the answer is that class for everyone.

        Raises
        ------
        SettingError
            Unknown classifier.
        DataError
            Too few rows.
        """
        codes = FeatureCodes(train)
        return cls(codes, fitted(codes, codes(train), labels, classifier=classifier, seed=seed, weights=weights))

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """0/1 for every row, (m,)."""
        return np.asarray(self.model.predict(self.codes(features)), np.int64)

    def score(self, features: pd.DataFrame) -> np.ndarray | None:
        """How much speaks for the favourable label, (m,): its probability, or what the model has; None if it has none.

        All alike where only one label was seen.
        """
        if hasattr(self.model, "predict_proba"):
            found = np.asarray(self.model.predict_proba(self.codes(features)))
            return found[:, 1] if found.shape[1] == 2 else np.zeros(len(found))
        if hasattr(self.model, "decision_function"):
            return np.asarray(self.model.decision_function(self.codes(features)))
        return None


def fitted(
    codes: FeatureCodes,
    x: np.ndarray,
    labels: np.ndarray,
    *,
    classifier: str,
    seed: int,
    weights: np.ndarray | None = None,
) -> Any:
    """A downstream classifier fit on coded rows x (n, F); see :meth:`Model.fit`."""
    if classifier not in CLASSIFIERS:
        raise SettingError(f"No classifier {quoted(classifier)}. Choose one of {listing(list(CLASSIFIERS))}.")
    model: Any = CLASSIFIERS[classifier](codes, seed)
    if len(np.unique(labels)) < 2:
        model = DummyClassifier()
    else:
        _check_rows(labels, classifier)
    settle()
    given = {} if weights is None else {weight_name(model): weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a cap on iterations is part of the model's definition
        return model.fit(x, labels, **given)


def weight_name(model: Any) -> str:
    """What ``fit`` calls the rows' weights."""
    return f"{model.steps[-1][0]}__sample_weight" if isinstance(model, Pipeline) else "sample_weight"
