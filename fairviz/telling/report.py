"""One page to hand over: what was asked, what it costs, for whom, how sure, what it does not say.

HTML without a script, and the same as JSON.
"""

from __future__ import annotations

import base64
import json
import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from fairviz import charts
from fairviz.controls import CONTROLS
from fairviz.data.judged import needed
from fairviz.errors import SettingError
from fairviz.evaluation.intervals import noise_floor
from fairviz.evaluation.metrics import METRICS, MIN_ROWS, Rate, Ratio, between, selection_rate, true_positive_rate
from fairviz.evaluation.people import Share
from fairviz.experiments.scenario import Scenario
from fairviz.store import key_of
from fairviz.telling import words
from fairviz.telling.glossary import WORDS
from fairviz.telling.headline import headline, in_the_data, whose
from fairviz.telling.view import View, across, dumbbell_frame, in_words, now_frame, whom_frame

#: Width and height of a chart in pixels: two stand side by side on a sheet of A4.
WIDTH, HEIGHT = 330, 250
LOOK = {
    "aria": False, "font": "sans-serif", "view": {"stroke": "#ddd"},
    "axis": {"titleFontWeight": "normal", "domain": False, "ticks": False, "gridColor": "#e8e8e8", "labelFontSize": 11},
}  # fmt: skip
FORMAT = 1
FEW = f"fewer than {MIN_ROWS}"
NOT_MEASURED = (
    "Whether the recorded label is itself just: a model that agrees with unfair decisions counts as right here.",
    "Groups that the table does not name, and crossings of groups.",
    "What a wrong answer costs the person who gets it.",
    "People of other places or of a later time.",
    "Whether people would change how they answer once such a model decides.",
)
NOT_TO_CONCLUDE = (
    "That a model trained this way is fair. It treats the groups named here more alike, on the people counted here.",
    "That the price is the right one. How much accuracy equality is worth is a choice; these numbers do not make it.",
    "That a number without its interval holds: read both.",
)
NOT_TO_CONCLUDE_WITHOUT = ("That a model trained this way is fair. Nothing was asked of it here.", NOT_TO_CONCLUDE[-1])
#: Words of the glossary that the report explains at its end.
EXPLAINED = ("Price", "Domain", "Synthetic rows", "Seed", "Yes")
TEACHING = "This is a public table, used for teaching and research. Nothing here is a finding about people today."


@dataclass(frozen=True)
class Report:
    """A view in words, tables and charts. All texts are plain; nothing is told of fewer than ten people.

    Attributes
    ----------
    title, question : str
    answer : list of str
        The headline.
    whose : str
        Who was counted.
    setting : list of str
        What was set, in words.
    groups : list of dict
        For whom: ``group, truly, found, found_before, other, promised, promised_before``.
    sure : list of str
        Intervals, what chance does, the smallest group, rows needed.
    domains : list of dict
        Of every held-out domain: ``domain, people, right, groups, compared``.
    rated : str
        What their column ``groups`` tells.
    compared : str
        What their column ``compared`` holds.
    not_measured, not_to_conclude : list of str
    charts : list of (str, str)
        What each shows, and the chart as SVG.
    made : dict
        ``link, command, run, versions, scenario``.
    words : dict
        Words of the report that not everybody uses so, and their meaning.
    """

    title: str
    question: str
    answer: list[str]
    whose: str
    setting: list[str]
    groups: list[dict[str, str]]
    sure: list[str]
    domains: list[dict[str, str]]
    rated: str
    compared: str
    not_measured: list[str]
    not_to_conclude: list[str]
    made: dict[str, Any]
    words: dict[str, str]
    charts: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, scenario: Scenario) -> Report:
        """The report of a scenario that was downloaded from Explore.

        Raises
        ------
        SettingError
            The scenario holds no view, as those of earlier versions, or a damaged one.
        """
        if not scenario.shown:
            raise SettingError(
                "The scenario holds no view to report on: it is of an earlier version. Download it again from Explore."
            )
        try:
            view = View.from_json(scenario.shown["view"])
            about = _About(**scenario.shown["about"])
            return _report(scenario, view, about)
        except (KeyError, TypeError, ValueError, AttributeError, AssertionError, IndexError) as error:
            raise SettingError(f"The scenario's view is damaged ({type(error).__name__}). Download it again.") from None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary, without the charts."""
        told = {name: value for name, value in asdict(self).items() if name != "charts"}
        return {"fairviz_report": FORMAT, **told}

    def html(self) -> str:
        """One file: no script, no request to anywhere, all text from data escaped."""
        from jinja2 import Environment

        source = resources.files("fairviz.telling").joinpath("report.html").read_text()
        pictures = [
            {"says": says, "uri": "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()}
            for says, svg in self.charts
        ]
        return Environment(autoescape=True).from_string(source).render(report=self, pictures=pictures)


@dataclass(frozen=True)
class _About:
    """What a view says of its setting: plain values that a scenario holds."""

    title: str
    labels: tuple[str, str]
    nouns: dict[str, str]
    domain_word: str
    sensitive: str
    control: str
    classifier: str
    lambda_y: float
    lambda_z: float
    lambda_eop: float
    prices: list[tuple[str, float]]
    controlled: bool
    status: str
    note: str
    link: str
    command: str
    teaching: bool
    versions: dict[str, str]
    only_trained: list[str] = field(default_factory=list)


def shown(view: View, **about: Any) -> dict[str, Any]:
    """What a scenario holds of a view; ``about``: the fields of :class:`_About`."""
    return {"view": view.to_json(), "about": asdict(_About(**about))}


def _report(scenario: Scenario, view: View, about: _About) -> Report:
    effect, nouns = view.effect, about.nouns
    labels = (str(about.labels[0]), str(about.labels[1]))
    prices = {price for _, price in about.prices} or {about.lambda_z}
    one = len(prices) == 1 and not CONTROLS[about.control].has_second
    told = headline(
        effect, metric=view.metric, labels=labels, nouns=nouns, controlled=about.controlled,
        here=f"At a price of {next(iter(prices)):g}" if one else "At these prices",
    )  # fmt: skip
    named = [nouns.get(group, group) for group in view.now.groups]
    alike = f"{named[0]} and {named[1]}" if len(named) == 2 else f"groups of {about.sensitive}"
    rows = zip(effect.found, effect.found_before, effect.promised, effect.promised_before, strict=True)
    groups = [
        {
            "group": nouns.get(found.group, found.group),
            "truly": _people(found.people),
            "found": _of_100(found),
            "found_before": _of_100(was),
            "other": _people(wrong.people),
            "promised": _of_100(wrong),
            "promised_before": _of_100(wrong_was),
        }
        for found, was, wrong, wrong_was in rows
    ]
    return Report(
        title=about.title,
        question=f"What does it cost to treat {alike} alike, and is the number real?" if about.controlled
        else f"How does the model treat {alike}, and is the number real?",
        answer=[unmarked(text) for text in told if text],
        whose=unmarked(whose(effect, about.domain_word)) + _not_tested(about),
        setting=_setting(about, labels),
        groups=groups,
        sure=[*filter(None, [unmarked(in_the_data(effect, labels=labels, nouns=nouns))]), *_sure(view, about)],
        domains=_domains(view, about),
        rated=(_rate(view).heading or _rate(view).title.capitalize())
        + (" (of the other answer)" if between(view.metric).other else ""),
        compared=_compared(view, about),
        not_measured=list(NOT_MEASURED),
        not_to_conclude=[
            *(NOT_TO_CONCLUDE if about.controlled else NOT_TO_CONCLUDE_WITHOUT),
            *((TEACHING,) if about.teaching else ()),
        ],
        made={
            "data": about.title, "label": f"good for the person: {labels[1]}, else {labels[0]}", "status": about.status,
            "link": about.link, "command": about.command, "versions": about.versions,
            "run": "fairviz run SCENARIO" + (" --csv TABLE" if scenario.own else ""),
            "scenario": key_of(scenario.to_json())[:16],
        },
        words={word: WORDS[word] for word in EXPLAINED if about.controlled or word != "Price"},
        charts=_charts(view, about, labels),
    )  # fmt: skip


def _not_tested(about: _About) -> str:
    few = [f'"{name}"' for name in about.only_trained[:6]] + (["others"] if len(about.only_trained) > 6 else [])
    return f". Trained on and not tested here: {words.join(few)}" if few else ""


def _compared(view: View, about: _About) -> str:
    """``women ÷ men``, and of what, where it is not who is told yes."""
    title = across(view, about.nouns, in_words(view.metric))
    return title if _rate(view) is selection_rate or title == in_words(view.metric) else f"{title}: {_rate(view).title}"


def unmarked(text: str) -> str:
    """Markdown of headlines as plain text."""
    return re.sub(r"\\(.)|\*\*", lambda found: found[1] or "", text)


def _people(n: float) -> str:
    return FEW if n < MIN_ROWS else f"{round(n):,}"


def _of_100(share: Share) -> str:
    if math.isnan(share.value):
        return "too few people"
    low, high = (f"{100 * end:.0f}" for end in (share.low, share.high))
    return f"{100 * share.value:.0f}" if math.isnan(share.low) else f"{100 * share.value:.0f} ({low} to {high})"


def _setting(about: _About, labels: tuple[str, str]) -> list[str]:
    control = CONTROLS[about.control]
    prices = sorted({price for _, price in about.prices}) or [about.lambda_z]
    if not about.controlled:
        meaning = "No fair control."
    else:
        meaning = f"{control.title}. {words.meaning(about.control, about.lambda_y, prices[-1], about.lambda_eop)}"
        if prices[0] != prices[-1]:
            meaning += f" The price differs between domains, from {prices[0]:g} on."
    return [
        f"Decision: {labels[1]!r} or {labels[0]!r}. Groups: {about.sensitive}. Tested by {about.domain_word}.",
        meaning.replace(" (λ_y)", "").replace("λ_z", "price"),
        f"The model: {words.model_title(about.classifier).lower()}. {about.status}.",
        about.note.replace("λ_z is set by you", "The price was set by hand").replace("λ_z", "The price"),
    ]


def _sure(view: View, about: _About) -> list[str]:
    what, effect, counts = between(view.metric), view.effect, view.now.counts
    text = ["Brackets are ranges that hold the true value in about 95 of 100 such tests. People and random numbers are "
            "in them; what another training of the generator would change is not."]  # fmt: skip
    if about.controlled:
        text.append(words.PAIRED if effect.counted else words.WIDEST)
    if isinstance(what, Ratio) and what.rate is not None:
        middle, low = (float(end[0]) for end in noise_floor(view.now.pooled.counts, view.metric))
        if not math.isnan(middle):
            text.append(
                f"With as many people, a model that treats groups exactly alike would show about {middle:.2f} times, "
                f"and in one of 20 cases less than {low:.2f}."
            )
    rates = [what.rates[0]]
    if true_positive_rate not in rates:
        rates.append(true_positive_rate)
    for rate in rates:
        text += _sizes(view, rate.rows(what.read(counts.table) if rate is what.rates[0] else counts.table), rate, about)
    return text


def _sizes(view: View, sizes: np.ndarray, rate: Rate, about: _About) -> list[str]:
    """The smallest group that a rate rests on, and how many are smaller than it takes."""
    told = np.where(sizes < MIN_ROWS, sizes.max() + 1, sizes)  # of fewer people nothing is said
    place = np.unravel_index(int(told.argmin()), sizes.shape)
    group = view.now.groups[place[1]]
    few = int((sizes < needed()).sum())
    text = [
        f"The smallest group, counting {rate.people}: {_people(sizes[place])} {about.nouns.get(group, group)} in "
        f"{view.now.domains[place[0]]}. To know a share within 10 of 100 takes {needed()} people. "
        + (
            f"{few} of {sizes.size} groups have fewer: what is said of them is weak."
            if few
            else "Every group counted so has as many."
        )
    ]
    if (sizes < MIN_ROWS).any():
        left = int((sizes < MIN_ROWS).sum())
        text.append(f"{left} group{'s' * (left > 1)} of fewer than {MIN_ROWS} such people each left out.")
    return text


def _domains(view: View, about: _About) -> list[dict[str, str]]:
    frame = dumbbell_frame(view, view.metric).set_index("domain")
    what, rate = between(view.metric), _rate(view)
    counts = what.read(view.now.counts.table)
    shares, sizes = (dict(zip(view.now.domains, part, strict=True)) for part in (rate(counts), rate.rows(counts)))
    found = []
    for row in sorted(view.domains, key=lambda row: -row["n"]):
        if row["n"] < MIN_ROWS:
            continue
        line = frame.loc[f"{row['domain']} (n={row['n']:,})"]
        groups = [
            f"{about.nouns.get(group, group)}: " + (FEW if n < MIN_ROWS else f"{100 * share:.0f} of 100, of {n:,.0f}")
            for group, share, n in zip(view.now.groups, shares[row["domain"]], sizes[row["domain"]], strict=True)
        ]
        found.append(
            {
                "domain": row["domain"],
                "people": f"{row['n']:,}",
                "right": f"{1000 * row['accuracy'][0]:.0f} of 1,000",
                "groups": "; ".join(groups),
                "compared": _number(line, view.metric) if not math.isnan(line["now"]) else "too few people to judge",
            }
        )
    return found


def _rate(view: View) -> Rate:
    """The rate that the table of domains tells: the one that is compared, or who is told yes."""
    return between(view.metric).rate or selection_rate


def _number(line: pd.Series, metric: str) -> str:
    scale, digits = (1, 2) if isinstance(METRICS[metric], Ratio) else (100, 1)
    low, now, high = (f"{scale * line[end]:.{digits}f}" for end in ("low", "now", "high"))
    return f"{now} ({low} to {high})"


def _charts(view: View, about: _About, labels: tuple[str, str]) -> list[tuple[str, str]]:
    """The charts of the page without Greek, and without domains of fewer than ten people."""
    what, price = METRICS[view.metric], max([p for _, p in about.prices] or [about.lambda_z])
    now = now_frame(view, price).assign(label="now")
    scatter = charts.tradeoff(
        view.path, view.seeds, now, view.references, view.constant, y_title=in_words(view.metric),
        higher_is_fairer=what.higher_is_better, height=HEIGHT,
    )  # fmt: skip
    frame = dumbbell_frame(view, view.metric)
    frame = frame[frame["n"] >= MIN_ROWS].assign(
        reason=["too few people to judge" if reason else "" for reason in frame.loc[frame["n"] >= MIN_ROWS, "reason"]]
    )
    ratio = isinstance(what, Ratio)
    effect, yes = view.effect, f'"{textwrap.shorten(labels[1], 20, placeholder="…")}"'
    found = charts.whom(
        _silent(whom_frame(effect.found, effect.found_before, about.nouns)),
        title=f"of 100 with {yes}: told so",
    )
    wrong = charts.whom(
        _silent(whom_frame(effect.promised, effect.promised_before, about.nouns)),
        title=f"of 100 without {yes}: wrongly told so",
    )
    title = textwrap.shorten(_compared(view, about), 44, placeholder=" …")
    domains = charts.dumbbell(frame, title=title, ratio=ratio, height=HEIGHT)
    return [
        ("Accuracy against equality, means over domains that count the same (above, all people count the same). Line: "
         "the whole dial. Large point: now. Diamond: the same model trained on real rows. Dashed: one answer for all.",
         drawn(scatter)),
        ("Every group of people that no model was trained on: without control (hollow) and now (filled). A "
         "triangle: the range goes on.",
         drawn(domains)),
        ("Whom the model finds.", drawn(found)),
        ("Whom it wrongly promises.", drawn(wrong)),
    ]  # fmt: skip


def _silent(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(reason=["too few people" if reason else "" for reason in frame["reason"]])


def drawn(chart: Any, width: int = WIDTH) -> str:
    """A chart as SVG on white."""
    import vl_convert

    spec = json.loads(json.dumps(chart.to_dict(validate=False)))
    spec |= {"width": width, "background": "white", "autosize": {"type": "fit", "contains": "padding"}}
    spec["config"] = {**spec.get("config", {}), **LOOK}
    svg: str = vl_convert.vegalite_to_svg(spec)
    return svg


def sentences(report: Report) -> Sequence[str]:
    """All prose of a report, for checks of its language."""
    return [report.question, *report.answer, report.whose, *report.setting, *report.sure, *report.not_measured,
            *report.not_to_conclude]  # fmt: skip
