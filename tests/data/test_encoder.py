"""Frame <-> matrix: what goes in comes out, and scores are normal scores."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fairviz.data import DomainDataset, Schema, TableEncoder
from fairviz.errors import DataError


def mixed(n=300, seed=3):
    rng = np.random.default_rng(seed)
    gain = np.where(rng.random(n) < 0.8, 0, rng.integers(100, 90_000, n))
    gain[:20] = 15_024
    height = np.round(rng.normal(170, 9, n), 1)
    height[rng.random(n) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "job": pd.Categorical(rng.choice(["cook", "clerk", "?", "a, b", "(missing)"], n)),
            "age": rng.integers(17, 91, n),
            "price": np.round(rng.lognormal(3, 1, n), 2),
            "gain": gain,
            "height": height,
            "flag": rng.integers(0, 2, n),
            "constant": 7,
            "word": "same",
        }
    )


def values(frame):
    """Plain cells, so that only contents are compared."""
    return {name: [None if x != x else x for x in frame[name].tolist()] for name in frame}


def test_round_trip_is_exact():
    frame = mixed()
    encoder = TableEncoder().fit(frame)
    matrix = encoder.transform(frame)
    assert matrix.dtype == np.float32
    assert matrix.shape == (300, encoder.width_)
    assert np.isfinite(matrix).all()
    assert values(encoder.inverse_transform(matrix)) == values(frame)


@pytest.mark.parametrize("row", [0, 25, 299])
def test_round_trip_of_one_row(row):
    frame = mixed()
    encoder = TableEncoder().fit(frame)
    one = frame.iloc[[row]]
    matrix = encoder.transform(one)
    np.testing.assert_array_equal(matrix[0], encoder.transform(frame)[row])
    assert values(encoder.inverse_transform(matrix)) == values(one)


def test_integers_come_back_as_integers():
    back = TableEncoder().fit(mixed())
    frame = back.inverse_transform(np.random.default_rng(0).normal(size=(500, back.width_)).astype(np.float32))
    for name in ("age", "gain", "flag", "constant"):
        assert pd.api.types.is_integer_dtype(frame[name]), name
    np.testing.assert_array_equal(frame["price"], np.round(frame["price"], 2))


@pytest.mark.parametrize("scale", [1e-5, 1e-3, 1.0, 1e6])
def test_round_trip_keeps_small_and_large_numbers(scale):
    """Rounding to the decimals seen must not swallow a column of small numbers."""
    x = scale * np.linspace(1, 9, 60)
    frame = pd.DataFrame({"x": x})
    encoder = TableEncoder().fit(frame)
    np.testing.assert_allclose(encoder.inverse_transform(encoder.transform(frame))["x"], x, rtol=1e-3)


def test_small_numbers_beside_a_huge_one_keep_their_decimals():
    frame = pd.DataFrame({"x": [1e12, *np.linspace(0.001, 0.95, 950).round(3)]})
    encoder = TableEncoder().fit(frame)
    back = encoder.inverse_transform(encoder.transform(frame))["x"]
    assert (back.to_numpy()[1:] > 0).all()
    np.testing.assert_allclose(back[1:], frame["x"][1:], atol=0.01)


def test_noise_decodes_to_values_of_the_training_rows():
    frame = mixed()
    encoder = TableEncoder().fit(frame)
    back = encoder.inverse_transform(np.random.default_rng(1).normal(size=(2000, encoder.width_)).astype(np.float32))
    for name in ("job", "flag", "constant", "word"):
        assert set(back[name].tolist()) <= set(frame[name].tolist())
    for name in ("age", "price", "gain", "height"):
        assert back[name].min() >= frame[name].min()
        assert back[name].max() <= frame[name].max()


def test_spans_tile_the_width():
    encoder = TableEncoder().fit(mixed())
    assert encoder.spans_[0].start == 0
    assert encoder.spans_[-1].stop == encoder.width_
    for left, right in zip(encoder.spans_, encoder.spans_[1:], strict=False):
        assert left.stop == right.start
    widths = {(s.feature, s.kind): s.stop - s.start for s in encoder.spans_}
    # gain: 0, 15024, none of them; height: missing, or not
    assert widths == {
        ("job", "category"): 5,
        ("age", "number"): 1,
        ("price", "number"): 1,
        ("gain", "category"): 3,
        ("gain", "number"): 1,
        ("height", "category"): 2,
        ("height", "number"): 1,
        ("flag", "category"): 2,
    }


def test_blocks_are_one_hot_by_hand():
    frame = pd.DataFrame({"job": ["b", "a", "b", "c"], "flag": [1, 0, 1, 1]})
    matrix = TableEncoder().fit(frame).transform(frame)
    np.testing.assert_array_equal(matrix, [[0, 1, 0, 0, 1], [1, 0, 0, 1, 0], [0, 1, 0, 0, 1], [0, 0, 1, 0, 1]])


def test_unseen_category_is_a_block_of_zeros():
    encoder = TableEncoder().fit(pd.DataFrame({"job": ["a", "b", "a"], "flag": [0, 1, 1]}))
    matrix = encoder.transform(pd.DataFrame({"job": ["z", "b"], "flag": [1, 5]}))
    np.testing.assert_array_equal(matrix, [[0, 0, 0, 1], [0, 1, 0, 0]])


def test_missing_where_none_was_seen_is_finite():
    encoder = TableEncoder().fit(pd.DataFrame({"x": np.arange(50.0)}))
    np.testing.assert_array_equal(encoder.transform(pd.DataFrame({"x": [np.nan]})), [[0.0]])


def test_values_beyond_the_training_range_take_the_end_scores():
    encoder = TableEncoder().fit(pd.DataFrame({"x": np.arange(50.0)}))
    low, first, last, high = encoder.transform(pd.DataFrame({"x": [-99.0, 0.0, 49.0, 1e9]}))[:, 0]
    assert low == first
    assert high == last
    assert first == -last == pytest.approx(stats.norm.ppf(0.01), abs=2e-3)


def test_fit_on_source_only():
    """A category that only the target has gets no column."""
    frame = pd.DataFrame(
        {
            "job": ["a", "b"] * 10 + ["z"] * 10,
            "paid": ["yes", "no"] * 15,
            "sex": ["f", "f", "m"] * 10,
            "town": ["X"] * 20 + ["Y"] * 10,
        }
    )
    source, target = DomainDataset.from_frame("t", frame, Schema(("job",), "paid", "yes", "sex", "town")).leave_out("Y")
    encoder = TableEncoder().fit(source.features)
    assert encoder.width_ == 2
    np.testing.assert_array_equal(encoder.transform(target.features), np.zeros((10, 2)))


def test_scores_of_tied_values_are_normal_scores_of_mid_ranks():
    """40 values, 10 rows each: the k-th has the mid-rank probability (k + 1/2) / 40."""
    frame = pd.DataFrame({"x": np.repeat(np.arange(40) ** 2, 10)})
    score = TableEncoder().fit(frame).transform(frame)[::10, 0]
    np.testing.assert_allclose(score, stats.norm.ppf((np.arange(40) + 0.5) / 40), atol=1e-3)


def test_scores_of_a_lognormal_column_are_standard_normal():
    x = np.random.default_rng(5).lognormal(0, 1, 20_000)
    frame = pd.DataFrame({"x": x})
    score = TableEncoder().fit(frame).transform(frame)[:, 0].astype(float)
    exact = stats.norm.ppf((stats.rankdata(x) - 0.5) / len(x)).clip(-3, 3)
    inner = np.abs(exact) < 2
    np.testing.assert_allclose(score[inner], exact[inner], atol=0.01)
    np.testing.assert_allclose(score, exact, atol=0.2)  # the outermost quarter per cent shares a few knots
    assert stats.kstest(score, "norm").statistic < 0.003
    # the population's own quantile map is log x; Kolmogorov's 0.1 % point bounds the sample's distance from it
    assert np.abs(stats.norm.cdf(score) - stats.norm.cdf(np.log(x))).max() < 1.95 / np.sqrt(len(x)) + 0.003


def test_normal_scores_decode_to_the_training_distribution():
    rng = np.random.default_rng(8)
    weight = np.linspace(0.5, 1.5, 80)
    frame = pd.DataFrame({"k": rng.choice(80, 4000, p=weight / weight.sum()), "x": rng.lognormal(0, 1, 4000)})
    encoder = TableEncoder().fit(frame)
    assert [span.kind for span in encoder.spans_] == ["number", "number"]
    back = encoder.inverse_transform(rng.normal(size=(40_000, 2)).astype(np.float32))
    share = np.bincount(frame["k"], minlength=80) / 4000
    assert stats.chisquare(np.bincount(back["k"], minlength=80), share * 40_000).pvalue > 1e-3
    assert stats.kstest(back["x"], frame["x"]).statistic < 1.95 * np.sqrt(1 / 4000 + 1 / 40_000)


def test_many_values_come_back_within_a_quantile_step():
    x = np.random.default_rng(2).lognormal(0, 1, 5000)
    frame = pd.DataFrame({"x": x})
    encoder = TableEncoder().fit(frame)
    back = encoder.inverse_transform(encoder.transform(frame))["x"]
    rank = np.searchsorted(np.sort(x), x) / len(x)
    moved = np.abs(np.searchsorted(np.sort(x), back) / len(x) - rank)
    assert moved.max() < 1 / 400
    assert (np.diff(back[np.argsort(x)]) >= 0).all()


def test_an_atom_has_a_column_of_its_own():
    """capital-gain in small: 90 % zeros, the rest spread out."""
    x = np.r_[np.zeros(900), 1000 + 7 * np.arange(100)]
    frame = pd.DataFrame({"x": x})
    encoder = TableEncoder().fit(frame)
    matrix = encoder.transform(frame)
    assert matrix.shape[1] == 3
    np.testing.assert_array_equal(matrix[:900], np.tile([1, 0, 0], (900, 1)))
    np.testing.assert_array_equal(matrix[900:, :2], np.tile([0, 1], (100, 1)))
    np.testing.assert_allclose(matrix[900:, 2], stats.norm.ppf((np.arange(100) + 0.5) / 100), atol=1e-3)


def test_json_round_trip_is_identical():
    frame = mixed()
    encoder = TableEncoder().fit(frame)
    text = json.dumps(encoder.to_json(), allow_nan=False)
    again = TableEncoder.from_json(json.loads(text))
    assert json.dumps(again.to_json()) == text
    assert again.spans_ == encoder.spans_
    matrix = encoder.transform(frame)
    assert again.transform(frame).tobytes() == matrix.tobytes()
    noise = np.random.default_rng(0).normal(size=(200, encoder.width_)).astype(np.float32)
    pd.testing.assert_frame_equal(again.inverse_transform(noise), encoder.inverse_transform(noise))


def test_nothing_to_learn_from():
    with pytest.raises(DataError, match="no rows"):
        TableEncoder().fit(mixed().iloc[:0])
    with pytest.raises(DataError, match="constant"):
        TableEncoder().fit(pd.DataFrame({"a": [1, 1], "b": ["x", "x"]}))
    with pytest.raises(DataError, match="constant"):
        TableEncoder().fit(mixed().iloc[:1])


@pytest.mark.real
def test_adult_round_trip(adult):
    """Every category and atom exactly; ages within the step that 48,842 rows allow."""
    features = adult.features
    encoder = TableEncoder().fit(features)
    back = encoder.inverse_transform(encoder.transform(features))
    for name in features:
        if isinstance(features[name].dtype, pd.CategoricalDtype):
            assert (back[name].astype(str) == features[name].astype(str)).all()
    assert (back["capital-gain"] == features["capital-gain"])[features["capital-gain"] == 0].all()
    middle = features["age"].between(18, 79)  # the outermost 0.13 % share the end scores
    assert (back["age"] == features["age"])[middle].all()
