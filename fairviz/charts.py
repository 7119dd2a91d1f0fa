"""Frames in, Altair charts out. Columns have fixed safe names; data values appear as values only."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import altair as alt
import pandas as pd

#: Colour-blind safe (Okabe and Ito), readable on a light and a dark background.
NOW, PATH, REAL, BASE, TRUTH = "#0072B2", "#56B4E9", "#D55E00", "#7A7A7A", "#009E73"
#: Pixels between the ends of an axis' domain and the plot's frame: room for half of the largest symbol.
INSET = 12
_UNREADABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def readable(text: str) -> str:
    """Control characters as their pictures, so that names stay different; compilers of charts end at them."""
    return _UNREADABLE.sub(lambda m: chr(0x2400 + ord(m[0])) if m[0] < " " else "\ufffd", text)


def records(frame: pd.DataFrame) -> list[dict]:
    """Rows as a chart's data; missing values are null."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{k: readable(v) if isinstance(v, str) else v for k, v in row.items()} for row in rows]


def _domain(values: pd.Series, pad: float, least: float) -> tuple[float, float]:
    """From the smallest to the largest value and a little more, at least ``least`` wide, within 0 and 1."""
    finite = values.dropna()
    if finite.empty:
        return 0.0, 1.0
    low, high = float(finite.min()) - pad, float(finite.max()) + pad
    more = max(0.0, least - (high - low)) / 2
    low, high = max(0.0, low - more), min(1.0, high + more)
    return min(low, 1.0 - least), max(high, least)


def _axis(domain: tuple[float, float], kind: str) -> alt.Axis:
    """An axis with at least three labels that say exactly where they stand; ``kind`` is percent, ratio or points."""
    low, high = domain
    step = 10.0 ** math.ceil(math.log10(high - low))
    while math.floor(high / step + 1e-9) - math.ceil(low / step - 1e-9) < 3:
        first = round(step / 10 ** math.floor(math.log10(step) + 1e-9))
        step *= 0.4 if first == 5 else 0.5
    values = [round(k * step, 9) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if kind == "percent":
        return alt.Axis(values=values, format=f".{max(0, digits - 2)}%")
    if kind == "points":
        return alt.Axis(values=values, labelExpr=f"format(100 * datum.value, '.{max(0, digits - 2)}f')")
    return alt.Axis(values=values, format=f".{max(1, digits)}f")


@dataclass(frozen=True)
class _Side:
    """One axis of a plot: the only place where a layer's scale, axis and title come from."""

    title: str | list[str]
    domain: tuple[float, float]
    kind: str
    reverse: bool = False

    def shared(self) -> dict[str, object]:
        """What every layer's channel gets."""
        scale = alt.Scale(domain=list(self.domain), nice=False, zero=False, padding=INSET, reverse=self.reverse)
        title = self.title if isinstance(self.title, str) else [readable(line) for line in self.title]
        return {"scale": scale, "axis": _axis(self.domain, self.kind), "title": title}

    def held(self, field: str) -> str:
        """An expression for the value, at the frame if it lies beyond it."""
        low, high = self.domain
        return f"isValid(datum.{field}) ? clamp(datum.{field}, {low:.6g}, {high:.6g}) : null"

    def share(self, value: float) -> float:
        """Where a value stands, from 0 at the lower end of the screen's coordinate to 1."""
        low, high = self.domain
        return (value - low) / (high - low)


def _x(field: str) -> alt.X:
    return alt.X(f"{field}:Q")  # a bare string is looked up in the whole grammar, which takes longer than all else


def _y(field: str) -> alt.Y:
    return alt.Y(f"{field}:Q")


def _of(name: str) -> alt.Chart:
    """A layer over a named frame; see :func:`_layered`."""
    return alt.Chart(alt.NamedData(name))


def _layered(
    layers: list[alt.Chart], frames: dict[str, pd.DataFrame], height: int, **sides: _Side
) -> alt.LayerChart | alt.FacetChart:
    """Layers over named frames. Altair copies inline data once per layer, which made up half of a redrawn page.

    Layers name fields only; their scales come from ``sides``. A layer with a scale of its own, or with none, would
    stretch the axis for all.
    """
    for name, side in sides.items():
        shared = side.shared()
        for layer in layers:
            channel = layer.encoding[name]
            if isinstance(channel, (alt.X, alt.Y)):
                for key, value in shared.items():
                    channel[key] = value
    return alt.layer(*layers, datasets={n: records(f) for n, f in frames.items()}).properties(height=height)


Align = Literal["left", "center", "right"]
#: Sizes of the plot's frame for which labels are placed before it is known how large it will be.
_SIZES = [(width, height) for width in (215, 265, 330, 430, 560, 720) for height in (235, 270, 310)]
_SMALL = 11


@dataclass(frozen=True)
class _Spot:
    """A place for a label beside a point: shift in pixels, how the text hangs there, and how wide the plot must be."""

    dx: float
    dy: float
    align: Align
    least: int = 0

    def box(self, x: float, y: float, wide: float, high: float) -> tuple[float, float, float, float]:
        """Centre and half sizes of the label."""
        across = {"left": 0.5, "center": 0.0, "right": -0.5}[self.align]
        return x + self.dx + across * wide, y + self.dy, wide / 2, high / 2


def _spots(gap: float) -> list[_Spot]:
    return [
        _Spot(-gap, 0, "right"),
        _Spot(0, gap + 4, "center"),
        _Spot(gap, 0, "left"),
        _Spot(0, -gap - 4, "center"),
        _Spot(-gap + 3, gap + 1, "right"),
        _Spot(gap - 3, gap + 1, "left"),
        _Spot(gap - 3, -gap - 1, "left"),
        _Spot(-gap + 3, -gap - 1, "right"),
        *(_Spot(dx, dy, "center") for dy in (gap + 14, -gap - 14) for dx in (0, -30, 30)),
    ]


def _wide(text: str, size: float) -> float:
    """A cautious guess at a text's width in pixels."""
    return 0.57 * size * len(text)


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return abs(one[0] - other[0]) < one[2] + other[2] and abs(one[1] - other[1]) < one[3] + other[3]


class _Labels:
    """Places for the labels that stay, such that none meets another or the frame at any usual size of the plot.

    Parameters
    ----------
    x, y : _Side
    dots : list of (x, y, radius)
        What labels should not cover, in values; radius in pixels.
    """

    def __init__(self, x: _Side, y: _Side, dots: list[tuple[float, float, float]]) -> None:
        self.x, self.y, self.dots = x, y, dots
        #: Of each placed label: its anchor as shares of the frame, its place, width and height.
        self.placed: list[tuple[float, float, _Spot, float, float]] = []

    @staticmethod
    def _pixel(share: float, length: float) -> float:
        return INSET + share * (length - 2 * INSET)

    def _down(self, value: float) -> float:
        share = self.y.share(value)
        return share if self.y.reverse else 1 - share

    def _free(self, at: tuple[float, float], spot: _Spot, wide: float, high: float, over: float) -> bool:
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

    def beside(self, accuracy: float, fairness: float, text: str, gap: float) -> _Spot | None:
        """A place beside a point; None if there is none."""
        return self._take((self.x.share(accuracy), self._down(fairness)), _spots(gap), text)

    def along(self, accuracy: float, text: str) -> tuple[_Spot, bool] | None:
        """A place at an upright line, and whether it is at its top; None if there is none."""
        found = []
        for top in (False, True):
            dy = -3.0 if top else 3.0
            sides = [_Spot(5, dy, "left"), _Spot(-5, dy, "right")]
            spot = self._take((self.x.share(accuracy), 0.0 if top else 1.0), sides, text)
            if spot is not None:
                found.append((spot, top))
                self.placed.pop()
        if not found:
            return None
        spot, top = min(found, key=lambda one: one[0].least)
        wide, high = _wide(text, _SMALL), _SMALL + 3.0
        self.placed.append((self.x.share(accuracy), 0.0 if top else 1.0, spot, wide, high))
        return spot, top

    def _take(self, at: tuple[float, float], spots: list[_Spot], text: str) -> _Spot | None:
        wide, high = _wide(text, _SMALL), _SMALL + 3.0
        # rather over small dots than nowhere, and rather on a desk only than not at all
        for least, over in ((0, 0.0), (0, 4.0), (430, 0.0), (430, 4.0)):
            for spot in (replace(s, least=least) for s in spots):
                if self._free(at, spot, wide, high, over):
                    self.placed.append((*at, spot, wide, high))
                    return spot
        return None

    def moving(self, name: str, size: int) -> alt.Chart:
        """The layer of a label whose point moves with the dial: it finds its place when it is drawn."""
        # the path falls to the right: above right and below left of it there is room
        spots = [_Spot(12, -12, "left"), _Spot(-12, 14, "right"), _Spot(12, 14, "left"), _Spot(-12, -12, "right")]
        for dy in (-28, 30, -46, 48):
            spots += [_Spot(0, dy, "center"), _Spot(8, dy, "left"), _Spot(-8, dy, "right")]
        half = (size + 3) / 2

        def pixel(share: str, length: str) -> str:
            return f"{INSET} + ({share}) * ({length} - {2 * INSET})"

        def share(side: _Side, field: str) -> str:
            low, high = side.domain
            return f"(datum.{field} - {low:.6g}) / {high - low:.6g}"

        # centres of the labels that stay, and how near others may come
        taken: dict[str, str] = {}
        tests = ["abs(X - width / 2) < width / 2 - datum.half", f"abs(Y - height / 2) < height / 2 - {half}"]
        for k, (a, f, spot, w, h) in enumerate(self.placed):
            cx, cy, _, _ = spot.box(0, 0, w, h)
            taken[f"x{k}"] = f"{pixel(f'{a:.4f}', 'width')} + {cx:.1f}"
            taken[f"y{k}"] = f"{pixel(f'{f:.4f}', 'height')} + {cy:.1f}"
            tests.append(
                f"(abs(X - datum.x{k}) > datum.half + {w / 2 + 2:.0f} || abs(Y - datum.y{k}) > {half + h / 2:.0f})"
            )
        place = "-1"
        for k, spot in reversed(list(enumerate(spots))):
            across = {"left": " + datum.half", "center": "", "right": " - datum.half"}[spot.align]
            here = " && ".join(tests).replace("X", f"(datum.left + {spot.dx}{across})")
            place = f"{here.replace('Y', f'(datum.top + {spot.dy})')} ? {k} : {place}"
        down = share(self.y, "y")
        return (
            _of(name)
            .transform_calculate(x=self.x.held("accuracy"), y=self.y.held("fairness"))
            .transform_calculate(
                left=pixel(share(self.x, "x"), "width"),
                top=pixel(down if self.y.reverse else f"1 - {down}", "height"),
                half=f"length(datum.label) * {0.3 * size:.2f}",
                **taken,
            )
            .transform_calculate(place=f"isValid(datum.y) ? {place} : -1")
            .mark_text(
                color=NOW,
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


def _if_room(spot: _Spot) -> alt.TextValue:
    return alt.TextValue(alt.ExprRef(f"width < {spot.least} ? '' : datum.label" if spot.least else "datum.label"))


def _beside(name: str, spot: _Spot | None, colour: str) -> list[alt.Chart]:
    """The labels of a frame's points."""
    if spot is None:
        return []
    text = _of(name).mark_text(
        color=colour, fontSize=_SMALL, align=spot.align, baseline="middle", dx=spot.dx, dy=spot.dy
    )
    return [text.encode(x=_x("accuracy"), y=_y("fairness"), text=_if_room(spot))]


def _line_of(constant: str, place: tuple[_Spot, bool] | None, tip: list[alt.Tooltip]) -> list[alt.Chart]:
    """An upright line where the constant predictor stands, and its label if there is room."""
    rule = _of(constant).mark_rule(color=BASE, strokeDash=[5, 4], strokeWidth=1.5, clip=True)
    layers = [rule.encode(x=_x("accuracy"), tooltip=tip)]
    if place is not None:
        spot, top = place
        text = _of(constant).mark_text(color=BASE, fontSize=_SMALL, align=spot.align, baseline="middle", dx=spot.dx)
        y = INSET + spot.dy if top else alt.ExprRef(f"height - {INSET - spot.dy:g}")
        layers.append(text.encode(x=_x("accuracy"), y=alt.YValue(y), text=_if_room(spot)))
    return layers


def judged_and_not(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The dumbbell's frames by name: domains with a value, and those without, whose reasons fit a phone."""
    silent = frame[frame["now"].isna()]
    folded = [textwrap.fill(readable(reason), 24) for reason in silent["reason"]]
    return {"judged": frame.dropna(subset=["now"]), "silent": silent.assign(reason=folded)}


def tradeoff(
    path: pd.DataFrame,
    seeds: pd.DataFrame,
    now: pd.DataFrame,
    references: pd.DataFrame,
    constant: pd.DataFrame,
    *,
    y_title: str,
    higher_is_fairer: bool,
    truth: pd.DataFrame | None = None,
    height: int = 340,
) -> alt.LayerChart | alt.FacetChart:
    """Accuracy against fairness; best corner top right.

    Parameters
    ----------
    path : DataFrame
        ``lambda_z, accuracy, fairness``: means over seeds, in order of the price.
    seeds : DataFrame
        ``accuracy, fairness``: single seeds at the present setting.
    now : DataFrame
        One row: ``accuracy, fairness`` and their ``_low``, ``_high``, ``label``.
    references : DataFrame
        ``accuracy, fairness, label``: models to compare with.
    constant : DataFrame
        One row ``accuracy, label``: drawn as a line, since it may have no fairness ratio.
    truth : DataFrame, optional
        ``accuracy, fairness``: the best possible, where it is known.
    """
    finite = path.dropna(subset=["fairness"])
    # from the whole path, not from the present point: the axes must not move with the dial
    every = pd.concat([f[["accuracy", "fairness"]] for f in (finite, references)], ignore_index=True)
    kind = "ratio" if higher_is_fairer else "points"
    y = _Side(y_title, _domain(every["fairness"], 0.04, 0.1), kind, reverse=not higher_is_fairer)
    accuracies = [every["accuracy"], constant["accuracy"]]
    if truth is not None:  # as far as it is as fair as what is drawn
        accuracies.append(truth.loc[truth["fairness"].between(*y.domain), "accuracy"])
    x = _Side(ACCURACY, _domain(pd.concat(accuracies), 0.004, 0.015), "percent")
    tip = [
        alt.Tooltip("lambda_z:Q", title="λ_z", format="g"),
        alt.Tooltip("accuracy:Q", title="accuracy", format=".1%"),
        alt.Tooltip("fairness:Q", title="fairness", format=".2f"),
    ]
    tip_ref = [alt.Tooltip("label:N", title="what"), *tip[1:]]
    start = finite[finite["lambda_z"] == 0].assign(label="no control")
    frames = {"constant": constant, "finite": finite, "start": start, "seeds": seeds, "references": references}
    frames["now"] = now
    labels = _Labels(x, y, [(a, f, 4.0) for a, f in finite[["accuracy", "fairness"]].to_numpy()])
    known = references.dropna(subset=["fairness"])
    labels.dots += [(a, f, 7.0) for a, f in known[["accuracy", "fairness"]].to_numpy()]
    labels.dots += [(a, f, 5.0) for a, f in start[["accuracy", "fairness"]].to_numpy()]
    held = {"x": x.held("accuracy"), "y": y.held("fairness")}
    texts: list[alt.Chart] = []
    for name, frame, colour, gap in (("references", known, REAL, 11.0), ("start", start, PATH, 10.0)):
        if len(frame) == 1:
            row = frame.iloc[0]
            texts += _beside(name, labels.beside(row["accuracy"], row["fairness"], row["label"], gap), colour)
    layers = _line_of("constant", labels.along(*constant[["accuracy", "label"]].iloc[0]), tip_ref[:2])
    if truth is not None:
        frames["truth"] = truth
        layers.append(
            _of("truth")
            .mark_line(color=TRUTH, strokeDash=[2, 3], strokeWidth=2, clip=True)
            .encode(x=_x("accuracy"), y=_y("fairness"), order=alt.Order("lambda_z:Q"), tooltip=tip)
        )
    layers += [
        _of("finite")
        .mark_line(color=PATH, strokeWidth=2.5)
        .encode(x=_x("accuracy"), y=_y("fairness"), order=alt.Order("lambda_z:Q")),
        _of("finite")
        .mark_circle(color=PATH, size=45, opacity=1)
        .encode(x=_x("accuracy"), y=_y("fairness"), tooltip=tip),
        # what lies beyond the frame is drawn at its edge
        _of("seeds")
        .transform_calculate(**held)
        .mark_circle(color=NOW, size=22, opacity=0.55)
        .encode(x=_x("x"), y=_y("y")),
        _of("references")
        .mark_point(color=REAL, filled=True, shape="diamond", size=130)
        .encode(x=_x("accuracy"), y=_y("fairness"), tooltip=tip_ref),
        *texts,
        _of("now")
        .transform_calculate(**held)
        .mark_rule(color=NOW, strokeWidth=1.5, clip=True)
        .encode(x=_x("accuracy_low"), x2=alt.X2("accuracy_high:Q"), y=_y("y")),
        _of("now")
        .transform_calculate(**held)
        .mark_rule(color=NOW, strokeWidth=1.5, clip=True)
        .encode(x=_x("x"), y=_y("fairness_low"), y2=alt.Y2("fairness_high:Q")),
        _of("now")
        .transform_calculate(**held)
        .mark_point(color=NOW, filled=True, shape="circle", size=190, opacity=1)
        .encode(x=_x("x"), y=_y("y"), tooltip=tip_ref),
        labels.moving("now", 13),
    ]
    return _layered(layers, frames, height, x=x, y=y)


def dumbbell(frame: pd.DataFrame, *, title: str, ratio: bool, height: int = 340) -> alt.LayerChart | alt.FacetChart:
    """Per domain: fairness without control (hollow) and now (filled), and where equality is.

    Domains that cannot be judged say why.

    Parameters
    ----------
    frame : DataFrame
        ``domain`` (text with n), ``before``, ``now`` (NaN if not estimable), ``low``, ``high``, ``reason``.
    ratio : bool
        Ratios lie on 0 to 2 with equality at 1, gaps on both sides of 0.
    """
    frame = frame.assign(domain=[readable(domain) for domain in frame["domain"]])
    frames = judged_and_not(frame)
    judged = frames["judged"]
    # the same for every position of the dial, so that the axis does not move with it
    reach = 0.05 + 1.25 * float(judged["before"].abs().max() if judged["before"].notna().any() else 0.2)
    low, high = (0.0, 2.0) if ratio else (-reach, reach)
    x = _Side([title, "hollow: no control, filled: now"], (low, high), "ratio" if ratio else "points")
    names = alt.Axis(
        # the number of rows on a line of its own: the plot gets the room
        labelExpr="[slice(datum.label, 0, lastindexof(datum.label, ' (n=')), "
        "slice(datum.label, lastindexof(datum.label, ' (n=') + 2, -1)]",
        labelLimit=130,
        labelFontSize=12,
        labelPadding=8,
        labelFlush=False,
        labelOffset=-7,  # both lines around the middle
    )
    y = alt.Y("domain:N", sort=frame["domain"].tolist(), title=None, axis=names)
    held = {f"{name}_at": x.held(name) for name in ("before", "now", "low", "high")}
    tip = [
        alt.Tooltip("domain:N", title="domain"),
        alt.Tooltip("before:Q", title="without control", format=".2f"),
        alt.Tooltip("now:Q", title="now", format=".2f"),
        alt.Tooltip("low:Q", title="95 % from", format=".2f"),
        alt.Tooltip("high:Q", title="to", format=".2f"),
    ]
    equal = pd.DataFrame({"at": [1.0 if ratio else 0.0], "label": ["equal"]})
    of_judged = _of("judged").transform_calculate(**held)
    layers = [
        _of("equal").mark_rule(color=BASE, strokeDash=[3, 3]).encode(x=_x("at")),
        _of("equal")
        .mark_text(color=BASE, align="left", baseline="top", dx=4, dy=1, fontSize=_SMALL)
        .encode(x=_x("at"), y=alt.YValue(0), text=alt.Text("label:N")),
        of_judged.mark_rule(color=NOW, opacity=0.25, strokeWidth=8).encode(x=_x("low_at"), x2=alt.X2("high_at:Q"), y=y),
        of_judged.mark_rule(color=PATH, strokeWidth=2.5).encode(x=_x("before_at"), x2=alt.X2("now_at:Q"), y=y),
        of_judged.mark_point(color=BASE, filled=False, size=110, strokeWidth=2).encode(
            x=_x("before_at"), y=y, tooltip=tip
        ),
        of_judged.mark_point(color=NOW, filled=True, size=130, opacity=1).encode(x=_x("now_at"), y=y, tooltip=tip),
        _of("silent")
        .mark_text(
            color=BASE,
            align="left",
            dx=6,
            fontSize=_SMALL,
            fontStyle="italic",
            lineBreak="\n",
            dy=alt.ExprRef("-6.5 * (length(split(datum.reason, '\\n')) - 1)"),
        )
        .encode(y=y, x=alt.XValue(0), text=alt.Text("reason:N"), tooltip=alt.Tooltip("reason:N", title="why")),
    ]
    return _layered(layers, {"equal": equal, **frames}, height, x=x)


def losses(history: pd.DataFrame, *, height: int = 180) -> alt.Chart:
    """Training losses over steps: ``step, loss, value``."""
    return (
        alt.Chart(history)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("step:Q", title="step"),
            y=alt.Y("value:Q", title="loss", scale=alt.Scale(zero=False)),
            color=alt.Color("loss:N", title=None, scale=alt.Scale(range=[NOW, REAL, TRUTH])),
            strokeDash=alt.StrokeDash("loss:N", title=None),
        )
        .properties(height=height)
    )


#: How far left of the most accurate point the comparison's chart reaches.
LEFT_EDGE = 0.06
ACCURACY = "Accuracy on people of unseen domains →"
#: Okabe and Ito's colours for families, repeated with the shapes of their kinds.
FAMILY_COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#8C6D1F", "#9467BD")
NEUTRAL = "#6B6B6B"


def left_edge(points: pd.DataFrame) -> float:
    """The lowest accuracy in the comparison's chart."""
    return float(points.loc[points["fairness"].notna(), "accuracy"].max()) - LEFT_EDGE


def frontier(
    points: pd.DataFrame,
    fronts: pd.DataFrame,
    constant: float | None,
    *,
    y_title: str,
    selected: str | None = None,
    neutral: Sequence[str] = (),
    height: int = 520,
) -> alt.LayerChart | alt.FacetChart:
    """Every method's settings and fronts, accuracy against fairness; best corner top right. A click selects a point.

    Parameters
    ----------
    points : DataFrame
        ``id, family, kind, title, wording, accuracy, fairness`` and the ends of both intervals.
    fronts : DataFrame
        ``family, accuracy, fairness, order``: non-dominated points of each family.
    constant : float, optional
        Accuracy of the constant predictor.
    selected : str, optional
        ``id`` of the point that is looked at.
    neutral : sequence of str
        Families that are there to compare with, drawn in grey.
    """
    families = list(dict.fromkeys(points["family"]))
    coloured = [family for family in families if family not in neutral]
    colours = [NEUTRAL if f in neutral else FAMILY_COLOURS[coloured.index(f) % len(FAMILY_COLOURS)] for f in families]
    edge = left_edge(points)
    visible = points[points["accuracy"] >= edge]
    line = pd.DataFrame({"accuracy": [constant] if constant is not None and constant >= edge else []}, dtype=float)
    line = line.assign(label="always the same answer")
    x = _Side(ACCURACY, _domain(pd.concat([visible["accuracy"], line["accuracy"]]), 0.002, 0.01), "percent")
    y = _Side(y_title, _domain(visible["fairness"], 0.005, 0.02), "ratio")
    colour = alt.Color(
        "family:N",
        title=None,
        scale=alt.Scale(domain=families, range=colours),
        legend=alt.Legend(
            orient="bottom",
            columns=alt.ExprRef("width > 1000 ? 5 : width > 760 ? 4 : width > 420 ? 3 : 2"),
            # the longest name says after a comma what the chart does not need
            labelExpr="length(datum.label) > 26 ? split(datum.label, ',')[0] : datum.label",
            labelLimit=0,
            labelFontSize=11,
            labelOffset=2,
            columnPadding=4,
            rowPadding=3,
            padding=0,
            symbolSize=60,
        ),
    )
    shape = alt.Shape(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=["generator", "classifier", "reference"], range=["circle", "square", "diamond"]),
        legend=None,
    )
    tip = [
        alt.Tooltip("title:N", title="method"),
        alt.Tooltip("wording:N", title="setting"),
        alt.Tooltip("accuracy:Q", title="accuracy", format=".1%"),
        alt.Tooltip("fairness:Q", title="fairness", format=".2f"),
    ]
    chosen = alt.selection_point(name="chosen", fields=["id"], on="click", empty=False)
    frames = {"points": visible, "fronts": fronts, "selected": visible[visible["id"] == selected]}
    layers: list[alt.Chart] = []
    if len(line):
        frames["constant"] = line
        labels = _Labels(x, y, [(a, f, 4.0) for a, f in visible[["accuracy", "fairness"]].to_numpy()])
        about = [alt.Tooltip("label:N", title="what"), tip[2]]
        layers += _line_of("constant", labels.along(*line[["accuracy", "label"]].iloc[0]), about)
    layers += [
        _of("selected")
        .mark_rule(color=BASE, strokeWidth=1.5, clip=True)
        .encode(x=_x("accuracy_low"), x2=alt.X2("accuracy_high:Q"), y=_y("fairness")),
        _of("selected")
        .mark_rule(color=BASE, strokeWidth=1.5, clip=True)
        .encode(x=_x("accuracy"), y=_y("fairness_low"), y2=alt.Y2("fairness_high:Q")),
        _of("fronts")
        .mark_line(strokeWidth=2, opacity=0.7, clip=True)
        .encode(x=_x("accuracy"), y=_y("fairness"), color=colour, order=alt.Order("order:Q")),
        _of("points")
        .mark_point(filled=True, size=85, opacity=0.9, clip=True)
        .encode(x=_x("accuracy"), y=_y("fairness"), color=colour, shape=shape, tooltip=tip)
        .add_params(chosen),
        _of("selected")
        .mark_point(size=320, strokeWidth=2.5, color=BASE, filled=False, clip=True)
        .encode(x=_x("accuracy"), y=_y("fairness")),
    ]
    return _layered(layers, frames, height, x=x, y=y)
