"""Any price without sampling: the tilt as importance weights on a pool of unguided rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from fairviz.checks import check_price
from fairviz.controls import MAX_LAMBDA_Y, control_named
from fairviz.controls.base import weights_of
from fairviz.diffusion.guidance import Tilt
from fairviz.diffusion.losses import clean_time
from fairviz.diffusion.networks import GIVEN_LABEL, MARGINAL
from fairviz.dual import Dual
from fairviz.numerics import settle
from fairviz.synthesizers.stored import known_price

if TYPE_CHECKING:
    from fairviz.synthesizers.fadm import FADM


def effective_sample_size(weights: np.ndarray) -> float:
    """``(sum w)^2 / sum w^2``: as many unweighted rows would be as informative (Kish). weights: shape (n,)."""
    total = float(np.square(weights).sum())
    return float(weights.sum()) ** 2 / total if total > 0 else 0.0


@dataclass(frozen=True)
class Pool:
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
    def draw(cls, fit: FADM, n: int = 10_000, *, random_state: int = 0, n_steps: int = 10) -> Pool:
        """Sample ``n`` rows at price 0 and ask the fit's classifiers about them.

        The rows are those of ``fit.sample`` with the same seed, so the preview at price 0 is the sampled result.
        """
        rows = fit.sample(n, random_state=random_state, n_steps=n_steps)
        x = torch.from_numpy(fit.encoder_.transform(rows[list(fit.schema_.features)]))
        y = torch.from_numpy((rows[fit.schema_.label] == fit.schema_.favourable).to_numpy(np.int64))
        parts = []
        settle()
        with torch.no_grad():
            for part, label in zip(x.split(1000), y.split(1000), strict=True):
                t = clean_time(fit.nets_.sde, len(part))
                own = fit.nets_.label(part, t)[torch.arange(len(part)), label]
                log_p = fit.nets_.sensitive(part, t)
                parts.append((own.exp(), log_p[:, MARGINAL].exp(), log_p[:, GIVEN_LABEL + 1].exp()))
        p_y, p_z, p_z1 = (torch.cat(list(column)).numpy() for column in zip(*parts, strict=True))
        return cls(rows, y.numpy(), p_y, p_z, p_z1, fit.tilt_, fit.dual_)

    def __len__(self) -> int:
        return len(self.rows)

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
        what = control_named(control)
        settle()
        price, second = (float(value[0]) for value in what.check(lambda_z, lambda_eop))
        strength = float(check_price("lambda_y", lambda_y, 1, MAX_LAMBDA_Y)[0])
        factor, log_shape = what.weights(self, price, second)
        log_shape += (strength - 1.0) * np.log(np.clip(self.p_y.astype(float), 1e-6, None))
        return weights_of(self.y, factor, log_shape)

    @property
    def price(self) -> Dual:
        """What a price's multiplier follows from.

        Raises
        ------
        SettingError
            The fit was made by an earlier version.
        """
        return known_price(self.dual)
