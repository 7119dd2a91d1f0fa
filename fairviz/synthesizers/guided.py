"""FADM's sampler: chunks of rows, guided by the label classifier and a fair control."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from fairviz.checks import MAX_ROWS, check_count, check_price
from fairviz.controls import MAX_LAMBDA_Y, control_named
from fairviz.controls.base import Control, Steering
from fairviz.controls.dials import BOOSTED, LABELS, NETWORK, SOLVER
from fairviz.diffusion.guidance import ScoreFn, guided, label_term
from fairviz.diffusion.solvers import SOLVERS, solve
from fairviz.errors import DataError, SettingError
from fairviz.numerics import settle
from fairviz.synthesizers.pool import label_factors
from fairviz.synthesizers.tabular import CHUNK, chunk_seeds
from fairviz.text import listing
from fairviz.zeros import Zeros

if TYPE_CHECKING:
    from fairviz.synthesizers.fadm import FADM

MAX_STEPS = 5000
#: Rows that cannot be are drawn anew in so many at once, with as many tries for each as fit, and so often.
AGAIN, ROUNDS = 64, 4


def guided_chunks(
    fit: FADM,
    n: int,
    *,
    lambda_y: Any = 1.0,
    lambda_z: Any = 0.0,
    lambda_eop: Any = 0.0,
    control: str = "dp",
    n_steps: int = 10,
    solver: str = SOLVER,
    labels: str = NETWORK,
    random_state: int = 0,
) -> Iterator[pd.DataFrame]:
    """Draw rows in chunks (eq. 11, with the controls of docs/method.md).

    Rows do not depend on ``n``, and the same seed uses the same noise at every setting.

    Parameters
    ----------
    n : int
        Rows, 1 to 5,000,000.
    lambda_y, lambda_z : float or array of shape (n,)
        Guidance scale of the label (1 is ``p(x|y)``) to ``MAX_LAMBDA_Y``, price of unfairness to the control's
        ``top``. The price of a gap acts through its multiplier, which stops growing at equality.
    lambda_eop : float or array of shape (n,)
        Price of the true-positive gap, with control ``dp_eop`` only (``lambda_z`` is then that of parity).
    control : str
        A key of ``CONTROLS``.
    n_steps : int
        Score evaluations, 1 to 5,000.
    solver : str
        ``sde_dpmpp_2m`` or ``mixed_dpmpp_2m`` (10 to 20 steps), or ``euler_maruyama`` (200 steps and more).
    labels : str
        ``network``: a row keeps the label that it was drawn for (the paper). ``boosted``: every row's label is drawn
        anew, from what the fit's teacher says of its features and the control's factor. ``lambda_y`` then moves the
        region that rows come from, not the rule.

    Raises
    ------
    SettingError
        A setting is out of range, or what is priced cannot be told on the source.
    DataError
        The solver left the finite numbers.
    """
    n, n_steps = check_count("n", n, 1, MAX_ROWS), check_count("n_steps", n_steps, 1, MAX_STEPS)
    random_state, what = check_count("random_state", random_state, 0, 2**63 - 1), control_named(control)
    if solver not in SOLVERS:
        raise SettingError(f"No solver {solver!r}. Choose one of {listing(list(SOLVERS))}.")
    LABELS.check("labels", labels)
    strength = check_price("lambda_y", lambda_y, n, MAX_LAMBDA_Y)
    price, second = what.check(lambda_z, lambda_eop, n)
    settle()
    for start, stop, rng in chunk_seeds(n, random_state):
        settings = [np.resize(a[start:stop], CHUNK) for a in (strength, price, second)]
        frame = _Chunk(fit, what, n_steps, solver, labels, rng).draw(*settings)
        yield frame.iloc[: stop - start]


@dataclass(frozen=True)
class _Chunk:
    """How one chunk is drawn: always a whole one, so that matrix shapes, and every last bit, do not depend on n."""

    fit: FADM
    what: Control
    n_steps: int
    solver: str
    labels: str
    rng: torch.Generator

    @torch.no_grad()
    def draw(self, strength: np.ndarray, price: np.ndarray, second: np.ndarray) -> pd.DataFrame:
        """Rows at their own settings (B,)."""
        fit, size = self.fit, len(strength)
        noise = torch.randn(size, fit.encoder_.width_, generator=self.rng)
        u = torch.rand(size, generator=self.rng, dtype=torch.float64)
        steering = self.what.steering(fit, price, second)
        y = (u < (fit.label_prior_ if steering is None else steering.prior(fit))).long()
        frame = fit._decode(self._solved(noise, y, strength, steering), y)
        if fit.zeros_ is not None:
            frame = self._possible(frame, fit.zeros_, y, strength, price, second)
        return frame if self.labels == NETWORK else self._labelled(frame, price, second)

    def _solved(
        self, noise: torch.Tensor, y: torch.Tensor, strength: np.ndarray, steering: Steering | None
    ) -> torch.Tensor:
        """Encoded rows with labels y (B,), from noise (B, D)."""
        *_, x = self.states(noise, y, strength, steering)
        if not torch.isfinite(x).all():
            raise DataError(
                "The sampler left the finite numbers: guidance this strong needs more steps, or a smaller lambda."
            )
        return x

    def states(
        self, noise: torch.Tensor, y: torch.Tensor, strength: np.ndarray, steering: Steering | None,
        seen: Callable[[torch.Tensor, torch.Tensor], object] = lambda x, t: None,
    ) -> Iterator[torch.Tensor]:  # fmt: skip
        """Encoded rows from noise (B, D) on, step by step; ``seen`` is told each state and its time before its step."""
        fit, terms = self.fit, list[ScoreFn]()
        own = torch.from_numpy(strength).float()
        label_weight = own - 1.0 if fit.label_in_score else own
        if label_weight.any():
            terms.append(label_term(fit.nets_.label, y, label_weight))
        if steering is not None:
            terms += steering.terms(fit, y)
        score = guided(_score(fit, y), *terms)

        def watched(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
            seen(x, t)
            return score(x, t)

        return solve(fit.nets_.sde, watched, noise, n_steps=self.n_steps, solver=self.solver, rng=self.rng)

    def _possible(self, frame: pd.DataFrame, zeros: Zeros, y: torch.Tensor, *settings: np.ndarray) -> pd.DataFrame:
        """The rows; those that cannot be anew, with the same labels and settings, from further noise."""
        for _ in range(ROUNDS):
            bad = np.flatnonzero(zeros.violated(frame))
            if not len(bad):
                break
            tried = np.resize(bad, -(-2 * len(bad) // AGAIN) * AGAIN)
            strength, price, second = (values[tried] for values in settings)
            noise = torch.randn(len(tried), self.fit.encoder_.width_, generator=self.rng)
            x = self._solved(noise, y[tried], strength, self.what.steering(self.fit, price, second))
            new = self.fit._decode(x, y[tried])
            good = np.flatnonzero(~zeros.violated(new))
            rows, first = np.unique(tried[good], return_index=True)
            frame = _replaced(frame, rows, new.iloc[good[first]])
        return frame

    def _labelled(self, frame: pd.DataFrame, price: np.ndarray, second: np.ndarray) -> pd.DataFrame:
        """Labels drawn from the teacher's posterior, tilted by the prices (B,)."""
        fit = self.fit
        answers = fit.answers(frame[list(fit.schema_.features)], BOOSTED)
        share = answers.p_y.T.copy()
        for pair in np.unique(np.stack([price, second], 1), axis=0):
            here = (price == pair[0]) & (second == pair[1])
            share[:, here] *= label_factors(
                fit.tilt_, fit.dual_, answers.of(here), self.what, float(pair[0]), float(pair[1])
            )
        u = torch.rand(len(frame), generator=self.rng, dtype=torch.float64).numpy()
        y = (u * share.sum(0) < share[1]).astype(np.int64)
        return frame.assign(**{fit.schema_.label: pd.Categorical.from_codes(y, categories=list(fit.labels_))})


def _replaced(frame: pd.DataFrame, places: np.ndarray, rows: pd.DataFrame) -> pd.DataFrame:
    """The frame with other rows (m) at places (m,); types stay."""
    order = np.arange(len(frame))
    order[places] = len(frame) + np.arange(len(places))
    return pd.concat([frame, rows], ignore_index=True).take(order).reset_index(drop=True)


def _score(fit: FADM, y: torch.Tensor) -> ScoreFn:
    nets = fit.nets_
    label = y if fit.label_in_score else None
    return lambda x, t: nets.sde.score_of(x, t, nets.score.denoised(x, t, label))
