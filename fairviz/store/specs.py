"""What makes a fit, and its name on disk."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np

from fairviz import __version__
from fairviz.data import ALL_DOMAINS
from fairviz.data.dataset import DomainDataset
from fairviz.data.sources import load_dataset
from fairviz.errors import SettingError, StoreError
from fairviz.store import (
    Entry,
)
from fairviz.synthesizers import SYNTHESIZERS
from fairviz.synthesizers.hyper import FADMParams, iterations, written
from fairviz.text import listing, quoted

#: Kinds of results.
FIT, SWEEP, FRONTIER, TABLE, QUALITY = "fit", "sweep", "frontier", "table1", "quality"


def versions() -> dict[str, str]:
    """Versions and machine, for a manifest."""
    return {
        "fairviz": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "numpy", "pandas", "scikit-learn")},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {sys.platform}",
    }


@dataclass(frozen=True)
class FitSpec:
    """Everything that makes a fit; the whole of it is the key.

    Attributes
    ----------
    dataset : str
        Name of a registered data set, or of a CSV file.
    options : dict
        Options of the data set's reader.
    fingerprint : str
        ``DomainDataset.fingerprint()`` of the whole data set.
    target : str
        The domain held out, or ``"all"`` for none.
    params : dict
        Hyper-parameters, ``get_params()``.
    synthesizer : str
        A key of ``SYNTHESIZERS``.
    without : str
        A second domain held out of the training (for choosing settings inside the source), or "".
    """

    dataset: str
    fingerprint: str
    target: str
    options: dict[str, Any] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=lambda: written(asdict(FADMParams())))
    synthesizer: str = "fadm"
    without: str = ""

    def to_json(self) -> dict[str, Any]:
        """The spec under which the fit is stored."""
        spec = {
            "dataset": {"name": self.dataset, "options": self.options, "fingerprint": self.fingerprint},
            "target": self.target,
            "synthesizer": self.synthesizer,
            "params": self.params,
        }
        return {**spec, "without": self.without} if self.without else spec

    @classmethod
    def from_json(cls, spec: dict[str, Any]) -> FitSpec:
        """Inverse of :meth:`to_json`.

        Raises
        ------
        StoreError
            It is not the specification of a fit.
        """
        _check_spec(spec)
        data = spec["dataset"]
        return cls(
            data["name"],
            data["fingerprint"],
            spec["target"],
            data["options"],
            spec["params"],
            spec["synthesizer"],
            spec.get("without", ""),
        )

    @classmethod
    def of(
        cls,
        dataset: DomainDataset,
        target: str,
        options: dict[str, Any] | None = None,
        *,
        synthesizer: str = "fadm",
        without: str = "",
        **params: Any,
    ) -> FitSpec:
        """The spec of fitting a synthesizer with ``params`` on ``dataset`` without ``target`` (and ``without``).

        Two domains left out are the same fit in either order.

        Raises
        ------
        SettingError
            No such domain.
        """
        for domain, known in ((target, (ALL_DOMAINS,)), (without, ("", ALL_DOMAINS))):
            if domain not in (*known, *dataset.domains):
                names = listing([*dataset.domains, ALL_DOMAINS], 60)
                raise SettingError(f"{dataset.name}: no domain {quoted(domain)}. Choose one of {names}.")
        if without:
            target, without = sorted((target, without))
        made = SYNTHESIZERS[synthesizer](**params).get_params()
        return cls(dataset.name, dataset.fingerprint(), target, dict(options or {}), made, synthesizer, without)

    def source_of(self, dataset: DomainDataset) -> DomainDataset:
        """The rows of ``dataset`` that the fit is trained on."""
        source = dataset.source_for(self.target)
        return source.source_for(self.without) if self.without else source

    def iterations(self, dataset: DomainDataset) -> int:
        """Iterations of its training on the rows of ``dataset`` that it leaves in."""
        out = [dataset.domains.index(d) for d in (self.target, self.without) if d in dataset.domains]
        return iterations(self.params, int((~np.isin(dataset.d, out)).sum()))

    def load_rows(self) -> DomainDataset:
        """The whole data set, for registered ones.

        Raises
        ------
        StoreError
            Its rows are not those that the spec was made for.
        """
        dataset = load_dataset(self.dataset, **self.options)
        if dataset.fingerprint() != self.fingerprint:
            raise StoreError(f"{self.dataset}: the rows here are not those this fit was made from.")
        return dataset


def _check_spec(spec: Any) -> None:
    """Refuse what :meth:`FitSpec.to_json` does not give."""
    fields = {"dataset", "target", "synthesizer", "params"}
    ok = isinstance(spec, dict) and fields <= spec.keys() <= fields | {"without"}
    data = spec["dataset"] if ok else None
    if isinstance(data, dict) and data.keys() == {"name", "options", "fingerprint"}:
        texts = (spec["target"], spec["synthesizer"], spec.get("without", ""), data["name"], data["fingerprint"])
        plain = isinstance(spec["params"], dict) and isinstance(data["options"], dict)
        plain = plain and all(type(value) in (int, float, str) for value in data["options"].values())
        if plain and all(isinstance(text, str) for text in texts):
            return
    raise StoreError("its specification is not that of a fit")


def made_from(entry: Entry) -> str:
    """Fingerprint of the rows that an entry was made from; "" if it names none."""
    return str(entry.spec.get("dataset", {}).get("fingerprint", ""))
