"""Small tables of counts whose every metric is worked by hand."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd

from fairviz.experiments.methods import line_named
from fairviz.experiments.results import Results
from fairviz.experiments.trial import Trial
from fairviz.store.trials import Row

GROUPS = ("women", "men")
#: Truly no and truly yes per group. Black: 200 people; Other: 100.
PEOPLE = {"Black": ((60, 40), (50, 50)), "Other": ((40, 10), (30, 20))}
#: The family of the dial that bounds the others.
BEST = "Fair Bayes rule, estimated on the target"
DP0, DP2 = {}, {"control": "dp", "lambda_z": 0.2}


def row(method, setting, target, seed, women, men, classifier="gradient_boosting", people=None) -> dict:
    """A trial's row from (wrongly yes, rightly yes) of women and men."""
    table = [
        [[no - wrong, wrong], [yes - right, right]]
        for (no, yes), (wrong, right) in zip(people or PEOPLE[target], (women, men), strict=True)
    ]
    return Row("", asdict(Trial.of(method, setting, target, classifier, seed)), np.array(table)).flat()


def both_seeds(method, setting, black, other, **more) -> list[dict]:
    rows = []
    for seed in (0, 1):
        rows += [
            row(method, setting, "Black", seed, *black, **more),
            row(method, setting, "Other", seed, *other, **more),
        ]
    return rows


#: Accuracy and R_DP of every part:
#:   unmitigated Black 158/200, 30 % : 50 % (seed 0), 154/200, 26 % : 50 % (seed 1); Other 80/100, 20 % : 40 %
#:   FADM, 0     Black 152/200, 20 % : 50 %;  Other 81/100, 10 % : 40 %
#:   FADM, 0.2   Black 146/200, 36 % : 40 %;  Other 72/100, 20 % : 24 %
#:   reweighing  Black 147/200, 36 % : 45 %;  Other as unmitigated
#:   bound, 0    Black 172/200, 30 % : 60 %;  Other 89/100, 20 % : 50 %
#:   bound, 0.2  Black 158/200, 36 % : 40 %;  Other 87/100, 30 % : 40 %
#:   constant    Black 110/200; Other 70/100; nobody is told yes
PLAIN = [
    row("unmitigated", {}, "Black", 0, (6, 24), (10, 40)),
    row("unmitigated", {}, "Black", 1, (6, 20), (10, 40)),
    row("unmitigated", {}, "Other", 0, (4, 6), (6, 14)),
    row("unmitigated", {}, "Other", 1, (4, 6), (6, 14)),
]
FADM = [
    *both_seeds("fadm", DP2, ((12, 24), (8, 32)), ((6, 4), (4, 8))),
    *both_seeds("fadm", DP0, ((4, 16), (10, 40)), ((2, 3), (5, 15))),
]
REWEIGHING = both_seeds("reweighing", {"share": 1.0}, ((12, 24), (10, 35)), ((4, 6), (6, 14)))
FAIR_BAYES = [
    *both_seeds("fair_bayes", {}, ((4, 26), (10, 50)), ((2, 8), (6, 19))),
    *both_seeds("fair_bayes", {"multiplier_dp": 0.2}, ((8, 28), (6, 34)), ((6, 9), (3, 17))),
]
NOBODY = both_seeds("constant", {}, ((0, 0), (0, 0)), ((0, 0), (0, 0)))
ALL = [*FAIR_BAYES, *REWEIGHING, *FADM, *NOBODY, *PLAIN]
NAMES = ("fadm_dp", "unmitigated", "reweighing", "constant", "fair_bayes")


def dials(*names: str) -> tuple[dict, ...]:
    """What a published table says of them."""
    return tuple(line_named(name).about("full") for name in names)


def results(rows=ALL, names=NAMES) -> Results:
    return Results(pd.DataFrame(rows), GROUPS, dials(*names))


def points(rows=ALL, names=NAMES) -> pd.DataFrame:
    """By dial, and price where it has one."""
    frame = results(rows, names).points()
    keys = []
    for dial, text in frame[["dial", "setting"]].to_numpy():
        setting = json.loads(text)
        price = setting.get("lambda_z", setting.get("multiplier_dp", 0))
        keys.append(f"{dial} {price:g}" if dial in ("fadm_dp", "fadm_entropy", "fair_bayes") else dial)
    return frame.set_index(pd.Index(keys))
