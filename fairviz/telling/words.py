"""Numbers as sentences: both groups, the favourable label and n are named. No Streamlit here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fairviz.controls import CONTROLS
from fairviz.data.sets import DATASETS
from fairviz.dual import GAPS
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.goal import Goal, Solved
from fairviz.evaluation.metrics import Difference, Ratio, between, true_positive_rate
from fairviz.evaluation.people import Comparison
from fairviz.evaluation.runs import Runs
from fairviz.telling.view import View
from fairviz.text import plain as plain

MODEL_TITLES = {
    "gradient_boosting": "Gradient boosting",
    "logistic_regression": "Logistic regression",
    "mlp": "Small neural network",
}
PAIRED = "The cost's interval is of matched pairs: the same people with and without the price."
WIDEST = (
    "It was not counted who is told what with and without the price, so the cost's interval is the widest that the "
    "counts allow."
)
#: Fewer people than this with the favourable label are worth a word.
FEW = 30


def model_title(classifier: str) -> str:
    """What to call a downstream model."""
    return MODEL_TITLES.get(classifier, classifier.replace("_", " ").capitalize())


def price_text(value: float) -> str:
    """A price as short as it can be."""
    return f"{value:g}"


def meaning(control: str, lambda_y: float, lambda_z: float, lambda_eop: float = 0.0) -> str:
    """What lambda_z means, in words."""
    if lambda_z == 0 and lambda_eop == 0:
        text = "No fair control: no accuracy is given up for equality"
        if lambda_y == 1:
            return f"{text}, rows are drawn as the data are."
        return f"{text}; labels are drawn {'more' if lambda_y > 1 else 'less'} clearly than in the data (λ_y)."
    times = f"{2**lambda_z:,.1f}".removesuffix(".0") if lambda_z <= 20 else "more than a million"
    result: str = CONTROLS[control].meaning.format(
        price=price_text(lambda_z), price_eop=price_text(lambda_eop), times=times
    )
    return result


def at_equality(control: str, lambda_z: float, ends: Mapping[str, float], still: float | None = None) -> str:
    """Where the dial ends: the prices of equality on the source, one for each held-out domain; where they are not
    known, from which price on nothing changes.
    """
    if not ends:
        return f" From λ_z {still:g} on nothing changes any more." if still is not None else ""
    low, high = min(ends.values()), max(ends.values())
    what = GAPS[CONTROLS[control].gaps[0]]
    at = f"{low:.2g}" if f"{low:.2g}" == f"{high:.2g}" else f"{low:.2g} to {high:.2g}"
    if lambda_z >= high:
        return f" From here on the {what} are equal on the people trained on, and a higher price asks nothing more."
    return f" From λ_z {at} on, {what} are equal on the people trained on; the dial ends soon after."


def aimed(goal: Goal, found: Mapping[str, Solved], prices: str, where: str) -> str:
    """What a price was looked for, on whom, and whether it was found; ``found``: by held-out domain."""
    reached = sorted(one.reached for one in found.values())
    if goal.kind == "accuracy":
        aim = f"to lose at most {100 * goal.value:g} points of accuracy"
        there = f"{100 * reached[0]:.1f} to {100 * reached[-1]:.1f} lost there"
    else:
        aim, there = f"at {goal.kind} of {goal.value:g}", f"{reached[0]:.2f} to {reached[-1]:.2f} there"
    text = f"Aimed on {where} {aim} ({there}): λ_z {prices}. "
    short = [domain for domain, one in found.items() if not one.met]
    return f"{text}Out of reach without {join(short)}; the closest is taken. " if short else text


def diamond(rows: int) -> str:
    """What the model of real rows has learnt from."""
    return f" The diamond's model learnt from all people trained on (at most {rows:,})."


def how_to_get(dataset: str) -> str:
    """How the rows of a registered data set come to this machine."""
    source = DATASETS[dataset]
    if source.files is None:
        return "they are made on the spot."
    names = " and ".join(source.files.files)
    get = f"run 'fairviz datasets --download {dataset}', or set" if source.downloadable else "set"
    return f"{get} FAIRVIZ_DATA to a folder that has {names}."


def _per_thousand(value: float) -> str:
    return f"{1000 * value:.0f}"


def who_gets_less(runs: Runs, metric: str) -> dict[str, list[str]]:
    """Domains by the group with the lowest rate; domains that cannot be judged are left out."""
    found: dict[str, list[str]] = {}
    for domain, row in zip(runs.domains, runs.value(between(metric).group_rates), strict=True):
        if not np.isnan(row).any():
            found.setdefault(runs.groups[int(row.argmin())], []).append(domain)
    return found


@dataclass(frozen=True)
class Story:
    """Words for one fairness metric, favourable label and data set; all text from data is escaped."""

    metric: Ratio | Difference
    yes: str
    nouns: Mapping[str, str]

    def group(self, name: str) -> str:
        """A group's noun; without one, its name in quotes."""
        return plain(self.nouns.get(name, f'"{name}"'))

    def amount(self, value: float, low: float | None = None, high: float | None = None) -> str:
        """``0.71 times (0.65 to 0.77)`` or ``8.2 points (..) less often``; the interval is optional."""
        scale, digits, unit = (1, 2, "times") if isinstance(self.metric, Ratio) else (100, 1, "points")
        text = f"**{scale * value:.{digits}f} {unit}**"
        if low is not None and high is not None and not math.isnan(low):
            text += f" ({scale * low:.{digits}f} to {scale * high:.{digits}f})"
        return text.replace("(-", "(−").replace("to -", "to −")

    @property
    def than(self) -> str:
        """Between the amount and the other group."""
        return "as often as" if isinstance(self.metric, Ratio) else "less often than"

    def comparison(self, groups: tuple[str, ...], less: Mapping[str, Sequence[str]], amount: str) -> str:
        """Who gets less (see :func:`who_gets_less`), by how much; domains are named where they differ."""
        where = "; ".join(f"{self.group(g)} in {join([plain(d) for d in ds])}" for g, ds in less.items())
        if len(groups) > 2:
            return f"The group that gets least gets it {amount} {self.than} the one that gets most ({where})"
        if len(less) > 1:
            return f"Whoever gets less gets it {amount} {self.than} the other ({where})"
        low = next(iter(less))
        rate = self.metric.rates[0]
        verb = rate.verb.format(yes=self.yes, who=self.group(low))
        other = rate.other.format(who=self.group(groups[1 - groups.index(low)]))
        return f"It {verb} {amount} {self.than} {other}"

    def told(self, found: Comparison) -> str:
        """``women are told ">50K" **0.73 times** as often as men (0.70 to 0.76)``."""
        rate, turned = self.metric.rates[0], isinstance(self.metric, Difference) and found.value < 0
        ends = (-found.value, -found.high, -found.low) if turned else (found.value, found.low, found.high)
        amount, _, interval = self.amount(*ends).partition(" (")
        than = "more often than" if turned else self.than
        less, more = self.group(found.less), rate.other.format(who=self.group(found.more))
        verb = rate.people_verb or f"it {rate.verb}"
        more = more.removeprefix("for ") if rate.people_verb else more
        text = f"{verb.format(yes=self.yes, who=less)} {amount} {than} {more}"
        return text + (f" ({interval}" if interval else "")


def sentence(
    view: View, *, metric: str, labels: tuple[str, str], nouns: Mapping[str, str], domain_word: str, controlled: bool
) -> str:
    """The sentence beside the dial (Markdown): groups, favourable label and n are named.

    Parameters
    ----------
    labels : (str, str)
        Unfavourable and favourable label.
    nouns : mapping
        Words for groups.
    controlled : bool
        Whether a price is set.
    """
    head, before = view.head, view.head_before
    now, before_control = who_gets_less(view.now, metric), who_gets_less(view.before, metric)
    what, counts, yes = between(metric), view.now.counts, labels[1]
    if what.other:
        counts, yes = counts.other_reading(), labels[0]
    story = Story(what, plain(f'"{yes}"'), nouns)
    n, article = f"{int(counts.table.sum()):,}", "an" if domain_word[0] in "aeiou" else "a"
    many = len(counts.domains)
    who = f"Tested on {n} people of {article} {plain(domain_word)} the model never saw"
    if many > 1:
        who += f", {many} held out in turn and each counting the same"
    text = f"{who}: right for **{_per_thousand(head['accuracy'])} of 1,000** "
    text += f"({_per_thousand(head['accuracy_low'])} to {_per_thousand(head['accuracy_high'])}). "
    if math.isnan(head["fairness"]):
        return text + "Fairness cannot be judged here: too few people of a group, or nobody gets the favourable answer."
    amount = story.amount(head["fairness"], head["fairness_low"], head["fairness_high"])
    text += story.comparison(view.now.groups, now, amount) + "."
    text += _small(counts, view, story, int(head["n_domains"]))
    if many > 1:
        together = story.amount(head["pooled_fairness"]).replace("**", "")
        text += f" All {n} together: {_per_thousand(head['pooled_accuracy'])} of 1,000, {together}."
    if not controlled:  # about as long as what stands here otherwise, so that nothing moves
        return text + " Fair control is off: this is the starting point."
    if not math.isnan(before["fairness"]):
        text += f" Without fair control: {_per_thousand(before['accuracy'])} of 1,000, "
        text += story.amount(before["fairness"]).replace("**", "")
        turned = len(before_control) == 1 and set(before_control) != set(now)
        text += f", and it was {story.group(next(iter(before_control)))} who got less." if turned else "."
    return text


def _small(counts: Counts, view: View, story: Story, n_domains: int) -> str:
    """What to know where groups are small: domains left out, and on how few people the figure rests."""
    text = ""
    if n_domains < len(counts.domains):
        text += f" The fairness figure runs over {n_domains} of {len(counts.domains)} domains; the rest are too small."
    if story.metric.rate is not true_positive_rate:
        return text
    few = [
        f"{n} {story.group(group)} in {plain(domain)}"
        for domain, table in zip(counts.domains, counts.table, strict=True)
        for group, n in zip(counts.groups, table[:, 1].sum(-1), strict=True)
        if 10 <= n < FEW
    ]
    if few:
        text += f" It rests on only {join(few)} with that label"
        floors = [row["R_EOp_floor"][0] for row in view.domains]
        text += f"; a perfectly equal model would show about {floors[0]:.2f}." if len(floors) == 1 else "."
    return text


def span(value: tuple[float, float, float], *, percent: bool = False) -> str:
    """``0.70 (0.63–0.77)``; empty for not estimable."""
    middle, low, high = value
    if math.isnan(middle):
        return ""
    if math.isnan(low):
        return f"{middle:.2f} (no interval)"
    if percent:
        digits = 0 if high - low > 0.02 else 1  # the value lies between its ends as they are written
        return f"{100 * middle:.1f} % ({100 * low:.{digits}f}–{100 * high:.{digits}f})"
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def join(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
