"""The training loop hands Algorithm 1 the right batches."""

import numpy as np
import pytest
import torch

from fairviz.synthesizers import FADM, fadm_training
from fairviz.synthesizers.fadm_training import DomainBatches
from tests.synthesizers.discrete import SMALL, world


def test_one_domain_is_held_out_and_the_rest_is_in() -> None:
    d = torch.tensor([0] * 500 + [1] * 30 + [2] * 70)
    batches = DomainBatches(d, 64, torch.Generator().manual_seed(0))
    seen = []
    for _ in range(300):
        rows_in, rows_out, share = batches.split()
        assert len(rows_in) == len(rows_out) == 32
        (domain,) = set(d[rows_out].tolist())
        assert domain not in d[rows_in]
        assert share == [500 / 600, 30 / 600, 70 / 600][domain]
        seen.append(domain)
    assert np.allclose(np.bincount(seen) / 300, 1 / 3, atol=0.1)  # uniform over domains, not over rows


def test_inner_step_on_the_rest_outer_on_the_one(monkeypatch) -> None:
    """Lines 7 to 14: the first batch given to the meta step holds the other domains, the second the one held out."""
    data = world(600)
    calls = []
    real = fadm_training.meta_loss

    def spy(params, loss_fn, batch_in, batch_out, **settings):
        calls.append((batch_in.x, batch_out.x, settings))
        return real(params, loss_fn, batch_in, batch_out, **settings)

    monkeypatch.setattr(fadm_training, "meta_loss", spy)
    # the encoded number tells rows apart, and rows tell their domain
    fit = FADM(n_iter=4, inner_lr=0.03, beta=0.7, meta="second_order", **SMALL).fit(data)
    x = torch.from_numpy(fit.encoder_.transform(data.features))
    home = {tuple(row.tolist()): set() for row in x}
    for row, domain in zip(x, data.d, strict=True):
        home[tuple(row.tolist())].add(int(domain))
    assert len(calls) == 12  # three losses in each of four iterations
    for rows_in, rows_out, settings in calls:
        out = set.intersection(
            *(home[tuple(r.tolist())] | set() for r in rows_out if len(home[tuple(r.tolist())]) == 1)
        )
        (domain,) = out
        assert all(home[tuple(r.tolist())] != {domain} for r in rows_in)
        share = float((data.d == domain).mean())  # every source row counts the same
        assert settings == {
            "lr": 0.03,
            "weight": pytest.approx(1 - share),
            "beta": pytest.approx(0.7 * share),
            "mode": "second_order",
        }
