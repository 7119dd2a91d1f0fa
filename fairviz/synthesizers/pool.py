"""Any price without sampling: the tilt as importance weights on a pool of unguided rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fairviz.checks import check_price
from fairviz.controls import MAX_LAMBDA_Y, control_named
from fairviz.controls.base import Control, label_scales, weights_of
from fairviz.controls.dials import NETWORK, SOLVER
from fairviz.diffusion.guidance import Tilt
from fairviz.dual import Dual
from fairviz.numerics import settle
from fairviz.synthesizers.stored import NO_PRICE, present
from fairviz.synthesizers.teacher import Answers

if TYPE_CHECKING:
    from fairviz.synthesizers.fadm import FADM


def effective_sample_size(weights: np.ndarray) -> float:
    """``(sum w)^2 / sum w^2``: as many unweighted rows would be as informative (Kish). weights: shape (n,)."""
    total = float(np.square(weights).sum())
    return float(weights.sum()) ** 2 / total if total > 0 else 0.0


class _Priced:
    """Rows of a fit that may know what a price needs (``dual``)."""

    dual: Dual | None

    @property
    def price(self) -> Dual:
        """What the multiplier of a price follows from.

        Raises
        ------
        SettingError
            The fit was made by an earlier version.
        """
        return present(self.dual, NO_PRICE)


@dataclass(frozen=True)
class _Asked(_Priced):
    """Rows as a control weighs them: labels and ``p(y=1|x)`` (n,), posteriors (n, K), the tilt and dual of a fit."""

    y: np.ndarray
    p_yes: np.ndarray
    p_z: np.ndarray
    p_z1: np.ndarray
    tilt: Tilt
    dual: Dual | None


def label_factors(
    tilt: Tilt, dual: Dual | None, answers: Answers, control: Control, price: float, second: float
) -> np.ndarray:
    """A control's factor of people's rows with either label, (2, m), by answers (m, ...) about them."""
    m = len(answers.p_z)
    asked = [_Asked(np.full(m, y), answers.p_y[:, 1], answers.p_z, answers.p_z1, tilt, dual) for y in (0, 1)]
    return np.stack([control.weights(rows, price, second)[0] for rows in asked])


@dataclass(frozen=True)
class Pool(_Priced):
    """Unguided rows of a fit, and the classifiers' answers that their weights follow from.

    A setting's weights are the ratio of the density that guidance aims at to the density of the pool, so a model fit
    with them learns the same rule as one fit on guided rows (docs/method.md, "Preview").

    Attributes
    ----------
    rows : DataFrame
        Features and label, n rows.
    y : ndarray, shape (n,)
    p_y : ndarray, shape (n,)
        ``p(y | x)`` of the row's own label.
    p_z, p_z1 : ndarray, shape (n, K)
        ``p(z | x)`` and ``p(z | x, y=1)``.
    tilt : Tilt
    dual : Dual or None
        What the multiplier of a price follows from; None in a fit of an earlier version.
    """

    rows: pd.DataFrame
    y: np.ndarray
    p_y: np.ndarray
    p_z: np.ndarray
    p_z1: np.ndarray
    tilt: Tilt
    dual: Dual | None

    @classmethod
    def draw(
        cls, fit: FADM, n: int = 10_000, *, random_state: int = 0, n_steps: int = 10, labels: str = NETWORK,
        solver: str = SOLVER,
    ) -> Pool:  # fmt: skip
        """Sample ``n`` rows at price 0 and ask the fit's classifiers about them.

        The rows are those of ``fit.sample`` with the same seed, so the preview at price 0 is the sampled result. With
        ``labels="boosted"`` it is a :class:`SoftPool` of 2n rows.
        """
        rows = fit.sample(n, random_state=random_state, n_steps=n_steps, solver=solver)
        y = (rows[fit.schema_.label] == fit.schema_.favourable).to_numpy(np.int64)
        features = rows[list(fit.schema_.features)]
        answers = fit.answers(features)
        own = answers.p_y[np.arange(n), y]
        if labels != NETWORK:
            return SoftPool.of(fit, rows, own, fit.answers(features, labels))
        return cls(rows, y, own, answers.p_z, answers.p_z1, fit.tilt_, fit.dual_)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def p_yes(self) -> np.ndarray:
        """``p(y=1 | x)``, (n,)."""
        return np.where(self.y == 1, self.p_y, 1 - self.p_y)

    def weights(
        self, *, control: str = "dp", lambda_z: float = 0.0, lambda_y: float = 1.0, lambda_eop: float = 0.0
    ) -> np.ndarray:
        """Weights (n,) of a setting; settings as in ``FADM.sample``.

        A control's factor is not normalised within a label, so it carries the label prior with it; its shape (see
        :meth:`Control.weights`) and that of ``lambda_y``, ``p(y|x)^(lambda_y - 1)``, leave the prior as it is.

        Raises
        ------
        SettingError
        """
        factor, log_shape = _terms(self, control, lambda_z, lambda_y, lambda_eop)
        return weights_of(self.y, factor, log_shape)

    def log_odds(
        self, answers: Answers, *, control: str = "dp", lambda_z: float = 0.0, lambda_y: float = 1.0,
        lambda_eop: float = 0.0,
    ) -> np.ndarray:  # fmt: skip
        """Logarithm of how many times as much a row weighs with the favourable label as with the other one, (m,).

        Of any people's ``answers``, (m, ...), on the scale of the pool's weights; settings as in :meth:`weights`.

        Raises
        ------
        SettingError
        """
        setting = (control, lambda_z, lambda_y, lambda_eop)
        scales = label_scales(self.y, *_terms(self, *setting))
        logs = []
        for label in (0, 1):
            people = replace(self, y=np.full(len(answers.p_z), label), p_y=answers.p_y[:, label], p_z=answers.p_z,
                             p_z1=answers.p_z1)  # fmt: skip
            factor, log_shape = _terms(people, *setting)  # which asks for no rows
            logs.append(np.log(np.maximum(factor, 1e-300)) + log_shape + scales[label])
        return np.asarray(logs[1] - logs[0])

    def size(self, weights: np.ndarray) -> float:
        """As many unweighted rows of the fit would be as informative as these weights (n,)."""
        return effective_sample_size(weights)


@dataclass(frozen=True)
class SoftPool(Pool):
    """Unguided rows, each once with either label, weighed by what the fit's teacher says of their features.

    Its first n rows have the label that is not favourable, the others, in the same order, the favourable one. ``p_y``,
    ``p_z``, ``p_z1`` are the teacher's. A label strength and the entropy move the region that rows come from, not how
    the teacher labels them (docs/method.md, "Labels from the best posterior").

    Attributes
    ----------
    drawn : ndarray, shape (2n,)
        The network's ``p(y | x)`` of the label that the row was drawn with.
    """

    drawn: np.ndarray

    @classmethod
    def of(cls, fit: FADM, rows: pd.DataFrame, drawn: np.ndarray, answers: Answers) -> SoftPool:
        """From n rows, what the network says of their own labels (n,), and a teacher's answers."""
        n, label = len(rows), fit.schema_.label
        both = pd.concat([rows, rows], ignore_index=True)
        y = np.repeat([0, 1], n)
        both[label] = pd.Categorical.from_codes(y, categories=list(fit.labels_))
        twice = [np.concatenate([each, each]) for each in (answers.p_z, answers.p_z1, drawn)]
        return cls(both, y, answers.p_y.T.ravel(), twice[0], twice[1], fit.tilt_, fit.dual_, twice[2])

    def weights(
        self, *, control: str = "dp", lambda_z: float = 0.0, lambda_y: float = 1.0, lambda_eop: float = 0.0
    ) -> np.ndarray:
        """Weights (2n,) of a setting; settings as in ``FADM.sample``.

        Raises
        ------
        SettingError
        """
        factor, region = _terms(self, control, lambda_z, lambda_y, lambda_eop, own=self.drawn)
        shape = np.exp(region - region.max())
        return np.asarray(self.p_y * factor * shape / shape.mean())

    def log_odds(
        self, answers: Answers, *, control: str = "dp", lambda_z: float = 0.0, lambda_y: float = 1.0,
        lambda_eop: float = 0.0,
    ) -> np.ndarray:  # fmt: skip
        """See :meth:`Pool.log_odds`; of a teacher's answers. A label strength leaves them."""
        what, price, second, _ = _checked(control, lambda_z, lambda_y, lambda_eop)
        no, yes = np.log(np.maximum(label_factors(self.tilt, self.dual, answers, what, price, second), 1e-300))
        return np.asarray(yes - no)

    def size(self, weights: np.ndarray) -> float:
        """See :meth:`Pool.size`: two labels of one row are one row."""
        return effective_sample_size(weights.reshape(2, -1).sum(0))


def _terms(
    rows: Pool, control: str, lambda_z: float, lambda_y: float, lambda_eop: float, own: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Factor and logarithm of the shape at a setting, (n,) each; see :meth:`Control.weights`.

    ``own``: what a label strength sharpens, if it is not ``p(y|x)`` of the rows' own labels.
    """
    own = rows.p_y if own is None else own
    what, price, second, strength = _checked(control, lambda_z, lambda_y, lambda_eop)
    settle()
    factor, log_shape = what.weights(rows, price, second)
    return factor, log_shape + (strength - 1.0) * np.log(np.clip(own.astype(float), 1e-6, None))


def _checked(control: str, lambda_z: float, lambda_y: float, lambda_eop: float) -> tuple[Control, float, float, float]:
    """The control, its prices and the label strength."""
    what = control_named(control)
    price, second = (float(value[0]) for value in what.check(lambda_z, lambda_eop))
    return what, price, second, float(check_price("lambda_y", lambda_y, 1, MAX_LAMBDA_Y)[0])
