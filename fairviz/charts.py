"""Frames in, Altair charts out. Columns have fixed safe names; data values appear as values only."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

#: Colour-blind safe (Okabe and Ito), readable on a light and a dark background.
NOW, PATH, REAL, BASE, TRUTH = "#0072B2", "#56B4E9", "#D55E00", "#7A7A7A", "#009E73"


def _domain(values: pd.Series, pad: float, low: float, high: float) -> list[float]:
    finite = values.dropna()
    if finite.empty:
        return [low, high]
    return [max(low, float(finite.min()) - pad), min(high, float(finite.max()) + pad)]


def _of(name: str) -> alt.Chart:
    """A layer over a named frame; see :func:`_layered`."""
    return alt.Chart(alt.NamedData(name))


def _layered(layers: list[alt.Chart], frames: dict[str, pd.DataFrame], height: int) -> alt.LayerChart | alt.FacetChart:
    """Layers over named frames. Altair copies inline data once per layer, which made up half of a redrawn page."""
    return alt.layer(*layers, datasets={n: records(f) for n, f in frames.items()}).properties(height=height)


def records(frame: pd.DataFrame) -> list[dict]:
    """Rows as a chart's data; missing values are null."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def judged_and_not(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The dumbbell's frames by name: domains with a value, and those without."""
    return {"judged": frame.dropna(subset=["now"]), "silent": frame[frame["now"].isna()]}


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
    both = pd.concat([every["accuracy"], constant["accuracy"]])
    x_scale = alt.Scale(domain=_domain(both, 0.012, 0, 1), nice=False)
    y_scale = alt.Scale(domain=_domain(every["fairness"], 0.08, 0, 1), reverse=not higher_is_fairer, nice=False)
    x = alt.X(
        "accuracy:Q",
        title="Accuracy on people of unseen domains →",
        scale=x_scale,
        axis=alt.Axis(format=".0%", tickCount=6),
    )
    y = alt.Y(
        "fairness:Q",
        title=y_title,
        scale=y_scale,
        axis=alt.Axis(format=".2f", tickCount=6)
        if higher_is_fairer
        else alt.Axis(labelExpr="round(datum.value * 100)", tickCount=6),
    )
    tip = [
        alt.Tooltip("lambda_z:Q", title="λ_z", format="g"),
        alt.Tooltip("accuracy:Q", title="accuracy", format=".1%"),
        alt.Tooltip("fairness:Q", title="fairness", format=".2f"),
    ]
    tip_ref = [alt.Tooltip("label:N", title="what"), *tip[1:]]
    layers: list[alt.Chart] = [
        _of("constant")
        .mark_rule(color=BASE, strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x=x, tooltip=[alt.Tooltip("label:N", title="what"), tip[1]]),
        _of("constant")
        .mark_text(color=BASE, align="left", baseline="top", dx=5, dy=4, fontSize=11)
        .encode(x=x, y=alt.YValue(0), text=alt.Text("label:N")),
    ]
    if truth is not None:
        layers.append(
            _of("truth")
            .mark_line(color=TRUTH, strokeDash=[2, 3], strokeWidth=2, clip=True)
            .encode(x=x, y=y, order=alt.Order("lambda_z:Q"), tooltip=tip)
        )
    layers += [
        _of("finite").mark_line(color=PATH, strokeWidth=2.5).encode(x=x, y=y, order=alt.Order("lambda_z:Q")),
        _of("finite").mark_circle(color=PATH, size=45, opacity=1).encode(x=x, y=y, tooltip=tip),
        _of("start")
        .mark_text(color=PATH, align="center", dy=14, fontSize=11)
        .encode(x=x, y=y, text=alt.Text("label:N")),
        _of("seeds").mark_circle(color=NOW, size=22, opacity=0.55).encode(x=x, y=y),
        _of("references")
        .mark_point(color=REAL, filled=True, shape="diamond", size=130)
        .encode(x=x, y=y, tooltip=tip_ref),
        _of("references")
        .mark_text(color=REAL, align="right", dx=-9, dy=1, fontSize=11)
        .encode(x=x, y=y, text=alt.Text("label:N")),
        _of("now")
        .mark_rule(color=NOW, strokeWidth=1.5, clip=True)
        .encode(x=alt.X("accuracy_low:Q", scale=x_scale), x2=alt.X2("accuracy_high:Q"), y=y),
        _of("now")
        .mark_rule(color=NOW, strokeWidth=1.5, clip=True)
        .encode(x=x, y=alt.Y("fairness_low:Q", scale=y_scale), y2=alt.Y2("fairness_high:Q")),
        _of("now")
        .mark_point(color=NOW, filled=True, shape="circle", size=190, opacity=1)
        .encode(x=x, y=y, tooltip=tip_ref),
        _of("now")
        .mark_text(color=NOW, align="left", dx=12, dy=-10, fontSize=13, fontWeight="bold")
        .encode(x=x, y=y, text=alt.Text("label:N")),
    ]
    frames = {"constant": constant, "finite": finite, "seeds": seeds, "references": references, "now": now}
    frames["start"] = finite[finite["lambda_z"] == 0].assign(label="no control")
    if truth is not None:
        frames["truth"] = truth
    return _layered(layers, frames, height)


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
    order = frame["domain"].tolist()
    y = alt.Y("domain:N", sort=order, title=None, axis=alt.Axis(labelLimit=190, labelFontSize=12))
    frames = judged_and_not(frame)
    judged = frames["judged"]
    # the same for every position of the dial, so that the axis does not move with it
    reach = 0.05 + 1.25 * float(judged["before"].abs().max() if judged["before"].notna().any() else 0.2)
    scale = alt.Scale(domain=[0.0, 2.0] if ratio else [-reach, reach], nice=False, clamp=True)
    axis = alt.Axis(format=".1f", tickCount=6) if ratio else alt.Axis(labelExpr="round(datum.value * 100)", tickCount=6)

    def x(name: str) -> alt.X:
        return alt.X(f"{name}:Q", scale=scale, title=[title, "hollow: no control, filled: now"], axis=axis)

    tip = [
        alt.Tooltip("domain:N", title="domain"),
        alt.Tooltip("before:Q", title="without control", format=".2f"),
        alt.Tooltip("now:Q", title="now", format=".2f"),
        alt.Tooltip("low:Q", title="95 % from", format=".2f"),
        alt.Tooltip("high:Q", title="to", format=".2f"),
    ]
    equal = pd.DataFrame({"at": [1.0 if ratio else 0.0], "label": ["equal"]})
    layers = [
        _of("equal").mark_rule(color=BASE, strokeDash=[3, 3]).encode(x=x("at")),
        _of("equal")
        .mark_text(color=BASE, align="left", baseline="top", dx=4, dy=1, fontSize=11)
        .encode(x=x("at"), y=alt.YValue(0), text=alt.Text("label:N")),
        _of("judged").mark_rule(color=NOW, opacity=0.25, strokeWidth=8).encode(x=x("low"), x2=alt.X2("high:Q"), y=y),
        _of("judged").mark_rule(color=PATH, strokeWidth=2.5).encode(x=x("before"), x2=alt.X2("now:Q"), y=y),
        _of("judged")
        .mark_point(color=BASE, filled=False, size=110, strokeWidth=2)
        .encode(x=x("before"), y=y, tooltip=tip),
        _of("judged").mark_point(color=NOW, filled=True, size=130, opacity=1).encode(x=x("now"), y=y, tooltip=tip),
        _of("silent")
        .mark_text(color=BASE, align="left", dx=6, fontSize=11, fontStyle="italic")
        .encode(y=y, x=alt.XValue(0), text=alt.Text("reason:N")),
    ]
    return _layered(layers, {"equal": equal, **frames}, height)


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
#: Okabe and Ito's colours for families, repeated with the shapes of their kinds.
FAMILY_COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#8C6D1F", "#7A7A7A")
NEUTRAL = "#222222"


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
    best = float(points["accuracy"].max())
    x_values = pd.concat([points["accuracy"], pd.Series([constant] if constant else [], dtype=float)])
    x_values = x_values[x_values >= best - LEFT_EDGE]
    visible = points[points["accuracy"] >= best - LEFT_EDGE]
    x = alt.X(
        "accuracy:Q",
        title="Accuracy on people of unseen domains →",
        scale=alt.Scale(domain=_domain(x_values, 0.006, 0, 1), nice=False),
        axis=alt.Axis(format=".0%", tickCount=6),
    )
    y = alt.Y(
        "fairness:Q",
        title=y_title,
        scale=alt.Scale(domain=_domain(visible["fairness"], 0.04, 0, 1), nice=False),
        axis=alt.Axis(format=".2f", tickCount=6),
    )
    colour = alt.Color(
        "family:N",
        title=None,
        scale=alt.Scale(domain=families, range=colours),
        legend=alt.Legend(orient="bottom", columns=2, labelLimit=145, symbolSize=90),
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
    frames = {"points": points, "fronts": fronts, "selected": points[points["id"] == selected]}
    layers: list[alt.Chart] = [
        _of("selected")
        .mark_rule(color=BASE, strokeWidth=1.5, clip=True)
        .encode(x=alt.X("accuracy_low:Q"), x2="accuracy_high:Q", y=y),
        _of("selected")
        .mark_rule(color=BASE, strokeWidth=1.5, clip=True)
        .encode(x=x, y=alt.Y("fairness_low:Q"), y2="fairness_high:Q"),
        _of("fronts")
        .mark_line(strokeWidth=2, opacity=0.7, clip=True)
        .encode(x=x, y=y, color=colour, order=alt.Order("order:Q")),
        _of("points")
        .mark_point(filled=True, size=85, opacity=0.9, clip=True)
        .encode(x=x, y=y, color=colour, shape=shape, tooltip=tip)
        .add_params(chosen),
        _of("selected").mark_point(size=320, strokeWidth=2.5, color=BASE, filled=False, clip=True).encode(x=x, y=y),
    ]
    if constant is not None and constant >= best - LEFT_EDGE:  # its label would reach in
        frames["constant"] = pd.DataFrame([{"accuracy": constant, "label": "always the same answer"}])
        layers[:0] = [
            _of("constant").mark_rule(color=BASE, strokeDash=[5, 4], strokeWidth=1.5, clip=True).encode(x=x),
            _of("constant")
            .mark_text(color=BASE, align="left", baseline="top", dx=5, dy=4, fontSize=11, clip=True)
            .encode(x=x, y=alt.YValue(0), text=alt.Text("label:N")),
        ]
    return _layered(layers, frames, height)
