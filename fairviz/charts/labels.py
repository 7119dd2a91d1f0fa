"""Places for labels, such that none meets another or the frame at any usual size of the plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from fairviz.charts.axes import BASE, INSET, NOW, SMALL, Side, ink, layer_of, x_of, y_of

Align = Literal["left", "center", "right"]
#: Sizes of the plot's frame for which labels are placed before it is known how large it will be.
_WIDTHS, _HEIGHTS = (215, 265, 330, 430, 560, 720), (172, 190, 215, 300)
_SIZES = [(width, height) for width in _WIDTHS for height in _HEIGHTS]


_SIDES: tuple[tuple[int, Align], ...] = ((0, "center"), (8, "left"), (-8, "right"))


@dataclass(frozen=True)
class Spot:
    """A place for a label beside a point: shift in pixels, how the text hangs there, and how wide the plot must be."""

    dx: float
    dy: float
    align: Align
    least: int = 0

    def box(self, x: float, y: float, wide: float, high: float) -> tuple[float, float, float, float]:
        """Centre and half sizes of the label."""
        across = {"left": 0.5, "center": 0.0, "right": -0.5}[self.align]
        return x + self.dx + across * wide, y + self.dy, wide / 2, high / 2


def _spots(gap: float) -> list[Spot]:
    return [
        Spot(-gap, 0, "right"),
        Spot(0, gap + 4, "center"),
        Spot(gap, 0, "left"),
        Spot(0, -gap - 4, "center"),
        Spot(-gap + 3, gap + 1, "right"),
        Spot(gap - 3, gap + 1, "left"),
        Spot(gap - 3, -gap - 1, "left"),
        Spot(-gap + 3, -gap - 1, "right"),
        *(Spot(dx, dy, "center") for dy in (gap + 14, -gap - 14) for dx in (0, -30, 30)),
    ]


def apart(wanted: Sequence[float], least: float, margin: float) -> list[float]:
    """Places in rising order, each as near as may be to the wanted one: at least ``least`` from the one before and
    ``margin`` from 0 and 1; closer together if there is no room for all.
    """
    if not wanted:
        return []
    least = min(least, (1 - 2 * margin) / max(len(wanted) - 1, 1))
    runs: list[list[float]] = []  # of names that touch: how many, and the sum of where the first would like to stand
    for k, place in enumerate(wanted):
        runs.append([1, place - k * least])
        while len(runs) > 1 and runs[-2][1] / runs[-2][0] >= runs[-1][1] / runs[-1][0]:
            many, total = runs.pop()
            runs[-1] = [runs[-1][0] + many, runs[-1][1] + total]
    last = 1 - margin - (len(wanted) - 1) * least
    first = [min(max(total / many, margin), last) for many, total in runs for _ in range(int(many))]
    return [place + k * least for k, place in enumerate(first)]


def width_of(text: str, size: float) -> float:
    """A cautious guess at a text's width in pixels."""
    return 0.57 * size * len(text)


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return abs(one[0] - other[0]) < one[2] + other[2] and abs(one[1] - other[1]) < one[3] + other[3]


def _nearest(length: str, sizes: Sequence[int]) -> str:
    """An expression for which of some sizes is nearest."""
    found = str(len(sizes) - 1)
    for k in reversed(range(len(sizes) - 1)):
        found = f"{length} < {(sizes[k] + sizes[k + 1]) // 2} ? {k} : {found}"
    return found


def _points(frame: pd.DataFrame) -> np.ndarray:
    found: np.ndarray = frame[["accuracy", "fairness"]].to_numpy(float)
    return found


def _along(points: np.ndarray) -> np.ndarray:
    """Points close to each other on the line through some; shape (n, 2)."""
    if len(points) < 2:
        return points
    steps = np.linspace(0, 1, 8)[:, None, None]
    return np.concatenate([((1 - steps) * points[:-1] + steps * points[1:]).reshape(-1, 2), points[-1:]])


#: Where the label of a moving point may stand, best first: the path falls to the right, so above right of it and below
#: left there is room.
_MOVING = [
    *(Spot(s * 12, dy, "left" if s > 0 else "right") for s, dy in ((1, -12), (-1, 14), (1, 14), (-1, -12), (-1, 24))),
    *(Spot(dx, dy, align) for dy in (-28, 30, -46, 48) for dx, align in _SIDES),
]


class Labels:
    """Places for the labels that stay, such that none meets another or the frame at any usual size of the plot.

    Parameters
    ----------
    x, y : Side
    dots : list of (x, y, radius)
        What labels should not cover, in values; radius in pixels.
    """

    def __init__(self, x: Side, y: Side, dots: list[tuple[float, float, float]]) -> None:
        self.x, self.y, self.dots = x, y, dots
        #: Of each placed label: its anchor as shares of the frame, its place, width and height.
        self.placed: list[tuple[float, float, Spot, float, float]] = []

    @staticmethod
    def _pixel(share: float, length: float) -> float:
        return INSET + share * (length - 2 * INSET)

    def _down(self, value: float) -> float:
        share = self.y.share(value)
        return share if self.y.reverse else 1 - share

    def _stands(self, box: tuple[float, float, float, float], plot: tuple[int, int]) -> bool:
        """Whether a label is inside a plot of this size and meets none that is placed."""
        width, height = plot
        if abs(box[0] - width / 2) > width / 2 - box[2] - 1 or abs(box[1] - height / 2) > height / 2 - box[3] - 1:
            return False
        return not any(
            _meet(box, other.box(self._pixel(a, width), self._pixel(f, height), w + 4, h))
            for a, f, other, w, h in self.placed
        )

    def _free(self, at: tuple[float, float], spot: Spot, wide: float, high: float, over: float) -> bool:
        for width, height in _SIZES:
            if width < spot.least:
                continue
            box = spot.box(self._pixel(at[0], width), self._pixel(at[1], height), wide, high)
            if not self._stands(box, (width, height)):
                return False
            for a, f, radius in self.dots:
                x, y = self._pixel(self.x.share(a), width), self._pixel(self._down(f), height)
                if radius > over and _meet(box, (x, y, radius, radius)):
                    return False
        return True

    def beside(self, accuracy: float, fairness: float, text: str, gap: float) -> Spot | None:
        """A place beside a point; None if there is none."""
        return self._take((self.x.share(accuracy), self._down(fairness)), _spots(gap), text)

    def along(self, accuracy: float, text: str) -> tuple[Spot, bool] | None:
        """A place at an upright line, and whether it is at its top; None if there is none."""
        found = []
        for top in (False, True):
            dy = -3.0 if top else 3.0
            sides = [Spot(5, dy, "left"), Spot(-5, dy, "right")]
            spot = self._take((self.x.share(accuracy), 0.0 if top else 1.0), sides, text)
            if spot is not None:
                found.append((spot, top))
                self.placed.pop()
        if not found:
            return None
        spot, top = min(found, key=lambda one: one[0].least)
        wide, high = width_of(text, SMALL), SMALL + 3.0
        self.placed.append((self.x.share(accuracy), 0.0 if top else 1.0, spot, wide, high))
        return spot, top

    def _take(self, at: tuple[float, float], spots: list[Spot], text: str) -> Spot | None:
        wide, high = width_of(text, SMALL), SMALL + 3.0
        # rather over small dots than nowhere, and rather on a desk only than not at all
        for least, over in ((0, 0.0), (0, 4.0), (430, 0.0), (430, 4.0)):
            for spot in (replace(s, least=least) for s in spots):
                if self._free(at, spot, wide, high, over):
                    self.placed.append((*at, spot, wide, high))
                    return spot
        return None

    def moving(
        self, name: str, size: int, stops: pd.DataFrame, lines: Sequence[pd.DataFrame]
    ) -> tuple[alt.Chart, pd.DataFrame]:
        """The layer of a label whose point moves with the dial, and the frame ``places`` that it looks its place up in.

        Parameters
        ----------
        name : str
            The layer's frame.
        size : int
            Of the text, in pixels.
        stops : DataFrame
            ``lambda_z, accuracy, fairness, label`` of all points that it may stand beside.
        lines : list of DataFrame
            ``accuracy, fairness`` along lines that the label should not cover, if there is room elsewhere.
        """
        shares = np.concatenate([np.empty((0, 2)), *(self._shares(_along(_points(line))) for line in lines)])
        places = [
            {"lambda_z": row["lambda_z"]} | {
                f"at{k}": self._clear_of(shares, np.clip(at, 0, 1), (width_of(row["label"], size), size + 3.0), plot)
                for k, plot in enumerate(_SIZES)
            }
            for row, at in zip(stops.to_dict("records"), self._shares(_points(stops)), strict=True)
        ]  # fmt: skip
        fields = [f"at{k}" for k in range(len(_SIZES))]
        at = f"datum['at' + ({len(_HEIGHTS)} * ({_nearest('width', _WIDTHS)}) + ({_nearest('height', _HEIGHTS)}))]"
        shown = f"isValid({at}) && {at} >= 0 ? datum.label : ''"
        layer: alt.Chart = (
            layer_of(name)
            .transform_calculate(x=self.x.held("accuracy"), y=self.y.held("fairness"))
            .transform_lookup(lookup="lambda_z", from_=alt.LookupData(alt.NamedData("places"), "lambda_z", fields))
            .mark_text(
                color=ink(NOW), fontSize=size, fontWeight="bold", baseline="middle",
                align=alt.ExprRef(f"{[s.align for s in _MOVING]}[{at}]"),
                dx=alt.ExprRef(f"{[s.dx for s in _MOVING]}[{at}]"), dy=alt.ExprRef(f"{[s.dy for s in _MOVING]}[{at}]"),
            )
            .encode(x=x_of("x"), y=y_of("y"), text=alt.TextValue(alt.ExprRef(shown)))
        )  # fmt: skip
        return layer, pd.DataFrame(places, columns=["lambda_z", *fields])

    def _shares(self, points: np.ndarray) -> np.ndarray:
        """Where points ``accuracy, fairness`` stand, as shares of the frame from its upper left; shape (n, 2)."""
        return np.array([[self.x.share(a), self._down(f)] for a, f in points]).reshape(-1, 2)

    def _clear_of(self, lines: np.ndarray, at: np.ndarray, text: tuple[float, float], plot: tuple[int, int]) -> int:
        """The first of :data:`_MOVING` that is free in a plot of this size; over a line rather than nowhere; -1
        where none is.
        """
        if not np.isfinite(at).all():
            return -1
        fallback, inner = -1, np.array(plot) - 2 * INSET
        across, down = (INSET + at * inner).tolist()
        for k, spot in enumerate(_MOVING):
            x, y, w, h = box = spot.box(across, down, *text)
            if not self._stands(box, plot):
                continue
            if not (np.abs(INSET + lines * inner - (x, y)) < (w + 3, h + 3)).all(-1).any():
                return k
            fallback = k if fallback < 0 else fallback
        return fallback


def _if_room(spot: Spot) -> alt.TextValue:
    return alt.TextValue(alt.ExprRef(f"width < {spot.least} ? '' : datum.label" if spot.least else "datum.label"))


def beside(name: str, spot: Spot | None, colour: str) -> list[alt.Chart]:
    """The labels of a frame's points."""
    if spot is None:
        return []
    how: dict[str, Any] = {"fontSize": SMALL, "align": spot.align, "baseline": "middle", "dx": spot.dx, "dy": spot.dy}
    behind = layer_of(name).mark_text(  # so that the present point's cross does not run through it
        **how, color=alt.ExprRef("background"), stroke=alt.ExprRef("background"), strokeWidth=3, aria=False
    )
    text = layer_of(name).mark_text(**how, color=ink(colour))
    return [one.encode(x=x_of("accuracy"), y=y_of("fairness"), text=_if_room(spot)) for one in (behind, text)]


def upright(constant: str, place: tuple[Spot, bool] | None, tip: list[alt.Tooltip]) -> list[alt.Chart]:
    """An upright line where the constant predictor stands, and its label if there is room."""
    rule = layer_of(constant).mark_rule(color=BASE, strokeDash=[5, 4], strokeWidth=1.5, clip=True)
    layers = [rule.encode(x=x_of("accuracy"), tooltip=tip)]
    if place is not None:
        spot, top = place
        text = layer_of(constant).mark_text(
            color=ink(BASE), fontSize=SMALL, align=spot.align, baseline="middle", dx=spot.dx
        )
        y = INSET + spot.dy if top else alt.ExprRef(f"height - {INSET - spot.dy:g}")
        layers.append(text.encode(x=x_of("accuracy"), y=alt.YValue(y), text=_if_room(spot)))
    return layers
