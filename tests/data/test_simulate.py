"""The hiring story: posteriors and the best possible rule, against draws and closed forms."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from fairviz.data import load_dataset
from fairviz.data.simulate import DEGREES, Hiring
from fairviz.errors import SettingError

REGIONS = ("East", "North", "South", "West")
MODELS = [Hiring(), Hiring(bias=2.5, proxy=2.0, shift=1.5), Hiring(bias=0.0, proxy=0.5, shift=0.0)]


def draw(model, region, n, seed):
    frame = model.sample_domain(region, n, np.random.default_rng(seed))
    return frame, (frame["outcome"] == "hired").to_numpy(), (frame["group"] == "women").to_numpy()


def calibrated(p, outcome, strata):
    """Empirical frequency against mean probability in bins of p within strata: z scores of every bin."""
    bins = pd.DataFrame({"p": p, "o": outcome, "s": strata, "b": (p * 12).astype(int)})
    z = []
    for _, part in bins.groupby(["s", "b"]):
        if len(part) >= 200:
            spread = np.sqrt((part["p"] * (1 - part["p"])).sum())
            z.append((part["o"].sum() - part["p"].sum()) / spread)
    return np.array(z)


@pytest.mark.parametrize("model", MODELS, ids=["default", "strong", "fair"])
@pytest.mark.parametrize("region", ["East", "West"])
def test_posteriors_are_calibrated(model, region):
    frame, hired, woman = draw(model, region, 200_000, 11)
    p_y, p_w, p_w1 = model.posterior(frame, region)
    strata = frame["sector"].astype(str) + frame["degree"].astype(str)
    for p, outcome, rows in ((p_y, hired, ...), (p_w, woman, ...), (p_w1, woman, hired)):
        z = calibrated(p[rows], outcome[rows], strata[rows] if rows is not ... else strata)
        assert len(z) > 10
        assert np.abs(z).max() < 4.5
        assert 0.5 < np.sqrt((z**2).mean()) < 1.5


@pytest.mark.parametrize("model", MODELS, ids=["default", "strong", "fair"])
def test_posteriors_are_sharp_along_experience(model):
    """Calibration alone would pass a constant; bins of a feature would not."""
    frame, hired, woman = draw(model, "North", 200_000, 5)
    p_y, p_w, _ = model.posterior(frame, "North")
    strata = np.digitize(frame["experience"], np.linspace(-2.5, 2.5, 11)) * 100 + np.digitize(
        frame["skill"], [-1, 0, 1]
    )
    for p, outcome in ((p_y, hired), (p_w, woman)):
        z = pd.Series(outcome - p).groupby(strata).agg(["sum", "size"])
        spread = pd.Series(p * (1 - p)).groupby(strata).sum() ** 0.5
        assert (z["sum"] / spread)[z["size"] > 200].abs().max() < 4.5


def test_without_bias_the_label_ignores_the_group():
    model = Hiring(bias=0.0)
    frame, *_ = draw(model, "South", 3000, 1)
    p_y, p_w, p_w1 = model.posterior(frame, "South")
    degree = frame["degree"].astype(str).map(dict(zip(DEGREES, (-0.5, 0.0, 0.6), strict=True))).to_numpy(float)
    by_hand = expit(-0.3 + 1.3 * frame["skill"] + frame["experience"] + degree)
    np.testing.assert_allclose(p_y, by_hand, rtol=1e-12)
    np.testing.assert_allclose(p_w1, p_w, rtol=1e-12)


def test_without_proxy_only_experience_tells_the_group():
    """Two normals, one apart by the lag: the log-odds are linear in experience with slope -lag."""
    model = Hiring(proxy=0.0, shift=0.0)
    frame, *_ = draw(model, "North", 3000, 1)
    p_w = model.posterior(frame, "North")[1]
    experience = frame["experience"].to_numpy()
    by_hand = np.log(0.45 / 0.55) - 0.6 * experience - 0.6**2 / 2
    np.testing.assert_allclose(np.log(p_w / (1 - p_w)), by_hand, rtol=1e-9, atol=1e-9)


def test_total_probability_by_quadrature():
    """E[p(woman|x)] over a draw is the share of women; the draw's share of hired is a double integral."""
    model, n = Hiring(), 200_000
    frame, hired, woman = draw(model, "North", n, 3)
    share = 0.45
    assert abs(woman.mean() - share) < 4 * np.sqrt(share * (1 - share) / n)
    assert abs(model.posterior(frame, "North")[1].mean() - share) < 4 * np.sqrt(share * (1 - share) / n)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    exact = 0.0
    for z, p_z in ((0, 1 - share), (1, share)):
        for effect, p_degree in zip((-0.5, 0.0, 0.6), (0.35, 0.40, 0.25), strict=True):
            # 1.3 skill + experience is normal with variance 1.3^2 + 1
            logit = -0.3 + effect - z - 0.6 * z + np.sqrt(1.3**2 + 1) * nodes
            exact += p_z * p_degree * (weights * expit(logit)).sum()
    assert abs(hired.mean() - exact) < 4 * np.sqrt(exact * (1 - exact) / n)


# the frontier

LAMBDAS = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.4])


def rate(yes, rows):
    return yes[rows].mean()


@pytest.mark.parametrize("model", MODELS, ids=["default", "strong", "fair"])
def test_frontier_at_price_zero_is_the_bayes_rule(model):
    """Against a fresh draw with labels and groups as drawn, thresholding p(y|x) at 1/2."""
    frame, hired, woman = draw(model, "East", 200_000, 77)
    yes = model.posterior(frame, "East")[0] > 0.5
    row = model.bayes_frontier("East", np.array([0.0]), n=200_000, seed=4).iloc[0]

    def close(value, drawn):
        assert abs(value - drawn.mean()) < 4.5 * np.sqrt(2 * drawn.var() / len(drawn))

    close(row["accuracy"], yes == hired)
    close(row["rate_men"], yes[~woman])
    close(row["rate_women"], yes[woman])
    close(row["tpr_men"], yes[~woman & hired])
    close(row["tpr_women"], yes[woman & hired])


@pytest.mark.parametrize("control", ["dp", "eop"])
@pytest.mark.parametrize("model", MODELS[:2], ids=["default", "strong"])
def test_no_rule_of_a_random_family_beats_the_frontier(model, control):
    """Rules of x alone, judged on drawn labels and groups, at accuracy - lambda |rate of men - rate of women|."""
    n = 60_000
    frame, hired, woman = draw(model, "North", n, 21)
    frontier = model.bayes_frontier("North", LAMBDAS, control=control, n=200_000, seed=1)
    kind = "rate" if control == "dp" else "tpr"
    best = frontier["accuracy"] - LAMBDAS * (frontier[f"{kind}_men"] - frontier[f"{kind}_women"]).abs()
    among = np.ones(n, bool) if control == "dp" else hired
    p_y, p_w, p_w1 = model.posterior(frame, "North")
    rng = np.random.default_rng(9)
    sector = pd.get_dummies(frame["sector"]).to_numpy(float)
    x = np.column_stack([frame["skill"], frame["experience"], sector])
    scores = []
    for _ in range(150):
        c = rng.uniform(-1, 1, 3)
        scores.append(p_y - 0.5 - 0.3 * c[0] + 0.6 * c[1] * (p_w - 0.5) + 0.3 * c[2] * (p_w1 - 0.5))
        scores.append(x @ (np.array([1.3, 1, 0, 0, 0, 0]) + rng.normal(0, 0.7, 6)) - rng.normal(0.3, 0.5))
    reached = np.full(len(LAMBDAS), -np.inf)
    for score in scores:
        yes = score > 0
        gap = abs(rate(yes, among & ~woman) - rate(yes, among & woman))
        reached = np.maximum(reached, (yes == hired).mean() - LAMBDAS * gap)
    noise = 5 * (np.sqrt(0.25 / n) + LAMBDAS * np.sqrt(0.25 / (among & woman).sum() * 2))
    assert (reached < best + noise).all()
    assert (reached > best - 0.05).all()  # the family comes near, so the bound is a real one


@pytest.mark.parametrize("control", ["dp", "eop"])
def test_each_price_has_the_best_of_the_frontiers_rules(control):
    """On one draw, the rule of lambda is the best of all the frontier's rules at lambda."""
    kind = "rate" if control == "dp" else "tpr"
    frontier = Hiring(bias=2.0).bayes_frontier("South", LAMBDAS, control=control, n=100_000)
    gap = (frontier[f"{kind}_men"] - frontier[f"{kind}_women"]).abs().to_numpy()
    value = frontier["accuracy"].to_numpy()[None, :] - LAMBDAS[:, None] * gap[None, :]
    assert (np.diag(value) >= value.max(1) - 1e-12).all()


@pytest.mark.parametrize("control", ["dp", "eop"])
@pytest.mark.parametrize("region", REGIONS)
def test_gap_falls_to_equality_and_stays_there(region, control):
    """Whichever group is ahead at first; accuracy falls with the gap, and no price pays for the reverse."""
    ratio, kind = ("R_DP", "rate") if control == "dp" else ("R_EOp", "tpr")
    frontier = Hiring().bayes_frontier(region, np.linspace(0, 0.6, 31), control=control, n=100_000)
    signed = (frontier[f"{kind}_men"] - frontier[f"{kind}_women"]).to_numpy()
    gap = signed * np.sign(signed[0])
    assert gap[0] > 0.015
    assert (gap >= -1e-9).all()
    assert gap[-1] < 1e-9
    assert (np.diff(gap) <= 1e-9).all()
    assert (np.diff(frontier["accuracy"]) <= 1e-9).all()
    men, women = frontier[f"{kind}_men"], frontier[f"{kind}_women"]
    np.testing.assert_allclose(frontier[ratio], np.minimum(men / women, women / men), rtol=1e-12)


def test_in_three_regions_the_group_with_fewer_favourable_labels_is_found_more_often():
    """The story holds the case that a sign from base rates gets wrong."""
    rows = {d: Hiring().bayes_frontier(d, [0.0], control="eop", n=100_000).iloc[0] for d in REGIONS}
    assert [d for d in REGIONS if rows[d]["tpr_women"] < rows[d]["tpr_men"]] != list(REGIONS)
    assert all(rows[d]["rate_women"] < rows[d]["rate_men"] for d in REGIONS)


# the data set


def test_a_seed_gives_the_same_rows_and_another_seed_others():
    a, b = load_dataset("simulated", n=400), load_dataset("simulated", n=400)
    assert a.fingerprint() == b.fingerprint()
    assert load_dataset("simulated", n=400, seed=1).fingerprint() != a.fingerprint()


def test_rows_and_roles():
    data = load_dataset("simulated", n=401)
    assert len(data) == 401
    assert data.domains == REGIONS
    assert np.bincount(data.d).tolist() in ([101, 100, 100, 100], [100, 101, 100, 100])
    assert data.groups == ("men", "women")
    assert data.labels == ("not hired", "hired")


@pytest.mark.parametrize("knob", ["bias", "proxy", "shift"])
@pytest.mark.parametrize("value", [-0.1, 4.1, np.nan, np.inf])
def test_knobs_outside_their_range(knob, value):
    with pytest.raises(SettingError, match=f"simulated: {knob} is .*choose a number from 0"):
        load_dataset("simulated", **{knob: value})


@pytest.mark.parametrize("n", [0, 199, 10**9])
def test_number_of_rows_outside_its_range(n):
    with pytest.raises(SettingError, match="choose 200 to 2,000,000"):
        load_dataset("simulated", n=n)
