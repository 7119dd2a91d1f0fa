"""Published tables: what a plan measured, as one entry that explains itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.experiments.bench import rows_of
from fairviz.experiments.methods import Line
from fairviz.experiments.plan import Plan
from fairviz.experiments.trial import Trial
from fairviz.store import Entry, ResultStore, key_of
from fairviz.store.library import Library, pretrained_dir
from fairviz.store.specs import made_from, versions
from fairviz.synthesizers.hyper import META, PRESET, trainings


def facts(dataset: DomainDataset) -> dict[str, Any]:
    """What a page needs to know of a data set whose rows are not at hand: roles, groups and counts."""
    counts = pd.DataFrame({"domain": dataset.d, "group": dataset.z, "label": dataset.y}).value_counts().sort_index()
    rows = [
        {"domain": dataset.domains[d], "group": dataset.groups[k], "label": int(y), "n": int(n)}
        for (d, k, y), n in counts.items()
    ]
    return {
        "schema": dataset.schema.to_json(),
        "groups": list(dataset.groups),
        "labels": list(dataset.labels),
        "domains": list(dataset.domains),
        "counts": rows,
        "trainings": trainings(),
    }


def published(store: ResultStore, kind: str, fingerprint: str, quick: bool) -> list[Entry]:
    """A store's comparisons of the data set with this fingerprint; quick ones and others are kept side by side."""
    found = [e for e in store.entries(kind) if made_from(e) == fingerprint]
    return [e for e in found if e.spec.get("quick", False) == quick]


def take(kind: str, dataset: DomainDataset, library: Library, out: Path | None, *, quick: bool) -> None:
    """Trials of a published table into the library, as if they had been computed here.

    Those of a preset that meant another training when they were published are left.
    """
    for entry in published(ResultStore(out or pretrained_dir()), kind, dataset.fingerprint(), quick):
        for name in (name for name in entry.files if name.endswith(".csv")):
            table = entry.table(name)
            kept = table[~table["setting"].isin(of_former_trainings(entry, table))].reset_index(drop=True)
            library.trials.put(dataset.fingerprint(), dataset.groups, rows_of(kept, dataset))


def of_former_trainings(entry: Entry, table: pd.DataFrame) -> list[str]:
    """Settings in a published table whose preset meant another training when it was published."""
    then, now = entry.json("facts.json").get("trainings", {}), trainings()
    presets = {text: json.loads(text).get(PRESET.name, META) for text in table["setting"].unique()}
    return [text for text, preset in presets.items() if preset != META and then.get(preset) != now.get(preset)]


def publish(
    kind: str,
    plan: Plan,
    dataset: DomainDataset,
    compared: Sequence[Line],
    trials: Sequence[Trial],
    tables: dict[str, pd.DataFrame],
    more: dict[str, Any],
    made: dict[str, Any],
    out: Path | None,
) -> None:
    """Write the result as one entry; an older one of the same data set goes (a quick one only for a quick one)."""
    store = ResultStore(out or pretrained_dir())
    spec = {
        "dataset": {"name": dataset.name, "options": {}, "fingerprint": dataset.fingerprint()},
        "targets": plan.targets(dataset),
        "dials": [line.dial.name for line in compared],
        "classifiers": list(plan.classifiers),
        "seeds": list(plan.tested),
        "quick": plan.quick,
        "trials": key_of({"keys": sorted(trial.key(dataset.fingerprint()) for trial in trials)}),
    }
    known = {**facts(dataset), "dials": [line.about(plan.level) for line in compared], **more}
    made = {**made, "runs": runs(store, kind, dataset, plan.quick, made), **versions()}
    store.publish(kind, spec, json_files={"facts.json": known}, tables=tables, made=made)
    for entry in store.entries(kind):
        same = made_from(entry) == dataset.fingerprint() and entry.spec["quick"] == plan.quick
        if same and entry.path != store.path(kind, spec):
            shutil.rmtree(entry.path)


def runs(
    store: ResultStore, kind: str, dataset: DomainDataset, quick: bool, made: dict[str, Any]
) -> list[dict[str, Any]]:
    """What each run computed that a published table is made of: a run that computes everything starts the list anew."""
    this = {name: made[name] for name in ("trials_computed", "seconds", "workers")}
    earlier = [e.made for e in published(store, kind, dataset.fingerprint(), quick)]
    if made["trials_computed"] == made["trials"] or not earlier:
        return [this]
    return [*(earlier[0].get("runs") or [{name: earlier[0][name] for name in this}]), this]
