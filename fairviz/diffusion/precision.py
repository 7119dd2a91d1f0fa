"""The fastest matrix product on this machine that is still float32-accurate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch


@cache
def _medium_is_accurate() -> bool:
    """Whether torch's "medium" setting keeps float32 accuracy here (on some processors it means bfloat16)."""
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(256, 256, generator=rng), torch.randn(256, 256, generator=rng)
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        error = (a @ b - (a.double() @ b.double()).float()).abs().max() / 16.0
    finally:
        torch.set_float32_matmul_precision(before)
    return bool(error < 1e-5)


@contextmanager
def fast_matmul() -> Iterator[None]:
    """Within the block, let torch pick another float32 kernel where that was checked to be as accurate."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium" if _medium_is_accurate() else "highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
