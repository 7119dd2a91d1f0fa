"""Codes drawn from shares."""

import numpy as np
import torch

from fairviz.synthesizers.tabular import draw_codes


def test_draw_codes_follows_the_shares() -> None:
    shares = np.array([0.0, 0.1, 0.4, 0.0, 0.3, 0.2, 0.0])
    n = 100_000
    for scale in (1.0, 7.0):  # need not sum to 1
        codes = draw_codes(torch.tensor(scale * shares), n, torch.Generator().manual_seed(0)).numpy()
        found = np.bincount(codes, minlength=7) / n
        assert len(found) == 7
        assert (np.abs(found - shares) <= 4 * np.sqrt(shares * (1 - shares) / n)).all()  # none where the share is 0


def test_draw_codes_is_the_inverse_of_the_cumulative_shares() -> None:
    u = torch.rand(500, generator=torch.Generator().manual_seed(3), dtype=torch.float64).numpy()
    wanted = (u[:, None] >= np.array([0.5, 0.75])).sum(1)
    found = draw_codes(torch.tensor([0.5, 0.25, 0.25]), 500, torch.Generator().manual_seed(3))
    assert found.tolist() == wanted.tolist()
