"""The dial as one file: recorded results, charts that move, nothing asked of any server; opens from a memory stick."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import pandas as pd
from markupsafe import Markup

from fairviz import __version__, charts
from fairviz.data.sets import DATASETS
from fairviz.data.sources import fingerprint_of
from fairviz.errors import SettingError
from fairviz.evaluation.metrics import METRICS, MIN_ROWS, Ratio, axes
from fairviz.evaluation.tradeoff import Sweep
from fairviz.experiments.recorded import sweep_of
from fairviz.store.library import Library
from fairviz.store.specs import SWEEP
from fairviz.telling import words
from fairviz.telling.headline import minded, told, whose
from fairviz.telling.report import NOT_MEASURED, NOT_TO_CONCLUDE, TEACHING, unmarked
from fairviz.telling.view import View, across, dumbbell_frame, in_words, now_frame, recorded_background, whom_frame
from fairviz.text import listing

LOOK = {
    "font": "sans-serif",
    "view": {"stroke": "#ddd"},
    "axis": {"titleFontWeight": "normal", "labelFontSize": 12},
}
BANDS = (
    "The price was set by hand, not tuned on these people. Brackets and bands are ranges that hold the true value in "
    "about 95 of 100 such tests."
)
SAYS = {
    "tradeoff": "Accuracy against equality, means over domains that count the same (above, all people count the same). "
    "Line: the whole dial. Large point: where it stands. Diamond: the same model trained on real rows.",
    "domains": "Every domain, nobody of which was trained on: without control (hollow) and now (filled). A triangle: "
    "the band goes on.",
    "found": "Whom the model finds.",
    "promised": "Whom it wrongly promises.",
}


@dataclass(frozen=True)
class Handout:
    """What a hand-out shows.

    Attributes
    ----------
    sweep : Sweep
        The recorded dial.
    title, status : str
        Of the data set, and what the numbers are.
    labels : (str, str)
        Unfavourable and favourable.
    nouns : dict
        Words for groups and domains.
    domain_word : str
    control, classifier, metric : str
    domains : tuple of str
    start : float
        Price at first.
    """

    sweep: Sweep
    title: str
    status: str
    labels: tuple[str, str]
    nouns: Mapping[str, str]
    domain_word: str
    control: str
    classifier: str
    metric: str
    domains: tuple[str, ...]
    start: float = 0.0

    @classmethod
    def recorded(
        cls, dataset: str, *, control: str, classifier: str, metric: str, labels: str, start: float,
        domains: Sequence[str] = (), library: Library | None = None,
    ) -> Handout:  # fmt: skip
        """The hand-out of what is recorded of a built-in data set.

        Parameters
        ----------
        labels : str
            Who labelled the synthetic rows: ``boosted`` or ``network``.
        domains : sequence of str
            Of those held out; all by default.

        Raises
        ------
        SettingError
            Nothing of the kind is recorded.
        """
        entry = (library or Library()).recorded(fingerprint_of(dataset))
        facts = entry.json("facts.json") if entry is not None else {}
        whole = entry is not None and entry.kind == SWEEP
        sweep = None if entry is None else sweep_of(entry.table("trials.csv"), facts["groups"], labels, whole=whole)
        if entry is None or sweep is None:
            raise SettingError(f"Nothing is recorded of {dataset} with labels {labels!r}.")
        known = facts["domains"] if whole else entry.spec["targets"]
        for what, asked, there in (
            ("control", [control], sweep.controls()), ("classifier", [classifier], sweep.classifiers()),
            ("domain", domains, known), ("metric", [metric], axes()),
        ):  # fmt: skip
            for name in asked:
                if name not in there:
                    raise SettingError(f"{what} {name!r} is not recorded of {dataset}. Recorded: {listing(there)}.")
        source = DATASETS[dataset]
        drawn, _ = sweep.sizes
        n_seeds = sweep.rows.loc[sweep.rows["method"] == sweep.swept, "seed"].nunique()
        return cls(
            sweep, source.title, f"Recorded · {n_seeds} seeds of {drawn:,} synthetic rows per domain",
            (str(facts["labels"][0]), str(facts["labels"][1])), source.nouns, source.nouns["domain"], control,
            classifier, metric, tuple(domains) or tuple(known), start,
        )  # fmt: skip

    def html(self) -> str:
        """One file; its policy allows its own two scripts alone, and no request."""
        import vl_convert
        from jinja2 import Environment

        behind = recorded_background(
            self.sweep, control=self.control, lambda_y=1.0, classifier=self.classifier, domains=self.domains,
            metric=self.metric,
        )  # fmt: skip
        prices = self.sweep.prices(self.control)
        views = {price: behind.at(price) for price in prices}
        first = min(prices, key=lambda price: abs(price - self.start))
        made = self._charts(views[first], first)
        stops = [self._stop(price, view) for price, view in views.items()]
        state = {"specs": {name: _spec(chart) for name, chart in made.items()}, "stops": stops}
        here = resources.files("fairviz.telling")
        source, script = (here.joinpath(name).read_text() for name in ("handout.html", "handout.js"))
        bundle = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub lacks the default
        bundle = bundle.replace("</script", "<\\/script")
        named = [self.nouns.get(group, group) for group in self.sweep.groups]
        alike = f"{named[0]} and {named[1]}" if len(named) == 2 else "groups"
        about = {
            "title": self.title, "status": self.status, "stops": len(prices), "start": prices.index(first),
            "question": f"What does it cost to treat {alike} alike?", "version": __version__,
            "whose": unmarked(whose(views[first].effect, self.domain_word)), "bands": BANDS,
            "not_measured": NOT_MEASURED, "not_to_conclude": (*NOT_TO_CONCLUDE, TEACHING),
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        }  # fmt: skip
        return Environment(autoescape=True).from_string(source).render(
            about=about, charts=[{"name": name, "says": SAYS[name]} for name in made],
            data=Markup(in_script(state)), bundle=Markup(bundle), script=Markup(script),  # noqa: S704  (ours; escaped)
            hashes=Markup(" ".join(_hash(text) for text in (bundle, script))),  # noqa: S704
        )  # fmt: skip

    def _stop(self, price: float, view: View) -> dict[str, Any]:
        how: dict[str, Any] = {
            "metric": self.metric, "labels": self.labels, "nouns": self.nouns, "controlled": price > 0
        }  # fmt: skip
        said = [*told(view.effect, **how), *minded(view, price, **how)]
        return {
            "price": f"{price:g}", "said": [unmarked(text) for text in said if text],
            "meaning": words.meaning(self.control, 1.0, price).replace(" (λ_y)", ""),
            "frames": {
                name: {frame: charts.records(rows) for frame, rows in frames.items()}
                for name, frames in self._frames(view, price).items()
            },
        }  # fmt: skip

    def _frames(self, view: View, price: float) -> dict[str, dict[str, pd.DataFrame]]:
        """What changes with the price, by chart."""
        effect = view.effect
        now = now_frame(view, price).assign(label=f"price {price:g}")
        found, promised = (
            whom_frame(after, before, self.nouns)
            for after, before in ((effect.found, effect.found_before), (effect.promised, effect.promised_before))
        )
        return {
            "tradeoff": {"now": now, "seeds": view.seeds},
            "domains": charts.judged_and_not(self._across(view)),
            "found": charts.known_and_not(charts.labelled(found)),
            "promised": charts.known_and_not(charts.labelled(promised)),
        }

    def _across(self, view: View) -> pd.DataFrame:
        """Domains of ten people and more."""
        frame = dumbbell_frame(view, self.metric)
        frame = frame[frame["n"] >= MIN_ROWS]
        return frame.assign(reason=["too few people to judge" if reason else "" for reason in frame["reason"]])

    def _charts(self, view: View, price: float) -> dict[str, Any]:
        what, effect, yes = METRICS[self.metric], view.effect, f'"{self.labels[1]}"'
        now = now_frame(view, price).assign(label=f"price {price:g}")
        title = across(view, self.nouns, in_words(self.metric))
        return {
            "tradeoff": charts.tradeoff(
                view.path, view.seeds, now, view.references, view.constant, y_title=in_words(self.metric),
                higher_is_fairer=what.higher_is_better,
            ),
            "domains": charts.dumbbell(self._across(view), title=title, ratio=isinstance(what, Ratio)),
            "found": charts.whom(
                whom_frame(effect.found, effect.found_before, self.nouns), title=f"of 100 with {yes}: told so"
            ),
            "promised": charts.whom(
                whom_frame(effect.promised, effect.promised_before, self.nouns),
                title=f"of 100 without {yes}: wrongly told so",
            ),
        }  # fmt: skip


def _spec(chart: Any) -> dict[str, Any]:
    spec: dict[str, Any] = chart.to_dict(validate=False)
    return {**spec, "width": "container", "background": "white", "config": {**spec.get("config", {}), **LOOK}}


def in_script(state: Any) -> str:
    """JSON that stands in a page: nothing in it can end the element that holds it."""
    text = json.dumps(state, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
