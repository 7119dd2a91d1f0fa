"""The best posterior: what real source rows say of a person's label and group, kept in a fit to label synthetic rows.

``p(y|x)`` alone decides what a downstream model learns from rows, and boosting on the real rows knows it better than
networks that see noised ones (docs/method.md, "Labels from the best posterior"). In the words of knowledge distillation
(Hinton, Vinyals and Dean 2015) the model that labels is the teacher.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from fairviz.data.dataset import DomainDataset
from fairviz.data.encoder import TableEncoder
from fairviz.errors import StoreError
from fairviz.evaluation.downstream import MAX_NATIVE_CATEGORIES, FeatureCodes
from fairviz.forest import CERTAIN, MAX_CODES, MAX_LEAVES, Forest
from fairviz.numerics import settle
from fairviz.posteriors import FEW_ROWS, boosted
from fairviz.synthesizers.stored import Form

BOOSTED, LINE = "boosted", "line"
#: What is asked: ``p(y|x)``, ``p(z|x)``, ``p(z|x, y=1)``.
ASKED = ("p_y", "p_z", "p_z1")
#: What a person should know of a fit whose source is small.
SMALL = "Boosted labels: the source has too few rows for boosting, so they come from a logistic regression on them."
NO_TEACHER = (
    "This fit was made by an earlier version of fairviz and knows no boosted labels. Its networks are still good: run "
    "'fairviz upgrade FOLDER' with the rows it was made from, or take labels='network'."
)


@dataclass(frozen=True)
class Answers:
    """What classifiers say of people's features.

    Attributes
    ----------
    p_y : ndarray, shape (n, 2)
        ``p(y | x)``.
    p_z, p_z1 : ndarray, shape (n, K)
        ``p(z | x)`` and ``p(z | x, y=1)``.
    """

    p_y: np.ndarray
    p_z: np.ndarray
    p_z1: np.ndarray

    def of(self, rows: np.ndarray) -> Answers:
        """Those about some of the people, by a mask or places."""
        return Answers(self.p_y[rows], self.p_z[rows], self.p_z1[rows])


@dataclass(frozen=True)
class Line:
    """Logistic regression: weights of float64, shape (D, C), on encoded rows, and base (C,)."""

    weights: np.ndarray
    base: np.ndarray

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """``p`` of each class, (n, C), for encoded rows x (n, D)."""
        return np.asarray(softmax(x @ self.weights + self.base, axis=1))


@dataclass(frozen=True)
class Teacher:
    """Three posteriors of a source, as arrays.

    Attributes
    ----------
    kind : str
        ``boosted``, or ``line`` where rows are few.
    categories : dict
        For every feature of text the categories that boosting knows, by their codes.
    models : dict
        Of :data:`ASKED`: a :class:`Forest`, or a :class:`Line`.
    classes : dict
        Of :data:`ASKED`: the classes that its columns stand for, int32.
    n_groups : int
        K.
    """

    kind: str
    categories: dict[str, list[str]]
    models: dict[str, Any]
    classes: dict[str, np.ndarray]
    n_groups: int

    @classmethod
    def learn(cls, source: DomainDataset, encoder: TableEncoder, *, max_rows: int, seed: int = 0) -> Teacher:
        """From (so many of) a source's rows: boosting, or a straight line on its encoded rows if they are few."""
        settle()
        if len(source) > max_rows:
            chosen = np.sort(np.random.default_rng(seed).choice(len(source), max_rows, replace=False))
            source = source.take(chosen)
        kind = BOOSTED if len(source) > FEW_ROWS else LINE
        codes = FeatureCodes(source.features)
        x = codes(source.features) if kind == BOOSTED else encoder.transform(source.features).astype(float)
        models, classes = {}, {}
        favourable = source.y == 1
        rows = {"p_y": slice(None), "p_z": slice(None), "p_z1": favourable if favourable.any() else slice(None)}
        for name in ASKED:
            labels = (source.y if name == "p_y" else source.z)[rows[name]]
            seen = np.unique(labels)
            if len(seen) < 2:  # beside the only answer one that is never given
                seen = np.array([int(seen[0] == 0), seen[0]])
            classes[name] = seen.astype(np.int32)
            models[name] = _learnt(kind, codes, x[rows[name]], labels, seed)
        return cls(kind, codes.categories if kind == BOOSTED else {}, models, classes, len(source.groups))

    def answers(self, features: pd.DataFrame, encoder: TableEncoder) -> Answers:
        """Of people's features (n rows)."""
        if self.kind == BOOSTED:
            x = FeatureCodes.of(list(features.columns), self.categories)(features)
        else:
            x = encoder.transform(features).astype(float)
        found = {}
        for name in ASKED:
            found[name] = np.zeros((len(x), 2 if name == "p_y" else self.n_groups))
            found[name][:, self.classes[name]] = self.models[name].probabilities(x)
        return Answers(**found)

    def about(self) -> dict[str, Any]:
        """What is kept of it as JSON."""
        return {"kind": self.kind, "categories": self.categories}

    def arrays(self) -> dict[str, np.ndarray]:
        """What is kept of it as arrays, by their names."""
        found = {f"{name}.classes": classes for name, classes in self.classes.items()}
        for name, model in self.models.items():
            found |= {f"{name}.{f.name}": getattr(model, f.name) for f in fields(model)}
        return found

    @staticmethod
    def check_about(about: object, features: tuple[str, ...]) -> None:
        """Refuse what :meth:`about` does not give.

        Raises
        ------
        StoreError
        """
        ok = isinstance(about, dict) and about.keys() == {"kind", "categories"} and about["kind"] in (BOOSTED, LINE)
        known = about["categories"] if ok and isinstance(about, dict) else None
        ok = isinstance(known, dict) and known.keys() <= set(features) and all(_codable(c) for c in known.values())
        if not ok:
            raise StoreError("fit.json: what it says of its teacher is damaged")

    @staticmethod
    def forms(about: Mapping[str, Any], n_features: int, width: int, n_groups: int) -> dict[str, Form]:
        """The forms of :meth:`arrays`."""
        found: dict[str, Form] = {}
        for name in ASKED:
            c, t, s = f"{name} C", f"{name} T", f"{name} S"
            found[f"{name}.classes"] = Form((f"{name} K",), "int32", 0, 1 if name == "p_y" else n_groups - 1)
            found[f"{name}.base"] = Form((c,), "float64", -1e4, 1e4)
            if about["kind"] == LINE:
                found[f"{name}.weights"] = Form((width, c), "float64", -1e6, 1e6)
                continue
            found |= {
                f"{name}.feature": Form((t, s), "int32", -1, n_features - 1),
                f"{name}.threshold": Form((t, s), "float64"),
                f"{name}.missing_left": Form((t, s), "uint8", 0, 1),
                f"{name}.codes": Form((t, s), "int32", -1),
                f"{name}.right": Form((t, s), "uint16"),
                f"{name}.left": Form((f"{name} L", MAX_CODES // 8), "uint8"),
                f"{name}.known": Form((n_features, MAX_CODES // 8), "uint8"),
                f"{name}.value": Form((t, MAX_LEAVES), "float64", -1e4, 1e4),
            }
        return found

    @classmethod
    def from_state(cls, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray], n_groups: int) -> Teacher:
        """Rebuild from arrays whose forms were checked.

        Raises
        ------
        StoreError
            They do not go with each other.
        """
        kind: type[Any] = Line if about["kind"] == LINE else Forest
        models = {n: kind(**{f.name: np.array(arrays[f"{n}.{f.name}"]) for f in fields(kind)}) for n in ASKED}
        classes = {name: np.array(arrays[f"{name}.classes"]) for name in ASKED}
        for name, model in models.items():
            columns = 2 if kind is Forest and len(model.base) == 1 else len(model.base)
            fits = len(np.unique(classes[name])) == len(classes[name]) == columns
            if not fits or (kind is Forest and (model.codes >= len(model.left)).any()):
                raise StoreError(f"arrays.safetensors: the teacher's {name!r} is damaged")
        return cls(about["kind"], dict(about["categories"]), models, classes, n_groups)


def _codable(categories: object) -> bool:
    """Whether this is a list of different texts, no more than boosting has codes for."""
    if not isinstance(categories, list) or not all(isinstance(c, str) for c in categories):
        return False
    return len(set(categories)) == len(categories) <= MAX_NATIVE_CATEGORIES


def _learnt(kind: str, codes: FeatureCodes, x: np.ndarray, labels: np.ndarray, seed: int) -> Any:
    """A model of integer labels (n,), asked about rows like x (n, F)."""
    if len(np.unique(labels)) < 2:
        if kind == LINE:
            return Line(np.zeros((x.shape[1], 2)), np.array([-CERTAIN, 0.0]))
        return Forest.constant(x.shape[1])
    if kind == BOOSTED:
        return Forest.of(boosted(codes, labels, seed).fit(x, labels))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(max_iter=300).fit(x, labels)
    weights, base = model.coef_.T, model.intercept_
    if weights.shape[1] == 1:
        weights, base = np.hstack([np.zeros_like(weights), weights]), np.append(0.0, base)
    return Line(np.ascontiguousarray(weights), base)
