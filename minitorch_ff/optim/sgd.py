"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_ff._functions.creation import zeros_like
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.backend.registry import backend_of, several
from minitorch_ff.optim._elementwise import Bucket, ElementwiseOptimizer, Group, State, keep
from minitorch_ff.optim._settings import check_one_rate, with_numbers
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["SGD"]


class SGD(ElementwiseOptimizer):
    r"""Gradient descent, if wanted with momentum.

    $$ b_t = \mu b_{t-1} + (1 - \tau)\, g_t, \quad b_1 = g_1, \qquad
       \theta_t = \theta_{t-1} - \gamma\, b_t $$

    with the gradient $g_t$ plus $\lambda \theta_{t-1}$; without momentum $b_t = g_t$,
    and Nesterov's step goes along $g_t + \mu b_t$. As a loop:

        for p, b in zip(params, buffers):
            g = p.grad + weight_decay * p
            b.copy_(g if t == 1 else momentum * b + (1 - dampening) * g)
            p -= lr * (g + momentum * b if nesterov else b)

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: Learning rate $\gamma$.
        momentum: $\mu$, the share of the last step that is kept.
        dampening: $\tau$, what a gradient loses as it enters the buffer.
        weight_decay: $\lambda$, the pull towards zero.
        nesterov: Look ahead along the new buffer.
        maximize: Go up instead of down.
        foreach: Without effect here: all implementations are one.
        differentiable: Record the step itself, so that it can be differentiated.
        fused: Without effect here.

    Raises:
        ValueError: A setting is negative, or Nesterov's method lacks momentum.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.SGD([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.5000, -1.0000])

    See: [torch.optim.SGD](https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html).
    """

    counters: ClassVar[dict[str, float]] = {}
    settings_of_old: ClassVar[dict[str, Any]] = {"fused": False}

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_one_rate(lr)
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, locals())

    def _arrays(self, group: Group) -> tuple[str, ...]:
        return ("momentum_buffer",) if group["momentum"] else ()

    def _state_of(self, param: Tensor, group: Group) -> tuple[State, bool]:
        if not group["momentum"]:
            return {}, False  # not even an empty state is kept
        state = self.state[param]
        first = state.get("momentum_buffer") is None
        if first:
            state["momentum_buffer"] = zeros_like(param)
        return state, first

    def _step_group(self, place: int, group: Group) -> None:
        params, buffers, grads = [], [], []
        for param in group["params"]:
            if param._grad is not None:
                params.append(param)
                buffers.append(param.buffer)
                grads.append(param._grad.buffer)
        if group["momentum"] or group["differentiable"]:
            super()._step_group(place, group)
            return
        if group["fused"]:
            self._check_group(params, group)
        parts = [(buffers, grads)]  # without state, copying does not pay
        if len(set(map(several[0].follow if several else type, buffers))) != 1:
            parts = [([buffer], [grad]) for buffer, grad in zip(buffers, grads, strict=True)]
        settings = with_numbers(group)
        for values, slopes in parts:
            backend_of(values[0]).plain_sgd_step(values, slopes, settings)
        for param in params:
            param.version[0] += 1

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        bucket.backend.sgd_step(
            bucket.param, bucket.grad, group, **bucket.arrays, first=bucket.fresh
        )

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        momentum = group["momentum"]
        update = grad
        if momentum:
            kept = momentum * state["momentum_buffer"]
            buffer = grad.detach() if new else kept + (1 - group["dampening"]) * grad
            keep(state, momentum_buffer=buffer)
            update = grad + momentum * buffer if group["nesterov"] else buffer
        param.sub_(group["lr"] * update)
