"""A discrete world with known p(x, y, z), and networks that are exact on it. x is one of four categories."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from fairviz.diffusion.guidance import Push, Tilt
from fairviz.diffusion.networks import EXPECTED, GIVEN_LABEL, MARGINAL, N_HEADS
from fairviz.diffusion.sde import VPSDE

SDE = VPSDE()
#: P(x, y, z), shape (4, 2, 2); z = 1 gets the favourable label more often.
JOINT = np.array(
    [
        [[0.16, 0.02], [0.02, 0.02]],
        [[0.12, 0.06], [0.04, 0.06]],
        [[0.05, 0.10], [0.02, 0.12]],
        [[0.02, 0.06], [0.02, 0.11]],
    ]
)
JOINT = JOINT / JOINT.sum()
P_X_GIVEN_Y = JOINT.sum(2) / JOINT.sum((0, 2))  # (4, 2)
P_Z_GIVEN_X = JOINT.sum(1) / JOINT.sum((1, 2))[:, None]  # (4, K)
P_Z_GIVEN_XY = JOINT / JOINT.sum(2, keepdims=True)  # (4, 2, K)
P_Y = JOINT.sum((0, 2))
PI = JOINT.sum((0, 1))
PI_1 = JOINT[:, 1].sum(0)
RATE = PI_1 / PI
C = np.array([-1.0, 1.0])
assert RATE[1] > RATE[0]
TILT = Tilt(*(torch.tensor(v, dtype=torch.float32) for v in (PI, PI_1)))

W = (P_Z_GIVEN_X * C / PI).sum(1)  # (4,)
W1 = (P_Z_GIVEN_XY[:, 1] * C / PI_1).sum(1)


def tensor(a: np.ndarray) -> Tensor:
    return torch.tensor(a, dtype=torch.float32)


def push(n: int, dp: float, eop: float) -> Push:
    """Multipliers of these sizes, against the group that gets yes more often, for n rows."""
    return Push.alike(n, dp, C, eop, C)


def posterior(x: Tensor, t: Tensor, prior: Tensor) -> Tensor:
    """p(category | x_t) for a one-hot row, prior (4,) or (B, 4)."""
    return torch.softmax(prior.log() + x * (SDE.alpha(t) / SDE.sigma(t) ** 2)[:, None], 1)


def exact_score(y: Tensor):
    """grad log p_t(x | y)."""

    def score(x: Tensor, t: Tensor) -> Tensor:
        return SDE.score_of(x, t, posterior(x, t, tensor(P_X_GIVEN_Y).T[y]))

    return score


class ExactSensitive(nn.Module):
    """All heads of the sensitive classifier in closed form."""

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        out = torch.empty(len(x), N_HEADS, 2)
        out[:, MARGINAL] = posterior(x, t, tensor(JOINT.sum((1, 2)))) @ tensor(P_Z_GIVEN_X)
        for y in (0, 1):
            given = posterior(x, t, tensor(P_X_GIVEN_Y[:, y]))
            out[:, GIVEN_LABEL + y] = given @ tensor(P_Z_GIVEN_XY[:, y])
            out[:, EXPECTED + y] = given @ tensor(P_Z_GIVEN_X)
        return out.log()


def tilted(price_dp: float, price_eop: float) -> np.ndarray:
    """P(x, y) after the tilt, (4, 2), normalised; straight from the definition in docs/method.md."""
    p_xy = JOINT.sum(2)
    out = np.stack([p_xy[:, 0] * (1 + price_dp * W), p_xy[:, 1] * (1 - price_dp * W - price_eop * W1)], 1)
    assert (out > 0).all()
    return out / out.sum()
