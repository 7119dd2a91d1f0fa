"""Recorded settings that are kept in view on Explore while the dial moves on: in the chart, in a table, in the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairviz.controls import CONTROLS
from fairviz.controls.dials import BOOSTED
from fairviz.evaluation.metrics import METRICS
from fairviz.telling import words
from fairviz.telling.view import View
from fairviz.ui.parts import base, links, loading
from fairviz.ui.parts.setting import Setting

MOST = 4


@dataclass(frozen=True)
class Pin:
    """A recorded setting of a data set."""

    control: str
    labels: str
    lambda_y: float
    lambda_z: float
    classifier: str

    @classmethod
    def read(cls, text: str, dataset: str) -> Pin | None:
        """Inverse of :attr:`text`; None if nothing of this kind is recorded of the data set."""
        control, labels, strength_text, price_text, classifier = [*text.split("~"), "", "", "", ""][:5]
        strength, price = links.number([strength_text]), links.number([price_text])
        found = loading.recorded(dataset, labels) if labels else None
        if strength is None or price is None or found is None:
            return None
        sweep = found[0]
        stop = next((p for p in sweep.prices(control) if abs(p - price) < 1e-9), None)
        known = control in CONTROLS and strength in sweep.label_strengths() and classifier in sweep.classifiers()
        return cls(control, labels, strength, stop, classifier) if known and stop is not None else None

    @property
    def text(self) -> str:
        """What a link says."""
        return "~".join((self.control, self.labels, f"{self.lambda_y:.12g}", f"{self.lambda_z:.12g}", self.classifier))

    @property
    def title(self) -> str:
        """In words; what is not usual is said."""
        told = [CONTROLS[self.control].title.split(":")[0], f"λ_z {words.price_text(self.lambda_z)}"]
        told += [f"λ_y {self.lambda_y:g}"] if self.lambda_y != 1 else []
        told += ["the networks' labels"] if self.labels != BOOSTED else []
        return ", ".join([*told, words.model_title(self.classifier)])

    def view(self, dataset: str, domains: Sequence[str], metric: str) -> View:
        """What was recorded of it."""
        prices = tuple((domain, self.lambda_z) for domain in domains)
        return loading.recorded_setting(
            dataset, self.labels, self.control, self.lambda_y, prices, self.classifier, metric
        )  # fmt: skip


def of(dataset: str) -> list[Pin]:
    """What is pinned of a data set, as the session or the link says."""
    texts = links.kept(_key(dataset), lambda text: Pin.read(text, dataset) is not None, MOST)
    return [pin for text in texts if (pin := Pin.read(text, dataset)) is not None]


def button(place: DeltaGenerator, setting: Setting | None) -> None:
    """Pin what is shown, or take the pin out; None is no recorded setting."""
    if setting is None:
        place.button(
            "Pin", key="no_pin", icon=":material/keep:", disabled=True,
            help="Only recorded settings can be pinned: move the dial to a recorded stop.",
        )  # fmt: skip
        return
    here = Pin(setting.control, setting.labels, setting.lambda_y, setting.lambda_z, setting.classifier)
    pinned = of(setting.dataset)
    there = here in pinned
    place.button(
        "Unpin" if there else "Pin", key="pin_setting", on_click=_turn, args=(setting.dataset, here.text),
        icon=":material/keep_off:" if there else ":material/keep:", disabled=not there and len(pinned) >= MOST,
        help=f"Keeps this setting in the chart and in a table while you move on; {MOST} at most. It is in the link.",
    )  # fmt: skip


def frame(dataset: str, pinned: list[Pin], domains: Sequence[str], metric: str) -> pd.DataFrame:
    """A row per pin: ``label`` (its number), ``title``, accuracy and ``fairness`` with the ends of their intervals."""
    rows: list[dict[str, Any]] = []
    for k, pin in enumerate(pinned):
        head = pin.view(dataset, domains, metric).head
        rows.append({"label": str(k + 1), "title": pin.title, **head})
    ends = [f"{axis}{end}" for axis in ("accuracy", "fairness") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["label", "title", *ends])


def table(dataset: str, pinned: pd.DataFrame, view: View, here: str) -> None:
    """Pinned settings beside what is shown now."""
    metric = METRICS[view.metric]
    rows = [*pinned.to_dict("records"), {"label": "now", "title": here, **view.head}]
    st.markdown("**Pinned** · means over the same held-out domains, 95 % intervals in brackets")
    told = pd.DataFrame(
        {
            "": [row["label"] for row in rows],
            "Setting": [row["title"] for row in rows],
            "Right, of 1,000": [_span(row, "accuracy", 1000, 0) for row in rows],
            metric.name: [_span(row, "fairness", 1, 2) for row in rows],
            "Right, against now": [f"{1000 * (row['accuracy'] - rows[-1]['accuracy']):+.0f}" for row in rows],
        }
    )
    base.table(told, key="pinned", alt="Pinned settings and the present one")
    st.button("Take all pins out", key="unpin_all", on_click=_clear, args=(dataset,), type="tertiary")


def _span(row: dict[str, Any], name: str, scale: float, digits: int) -> str:
    value, low, high = (scale * row[f"{name}{end}"] for end in ("", "_low", "_high"))
    return "not estimable" if value != value else f"{value:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def _key(dataset: str) -> str:
    return f"pins_{dataset}"


def _turn(dataset: str, text: str) -> None:
    pins = st.session_state.setdefault(_key(dataset), [])
    st.session_state[_key(dataset)] = [p for p in pins if p != text] if text in pins else [*pins, text][:MOST]


def _clear(dataset: str) -> None:
    st.session_state[_key(dataset)] = []
