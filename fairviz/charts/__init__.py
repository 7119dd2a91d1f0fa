"""Frames in, Altair charts out. Columns have fixed safe names; data values appear as values only."""

from fairviz.charts.along import along
from fairviz.charts.axes import ACCURACY, BASE, INSET, NOW, OTHER, PATH, REAL, TRUTH, readable, records
from fairviz.charts.chance import chance
from fairviz.charts.cloud import cloud
from fairviz.charts.dumbbell import dumbbell, judged_and_not
from fairviz.charts.frontier import FAMILY_COLOURS, LEFT_EDGE, NEUTRAL, frontier, left_edge
from fairviz.charts.losses import losses
from fairviz.charts.panels import FARTHEST, names, panels
from fairviz.charts.tradeoff import tradeoff
from fairviz.charts.whom import known_and_not, labelled, whom

__all__ = [
    "ACCURACY", "BASE", "FAMILY_COLOURS", "FARTHEST", "INSET", "LEFT_EDGE", "NEUTRAL", "NOW", "OTHER", "PATH", "REAL",
    "TRUTH", "along", "chance", "cloud", "dumbbell", "frontier", "judged_and_not", "known_and_not", "labelled",
    "left_edge", "losses", "names", "panels", "readable", "records", "tradeoff", "whom",
]  # fmt: skip
