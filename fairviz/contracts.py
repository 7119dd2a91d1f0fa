"""Promises of plug-ins as runnable assertions: what both kinds of contract share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from fairviz.data.dataset import DomainDataset


class Contract:
    """Promises checked one after another.

    Parameters
    ----------
    what : str
        What has to keep them, for the message.

    Attributes
    ----------
    kept : list of str
        Promises that were found kept.
    """

    def __init__(self, what: str) -> None:
        self.what, self.kept = what, list[str]()

    def check(self, ok: object, promise: str) -> None:
        """Note a promise as kept.

        Raises
        ------
        AssertionError
            It is broken.
        """
        if not ok:
            raise AssertionError(f"The contract of {self.what} is broken: {promise}")
        self.kept.append(promise)

    @contextmanager
    def leaves_alone(self, source: DomainDataset) -> Iterator[None]:
        """Check that the block changes neither the source nor a global random generator."""
        before, state = cells_of(source), _generators()
        yield
        self.check(cells_of(source) == before, "the source is not changed")
        self.check(_generators() == state, "no global random generator is touched")


def cells_of(source: DomainDataset) -> str:
    """The fingerprint as it is now; ``source.fingerprint()`` remembers its first answer."""
    return DomainDataset(source.name, source.frame, source.schema, source.groups).fingerprint()


def is_json(value: object) -> bool:
    """Whether a value survives JSON."""
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


def story(n: int) -> DomainDataset:
    """Rows of the simulated story to try things on."""
    from fairviz.data.simulate import HIRING_SCHEMA, Hiring

    return DomainDataset.from_frame("simulated", Hiring().sample(n, seed=0), HIRING_SCHEMA)


def _generators() -> tuple[str, list[int]]:
    """States of the global random generators."""
    import numpy as np
    import torch

    return str(np.random.get_state()), torch.random.get_rng_state().tolist()  # noqa: NPY002
