"""What every neural synthesizer shares: the encoded table, chunks with seeds of their own, a fit as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from fairviz.checks import MAX_ROWS, check_count
from fairviz.data.dataset import DomainDataset
from fairviz.data.encoder import TableEncoder
from fairviz.errors import DataError, SettingError, StoreError
from fairviz.numerics import settle
from fairviz.synthesizers.base import FitStep, Synthesizer
from fairviz.synthesizers.hyper import check_params
from fairviz.synthesizers.stored import Form, check_arrays, check_layout, check_meta, read_schema

CHUNK = 1000


def chunk_seeds(n: int, random_state: int) -> Iterator[tuple[int, int, torch.Generator]]:
    """Start, stop and generator of every chunk, so that the first rows of a larger draw are those of a smaller one."""
    for index, start in enumerate(range(0, n, CHUNK)):
        seed = int(np.random.SeedSequence([random_state, index]).generate_state(1, np.uint64)[0] >> 1)
        yield start, min(start + CHUNK, n), torch.Generator().manual_seed(seed)


def seeded(build: Callable[[], Any], random_state: int) -> Any:
    """Build modules from a seed without touching torch's global generator."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(random_state)
        return build()


def draw_codes(shares: Tensor, n: int, rng: torch.Generator) -> Tensor:
    """Draw (n,) indices with the given probabilities (m,)."""
    edges = torch.cumsum(shares.double(), 0)
    u = torch.rand(n, generator=rng, dtype=torch.float64) * edges[-1]
    return torch.searchsorted(edges, u, right=True).clamp(max=len(shares) - 1)


class TableSynthesizer(Synthesizer):
    """A synthesizer whose networks see encoded rows.

    Subclasses say how to build their networks (``_build``), how to train them (``_train``) and how to draw one chunk of
    encoded rows with labels (``_draw``). Hyper-parameters that every one has: ``n_iter``, ``batch_size``,
    ``learning_rate``, ``random_state``.

    Attributes
    ----------
    notes_ : list of str
        What a person should know about this fit.
    """

    registered: ClassVar[str]
    #: Settings of ``sample`` with their defaults and ranges (low, high).
    settings: ClassVar[dict[str, tuple[float, float, float]]] = {}
    #: Fields of ``fit.json`` that not every fit has.
    optional_fields: ClassVar[frozenset[str]] = frozenset()
    #: Hyper-parameters that not every ``fit.json`` writes down, with the values that they then have.
    later_params: ClassVar[Mapping[str, Any]] = {}

    def _check_params(self) -> None:
        """Refuse hyper-parameters out of range."""
        check_params(self.get_params())

    def _build(self) -> nn.ModuleDict:
        """Fresh networks, from ``encoder_``, ``groups_`` and the hyper-parameters."""
        raise NotImplementedError

    def _train(self, x: Tensor, y: Tensor, z: Tensor) -> Iterator[FitStep]:
        """Train ``nets_`` on encoded rows x (n, D), labels y (n,) and groups z (n,)."""
        raise NotImplementedError

    def _draw(self, n: int, rng: torch.Generator, **settings: float) -> tuple[Tensor, Tensor]:
        """Encoded rows (n, D) and labels (n,)."""
        raise NotImplementedError

    def _learn_table(self, source: DomainDataset) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Fit the encoder; encoded rows x (n, D), labels, groups and domains, (n,) each."""
        encoder = TableEncoder().fit(source.features)
        x = torch.from_numpy(encoder.transform(source.features))
        y, z, d = (torch.from_numpy(a) for a in (source.y, source.z, source.d))
        if len(torch.unique(y)) < 2:
            raise DataError(
                "The source rows have one class only. Hold out another domain, or add rows of both classes."
            )
        self.encoder_, self.schema_, self.groups_ = encoder, source.schema, source.groups
        self.labels_, self.name_ = source.labels, source.name
        joint = torch.bincount(2 * z + y, minlength=2 * len(self.groups_)).double() / len(y)
        self.joint_ = joint.reshape(-1, 2)
        self.notes_: list[str] = []
        return x, y, z, d

    @property
    def blocks_(self) -> list[tuple[int, int]]:
        """Column ranges of the one-hot blocks."""
        return [(s.start, s.stop) for s in self.encoder_.spans_ if s.kind == "category"]

    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        """Train; yields a :class:`FitStep` after every iteration.

        Raises
        ------
        SettingError
            A hyper-parameter is out of range.
        DataError
            The source has one class only, or a loss is no longer finite.
        """
        self._check_params()
        settle()
        x, y, z, _ = self._learn_table(source)
        self.nets_ = seeded(self._build, self.random_state)
        yield from self._train(x, y, z)
        self.nets_.requires_grad_(False).train(False)

    def sample(self, n: int, *, random_state: int = 0, **settings: Any) -> pd.DataFrame:
        """Draw ``n`` rows: features and label.

        Raises
        ------
        SettingError
            A setting that this synthesizer does not have, or out of range.
        """
        n = check_count("n", n, 1, MAX_ROWS)
        random_state = check_count("random_state", random_state, 0, 2**63 - 1)
        values = {name: default for name, (default, _, _) in self.settings.items()}
        for name, value in settings.items():
            if name not in self.settings:
                known = ", ".join(["n", "random_state", *self.settings])
                raise SettingError(f"{type(self).__name__} has no setting {name!r}; it has {known}.")
            default, low, high = self.settings[name]
            if not low <= float(value) <= high:
                raise SettingError(f"{name} is {value}; choose a number from {low:g} to {high:g}.")
            if isinstance(default, int):
                check_count(name, value, int(low), int(high))
            values[name] = value
        parts = []
        settle()
        for start, stop, rng in chunk_seeds(n, random_state):
            with torch.no_grad():  # always a whole chunk, so that every last bit is independent of n
                x, y = self._draw(CHUNK, rng, **values)
            parts.append(self._decode(x, y).iloc[: stop - start])
        return pd.concat(parts, ignore_index=True)

    def _decode(self, x: Tensor, y: Tensor) -> pd.DataFrame:
        frame = self.encoder_.inverse_transform(x.numpy())
        frame[self.schema_.label] = pd.Categorical.from_codes(y.numpy(), categories=list(self.labels_))
        return frame

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """JSON-able dictionary and arrays; see :meth:`from_state`."""
        arrays = {f"net.{name}": value.numpy() for name, value in self.nets_.state_dict().items()}
        return self._table_state(), arrays

    def _table_state(self) -> dict[str, Any]:
        return {
            "synthesizer": self.registered,
            "params": self.get_params(),
            "name": self.name_,
            "schema": self.schema_.to_json(),
            "groups": list(self.groups_),
            "labels": list(self.labels_),
            "joint": self.joint_.tolist(),
            "notes": self.notes_,
            "encoder": self.encoder_.to_json(),
        }

    def _forms(self) -> dict[str, Form]:
        """The arrays of :meth:`state`, none else: what they are called and how long they are; allocates nothing."""
        with torch.device("meta"):
            return {f"net.{name}": Form.of(value) for name, value in self._build().state_dict().items()}

    @classmethod
    def check_layout(cls, meta: dict[str, Any], layout: Mapping[str, tuple[str, tuple[int, ...]]]) -> None:
        """Refuse arrays of other names, types or shapes than the settings in ``meta`` imply, before they are read.

        Raises
        ------
        StoreError
            Or ``meta`` itself is not that of a fit.
        """
        check_layout(cls._from_table(meta)._forms(), layout)

    @classmethod
    def _from_table(cls, meta: dict[str, Any]) -> Any:
        """A fit without its arrays, everything in ``meta`` checked."""
        check_meta(meta, cls().get_params(), cls.optional_fields, cls.later_params)
        fit = cls(**meta["params"])
        try:
            fit._check_params()
            fit.encoder_ = TableEncoder.from_json(meta["encoder"])
        except (SettingError, StoreError) as error:
            raise StoreError(f"fit.json: {error}") from None
        fit.name_, fit.schema_ = meta["name"], read_schema(meta["schema"])
        if [column.name for column in fit.encoder_.columns_] != list(fit.schema_.features):
            raise StoreError("fit.json: the encoder's columns are not the schema's features")
        fit.groups_, fit.labels_ = tuple(meta["groups"]), (meta["labels"][0], meta["labels"][1])
        fit.joint_, fit.notes_ = torch.tensor(meta["joint"], dtype=torch.float64), list(meta["notes"])
        return fit

    @classmethod
    def from_state(cls, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> Any:
        """Rebuild a fit; the inverse of :meth:`state`.

        Raises
        ------
        StoreError
            These are not the dictionary and arrays of any fit of this kind.
        """
        fit = cls._from_table(meta)
        check_arrays(fit._forms(), arrays)
        fit.nets_ = seeded(fit._build, 0).requires_grad_(False).train(False)
        fit.nets_.load_state_dict(
            {k[4:]: torch.from_numpy(np.array(v)) for k, v in arrays.items() if k.startswith("net.")}
        )
        return fit
