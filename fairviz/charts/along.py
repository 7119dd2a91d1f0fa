"""Ratios along the dial."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from fairviz.charts.axes import NOW, REAL, SMALL, Side, extent, ink, layer_of, layered, x_of, y_of

COLOURS, SHAPES = (NOW, REAL), ("circle", "diamond")


def along(paths: Mapping[str, pd.DataFrame], *, height: int = 250) -> alt.LayerChart | alt.FacetChart:
    """Lines of one or two ratios by the price, each with its name at its end.

    Parameters
    ----------
    paths : mapping of str to DataFrame
        Name of a line -> ``lambda_z, fairness``.
    """
    every = pd.concat([path[["lambda_z", "fairness"]] for path in paths.values()], ignore_index=True).dropna()
    top = float(every["lambda_z"].max()) or 1.0
    x, y = Side("price", (0.0, top), "ratio"), Side("smaller ÷ larger", extent(every["fairness"], 0.04, 0.2), "ratio")
    layers, frames, at = [], dict[str, pd.DataFrame](), _apart(list(paths.values()))
    lines = [path.dropna(subset=["fairness"]) for path in paths.values()]
    heights = [line.loc[(line["lambda_z"] - at).abs().idxmin(), "fairness"] for line in lines]
    for k, (name, line) in enumerate(zip(paths, lines, strict=True)):
        upper = heights[k] >= max(heights)
        # above all that the name reaches over, or below it: no line crosses it
        over = line.loc[line["lambda_z"].between(at, at + top / 2), "fairness"]
        frames[f"line{k}"] = line
        frames[f"name{k}"] = pd.DataFrame(
            {"lambda_z": [at], "fairness": [over.max() if upper else over.min()], "label": [name]}
        )
        where = {"x": x_of("lambda_z"), "y": y_of("fairness")}
        tip = [
            alt.Tooltip("lambda_z:Q", title="price", format="g"),
            alt.Tooltip("fairness:Q", format=".2f", title=name),
        ]
        layers += [
            layer_of(f"line{k}").mark_line(color=COLOURS[k], strokeWidth=2.5, clip=True).encode(**where),
            layer_of(f"line{k}")
            .mark_point(color=COLOURS[k], shape=SHAPES[k], filled=True, size=50, opacity=1)
            .encode(**where, tooltip=tip),
            layer_of(f"name{k}")
            .mark_text(
                color=ink(COLOURS[k]), fontSize=SMALL, fontWeight="bold", align="left", dx=8, dy=-12 if upper else 12
            )
            .encode(**where, text=alt.Text("label:N")),
        ]
    return layered(layers, frames, height, x=x, y=y)


def _apart(paths: list[pd.DataFrame]) -> float:
    """The price in the dial's first half at which lines lie furthest apart: names stand there."""
    wide = pd.concat([path.set_index("lambda_z")["fairness"] for path in paths], axis=1).dropna()
    early = wide[wide.index <= wide.index.max() / 2] if len(wide) else wide
    return float((early.max(axis=1) - early.min(axis=1)).idxmax()) if len(early) else 0.0
