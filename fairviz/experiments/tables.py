"""Published comparisons as text: Markdown for the README and the terminal, plain dictionaries for JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from fairviz.experiments.publish import of_former_trainings
from fairviz.experiments.results import BOUND, CONSTANT, MEANS, UNMITIGATED, Results, family_scores, floors
from fairviz.settings import text_of
from fairviz.store import Entry
from fairviz.synthesizers.hyper import PRESET

#: Table 1 of the paper: accuracy in percent, R_DP, R_EOp, for A-I-E, A-P-I, Black, Other, White and their mean.
PAPER_DOMAINS = ("Amer-Indian-Eskimo", "Asian-Pac-Islander", "Black", "Other", "White")
PAPER: Mapping[str, tuple[tuple[float, float, float], ...]] = {
    "vae": ((84.51, 0.83, 0.73), (77.82, 0.55, 0.43), (88.70, 0.81, 0.54), (86.66, 0.88, 0.73), (78.38, 0.81, 0.68),
            (83.21, 0.74, 0.62)),
    "gan": ((78.79, 0.86, 0.80), (59.60, 0.75, 0.73), (72.24, 0.90, 0.69), (80.42, 0.89, 0.78), (72.27, 0.84, 0.73),
            (72.66, 0.85, 0.74)),
    "ddpm": ((87.01, 0.89, 0.79), (79.75, 0.68, 0.42), (89.49, 0.91, 0.75), (85.16, 0.81, 0.48), (79.11, 0.74, 0.60),
             (84.10, 0.82, 0.61)),
    "fairgan": ((85.16, 0.93, 0.90), (63.12, 0.95, 0.83), (82.97, 0.75, 0.44), (65.71, 0.82, 0.55),
                (74.00, 0.95, 0.84), (74.20, 0.88, 0.71)),
    "fadm_entropy": ((88.05, 0.95, 0.80), (79.04, 0.82, 0.66), (89.66, 0.92, 0.73), (86.73, 0.96, 0.81),
                     (81.37, 0.86, 0.76), (84.97, 0.91, 0.75)),
}  # fmt: skip
#: The version that put the price on the absolute gap.
DUAL_SINCE = (0, 3)
SHORT = {"Amer-Indian-Eskimo": "A-I-E", "Asian-Pac-Islander": "A-P-I"}


def number(value: float, digits: int = 2, scale: float = 1.0) -> str:
    """A figure, or a dash where it is not known."""
    return "–" if math.isnan(value) else f"{scale * value:.{digits}f}"


def with_span(row: Mapping[str, Any], metric: str, digits: int, scale: float = 1.0) -> str:
    """A value with its interval."""
    if math.isnan(row[metric]):
        return "not estimable"
    low, high = (number(row[f"{metric}_{end}"], digits, scale) for end in ("low", "high"))
    return f"{number(row[metric], digits, scale)} ({low}–{high})"


def _minutes(run: Mapping[str, Any]) -> str:
    minutes = max(1, round(run["seconds"] / 60))
    return (
        f"{minutes} minute{'s' if minutes > 1 else ''} with {run['workers']} worker{'s' if run['workers'] > 1 else ''}"
    )


def made_line(entry: Entry) -> str:
    """Machine, versions, seeds and duration of a published comparison."""
    made, total = entry.made, len(entry.table("trials.csv"))
    runs = [run for run in made.get("runs", [made]) if run["trials_computed"]]
    told = [f"{run['trials_computed']:,} in {_minutes(run)}" for run in runs]
    if made.get("trials_timed", -1) == made.get("trials"):
        trials, fits = (f"{made[f'{what}_core_seconds'] / 60:.0f} core-minutes" for what in ("trial", "fit"))
        took = f"{made['trials']:,} trials in {trials} and {made['fits']} fits in {fits}."
    elif not runs:
        took = f"{total:,} trials, all of them stored by earlier runs."
    elif runs[0]["trials_computed"] >= total:
        took = f"{total:,} trials in {_minutes(runs[0])}, fits that were not stored included."
    else:
        took = f"{total:,} trials: {', '.join(told)}, fits that were not stored included; the others were stored."
    return (
        f"{len(entry.spec['seeds'])} seeds, {len(entry.spec['targets'])} held-out domains; measured "
        f"{made['time'][:10]} on {made['machine']}, torch {made['torch']}, scikit-learn {made['scikit-learn']}. {took}"
        f"{before_the_dual(entry)}{_before_the_training(entry)}{_failures(made)}"
    )


def _failures(made: Mapping[str, Any]) -> str:
    """How many trials could not be carried out, and why the first could not."""
    found = made.get("failures", [])
    if not found:
        return ""
    many = f"{len(found):,} trials" if len(found) > 1 else "One trial"
    return f" {many} could not be carried out and are missing from the means ({found[0]['error']})"


def before_the_dual(entry: Entry) -> str:
    """A warning where a comparison is older than today's price; nothing otherwise."""
    version = str(entry.made.get("fairviz", "0"))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) >= DUAL_SINCE:
        return ""
    return (
        f" Measured with version {version}, whose price was on the signed gap and could pay for reversal: lines with a "
        "price of a gap are not those of today's dial."
    )


def _before_the_training(entry: Entry) -> str:
    """A warning where a preset meant another training when its lines were measured; nothing otherwise."""
    old = of_former_trainings(entry, entry.table("trials.csv"))
    names = sorted({json.loads(text)[PRESET.name] for text in old})
    if not names:
        return ""
    return f" Lines of the preset {' and '.join(names)} are of its former training; `--extend` makes them anew."


def scores_table(results: Results, classifier: str, metric: str, points: pd.DataFrame | None = None) -> str:
    """Families by hypervolume, in Markdown."""
    part = results.select(classifier=classifier)
    constant, bound = results.family(CONSTANT), results.family(BOUND)
    scores = family_scores(part, metric, points).sort_values("hypervolume", ascending=False)
    lines = [
        f"| method | hypervolume ({metric}) | above the constant | points below the estimated Bayes rule | "
        "most accurate, % |",
        "|---|---|---|---|---|",
    ]
    for row in scores.to_dict("records"):
        if row["family"] == constant:
            continue
        mark = " *" if row["needs_group"] else ""
        name = f"_{row['family']}_" if row["family"] == bound else row["family"]
        spread = "" if math.isnan(row["hypervolume_sd"]) else f" ±{row['hypervolume_sd']:.3f}"
        lines.append(
            f"| {name}{mark} | {row['hypervolume']:.3f}{spread} | {row['hypervolume_strict']:.4f} | "
            f"{number(row['distance'], 1, 100)} | {number(row['best_accuracy'], 1, 100)} |"
        )
    return "\n".join(lines)


def frontier_text(entry: Entry) -> str:
    """Both hypervolume tables of every downstream model."""
    results = Results.of(entry)
    parts = []
    for classifier in entry.spec["classifiers"]:
        for metric in ("R_DP", "R_EOp"):
            parts.append(f"{entry.spec['dataset']['name']}, {classifier}, {metric}\n")
            parts.append(scores_table(results, classifier, metric) + "\n")
    return "\n".join([*parts, "* needs the person's group when it decides", made_line(entry)])


def table1_rows(entry: Entry) -> pd.DataFrame:
    """A row per method and domain (and ``mean``): means over seeds, intervals, both readings, the paper's figures."""
    results, spec = Results.of(entry), entry.spec
    chosen: dict[str, dict[str, str]] = {}
    for c in entry.json("facts.json")["chosen"]:
        chosen.setdefault(c["dial"], {})[c["target"]] = text_of(c["setting"])
    rows = []
    for dial in results.dials:
        method, picked = dial["name"], chosen.get(dial["name"], {})
        told = {text_of(p["setting"]): p["wording"] for p in dial["positions"]}
        mine = results.dial(method)
        if picked:  # another setting for every target
            mine = mine.keep(mine.rows["setting"] == mine.rows["target"].map(picked))
        runs = mine.runs()
        spans = {m: runs.span(m) for m in MEANS}
        for k, domain in enumerate([*runs.domains, "mean"]):
            row: dict[str, Any] = {"method": method, "title": dial["title"], "domain": domain}
            row["setting"] = told[picked[domain]] if domain in picked else ""
            row["n"] = int(runs.counts.table[k].sum()) if domain != "mean" else int(runs.counts.table.sum())
            for metric in MEANS:
                if domain == "mean":
                    value, low, high, n = runs.mean_span(metric)
                    row[f"{metric}_domains"] = n
                else:
                    value, low, high = (float(end[k]) for end in spans[metric])
                row |= {metric: value, f"{metric}_low": low, f"{metric}_high": high}
            where = len(PAPER_DOMAINS) if domain == "mean" else None
            if domain in PAPER_DOMAINS:
                where = PAPER_DOMAINS.index(domain)
            if spec["dataset"]["name"] == "adult" and method in PAPER and where is not None:
                row["paper"] = PAPER[method][where]
            rows.append(row)
    return pd.DataFrame(rows)


def table1_text(entry: Entry) -> str:
    """The paper's table, ours beside: accuracy in percent, R_DP in both readings, R_EOp."""
    rows = table1_rows(entry)
    domains = [*entry.spec["targets"], "mean"]
    lines = [
        "| method | " + " | ".join(SHORT.get(d, d) for d in domains) + " | chosen inside the source |",
        "|---" * (len(domains) + 2) + "|",
    ]
    for _, part in rows.groupby("method", sort=False):
        cells = {r["domain"]: r for r in part.to_dict("records")}
        ours = [
            " · ".join([number(cells[d]["accuracy"], 1, 100), *(number(cells[d][m]) for m in MEANS[1:])])
            for d in domains
        ]
        lines.append(f"| {part['title'].iloc[0]} | " + " | ".join(ours) + f" | {settings_text(part['setting'])} |")
        papers = [cells[d].get("paper") for d in domains]
        if all(isinstance(p, tuple) for p in papers):
            told = [f"{p[0]:.1f} · {p[1]:.2f} · {p[2]:.2f}" for p in papers]
            lines.append("| _the paper's_ | " + " | ".join(f"_{t}_" for t in told) + " | |")
    return "\n".join([*lines, "", table1_note(entry)])


def settings_text(chosen: Iterable[str]) -> str:
    """Every setting that was chosen, the most frequent first, and for how many domains; "" for none."""
    counts = Counter(setting for setting in chosen if setting)
    if len(counts) == 1:
        return next(iter(counts))
    return "; ".join(f"{setting} ({n})" for setting, n in counts.most_common())


def table1_note(entry: Entry) -> str:
    """How Table 1 was made, in one paragraph."""
    facts, results = entry.json("facts.json"), Results.of(entry)
    floor = floors(results.dial(UNMITIGATED).runs().counts)
    return (
        f"Accuracy in percent · R_DP (favourable: {facts['labels'][1]}) · R_DP (favourable: {facts['labels'][0]}) · "
        f"R_EOp; the paper gives one R_DP and does not say which. {entry.spec['classifiers'][0]} on "
        f"{results.learnt_from}. Chosen for every held-out domain: {facts['rule']}. A perfectly "
        f"equal model would show R_DP {floor['R_DP']:.2f} and R_EOp {floor['R_EOp']:.2f} with these counts (median, "
        f"mean over domains). {made_line(entry)}"
    )


def as_json(entry: Entry) -> dict[str, Any]:
    """Every number of the tables."""
    if entry.kind == "table1":
        return {"rows": json.loads(table1_rows(entry).to_json(orient="records"))}
    results = Results.of(entry)
    out: dict[str, Any] = {}
    for classifier in entry.spec["classifiers"]:
        part = results.select(classifier=classifier)
        points = part.points()
        out[classifier] = {
            "points": json.loads(points.to_json(orient="records")),
            **{m: json.loads(family_scores(part, m, points).to_json(orient="records")) for m in ("R_DP", "R_EOp")},
        }
    return {"results": out}
