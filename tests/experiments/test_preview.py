"""The preview against the same rows tested the long way."""

import copy
import dataclasses
import functools

import numpy as np
import pytest

from fairviz.data import load_dataset
from fairviz.data.dataset import DomainDataset
from fairviz.errors import SettingError
from fairviz.evaluation import CLASSIFIERS, evaluate
from fairviz.evaluation.goal import Goal, solve_price
from fairviz.evaluation.metrics import METRICS
from fairviz.experiments.preview import VALIDATION_ROWS, Preview
from fairviz.synthesizers import FADM
from fairviz.synthesizers.pool import Pool, effective_sample_size
from tests.synthesizers import known
from tests.synthesizers.discrete import SMALL


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
def test_a_control_that_moves_no_rule_is_a_weighted_training(classifier: str) -> None:
    """Against the pool's weights given to the ordinary test; and the number of rows they are worth."""
    fit, source, target = simulated()
    setting = {"control": "entropy", "lambda_z": 3.0}
    pool = Pool.draw(fit, 1200, random_state=2)
    weights = pool.weights(**setting)
    view = Preview(fit, source, target, n=1200, seed=2)
    found, size = view.test(classifier, **setting)
    assert view._plain == {}  # nothing else is trained
    assert (
        found.table.tolist()
        == evaluate(pool.rows, target, classifier=classifier, seed=2, weights=weights).table.tolist()
    )
    assert size == pytest.approx(effective_sample_size(weights))
    assert 100 < size < 1199


@pytest.mark.parametrize("setting", [
    {"lambda_z": 0.1}, {"lambda_z": 0.25}, {"lambda_z": 0.1, "lambda_y": 2.0},
    {"control": "eop", "lambda_z": 0.2}, {"control": "dp_eop", "lambda_z": 0.1, "lambda_eop": 0.1},
], ids=str)  # fmt: skip
def test_a_price_moves_the_rule_to_what_weighted_rows_say(setting: dict) -> None:
    """In a world of six cells boosting learns each cell's vote, so the answer is the weighted vote of the pool."""
    _, _, target = world()
    pool = preview().pool
    weights = pool.weights(**setting)
    cells = known.cells(pool.rows)
    yes, all_rows = (np.bincount(cells, weights=w, minlength=6) for w in (weights * pool.y, weights))
    share = yes / all_rows
    clear = np.abs(share - 0.5) > 0.02
    assert clear.sum() >= 5
    found, size = preview().test("gradient_boosting", **setting)
    there = known.cells(target.frame)
    wanted = (share > 0.5)[there]
    at = clear[there]
    assert size == pytest.approx(effective_sample_size(weights))
    missed = np.bincount(there[~at], minlength=6).sum()
    for k in range(len(target.groups)):
        for label in (0, 1):
            people = (target.z == k) & (target.y == label)
            assert abs(found.table[0, k, label, 1] - wanted[people].sum()) <= missed


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_a_moved_rule_is_about_what_a_weighted_training_learns(classifier: str) -> None:
    """Beside the training that it stands for, on people never seen; noise alone moves a rate by a few points."""
    fit, source, target = simulated()
    view = Preview(fit, source, target, n=4000, seed=2)
    for price in (0.02, 0.05):
        found, _ = view.test(classifier, lambda_z=price)
        wanted = evaluate(
            view.pool.rows, target, classifier=classifier, seed=2, weights=view.pool.weights(lambda_z=price)
        )
        rates = [table.table[0, :, :, 1].sum(1) / table.table[0].sum((1, 2)) for table in (found, wanted)]
        assert np.abs(rates[0] - rates[1]).max() < 0.06


def test_the_log_odds_of_a_label_are_those_of_its_weights() -> None:
    """By hand: a tilt is a factor of each label; lambda_y a power of p(y|x), scaled within each label of the pool."""
    fit, _, _ = world()
    pool = preview().pool
    answers = fit.answers(pool.rows[["a", "b"]])
    own = answers.p_y[np.arange(len(pool)), pool.y]
    np.testing.assert_array_equal(own, pool.p_y)
    by_label = [
        dataclasses.replace(pool, y=np.full(len(pool), label)).weights(lambda_z=0.2) for label in (0, 1)
    ]  # fmt: skip
    np.testing.assert_allclose(pool.log_odds(answers, lambda_z=0.2), np.log(by_label[1] / by_label[0]), atol=1e-9)
    power = answers.p_y.astype(float) ** 1.5
    scale = [1 / power[pool.y == label, label].mean() for label in (0, 1)]
    wanted = np.log(power[:, 1] * scale[1]) - np.log(power[:, 0] * scale[0])
    np.testing.assert_allclose(pool.log_odds(answers, lambda_y=2.5), wanted, atol=1e-6)


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
    setting = {"control": "entropy", "lambda_z": 2.0}
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
