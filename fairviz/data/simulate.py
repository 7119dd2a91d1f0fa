"""A hiring story as a structural causal model, with everything about it known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairviz.controls import CONTROLS
from fairviz.data.schema import Schema
from fairviz.dual import Dual
from fairviz.errors import SettingError

GROUPS = ("men", "women")
SECTORS = ("care", "office", "retail", "technical")
DEGREES = ("none", "college", "university")
HIRING_SCHEMA = Schema(
    features=("skill", "experience", "degree", "sector"),
    label="outcome",
    favourable="hired",
    sensitive="group",
    domain="region",
)

# per region: share of women, mean of skill, women's lag in experience, and how far each moves with `shift`
_REGIONS = {
    "East": (0.50, 0.0, 0.6, (-0.20, -0.5, 0.5)),
    "North": (0.45, 0.0, 0.6, (0.00, 0.0, 0.0)),
    "South": (0.45, 0.0, 0.6, (0.10, 0.4, -0.4)),
    "West": (0.40, 0.0, 0.6, (-0.10, 0.2, 0.3)),
}
_SECTOR_LEAN = np.array([1.0, 0.2, -0.1, -1.1])  # women's log-odds of a sector per unit of `proxy`
_DEGREE_SHARE = np.array([0.35, 0.40, 0.25])
_DEGREE_EFFECT = np.array([-0.5, 0.0, 0.6])


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


@dataclass(frozen=True)
class Hiring:
    """Past hiring decisions in four regions.

    group and region are drawn; ``skill`` depends on the region; ``experience`` (standardised) on group and
    region; ``sector`` on group (a proxy); the decision on skill, experience and degree, and, through past
    unfairness, on the group itself.

    Parameters
    ----------
    bias : float in [0, 4]
        Log-odds by which past decisions disfavoured women with the same features.
    proxy : float in [0, 4]
        How strongly the sector gives the group away.
    shift : float in [0, 2]
        How far the regions differ.
    """

    bias: float = 1.0
    proxy: float = 1.0
    shift: float = 1.0

    def __post_init__(self) -> None:
        for name, value, top in (("bias", self.bias, 4.0), ("proxy", self.proxy, 4.0), ("shift", self.shift, 2.0)):
            if not (np.isfinite(value) and 0.0 <= value <= top):
                raise SettingError(f"simulated: {name} is {value}; choose a number from 0 to {top:g}.")

    @property
    def domains(self) -> tuple[str, ...]:
        """The regions."""
        return tuple(_REGIONS)

    def _region(self, domain: str) -> tuple[float, float, float]:
        """Share of women, mean skill, women's lag in experience."""
        women, skill, lag, (d_women, d_skill, d_lag) = _REGIONS[domain]
        return (
            float(np.clip(women + self.shift * d_women, 0.1, 0.9)),
            skill + self.shift * d_skill,
            max(lag + self.shift * d_lag, 0.0),
        )

    def _sector_given_group(self) -> np.ndarray:
        """P(sector | group), shape (2, 4)."""
        weight = np.exp(np.outer([-0.5, 0.5], self.proxy * _SECTOR_LEAN))
        return np.asarray(weight / weight.sum(1, keepdims=True))

    def sample_domain(self, domain: str, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw ``n`` rows of one region."""
        p_women, mean_skill, lag = self._region(domain)
        z = (rng.random(n) < p_women).astype(int)
        skill = mean_skill + rng.standard_normal(n)
        experience = -lag * z + rng.standard_normal(n)
        degree = rng.choice(3, n, p=_DEGREE_SHARE)
        edges = self._sector_given_group().cumsum(1)[z]
        sector = (rng.random(n)[:, None] > edges[:, :3]).sum(1)
        y = rng.random(n) < _sigmoid(self._logit(skill, experience, degree, z))
        return pd.DataFrame(
            {
                "skill": skill,
                "experience": experience,
                "degree": pd.Categorical.from_codes(degree, list(DEGREES)),
                "sector": pd.Categorical.from_codes(sector, list(SECTORS)),
                "outcome": np.where(y, "hired", "not hired"),
                "group": np.array(GROUPS)[z],
                "region": domain,
            }
        )

    def _logit(self, skill: np.ndarray, experience: np.ndarray, degree: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.asarray(-0.3 + 1.3 * skill + 1.0 * experience + _DEGREE_EFFECT[degree] - self.bias * z)

    def sample(self, n: int, *, seed: int) -> pd.DataFrame:
        """Draw ``n`` rows, shared evenly among the regions."""
        rng = np.random.default_rng(seed)
        sizes = [len(part) for part in np.array_split(np.arange(n), len(_REGIONS))]
        parts = [self.sample_domain(d, size, rng) for d, size in zip(_REGIONS, sizes, strict=True)]
        return pd.concat(parts, ignore_index=True)

    def posterior(self, frame: pd.DataFrame, domain: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Exact ``p(y=1|x)``, ``p(woman|x)`` and ``p(woman|x, y=1)`` in a region, each of shape (n,).

        By Bayes' rule over the two groups; sector and experience carry the group.
        """
        p_women, _, lag = self._region(domain)
        skill, experience = frame["skill"].to_numpy(float), frame["experience"].to_numpy(float)
        degree = pd.Categorical(frame["degree"], categories=DEGREES).codes.astype(int)
        sector = pd.Categorical(frame["sector"], categories=SECTORS).codes.astype(int)
        given_group = self._sector_given_group()
        joint = np.stack(
            [
                share * given_group[z][sector] * np.exp(-0.5 * (experience + lag * z) ** 2)
                for z, share in ((0, 1 - p_women), (1, p_women))
            ]
        )
        p_z = joint / joint.sum(0)
        p_y_given_z = np.stack(
            [_sigmoid(self._logit(skill, experience, degree, np.full(len(frame), z))) for z in (0, 1)]
        )
        p_y = (p_z * p_y_given_z).sum(0)
        return p_y, p_z[1], p_z[1] * p_y_given_z[1] / p_y

    def dual(self, domain: str, *, n: int = 400_000, seed: int = 0) -> Dual:
        """The dual of a region from the exact posteriors of ``n`` drawn rows."""
        frame = self.sample_domain(domain, n, np.random.default_rng(seed))
        p_y, p_w, p_w1 = self.posterior(frame, domain)
        p_z, p_z1 = np.stack([1 - p_w, p_w], 1), np.stack([1 - p_w1, p_w1], 1)
        return Dual(p_y, p_z, p_z1, p_z.mean(0), (p_y[:, None] * p_z1).mean(0))

    def bayes_frontier(
        self, domain: str, lambdas: Sequence[float], *, control: str = "dp", n: int = 400_000, seed: int = 0
    ) -> pd.DataFrame:
        """Best possible accuracy at each price of unfairness, known from the exact posteriors.

        The rule of :class:`fairviz.dual.Dual`: with ``dp`` the maximiser of accuracy - lambda |gap in rates of yes|,
        with ``eop`` that of accuracy - lambda |gap in true positive rates|. Averages over ``n`` drawn rows, with
        posteriors in place of drawn labels. From the price of equality on, the row stays the same.

        Returns
        -------
        DataFrame
            ``lambda_z, accuracy, rate_men, rate_women, R_DP, tpr_men, tpr_women, R_EOp``, a row per lambda.
        """
        dual = self.dual(domain, n=n, seed=seed)

        def at(price: float) -> dict[str, float]:
            yes = dual.rule(*CONTROLS[control].prices(price))
            (men, women), (tpr_m, tpr_w) = dual.rates(yes, "dp"), dual.rates(yes, "eop")
            return {
                "accuracy": dual.accuracy(yes),
                "rate_men": men,
                "rate_women": women,
                "R_DP": min(men, women) / max(men, women),
                "tpr_men": tpr_m,
                "tpr_women": tpr_w,
                "R_EOp": min(tpr_m, tpr_w) / max(tpr_m, tpr_w),
            }

        return pd.DataFrame([{"lambda_z": float(price), **at(float(price))} for price in lambdas])
