"""What a price of unfairness asks of a rule: a signed multiplier, the minimiser of a convex dual on source rows.

The rule wanted maximises ``accuracy - lambda_dp |gap in rates of yes| - lambda_eop |gap in true positive rates|``; with
more than two groups a gap is the largest difference between two of them. Since ``|gap| = max over |s| <= 1 of s gap``,
minimax gives the multiplier: the minimiser of ``D(c, e) = E max(0, 2 eta - 1 - w_c - eta u_e)`` over contrasts c and e
between groups whose positive parts sum to at most the price (Menon and Williamson 2018 for the rule; docs/method.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from fairviz.contrasts import best_contrast
from fairviz.errors import SettingError

#: Largest price of a gap. Equality is reached far below where groups can be told apart at all.
MAX_PRICE = 10.0
#: Rows on which two prices or more than two groups are solved jointly; more take seconds, not milliseconds.
JOINT_ROWS = 10_000
#: Margins below this are ties: the rule may say yes or no.
TIE = 1e-9
#: Values of the dual that differ by less are the same.
FLAT = 1e-12
#: Gaps that a price can be put on, and what is then equal.
GAPS = {"dp": "rates of yes", "eop": "true positive rates"}


@dataclass(frozen=True)
class Multiplier:
    """How strongly, and between which groups, a rule is moved.

    Attributes
    ----------
    dp, eop : ndarray, shape (K,)
        Contrasts between groups for rates of yes and for true positive rates; each sums to 0, its positive part to at
        most the price. Two groups: ``(s, -s)`` with the signed multiplier s.
    """

    dp: np.ndarray
    eop: np.ndarray

    @staticmethod
    def size(contrast: np.ndarray) -> float:
        """Sum of the positive part, in [0, price]; two groups: ``|s|``."""
        return 0.5 * float(np.abs(contrast).sum())

    def scaled(self) -> tuple[float, np.ndarray, float, np.ndarray]:
        """Size and unit contrast of dp, then of eop; a contrast of size 0 stays 0."""
        dp, eop = self.size(self.dp), self.size(self.eop)
        return dp, self.dp / dp if dp > 0 else self.dp, eop, self.eop / eop if eop > 0 else self.eop


@dataclass(frozen=True)
class Dual:
    """Posteriors on source rows, and the multipliers that follow from them.

    Attributes
    ----------
    eta : ndarray, shape (n,)
        ``p(y=1 | x)``.
    p_z, p_z1 : ndarray, shape (n, K)
        ``p(z | x)`` and ``p(z | x, y=1)``.
    pi, pi_1 : ndarray, shape (K,)
        ``P(z=k)`` and ``P(y=1, z=k)`` in the source; 0 for a group that is not there.
    share : ndarray, shape (n,), optional
        Probability of every row; ``1 / n`` by default.
    why_not : dict
        For "dp" and "eop", where it has no price: the reason, as a sentence.
    """

    eta: np.ndarray
    p_z: np.ndarray
    p_z1: np.ndarray
    pi: np.ndarray
    pi_1: np.ndarray
    share: np.ndarray | None = None
    why_not: dict[str, str] = field(default_factory=dict)
    _found: dict[tuple[Any, ...], Multiplier] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def _share(self) -> np.ndarray:
        return np.full(len(self.eta), 1 / len(self.eta)) if self.share is None else np.asarray(self.share, float)

    @cached_property
    def margin(self) -> np.ndarray:
        """``2 eta - 1``, (n,): what saying yes gains in accuracy."""
        return 2 * np.asarray(self.eta, float) - 1

    @cached_property
    def by_group(self) -> dict[str, np.ndarray]:
        """(n, K) for "dp" and "eop": saying yes to the row adds this to the group's rate, times the row's share."""
        rates = {}
        for name, p, whole in (("dp", self.p_z, self.pi), ("eop", self.p_z1, self.pi_1)):
            whole = np.asarray(whole, float)
            value = np.where(whole > 0, np.asarray(p, float) / np.where(whole > 0, whole, 1.0), 0.0)
            rates[name] = value * np.asarray(self.eta, float)[:, None] if name == "eop" else value
        return rates

    def present(self, control: str) -> np.ndarray:
        """Groups that the control can speak of, as indices."""
        return np.flatnonzero((self.pi if control == "dp" else self.pi_1) > 0)

    def rates(self, yes: np.ndarray, control: str) -> np.ndarray:
        """Rate of every group, (K,), under probabilities of yes (n,): rates of yes, or true positive rates."""
        return np.asarray((self._share * yes) @ self.by_group[control])

    def gap(self, yes: np.ndarray, control: str) -> float:
        """Largest difference between two groups' rates."""
        here = self.rates(yes, control)[self.present(control)]
        return float(here.max() - here.min()) if len(here) > 1 else 0.0

    def accuracy(self, yes: np.ndarray) -> float:
        """Expected accuracy of probabilities of yes (n,)."""
        return float(self._share @ (1 - np.asarray(self.eta, float)) + (self._share * yes) @ self.margin)

    def value(self, multiplier: Multiplier) -> float:
        """``E[1 - eta] + D``: no rule's accuracy less its price is larger, and the best multiplier's is attained."""
        positive = np.maximum(self._gain(multiplier), 0.0)
        return float(self._share @ (1 - np.asarray(self.eta, float)) + self._share @ positive)

    def _gain(self, multiplier: Multiplier) -> np.ndarray:
        return np.asarray(self.margin - self.by_group["dp"] @ multiplier.dp - self.by_group["eop"] @ multiplier.eop)

    def multiplier(self, lambda_dp: float = 0.0, lambda_eop: float = 0.0) -> Multiplier:
        """The minimiser of the dual at two prices, each in [0, :data:`MAX_PRICE`].

        Grows with the price up to the point where the rule's gap is zero, and stays there.

        Raises
        ------
        SettingError
            A price is out of range, or what it prices cannot be told (see ``why_not``).
        """
        for name, price in (("dp", lambda_dp), ("eop", lambda_eop)):
            if not 0 <= price <= MAX_PRICE:
                raise SettingError(f"The price is {price:g}; choose a number from 0 to {MAX_PRICE:g}.")
            if price and name in self.why_not:
                raise SettingError(self.why_not[name])
        key = (float(lambda_dp), float(lambda_eop))
        if key not in self._found:
            self._found[key] = self._solve(*key)
        return self._found[key]

    def equality(self, control: str, lambda_eop: float = 0.0) -> float:
        """The price from which on the multiplier no longer grows: there the rule's gap on the source is zero.

        Parameters
        ----------
        control : str
            "dp" or "eop".
        lambda_eop : float
            The other price, for "dp" beside it.
        """
        top = self.multiplier(MAX_PRICE, lambda_eop) if control == "dp" else self.multiplier(0.0, MAX_PRICE)
        return Multiplier.size(top.dp if control == "dp" else top.eop)

    def _solve(self, lambda_dp: float, lambda_eop: float) -> Multiplier:
        nothing = np.zeros(len(self.pi))
        priced = [(name, price) for name, price in (("dp", lambda_dp), ("eop", lambda_eop)) if price > 0]
        if not priced:
            return Multiplier(nothing, nothing)
        if len(priced) > 1:
            return self._joint(dict(priced))
        name, price = priced[0]
        contrast = self._pair(name, price) if len(self.present(name)) <= 2 else self._several(name, price)
        return Multiplier(contrast, nothing) if name == "dp" else Multiplier(nothing, contrast)

    def _pair(self, control: str, price: float) -> np.ndarray:
        """Two groups, one price: the dual is convex in one number, so its free minimiser is cut off at the price."""
        contrast, groups = np.zeros(len(self.pi)), self.present(control)
        if len(groups) == 2:
            w = self.by_group[control][:, groups[0]] - self.by_group[control][:, groups[1]]
            s = float(np.clip(_free_minimiser(self.margin, w, self._share), -price, price))
            contrast[groups] = s, -s
        return contrast

    def _some(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows for a linear program, as indices, and their probabilities: of very many, so many are drawn."""
        rows = np.arange(len(self.eta))
        if len(rows) > JOINT_ROWS:
            rows = np.sort(np.random.default_rng(0).choice(rows, JOINT_ROWS, replace=False))
        return rows, self._share[rows] / self._share[rows].sum()

    def _several(self, control: str, price: float) -> np.ndarray:
        """More than two groups, one price."""
        (rows, share), groups, contrast = self._some(), self.present(control), np.zeros(len(self.pi))
        contrast[groups] = best_contrast(self.margin[rows], self.by_group[control][np.ix_(rows, groups)], share, price)
        none, best = (Multiplier(c, np.zeros(len(self.pi))) for c in (np.zeros(len(self.pi)), contrast))
        if control == "eop":
            none, best = (Multiplier(one.eop, one.dp) for one in (none, best))
        return contrast if self.value(none) - self.value(best) > FLAT else np.zeros(len(self.pi))

    def _joint(self, prices: dict[str, float]) -> Multiplier:
        """A linear program over the positive and negative parts of the contrasts and the rows' gains."""
        rows, share = self._some()
        columns, limits, sums, sides = [], [], [], []
        for name, price in prices.items():
            groups = self.present(name)
            value = self.by_group[name][np.ix_(rows, groups)]
            columns += [value, -value]
            limits += [(0.0, price)] * (2 * len(groups))
            sums.append((name, price, groups))
        width = sum(2 * len(groups) for _, _, groups in sums)
        balance, below, start = np.zeros((len(sums), width)), np.zeros((len(sums), width)), 0
        for k, (_, price, groups) in enumerate(sums):
            m = len(groups)
            balance[k, start : start + m], balance[k, start + m : start + 2 * m] = 1.0, -1.0
            below[k, start : start + m] = 1.0
            sides.append(price)
            start += 2 * m
        n = len(rows)
        # minimise sum_i share_i t_i with t_i >= margin_i - w_i; t_i >= 0
        gains = hstack([csr_array(-np.hstack(columns)), -eye_array(n)])
        caps = hstack([csr_array(below), csr_array((len(sums), n))])
        solved = linprog(
            np.concatenate([np.zeros(width), share]),
            A_ub=vstack([gains, caps]), b_ub=np.concatenate([-self.margin[rows], sides]),
            A_eq=hstack([csr_array(balance), csr_array((len(sums), n))]), b_eq=np.zeros(len(sums)),
            bounds=[*limits, *[(0.0, None)] * n], method="highs",
        )  # fmt: skip
        assert solved.status == 0, solved.message
        found, start = {name: np.zeros(len(self.pi)) for name in GAPS}, 0
        for name, _, groups in sums:
            m = len(groups)
            found[name][groups] = solved.x[start : start + m] - solved.x[start + m : start + 2 * m]
            start += 2 * m
        best, nothing = Multiplier(found["dp"], found["eop"]), np.zeros(len(self.pi))
        none = Multiplier(nothing, nothing)
        # where the rule is equal already any multiplier on a flat stretch does as well: the smallest asks for nothing
        return none if self.value(none) - self.value(best) <= FLAT else best

    def rule(self, lambda_dp: float = 0.0, lambda_eop: float = 0.0) -> np.ndarray:
        """The best rule at two prices: the probability of yes for every row, (n,).

        0 or 1 but on ties, which are decided by lot so that the promise of the price is kept exactly.
        """
        multiplier = self.multiplier(lambda_dp, lambda_eop)
        gain = self._gain(multiplier)
        yes = (gain > TIE).astype(float)
        ties = np.flatnonzero(np.abs(gain) <= TIE)
        priced = {"dp": lambda_dp, "eop": lambda_eop}
        if not len(ties) or not any(price and len(self.present(name)) > 1 for name, price in priced.items()):
            return yes
        yes[ties] = self._break_ties(yes, ties, priced)
        return yes

    def tied(self, lambda_dp: float = 0.0, lambda_eop: float = 0.0) -> float:
        """Share of rows on which the rule needs a lot: a rule that says only yes or no may miss by as much."""
        gain = self._gain(self.multiplier(lambda_dp, lambda_eop))
        return float(self._share[np.abs(gain) <= TIE].sum())

    def _break_ties(self, yes: np.ndarray, ties: np.ndarray, prices: dict[str, float]) -> np.ndarray:
        """Probabilities for tied rows that maximise accuracy less the priced gaps, by a small linear program."""
        share, priced = self._share[ties], [name for name in GAPS if prices[name] > 0 and len(self.present(name)) > 1]
        cost = np.concatenate([-share * self.margin[ties], [prices[name] for name in priced]])
        rows, sides = [], []
        for k, name in enumerate(priced):
            fixed, moved = self.rates(yes, name), share[:, None] * self.by_group[name][ties]
            for a in self.present(name):
                for b in self.present(name):
                    if a != b:  # rate_a - rate_b <= the gap that is paid for
                        slack = np.zeros(len(priced))
                        slack[k] = -1.0
                        rows.append(np.concatenate([moved[:, a] - moved[:, b], slack]))
                        sides.append(fixed[b] - fixed[a])
        bounds: list[tuple[Any, ...]] = [(0.0, 1.0)] * len(ties) + [(0.0, None)] * len(priced)
        solved = linprog(cost, A_ub=np.array(rows), b_ub=sides, bounds=bounds, method="highs")
        assert solved.status == 0, solved.message
        return np.asarray(solved.x[: len(ties)].clip(0.0, 1.0))


def _free_minimiser(margin: np.ndarray, w: np.ndarray, share: np.ndarray) -> float:
    """The minimiser of ``sum share max(0, margin - s w)`` over all s; of several, the one nearest to 0.

    The slope starts, far left, at minus the sum over rows with w > 0 and grows by ``share |w|`` at every row's
    ``margin / w``.
    """
    moving = np.abs(w) > 1e-12
    if not moving.any():
        return 0.0
    at, rise = margin[moving] / w[moving], share[moving] * np.abs(w[moving])
    order = np.argsort(at, kind="stable")
    at, slope = at[order], np.cumsum(rise[order]) - rise[w[moving] > 0].sum()
    flat = 1e-12 * max(float(rise.sum()), 1e-300)
    first = int(np.searchsorted(slope, -flat))  # the slope is no longer below 0 from here on
    last = int(np.searchsorted(slope, flat, side="right"))
    low, high = at[min(first, len(at) - 1)], at[min(last, len(at) - 1)]
    return float(np.clip(0.0, low, high))


def shares(y: np.ndarray, z: np.ndarray, n_groups: int) -> tuple[np.ndarray, np.ndarray]:
    """``P(z=k)`` and ``P(y=1, z=k)``, (K,) each, from labels and groups (n,)."""
    pi = np.bincount(z, minlength=n_groups) / len(z)
    return pi, np.bincount(z, weights=y, minlength=n_groups) / len(z)
