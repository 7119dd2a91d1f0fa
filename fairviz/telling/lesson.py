"""A lesson in seven steps on recorded results: predict, then see. Every number is looked up, none is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from fairviz import charts
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.intervals import noise_floor
from fairviz.evaluation.metrics import METRICS, Ratio, between, selection_rate
from fairviz.evaluation.people import shares
from fairviz.evaluation.tradeoff import Sweep
from fairviz.telling.headline import headline
from fairviz.telling.view import View, across, dumbbell_frame, in_words, now_frame, recorded_background, whom_frame
from fairviz.text import plain

#: The control of the lesson, the published one, and the downstream model.
PARITY, PUBLISHED, MODEL = "dp", "entropy", "gradient_boosting"
#: A price in the middle of the dial.
PRICE = 0.2
Chart = alt.LayerChart | alt.FacetChart


@dataclass(frozen=True)
class Step:
    """One idea.

    Attributes
    ----------
    key : str
        In links.
    title, text : str
        What it is about, in Markdown.
    question : str
    options : tuple of str
        Guesses.
    right : int
        Which of them the recorded results bear out.
    answer : str
        What is seen, in Markdown.
    note : str
        For whoever teaches it.
    charts : callable
        ``() ->`` pairs of what a chart shows and the chart.
    """

    key: str
    title: str
    text: str
    question: str
    options: tuple[str, ...]
    right: int
    answer: str
    note: str
    charts: Callable[[], Sequence[tuple[str, Chart]]]


@dataclass(frozen=True)
class Recorded:
    """What a lesson looks up.

    Attributes
    ----------
    ours, published : Sweep
        The dial of soft labels, and that of the networks' labels, as published.
    facts : dict
        ``groups, labels, domains, equality``.
    nouns : dict
        Words for groups, and for domains.
    """

    ours: Sweep
    published: Sweep
    facts: Mapping[str, Any]
    nouns: Mapping[str, str]

    def view(
        self, price: float, metric: str = "R_DP", domains: Sequence[str] = (), control: str = PARITY,
        sweep: Sweep | None = None,
    ) -> View:  # fmt: skip
        """The view of a recorded price."""
        return recorded_background(
            sweep or self.ours, control=control, lambda_y=1.0, classifier=MODEL,
            domains=list(domains or self.facts["domains"]), metric=metric,
        ).at(price)  # fmt: skip

    @property
    def yes(self) -> str:
        """The favourable label."""
        return f'"{self.facts["labels"][1]}"'

    def noun(self, group: str) -> str:
        """What people call a group."""
        return self.nouns.get(group, group)

    def told(self, view: View, controlled: bool) -> list[str]:
        """The headline of a view."""
        labels = (str(self.facts["labels"][0]), str(self.facts["labels"][1]))
        return headline(view.effect, metric=view.metric, labels=labels, nouns=self.nouns, controlled=controlled)


def nearest(value: float, guesses: Sequence[float]) -> int:
    """Which of some guesses a value comes closest to."""
    return int(np.abs(np.asarray(guesses) - value).argmin())


def lesson(recorded: Recorded) -> tuple[Step, ...]:
    """The steps, in order."""
    makers = (_gap, _price, _unseen, _small, _parting, _trivial, _published)
    return tuple(make(recorded) for make in makers)


def _gap(recorded: Recorded) -> Step:
    view = recorded.view(0.0)
    now, yes = view.effect.now, plain(recorded.yes)
    less, more = recorded.noun(now.less), recorded.noun(now.more)
    guesses = (1.0, 0.75, 0.5, 0.25)
    people = view.now.pooled.counts.table[0]
    truly = people[:, 1].sum(-1) / people.sum((1, 2))
    adds = ", so the model adds to it" if now.value < truly.min() / truly.max() else ""
    rates = dict(zip(view.now.groups, 100 * view.now.pooled.value(selection_rate)[0], strict=True))
    gap = f"{rates[now.more] - rates[now.less]:.0f}"
    return Step(
        "gap", "The gap",
        f"A model learns who earns {yes}: more than 50,000 dollars a year. It learns from made-up people that are like "
        "those of a census of 1994. It never sees "
        f"whether a person is a woman or a man. Then it is asked about {view.effect.people:,} real people.",
        f"How often will it say {yes} for {less}, compared with {more}?",
        ("As often", "Three quarters as often", "Half as often", "A quarter as often"), nearest(now.value, guesses),
        f"{' '.join(recorded.told(view, controlled=False))} The model tells {yes} to {rates[now.less]:.0f} of 100 "
        f"{less} and {rates[now.more]:.0f} of 100 {more}. The **ratio** is one divided by the other; the **gap** is "
        f"the difference, {gap} points. In the census itself the ratio is {truly.min() / truly.max():.2f}{adds}. "
        "Leaving a column out does not hide it: job, hours and family tell it anyway.",
        "Ask first what a fair model would do: say yes equally often, or find those who have it equally often? "
        "Keep both answers for step 5.",
        lambda: _whom(recorded, view),
    )  # fmt: skip


def _price(recorded: Recorded) -> Step:
    view, guesses = recorded.view(PRICE), (1.0, 10.0, 50.0, 100.0)
    cost = 1000 * view.effect.cost.value
    gaps = [100 * float(np.ptp(one.pooled.value(selection_rate)[0])) for one in (view.before, view.now)]
    return Step(
        "price", "The dial, and what a price means",
        f"The dial sets a price. At {PRICE:g}, one point less of the gap is worth {PRICE:g} points of accuracy; a "
        "point is one of 100 people. So the gap is closed as long as its next point costs no more than that. At 0 "
        "nothing is done.",
        "How many more people in 1,000 will the model be wrong about?",
        ("About 1", "About 10", "About 50", "About 100"), nearest(cost, guesses),
        " ".join(recorded.told(view, controlled=True)) + f" The gap is {gaps[1]:.0f} points, instead of {gaps[0]:.0f}, "
        f"for {cost / 10:.1f} points of accuracy: less than {PRICE:g} for each, for {PRICE:g} is what the last one may "
        "cost. The line shows every position of the dial: the first steps cost little, the last ones much.",
        "The price is a choice of values, not of science. Let two people argue for two different prices.",
        lambda: [_path(recorded, view, "R_DP", "The whole dial: accuracy to the right, equality upwards; "
                       "means over the five groups, so other numbers than those of all people.")],
    )  # fmt: skip


def _unseen(recorded: Recorded) -> Step:
    end = max(p for p in recorded.ours.prices(PARITY) if p <= max(recorded.facts["equality"][PARITY].values()) + 0.05)
    view = recorded.view(end)
    frame = dumbbell_frame(view, "R_DP")
    judged = frame.dropna(subset=["now"])
    equal, over = int(((judged["low"] <= 1) & (judged["high"] >= 1)).sum()), int((judged["low"] > 1).sum())
    less = recorded.noun(view.effect.now.less)
    many = "all" if over == len(judged) - equal else f"{over}"
    beyond = (
        f"In {many} of these {less} are now told {plain(recorded.yes)} more often: the dial went too far. "
        if over
        else ""
    )
    return Step(
        "unseen", "People nobody trained on",
        f"The dial ends where the gap is zero for the people trained on. Each {plain(recorded.nouns['domain'])} was "
        "left out of training once and tested then: that is the question everybody has who uses a model elsewhere.",
        "At the dial's end, will the gap be zero for them too?",
        ("Yes, for all of them", "For some it may be, for others clearly not", "For none of them"),
        0 if equal == len(judged) else 2 if equal == 0 else 1,
        f"For {len(judged) - equal} of {len(judged)} it clearly is not. {beyond}For the others the test cannot rule it "
        "out, which is not the same as being equal. A promise for people trained on is no promise for others.",
        "Have them find the band that is widest, and say why before the next step.",
        lambda: [("Rates of yes, one divided by the other: without control (hollow), at the dial's end (filled), 95 % "
                  "interval; a triangle says that it goes on.",
                  _across(recorded, view))],
    )  # fmt: skip


def _small(recorded: Recorded) -> Step:
    truly = {d: int(recorded.view(0.0, "R_EOp", [d]).now.counts.table[0, :, 1].sum(-1).min())
             for d in recorded.facts["domains"]}  # fmt: skip
    domain = min((d for d in truly if truly[d] >= 10), key=truly.__getitem__)
    counts = recorded.view(0.0, "R_EOp").now.counts
    middle, low = noise_floor(counts, "R_EOp")
    here, guesses = counts.domains.index(domain), (1.0, 0.8, 0.5)
    floor, group = float(middle[here]), counts.groups[int(counts.table[here, :, 1].sum(-1).argmin())]
    return Step(
        "small", "Small groups, and what chance does",
        f"Only {truly[domain]} {recorded.noun(group)} of {plain(domain)} truly have {plain(recorded.yes)}. Suppose a "
        "model treats women and men exactly alike, and we compare how many of each it finds.",
        "Smaller share divided by larger share: what will the test show, typically?",
        ("1.00, since it treats them alike", "About 0.8", "About 0.5"), nearest(floor, guesses),
        f"About **{floor:.2f}**, by chance alone. So a model that shows {floor:.2f} here may be perfectly equal. "
        "Numbers of few people say little, however many decimals they have.",
        "Have two rows of the room toss a coin ten times each: both count the same less than once in five times.",
        lambda: [("What a model shows that finds the same share of both: half of all tests come out below the dot, one "
                  "in twenty below the bar.",
                  _chance(counts, middle, low))],
    )  # fmt: skip


def _parting(recorded: Recorded) -> Step:
    parity, found = (recorded.view(0.0, metric).path for metric in ("R_DP", "R_EOp"))
    top = parity.loc[parity["fairness"].idxmax(), "lambda_z"]
    way = found[found["lambda_z"] <= top]
    best = way.loc[way["fairness"].idxmax()]
    start, end, peak = _at(found, 0.0), _at(found, top), float(best["fairness"])
    right = 1 if peak > start + 0.02 and end < peak - 0.02 else 0 if end > start else 2
    before, after = (recorded.view(price, "R_EOp").effect.found for price in (0.0, float(top)))
    people = [
        (f"100 {recorded.noun(was.group)}", round(100 * was.value), round(100 * now.value))
        for was, now in zip(before, after, strict=True)
    ]
    told = "Of {} who truly have it, {} are found without control and {} there".format(*people[0])
    told += "".join("; of {}, {} and {}".format(*one) for one in people[1:])
    return Step(
        "parting", "Two fairnesses part ways",
        f"One idea: women and men are told {plain(recorded.yes)} equally often. Another: of those who truly have it, "
        "the model finds as many women as men. Both sound right.",
        f"The dial is turned up until rates of yes are most alike, in the mean over the five groups nobody trained on "
        f"(at {top:g}). What happens to the second?",
        ("It gets better all the way", "First better, then worse", "It gets worse from the start"), right,
        f"It goes from {start:.2f} over {peak:.2f} (at {best['lambda_z']:g}) to {end:.2f}, while the first goes from "
        f"{_at(parity, 0.0):.2f} to {_at(parity, top):.2f}. "
        f"{told}. "
        f"Where groups truly differ in how many have {plain(recorded.yes)}, equal rates come from finding fewer of "
        "one group, or from wrongly promising it to more of the other. So one has to choose.",
        "Back to the two answers of step 1. Whoever chose the second idea may turn the dial of opportunity on Explore.",
        lambda: [("Both, along the dial, means over domains: 1 is equal.", _both(parity, found))],
    )  # fmt: skip


def _which(value: float, low: float, high: float) -> int:
    """0 above, 1 between, 2 below."""
    return 0 if value > high else 2 if value < low else 1


def _at(path: pd.DataFrame, price: float) -> float:
    return float(path.loc[path["lambda_z"] == price, "fairness"].iloc[0])


def _trivial(recorded: Recorded) -> Step:
    view = recorded.view(PRICE)
    constant, now = 1000 * float(view.constant["accuracy"].iloc[0]), 1000 * view.head["accuracy"]
    guesses, no = (500.0, 650.0, 800.0), plain(f'"{recorded.facts["labels"][0]}"')
    return Step(
        "trivial", "The answer that needs no model",
        f"Somebody sells a rule that treats everybody exactly alike: it always says {no}.",
        "Of 1,000 people, how many is it right about (mean over the five groups)?",
        ("About 500", "About 650", "About 800"), nearest(constant, guesses),
        f"**{constant:.0f} of 1,000**; the model at price {PRICE:g} is right about {now:.0f} (means over the five "
        "groups, small ones counting as much as large ones). The rule is perfectly equal, and of no use. So look where "
        "the dashed line stands before you admire any number.",
        "Good to ask of every score that is shown to them: what would the laziest answer have got?",
        lambda: [_path(recorded, view, "R_DP", "Dashed: always the same answer.")],
    )  # fmt: skip


def _published(recorded: Recorded) -> Step:
    first, ours = recorded.view(0.0, control=PUBLISHED, sweep=recorded.published), recorded.view(0.0)
    (rise, lost), (other, other_lost) = (_best_of(view.path) for view in (first, ours))
    best = float(ours.path.loc[ours.path["fairness"].idxmax(), "lambda_z"])
    return Step(
        "published", "Why one control moves the rule and another does not",
        "The published control draws synthetic people whose group is hard to guess. The dial of this lesson changes "
        "which answer goes with which person. Each is turned to the point where it is most equal.",
        "By how much does the published one raise the ratio, compared with this one?",
        ("By more", "By about as much", "By less"), _which(rise, 0.7 * other, 1.3 * other),
        f"Its ratio rises by {rise:.2f} and costs {lost:.1f} points of accuracy; this one's rises by {other:.2f} and "
        f"costs {other_lost:.1f}. A model learns *who gets what* from rows. Drawing other people leaves that as it "
        "was, and shows it fewer clear cases. (It starts elsewhere, its rows are labelled as published: compare "
        "how far each one moves.)",
        "The difference is one of statistics: the first moves the distribution of people, the second the rule given a "
        "person. The equations are in docs/method.md.",
        lambda: [_path(recorded, recorded.view(best), "R_DP", "Both dials, every position; means over the five groups.",
                       first.path.assign(label="published control"))],
    )  # fmt: skip


def _best_of(path: pd.DataFrame) -> tuple[float, float]:
    """How much the ratio rises from price 0 to where it is largest, and the points of accuracy that this costs."""
    start, best = path[path["lambda_z"] == 0].iloc[0], path.loc[path["fairness"].idxmax()]
    return float(best["fairness"] - start["fairness"]), 100 * float(start["accuracy"] - best["accuracy"])


def _whom(recorded: Recorded, view: View) -> list[tuple[str, Chart]]:
    effect, yes = view.effect, recorded.yes
    shown = (
        ("Of all people of a group, those who are told yes:", shares(view.now, selection_rate), f"of 100: told {yes}"),
        ("Of those who truly have it, those who are found:", effect.found, f"of 100 with {yes}: told so"),
        ("Of those who do not have it:", effect.promised, f"of 100 without {yes}: wrongly told so"),
    )
    return [
        (says, charts.whom(whom_frame(now, [_nobody(one) for one in now], recorded.nouns), title=title))
        for says, now, title in shown
    ]


def _nobody(share: Any) -> Any:
    return type(share)(share.group, share.people, float("nan"), float("nan"), float("nan"))


def _path(
    recorded: Recorded, view: View, metric: str, says: str, other: pd.DataFrame | None = None
) -> tuple[str, Chart]:
    price = float(view.seeds["lambda_z"].iloc[0]) if "lambda_z" in view.seeds else 0.0
    what = METRICS[metric]
    chart = charts.tradeoff(
        view.path, view.seeds, now_frame(view, price).assign(label=f"price {price:g}"), view.references, view.constant,
        y_title=in_words(metric), higher_is_fairer=what.higher_is_better,
        other=other,
    )  # fmt: skip
    return says, chart


def _across(recorded: Recorded, view: View) -> Chart:
    title, ratio = across(view, recorded.nouns, in_words(view.metric)), isinstance(between(view.metric), Ratio)
    return charts.dumbbell(dumbbell_frame(view, view.metric), title=title, ratio=ratio)


def _chance(counts: Counts, middle: np.ndarray, low: np.ndarray) -> Chart:
    frame = pd.DataFrame({"domain": counts.domains, "people": counts.table[:, :, 1].sum(-1).min(-1), "middle": middle,
                          "low": low})  # fmt: skip
    return charts.chance(frame.sort_values("people", ascending=False), title="smaller ÷ larger share found")


def _both(parity: pd.DataFrame, found: pd.DataFrame) -> Chart:
    return charts.along({"rates of yes": parity, "share found, of those who have it": found})
