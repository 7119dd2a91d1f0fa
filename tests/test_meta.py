"""The meta step against finite differences, in float64."""

import pytest
import torch
from torch import Tensor

from fairviz.meta import META_MODES, meta_loss

RNG = torch.Generator().manual_seed(0)
X_IN, X_OUT = (torch.randn(12, 3, generator=RNG, dtype=torch.float64) for _ in range(2))
Y_IN, Y_OUT = (torch.randn(12, generator=RNG, dtype=torch.float64) for _ in range(2))
ALPHA, BETA, WEIGHT = 0.2, 0.7, 0.6


def start() -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(5)
    return {
        "a": torch.randn(3, 4, generator=rng, dtype=torch.float64).requires_grad_(),
        "b": torch.randn(4, generator=rng, dtype=torch.float64).requires_grad_(),
    }


def loss(params: dict[str, Tensor], batch: tuple[Tensor, Tensor]) -> Tensor:
    x, y = batch
    return ((torch.tanh(x @ params["a"]) @ params["b"] - y) ** 2).mean()


def numeric_gradient(function, params: dict[str, Tensor], step: float = 1e-5) -> dict[str, Tensor]:
    """Central differences of function(params) -> float."""
    result = {}
    for name, value in params.items():
        grad = torch.zeros_like(value)
        for index in range(value.numel()):
            ends = []
            for sign in (1, -1):
                moved = {k: v.detach().clone() for k, v in params.items()}
                moved[name].view(-1)[index] += sign * step
                ends.append(function(moved))
            grad.view(-1)[index] = (ends[0] - ends[1]) / (2 * step)
        result[name] = grad
    return result


def algorithm_1(params: dict[str, Tensor], first: tuple, second: tuple, weights: tuple[float, float]) -> float:
    """The total loss by hand; its inner gradient by finite differences, so nothing of the code under test enters."""
    inner = numeric_gradient(lambda p: float(loss(p, first).detach()), params)
    adapted = {k: v.detach() - ALPHA * inner[k] for k, v in params.items()}
    return weights[0] * float(loss(params, first).detach()) + weights[1] * float(loss(adapted, second).detach())


@pytest.mark.parametrize("mode", ["second_order", "prose"])
def test_second_order_gradient(mode: str) -> None:
    params = start()
    total, _ = meta_loss(params, loss, (X_IN, Y_IN), (X_OUT, Y_OUT), lr=ALPHA, beta=BETA, mode=mode, weight=WEIGHT)
    first, second, weights = ((X_IN, Y_IN), (X_OUT, Y_OUT), (WEIGHT, BETA))
    if mode == "prose":
        first, second, weights = second, first, (BETA, WEIGHT)
    assert float(total.detach()) == pytest.approx(algorithm_1(params, first, second, weights), rel=1e-7)
    wanted = numeric_gradient(lambda p: algorithm_1(p, first, second, weights), params, 1e-4)
    found = torch.autograd.grad(total, list(params.values()))
    for grad, name in zip(found, params, strict=True):
        assert torch.allclose(grad, wanted[name], rtol=1e-4, atol=1e-6)


def test_first_order_is_the_gradient_at_the_adapted_weights() -> None:
    params = start()
    total, _ = meta_loss(
        params, loss, (X_IN, Y_IN), (X_OUT, Y_OUT), lr=ALPHA, beta=BETA, mode="first_order", weight=WEIGHT
    )
    found = torch.autograd.grad(total, list(params.values()))
    inner = numeric_gradient(lambda p: float(loss(p, (X_IN, Y_IN)).detach()), params)
    adapted = {k: v.detach() - ALPHA * inner[k] for k, v in params.items()}
    outer = numeric_gradient(lambda p: float(loss(p, (X_OUT, Y_OUT)).detach()), adapted)
    for grad, name in zip(found, params, strict=True):
        assert torch.allclose(grad, WEIGHT * inner[name] + BETA * outer[name], rtol=1e-5, atol=1e-7)


def test_the_modes_differ() -> None:
    """Swapping the batches, dropping second derivatives or the meta step gives another gradient."""
    gradients = []
    for mode in META_MODES:
        params = start()
        total, _ = meta_loss(params, loss, (X_IN, Y_IN), (X_OUT, Y_OUT), lr=ALPHA, beta=BETA, mode=mode)
        gradients.append(torch.cat([g.flatten() for g in torch.autograd.grad(total, list(params.values()))]))
    for i in range(len(gradients)):
        for j in range(i):
            assert (gradients[i] - gradients[j]).norm() > 1e-3


def test_without_a_held_out_batch_it_is_the_plain_loss() -> None:
    params = start()
    for mode in META_MODES:
        total, shown = meta_loss(params, loss, (X_IN, Y_IN), None, lr=ALPHA, beta=BETA, mode=mode)
        assert float(total.detach()) == pytest.approx(float(loss(params, (X_IN, Y_IN)).detach()))
        assert float(shown) == pytest.approx(float(total.detach()))


def test_unknown_mode() -> None:
    with pytest.raises(ValueError, match="unknown meta mode"):
        meta_loss(start(), loss, (X_IN, Y_IN), None, lr=1, beta=1, mode="third")
