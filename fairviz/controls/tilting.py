"""Controls that put a price on gaps: rows are tilted by the price's multiplier (docs/method.md, "Fair control")."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fairviz.controls.base import Control, Guided, Steering, Weighable

if TYPE_CHECKING:
    from torch import Tensor

    from fairviz.diffusion.guidance import Push, ScoreFn
    from fairviz.dual import Dual


def push_of(dual: Dual, dp: np.ndarray, eop: np.ndarray, n_groups: int) -> Push:
    """The multipliers of prices (B,), a row each."""
    import torch

    from fairviz.diffusion.guidance import Push

    sizes, toward = np.zeros((2, len(dp))), np.zeros((2, len(dp), n_groups))
    pairs, rows = np.unique(np.stack([dp, eop], 1), axis=0, return_inverse=True)
    for k, (price_dp, price_eop) in enumerate(pairs):
        if price_dp or price_eop:
            here = rows.ravel() == k
            a, to_a, b, to_b = dual.multiplier(price_dp, price_eop).scaled()
            sizes[:, here], toward[0, here], toward[1, here] = [[a], [b]], to_a, to_b
    s, c = torch.from_numpy(sizes).float(), torch.from_numpy(toward).float()
    return Push(s[0], c[0], s[1], c[1])


class Tilting(Steering):
    """Rows tilted by a push: the label's prior moves with it, and so does every label's distribution of rows."""

    def __init__(self, push: Push) -> None:
        self.push = push

    def prior(self, fit: Guided) -> Tensor:
        """The source's prior, moved by the tilt; its reference rows are a subsample, so by how much the tilt moves
        them against price 0.
        """
        import torch

        from fairviz.diffusion.guidance import Push

        push = self.push
        prior = torch.full(push.dp.shape, fit.label_prior_, dtype=torch.float64)
        y, p_z, p_z1 = fit.reference_
        base = y.double().mean()
        same = torch.cat([push.dp[:, None], push.toward_dp, push.eop[:, None], push.toward_eop], 1)
        kinds, rows = torch.unique(same, dim=0, return_inverse=True)
        for k in range(len(kinds)):
            here = rows == k
            one = int(torch.nonzero(here)[0])
            if (push.dp[one] or push.eop[one]) and 0 < base < 1:  # else the reference says nothing of the labels
                each = Push(*(part[one : one + 1] for part in (push.dp, push.toward_dp, push.eop, push.toward_eop)))
                tilted = torch.tensor(fit.tilt_.label_prior(y, p_z, p_z1, each), dtype=torch.float64)
                odds = (tilted / (1 - tilted)) / (base / (1 - base)) * fit.label_prior_ / (1 - fit.label_prior_)
                prior[here] = odds / (1 + odds)
        return prior

    def terms(self, fit: Guided, y: Tensor) -> list[ScoreFn]:
        """The tilt's gradient."""
        from fairviz.diffusion.guidance import tilt_term

        return [tilt_term(fit.nets_.sensitive, fit.tilt_, y, self.push)]


class GapControl(Control):
    """A price on one gap between groups, or on two."""

    def steering(self, fit: Guided, lambda_z: np.ndarray, lambda_eop: np.ndarray) -> Steering | None:
        """See :meth:`Control.steering`."""
        dp, eop = self.prices(lambda_z, lambda_eop)
        if not (dp.any() or eop.any()):
            return None
        push = push_of(fit.price_, dp, eop, len(fit.tilt_.pi))
        return None if push.nothing else Tilting(push)

    def weights(self, rows: Weighable, lambda_z: float, lambda_eop: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """See :meth:`Control.weights`."""
        from fairviz.diffusion.guidance import Push

        dp, eop = self.prices(lambda_z, lambda_eop)
        factor = np.ones(len(rows.y))
        if dp or eop:
            push = Push.alike(len(rows.y), *rows.price.multiplier(dp, eop).scaled())
            factor = rows.tilt.weights(rows.p_z, rows.p_z1, rows.y, push)
        return factor, np.zeros(len(rows.y))
