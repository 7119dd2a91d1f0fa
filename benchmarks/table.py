"""Tables of the README and of docs/results.md, from published results and the kept CSV files.

python -m benchmarks.table --write      (puts them in their places)
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.adult_dial import adult_dial
from benchmarks.checked import checks
from benchmarks.common import RESULTS, points_of
from benchmarks.results_picture import DIALS
from fairviz.data.sets import DATASETS
from fairviz.evaluation.quality import MEASURES
from fairviz.experiments import overview, tables
from fairviz.experiments.chosen import RULE, of_little_use
from fairviz.experiments.pairwise import MEANING
from fairviz.experiments.parts import parts_text
from fairviz.experiments.quality import means as quality_means
from fairviz.experiments.quality import of_former_training
from fairviz.experiments.results import CONSTANT, Results
from fairviz.store import Entry
from fairviz.store.library import Library
from fairviz.store.specs import FRONTIER, QUALITY, TABLE

ROOT = Path(__file__).parent.parent


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
        f"{speed['date'][0]}, {speed['machine'][0]}; rows of the preset `fairviz`. `benchmarks/speed.py`. Accuracy "
        f"kept by a fit of FADM's defaults, {quality['date'][0]} (gradient boosting, `adult.test`, 10,000 synthetic "
        f"against 10,000 real rows, {boosting['seed'].nunique()} seeds): {100 * drawn[10] / real:.1f} % with 10 steps, "
        f"{100 * drawn[200] / real:.1f} % with Euler-Maruyama 200. `benchmarks/quality.py`."
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
            "checks": checks(published(FRONTIER)),
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
