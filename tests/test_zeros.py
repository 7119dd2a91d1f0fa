"""Structural zeros by hand, and rows that are drawn without them."""

import numpy as np
import pandas as pd
import pytest

from fairviz.data import Schema
from fairviz.data.dataset import DomainDataset
from fairviz.errors import StoreError
from fairviz.synthesizers import FADM
from fairviz.zeros import Zeros


def frame(*parts: tuple[int, str, str, float]) -> pd.DataFrame:
    """So many rows of each kind: times, a, b, number."""
    rows = [row for times, *row in parts for _ in range(times)]
    return pd.DataFrame(rows, columns=["a", "b", "x"])


def told(zeros: Zeros) -> set[tuple[str, object, str, object]]:
    return {
        (one, [*zeros.values[one], "rest"][i], other, [*zeros.values[other], "rest"][j])
        for one, i, other, j in zeros.pairs
    }


def test_pairs_by_hand() -> None:
    """Of 200 rows 100 are a0, 40 are b1: chance makes 20 of both, there is none. Of a2 and b1 chance makes 4."""
    rows = frame((80, "a0", "b0", 1.0), (20, "a0", "b2", 1.0), (40, "a1", "b1", 1.0), (40, "a1", "b0", 1.0),
                 (20, "a2", "b0", 1.0))  # fmt: skip
    zeros = Zeros.learn(rows)
    assert told(zeros) == {("a", "a0", "b", "b1")}
    asked = frame((1, "a0", "b1", 1.0), (1, "a2", "b1", 1.0), (1, "a1", "b1", 9.0), (1, "new", "b1", 1.0))
    assert zeros.violated(asked).tolist() == [True, False, False, False]


def test_nineteen_expected_are_not_enough() -> None:
    rows = frame((95, "a0", "b0", 1.0), (40, "a1", "b1", 1.0), (65, "a1", "b0", 1.0))
    assert told(Zeros.learn(rows)) == set()  # 95 * 40 / 200 = 19
    rows = frame((100, "a0", "b0", 1.0), (40, "a1", "b1", 1.0), (60, "a1", "b0", 1.0))
    assert told(Zeros.learn(rows)) == {("a", "a0", "b", "b1")}  # 20


def test_of_a_number_only_common_values_are_told_apart() -> None:
    """Gain and loss: 0 is a value, everything else is one more, and both others never come together."""
    rng = np.random.default_rng(0)
    gain, loss = np.zeros(1000), np.zeros(1000)
    gain[:200], loss[200:400] = rng.uniform(1, 9, 200), rng.uniform(1, 9, 200)
    zeros = Zeros.learn(pd.DataFrame({"gain": gain, "loss": loss}))
    assert zeros.values == {"gain": [0.0], "loss": [0.0]}
    assert told(zeros) == {("gain", "rest", "loss", "rest")}
    asked = pd.DataFrame({"gain": [0.0, 3.0, 3.0, 700.0], "loss": [0.0, 0.0, 2.0, 1.0]})
    assert zeros.violated(asked).tolist() == [False, False, True, True]


def test_missing_numbers_are_a_value_like_the_rest() -> None:
    rows = pd.DataFrame({"a": ["u"] * 100 + ["v"] * 100, "x": [np.nan] * 100 + [1.0] * 100})
    zeros = Zeros.learn(rows)
    assert told(zeros) == {("a", "u", "x", 1.0), ("a", "v", "x", "rest")}
    assert zeros.violated(pd.DataFrame({"a": ["u", "v"], "x": [np.nan, np.nan]})).tolist() == [False, True]


def test_they_come_back_from_json() -> None:
    rows = frame((100, "a0", "b0", 1.0), (40, "a1", "b1", 2.0), (60, "a1", "b0", 3.0))
    zeros = Zeros.learn(rows)
    assert Zeros.from_json(zeros.to_json(), ["a", "b", "x"]) == zeros


@pytest.mark.parametrize(
    "state",
    [
        None, [], {}, {"values": {}, "pairs": []}, {"values": {"a": ["u"]}, "pairs": []},
        {"values": {"a": ["u", "u"], "b": []}, "pairs": []}, {"values": {"a": ["u", 1.0], "b": []}, "pairs": []},
        {"values": {"a": [float("nan")], "b": []}, "pairs": []}, {"values": {"a": ["u"], "b": ["v"]}, "pairs": [[]]},
        {"values": {"a": ["u"], "b": ["v"]}, "pairs": [["a", 0, "b", 2]]},
        {"values": {"a": ["u"], "b": ["v"]}, "pairs": [["a", -1, "b", 0]]},
        {"values": {"a": ["u"], "b": ["v"]}, "pairs": [["a", 0, "a", 0]]},
        {"values": {"a": ["u"], "b": ["v"]}, "pairs": [["a", 0, "c", 0]]},
        {"values": {"a": ["u"], "b": ["v"]}, "pairs": [["a", True, "b", 0]]},
    ],
)  # fmt: skip
def test_damaged_ones_are_refused(state: object) -> None:
    with pytest.raises(StoreError, match="structural zeros are damaged"):
        Zeros.from_json(state, ["a", "b"])


@pytest.fixture(scope="module")
def married() -> DomainDataset:
    """Husbands and wives are married, others are not; a net trained briefly confuses them."""
    rng = np.random.default_rng(1)
    kin = rng.choice(["husband", "wife", "child", "alone"], 3000, p=[0.3, 0.2, 0.2, 0.3])
    state = np.where(np.isin(kin, ["husband", "wife"]), "married", rng.choice(["single", "divorced"], 3000))
    rows = pd.DataFrame({"kin": kin, "state": state, "age": rng.integers(20, 60, 3000)})
    rows["y"], rows["z"] = rng.choice(["no", "yes"], 3000), rng.choice(["m", "f"], 3000)
    rows["d"] = rng.choice(["d1", "d2"], 3000)
    return DomainDataset.from_frame("married", rows, Schema(("kin", "state", "age"), "y", "yes", "z", "d"))


SMALL = {"n_iter": 150, "hidden": 32, "depth": 1, "classifier_hidden": 16, "classifier_depth": 1, "meta": "none"}


def impossible(rows: pd.DataFrame) -> pd.Series:
    return rows["kin"].isin(["husband", "wife"]) != (rows["state"] == "married")


def test_rows_that_cannot_be_are_drawn_anew(married: DomainDataset) -> None:
    free = FADM(**SMALL).fit(married)
    kept = FADM(structural_zeros=True, **SMALL).fit(married)
    one, other = (fit.sample(3000, random_state=2, n_steps=10) for fit in (free, kept))
    bad = impossible(one)
    assert bad.mean() > 0.02
    assert impossible(other).mean() < 0.1 * bad.mean()
    pd.testing.assert_frame_equal(one[~bad], other[~bad])  # the same noise: nobody else moves
    assert (one["y"] == other["y"]).all()  # nor any label
    assert other.dtypes.equals(one.dtypes)
    pd.testing.assert_frame_equal(other[:1300], kept.sample(1300, random_state=2, n_steps=10))


def test_a_fit_keeps_its_name_where_it_has_none(married: DomainDataset) -> None:
    """Earlier versions had no such hyper-parameter: their fits are those with the default."""
    assert "structural_zeros" not in FADM(**SMALL).get_params()
    assert FADM(structural_zeros=True).get_params()["structural_zeros"] is True
    kept = FADM(structural_zeros=True, **SMALL).fit(married)
    meta, arrays = kept.state()
    again = FADM.from_state(meta, arrays)
    pd.testing.assert_frame_equal(again.sample(500, random_state=1), kept.sample(500, random_state=1))
    with pytest.raises(StoreError, match="structural zeros do not go with"):
        FADM.from_state({k: v for k, v in meta.items() if k != "zeros"}, arrays)


def test_rare_texts_have_nothing_to_do_with_each_other() -> None:
    """Each of 400 texts once: together they are 400 rows, and never one value."""
    rows = pd.DataFrame({"id": [f"p{k}" for k in range(400)] + ["many"] * 400, "a": ["u"] * 400 + ["v"] * 400})
    zeros = Zeros.learn(rows)
    assert zeros.values["id"] == ["many"]
    assert told(zeros) == {("id", "many", "a", "u")}
    assert not zeros.violated(pd.DataFrame({"id": ["p1", "new"], "a": ["v", "v"]})).any()
    alone = Zeros.learn(rows[:400])
    assert told(alone) == set()
    assert not alone.violated(rows).any()
