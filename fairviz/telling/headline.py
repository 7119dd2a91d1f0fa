"""The two or three sentences in large type: what a price costs, who gets what, whom the model finds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fairviz.evaluation.metrics import METRICS, MIN_ROWS, Ratio, between
from fairviz.evaluation.people import Share
from fairviz.telling.effect import Effect
from fairviz.telling.view import View, direction
from fairviz.telling.words import FEW, Story, join, plain

#: What the effect is of, where nothing else is said.
HERE = "At this price"
#: A share of people who get the same answer at which nothing is decided any more.
NEARLY = 0.98
#: A difference in accuracy, or of a mean ratio, that is hardly one.
HARDLY = 0.02


def headline(
    effect: Effect, *, metric: str, labels: tuple[str, str], nouns: Mapping[str, str], controlled: bool,
    here: str = HERE,
) -> list[str]:  # fmt: skip
    """All that is said, in Markdown: :func:`told`, then :func:`mind`; text from data is escaped.

    Parameters
    ----------
    labels : (str, str)
        Unfavourable and favourable label.
    nouns : mapping
        Words for groups.
    controlled : bool
        Whether a price is set.
    here : str
        What the effect is of.
    """
    how: dict[str, Any] = {"metric": metric, "labels": labels, "nouns": nouns, "controlled": controlled}
    return [*told(effect, **how, here=here), *mind(effect, **how)]


def _story(metric: str, labels: tuple[str, str], nouns: Mapping[str, str]) -> Story:
    what = between(metric)
    return Story(what, plain(f'"{labels[0] if what.other else labels[1]}"'), nouns)


def told(
    effect: Effect, *, metric: str, labels: tuple[str, str], nouns: Mapping[str, str], controlled: bool,
    here: str = HERE,
) -> list[str]:  # fmt: skip
    """Cost and comparison; whom it finds. Parameters as for :func:`headline`."""
    story = _story(metric, labels, nouns)
    first = f"Without fair control the model is right about **{round(1000 * effect.right)} people in 1,000**"
    if controlled:
        first = f"{here} the model is wrong about {_more(effect)}"
    first += f"{_between(effect, story, controlled)}."
    return [text for text in (first, _found(effect, plain(f'"{labels[1]}"'), story, controlled)) if text]


def mind(
    effect: Effect, *, metric: str, labels: tuple[str, str], nouns: Mapping[str, str], controlled: bool
) -> list[str]:
    """What makes it weak, in one paragraph; empty if nothing does. Parameters as for :func:`headline`."""
    found = cautions(effect, plain(f'"{labels[1]}"'), _story(metric, labels, nouns), controlled)
    return [f"**Mind:** {' '.join(found)}"] if found else []


def minded(
    view: View, price: float | None, *, metric: str, labels: tuple[str, str], nouns: Mapping[str, str],
    controlled: bool,
) -> list[str]:  # fmt: skip
    """:func:`mind`, and that a lower price did more, in one paragraph; empty if there is neither.

    Parameters
    ----------
    price : float, optional
        That of the view; None where it has one for each domain, so that no lower one is known.
    """
    found = mind(view.effect, metric=metric, labels=labels, nouns=nouns, controlled=controlled)
    less = past_the_best(view, price, nouns, briefly=bool(found)) if price is not None else ""
    if not less:
        return found
    return [f"{found[0]} {less}" if found else f"**Mind:** {less}"]


def cautions(effect: Effect, yes: str, story: Story, controlled: bool) -> list[str]:
    """What makes the headline weak or one-sided; sentences, best known before it is believed."""
    found = []
    few = [
        f"{n} {story.group(share.group)}"
        for share, n in zip(effect.found, effect.truly, strict=True)
        if MIN_ROWS <= n < FEW
    ]
    if few:
        found.append(f"Only {join(few)} truly have {yes}, so what is said of them is weak.")
    if effect.told_yes > NEARLY or effect.told_yes < 1 - NEARLY:
        of = max(effect.told_yes, 1 - effect.told_yes)
        answer = yes if effect.told_yes > NEARLY else f"not {yes}"
        hardly = "no" if round(1000 * of) == 1000 else "hardly a"
        found.append(f"It tells {answer} to {1000 * of:,.0f} of 1,000 people, so there is {hardly} decision.")
    elif effect.same >= effect.right:
        found.append(
            f"One answer for all would be right about {1000 * effect.same:.0f} people in 1,000, as many or more."
        )
    elif effect.same > effect.right - HARDLY:
        found.append(f"One answer for all would be right about {1000 * effect.same:.0f} people in 1,000, hardly fewer.")
    if controlled and _parts_ways(effect, story):
        smaller = " (the smaller rate by the larger)" if isinstance(story.metric, Ratio) else ""
        chance = ", which may be chance" if effect.mean_low <= effect.mean_before <= effect.mean_high else ""
        found.append(
            f"Domain by domain it is less equal than without control: {story.amount(effect.mean).replace('**', '')} on "
            f"average{smaller}, instead of {story.amount(effect.mean_before).replace('**', '')}{chance}."
        )
    return found


def _parts_ways(effect: Effect, story: Story) -> bool:
    """Whether all people together are treated more equally than before, and those of the single domains less."""
    even = story.metric.equality

    def off(value: float) -> float:
        return abs(min(value, 1 / value) - even) if even and value > 0 else abs(value - even)

    together = off(effect.now.value) < off(effect.before.value)
    return together and off(effect.mean) > off(effect.mean_before) + HARDLY


def in_the_data(effect: Effect, *, labels: tuple[str, str], nouns: Mapping[str, str]) -> str:
    """What the data themselves say: ``In the data 11 of 100 women and 30 of 100 men have ">50K".``; "" if too few.

    Parameters as for :func:`headline`; groups of fewer than ``MIN_ROWS`` people are left out.
    """
    told = []
    for yes, no in zip(effect.found, effect.promised, strict=True):
        people = yes.people + no.people
        if people >= MIN_ROWS:
            quoted = f'"{yes.group}"'
            told.append(f"{100 * yes.people / people:.0f} of 100 {plain(nouns.get(yes.group, quoted))}")
    if not told:
        return ""
    answer = plain(f'"{labels[1]}"')
    return f"In the data {join(told)} have {answer}; whether that is just was not asked."


def past_the_best(view: View, price: float, nouns: Mapping[str, str], *, briefly: bool = False) -> str:
    """That a lower price gives more equality at less cost, in the means over domains; "" where none clearly does.

    Parameters
    ----------
    briefly : bool
        In few words, where something else is said already.
    """
    what = METRICS[view.metric]
    sign = 1 if what.higher_is_better else -1
    lower = view.path[(view.path["lambda_z"] < price) & (view.path["lambda_z"] > 0)].dropna(subset=["fairness"])
    if lower.empty or math.isnan(view.head["fairness"]):
        return ""
    best = lower.loc[(sign * lower["fairness"]).idxmax()]
    gains = sign * (float(best["fairness"]) - view.head["fairness"])
    if gains <= HARDLY or best["accuracy"] < view.head["accuracy"]:
        return ""
    within = view.head["fairness_low"] <= best["fairness"] <= view.head["fairness_high"]
    chance, story = ", which may be chance" if within else "", Story(between(view.metric), "", nouns)
    there, here = (story.amount(value).replace("**", "") for value in (float(best["fairness"]), view.head["fairness"]))
    if briefly:
        return f"Less did more on these very people: {there} at {best['lambda_z']:g}, at less cost{chance}."
    return (
        f"Less did more on these very people: at {best['lambda_z']:g} the mean over domains is {there}, at less cost; "
        f"here {here}{chance}.{_turned(view)}"
    )


def _turned(view: View) -> str:
    """That past equality counts as unequal, where the direction of a domain's two groups has turned; else ""."""
    what, pair = between(view.metric), direction(view, view.metric)
    if pair is None or not isinstance(what, Ratio):
        return ""
    low, high = pair
    was, now = (runs.value(what.group_rates) for runs in (view.before, view.now))
    turned = int(((was[:, low] < was[:, high]) & (now[:, low] > now[:, high])).sum())
    where = "a domain" if turned == 1 else f"{turned} domains"
    return f" The smaller rate is divided by the larger, and in {where} it is now the other group's." if turned else ""


def whose(effect: Effect, domain_word: str) -> str:
    """Who is counted: ``Black: 4,685 people that the model never saw``; all text from data escaped."""
    people = f"{effect.people:,} people"
    if len(effect.domains) == 1:
        return f"{plain(effect.domains[0])}: {people}; nobody of this {plain(domain_word)} was trained on"
    return f"{people} of {len(effect.domains)} domains together ({plain(domain_word)}), none trained on"


def _more(effect: Effect) -> str:
    """``**10 more people in 1,000** (8 to 12; 156 instead of 146)``; what may be chance says so."""
    cost, wrong = effect.cost, 1 - effect.right
    value, low, high = (round(1000 * end) for end in (cost.value, cost.low, cost.high))
    now, before = round(1000 * wrong), round(1000 * (wrong - cost.value))
    totals = f"{now} instead of {before}" if now - before == value else f"{now} in all"  # what is written adds up
    if value == 0 or (abs(value) == 1 and low <= 0 <= high):
        nearly = "" if value == 0 else "roughly "
        return f"**{nearly}as many people as without control** ({-low} fewer to {high} more in 1,000)"
    if value < 0:
        low, high = -high, -low
    noun = "person" if abs(value) == 1 else "people"
    text = f"**{abs(value)} {'more' if value > 0 else 'fewer'} {noun} in 1,000**"
    if low > 0:
        return f"{text} ({low} to {high}; {totals})"
    this, other = ("more", "fewer") if value > 0 else ("fewer", "more")
    lower = f"{-low} {other}" if low else "0"
    return f"{text}, which may be chance ({lower} to {high} {this}; {totals})"


def _between(effect: Effect, story: Story, controlled: bool) -> str:
    now, before = effect.now, effect.before
    if not now.less:
        return ". How groups compare cannot be judged: too few people of a group, or nobody is told yes"
    text = f", and {story.told(now)}"
    if not controlled or not before.less:
        return text
    was = story.amount(before.value).replace("**", "")
    if before.less == now.less:
        return f"{text}, instead of {was}"
    return f"{text}; without control {story.group(before.less)} {was} {story.than} {story.group(before.more)}"


def _found(effect: Effect, yes: str, story: Story, controlled: bool) -> str:
    """``Of 100 women who truly have ">50K" it finds 61 (was 52), of 100 men 60.``; of many groups the extremes."""
    known = [
        (now, was) for now, was in zip(effect.found, effect.found_before, strict=True) if not math.isnan(now.value)
    ]
    silent = [story.group(now.group) for now in effect.found if math.isnan(now.value)]
    too_few = f"too few {join(silent)} to say" if silent else ""
    if not known:
        return ""
    if len(known) > 2:
        known = [min(known, key=_share), max(known, key=_share)]
    parts: list[str] = []
    for now, was in known:
        people = f"of 100 {story.group(now.group)}" + ("" if parts else f" who truly have {yes} it finds")
        parts.append(
            f"{people} **{round(100 * now.value)}**" + (f" (was {round(100 * was.value)})" if controlled else "")
        )
    text = ", ".join(parts) + (f"; {too_few}" if too_few else "")
    if controlled and len(known) == 2 and _clearly(known, 0) * _clearly(known, 1) < 0:
        fewer, more = sorted(known, key=_share)
        text += f": now fewer {story.group(fewer[0].group)} are found than {story.group(more[0].group)}"
    elif controlled and len(known) > 1 and _all_lose(known):
        text += ": no group gains"
    return f"{text[0].upper()}{text[1:]}."


def _all_lose(known: list[tuple[Share, Share]]) -> bool:
    """Whether fewer are found of some group, by more than chance, and of none more."""
    none_more = all(round(100 * now.value) <= round(100 * was.value) for now, was in known)
    return none_more and any(now.high < was.low for now, was in known)


def _clearly(known: list[tuple[Share, Share]], when: int) -> int:
    """1 where more of the first of two groups are found, -1 where more of the second, 0 where intervals meet.

    ``when``: 0 now, 1 without control.
    """
    one, other = (pair[when] for pair in known)
    return int(one.low > other.high) - int(other.low > one.high)


def _share(pair: tuple[Share, Share]) -> float:
    return pair[0].value
