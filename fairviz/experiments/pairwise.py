"""Two methods on the same held-out domains: how often one is better, and whether chance would do as much."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

#: Differences below which two methods are tied on a domain: a tenth of a point of accuracy, a hundredth of a ratio.
RIGHT, TIES, TIE = "right", {"right": 0.001}, 0.01
#: Held-out domains below which no test is made: with five the smallest p there is would be .06.
FEWEST = 6
MEANING = (
    "On each held-out domain both have the setting that was chosen on the other domains; tied: less than a tenth of a "
    f"point, or {TIE:g} of a ratio. p: two-sided Wilcoxon signed-rank test over domains, not corrected for looking at "
    "many methods; domains of one data set share people in training, so it is a guide, not a proof."
)


def pairwise(found: Mapping[str, pd.DataFrame], ours: str, metric: str) -> pd.DataFrame:
    """A row per other family: ``<name>_won, _tied, _lost`` by ours, ``_p`` (NaN below :data:`FEWEST` domains).

    ``<name>`` is ``right`` (accuracy, or what stands for it) and the metric; also ``domains``, those that both were
    tested on. Most domains first; no rows where no other family was compared.

    Parameters
    ----------
    found : mapping
        By data set, ``chosen_elsewhere`` of that metric.
    ours : str
        The family that the others are compared with.
    metric : str
        A ratio.
    """
    values: dict[str, dict[tuple[str, str], dict[str, float]]] = {}
    for name, rows in found.items():
        for row in rows.to_dict("records"):
            for domain, by_metric in row["by_domain"].items():
                values.setdefault(row["family"], {})[name, domain] = by_metric
    mine, out = values.get(ours, {}), []
    for family, theirs in values.items():
        both = [where for where in mine if where in theirs]
        if family == ours or not both:
            continue
        told: dict[str, object] = {"family": family, "domains": len(both)}
        for what in (RIGHT, metric):
            apart = np.array([mine[where][what] - theirs[where][what] for where in both])
            apart = apart[np.isfinite(apart)]
            tie = TIES.get(what, TIE)
            won, lost = int((apart > tie).sum()), int((apart < -tie).sum())
            enough = len(apart) >= FEWEST and bool(apart.any())
            p = float(wilcoxon(apart).pvalue) if enough else float("nan")
            told |= {f"{what}_won": won, f"{what}_tied": len(apart) - won - lost, f"{what}_lost": lost, f"{what}_p": p}
        out.append(told)
    if not out:  # nobody to compare with
        return pd.DataFrame()
    return pd.DataFrame(out).sort_values("domains", ascending=False, kind="stable", ignore_index=True)
