"""The two or three sentences in large type: what a price costs, who gets what, whom the model finds."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fairviz.evaluation.metrics import between
from fairviz.evaluation.paired import Cost
from fairviz.evaluation.people import Share
from fairviz.telling.effect import Effect
from fairviz.telling.words import Story, plain


def headline(
    effect: Effect, *, metric: str, labels: tuple[str, str], nouns: Mapping[str, str], controlled: bool
) -> list[str]:
    """Sentences in Markdown, all text from data escaped: cost and comparison; whom it finds; who these people are.

    Parameters
    ----------
    labels : (str, str)
        Unfavourable and favourable label.
    nouns : mapping
        Words for groups.
    controlled : bool
        Whether a price is set.
    """
    what = between(metric)
    story = Story(what, plain(f'"{labels[0] if what.other else labels[1]}"'), nouns)
    first = f"Without fair control the model is right about **{round(1000 * effect.right)} people in 1,000**"
    if controlled:
        first = f"At this price the model is wrong about {_more(effect.cost)}"
    first += f"{_between(effect, story, controlled)}."
    return [first, _found(effect, plain(f'"{labels[1]}"'), story, controlled)]


def whose(effect: Effect, domain_word: str) -> str:
    """Who is counted: ``Black: 4,685 people that the model never saw``; all text from data escaped."""
    people = f"{effect.people:,} people"
    if len(effect.domains) == 1:
        return f"{plain(effect.domains[0])}: {people}; nobody of this {plain(domain_word)} was trained on"
    return f"{people} of {len(effect.domains)} domains together ({plain(domain_word)}), each never trained on"


def _more(cost: Cost) -> str:
    """``**10 more people in 1,000** (8 to 12)``, ``**3 fewer people in 1,000** (1 to 5)``."""
    value, low, high = (round(1000 * end) for end in (cost.value, cost.low, cost.high))
    if value == 0:
        return f"**as many people as without** (by {_signed(low)} to {_signed(high)} in 1,000)"
    if value < 0:
        low, high = -high, -low
    span = f"({low} to {high})" if low >= 0 else f"({-low} {'fewer' if value > 0 else 'more'} to {high} "
    if low < 0:
        span += f"{'more' if value > 0 else 'fewer'})"
    noun = "person" if abs(value) == 1 else "people"
    return f"**{abs(value)} {'more' if value > 0 else 'fewer'} {noun} in 1,000** {span}"


def _signed(value: int) -> str:
    return f"{value:+d}".replace("-", "−") if value else "0"


def _between(effect: Effect, story: Story, controlled: bool) -> str:
    now, before = effect.now, effect.before
    if not now.less:
        return ". How groups compare cannot be judged: too few people of a group, or nobody gets it"
    text = f", and {story.told(now)}"
    if not controlled or not before.less:
        return text
    was = story.amount(before.value).replace("**", "")
    if before.less == now.less:
        return f"{text}, instead of {was}"
    return f"{text}; without control {story.group(before.less)} got it {was} {story.than} {story.group(before.more)}"


def _found(effect: Effect, yes: str, story: Story, controlled: bool) -> str:
    """``Of 100 who truly have ">50K" it finds 61 women (was 52) and 60 men (was 63).``; of many groups the extremes."""
    known = [
        (now, was) for now, was in zip(effect.found, effect.found_before, strict=True) if not math.isnan(now.value)
    ]
    if not known:
        return ""
    if len(known) > 2:
        known = [min(known, key=_share), max(known, key=_share)]
    parts = []
    for now, was in known:
        part = f"**{round(100 * now.value)} {story.group(now.group)}**"
        parts.append(part + (f" (was {round(100 * was.value)})" if controlled else ""))
    return f"Of 100 who truly have {yes} it finds {' and '.join(parts)}."


def _share(pair: tuple[Share, Share]) -> float:
    return pair[0].value
