"""Tables of what was checked against what is known, from the kept CSV files and the recorded dial."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from benchmarks.common import RESULTS, points_of
from benchmarks.known_front import METRIC, known_path, points_below
from fairviz.controls.dials import BOOSTED
from fairviz.data.sources import fingerprint_of
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.evaluation.metrics import METRICS, mean_over_domains
from fairviz.evaluation.tradeoff import mean_point, runs_of
from fairviz.experiments.recorded import sweep_of
from fairviz.store import Entry
from fairviz.store.library import Library

#: The price at which the gain is told beside how many prices keep their promise.
PROMISED_AT = 0.2
#: What the price is measured on (benchmarks/price.py), in the order of the tables.
MADE = {
    "real": "weights on real rows",
    "soft": "soft labels of the preset `fairviz`",
    "pool": "weights on unguided rows, the networks' labels",
    "guided": "guided rows, the networks' labels",
}
#: What labels are compared with (benchmarks/labels.py), in the order of the table.
LABELLED = {
    "as many real": "20,000 real rows",
    "soft": "**soft labels**",
    "boosted": "boosted, drawn",
    "network": "the networks'",
}
#: Points that a price's rule may stay below the best rule known.
SHORT = 0.3


def previewed() -> str:
    """The preview's speed, and how it agrees with guided rows."""
    preview = pd.read_csv(RESULTS / "preview.csv")
    seconds = preview.set_index(["what", "classifier"])["value"]
    moved, trained = (seconds[f"seconds for five domains, {what}"] for what in ("preview", "trained on weighted rows"))
    lines = [
        f"New numbers for all five domains on one core: {moved['logistic_regression']:.2f} s with logistic "
        f"regression, {moved['gradient_boosting']:.2f} s with gradient boosting, {moved['mlp']:.2f} s with the "
        f"small network; {trained['logistic_regression']:.2f}, {trained['gradient_boosting']:.2f} and "
        f"{trained['mlp']:.2f} s if each is trained on the weighted rows.",
        "",
        "| preview against guided rows | preview | trained on weighted rows | guided | difference in seed spreads |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.control}, λ_z {row.lambda_z:g}: {row.metric} | {row.preview:.3f} (±{row.preview_sd:.3f}) | "
        f"{row.trained:.3f} (±{row.trained_sd:.3f}) | "
        f"{row.guided:.3f} (±{row.guided_sd:.3f}) | {abs(row.value) / max(row.guided_sd, row.preview_sd):.1f} |"
        for row in preview[preview["what"] == "agreement"].itertuples()
    ]
    return "\n".join(lines)


def ablated() -> str:
    """What meta-learning is worth."""
    ablation = pd.read_csv(RESULTS / "ablation.csv")
    lines = ["| meta-learning | λ_z | accuracy, % | R_DP | R_EOp | fit, s on one core |", "|---|---|---|---|---|---|"]
    counted = "n_0_0_0" in ablation
    for (variant, price), part in ablation.groupby(["variant", "lambda_z"], sort=False):
        seeds, names = part.groupby("seed")[["accuracy", "R_DP", "R_EOp"]].mean(), ("accuracy", "R_DP", "R_EOp")
        values = seeds.mean().to_dict()
        if counted:
            runs = runs_of(part, ("Female", "Male"))
            values = {m: mean_over_domains(runs.value(METRICS[m]))[0] for m in names}
        told = [
            f"{scale * values[m]:.{digits}f} (±{scale * seeds[m].std(ddof=1):.{digits}f})"
            for m, scale, digits in zip(names, (100, 1, 1), (1, 2, 2), strict=True)
        ]
        lines.append(f"| {variant} | {price:g} | {' | '.join(told)} | {part['fit_seconds'].mean():.0f} |")
    if not counted:
        lines += ["", "Here each seed's own ratio is averaged: the counts of that measurement were not kept."]
    return "\n".join(lines)


def checks(compared: Mapping[str, Entry]) -> str:
    """Everything that was measured besides the comparison, with a sentence on what it is."""
    return "\n\n".join(
        [
            known_front(),
            "**Who labels.** Points of accuracy less those of a model of all real source rows, on people of a domain "
            "that was held out: boosting, 20,000 rows, 20 steps, three seeds of one fit a domain "
            "(`benchmarks/labels.py`).",
            labelled(),
            "The same of every set, from its comparison (five seeds; on Adult of three fits a domain):",
            unpriced(compared),
            f"**Does a price keep its promise?** Of the prices 0.01 to 0.5, how many do on source rows held back from "
            f"all fitting, and what {PROMISED_AT} gains: `accuracy - λ_z |gap|` less that of the classifier without a "
            "price, in points, with a 95 % band over people and all prices jointly (`benchmarks/price.py`; a promise "
            "is broken where the band lies wholly below 0, or that of the gap's change wholly above; worlds A to D are "
            "simulated ones with other bias, proxy and shift; one fit, one seed; rows with the networks' labels are of "
            "meta-learnt fits).",
            promised(),
            f"**How far from the best rule known?** The same rows: at how many prices `accuracy - λ_z |gap|` stays at "
            f"most {SHORT} points below that of the best rule, or the band includes {SHORT}; and where it stays "
            "furthest below, by how many points. The best rule is the dual's with all three posteriors cross-fitted on "
            "the very rows held back, beside the rest of the source.",
            short_of_best(),
            previewed(),
            ablated(),
        ]
    )


def unpriced(compared: Mapping[str, Entry]) -> str:
    """Points of accuracy at price 0 less those of all real source rows, means over the held-out domains."""
    lines = [
        "| price 0, against all real source rows | " + " | ".join(compared) + " |",
        "|---" * (len(compared) + 1) + "|",
    ]
    for family in ("FADM, soft labels", "FADM, drawn labels"):
        cells = []
        for entry in compared.values():
            points = points_of(entry)
            free = ~points["setting"].str.contains("lambda_z")
            mine = points.loc[(points["family"] == family) & free, "accuracy"].iloc[0]
            real = points.loc[points["family"] == "Real rows, unmitigated", "accuracy"].iloc[0]
            cells.append(f"{100 * (mine - real):+.2f}")
        lines.append(f"| {family} | {' | '.join(cells)} |")
    return "\n".join(lines)


def promised() -> str:
    """What becomes of the price's promise on source rows held back from all fitting."""

    def kept(part: pd.DataFrame) -> str:
        at = part[part["lambda_z"] == PROMISED_AT].iloc[0]
        return f"{part['kept'].sum()} of {len(part)}; {_points(at, 'gain')}"

    return _by_control({kind: pd.read_csv(RESULTS / f"price_{kind}.csv") for kind in MADE}, kept)


def short_of_best() -> str:
    """By how much accuracy less the priced gap stays below that of the best rule known, on the same rows."""

    def below(part: pd.DataFrame) -> str:
        reached = (100 * part["below_low"] <= SHORT).sum()
        return f"{reached} of {len(part)}; {_points(part.loc[part['below'].idxmax()], 'below')}"

    return _by_control({kind: pd.read_csv(RESULTS / f"price_{kind}.csv") for kind in ("real", "soft")}, below)


def _points(row: pd.Series, name: str) -> str:
    value, low, high = (100 * row[column] for column in (name, f"{name}_low", f"{name}_high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def _by_control(measured: dict[str, pd.DataFrame], told: Callable[[pd.DataFrame], str]) -> str:
    """A row per kind of training rows and data set, a column per control; ``told`` gets the prices of one cell."""
    controls = ("dp", "eop", "dp_eop")
    lines = [
        "| held-back source rows | made of | " + " | ".join(f"`{c}`" for c in controls) + " |",
        "|---|---|" + "---|" * len(controls),
    ]
    for kind, table in measured.items():
        for name, part in table.groupby("data", sort=False):
            cells = " | ".join(told(part[part["control"] == control]) for control in controls)
            lines.append(f"| {name} ({part['rows_held_back'].iloc[0]:,}) | {MADE[kind]} | {cells} |")
    return "\n".join(lines)


def labelled() -> str:
    """Points of accuracy on held-out people against all real source rows, by who labels the synthetic ones."""
    rows = pd.read_csv(RESULTS / "labels.csv").query("set == 'adult'")
    targets = list(rows["target"].unique())
    points = rows.groupby(["rows", "target"])["points"].mean().unstack()[targets]
    mean, error = points.mean(axis=1), points.std(axis=1, ddof=1) / np.sqrt(len(targets))
    lines = [
        "| Adult, price 0, held-out people | " + " | ".join(targets) + " | mean (standard error over domains) |",
        "|---" * (len(targets) + 2) + "|",
    ]
    lines += [
        f"| {title} | " + " | ".join(f"{value:+.2f}" for value in points.loc[kind]) + f" | {mean[kind]:+.2f} "
        f"({error[kind]:.2f}) |"
        for kind, title in LABELLED.items()
    ]
    return "\n".join(lines)


def known_front() -> str:
    """Points of accuracy by which the dial falls short of the known fair Bayes front of the simulated world."""
    library = Library()
    entry = library.recorded(fingerprint_of("simulated"))
    assert entry is not None, "the simulated sweep is not shipped"
    facts = entry.json("facts.json")
    sweep = sweep_of(entry.table("trials.csv"), facts["groups"], BOOSTED, whole=True)
    assert sweep is not None, "the dial of soft labels is not shipped"
    more = pd.read_csv(RESULTS / "known_front.csv")
    lines = ["| simulated world, λ_y = 1 | " + " | ".join(CLASSIFIERS) + " |", "|---" * (len(CLASSIFIERS) + 1) + "|"]
    for control, metric in METRIC.items():
        known = known_path(library, control)
        cells, real = [], []
        for classifier in CLASSIFIERS:
            path = sweep.setting(control, 1.0, classifier, facts["domains"]).path(metric)
            short = points_below(known, metric, path["fairness"], path["accuracy"])
            cells.append(f"{short.min():.1f} to {short.max():.1f}")
            start = mean_point(sweep.real(classifier, facts["domains"]).runs(), metric)
            real.append(f"{points_below(known, metric, start['fairness'], start['accuracy']):.1f}")
        lines.append(
            f"| `{control}`, soft labels, 10,000 rows, {len(path)} prices: points below the front at equal {metric} | "
            f"{' | '.join(cells)} |"
        )
        part = more[more["control"] == control]
        rows, prices = f"{part['rows'].iloc[0]:,}", part["lambda_z"].nunique()
        labels = part["labels"].iloc[0]
        ends = part.groupby("classifier")["points_below"].agg(["min", "max"])
        again = [f"{ends['min'][c]:.1f} to {ends['max'][c]:.1f}" if c in ends.index else "" for c in CLASSIFIERS]
        lines.append(f"| {labels}, {rows} rows, {prices} prices: the same | {' | '.join(again)} |")
        lines.append(f"| 10,000 real source rows, unmitigated: the same | {' | '.join(real)} |")
    return "\n".join(lines)
