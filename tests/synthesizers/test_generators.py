"""The generators that FADM is measured against: rows, seeds, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import torch

from fairviz.errors import DataError, SettingError
from fairviz.synthesizers import SYNTHESIZERS
from tests.synthesizers.generators import KINDS, TABULAR, tiny, tiny_fit


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_rows_do_not_depend_on_n_within_a_chunk_either(name: str) -> None:
    fit = tiny_fit(name)
    pd.testing.assert_frame_equal(fit.sample(70, random_state=3), fit.sample(1300, random_state=3).iloc[:70])
    pd.testing.assert_frame_equal(fit.sample(1100, random_state=3), fit.sample(1300, random_state=3).iloc[:1100])


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_no_global_generator_is_touched_by_any_call(name: str) -> None:
    """Fitting, drawing, and reading a fit back."""
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    wanted, wanted_np = torch.rand(3), np.random.random(3)  # noqa: NPY002
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    fit = tiny(name).fit(KINDS["two groups"])
    fit.sample(20)
    type(fit).from_state(*fit.state()).sample(20)
    assert torch.equal(torch.rand(3), wanted)
    assert (np.random.random(3) == wanted_np).all()  # noqa: NPY002


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_missing_numbers_are_drawn_too(name: str) -> None:
    rows = tiny_fit(name).sample(1000)
    for column in ("number", "other"):
        assert 0 < rows[column].isna().sum() < 1000
    assert pd.api.types.is_integer_dtype(rows["other"])
    assert rows["other"].dropna().between(0, 89).all()


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_a_source_of_one_class_is_refused(name: str) -> None:
    data = KINDS["two groups"]
    with pytest.raises(DataError, match="one class only"):
        tiny(name).fit(data.take(data.y == 0))


@pytest.mark.parametrize("name", TABULAR)
def test_divergence_stops_with_a_reason(name: str) -> None:
    with pytest.raises(DataError, match=r"diverged at step \d+ .*Lower the learning rate"):
        tiny(name, n_iter=300, learning_rate=1e30).fit(KINDS["two groups"])


EVERY = {
    "n_iter": (0, -1, 2.5, 10**9, True),
    "batch_size": (1, 0, 10**6),
    "hidden": (0, -3, 10**5),
    "depth": (0, 1000),
    "learning_rate": (-1.0, -1, float("nan"), float("inf")),
    "random_state": (-1, 0.5),
}
OWN = {"vae": {"latent": (0, -1, 1.5), "kl_weight": (-1.0, -1, float("nan"))}, "gan": {"latent": (0, -1)}}
OWN["fairgan"] = {**OWN["gan"], "fairness": (-1.0, -1, float("inf"))}


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [(n, k, v) for n in TABULAR for k, values in {**EVERY, **OWN.get(n, {})}.items() for v in values],
)
def test_hyperparameters_out_of_range(name: str, key: str, value: float) -> None:
    with pytest.raises(SettingError, match=f"{key} is {value}"):
        tiny(name, **{key: value}).fit(KINDS["two groups"])


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("vae", {"lambda_z": 0.1}, "VAE has no setting 'lambda_z'; it has n, random_state."),
        ("gan", {"share": 0.5}, "GAN has no setting 'share'"),
        ("ddpm", {"share": 0.5}, "DDPM has no setting 'share'; it has n, random_state, n_steps."),
        ("ddpm", {"n_steps": 0}, "n_steps is 0; choose a number from 1 to 5000"),
        ("ddpm", {"n_steps": float("nan")}, "n_steps is nan"),
        ("ddpm", {"n_steps": 2.5}, "n_steps is 2.5"),
        ("balanced", {"share": 1.01}, "share is 1.01; choose a number from 0 to 1"),
        ("balanced", {"share": -0.1}, "share is -0.1"),
        ("balanced", {"share": float("nan")}, "share is nan"),
        ("vae", {"n": 0}, "n is 0"),
        ("vae", {"n": 10**9}, "n is 1000000000"),
        ("vae", {"random_state": -1}, "random_state is -1"),
    ],
)
def test_bad_settings(name: str, settings: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        tiny_fit(name).sample(**{"n": 10, **settings})


@pytest.mark.parametrize("name", ["ddpm", "balanced"])
def test_number_of_steps_is_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = tiny_fit(name)
    asked, real = [], fit.nets_["score"].denoised
    monkeypatch.setattr(fit.nets_["score"], "denoised", lambda *given: asked.append(1) or real(*given))
    for n_steps in (3, 10, 20):
        asked.clear()
        fit.sample(10, n_steps=n_steps)
        assert len(asked) == n_steps


@pytest.mark.parametrize("name", TABULAR)
def test_progress_counts_down(name: str) -> None:
    steps = list(tiny(name, n_iter=6).fit_steps(KINDS["two groups"]))
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step.n_steps for step in steps} == {6}
    assert steps[-1].seconds_left == 0.0
    assert all(step.seconds_left > 0 for step in steps[:-1])
