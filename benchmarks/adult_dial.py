"""The README's table of Adult's dial, from its recorded sweep."""

from __future__ import annotations

import numpy as np

from fairviz.controls.dials import BOOSTED, NETWORK
from fairviz.data.sources import fingerprint_of, source_of
from fairviz.evaluation.metrics import METRICS, mean_over_domains
from fairviz.evaluation.runs import Runs
from fairviz.experiments.recorded import sweep_of
from fairviz.store.library import Library

#: What is printed: whose labels, control, price.
SETTINGS = (
    ("soft labels, no fair control", BOOSTED, "dp", 0.0),
    ("soft labels, `dp`, λ_z 0.1", BOOSTED, "dp", 0.1),
    ("soft labels, `dp`, λ_z 0.2", BOOSTED, "dp", 0.2),
    ("soft labels, `dp`, λ_z 0.3", BOOSTED, "dp", 0.3),
    ("soft labels, `eop`, λ_z 0.01", BOOSTED, "eop", 0.01),
    ("soft labels, `eop`, λ_z 0.02", BOOSTED, "eop", 0.02),
    ("soft labels, `entropy` (paper), λ_z 10", BOOSTED, "entropy", 10.0),
    ("the networks' labels, no fair control", NETWORK, "dp", 0.0),
    ("the networks' labels, `dp`, λ_z 0.2", NETWORK, "dp", 0.2),
    ("the networks' labels, `entropy` (paper), λ_z 10", NETWORK, "entropy", 10.0),
    ("the networks' labels, `entropy` (paper), λ_z 50", NETWORK, "entropy", 50.0),
)
METRIC_NAMES = ("accuracy", "R_DP", "R_DP_other", "R_EOp")


def line(name: str, runs: Runs) -> str:
    """One row: the figures the app shows, means over domains; in brackets the standard deviation of single seeds'."""
    cells = []
    for metric in METRIC_NAMES:
        function = METRICS[metric]
        value = mean_over_domains(runs.value(function))[0]
        if np.isnan(value):
            cells.append("not estimable")
            continue
        single = np.array([mean_over_domains(function(part.table))[0] for part in runs.parts])
        scale, digits = (100, 1) if metric == "accuracy" else (1, 2)
        spread = f" (±{scale * np.nanstd(single, ddof=1):.{digits}f})" if len(single) > 1 else ""
        cells.append(f"{scale * value:.{digits}f}{spread}")
    return f"| {name} | " + " | ".join(cells) + " |"


def adult_dial(library: Library) -> str:
    """The table in Markdown, with its own caption."""
    adult = fingerprint_of("adult")
    entry = library.recorded(adult)
    assert entry is not None, "the Adult sweep is not shipped"
    facts, rows = entry.json("facts.json"), entry.table("trials.csv")
    domains, classifier = facts["domains"], "gradient_boosting"
    lines = ["| trained on | accuracy, % | R_DP (>50K) | R_DP (<=50K) | R_EOp (>50K) |", "|---|---|---|---|---|"]
    turned = {labels: sweep_of(rows, facts["groups"], labels, whole=True) for labels in (BOOSTED, NETWORK)}
    for name, labels, control, price in SETTINGS:
        sweep = turned[labels]
        assert sweep is not None, "a dial is not shipped"
        if len(lines) == 2:
            lines.append(line("constant predictor", sweep.constant(domains).runs()))
            lines.append(line("10,000 real source rows", sweep.real(classifier, domains).runs()))
        part = sweep.setting(control, 1.0, classifier, domains).select(lambda_z=price)
        lines.append(line(f"synthetic, {name}", part.runs()))
    fits = [e.made["seconds"] for e in library.find_fits(adult, source_of("adult").training).values()]
    made = entry.made
    note = (
        f"Gradient boosting, means over the {len(domains)} held-out race domains, {rows['seed'].nunique()} seeds of "
        "one fit: rates are averaged over seeds, then one ratio is taken. ± is the standard deviation over seeds; "
        "people and fits are not in it. λ_y = 1, 10,000 synthetic rows. "
        f"Measured {made['time'][:10]} on {made['machine']}: "
        f"{len(fits)} fits of {min(fits):.0f} to {max(fits):.0f} s on one core each, a sweep of {len(rows):,} tests, "
        f"{made['trials_computed']:,} of the last run at "
        f"{made['seconds'] * made['workers'] / made['trials_computed']:.2f} core-seconds each. λ_z is listed, not "
        "chosen on the target."
    )
    return "\n".join([*lines, "", note])
