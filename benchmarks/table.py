"""The README's results table, from the recorded Adult sweep. ``--write`` puts it into README.md.

python -m benchmarks.table --write
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from fairviz.evaluation.metrics import METRICS, mean_over_domains
from fairviz.evaluation.tradeoff import Sweep, function_of, tables_of
from fairviz.library import Library

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
SETTINGS = (
    ("no fair control", "dp", 0.0),
    ("`dp`, λ_z 0.1", "dp", 0.1),
    ("`dp`, λ_z 0.2", "dp", 0.2),
    ("`dp`, λ_z 0.3", "dp", 0.3),
    ("`eop`, λ_z 0.03", "eop", 0.03),
    ("`eop`, λ_z 0.06", "eop", 0.06),
    ("`entropy` (paper), λ_z 10", "entropy", 10.0),
    ("`entropy` (paper), λ_z 50", "entropy", 50.0),
)
METRIC_NAMES = ("accuracy", "R_DP", "R_DP_other", "R_EOp")


def per_seed(rows: pd.DataFrame, n_groups: int) -> dict[str, np.ndarray]:
    """Mean over domains for every seed."""
    tables = tables_of(rows, n_groups)
    frame = pd.DataFrame({m: (METRICS[m] if m == "accuracy" else function_of(m))(tables) for m in METRIC_NAMES})
    frame["seed"] = rows["seed"].to_numpy()
    return {
        m: np.array([mean_over_domains(g[m].to_numpy())[0] for _, g in frame.groupby("seed")]) for m in METRIC_NAMES
    }


def line(name: str, values: dict[str, np.ndarray]) -> str:
    """One row: mean over seeds, standard deviation over seeds in brackets."""
    cells = []
    for metric in METRIC_NAMES:
        v = values[metric]
        if np.isnan(v).all():
            cells.append("not estimable")
            continue
        scale, digits = (100, 1) if metric == "accuracy" else (1, 2)
        spread = f" (±{scale * v.std(ddof=1):.{digits}f})" if len(v) > 1 else ""
        cells.append(f"{scale * v.mean():.{digits}f}{spread}")
    return f"| {name} | " + " | ".join(cells) + " |"


def table(library: Library) -> str:
    """The table in Markdown, with its own caption."""
    entry = library.recorded("adult")
    assert entry is not None, "the Adult sweep is not shipped"
    facts, rows = entry.json("facts.json"), entry.table("cells.csv")
    groups, domains = tuple(facts["groups"]), facts["domains"]
    sweep = Sweep(rows, groups)
    classifier, k = "gradient_boosting", len(groups)
    lines = [
        "| trained on | accuracy, % | R_DP (>50K) | R_DP (<=50K) | R_EOp (>50K) |",
        "|---|---|---|---|---|",
        line("constant predictor", per_seed(sweep.constant(domains).rows, k)),
        line("10,000 real source rows", per_seed(sweep.real(classifier, domains).rows, k)),
    ]
    for name, control, price in SETTINGS:
        part = sweep.setting(control, 1.0, classifier, domains).select(lambda_z=price)
        lines.append(line(f"synthetic, {name}", per_seed(part.rows, k)))
    fits = [e.made["seconds"] for e in library.find_fits("adult").values()]
    seeds = rows.loc[rows["train"] == "synthetic", "seed"].nunique()
    made = entry.made
    note = (
        f"Gradient boosting, means over the {len(domains)} held-out race domains, {seeds} seeds (± is the standard "
        f"deviation over seeds), λ_y = 1, 10,000 synthetic rows. Measured {made['time'][:10]} on {made['machine']}: "
        f"{len(fits)} fits of {min(fits):.0f} to {max(fits):.0f} s on one core each, a sweep of {len(rows):,} tests "
        f"at {made['seconds'] * made['workers'] / made['cells_computed']:.2f} core-seconds each. λ_z is listed, not "
        "chosen on the target."
    )
    return "\n".join([*lines, "", note])


def main() -> None:
    """Print the table, or write it between the markers of the README."""
    text = table(Library())
    if "--write" in sys.argv:
        readme = README.read_text()
        before, after = readme.split(BEGIN)[0], readme.split(END)[1]
        README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
    else:
        print(text)


if __name__ == "__main__":
    main()
