"""The preview against the same rows tested the long way, and prices found for goals whose answer is known."""

import copy
import functools
from collections.abc import Callable

import numpy as np
import pytest

from fairviz.data import load_dataset
from fairviz.data.dataset import DomainDataset
from fairviz.errors import SettingError
from fairviz.evaluation import CLASSIFIERS, Counts, evaluate
from fairviz.evaluation.metrics import METRICS
from fairviz.preview import VALIDATION_ROWS, Goal, Preview, Solved, solve_price
from fairviz.synthesizers import FADM
from fairviz.synthesizers.pool import Pool, effective_sample_size
from tests.synthesizers import test_preview as known
from tests.synthesizers.test_fadm import SMALL

# --- the price that reaches a goal ------------------------------------------------------------------------------------

N = 1_000_000


def counts(ratio: float = 1.0, accuracy: float = 0.8, ratio_eop: float = 1.0, name: str = "d", n: int = N) -> Counts:
    """One domain, two groups of ``n`` rows, half of them favourable, with these metrics to six digits or so."""
    table = np.zeros((1, 2, 2, 2), np.int64)
    for k, (rate, tpr) in enumerate(((0.4 * ratio, 0.5 * ratio_eop), (0.4, 0.5))):
        yes = round(n * rate)
        true_yes = round(0.5 * n * tpr)
        table[0, k, 1] = n // 2 - true_yes, true_yes
        table[0, k, 0] = n // 2 - (yes - true_yes), yes - true_yes
    if ratio_eop == 1.0 and ratio == 1.0:  # predictions independent of the group: set how many are right
        right = round(n * accuracy / 2)
        table[0, :, 1] = n // 2 - right, right
        table[0, :, 0] = right, n // 2 - right
    return Counts((name,), ("g0", "g1"), table)


class Asked:
    """A function of the price that remembers what it was asked."""

    def __init__(self, made: Callable[[float], Counts]) -> None:
        self.made, self.prices = made, []

    def __call__(self, price: float) -> Counts:
        self.prices.append(price)
        return self.made(price)


def ratio_of(function: Callable[[float], float]) -> Asked:
    return Asked(lambda price: counts(ratio=function(price)))


def loses(function: Callable[[float], float]) -> Asked:
    return Asked(lambda price: counts(accuracy=0.9 - function(price)))


NOBODY = Counts(("d",), ("g0", "g1"), np.array([[[[500, 0], [500, 0]], [[500, 0], [500, 0]]]]))


def test_the_made_up_counts_are_what_they_say() -> None:
    assert METRICS["R_DP"](counts(ratio=0.7).table.sum(0)) == pytest.approx(0.7, abs=1e-5)
    assert METRICS["R_EOp"](counts(ratio_eop=0.6).table.sum(0)) == pytest.approx(0.6, abs=1e-5)
    assert METRICS["accuracy"](counts(accuracy=0.83).table.sum(0)) == pytest.approx(0.83, abs=1e-5)


@pytest.mark.parametrize("goal", [0.52, 0.6, 0.713, 0.8, 0.95])
def test_lowest_price_that_reaches_a_ratio(goal: float) -> None:
    """R_DP = 0.5 + price: crossed at goal - 0.5, found from above within top / 80."""
    at = ratio_of(lambda price: 0.5 + price)
    found = solve_price(at, Goal("R_DP", goal), 0.5)
    assert goal - 0.5 - 1e-5 <= found.price <= goal - 0.5 + 0.5 / 80 + 1e-5
    assert found.reached == pytest.approx(0.5 + found.price, abs=1e-5)
    assert found.met
    assert len(at.prices) == len(set(at.prices)) <= 10
    assert max(at.prices) <= 0.5


def test_opportunity_is_another_ratio() -> None:
    at = Asked(lambda price: counts(ratio=0.9, ratio_eop=0.4 + 5 * price))
    found = solve_price(at, Goal("R_EOp", 0.75), 0.12)
    assert 0.07 - 1e-5 <= found.price <= 0.07 + 0.12 / 80 + 1e-5
    assert found.reached == pytest.approx(0.4 + 5 * found.price, abs=1e-4)
    assert found.met


@pytest.mark.parametrize("goal", [0.001, 0.01, 0.025, 0.04])
def test_highest_price_that_keeps_accuracy(goal: float) -> None:
    """A tenth of the price is lost: crossed at 10 goal, found from below within top / 80."""
    at = loses(lambda price: 0.1 * price)
    found = solve_price(at, Goal("accuracy", goal), 0.5)
    assert 10 * goal - 0.5 / 80 - 1e-4 <= found.price <= 10 * goal + 1e-4
    assert found.reached == pytest.approx(0.1 * found.price, abs=1e-5)
    assert found.reached <= goal
    assert found.met
    assert len(at.prices) <= 11


def test_accuracy_is_lost_against_price_zero_not_against_one() -> None:
    at = Asked(lambda price: counts(accuracy=0.55 - 0.1 * price))
    assert solve_price(at, Goal("accuracy", 0.02), 0.5).price == pytest.approx(0.2, abs=0.5 / 80 + 1e-4)


def test_steps_and_halvings() -> None:
    at = ratio_of(lambda price: 0.5 + price)
    found = solve_price(at, Goal("R_DP", 0.777), 0.4, coarse=2, halvings=6)
    assert 0 <= found.price - 0.277 <= 0.4 / 2 / 64 + 1e-5
    assert len(at.prices) <= 3 + 6
    coarse = solve_price(ratio_of(lambda price: 0.5 + price), Goal("R_DP", 0.777), 0.4, coarse=4, halvings=0)
    assert coarse.price == pytest.approx(0.3)


@pytest.mark.parametrize("kind", ["R_DP", "R_EOp"])
def test_a_goal_met_without_a_price(kind: str) -> None:
    at = Asked(lambda price: counts(ratio=0.9 + 0.1 * price, ratio_eop=0.9 + 0.1 * price))
    found = solve_price(at, Goal(kind, 0.85), 1.0)
    assert (found.price, found.met) == (0.0, True)
    assert found.reached == pytest.approx(0.9, abs=1e-5)
    assert at.prices == [0.0]


def test_a_goal_of_nothing_lost() -> None:
    """Nothing is lost up to 0.3."""
    found = solve_price(loses(lambda price: max(0.0, 0.1 * (price - 0.3))), Goal("accuracy", 0.0), 1.0)
    assert 0.3 - 1 / 80 <= found.price <= 0.3 + 1e-9
    assert found.met
    assert found.reached == 0.0


def test_accuracy_lost_from_the_first_step_on() -> None:
    found = solve_price(loses(lambda price: 0.1 if price > 0 else 0.0), Goal("accuracy", 0.05), 1.0)
    assert found == Solved(0.0, 0.0, True)


def test_accuracy_never_lost_takes_the_highest_price() -> None:
    found = solve_price(loses(lambda price: 0.01 * price), Goal("accuracy", 0.05), 0.7)
    assert (found.price, found.met) == (0.7, True)
    assert found.reached == pytest.approx(0.007, abs=1e-5)


def test_a_ratio_out_of_reach_comes_closest() -> None:
    """Best of those tried, whatever side it is on; the lowest price of several that are as good."""
    hill = solve_price(ratio_of(lambda price: 0.8 - (price - 0.4) ** 2), Goal("R_DP", 0.9), 1.0)
    assert hill.price == pytest.approx(0.4)
    assert hill.reached == pytest.approx(0.8, abs=1e-5)
    assert not hill.met
    rising = solve_price(ratio_of(lambda price: 0.5 + 0.1 * price), Goal("R_DP", 0.9), 1.0)
    assert (rising.price, rising.met) == (1.0, False)
    flat = solve_price(ratio_of(lambda price: 0.6 if price < 0.29 else 0.7), Goal("R_DP", 0.9), 1.0)
    assert (flat.price, flat.met) == (pytest.approx(0.3), False)


@pytest.mark.parametrize("peak", [0.07, 0.27, 0.33, 0.52, 0.94])
def test_a_peak_is_not_jumped_over(peak: float) -> None:
    """The goal is met on a twentieth of the dial only, wherever that lies between the steps of the first walk."""
    at = ratio_of(lambda price: 0.96 if peak - 0.025 <= price <= peak + 0.025 else 0.6 + 0.1 * price)
    found = solve_price(at, Goal("R_DP", 0.95), 1.0)
    assert found.met
    assert peak - 0.025 <= found.price <= peak + 0.025


def test_a_slope_that_leads_to_a_peak_is_followed() -> None:
    """A cusp a hundredth wide, with a rise on both sides that a walk can see."""
    at = ratio_of(lambda price: 0.96 - 3 * abs(price - 0.463))
    found = solve_price(at, Goal("R_DP", 0.93), 1.0)
    assert found.met
    assert found.price == pytest.approx(0.463, abs=0.011)


def test_the_first_crossing_counts() -> None:
    """Over the goal between 0.3 and 0.5 and again from 0.7 on."""
    at = ratio_of(lambda price: 0.9 if 0.3 <= price <= 0.5 or price >= 0.7 else 0.6)
    found = solve_price(at, Goal("R_DP", 0.8), 1.0)
    assert 0.3 <= found.price <= 0.3 + 1 / 80 + 1e-9
    assert found.met
    kept = solve_price(loses(lambda price: 0.1 if 0.3 < price < 0.5 else 0.0), Goal("accuracy", 0.05), 1.0)
    assert 0.3 - 1 / 80 <= kept.price <= 0.3 + 1e-9
    assert kept.met


def test_not_estimable_is_not_reached() -> None:
    """Where nobody is told yes there is no ratio."""
    some = Asked(lambda price: NOBODY if price > 0.5 else counts(ratio=0.5 + 0.2 * price))
    found = solve_price(some, Goal("R_DP", 0.9), 1.0)
    assert (found.price, found.met) == (pytest.approx(0.5), False)
    never = solve_price(lambda price: NOBODY, Goal("R_DP", 0.0), 1.0)
    assert (never.price, never.met) == (0.0, False)
    assert np.isnan(never.reached)


def test_domains_count_as_one_population() -> None:
    """A small domain far from the goal does not hold up a large one."""

    def at(price: float) -> Counts:
        return Counts.concat([counts(ratio=0.5 + price), counts(ratio=0.1, name="small", n=1000)])

    found = solve_price(at, Goal("R_DP", 0.8), 0.5)
    assert found.price == pytest.approx(0.3, abs=0.5 / 80 + 2e-3)
    assert found.met


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("R_dp", 0.8, "No goal 'R_dp'. Choose one of 'R_DP', 'R_EOp', 'accuracy'"),
        ("R_DP", -0.1, "The goal is -0.1; choose a number from 0 to 1"),
        ("R_EOp", 1.2, "The goal is 1.2"),
        ("accuracy", float("nan"), "The goal is nan"),
        ("accuracy", float("inf"), "The goal is inf"),
    ],
)
def test_goals_that_are_none(kind: str, value: float, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Goal(kind, value)


def test_goals_at_the_ends() -> None:
    assert [Goal(kind, value).value for kind in ("R_DP", "R_EOp", "accuracy") for value in (0, 1)] == [0, 1] * 3


# --- the preview ------------------------------------------------------------------------------------------------------


@functools.cache
def simulated() -> tuple[FADM, DomainDataset, DomainDataset]:
    """Numbers and categories, a fit that has learnt a little, source and target."""
    source, target = load_dataset("simulated", n=1500).leave_out("West")
    return FADM(n_iter=150, meta="none", **SMALL).fit(source), source, target


@functools.cache
def world() -> tuple[FADM, DomainDataset, DomainDataset]:
    """A fit that has learnt the world whose joint is known."""
    source, target = known.world(domains=("d1", "d2", "d3")).leave_out("d3")
    fit = copy.copy(known.fitted())
    fit.dual_ = known.Against((-1.0, 1.0))  # a price goes as far as it says: what it does is tested here
    return fit, source, target


def flipped(target: DomainDataset) -> DomainDataset:
    """The same people, every label turned round."""
    frame = target.frame.copy()
    frame["y"] = np.where(frame["y"] == "yes", "no", "yes")
    return DomainDataset("flipped", frame.astype({"y": "category"}), target.schema, target.groups)


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
@pytest.mark.parametrize("seed", [0, 5])
def test_price_zero_is_the_sampled_result(classifier: str, seed: int) -> None:
    """Same seed, same classifier, count for count."""
    fit, source, target = simulated()
    found, size = Preview(fit, source, target, n=1200, seed=seed).test(classifier)
    wanted = evaluate(fit.sample(1200, random_state=seed), target, classifier=classifier, seed=seed)
    assert found.table.tolist() == wanted.table.tolist()
    assert (found.domains, found.groups) == (("West",), target.groups)
    assert size == pytest.approx(1200)


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_a_price_is_a_weighted_fit(classifier: str) -> None:
    """Against the pool's weights given to the ordinary test; and the number of rows they are worth."""
    fit, source, target = simulated()
    setting = {"control": "dp", "lambda_z": 0.3}
    pool = Pool.draw(fit, 1200, random_state=2)
    weights = pool.weights(**setting)
    found, size = Preview(fit, source, target, n=1200, seed=2).test(classifier, **setting)
    assert (
        found.table.tolist()
        == evaluate(pool.rows, target, classifier=classifier, seed=2, weights=weights).table.tolist()
    )
    assert size == pytest.approx(effective_sample_size(weights))
    assert 100 < size < 1199


@functools.cache
def preview() -> Preview:
    fit, source, target = world()
    return Preview(fit, source, target, n=4000)


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_a_price_changes_the_rule_as_it_should(classifier: str) -> None:
    """At 0.25 the tilted joint says yes to (a0, b0) and no to (a1, b2), the other way round than at 0."""
    share = {price: joint[..., 1] / joint.sum(2) for price, joint in ((p, known.tilted(p, 0.0)) for p in (0.0, 0.25))}
    assert share[0.0][0, 0] < 0.45 < 0.55 < share[0.25][0, 0]
    assert share[0.25][1, 2] < 0.45 < 0.55 < share[0.0][1, 2]
    if classifier == "logistic_regression":
        share = {price: _additive(known.tilted(price, 0.0)) for price in share}  # it has no interaction of a and b
    _, _, target = world()
    x = preview()._codes(target.features)
    for price, wanted in share.items():
        model, _ = preview().model(classifier, lambda_z=price)
        predicted = np.bincount(known.cells(target.frame), weights=model.predict(x), minlength=6)
        rule = predicted.reshape(2, 3) > 0
        clear = np.abs(wanted - 0.5) > 0.05
        assert (rule == (wanted > 0.5))[clear].all()
        assert clear.sum() >= 4


def _additive(joint: np.ndarray) -> np.ndarray:
    """p(y=1 | a, b) of the logistic model without interaction that fits a joint best, by Newton's method."""
    a, b = np.indices((2, 3)).reshape(2, -1)
    design = np.stack([np.ones(6), a, b == 1, b == 2], 1).astype(float)
    mass, yes = joint.sum(2).ravel(), joint[..., 1].ravel()
    beta = np.zeros(4)
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ beta))
        beta += np.linalg.solve(design.T @ (design * (mass * p * (1 - p))[:, None]), design.T @ (yes - mass * p))
    return (1 / (1 + np.exp(-design @ beta))).reshape(2, 3)


def test_a_price_lowers_the_gap_on_people_never_seen() -> None:
    tables = [preview().test("gradient_boosting", lambda_z=price)[0].table for price in (0.0, 0.25)]
    plain, priced = (float(METRICS["R_DP"](table.sum(0))) for table in tables)
    assert priced > plain + 0.1


def test_validation_rows_are_the_sources() -> None:
    """All of a small domain, tested as any target is; a domain each."""
    fit, source, _ = simulated()
    setting = {"control": "eop", "lambda_z": 0.05}
    found = Preview(fit, source, simulated()[2], n=1200, seed=1).validate("logistic_regression", **setting)
    pool = Pool.draw(fit, 1200, random_state=1)
    wanted = evaluate(pool.rows, source, classifier="logistic_regression", seed=1, weights=pool.weights(**setting))
    assert found.domains == source.domains == ("East", "North", "South")
    assert found.table.tolist() == wanted.table.tolist()


def test_no_domain_has_more_validation_rows_than_another_large_one() -> None:
    rng = np.random.default_rng(0)
    fit, _, target = world()
    large = known.world(9000)
    keep = np.where(large.d == 2, rng.random(len(large)) < 0.1, True)
    source = large.take(keep)
    rows = np.bincount(source.d)
    assert rows.max() > VALIDATION_ROWS > rows.min()
    view = Preview(fit, source, target, n=500)
    found = view.validate("logistic_regression")
    assert found.table.sum((1, 2, 3)).tolist() == np.minimum(rows, VALIDATION_ROWS).tolist()
    assert view.validate("logistic_regression").table.tolist() == found.table.tolist()
    # drawn at random from the domain, so with its share of labels and groups
    for m in (0, 1):
        share = found.table[m].sum(2) / VALIDATION_ROWS
        assert np.abs(share - known.JOINT.sum((0, 1)).T).max() < 0.04


def test_a_price_is_chosen_without_the_target() -> None:
    """With every label of the target turned round, the test differs and the price does not."""
    fit, source, target = world()
    goals = (Goal("R_DP", 0.6), Goal("accuracy", 0.02))
    found = []
    for held_out in (target, flipped(target)):
        view = Preview(fit, source, held_out, n=2000)
        prices = [
            solve_price(lambda p, view=view: view.validate("gradient_boosting", lambda_z=p), goal, 0.35)
            for goal in goals
        ]
        found.append((prices, view.test("gradient_boosting")[0].table.tolist()))
    assert found[0][0] == found[1][0]
    assert found[0][1] != found[1][1]
    assert all(0 < solved.price < 0.35 and solved.met for solved in found[0][0])


def test_a_solved_price_holds_on_the_source() -> None:
    """The goal is met at the price that was found, and not a step before."""
    at = functools.partial(preview().validate, "gradient_boosting", control="dp")
    solved = solve_price(lambda price: at(lambda_z=price), Goal("R_DP", 0.8), 0.35)
    assert solved.met
    assert float(METRICS["R_DP"](at(lambda_z=solved.price).table.sum(0))) == solved.reached >= 0.8
    assert float(METRICS["R_DP"](at(lambda_z=solved.price - 0.35 / 80).table.sum(0))) < 0.8


def test_bad_settings_of_a_preview() -> None:
    with pytest.raises(SettingError, match="No classifier 'forest'"):
        preview().test("forest")
    with pytest.raises(SettingError, match="lambda_z is -1"):
        preview().validate("mlp", lambda_z=-1.0)
