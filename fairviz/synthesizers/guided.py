"""FADM's sampler: chunks of rows, guided by the label classifier and a fair control."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from fairviz.checks import MAX_ROWS, check_count, check_price
from fairviz.controls import MAX_LAMBDA_Y, control_named
from fairviz.controls.base import Control, Steering
from fairviz.controls.dials import BOOSTED, LABELS, NETWORK
from fairviz.diffusion.guidance import ScoreFn, guided, label_term
from fairviz.diffusion.solvers import SOLVERS, solve
from fairviz.errors import DataError, SettingError
from fairviz.numerics import settle
from fairviz.synthesizers.pool import Asked
from fairviz.synthesizers.tabular import CHUNK, chunk_seeds
from fairviz.text import listing

if TYPE_CHECKING:
    from fairviz.synthesizers.fadm import FADM

MAX_STEPS = 5000


def guided_chunks(
    fit: FADM,
    n: int,
    *,
    lambda_y: Any = 1.0,
    lambda_z: Any = 0.0,
    lambda_eop: Any = 0.0,
    control: str = "dp",
    n_steps: int = 10,
    solver: str = "sde_dpmpp_2m",
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
        ``sde_dpmpp_2m`` (10 to 20 steps) or ``euler_maruyama`` (200 steps and more).
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
        own, z, eop = (np.resize(a[start:stop], CHUNK) for a in (strength, price, second))
        steering = what.steering(fit, z, eop)
        frame = _chunk(fit, torch.from_numpy(own).float(), steering, n_steps, solver, rng)
        if labels != NETWORK:
            frame = _labelled(fit, frame, what, z, eop, rng)
        yield frame.iloc[: stop - start]


@torch.no_grad()
def _chunk(
    fit: FADM,
    strength: torch.Tensor,
    steering: Steering | None,
    n_steps: int,
    solver: str,
    rng: torch.Generator,
) -> pd.DataFrame:
    # always a whole chunk, so that matrix shapes, and with them every last bit, do not depend on n
    noise = torch.randn(CHUNK, fit.encoder_.width_, generator=rng)
    u = torch.rand(CHUNK, generator=rng, dtype=torch.float64)
    y = (u < (fit.label_prior_ if steering is None else steering.prior(fit))).long()
    terms: list[ScoreFn] = []
    label_weight = strength - 1.0 if fit.label_in_score else strength
    if label_weight.any():
        terms.append(label_term(fit.nets_.label, y, label_weight))
    if steering is not None:
        terms += steering.terms(fit, y)
    score = guided(_score(fit, y), *terms)
    *_, x = solve(fit.nets_.sde, score, noise, n_steps=n_steps, solver=solver, rng=rng)
    if not torch.isfinite(x).all():
        raise DataError(
            "The sampler left the finite numbers: guidance this strong needs more steps, or a smaller lambda."
        )
    return fit._decode(x, y)


def _labelled(
    fit: FADM, frame: pd.DataFrame, what: Control, price: np.ndarray, second: np.ndarray, rng: torch.Generator
) -> pd.DataFrame:
    """A chunk whose labels are drawn from the teacher's posterior, tilted by the prices (n,)."""
    answers = fit.answers(frame[list(fit.schema_.features)], BOOSTED)
    share = np.stack([answers.p_y[:, label].copy() for label in (0, 1)])
    for pair in np.unique(np.stack([price, second], 1), axis=0):
        here = (price == pair[0]) & (second == pair[1])
        for label in (0, 1):
            asked = Asked(np.full(int(here.sum()), label), answers.p_z[here], answers.p_z1[here], fit.tilt_, fit.dual_)
            share[label, here] *= what.weights(asked, *pair)[0]
    u = torch.rand(len(frame), generator=rng, dtype=torch.float64).numpy()
    y = (u * share.sum(0) < share[1]).astype(np.int64)
    return frame.assign(**{fit.schema_.label: pd.Categorical.from_codes(y, categories=list(fit.labels_))})


def _score(fit: FADM, y: torch.Tensor) -> ScoreFn:
    nets = fit.nets_
    label = y if fit.label_in_score else None
    return lambda x, t: nets.sde.score_of(x, t, nets.score.denoised(x, t, label))
