"""The small network with a fairness term in its loss (Buyl, Defrance and De Bie 2024, *fairret*, norm loss)."""

from __future__ import annotations

import numpy as np
import torch

from fairviz.evaluation.downstream import linear_input
from fairviz.mitigation.base import Mitigation, Task, needed
from fairviz.mitigation.reductions import CONSTRAINT
from fairviz.settings import Dial, Parameter, spread

EPOCHS = 20
#: Weights of the fairness term that are compared.
DP_WEIGHTS = (0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.6, 1.0)
EOP_WEIGHTS = (0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.6, 1.0)


class Fairret(Mitigation):
    """As wide as the downstream network; Adam. The model is always this network, whatever the task names."""

    name = "fairret"
    source = "Buyl, Defrance and De Bie (2024), fairret"
    parameters = (CONSTRAINT, Parameter("weight", high=1e3, symbol="weight"))
    dials = (
        Dial(
            "fairret", "fairret on the network",
            (*spread("weight", DP_WEIGHTS, constraint="dp"), *spread("weight", EOP_WEIGHTS, constraint="eop")),
            light=(
                *spread("weight", DP_WEIGHTS[::2], constraint="dp"),
                *spread("weight", EOP_WEIGHTS[1::2], constraint="eop"),
            ),
            quick=spread("weight", (0.1,), constraint="dp"),
        ),
    )  # fmt: skip
    only = "mlp"

    def answer(self, task: Task, *, constraint: str, weight: float) -> np.ndarray:
        """See :class:`Mitigation`."""
        loss_of, statistic = needed("fairret.loss"), needed("fairret.statistic")
        encode = task.once("linear input", lambda: linear_input(task.codes).fit(task.x))
        x = torch.from_numpy(np.asarray(encode.transform(task.x), np.float32))
        y = torch.from_numpy(task.source.y).float()[:, None]
        z = torch.nn.functional.one_hot(torch.from_numpy(np.unique(task.source.z, return_inverse=True)[1])).float()
        rng = torch.Generator().manual_seed(task.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(task.seed)
            net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))
        rate = statistic.PositiveRate() if constraint == "dp" else statistic.TruePositiveRate()
        loss_fn = loss_of.NormLoss(rate)
        optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
        size = min(512, len(x))
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(x), generator=rng).split(size):
                logit = net(x[rows])
                loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, y[rows])
                here = (z[rows] * (y[rows] if constraint == "eop" else 1)).sum(0) > 0  # groups the batch can speak of
                if weight and int(here.sum()) > 1:
                    given = () if constraint == "dp" else (y[rows],)
                    loss = loss + weight * loss_fn(logit, z[rows][:, here], *given)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        with torch.no_grad():
            out = net(torch.from_numpy(np.asarray(encode.transform(task.x_target), np.float32)))
        return np.asarray((out[:, 0] > 0).numpy())
