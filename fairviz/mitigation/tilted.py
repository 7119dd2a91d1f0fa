"""FADM's price as weights on real rows, with posteriors from cross-fitted boosting (docs/method.md)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch

from fairviz.controls import control_named
from fairviz.controls.base import weights_of
from fairviz.controls.dials import DP, EOP, OURS, PRICE_PARAMETERS, at_prices
from fairviz.diffusion.guidance import Tilt
from fairviz.dual import Dual
from fairviz.mitigation.base import Mitigation, Task
from fairviz.posteriors import estimate
from fairviz.settings import Dial


@dataclass(frozen=True)
class _Source:
    """Source rows as a control weighs them."""

    y: np.ndarray
    price: Dual
    tilt: Tilt

    @property
    def p_z(self) -> np.ndarray:
        """``p(z | x)``, (n, K)."""
        return self.price.p_z

    @property
    def p_yes(self) -> np.ndarray:
        """``p(y=1 | x)``, (n,)."""
        return self.price.eta

    @property
    def p_z1(self) -> np.ndarray:
        """``p(z | x, y=1)``, (n, K)."""
        return self.price.p_z1


class Tilted(Mitigation):
    """A fair control's weights on the source's own rows."""

    name = "tilted"
    source = OURS
    parameters = PRICE_PARAMETERS
    dials = (
        Dial(
            "tilted_dp", "Real rows, parity price", at_prices("dp", DP), family="Real rows, tilt weights",
            light=at_prices("dp", DP[1::2]), quick=at_prices("dp", (0.1, 0.2)),
        ),
        Dial(
            "tilted_eop", "Real rows, opportunity price", at_prices("eop", EOP), family="Real rows, tilt weights",
            quick=at_prices("eop", (0.02,)),
        ),
    )  # fmt: skip

    def answer(self, task: Task, *, control: str, lambda_z: float, lambda_eop: float) -> np.ndarray:
        """See :class:`Mitigation`."""
        what = control_named(control)
        what.check(lambda_z, lambda_eop)
        rows = task.once("tilted source", lambda: self._rows(task))
        weights = weights_of(task.source.y, *what.weights(rows, lambda_z, lambda_eop))
        if (weights == 1).all():  # at price 0: the same model, to the last bit
            return task.unmitigated
        # beyond equality every price has the same weights, and the same answers
        same = hashlib.sha256(weights.tobytes()).hexdigest()
        return np.asarray(task.once(f"tilted {same}", lambda: task.predict(weights)))

    def _rows(self, task: Task) -> _Source:
        dual = estimate(task.source, max_rows=len(task.source), seed=task.seed)
        return _Source(task.source.y, dual, Tilt.from_shares(torch.from_numpy(dual.pi), torch.from_numpy(dual.pi_1)))
