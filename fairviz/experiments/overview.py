"""Published comparisons of all data sets beside each other, in Markdown for the README."""

from __future__ import annotations

from collections.abc import Mapping

from fairviz.experiments.chosen import ACCURACY, chosen_elsewhere
from fairviz.experiments.pairwise import RIGHT, pairwise
from fairviz.experiments.results import BOUND, CONSTANT, UNMITIGATED, Results, family_scores, ratio
from fairviz.experiments.tables import number, with_span
from fairviz.settings import GENERATOR, MITIGATION
from fairviz.store import Entry

#: Methods that are parts of the product, and no rivals.
OWN_METHODS = ("fadm", "fadm_preview")


def straight(entries: Mapping[str, Entry], metric: str = "R_DP") -> str:
    """Accuracy in percent (†: balanced accuracy, where that says little) and a ratio of every family, in Markdown.

    Settings are chosen without the held-out domain.
    """
    found, groups, order = dict[str, dict[str, str]](), set[str](), dict[str, None]()
    for name, entry in entries.items():
        results = Results.of(entry).select(classifier=entry.spec["classifiers"][0])
        points = results.points()
        order |= dict.fromkeys(points["family"])
        bound = results.family(BOUND)
        for row in chosen_elsewhere(results, metric, points).to_dict("records"):
            family = f"_{row['family']}_" if row["family"] == bound else row["family"]
            order |= {family: None}
            groups |= {family} if row["needs_group"] else set()
            mark = "†" if row["standard"] != ACCURACY else ""
            found.setdefault(family, {})[name] = f"{100 * row[row['standard']]:.1f}{mark} · {number(row[metric])}"
    lines = ["| | " + " | ".join(entries) + " |", "|---" * (len(entries) + 1) + "|"]
    for family in order:
        if family in found:
            cells = [found[family].get(name, "") for name in entries]
            lines.append(f"| {family}{' *' if family in groups else ''} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def against(entries: Mapping[str, Entry], metric: str = "R_DP") -> str:
    """The product against every other family on all held-out domains of all data sets, in Markdown."""
    found, mine = {}, ""
    for name, entry in entries.items():
        results = Results.of(entry).select(classifier=entry.spec["classifiers"][0])
        mine = mine or results.family(results.ours)
        rows = chosen_elsewhere(results, metric, results.points())
        if len(rows):
            found[name] = rows
    lines = [
        f"| {mine} against | domains | accuracy: won, tied, lost | p | {metric}: won, tied, lost | p |",
        "|---" * 6 + "|",
    ]
    for row in pairwise(found, mine, metric).to_dict("records"):
        cells = [f"{row['family']}", str(row["domains"])]
        for what in (RIGHT, metric):
            cells.append(", ".join(str(row[f"{what}_{how}"]) for how in ("won", "tied", "lost")))
            cells.append(number(row[f"{what}_p"], 3))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def overview(entries: Mapping[str, Entry], metric: str = "R_DP") -> str:
    """Hypervolume of every family on every data set, from the constant predictor's accuracy (a coin's), in Markdown.

    Parameters
    ----------
    entries : mapping
        Published frontiers by name of the data set.
    """
    scores, constants, bounds = {}, set(), set()
    for name, entry in entries.items():
        results = Results.of(entry).select(classifier=entry.spec["classifiers"][0])
        constants.add(results.family(CONSTANT))
        bounds.add(results.family(BOUND))
        scores[name] = family_scores(results, metric).set_index("family")
    by_area = [s.sort_values(["hypervolume_strict", "hypervolume"]).index[::-1] for s in scores.values()]
    families = list(dict.fromkeys(family for index in by_area for family in index))
    lines = ["| | " + " | ".join(scores) + " |", "|---" * (len(scores) + 1) + "|"]
    for family in families:
        if family in constants:
            continue
        cells = []
        for table in scores.values():
            if family not in table.index:
                cells.append("")
                continue
            row = table.loc[family]
            cells.append(f"{row['hypervolume_strict']:.4f} ({row['hypervolume']:.3f})")
        mark = " *" if any(family in t.index and t.loc[family, "needs_group"] for t in scores.values()) else ""
        lines.append(f"| {'_' + family + '_' if family in bounds else family}{mark} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def standing(entries: Mapping[str, Entry]) -> str:
    """FADM's hypervolume over the best rivals', and synthetic against real rows at price 0, in Markdown.

    From the constant predictor's accuracy; from a coin's in brackets. Beside the first ratio stands that of the
    estimated fair Bayes rule: what there is to gain on these people at all.
    """
    lines = [
        "| data set | of | accuracy, synthetic rows, λ_z = 0 | accuracy, real rows | hypervolume over the best other "
        "generator's: R_DP; R_EOp | the same of the estimated Bayes rule | over the best classifier-side method's: "
        "R_DP; R_EOp |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, entry in entries.items():
        results = Results.of(entry).select(classifier=entry.spec["classifiers"][0])
        points = results.points()
        ours = {dial["family"] for dial in results.dials if dial["method"] in OWN_METHODS}
        mine, bound = results.family(results.ours), results.family(BOUND)
        start = points[points["dial"] == results.ours].iloc[0]  # a dial begins without a price
        real = points[points["dial"] == UNMITIGATED].iloc[0]
        against: dict[str, list[str]] = {GENERATOR: [], MITIGATION: []}
        possible = []
        for metric in ("R_DP", "R_EOp"):
            scores = family_scores(results, metric, points)
            for kind, told in against.items():
                rivals = scores[(scores["kind"] == kind) & ~scores["needs_group"] & ~scores["family"].isin(ours)]
                value, best = ratio(scores, mine, list(rivals["family"]))
                coin, _ = ratio(scores, mine, list(rivals["family"]), "hypervolume")
                told.append(f"{number(value)} ({best}; {number(coin)})")
                if kind == GENERATOR:
                    possible.append(number(ratio(scores, bound, [best])[0]))
        lines.append(
            f"| {name} | {mine} | {with_span(start, 'accuracy', 1, 100)} | {with_span(real, 'accuracy', 1, 100)} | "
            f"{'; '.join(against[GENERATOR])} | {'; '.join(possible)} | {'; '.join(against[MITIGATION])} |"
        )
    return "\n".join(lines)
