"""RMSprop."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim._elementwise import Bucket, ElementwiseOptimizer, Group, State, keep
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["RMSprop"]


class RMSprop(ElementwiseOptimizer):
    r"""Divides the gradient by the root of its mean square.

    $$ v_t = \alpha v_{t-1} + (1 - \alpha)\, g_t^2, \qquad
       \theta_t = \theta_{t-1} - \gamma\, \frac{g_t}{\sqrt{v_t} + \epsilon} $$

    with the gradient $g_t$ plus $\lambda \theta_{t-1}$. Centered, $v_t$ loses the
    square of the mean gradient; with momentum the quotients are added up, $b_t =
    \mu b_{t-1} + \dots$, and the step is $\gamma b_t$. As a loop:

        for p, v, b in zip(params, square_avgs, momentum_buffers):
            g = p.grad + weight_decay * p
            v.lerp_(g * g, 1 - alpha)
            b.copy_(momentum * b + g / (v.sqrt() + eps))
            p -= lr * b

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: Learning rate $\gamma$.
        alpha: $\alpha$, the weight of the past in the mean square.
        eps: $\epsilon$, keeps the quotient finite.
        weight_decay: $\lambda$, the pull towards zero.
        momentum: $\mu$, the share of the last step that is kept.
        centered: Divide by the standard deviation of the gradient instead.
        capturable: For a GPU; refused at the step on the CPU, as in PyTorch.
        foreach: Without effect here: all implementations are one.
        maximize: Go up instead of down.
        differentiable: Record the step itself, so that it can be differentiated.

    Raises:
        ValueError: A setting is negative.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.RMSprop([w], lr=0.01)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.9000, -1.9000])

    See: T. Tieleman, G. Hinton, Neural Networks for Machine Learning, 2012, lecture 6;
        [torch.optim.RMSprop](https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html).
    """

    settings_of_old: ClassVar[dict[str, Any]] = {"momentum": 0}
    computes_only = True
    checked = "lr eps momentum weight_decay alpha"
    shown_first = "lr momentum alpha eps centered"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, locals())

    def _arrays(self, group: Group) -> tuple[str, ...]:
        names = ["square_avg"]
        if group["momentum"] > 0:
            names.append("momentum_buffer")
        if group["centered"]:
            names.append("grad_avg")
        return tuple(names)

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        bucket.backend.rmsprop_step(bucket.param, bucket.grad, group, **bucket.arrays)

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        alpha = group["alpha"]
        v = alpha * state["square_avg"] + (1 - alpha) * grad * grad
        keep(state, square_avg=v)
        if group["centered"]:
            mean = alpha * state["grad_avg"] + (1 - alpha) * grad
            keep(state, grad_avg=mean)
            v = v - mean * mean
        update = grad / (v.sqrt() + group["eps"])
        if group["momentum"] > 0:
            update = group["momentum"] * state["momentum_buffer"] + update
            keep(state, momentum_buffer=update)
        param.sub_(group["lr"] * update)
