"""What is watched is what is drawn: the same noise, the sampler's own last state, the classifiers' own guesses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fairviz.data.sources import fingerprint_of
from fairviz.errors import SettingError
from fairviz.store.fits import load_fit
from fairviz.store.library import Library
from fairviz.synthesizers.tabular import CHUNK
from fairviz.synthesizers.watching import Watched, watched


@pytest.fixture(scope="module")
def fit():
    return load_fit(Library().find_fits(fingerprint_of("adult"))["Black"])


@pytest.fixture(scope="module")
def both(fit) -> tuple[Watched, Watched]:
    return watched(fit, CHUNK, price=0.2, random_state=3)


def test_both_start_from_the_same_noise_and_end_apart(both) -> None:
    off, on = both
    assert off.places.shape == (21, CHUNK, 2)
    np.testing.assert_array_equal(off.places[0], on.places[0])
    assert np.abs(off.places[-1] - on.places[-1]).max() > 0.1
    assert (np.diff(off.ratios) < 0).all()
    assert off.ratios[-1] == 0


def test_the_start_is_standard_normal_along_any_direction(both) -> None:
    """A thousand rows: the standard deviation of unit directions is 1, up to 0.022 each."""
    start = both[0].places[0]
    assert start.std(0) == pytest.approx([1, 1], abs=0.1)
    assert abs(np.corrcoef(start.T)[0, 1]) < 0.12


def test_the_two_directions_are_the_first_principal_components(fit, both) -> None:
    """Of the finished rows: uncorrelated, the first the wider, and no other direction wider than the second."""
    end = both[0].places[-1]
    assert abs(np.corrcoef(end.T)[0, 1]) < 1e-3
    assert end[:, 0].std() >= end[:, 1].std()
    assert end.mean(0) == pytest.approx([0, 0], abs=1e-3)


def test_the_last_state_is_what_the_sampler_draws(fit) -> None:
    """The same seed, solver and steps: the sampler's labels and rows, and the classifiers' guesses of those rows."""
    off, _ = watched(fit, 400, n_steps=10, random_state=7)
    rows = fit.sample(400, n_steps=10, solver="mixed_dpmpp_2m", random_state=7)
    again = fit.encoder_.transform(rows[list(fit.schema_.features)])
    clean = torch.as_tensor(np.asarray(again)).float()
    t = torch.full((1,), float(fit.nets_.sde.time_of_ratio(torch.tensor([0.2])).item()))
    with torch.no_grad():
        guess = fit.nets_.label(clean, t)[:, 1].exp().numpy()
    assert np.corrcoef(guess, off.label[-1])[0, 1] > 0.97  # categories were rounded when rows were written


def test_the_price_brings_the_groups_labels_together(fit) -> None:
    """Of 3,000 rows: from a thousand to the next the ratio of the gaps moves by about a tenth."""

    def gap(path: Watched) -> float:
        by_group = [(path.group[-1][:, k] * path.label[-1]).sum() / path.group[-1][:, k].sum() for k in (0, 1)]
        return abs(by_group[0] - by_group[1])

    gaps = np.array([[gap(path) for path in watched(fit, CHUNK, price=0.2, random_state=seed)] for seed in (3, 4, 5)])
    off, on = gaps.mean(0)
    assert on < 0.75 * off


def test_guesses_are_probabilities_and_get_surer(both) -> None:
    for path in both:
        assert path.group.sum(2) == pytest.approx(1, abs=1e-4)
        assert 0 <= path.label.min() <= path.label.max() <= 1
        sure = np.abs(path.group[..., 0] - 0.5).mean(1)
        assert sure[-1] > sure[0] + 0.05


@pytest.mark.parametrize("how", [{"n": 0}, {"n": CHUNK + 1}, {"n": 5, "n_steps": 1}, {"n": 5, "price": -1.0}])
def test_what_cannot_be_is_refused(fit, how) -> None:
    with pytest.raises(SettingError):
        watched(fit, **how)
