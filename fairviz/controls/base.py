"""What every fair control knows of itself: its words, its dial, and what its price does to sampling and to weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from fairviz.checks import check_price
from fairviz.dual import GAPS, MAX_PRICE, Dual
from fairviz.errors import SettingError

if TYPE_CHECKING:
    from torch import Tensor

    from fairviz.diffusion.guidance import ScoreFn, Tilt
    from fairviz.synthesizers.fadm_training import Networks

#: Strongest label guidance; beyond it the few clearest rows are drawn over and over.
MAX_LAMBDA_Y = 10.0
#: Stops of a dial from 0 to equality, at least.
STOPS = 10
NICE = (1.0, 2.0, 2.5, 5.0)


class Guided(Protocol):
    """What a control asks of a fit whose sampling it guides."""

    nets_: Networks
    reference_: tuple[Tensor, Tensor, Tensor]

    @property
    def label_prior_(self) -> float:
        """``P(y=1)`` in the source."""

    @property
    def tilt_(self) -> Tilt:
        """The tilt with the source's shares."""

    @property
    def price_(self) -> Dual:
        """What a price's multiplier follows from."""


class Weighable(Protocol):
    """Rows with labels (n,) and posteriors (n, K) that a control can weigh: a pool's, or a source's."""

    @property
    def y(self) -> np.ndarray:
        """0/1 labels, (n,)."""

    @property
    def p_z(self) -> np.ndarray:
        """``p(z | x)``, (n, K)."""

    @property
    def p_z1(self) -> np.ndarray:
        """``p(z | x, y=1)``, (n, K)."""

    @property
    def p_yes(self) -> np.ndarray:
        """``p(y=1 | x)``, (n,)."""

    @property
    def tilt(self) -> Tilt:
        """The tilt with the source's shares."""

    @property
    def price(self) -> Dual:
        """What a price's multiplier follows from."""


def label_scales(y: np.ndarray, factor: np.ndarray, log_shape: np.ndarray) -> np.ndarray:
    """What the shape is scaled by within each label so that its mean becomes the factor's: logarithms, (2,).

    Of rows with labels y (n,), a factor (n,) and the logarithm of a shape (n,), which then leaves the label prior.
    """
    scales = np.zeros(2)
    for label in (0, 1):
        rows = y == label
        if rows.any() and log_shape[rows].any():
            top = log_shape[rows].max()
            both = (np.exp(log_shape[rows] - top) * factor[rows]).mean()
            scales[label] = np.log(max(factor[rows].mean(), 1e-300)) - np.log(max(both, 1e-300)) - top
    return scales


def weights_of(y: np.ndarray, factor: np.ndarray, log_shape: np.ndarray) -> np.ndarray:
    """Weights (n,) of rows with labels y (n,): the factor, times the shape scaled within each label to the factor's
    mean, so that the shape leaves the label prior.
    """
    if not log_shape.any():
        return factor
    return np.asarray(factor * np.exp(log_shape + label_scales(y, factor, log_shape)[y]))


class Steering:
    """What a control does to a chunk of rows that is being drawn."""

    def prior(self, fit: Guided) -> Tensor:
        """``P(y=1)`` for every row, (B,), float64."""
        raise NotImplementedError

    def terms(self, fit: Guided, y: Tensor) -> list[ScoreFn]:
        """Guidance terms for rows with labels y (B,)."""
        raise NotImplementedError


class Control:
    """A fair control. Subclasses set the attributes and say what the price does.

    Attributes
    ----------
    name : str
        Stable: in links, files and keys.
    title : str
        Short name for a menu.
    meaning : str
        What lambda_z means; ``{price}``, ``{price_eop}`` and ``{times}`` (2 to the power of price) are filled in.
    note : str
        What it can and cannot do.
    moves : str
        The metric that the trade-off chart follows while this control is chosen.
    gaps : tuple of str
        Gaps that lambda_z, and then lambda_eop, put a price on; of ``fairviz.dual.GAPS``. The dial then ends where the
        first one is zero on the source.
    top : float
        Largest lambda_z.
    fixed : tuple of float
        Stops of a dial that has no point of equality.
    recorded : tuple of str
        Whose labels the recorded sweep tests it with.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]
    note: ClassVar[str]
    moves: ClassVar[str] = "R_DP"
    gaps: ClassVar[tuple[str, ...]] = ()
    top: ClassVar[float] = MAX_PRICE
    fixed: ClassVar[tuple[float, ...]] = ()
    recorded: ClassVar[tuple[str, ...]] = ("boosted", "network")

    @property
    def has_second(self) -> bool:
        """Whether lambda_eop is a price of its own."""
        return len(self.gaps) > 1

    def prices(self, lambda_z: Any, lambda_eop: Any = 0.0) -> tuple[Any, Any]:
        """The prices of the gap in rates of yes and of that in true positive rates, numbers or arrays."""
        given = dict(zip(self.gaps, (lambda_z, lambda_eop), strict=False))
        return tuple(given.get(gap, 0.0 * lambda_z) for gap in GAPS)

    def end(self, dual: Dual) -> float | None:
        """The price from which on the gap on the source is zero and a higher one asks for nothing; None without one.

        Raises
        ------
        SettingError
            What is priced cannot be told on the source.
        """
        return dual.equality(self.gaps[0]) if self.gaps else None

    def check(self, lambda_z: Any, lambda_eop: Any = 0.0, n: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Both prices as arrays (n,).

        Raises
        ------
        SettingError
            Out of range, or a second price where there is none.
        """
        price = check_price("lambda_z", lambda_z, n, self.top)
        second = check_price("lambda_eop", lambda_eop, n, MAX_PRICE)
        if second.any() and not self.has_second:
            raise SettingError(f"lambda_eop goes with control 'dp_eop' only, not with {self.name!r}.")
        return price, second

    def step(self, end: float) -> float:
        """Distance of the dial's stops: the widest round one that gives :data:`STOPS` of them up to ``end``."""
        if self.fixed:
            return self.fixed[1]
        if not end > 1e-9:  # the rule is as equal as it gets
            return 0.01
        power = 10.0 ** math.floor(math.log10(end / STOPS))
        return round(max(n * power for n in NICE if n * power * STOPS <= end * (1 + 1e-9)), 12)

    def stops(self, end: float) -> tuple[float, ...]:
        """Values of lambda_z from 0 to the first at or beyond ``end``, the point of equality."""
        if self.fixed:
            return self.fixed
        step = self.step(end)
        return tuple(round(k * step, 12) for k in range(max(1, math.ceil(end / step - 1e-9)) + 1))

    def start(self, end: float) -> float:
        """Where the dial stands at first: the stop nearest to seven tenths of the way."""
        return min(self.stops(end), key=lambda price: abs(price - 0.7 * end))

    def steering(self, fit: Guided, lambda_z: np.ndarray, lambda_eop: np.ndarray) -> Steering | None:
        """What prices (B,) do to a chunk of rows; None if nothing.

        Raises
        ------
        SettingError
            The fit holds no price, or what is priced cannot be told on its source.
        """
        raise NotImplementedError

    def weights(self, rows: Weighable, lambda_z: float, lambda_eop: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """The same as weights on rows drawn without control: a factor (n,), and the logarithm of a shape (n,).

        The factor carries the label prior with it; the shape is scaled within each label, so it leaves the prior.

        Raises
        ------
        SettingError
            As :meth:`steering`.
        """
        raise NotImplementedError


def control_named(name: str) -> Control:
    """A control by name.

    Raises
    ------
    SettingError
        There is none.
    """
    from fairviz.controls.registry import CONTROLS

    if name not in CONTROLS:
        raise SettingError(f"No control {name!r}. Choose one of {', '.join(repr(n) for n in CONTROLS)}.")
    result: Control = CONTROLS[name]
    return result
