"""Compare's chart of Adult for the README: ``python -m benchmarks.results_picture [FILE]`` (docs/results.png)."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import vl_convert

from fairviz import charts
from fairviz.evaluation.metrics import METRICS
from fairviz.evaluation.pareto import hull
from fairviz.experiments.results import CONSTANT, TRIVIAL, Results, kinds_of
from fairviz.store.library import Library
from fairviz.store.specs import FRONTIER

#: The product, its rivals on both sides that stand out, and what is there to compare with.
DIALS = (
    "fadm_soft_dp", "fadm_soft_eop", "fadm_soft_both", "fadm_entropy", "fairgan", "balanced", "reweighing",
    "grid_search", "exponentiated_gradient", "unmitigated", TRIVIAL,
)  # fmt: skip
METRIC, SIZE, SCALE = "R_DP", (900, 470), 2.0


def chart_of(results: Results) -> dict:
    """Compare's chart of some dials, as a page would hold it."""
    points = results.points()
    points["id"] = points["dial"] + points["setting"]
    part = points[points["dial"].isin(DIALS)].rename(
        columns={METRIC: "fairness", f"{METRIC}_low": "fairness_low", f"{METRIC}_high": "fairness_high"}
    )
    part = part.dropna(subset=["fairness"])
    fronts = [
        {"family": family, "accuracy": a, "fairness": f, "order": k}
        for family, rows in part.groupby("family", sort=False)
        for k, (a, f) in enumerate(hull(rows[["accuracy", "fairness"]].to_numpy(float)))
    ]
    constant = float(points.loc[points["dial"] == CONSTANT, "accuracy"].iloc[0])
    columns = ["id", "family", "title", "wording", "accuracy", "accuracy_low", "accuracy_high", "fairness",
               "fairness_low", "fairness_high"]  # fmt: skip
    chart = charts.frontier(
        part[columns], pd.DataFrame(fronts), constant, y_title=METRICS[METRIC].short,
        kinds=kinds_of(points),
        neutral=[results.family(TRIVIAL)], height=SIZE[1],
    )  # fmt: skip
    spec: dict = chart.properties(width=SIZE[0], background="white").to_dict(validate=False)
    return spec


def main() -> None:
    """Draw it."""
    root = Path(__file__).parent.parent
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "docs" / "results.png"
    entries = [e for e in Library().shipped.entries(FRONTIER) if not e.spec["quick"]]
    entry = next(e for e in entries if e.spec["dataset"]["name"] == "adult")
    path.write_bytes(vl_convert.vegalite_to_png(chart_of(Results.of(entry)), scale=SCALE))


if __name__ == "__main__":
    main()
