"""What every synthesizer promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from fairviz.data.dataset import DomainDataset
from fairviz.settings import Dial, Parameter

if TYPE_CHECKING:
    from fairviz.synthesizers.memory import Memory


@dataclass(frozen=True)
class FitStep:
    """Progress of a fit: iteration ``step`` of ``n_steps``, smoothed losses, seconds left at the present pace."""

    step: int
    n_steps: int
    losses: dict[str, float]
    seconds_left: float


class Synthesizer(BaseEstimator):  # type: ignore[misc]
    """Fit a data set, sample a frame of features and label.

    ``__init__`` stores hyper-parameters only; ``get_params()`` is the whole specification of a fit.

    Attributes
    ----------
    source_of_idea : str
        Where it is from.
    parameters : tuple of Parameter
        What can be set when it is compared: in sampling, or (``in_fit``) hyper-parameters.
    dials : tuple of Dial
        Positions that are compared.
    weighted_dials : tuple of Dial
        The same for weights on unguided rows, of a synthesizer with a ``pool``.
    takes_steps : bool
        Whether ``sample`` has ``n_steps``.
    has_price : bool
        Whether a fit holds what a fair control's price needs.
    memory : Memory or None
        Set before :meth:`fit_steps`: a training in progress can then be taken at any step, and begun from. A
        synthesizer that does not use it is trained from the start again.
    """

    source_of_idea: ClassVar[str] = ""
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    dials: ClassVar[tuple[Dial, ...]] = ()
    weighted_dials: ClassVar[tuple[Dial, ...]] = ()
    takes_steps: ClassVar[bool] = False
    has_price: ClassVar[bool] = False
    memory: ClassVar[Memory | None] = None

    @classmethod
    def hyper_parameters(cls, setting: Mapping[str, Any], seed: int) -> dict[str, Any]:
        """Hyper-parameters of the fit that the ``in_fit`` part of a setting asks for, by default that part itself.

        Parameters
        ----------
        seed : int
            Of the trial.
        """
        return dict(setting)

    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        """Fit, handing back control after every iteration so that the caller owns progress and stopping."""
        raise NotImplementedError

    def fit(self, source: DomainDataset) -> Synthesizer:
        """Fit to the end; returns self."""
        for _ in self.fit_steps(source):
            pass
        return self

    def sample(self, n: int, *, random_state: int = 0, **settings: Any) -> pd.DataFrame:
        """Draw ``n`` rows: the schema's features and its label column."""
        raise NotImplementedError

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What a fit is: a JSON-able dictionary and named arrays."""
        raise NotImplementedError

    def draft(self) -> Synthesizer | None:
        """What the fit would be if its training, which a memory watches, ended now; None if that cannot be told."""
        return None

    @classmethod
    def from_state(cls, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> Synthesizer:
        """Rebuild a fit from :meth:`state`."""
        raise NotImplementedError

    @classmethod
    def check_layout(cls, meta: dict[str, Any], layout: Mapping[str, tuple[str, tuple[int, ...]]]) -> None:
        """Refuse arrays whose types and shapes cannot belong to ``meta``, before they are read; by default none.

        Raises
        ------
        StoreError
        """
