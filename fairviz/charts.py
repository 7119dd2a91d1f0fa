"""Frames in, Altair charts out. Columns have fixed safe names; data values appear as values only."""

from __future__ import annotations

import altair as alt
import pandas as pd

#: Colour-blind safe (Okabe and Ito), readable on a light and a dark background.
NOW, PATH, REAL, BASE, TRUTH = "#0072B2", "#56B4E9", "#D55E00", "#7A7A7A", "#009E73"


def _domain(values: pd.Series, pad: float, low: float, high: float) -> list[float]:
    finite = values.dropna()
    if finite.empty:
        return [low, high]
    return [max(low, float(finite.min()) - pad), min(high, float(finite.max()) + pad)]


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
        alt.Chart(constant)
        .mark_rule(color=BASE, strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x=x, tooltip=[alt.Tooltip("label:N", title="what"), tip[1]]),
        alt.Chart(constant)
        .mark_text(color=BASE, align="left", baseline="top", dx=5, dy=4, fontSize=11)
        .encode(x=x, y=alt.value(0), text="label:N"),
    ]
    if truth is not None:
        layers.append(
            alt.Chart(truth)
            .mark_line(color=TRUTH, strokeDash=[2, 3], strokeWidth=2, clip=True)
            .encode(x=x, y=y, order="lambda_z:Q", tooltip=tip)
        )
    layers += [
        alt.Chart(finite).mark_line(color=PATH, strokeWidth=2.5).encode(x=x, y=y, order="lambda_z:Q"),
        alt.Chart(finite).mark_circle(color=PATH, size=45, opacity=1).encode(x=x, y=y, tooltip=tip),
        alt.Chart(finite[finite["lambda_z"] == 0].assign(label="no control"))
        .mark_text(color=PATH, align="center", dy=14, fontSize=11)
        .encode(x=x, y=y, text="label:N"),
        alt.Chart(seeds).mark_circle(color=NOW, size=22, opacity=0.55).encode(x=x, y=y),
        alt.Chart(references)
        .mark_point(color=REAL, filled=True, shape="diamond", size=130)
        .encode(x=x, y=y, tooltip=tip_ref),
        alt.Chart(references)
        .mark_text(color=REAL, align="right", dx=-9, dy=1, fontSize=11)
        .encode(x=x, y=y, text="label:N"),
        alt.Chart(now)
        .mark_rule(color=NOW, strokeWidth=1.5, clip=True)
        .encode(x=alt.X("accuracy_low:Q", scale=x_scale), x2="accuracy_high:Q", y=y),
        alt.Chart(now)
        .mark_rule(color=NOW, strokeWidth=1.5, clip=True)
        .encode(x=x, y=alt.Y("fairness_low:Q", scale=y_scale), y2="fairness_high:Q"),
        alt.Chart(now)
        .mark_point(color=NOW, filled=True, shape="circle", size=190, opacity=1)
        .encode(x=x, y=y, tooltip=tip_ref),
        alt.Chart(now)
        .mark_text(color=NOW, align="left", dx=12, dy=-10, fontSize=13, fontWeight="bold")
        .encode(x=x, y=y, text="label:N"),
    ]
    return alt.layer(*layers).properties(height=height)


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
    judged, silent = frame.dropna(subset=["now"]), frame[frame["now"].isna()]
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
        alt.Chart(equal).mark_rule(color=BASE, strokeDash=[3, 3]).encode(x=x("at")),
        alt.Chart(equal)
        .mark_text(color=BASE, align="left", baseline="top", dx=4, dy=1, fontSize=11)
        .encode(x=x("at"), y=alt.value(0), text="label:N"),
        alt.Chart(judged).mark_rule(color=NOW, opacity=0.25, strokeWidth=8).encode(x=x("low"), x2="high:Q", y=y),
        alt.Chart(judged).mark_rule(color=PATH, strokeWidth=2.5).encode(x=x("before"), x2="now:Q", y=y),
        alt.Chart(judged)
        .mark_point(color=BASE, filled=False, size=110, strokeWidth=2)
        .encode(x=x("before"), y=y, tooltip=tip),
        alt.Chart(judged).mark_point(color=NOW, filled=True, size=130, opacity=1).encode(x=x("now"), y=y, tooltip=tip),
        alt.Chart(silent)
        .mark_text(color=BASE, align="left", dx=6, fontSize=11, fontStyle="italic")
        .encode(y=y, x=alt.value(0), text="reason:N"),
    ]
    return alt.layer(*layers).properties(height=height)


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
