"""Meta-learning over domains: a function of a loss and batches; it knows nothing of diffusion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

Batch = TypeVar("Batch")
if TYPE_CHECKING:
    from torch import Tensor

    Params = dict[str, Tensor]
    LossFn = Callable[[Params, Batch], Tensor]

#: second_order: Algorithm 1. first_order: its gradient at the adapted weights, without the second derivative.
#: prose: section 4.4's text, which takes the inner step on the held-out domain. none: plain training.
META_MODES = ("second_order", "first_order", "prose", "none")


def adapt(params: Params, loss: Tensor, *, lr: float, first_order: bool = False) -> Params:
    """One inner gradient step, ``theta_hat = theta - lr * grad loss`` (Algorithm 1, lines 8, 10, 12).

    Parameters
    ----------
    params : dict of Tensor
        theta; ``loss`` was computed from them.
    loss : Tensor, scalar
    lr : float
        alpha of Algorithm 1.
    first_order : bool
        Treat the gradient as a constant (no second derivatives).
    """
    import torch

    gradients = torch.autograd.grad(loss, list(params.values()), create_graph=not first_order, retain_graph=True)
    return {name: p - lr * g for (name, p), g in zip(params.items(), gradients, strict=True)}


def meta_loss(
    params: Params,
    loss_fn: LossFn[Batch],
    batch_in: Batch,
    batch_out: Batch | None,
    *,
    lr: float,
    beta: float,
    mode: str,
    weight: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """The loss that one iteration descends (Algorithm 1, lines 16-18).

    ``weight * L(B_in, theta) + beta * L(B_out, theta_hat)`` with ``theta_hat`` adapted on ``B_in``; mode ``prose``
    adapts on ``B_out`` instead, ``beta * L(B_out, theta) + weight * L(B_in, theta_hat)``. Without ``batch_out`` or
    with mode ``none``, ``L(B_in, theta)``.

    Returns
    -------
    (total, first) : scalar Tensors
        ``total`` is to be minimised; ``first`` is the loss before adaptation, for display.
    """
    if mode not in META_MODES:
        raise ValueError(f"unknown meta mode {mode!r}; one of {META_MODES}")
    if mode == "none" or batch_out is None:
        loss = loss_fn(params, batch_in)
        return loss, loss.detach()
    if mode == "prose":
        batch_in, batch_out, weight, beta = batch_out, batch_in, beta, weight
    loss = loss_fn(params, batch_in)
    adapted = adapt(params, loss, lr=lr, first_order=mode == "first_order")
    return weight * loss + beta * loss_fn(adapted, batch_out), loss.detach()
