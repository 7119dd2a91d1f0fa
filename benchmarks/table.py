"""Tables of the README and of docs/results.md, from published results and the kept CSV files.

python -m benchmarks.table --write      (puts them in their places)
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.adult_dial import adult_dial
from benchmarks.common import RESULTS
from benchmarks.known_front import METRIC, known_path, points_below
from benchmarks.results_picture import DIALS
from fairviz.controls.dials import BOOSTED
from fairviz.data.sets import DATASETS
from fairviz.data.sources import fingerprint_of
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.evaluation.metrics import METRICS, mean_over_domains
from fairviz.evaluation.quality import MEASURES
from fairviz.evaluation.tradeoff import mean_point, runs_of
from fairviz.experiments import overview, tables
from fairviz.experiments.chosen import RULE, of_little_use
from fairviz.experiments.pairwise import MEANING
from fairviz.experiments.parts import parts_text
from fairviz.experiments.quality import means as quality_means
from fairviz.experiments.quality import of_former_training
from fairviz.experiments.recorded import sweep_of
from fairviz.experiments.results import CONSTANT, Results
from fairviz.store import Entry
from fairviz.store.library import Library
from fairviz.store.specs import FRONTIER, QUALITY, TABLE

ROOT = Path(__file__).parent.parent
#: The price at which the gain is told beside how many prices keep their promise.
PROMISED_AT = 0.2


def measured() -> str:
    """Speed and quality in Markdown, from the kept CSV files."""
    speed, quality, peers = (pd.read_csv(RESULTS / f"{name}.csv") for name in ("speed", "quality", "peers"))
    lines = ["| what | cores | seconds | MiB |", "|---|---|---|---|"]
    for row in speed.itertuples():
        memory = "" if np.isnan(row.MiB) else f"{row.MiB:.0f}"
        lines.append(f"| {row.what} | {row.cores} | {row.seconds:.2f} | {memory} |")
    boosting = quality[quality["classifier"] == "gradient_boosting"]
    drawn = boosting[(boosting["train"] == "synthetic") & (boosting["lambda_z"] == 0)]
    drawn = drawn.groupby("n_steps")["accuracy"].mean()
    real = boosting.loc[boosting["train"] == "real", "accuracy"].mean()
    about = (
        f"{speed['date'][0]}, {speed['machine'][0]}. Accuracy kept (gradient boosting, `adult.test`, 10,000 synthetic "
        f"against 10,000 real rows, {boosting['seed'].nunique()} seeds): {100 * drawn[10] / real:.1f} % with 10 steps, "
        f"{100 * drawn[200] / real:.1f} % with Euler-Maruyama 200. `benchmarks/speed.py`, `benchmarks/quality.py`."
    )
    lines += [
        "",
        about,
        "",
        "| beside peers, one run with version 0.1.0 | fit, s | ratio | MiB | 10,000 rows, s | accuracy kept, % |",
    ]
    lines.append("|---|---|---|---|---|---|")
    for row in peers.itertuples():
        part = row.share_of_training_run
        scaled, at = ("", "") if part == 1 else (f" (from {100 * part:.0f} % of it)", f" (after {100 * part:.0f} %)")
        lines.append(
            f"| {row.peer} | {row.fit_seconds:.0f}{scaled} | {row.fit_ratio:.1f} | {row.MiB:.0f} | "
            f"{row.sample_seconds:.2f} | {100 * row.kept:.1f}{at} |"
        )
    return "\n".join(lines)


def published(kind: str) -> dict[str, Entry]:
    """Shipped comparisons by data set, in the registry's order."""
    found = {e.spec["dataset"]["name"]: e for e in Library().shipped.entries(kind) if not e.spec["quick"]}
    return {name: found[name] for name in DATASETS if name in found}


def compared() -> str:
    """The frontiers of all data sets."""
    entries = published(FRONTIER)
    made = "\n".join(f"* {name}: {tables.made_line(entry)}" for name, entry in entries.items())
    little = [name for name, entry in entries.items() if of_little_use(points_of(entry))]
    return "\n\n".join(
        [
            "**Chosen without the held-out domain**: accuracy in percent · R_DP, means over the held-out domains.",
            overview.straight(entries),
            "\\* needs the person's group when it decides. In italics: no method that anybody could use. "
            + RULE.format(metric="R_DP", standard="accuracy"),
            f"Always giving the same answer is right more often than most methods on: {', '.join(little) or 'none'}. "
            "There accuracy says little, and balanced accuracy (†) stands for it.",
            "**Domain by domain**, settings chosen on the other domains:",
            overview.against(entries),
            MEANING,
            *filter(None, (parts_text(Results.of(entry)) for entry in entries.values())),
            "**Picked after the test**, as fronts: hypervolume with R_DP from the constant predictor's accuracy; in "
            "brackets from a coin's, which flatters:",
            overview.overview(entries),
            "FADM's hypervolume over its rivals', from the constant predictor's accuracy; in brackets whose it is, and "
            "the ratio from a coin's accuracy, which flatters:",
            overview.standing(entries),
            made,
        ]
    )


def shortly() -> str:
    """Of Adult: what some methods give whose settings were chosen without the held-out domain."""
    entry = published(FRONTIER)["adult"]
    results = Results.of(entry)
    shown = {results.family(name) for name in (*DIALS, CONSTANT)}
    head, rule, *rows = overview.straight({"adult": entry}).split("\n")
    kept = [row for row in rows if row.strip("| ").split(" | ")[0] in shown]
    return "\n".join([head.replace("adult", "accuracy, % · R_DP (1: women and men alike)"), rule, *kept])


def points_of(entry: Entry) -> pd.DataFrame:
    """Means of every setting with the first downstream model."""
    return Results.of(entry).select(classifier=entry.spec["classifiers"][0]).points()


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


def checks() -> str:
    """Everything that was measured besides the comparison; a file that is not there yet is left out."""
    parts = [known_front(), promised()]
    for name, text in (("preview", previewed), ("ablation", ablated)):
        if (RESULTS / f"{name}.csv").exists():
            parts.append(text())
    return "\n\n".join(parts)


def promised() -> str:
    """What becomes of the price's promise on source rows held back from all fitting."""
    made = {"real": "weights on real rows", "pool": "weights on unguided rows", "guided": "guided rows"}
    controls = ("dp", "eop", "dp_eop")
    lines = [
        "| held-back source rows | made of | " + " | ".join(f"`{c}`" for c in controls) + " |",
        "|---|---|" + "---|" * len(controls),
    ]
    for kind, title in made.items():
        path = RESULTS / f"price_{kind}.csv"
        if not path.exists():
            continue
        for name, part in pd.read_csv(path).groupby("data", sort=False):
            cells = []
            for control in controls:
                mine = part[part["control"] == control]
                at = mine[mine["lambda_z"] == PROMISED_AT].iloc[0]
                low, high = (100 * at[f"gain_{end}"] for end in ("low", "high"))
                cells.append(f"{mine['kept'].sum()} of {len(mine)}; {100 * at['gain']:.1f} ({low:.1f} to {high:.1f})")
            lines.append(f"| {name} ({at['rows_held_back']:,}) | {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def known_front() -> str:
    """Points of accuracy by which the dial falls short of the known fair Bayes front of the simulated world."""
    library = Library()
    entry = library.recorded(fingerprint_of("simulated"))
    assert entry is not None, "the simulated sweep is not shipped"
    facts = entry.json("facts.json")
    sweep = sweep_of(entry.table("trials.csv"), facts["groups"], BOOSTED, whole=True)
    assert sweep is not None, "the dial of soft labels is not shipped"
    path_more = RESULTS / "known_front.csv"
    more = pd.read_csv(path_more) if path_more.exists() else None
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
        if more is not None:
            part = more[more["control"] == control]
            rows, prices = f"{part['rows'].iloc[0]:,}", part["lambda_z"].nunique()
            labels = part["labels"].iloc[0] if "labels" in part else "the networks' labels"
            ends = part.groupby("classifier")["points_below"].agg(["min", "max"])
            again = [f"{ends['min'][c]:.1f} to {ends['max'][c]:.1f}" if c in ends.index else "" for c in CLASSIFIERS]
            lines.append(f"| {labels}, {rows} rows, {prices} prices: the same | {' | '.join(again)} |")
        lines.append(f"| 10,000 real source rows, unmitigated: the same | {' | '.join(real)} |")
    return "\n".join(lines)


#: Of what is told of rows: what fits a table of all data sets.
LIKENESS = ("shapes", "trends", "detection", "detection_linear", "impossible", "auc", "nearer", "attack")


def likeness() -> str:
    """How alike makers' rows are to real ones, of what use, and what they give away, on every data set."""
    measures = [measure for measure in MEASURES if measure.name in LIKENESS]
    lines = [
        "| rows | " + " | ".join(f"{measure.title} ({measure.better})" for measure in measures) + " |",
        "|---" * (len(measures) + 1) + "|",
    ]
    entries = published(QUALITY)
    for name, entry in entries.items():
        halves = entry.spec["halves"]
        people = int(entry.table("scores.csv")["trained_on"].iloc[0])
        lines.append(f"| **{name}**, {halves} halves of {people:,} people" + " |" * (len(measures) + 1))
        lines += [
            f"| {maker} | " + " | ".join(measure.told(*values[measure.name]) for measure in measures) + " |"
            for maker, values in quality_means(entry).items()
        ]
    made = [
        f"* {name}: {entry.made['time'][:10]}, {entry.made['machine']}, torch {entry.made['torch']}, scikit-learn "
        f"{entry.made['scikit-learn']}; trainings of {entry.table('scores.csv')['fit_seconds'].sum() / 60:.0f} minutes "
        f"of one core in all.{of_former_training(entry)} "
        f"`fairviz quality --dataset {name}`"
        for name, entry in entries.items()
    ]
    return "\n".join([*lines, "", *made])


def detected() -> str:
    """Adult: detection by length of training and by steps."""
    found = pd.read_csv(RESULTS / "detection.csv")
    lines = [
        "| Adult, training | processor, s | steps | detection, against rows trained on | against held-out rows | "
        "impossible rows, % | AUC on adult.test | nearer to rows trained on |",
        "|---" * 8 + "|",
    ]
    lines += [
        f"| {row.training} | {row.cpu_seconds} | {row.steps} | {row.against_trained_on:.3f} | "
        f"{row.against_held_out:.3f} | {100 * row.impossible:.2f} | {row.auc:.3f} | {row.nearer:.2f} "
        f"({row.nearer_low:.2f}–{row.nearer_high:.2f}) |"
        for row in found.itertuples()
    ]
    return "\n".join([*lines, "", f"{found['date'][0]}, {found['machine'][0]}. `benchmarks/detection.py`."])


def blocks() -> dict[str, dict[str, str]]:
    """The generated parts of documents, by file and marker."""
    return {
        "README.md": {"short": shortly()},
        "docs/results.md": {
            "results": adult_dial(Library()),
            "table1": tables.table1_text(published(TABLE)["adult"]),
            "frontier": compared(),
            "likeness": f"{likeness()}\n\n{detected()}",
            "checks": checks(),
            "speed": measured(),
        },
    }


def filled() -> dict[Path, str]:
    """Documents with their generated parts made anew, by file."""
    found = {}
    for name, parts in blocks().items():
        text = (ROOT / name).read_text()
        for marker, part in parts.items():
            begin, end = f"<!-- {marker}: begin -->", f"<!-- {marker}: end -->"
            text = f"{text.split(begin)[0]}{begin}\n{part}\n{end}{text.split(end)[1]}"
        found[ROOT / name] = text
    return found


def main() -> None:
    """Print the generated parts, or write them into the documents."""
    if "--write" in sys.argv:
        for path, text in filled().items():
            path.write_text(text)
    else:
        print("\n\n".join(part for parts in blocks().values() for part in parts.values()))


if __name__ == "__main__":
    main()
