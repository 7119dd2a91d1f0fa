"""How alike to real rows a generator's rows are, and what they give away: ``fairviz quality``.

A generator is trained on a random half of a data set's rows, and its rows are compared with the other half, whose
people it never saw; so are the first half's own rows: the most that likeness can reach, and the least that privacy can.
What is measured holds for such a generator, not for one file of rows.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from fairviz.checks import check_count
from fairviz.controls.dials import BEST_SOLVER, BOOSTED, NETWORK
from fairviz.data.dataset import DomainDataset
from fairviz.errors import DataError
from fairviz.evaluation.quality import MEASURES, scores
from fairviz.experiments.runner import Progress
from fairviz.experiments.where import HERE, Where
from fairviz.experiments.workers import in_workers
from fairviz.store import Entry, ResultStore
from fairviz.store.library import Library
from fairviz.store.specs import QUALITY, FitSpec, made_from, versions
from fairviz.synthesizers import SYNTHESIZERS
from fairviz.synthesizers.hyper import META, PRESETS, trainings, written

#: Rows of a data set below which it is cut in more halves, for a half of few people tells little.
SMALL, FEWEST = 3000, 100
#: Halves of a data set with fewer rows than :data:`SMALL`, and of others, whose fits take minutes each.
MANY, FEW = 20, 2
#: Synthetic rows, and steps in which they are drawn.
ROWS, STEPS = 20_000, 20
REAL = "Real rows"


@dataclass(frozen=True)
class Maker:
    """A generator as it is measured.

    Attributes
    ----------
    title : str
    synthesizer : str
        A key of ``SYNTHESIZERS``; "" for the half's own rows.
    params, sampling : dict
        Hyper-parameters, and settings of ``sample``.
    """

    title: str
    synthesizer: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    sampling: dict[str, Any] = field(default_factory=dict)

    def rows(self, train: DomainDataset, seed: int) -> tuple[pd.DataFrame, float]:
        """Rows made from a half, and seconds that the training took."""
        if not self.synthesizer:
            return train.frame, 0.0
        made, begun = SYNTHESIZERS[self.synthesizer](**self.params, random_state=seed), time.monotonic()
        fit = made.fit(train)
        seconds = time.monotonic() - begun
        steps = {"n_steps": STEPS} if made.takes_steps else {}
        n = min(ROWS, max(len(train), 2000))
        return fit.sample(n, random_state=seed, **steps, **self.sampling), seconds

    def to_json(self) -> dict[str, Any]:
        """With all hyper-parameters, as a fit's specification has them."""
        full = SYNTHESIZERS[self.synthesizer](**self.params).get_params() if self.synthesizer else {}
        return {**asdict(self), "params": {k: v for k, v in full.items() if k != "random_state"}}


def makers(n_iter: int = 0) -> tuple[Maker, ...]:
    """What is measured on a registered data set.

    Parameters
    ----------
    n_iter : int
        Iterations where the source is too small for a generator's default; 0 for the default.
    """
    some = {"n_iter": n_iter} if n_iter else {}
    others = [Maker(title, name, dict(some)) for title, name in (("DDPM", "ddpm"), ("VAE", "vae"), ("GAN", "gan"))]
    return (
        Maker(
            "FADM (preset fairviz)", "fadm", dict(PRESETS["fairviz"].params), {"labels": BOOSTED, "solver": BEST_SOLVER}
        ),
        Maker("FADM (meta-learnt)", "fadm", {**PRESETS[META].params, **some}, {"labels": NETWORK}),
        *others,
    )


def measured(dataset: DomainDataset, maker: Maker, seed: int) -> dict[str, Any]:
    """A random half: what is told of a maker's rows."""
    order = np.random.default_rng(seed).permutation(len(dataset))
    cut = len(order) // 2
    train, held = (dataset.take(np.sort(part)) for part in (order[:cut], order[cut:]))
    rows, seconds = maker.rows(train, seed)
    about = {"maker": maker.title, "seed": seed, "trained_on": len(train), "rows": len(rows), "fit_seconds": seconds}
    return {**about, **scores(rows, train, held, seed=seed)}


def quality(
    dataset: DomainDataset,
    compared: Sequence[Maker],
    out: Path,
    *,
    options: Mapping[str, Any] | None = None,
    halves: int = 0,
    where: Where = HERE,
    quick: bool = False,
    extend: bool = False,
) -> Generator[Progress, None, Entry]:
    """Measure makers on random halves and publish the table; yields progress, returns the entry.

    Parameters
    ----------
    out : Path
        Store to publish in; an older measurement of the same rows goes.
    halves : int
        0 for :data:`MANY` of a small data set and :data:`FEW` of others.
    quick : bool
        60 iterations and one half, to see the command work.
    extend : bool
        Makers whose training and sampling did not change are taken from what is published there.

    Raises
    ------
    DataError
        There are too few rows to tell.
    """
    if len(dataset) < 2 * FEWEST:
        raise DataError(f"{dataset.name} has {len(dataset)} rows; halves of {FEWEST} or more are needed.")
    many = check_count("halves", halves, 0, 1000) or (MANY if len(dataset) < SMALL else FEW)
    todo = [Maker(REAL), *compared]
    if quick:
        many = 1
        todo = [Maker(m.title, m.synthesizer, {**m.params, **({"n_iter": 60} if m.synthesizer else {})}, m.sampling)
                for m in todo]  # fmt: skip
    store = ResultStore(out)
    there = [e for e in store.entries(QUALITY) if made_from(e) == dataset.fingerprint() and e.spec["quick"] == quick]
    rows = [row for entry in (there if extend else []) for row in _unchanged(entry, todo, many)]
    known = {(row["maker"], row["seed"]) for row in rows}
    calls = [
        (measured, (dataset, maker, seed))
        for maker in todo for seed in range(many)
        if (maker.title, seed) not in known
    ]  # fmt: skip
    begun = time.monotonic()
    here = where.backend == "local" and where.n_jobs == 1
    for row in (function(*arguments) for function, arguments in calls) if here else in_workers(calls, where):
        rows.append(row)
        yield "halves", len(rows) - len(known), len(calls), ""
    order = {maker.title: k for k, maker in enumerate(todo)}
    table = pd.DataFrame(sorted(rows, key=lambda row: (order[row["maker"]], row["seed"])))
    spec = {
        "dataset": {"name": dataset.name, "options": dict(options or {}), "fingerprint": dataset.fingerprint()},
        "makers": [maker.to_json() for maker in todo], "halves": many, "quick": quick,
    }  # fmt: skip
    made = {
        "seconds": round(time.monotonic() - begun), "workers": where.n_jobs, "measured": len(calls), **versions(),
    }  # fmt: skip
    facts = {"measures": [asdict(measure) for measure in MEASURES], "steps": STEPS}
    store.publish(QUALITY, spec, json_files={"facts.json": facts}, tables={"scores.csv": table}, made=made)
    for entry in there:
        if entry.path != store.path(QUALITY, spec):
            shutil.rmtree(entry.path)
    found = store.get(QUALITY, spec)
    assert found is not None, "published a moment ago"
    return found


def _unchanged(entry: Entry, todo: Sequence[Maker], many: int) -> list[dict[str, Any]]:
    """Rows of a published table whose makers are still to be measured as they were, on the same halves."""
    same = [maker.title for maker in todo if maker.to_json() in entry.spec["makers"]]
    table = entry.table("scores.csv")
    kept = table[table["maker"].isin(same) & (table["seed"] < many)]
    return cast("list[dict[str, Any]]", kept.to_dict("records"))


def means(entry: Entry) -> dict[str, dict[str, tuple[float, float, float]]]:
    """By maker and measure: the mean over halves, and the mean ends of its interval over people (or NaN)."""
    table, nan = entry.table("scores.csv"), float("nan")
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for title, part in table.groupby("maker", sort=False):
        ends = {m.name: [f"{m.name}_{end}" for end in ("low", "high")] if m.spans else [] for m in MEASURES}
        found[str(title)] = {
            name: (float(part[name].mean()), *(part[low_high].mean() if low_high else (nan, nan)))
            for name, low_high in ends.items()
        }
    return found


def quality_text(entry: Entry) -> str:
    """A row per measure, a column per maker, in Markdown."""
    found = means(entry)
    lines = [
        "| | good is | " + " | ".join(found) + " |",
        "|---" * (len(found) + 2) + "|",
    ]
    for measure in MEASURES:
        cells = [measure.told(*values[measure.name]) for values in found.values()]
        lines.append(f"| {measure.title} | {measure.better} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", quality_note(entry)])


def of_former_training(entry: Entry) -> str:
    """A sentence where the preset meant another training when it was measured; nothing otherwise."""
    preset, now = makers()[0].title, trainings()["fairviz"]  # asked without the generator's class, which needs torch
    old = [m for m in entry.spec.get("makers", []) if m["title"] == preset and written(m["params"]) != now]
    return f" {preset} is of its former training; `--extend` measures it anew." if old else ""


def quality_note(entry: Entry) -> str:
    """How it was measured, in one paragraph."""
    made, halves = entry.made, entry.spec["halves"]
    people = int(entry.table("scores.csv")["trained_on"].iloc[0])
    some = f"{halves} random halves" if halves > 1 else "One random half"
    return (
        f"{some} of {people:,} people each: a generator learns from one half, and its rows are compared with the other "
        f"half; {REAL.lower()} are the first half's own people. In brackets 95 % over people. Distances and one attack "
        f"are no proof of privacy: sets that pass such tests leak all the same (Ganev et al. 2025). Measured "
        f"{made['time'][:10]} on {made['machine']}, torch {made['torch']}, scikit-learn {made['scikit-learn']}."
        f"{of_former_training(entry)}"
    )


def quality_json(entry: Entry) -> dict[str, Any]:
    """Every measure of every maker: value, ends of the interval (None where there is none), range, good direction."""
    about = {m.name: {"title": m.title, "better": m.better, "range": [m.low, m.high]} for m in MEASURES}
    return {
        maker: {
            name: {
                **about[name],
                **{end: None if math.isnan(v) else v for end, v in zip(("value", "low", "high"), triple, strict=True)},
            }
            for name, triple in values.items()
        }
        for maker, values in means(entry).items()
    }


@dataclass(frozen=True)
class Measured:
    """What was measured of generators like the one that a fit is of.

    Attributes
    ----------
    values : list of dict
        ``title, better, low, high, meaning, value, real``: the last two in words, of the generator and of real rows.
    halves, trained_on : int
        How many random halves, and people in each.
    time : str
    """

    values: list[dict[str, Any]]
    halves: int
    trained_on: int
    time: str


def measured_of(library: Library, spec: FitSpec, labels: str) -> Measured | None:
    """What was measured of a fit's hyper-parameters and labels on halves of the same data; None if nothing was."""
    params = {k: v for k, v in spec.params.items() if k != "random_state"}
    kind = NETWORK if labels == NETWORK else BOOSTED
    for store in library.stores:
        for entry in store.entries(QUALITY):
            if made_from(entry) != spec.fingerprint or entry.spec["quick"]:
                continue
            for maker in entry.spec["makers"]:
                same = (maker["synthesizer"], maker["params"]) == (spec.synthesizer, params)
                if same and maker["sampling"].get("labels", NETWORK) == kind:
                    found = means(entry)
                    mine, real = found[maker["title"]], found[REAL]
                    values = [
                        {**asdict(m), "value": m.told(*mine[m.name]), "real": m.told(*real[m.name])} for m in MEASURES
                    ]
                    trained_on = int(entry.table("scores.csv")["trained_on"].iloc[0])
                    return Measured(values, entry.spec["halves"], trained_on, entry.made["time"])
    return None
