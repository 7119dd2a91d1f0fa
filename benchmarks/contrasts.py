"""The price of equality for several groups: by rules, and by contrasts. ``python -m benchmarks.contrasts``."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.common import keep
from fairviz.dual import MAX_PRICE, Dual, Multiplier


def world(n: int, groups: int, seed: int) -> Dual:
    """Posteriors of made-up rows: the label grows with the group, which is partly known."""
    rng = np.random.default_rng(seed)
    z = rng.integers(0, groups, n)
    eta = 1 / (1 + np.exp(-rng.normal(size=n) - 0.3 * z))
    p_z = 0.5 * rng.dirichlet(np.full(groups, 2.0), n) + 0.4 * np.eye(groups)[z] + 0.02
    p_z /= p_z.sum(1, keepdims=True)
    return Dual(eta, p_z, p_z, p_z.mean(0), (p_z * eta[:, None]).mean(0))


def main() -> None:
    """Both programs on the same rows; how far the values they attain are apart."""
    rows = []
    for n in (2500, 5000, 10_000):
        for groups in (3, 5):
            dual = world(n, groups, 0)
            begun = time.perf_counter()
            slow = dual._joint({"dp": MAX_PRICE})
            middle = time.perf_counter()
            fast = Multiplier(dual._several("dp", MAX_PRICE), np.zeros(groups))
            end = time.perf_counter()
            rows.append({
                "rows": n, "groups": groups, "by_contrasts_s": round(middle - begun, 3),
                "by_rules_s": round(end - middle, 3), "times": round((middle - begun) / (end - middle), 1),
                "value_apart": f"{abs(dual.value(fast) - dual.value(slow)):.1e}",
            })  # fmt: skip
    keep("contrasts", rows)


if __name__ == "__main__":
    main()
