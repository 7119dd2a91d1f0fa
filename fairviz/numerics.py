"""One thread and one matrix kernel for everything that is computed here.

Sums over several threads differ in the last bit, and a row or a prediction now and then with them. So every thread that
computes is held to one, and that is never put back: a switch thrown back while another session computes would change
that session's numbers. Two processes use two cores; two threads never share a sum.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


@cache
def _pools() -> ThreadpoolController:
    """Thread pools of the libraries that compute; finding them takes milliseconds, so it is done once."""
    import sklearn.ensemble  # noqa: F401  (loads pools that are to be limited)
    import torch  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


_measuring = Lock()


def precision() -> str:
    """Torch's name of the fastest float32 matrix product here that keeps float32 accuracy.

    "medium" means bfloat16 on some processors; there "highest" is taken.
    """
    with _measuring:  # two first callers would undo each other's
        return _precision()


@cache
def _precision() -> str:
    import torch

    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(256, 256, generator=rng), torch.randn(256, 256, generator=rng)
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        error = (a @ b - (a.double() @ b.double()).float()).abs().max() / 16.0
    finally:
        torch.set_float32_matmul_precision(before)
    return "medium" if bool(error < 1e-5) else "highest"


def settle() -> None:
    """Hold the calling thread to one thread and the process to :func:`precision`. Microseconds after the first call.

    OpenMP keeps its number of threads for each thread apart, so whoever computes calls this first, wherever it runs.
    """
    import torch

    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    if torch.get_float32_matmul_precision() != precision():
        torch.set_float32_matmul_precision(precision())
    _pools().limit(limits=1)
