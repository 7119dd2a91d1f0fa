"""The lesson's numbers, against the shipped table read by hand, and its right answers against them."""

from __future__ import annotations

import itertools
import json
import re
from math import comb

import numpy as np
import pandas as pd
import pytest

from fairviz.data.sets import DATASETS
from fairviz.data.sources import fingerprint_of
from fairviz.experiments.recorded import sweep_of
from fairviz.store.library import Library
from fairviz.telling.glossary import glossary
from fairviz.telling.lesson import Recorded, Step, lesson, nearest
from tests.charts.drawing import check, drawn


@pytest.fixture(scope="module")
def shipped() -> tuple[pd.DataFrame, dict]:
    entry = Library().recorded(fingerprint_of("adult"))
    assert entry is not None
    return entry.table("trials.csv"), entry.json("facts.json")


@pytest.fixture(scope="module")
def steps(shipped) -> dict[str, Step]:
    trials, facts = shipped
    ours, published = (sweep_of(trials, facts["groups"], labels, whole=True) for labels in ("boosted", "network"))
    assert ours is not None
    assert published is not None
    return {step.key: step for step in lesson(Recorded(ours, published, facts, DATASETS["adult"].nouns))}


def rows(trials: pd.DataFrame, labels: str, **wanted) -> pd.DataFrame:
    """Boosting's rows of a setting, straight from the table."""
    told = trials["setting"].map(json.loads)
    keep = (trials["classifier"] == "gradient_boosting") & told.map(lambda s: s.get("labels", "network") == labels)
    keep &= trials["method"].isin(["fadm", "fadm_preview"])
    for name, value in {"lambda_y": 1.0, **wanted}.items():
        default = {"control": "dp", "lambda_z": 0.0, "lambda_y": 1.0}[name]
        keep &= told.map(lambda s, name=name, value=value, default=default: s.get(name, default) == value)
    return trials[keep]


def cells(part: pd.DataFrame) -> np.ndarray:
    """Means over seeds, (domains, groups, label, told)."""
    names = [f"n_{k}_{y}_{p}" for k in (0, 1) for y in (0, 1) for p in (0, 1)]
    return part.groupby("target")[names].mean().to_numpy().reshape(-1, 2, 2, 2)


def numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"\d+\.\d+|\d+", text)]


def test_seven_steps_each_with_one_right_guess(steps) -> None:
    assert list(steps) == ["gap", "price", "unseen", "small", "parting", "trivial", "published"]
    for step in steps.values():
        assert 0 <= step.right < len(step.options) == len(set(step.options))
        assert len(step.text.split()) <= 60


def test_the_gap(steps, shipped) -> None:
    table = cells(rows(shipped[0], "boosted", control="dp", lambda_z=0.0)).sum(0)
    rate = table[:, :, 1].sum(1) / table.sum((1, 2))
    assert f"**{rate.min() / rate.max():.2f} times** as often" in steps["gap"].answer
    drawn = steps["gap"].charts()[0][1].to_dict()["datasets"]["known"]
    assert [row["now"] for row in drawn] == pytest.approx(100 * rate, abs=0.05)
    wanted = [1, 0.75, 0.5, 0.25]
    assert steps["gap"].right == int(np.abs(np.array(wanted) - rate.min() / rate.max()).argmin())


def test_the_price(steps, shipped) -> None:
    right = []
    for price in (0.0, 0.2):
        table = cells(rows(shipped[0], "boosted", control="dp", lambda_z=price)).sum(0)
        right.append((table[:, 0, 0] + table[:, 1, 1]).sum() / table.sum())
    more = round(1000 * (right[0] - right[1]))
    assert f"**{more} more people in 1,000**" in steps["price"].answer
    assert steps["price"].right == nearest(more, (1, 10, 50, 100))


def test_chance_alone(steps, shipped) -> None:
    """The median of the smaller over the larger share of two groups with one chance, from both binomials."""
    table = cells(rows(shipped[0], "boosted", control="dp", lambda_z=0.0))
    domains = sorted(shipped[1]["domains"])
    truly = table[:, :, 1].sum(-1)
    place = domains.index("Other")
    assert truly.min() == truly[place].min() == 11
    n, m = (int(k) for k in truly[place])
    p = table[place, :, 1, 1].sum() / truly[place].sum()

    def chance(k: int, of: int) -> float:
        return comb(of, k) * p**k * (1 - p) ** (of - k)

    ratios = sorted(
        (min(a / n, b / m) / max(a / n, b / m) if a or b else 1.0, chance(a, n) * chance(b, m))
        for a, b in itertools.product(range(n + 1), range(m + 1))
    )
    below, median = 0.0, 1.0
    for ratio, weight in ratios:
        below += weight
        if below >= 0.5:
            median = ratio
            break
    told = numbers(steps["small"].answer)[0]
    assert told == pytest.approx(median, abs=0.03)  # drawn 2,000 times
    assert "11 women of Other" in steps["small"].text


def test_the_trivial_answer(steps, shipped) -> None:
    trials = shipped[0]
    table = cells(trials[trials["method"] == "constant"])
    right = ((table[..., 0, 0] + table[..., 1, 1]).sum(1) / table.sum((1, 2, 3))).mean()
    assert f"**{1000 * right:.0f} of 1,000**" in steps["trivial"].answer
    assert steps["trivial"].right == nearest(1000 * right, (500, 650, 800))


def ratio(part: pd.DataFrame) -> float:
    table = cells(part)
    rate = table[..., 1].sum(-1) / table.sum((-2, -1))
    return float((rate.min(1) / rate.max(1)).mean())


def test_the_published_control(steps, shipped) -> None:
    trials = shipped[0]
    top = max(json.loads(s).get("lambda_z", 0) for s in trials["setting"] if json.loads(s).get("control") == "entropy")
    rise = ratio(rows(trials, "network", control="entropy", lambda_z=top)) - ratio(
        rows(trials, "network", control="dp", lambda_z=0.0)
    )
    ours = [ratio(rows(trials, "boosted", control="dp", lambda_z=p)) for p in (0.0, 0.1, 0.2, 0.25)]
    told = numbers(steps["published"].answer)
    assert told[0] >= rise - 0.006  # at its best point
    assert told[2] >= max(ours) - ours[0] - 0.006
    assert told[1] > told[3]  # and costs more
    assert steps["published"].right == 2


def test_two_fairnesses(steps, shipped) -> None:
    def found(price: float) -> float:
        table = cells(rows(shipped[0], "boosted", control="dp", lambda_z=price))
        rate = table[:, :, 1, 1] / table[:, :, 1].sum(-1)
        return float((rate.min(1) / rate.max(1)).mean())

    at = numbers(steps["parting"].question)[0]
    told = numbers(steps["parting"].answer)
    start, peak, where, end = told[:4]
    assert (start, end) == pytest.approx((found(0.0), found(at)), abs=0.006)
    assert peak == pytest.approx(found(where), abs=0.006)
    assert peak > max(start, end)
    assert steps["parting"].right == 1
    parity = [ratio(rows(shipped[0], "boosted", control="dp", lambda_z=p)) for p in (0.0, at)]
    assert told[4:6] == pytest.approx(parity, abs=0.006)
    tables = [cells(rows(shipped[0], "boosted", control="dp", lambda_z=p)).sum(0)[:, 1] for p in (0.0, at)]
    shares = [100 * table[:, 1] / table.sum(1) for table in tables]
    wanted = [number for k in (0, 1) for number in (100, round(shares[0][k]), round(shares[1][k]))]
    assert told[6:12] == wanted


@pytest.mark.parametrize("width", [358, 560])
def test_every_chart_as_drawn(steps, width: int) -> None:
    for step in steps.values():
        for _, chart in step.charts():
            check(drawn(chart, width))


def test_every_word_is_explained_once() -> None:
    words = glossary()
    assert len({word.lower() for word in words}) == len(words)
    for word, meaning in words.items():
        assert meaning.endswith(".")
        assert not meaning.lower().startswith(word.lower() + " is")
