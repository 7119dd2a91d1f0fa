"""The first answer to a stranger's table: a fair control as weights on its own rows, before any generator is trained.

Two stages: few rows and a straight line, so that numbers are there within seconds; then all rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairviz.controls import CONTROLS
from fairviz.controls.base import Control
from fairviz.controls.dials import BOOSTED, SOLVERS_OF
from fairviz.data.dataset import DomainDataset
from fairviz.dual import GAPS
from fairviz.errors import SettingError
from fairviz.evaluation.classifiers import CLASSIFIERS
from fairviz.experiments.methods import POOLED
from fairviz.experiments.trial import Trial

#: The method, and source rows of the two stages. Of 2,500 rows four fifths are few enough for a straight line.
METHOD, FIRST_ROWS, ALL_ROWS = "tilted", 2_500, 50_000
#: Rows of a draft's pool, steps in which they are drawn, and stops of the dial that are tested: for a first look.
DRAFT_ROWS, DRAFT_STEPS, DRAFT_STOPS = 5_000, 10, 5
#: Domains held out where nobody has said which; the largest that can be judged.
MOST_HELD_OUT = 5


def ends_of(dataset: DomainDataset, target: str) -> dict[str, float | str]:
    """By gap: the price of equality on the rows without ``target``, or why it has no price there."""
    from fairviz.evaluation.protocol import drawn  # heavy, and the pages need the rest of this file only
    from fairviz.posteriors import estimate

    source = drawn(dataset.leave_out(target)[0], FIRST_ROWS, 0)
    dual = estimate(source, max_rows=len(source), seed=0)
    found: dict[str, float | str] = {}
    for gap in GAPS:
        try:
            found[gap] = float(dual.equality(gap))
        except SettingError as error:
            found[gap] = str(error)
    return found


@dataclass(frozen=True)
class Weighted:
    """Where dials stop on a person's own rows.

    Attributes
    ----------
    ends : mapping
        By gap, then by held-out domain: the price of equality, or why there is none.
    """

    ends: Mapping[str, Mapping[str, float | str]]

    def controls(self) -> list[str]:
        """Controls of a gap that has a price whichever domain is held out; if there is none, those without a gap."""
        known = [name for name, control in CONTROLS.items() if control.recorded and not self.why_not(name)]
        return [name for name in known if CONTROLS[name].gaps] or known

    def still_from(self, control: str) -> float | None:
        """None: where dials end is known."""
        return None

    def why_not(self, control: str) -> str:
        """Why a control has no price here; "" if it has one."""
        gaps = CONTROLS[control].gaps[:1]
        return next((end for gap in gaps for end in self.ends.get(gap, {}).values() if isinstance(end, str)), "")

    def prices(self, control: str) -> list[float]:
        """Stops of a control's dial."""
        return list(CONTROLS[control].stops(self._end(CONTROLS[control])))

    def classifiers(self) -> list[str]:
        """Every downstream model."""
        return list(CLASSIFIERS)

    def label_strengths(self) -> list[float]:
        """Labels of real rows are what they are."""
        return [1.0]

    def _end(self, control: Control) -> float:
        found = self.ends.get(control.gaps[0], {}).values() if control.gaps else ()
        return max((end for end in found if not isinstance(end, str)), default=0.0)


def trials(control: str, prices: Sequence[float], targets: Sequence[str], classifier: str, n: int) -> list[Trial]:
    """A dial on every held-out domain, domain by domain, and what it is compared with."""
    found = []
    for target in targets:
        found.append(Trial.of("constant", {}, target, classifier, 0, n=n))
        found.append(Trial.of("unmitigated", {}, target, classifier, 0, n=n))
        found += [
            Trial.of(METHOD, {"control": control, "lambda_z": price}, target, classifier, 0, n=n) for price in prices
        ]
    return found


def draft_trials(control: str, classifier: str, target: str, prices: Sequence[float]) -> list[Trial]:
    """A dial turned for weighted rows of a fit that is still trained: both ends of the stops, and some between."""
    how, last = {"n": DRAFT_ROWS, "n_steps": DRAFT_STEPS}, len(prices) - 1
    soft = {"control": control, "labels": BOOSTED, "solver": SOLVERS_OF[BOOSTED]}
    some = sorted({round(k * last / (DRAFT_STOPS - 1)) for k in range(DRAFT_STOPS)})
    return [Trial.of(POOLED["fadm"], {**soft, "lambda_z": prices[k]}, target, classifier, 0, **how) for k in some]
