"""Places for labels, such that none meets another or the frame at any usual size of the plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import altair as alt

from fairviz.charts.axes import BASE, INSET, NOW, SMALL, Side, ink, layer_of, x_of, y_of

Align = Literal["left", "center", "right"]
#: Sizes of the plot's frame for which labels are placed before it is known how large it will be.
_SIZES = [(width, height) for width in (215, 265, 330, 430, 560, 720) for height in (172, 190, 215, 300)]


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


def _pixel_of(share: str, length: str) -> str:
    """An expression for where a share of an axis stands in the plot."""
    return f"{INSET} + ({share}) * ({length} - {2 * INSET})"


def _share_of(side: Side, field: str) -> str:
    """An expression for the share of an axis at which a field stands."""
    low, high = side.domain
    return f"(datum.{field} - {low:.6g}) / {high - low:.6g}"


def _moving_spots() -> list[Spot]:
    """Where the label of a moving point may stand, best first: the path falls to the right, so above right of it and
    below left there is room.
    """
    spots = [Spot(12, -12, "left"), Spot(-12, 14, "right"), Spot(12, 14, "left"), Spot(-12, -12, "right")]
    for dy in (-28, 30, -46, 48):
        spots += [Spot(0, dy, "center"), Spot(8, dy, "left"), Spot(-8, dy, "right")]
    return spots


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

    def _free(self, at: tuple[float, float], spot: Spot, wide: float, high: float, over: float) -> bool:
        for width, height in _SIZES:
            if width < spot.least:
                continue
            box = spot.box(self._pixel(at[0], width), self._pixel(at[1], height), wide, high)
            if abs(box[0] - width / 2) > width / 2 - box[2] - 1 or abs(box[1] - height / 2) > height / 2 - box[3] - 1:
                return False
            for a, f, radius in self.dots:
                x, y = self._pixel(self.x.share(a), width), self._pixel(self._down(f), height)
                if radius > over and _meet(box, (x, y, radius, radius)):
                    return False
            for a, f, other, w, h in self.placed:
                if _meet(box, other.box(self._pixel(a, width), self._pixel(f, height), w + 4, h)):
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

    def moving(self, name: str, size: int) -> alt.Chart:
        """The layer of a label whose point moves with the dial: it finds its place when it is drawn."""
        spots, half = _moving_spots(), (size + 3) / 2

        # centres of the labels that stay, and how near others may come
        taken: dict[str, str] = {}
        tests = ["abs(X - width / 2) < width / 2 - datum.half", f"abs(Y - height / 2) < height / 2 - {half}"]
        for k, (a, f, spot, w, h) in enumerate(self.placed):
            cx, cy, _, _ = spot.box(0, 0, w, h)
            taken[f"x{k}"] = f"{_pixel_of(f'{a:.4f}', 'width')} + {cx:.1f}"
            taken[f"y{k}"] = f"{_pixel_of(f'{f:.4f}', 'height')} + {cy:.1f}"
            tests.append(
                f"(abs(X - datum.x{k}) > datum.half + {w / 2 + 2:.0f} || abs(Y - datum.y{k}) > {half + h / 2:.0f})"
            )
        place = "-1"
        for k, spot in reversed(list(enumerate(spots))):
            across = {"left": " + datum.half", "center": "", "right": " - datum.half"}[spot.align]
            here = " && ".join(tests).replace("X", f"(datum.left + {spot.dx}{across})")
            place = f"{here.replace('Y', f'(datum.top + {spot.dy})')} ? {k} : {place}"
        down = _share_of(self.y, "y")
        result: alt.Chart = (
            layer_of(name)
            .transform_calculate(x=self.x.held("accuracy"), y=self.y.held("fairness"))
            .transform_calculate(
                left=_pixel_of(_share_of(self.x, "x"), "width"),
                top=_pixel_of(down if self.y.reverse else f"1 - {down}", "height"),
                half=f"length(datum.label) * {0.3 * size:.2f}",
                **taken,
            )
            .transform_calculate(place=f"isValid(datum.y) ? {place} : -1")
            .mark_text(
                color=ink(NOW),
                fontSize=size,
                fontWeight="bold",
                baseline="middle",
                align=alt.ExprRef(f"{[s.align for s in spots]}[datum.place]"),
            )
            .encode(
                x=alt.XValue(alt.ExprRef(f"datum.left + {[s.dx for s in spots]}[datum.place]")),
                y=alt.YValue(alt.ExprRef(f"datum.top + {[s.dy for s in spots]}[datum.place]")),
                text=alt.TextValue(alt.ExprRef("datum.place < 0 ? '' : datum.label")),
            )
        )
        return result


def _if_room(spot: Spot) -> alt.TextValue:
    return alt.TextValue(alt.ExprRef(f"width < {spot.least} ? '' : datum.label" if spot.least else "datum.label"))


def beside(name: str, spot: Spot | None, colour: str) -> list[alt.Chart]:
    """The labels of a frame's points."""
    if spot is None:
        return []
    text = layer_of(name).mark_text(
        color=ink(colour), fontSize=SMALL, align=spot.align, baseline="middle", dx=spot.dx, dy=spot.dy
    )
    return [text.encode(x=x_of("accuracy"), y=y_of("fairness"), text=_if_room(spot))]


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
