"""Posteriors of sources with few rows and rare groups: a sentence or a right number, never a lost training."""

import warnings

import numpy as np
import pandas as pd
import pytest

from fairviz.data import Schema
from fairviz.data.dataset import DomainDataset
from fairviz.errors import SettingError
from fairviz.posteriors import estimate

SCHEMA = Schema(("x", "c"), "label", "yes", "group", "place")


def people(n: int = 900, seed: int = 0, groups: tuple[str, ...] = ("a", "b")) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = rng.choice(groups, n)
    x = rng.normal(size=n) + (group == groups[0])
    return pd.DataFrame(
        {
            "x": x, "c": np.where(rng.random(n) < 0.3 + 0.4 * (group == groups[0]), "u", "v"),
            "label": np.where(x + rng.normal(size=n) > 0.5, "yes", "no"), "group": group,
            "place": rng.choice(["p", "q"], n),
        }
    )  # fmt: skip


def dataset(frame: pd.DataFrame) -> DomainDataset:
    return DomainDataset.from_frame("made", frame.reset_index(drop=True), SCHEMA)


def few(frame: pd.DataFrame, n: int, **where: str) -> pd.DataFrame:
    """All but ``n`` of the rows that are so are left out."""
    hit = np.logical_and.reduce([frame[column] == value for column, value in where.items()])
    return pd.concat([frame[~hit], frame[hit].head(n)])


def test_a_group_that_is_only_in_the_held_out_domain_changes_nothing() -> None:
    """Its code lies between those of the others, so the source's labels 0 and 2 skip one."""
    plain = people()
    with_other = pd.concat([plain, plain[plain["place"] == "q"].head(40).assign(group="aa", place="r")])
    source = dataset(with_other).leave_out("r")[0]
    assert source.groups == ("a", "aa", "b")
    dual = estimate(source)
    assert dual.why_not == {}
    alone = estimate(dataset(plain))
    assert dual.multiplier(0.05).dp[[0, 2]] == pytest.approx(alone.multiplier(0.05).dp, abs=1e-12)
    assert dual.equality("dp") == pytest.approx(alone.equality("dp"), abs=1e-12)


@pytest.mark.parametrize(("n", "said"), [(1, "only 1 are of group 'b'"), (9, "only 9 are of group 'b'"), (10, "")])
def test_a_group_of_a_few_people_has_no_price(n: int, said: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nor does a library's warning reach the person
        dual = estimate(dataset(few(people(), n, group="b")))
    if not said:
        assert "few" not in dual.why_not.get("dp", "")
        return
    with pytest.raises(SettingError, match=said):
        dual.multiplier(0.1)


@pytest.mark.parametrize("n", [1, 2, 9])
def test_a_group_with_a_few_favourable_labels_has_no_price_of_opportunity(n: int) -> None:
    dual = estimate(dataset(few(people(), n, group="b", label="yes")))
    with pytest.raises(SettingError, match=f"only {n} in group 'b' have the label 'yes', too few"):
        dual.multiplier(0.0, 0.1)
    assert dual.multiplier(0.05).dp.any()


def test_a_rare_group_is_not_lost_when_rows_are_drawn() -> None:
    """Twelve of 4,000: a draw of 600 would hold one or two, or none; then all rows are asked."""
    frame = few(people(4000, groups=("a", "b", "c")), 12, group="c")
    source = dataset(frame)
    drawn, whole = estimate(source, max_rows=600), estimate(source)
    assert len(drawn.eta) == len(whole.eta) == len(frame)
    assert drawn.multiplier(0.1).dp == pytest.approx(whole.multiplier(0.1).dp)
    assert len(estimate(dataset(people(4000)), max_rows=600).eta) == 600
