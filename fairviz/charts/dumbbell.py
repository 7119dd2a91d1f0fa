"""Every held-out domain without control and now."""

from __future__ import annotations

import textwrap

import altair as alt
import pandas as pd

from fairviz.charts.axes import BASE, NOW, PATH, SMALL, Side, ink, layer_of, layered, readable, x_of

#: Why a domain is not judged, on two lines as its row has room for; the whole reason is in the tooltip and the table.
_LINES = {"narrow": 24, "wide": 40}
_REASON = "(width < 220 ? datum.narrow : datum.wide)"


def judged_and_not(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The dumbbell's frames by name: domains with a value, and those without, whose reasons fit a phone."""
    silent = frame[frame["now"].isna()]
    folded = {
        name: [textwrap.fill(readable(reason), wide, max_lines=2, placeholder=" …") for reason in silent["reason"]]
        for name, wide in _LINES.items()
    }
    return {"judged": frame.dropna(subset=["now"]), "silent": silent.assign(**folded)}


def dumbbell(frame: pd.DataFrame, *, title: str, ratio: bool, height: int = 250) -> alt.LayerChart | alt.FacetChart:
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
    x = Side([title, "hollow: no control, filled: now"], (low, high), "ratio" if ratio else "points")
    y = alt.Y("domain:N", sort=frame["domain"].tolist(), title=None, axis=listing())
    held = {f"{name}_at": x.held(name) for name in ("before", "now", "low", "high")}
    tip = [
        alt.Tooltip("domain:N", title="domain"),
        alt.Tooltip("before:Q", title="without control", format=".2f"),
        alt.Tooltip("now:Q", title="now", format=".2f"),
        alt.Tooltip("low:Q", title="95 % from", format=".2f"),
        alt.Tooltip("high:Q", title="to", format=".2f"),
    ]
    equal = pd.DataFrame({"at": [1.0 if ratio else 0.0], "label": ["equal"]})
    layers = _layers(held, y, tip, "format(datum.now, '.1f')" if ratio else "format(100 * datum.now, '.0f')")
    return layered(layers, {"equal": equal, **frames}, height, x=x)


def listing() -> alt.Axis:
    """Names of domains, the number of rows on a line of its own: the plot gets the room."""
    return alt.Axis(
        labelExpr="[slice(datum.label, 0, lastindexof(datum.label, ' (n=')), "
        "slice(datum.label, lastindexof(datum.label, ' (n=') + 2, -1)]",
        labelLimit=130,
        labelFontSize=12,
        labelPadding=8,
        labelFlush=False,
        labelOverlap=False,
        labelOffset=-7,  # both lines around the middle
    )


def _layers(held: dict[str, str], y: alt.Y, tip: list[alt.Tooltip], value: str) -> list[alt.Chart]:
    """Where equality is, domains that are judged, and why others are not."""
    of_judged = layer_of("judged").transform_calculate(**held)
    return [
        layer_of("equal").mark_rule(color=BASE, strokeDash=[3, 3]).encode(x=x_of("at")),
        layer_of("equal")
        .mark_text(color=ink(BASE), align="left", baseline="top", dx=4, dy=1, fontSize=SMALL)
        .encode(x=x_of("at"), y=alt.YValue(0), text=alt.Text("label:N")),
        of_judged.mark_rule(color=NOW, opacity=0.25, strokeWidth=8).encode(
            x=x_of("low_at"), x2=alt.X2("high_at:Q"), y=y
        ),
        of_judged.mark_rule(color=PATH, strokeWidth=2.5).encode(x=x_of("before_at"), x2=alt.X2("now_at:Q"), y=y),
        of_judged.mark_point(color=BASE, filled=False, size=110, strokeWidth=2).encode(
            x=x_of("before_at"), y=y, tooltip=tip
        ),
        of_judged.transform_filter("datum.now === datum.now_at")
        .mark_point(color=NOW, filled=True, size=130, opacity=1)
        .encode(x=x_of("now_at"), y=y, tooltip=tip),
        of_judged.transform_filter("datum.now !== datum.now_at")  # beyond the frame: no point there, but its value
        .mark_text(
            color=ink(NOW),
            fontSize=SMALL,
            fontWeight="bold",
            baseline="middle",
            align=alt.ExprRef("datum.now > datum.now_at ? 'right' : 'left'"),
            dy=-11,
        )
        .encode(x=x_of("now_at"), y=y, text=alt.TextValue(alt.ExprRef(value)), tooltip=tip),
        *(
            of_judged.transform_filter(f"datum.{end} {'>' if way == 'right' else '<'} datum.{end}_at")
            .mark_point(color=NOW, filled=True, shape=f"triangle-{way}", size=40, opacity=1, xOffset=shift, aria=False)
            .encode(x=x_of(f"{end}_at"), y=y, tooltip=tip)
            for end, way, shift in (("high", "right", 8), ("low", "left", -8))  # what goes on beyond the frame
        ),
        layer_of("silent")
        .mark_text(
            color=ink(BASE),
            align="left",
            dx=6,
            fontSize=SMALL,
            fontStyle="italic",
            lineBreak="\n",
            dy=alt.ExprRef(f"-6.5 * (length(split({_REASON}, '\\n')) - 1)"),
        )
        .encode(
            y=y, x=alt.XValue(0), text=alt.TextValue(alt.ExprRef(_REASON)), tooltip=alt.Tooltip("reason:N", title="why")
        ),
    ]
