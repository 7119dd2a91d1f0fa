"""FADM end to end on a small world whose answers are known."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch

from fairviz.controls import CONTROLS
from fairviz.data import Schema
from fairviz.data.dataset import DomainDataset
from fairviz.errors import DataError, SettingError, StoreError
from fairviz.posteriors import estimate
from fairviz.synthesizers import FADM
from fairviz.synthesizers.fadm_stored import with_last
from tests.diffusion import toy
from tests.synthesizers.discrete import CATEGORIES, SCHEMA, SMALL, world
from tests.synthesizers.known import Against


@pytest.fixture(scope="module")
def fit() -> FADM:
    return FADM(n_iter=1200, **SMALL).fit(world())


def table(frame: pd.DataFrame) -> np.ndarray:
    """P(x, y) of sampled rows, (4, 2)."""
    y = (frame["y"] == "yes").astype(int)
    return pd.crosstab(frame["x"], y).reindex(CATEGORIES, fill_value=0).to_numpy() / len(frame)


def test_untouched_rows_follow_the_data(fit: FADM) -> None:
    frame = fit.sample(8000, random_state=1)
    assert np.abs(table(frame) - toy.JOINT.sum(2)).max() < 0.025
    assert frame["noise"].mean() == pytest.approx(50, abs=0.8)
    assert frame["noise"].std() == pytest.approx(10, rel=0.1)
    assert (frame["noise"] == frame["noise"].round(1)).all()


@pytest.mark.parametrize(
    ("control", "prices", "dp", "eop"),
    [
        ("dp", {"lambda_z": 0.2}, 0.2, 0.0),
        ("eop", {"lambda_z": 0.25}, 0.0, 0.25),
        ("dp_eop", {"lambda_z": 0.2, "lambda_eop": 0.1}, 0.2, 0.1),
    ],
)
def test_tilted_rows_follow_the_closed_form(fit: FADM, control: str, prices: dict, dp: float, eop: float) -> None:
    """Joint distribution of category and label, tilted prior included; and it is not the untilted one.

    The multipliers are the prices here: how far a price goes is tested apart from what a tilt does.
    """
    fit = copy.copy(fit)
    fit.dual_ = Against((-1.0, 1.0))
    found = table(fit.sample(8000, control=control, random_state=1, **prices))
    assert np.abs(found - toy.tilted(dp, eop)).max() < 0.035
    assert np.abs(found - toy.tilted(dp, eop)).sum() < 0.45 * np.abs(toy.JOINT.sum(2) - toy.tilted(dp, eop)).sum()


def test_unconditional_network_with_label_guidance(fit: FADM) -> None:
    """The paper's form, score of p(x) plus classifier, gives p(x|y) too."""
    paper = FADM(n_iter=500, label_in_score=False, **SMALL).fit(world())
    assert np.abs(table(paper.sample(8000, random_state=1)) - toy.JOINT.sum(2)).max() < 0.035
    loose = table(paper.sample(8000, lambda_y=0.0, random_state=1))
    p_x = toy.JOINT.sum((1, 2))
    assert np.abs(loose[:, 1] / loose[:, 1].sum() - p_x).max() < 0.03  # without guidance the label says nothing


def test_lambda_y_sharpens(fit: FADM) -> None:
    """p(x|y) sharpened: the category that is most typical of a label becomes more frequent."""
    plain, sharp = (table(fit.sample(6000, lambda_y=v, random_state=1)) for v in (1.0, 3.0))
    typical = int((toy.P_X_GIVEN_Y[:, 0] / toy.P_X_GIVEN_Y[:, 1]).argmax())
    assert sharp[typical, 0] > plain[typical, 0] + 0.02


def test_entropy_draws_rows_whose_group_is_hard_to_guess(fit: FADM) -> None:
    entropy = -(toy.P_Z_GIVEN_X * np.log(toy.P_Z_GIVEN_X)).sum(1)
    plain, strong = (table(fit.sample(6000, control="entropy", lambda_z=v, random_state=1)).sum(1) for v in (0.0, 10.0))
    assert strong @ entropy > plain @ entropy + 0.01


@pytest.mark.parametrize("control", list(CONTROLS))
def test_price_zero_is_no_control_bit_for_bit(fit: FADM, control: str) -> None:
    plain = fit.sample(1500, random_state=3)
    pd.testing.assert_frame_equal(fit.sample(1500, control=control, lambda_z=0.0, random_state=3), plain)
    pd.testing.assert_frame_equal(fit.sample(1500, control=control, lambda_z=np.zeros(1500), random_state=3), plain)


def test_prices_per_row(fit: FADM) -> None:
    """In a batch of mixed prices every row is the row it would be alone."""
    prices = np.tile([0.0, 0.3], 500)
    mixed = fit.sample(1000, lambda_z=prices, random_state=3)
    for price, rows in ((0.0, slice(0, None, 2)), (0.3, slice(1, None, 2))):
        alone = fit.sample(1000, lambda_z=price, random_state=3)
        pd.testing.assert_frame_equal(mixed.iloc[rows], alone.iloc[rows])


def test_rows_do_not_depend_on_n(fit: FADM) -> None:
    pd.testing.assert_frame_equal(fit.sample(70, lambda_z=0.2), fit.sample(2300, lambda_z=0.2).iloc[:70])


def test_seeds(fit: FADM) -> None:
    pd.testing.assert_frame_equal(fit.sample(200, random_state=5), fit.sample(200, random_state=5))
    assert not fit.sample(200, random_state=5).equals(fit.sample(200, random_state=6))


def test_global_random_state_is_left_alone(fit: FADM) -> None:
    torch.manual_seed(0)
    wanted = torch.rand(3)
    torch.manual_seed(0)
    fit.sample(50)
    FADM(n_iter=2, **SMALL).fit(world(300))
    assert torch.equal(torch.rand(3), wanted)


def test_same_fit_twice_and_through_its_state() -> None:
    one, two = (FADM(n_iter=20, **SMALL).fit(world(600)) for _ in range(2))
    pd.testing.assert_frame_equal(one.sample(300, lambda_z=0.2), two.sample(300, lambda_z=0.2))
    back = FADM.from_state(*one.state())
    pd.testing.assert_frame_equal(one.sample(300, lambda_z=0.2), back.sample(300, lambda_z=0.2))
    assert back.get_params() == one.get_params()


def test_few_steps_agree_with_euler_maruyama(fit: FADM) -> None:
    few = table(fit.sample(4000, lambda_z=0.3, random_state=1))
    many = table(fit.sample(4000, lambda_z=0.3, solver="euler_maruyama", n_steps=200, random_state=2))
    assert np.abs(few - many).max() < 0.035


def test_one_source_domain_trains_plainly_and_says_so() -> None:
    data = world(600)
    source = data.take((data.frame["d"] == "d1").to_numpy())
    fit = FADM(n_iter=5, meta="second_order", **SMALL).fit(source)
    assert any("Only one source domain (d1)" in note for note in fit.notes_)


@pytest.mark.parametrize("meta", ["first_order", "prose", "none"])
def test_other_meta_modes_train(meta: str) -> None:
    steps = list(FADM(n_iter=60, meta=meta, **SMALL).fit_steps(world(1000)))
    assert steps[-1].step == steps[-1].n_steps == 60
    assert steps[-1].losses["sensitive"] < steps[0].losses["sensitive"] - 0.02
    assert set(steps[0].losses) == {"score", "label", "sensitive"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lambda_z": -0.1}, "lambda_z is -0.1"),
        ({"lambda_z": 1e308}, r"lambda_z is 1e\+308; choose a number from 0 to 10"),
        ({"lambda_z": 101.0, "control": "entropy"}, "lambda_z is 101; choose a number from 0 to 100"),
        ({"lambda_y": 1e38}, r"lambda_y is 1e\+38; choose a number from 0 to 10"),
        ({"lambda_z": float("nan")}, "lambda_z is nan"),
        ({"lambda_y": float("inf")}, "lambda_y is inf"),
        ({"lambda_z": np.zeros(3)}, "shape"),
        ({"n": 0}, "n is 0"),
        ({"n": 10**9}, "n is 1000000000"),
        ({"n_steps": 0}, "n_steps is 0"),
        ({"random_state": -1}, "random_state is -1"),
        ({"control": "fair"}, "No control 'fair'"),
        ({"solver": "heun"}, "No solver 'heun'"),
        ({"lambda_eop": 0.1}, "lambda_eop goes with"),
    ],
)
def test_bad_settings(fit: FADM, settings: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        fit.sample(**{"n": 10, **settings})


def test_bad_hyperparameters() -> None:
    for change, message in (
        ({"n_iter": 0}, "n_iter"),
        ({"meta": "third"}, "meta"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"hidden": 0}, "hidden"),
    ):
        with pytest.raises(SettingError, match=message):
            FADM(**{**SMALL, "n_iter": 2, **change}).fit(world(300))


@pytest.mark.parametrize(
    "settings",
    [
        {"lambda_z": 100.0, "control": "entropy"},
        {"lambda_y": 10.0},
        {"lambda_z": 10.0},
        {"lambda_z": 10.0, "control": "eop"},
    ],
)
def test_the_largest_settings_still_give_different_people(fit: FADM, settings: dict) -> None:
    frame = fit.sample(1000, **settings)
    assert len(frame.drop_duplicates()) > 100


def test_a_chunk_that_is_not_finite_is_refused(fit: FADM, monkeypatch) -> None:
    monkeypatch.setattr("fairviz.synthesizers.guided.solve", lambda *_, **__: iter([torch.full((1000, 5), torch.nan)]))
    with pytest.raises(DataError, match="left the finite numbers"):
        fit.sample(10)


def test_a_fit_of_an_earlier_version_is_told_what_to_do(fit: FADM) -> None:
    meta, arrays = fit.state()
    del meta["why_no_price"]
    tilt = {"tilt.c": [-1, 1], "tilt.pi": toy.PI, "tilt.pi_1": toy.PI_1}
    kept = {name: a for name, a in arrays.items() if not name.startswith("dual.")}
    old = FADM.from_state(meta, kept | {name: np.array(value, np.float32) for name, value in tilt.items()})
    pd.testing.assert_frame_equal(old.sample(100), fit.sample(100))
    pd.testing.assert_frame_equal(
        old.sample(100, control="entropy", lambda_z=3.0), fit.sample(100, control="entropy", lambda_z=3.0)
    )
    with pytest.raises(SettingError, match="fairviz upgrade FOLDER"):
        old.sample(100, lambda_z=0.1)
    old.learn_price(world())
    pd.testing.assert_frame_equal(old.sample(100, lambda_z=0.1), fit.sample(100, lambda_z=0.1))


@pytest.mark.parametrize(("control", "exact"), [("dp", 0.2271), ("eop", 0.3229)])
def test_the_dial_ends_near_equality(control: str, exact: float) -> None:
    """Against the joint by hand; without the column of noise, so that four categories are all there is to learn."""
    schema = Schema(("x",), "y", "yes", "z", "d")
    rows = DomainDataset.from_frame("world", world(40_000).frame.drop(columns="noise"), schema)
    dual = estimate(rows)
    assert dual.equality(control) == pytest.approx(exact, abs=0.04)
    contrast = dual.multiplier(*((0.1, 0.0) if control == "dp" else (0.0, 0.1)))
    assert (contrast.dp + contrast.eop).tolist() == pytest.approx([-0.1, 0.1])


def test_where_there_is_no_price_a_sentence_says_so() -> None:
    """Groups that no feature tells apart; and a group without anybody of the favourable label."""
    rng = np.random.default_rng(0)
    frame = world(2000).frame.assign(z=rng.choice(["low", "zigh"], 2000))
    blind = FADM(n_iter=2, **SMALL).fit(DomainDataset.from_frame("blind", frame, SCHEMA))
    assert blind.sample(10, control="entropy", lambda_z=1.0) is not None
    for control in ("dp", "eop"):
        with pytest.raises(SettingError, match="boosting did not tell 'low' and 'zigh' apart"):
            blind.sample(10, control=control, lambda_z=0.1)
        with pytest.raises(SettingError, match="has no price here"):
            blind.end_of_dial(control)
    frame = world(2000).frame
    kept = frame[~((frame["z"] == "low") & (frame["y"] == "yes"))]
    nobody = FADM(n_iter=2, **SMALL).fit(DomainDataset.from_frame("nobody", kept, SCHEMA))
    with pytest.raises(SettingError, match="none in group 'low' has the label 'yes'"):
        nobody.sample(10, control="eop", lambda_z=0.1)
    assert len(nobody.sample(10, lambda_z=0.1)) == 10
    back = FADM.from_state(*nobody.state())
    with pytest.raises(SettingError, match="none in group 'low' has the label 'yes'"):
        back.sample(10, control="eop", lambda_z=0.1)


def test_beyond_equality_a_price_changes_nothing(fit: FADM) -> None:
    end = fit.end_of_dial("dp")
    pd.testing.assert_frame_equal(fit.sample(500, lambda_z=end + 0.001), fit.sample(500, lambda_z=10.0))
    assert not fit.sample(500, lambda_z=end - 0.02).equals(fit.sample(500, lambda_z=10.0))


def test_divergence_stops_with_a_reason() -> None:
    with pytest.raises(DataError, match=r"diverged at step \d+ .*Lower the learning rate"):
        FADM(n_iter=200, **{**SMALL, "depth": 1}, learning_rate=1e30).fit(world(300))


def test_a_source_of_one_class_is_refused() -> None:
    data = world(600)
    with pytest.raises(DataError, match="one class only"):
        FADM(n_iter=2, **SMALL).fit(data.take(data.y == 1))


def test_the_last_groups_posterior_follows_from_the_others() -> None:
    """One less the others' sum, never below 0; a file leaves it out."""
    p = np.array([[0.25, 0.25], [0.75, 0.25], [0.6, 0.5]], np.float32)
    np.testing.assert_array_equal(with_last(p)[:, 2], np.array([0.5, 0, 0], np.float32))
    np.testing.assert_array_equal(with_last(p)[:, :2], p)


def test_a_fit_kept_with_every_groups_posterior_is_read_as_before(fit: FADM) -> None:
    """Files of before had all columns and no word of it; one that says neither yes nor no is refused."""
    meta, arrays = fit.state()
    whole = {**arrays, "dual.p_z": fit.dual_.p_z, "dual.p_z1": fit.dual_.p_z1}
    before = FADM.from_state({name: value for name, value in meta.items() if name != "implied"}, whole)
    now = FADM.from_state(meta, arrays)
    np.testing.assert_array_equal(before.dual_.p_z, now.dual_.p_z)
    pd.testing.assert_frame_equal(before.sample(50, lambda_z=0.1), fit.sample(50, lambda_z=0.1))
    with pytest.raises(StoreError, match="another shape"):
        FADM.from_state(meta, whole)
    with pytest.raises(StoreError, match="implied is neither true nor false"):
        FADM.from_state({**meta, "implied": "yes"}, arrays)
