"""A table that comes in: dropped, pasted, or a built-in one to be given other roles; and what was read of it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import streamlit as st

from fairviz.data import sentences
from fairviz.data.delimited import MAX_COLUMNS, TooWideError
from fairviz.data.opened import Opened, narrowed, open_frame, open_table
from fairviz.data.proposals import named_for_roles
from fairviz.data.sets import DATASETS
from fairviz.data.sources import load_dataset
from fairviz.errors import DataError, FairvizError
from fairviz.experiments.scenario import Scenario
from fairviz.telling import words

FILE, PASTE, BUILT_IN, SCENARIO = "file", "paste", "built_in", "scenario"
WAYS = {FILE: "A file", PASTE: "Pasted text", BUILT_IN: "A built-in set, other roles", SCENARIO: "A scenario"}
#: In the session: the table that was read last.
_READ = "_read"
BARS = 12
#: Columns of a table that is too wide, as many as a list can offer.
MOST_TO_CHOOSE = 5_000

#: Columns with odd cells that get a warning each.
MANY_ODD = 2

T = TypeVar("T")


@dataclass(frozen=True)
class Handed:
    """What came in.

    Attributes
    ----------
    token : str
        Names these bytes, or the built-in set.
    title : str
    data : bytes
        Of a file.
    base : str
        Name of a built-in set.
    opened : Opened
    """

    token: str
    title: str
    data: bytes
    base: str
    opened: Opened


def take_in() -> Handed | Scenario | None:
    """Ask for a table or a scenario and read it; None as long as there is none that can be read, which is said."""
    kind = st.segmented_control(
        "Where from", list(WAYS), default=FILE, format_func=WAYS.__getitem__, required=True, key="intake",
        label_visibility="collapsed",
    )  # fmt: skip
    data, title, base = b"", "", ""
    if kind == SCENARIO:
        return _scenario()
    if kind == FILE:
        return take_table("A table with one row per person: CSV, TSV or Parquet, up to 20 MB", "upload")
    if kind == PASTE:
        text = st.text_area(
            "Rows with a first line of names, separated by commas, semicolons, tabs or bars", key="pasted", height=140
        )
        data, title = text.encode("utf-8", "surrogateescape") if text.strip() else b"", "Pasted table"
    else:
        here = [name for name, source in DATASETS.items() if source.available()]
        base = st.selectbox("Data set", here, format_func=lambda name: DATASETS[name].title, key="intake_base")
        title = f"{DATASETS[base].title}, other roles"
    if not (data or base):
        return None
    return _read(data, title, base)


def _scenario() -> Scenario | None:
    given = st.file_uploader("The JSON file that Explore offered for download", type=["json"], key="scenario_file")
    if given is None:
        return None
    try:
        return Scenario.from_json(json.loads(given.getvalue()))
    except (ValueError, RecursionError, FairvizError) as error:
        text = str(error) if isinstance(error, FairvizError) else "This is no JSON, so no scenario."
        st.error(words.plain(text), icon=":material/error:")
        return None


def take_table(label: str, key: str) -> Handed | None:
    """Ask for one file and read it."""
    given = st.file_uploader(label, type=["csv", "tsv", "txt", "parquet"], key=key)
    return None if given is None else _read(given.getvalue(), Path(given.name).stem, "", called=given.name)


def _read(data: bytes, title: str, base: str, called: str = "") -> Handed | None:
    """What came in, read once; ``called``: what messages call it, if not by its title."""
    token = base or f"{hashlib.sha256(data).hexdigest()} {title}"
    kept: Handed | None = st.session_state.get(_READ)
    if kept is not None and kept.token == token:
        return kept
    try:
        with st.spinner("Reading …"):
            opened = open_frame(title, load_dataset(base).frame) if base else _open(data, called or title)
    except TooWideError as error:
        return _some_columns(error, data, title, called or title)
    except FairvizError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return None
    handed = st.session_state[_READ] = Handed(token, title, data, base, opened)
    return handed


def _some_columns(wide: TooWideError, data: bytes, title: str, called: str) -> Handed | None:
    """A table with too many columns: ask for those that matter, and read them and the first others."""
    names = [name for name in dict.fromkeys(wide.names) if name]
    if len(names) > MOST_TO_CHOOSE:
        st.error(words.plain(f"{wide} Here one can choose among {MOST_TO_CHOOSE:,}."), icon=":material/error:")
        return None
    st.warning(words.plain(str(wide)))
    key = hashlib.sha256(data).hexdigest()
    chosen = st.multiselect(
        "Columns to keep", names, default=named_for_roles(names), key=f"keep_{key[:16]}", max_selections=MAX_COLUMNS,
        help=f"Label, group, domain and what else matters. The first others of the file are read too, {MAX_COLUMNS} "
        "in all.",
    )  # fmt: skip
    others = [name for name in names if name not in chosen][: MAX_COLUMNS - len(chosen)]
    token = hashlib.sha256("\n".join([key, *chosen]).encode("utf-8", "surrogatepass")).hexdigest()
    kept: Handed | None = st.session_state.get(_READ)
    if kept is not None and kept.token == token:
        return kept
    try:
        with st.spinner("Reading …"):
            data, notes = _in_a_file(data, called, lambda path: narrowed(path, called, {*chosen, *others}))
            opened = _open(data, called)
    except FairvizError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return None
    read = f"{len(chosen) + len(others):,} of {len(wide.names):,} columns are read."
    opened.notes = [read, *dict.fromkeys([*notes, *opened.notes])]
    handed = st.session_state[_READ] = Handed(token, title, data, "", opened)
    return handed


def _open(data: bytes, called: str) -> Opened:
    most = int(st.get_option("server.maxUploadSize")) * 2**20  # a browser asks the same of a file, but not of a paste
    if len(data) > most:
        raise DataError(sentences.too_large(called, len(data), most))
    return _in_a_file(data, called, lambda path: open_table(path, called))


def _in_a_file(data: bytes, called: str, read: Callable[[Path], T]) -> T:
    """What is read of bytes that lie in a file meanwhile."""
    try:
        with tempfile.TemporaryDirectory(prefix="fairviz-") as folder:
            path = Path(folder) / "table"
            path.write_bytes(data)
            return read(path)
    except OSError as error:
        raise DataError(f"{called}: cannot be read here: {error.strerror}. Free some space.") from None


def show_read(opened: Opened, key: str) -> tuple[Opened, bool]:
    """What was read: size, notes, and every column with its shape.

    Returns
    -------
    Opened, bool
        The table as it is used, and whether marks of absence in it are missing cells (``Roles.marks``).
    """
    rows, columns = opened.frame.shape
    st.markdown(f"**{rows:,} rows, {columns} columns.**" + (" What was done:" if opened.notes else ""))
    for note in opened.notes:
        st.caption(words.plain(f"· {note}"))
    marks, few = False, len(opened.odd) - len(opened.mended.odd)
    if few:
        marks = st.checkbox(
            "Read NA, ? and the like as missing cells: " + (f"{few} columns are" if few > 1 else "a column is")
            + " numbers but for them", key=f"marks_{key}", help="Otherwise these columns are text, and left out.",
        )  # fmt: skip
    opened = opened.mended if marks else opened
    frame = opened.frame
    told = list(opened.odd.values())
    for text in told[:MANY_ODD]:
        st.warning(words.plain(f"Kept as text, and left out unless you say otherwise. {text}"))
    if len(told) > MANY_ODD:
        with st.expander(
            f"{len(told) - MANY_ODD} columns more are kept as text, and left out unless you say otherwise"
        ):
            for text in told[MANY_ODD:]:
                st.caption(words.plain(text))
    with st.expander("Columns", expanded=False):
        table = opened.columns().assign(shape=[_shape(frame[name]) for name in frame.columns]).drop(columns="odd")
        st.dataframe(
            table, hide_index=True, key="columns_read",
            column_config={
                "column": "Column", "type": "Type", "missing": "Missing", "values": "Values", "examples": "Examples",
                "shape": st.column_config.BarChartColumn("How often", help="Numbers in bins, text by frequency."),
            },
        )  # fmt: skip
    return opened, marks


def _shape(values: pd.Series) -> list[int]:
    """Counts of numbers in bins from low to high, or of the most frequent texts."""
    filled = values.dropna()
    if not len(filled):
        return []
    if pd.api.types.is_numeric_dtype(filled):
        return [int(n) for n in np.histogram(filled.to_numpy(float), BARS)[0]]
    return [int(n) for n in filled.value_counts().head(BARS)]
