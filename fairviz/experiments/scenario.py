"""A view as a file: which data, which trials, which counts they gave. Opens in the app, runs as ``fairviz run``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fairviz.data.dataset import DomainDataset
from fairviz.data.opened import open_frame, open_table
from fairviz.data.own import OwnStore
from fairviz.data.roles import Roles
from fairviz.data.sources import OWN, fingerprint_of, load_dataset, source_of
from fairviz.errors import DataError, FairvizError, SettingError
from fairviz.evaluation.tradeoff import tables_of
from fairviz.experiments.bench import Bench
from fairviz.experiments.trial import Trial
from fairviz.store.library import Library
from fairviz.store.specs import FitSpec
from fairviz.store.trials import Row

FORMAT = 1
#: More trials than any view shows.
MAX_TRIALS, MAX_BYTES = 5_000, 5_000_000


@dataclass(frozen=True)
class Scenario:
    """A view.

    Attributes
    ----------
    dataset : str
        A registered data set, or ``own``.
    options : dict
        Of a registered data set's reader.
    fingerprint : str
        Of the rows.
    rows : DataFrame
        A row per trial with its counts; see ``trial.table_of``.
    address : dict of str to list of str
        Of the page that showed it.
    own : dict
        Of a person's own table: ``title, base, roles, held_out, training``.
    shown : dict
        What the page said and drew, for a report; see ``telling.report``.
    """

    dataset: str
    options: dict[str, Any]
    fingerprint: str
    rows: pd.DataFrame
    address: dict[str, list[str]] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        dataset: str,
        options: Mapping[str, Any],
        rows: pd.DataFrame,
        address: Mapping[str, Sequence[str]],
        shown: Mapping[str, Any] | None = None,
    ) -> Scenario:
        """The scenario of rows of trials, which were carried out on a data set as the pages name it."""
        source, own = source_of(dataset, options), {}
        if dataset == OWN:
            kept = OwnStore().get(str(options["id"]))
            own = {
                "title": kept.title, "base": kept.base, "roles": kept.roles.to_json(), "held_out": list(kept.held_out),
                "training": source.training,
            }  # fmt: skip
        fingerprint = fingerprint_of(dataset, options)
        return cls(
            dataset, {} if dataset == OWN else dict(options), fingerprint, rows,
            {name: list(values) for name, values in address.items() if not (dataset == OWN and name == "data")}, own,
            dict(shown or {}),
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary; see :meth:`from_json`."""
        about = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "rows"}
        names = [f.name for f in fields(Trial)]
        counts = sorted(c for c in self.rows.columns if c.startswith("n_") and c not in names)
        trials = json.loads(self.rows[[*names, *counts]].to_json(orient="records"))
        return {"fairviz": FORMAT, **about, "trials": trials}

    @classmethod
    def from_json(cls, about: Any) -> Scenario:
        """Inverse of :meth:`to_json`, of whatever somebody hands in.

        Raises
        ------
        SettingError
            It is no scenario, or of another version.
        """
        if not isinstance(about, dict) or "fairviz" not in about:
            raise SettingError("This is no scenario. A scenario is a JSON file that Explore offers for download.")
        if about["fairviz"] != FORMAT:
            raise SettingError(f"The scenario is of version {about['fairviz']!r}; this fairviz reads version {FORMAT}.")
        try:
            trials = list(about["trials"])
            if not 0 < len(trials) <= MAX_TRIALS:
                raise SettingError(f"The scenario has {len(trials):,} trials; 1 to {MAX_TRIALS:,} are carried out.")
            rows = pd.DataFrame([{**asdict(Trial.from_row(row)), **_counts(row)} for row in trials])
            made = cls(
                str(about["dataset"]), dict(about["options"]), str(about["fingerprint"]), rows,
                {str(k): [str(v) for v in values] for k, values in dict(about["address"]).items()}, dict(about["own"]),
                dict(about.get("shown", {})),
            )  # fmt: skip
            if made.dataset == OWN:
                Roles.from_json(made.own["roles"])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, DataError) as error:
            raise SettingError(f"The scenario is damaged ({type(error).__name__}). Download it again.") from None
        return made

    def load(self, csv: Path | None = None) -> DomainDataset:
        """The rows that it is about.

        Parameters
        ----------
        csv : Path, optional
            The file of a person's own table, which no scenario holds.

        Raises
        ------
        FairvizError
            They are not here, or not the same.
        """
        if self.dataset != OWN:
            if csv is not None:
                raise SettingError(f"The scenario is about {self.dataset}, so no file goes with it.")
            dataset = load_dataset(self.dataset, **self.options)
        else:
            title, base = str(self.own.get("title", "table")), str(self.own.get("base", ""))
            if base:
                opened = open_frame(title, load_dataset(base).frame)
            elif csv is None:
                raise SettingError(f"The scenario is about a table of its own ({title}). Name the file: --csv FILE.")
            else:
                opened = open_table(csv, str(csv))
            dataset, _ = Roles.from_json(self.own["roles"]).apply(OWN, opened.frame, where=title)
        if dataset.fingerprint() != self.fingerprint:
            raise DataError("The rows here are not those of the scenario. Name the same file.")
        return dataset

    def carry_out(self, dataset: DomainDataset, library: Library, *, fresh: bool = False) -> Iterator[tuple[Row, bool]]:
        """Rows of its trials, and whether each has the counts that the scenario says.

        Raises
        ------
        FairvizError
            A trial cannot be carried out.
        """
        training = dict(self.own.get("training", {}))
        known = tables_of(self.rows, len(dataset.groups))
        for (target, without), part in self.rows.groupby(["target", "without"], sort=False):
            bench = Bench(dataset, library, self.options)
            trials = [Trial.from_row(row) for row in part.to_dict("records")]
            if training and any(trial.what.synthesizer for trial in trials):
                spec = FitSpec.of(dataset, str(target), self.options, without=str(without), **training)
                library.fit(spec, dataset)
                bench = Bench(dataset, library, self.options, spec=spec)
            for row, k in zip(bench.compute(trials, fresh=fresh), part.index, strict=True):
                yield row, bool(np.array_equal(row.table, known[self.rows.index.get_loc(k)]))


def read_scenario(path: Path) -> Scenario:
    """A scenario from a file.

    Raises
    ------
    SettingError
        There is no such file, or it is no scenario.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingError(f"{path} is too large for a scenario. Name the JSON file that Explore offers.")
        return Scenario.from_json(json.loads(path.read_bytes()))
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, FairvizError):
            raise
        raise SettingError(f"{path} is no JSON. Name the file that Explore offers for download.") from None


def _counts(row: Mapping[str, Any]) -> dict[str, int]:
    names = {f.name for f in fields(Trial)}
    return {name: int(value) for name, value in row.items() if name.startswith("n_") and name not in names}
