"""Adadelta."""

from __future__ import annotations

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim._elementwise import Bucket, ElementwiseOptimizer, Group, State, keep
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["Adadelta"]


class Adadelta(ElementwiseOptimizer):
    r"""Scales the gradient by how large past changes were against past gradients.

    $$ v_t = \rho v_{t-1} + (1 - \rho)\, g_t^2, \qquad
       \Delta_t = \frac{\sqrt{u_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}}\, g_t $$
    $$ u_t = \rho u_{t-1} + (1 - \rho)\, \Delta_t^2, \qquad
       \theta_t = \theta_{t-1} - \gamma \Delta_t $$

    with the gradient $g_t$ plus $\lambda \theta_{t-1}$. As a loop:

        for p, v, u in zip(params, square_avgs, acc_deltas):
            g = p.grad + weight_decay * p
            v.lerp_(g * g, 1 - rho)
            delta = (u + eps).sqrt() / (v + eps).sqrt() * g
            u.lerp_(delta * delta, 1 - rho)
            p -= lr * delta

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: $\gamma$, a factor on the change.
        rho: $\rho$, the weight of the past in both mean squares.
        eps: $\epsilon$, lets the first steps begin.
        weight_decay: $\lambda$, the pull towards zero.
        foreach: Without effect here: all implementations are one.
        capturable: For a GPU; refused at the step on the CPU, as in PyTorch.
        maximize: Go up instead of down.
        differentiable: Record the step itself, so that it can be differentiated.

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.Adadelta([w], lr=10.0)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.9684, -1.9684])

    See: M. Zeiler, [ADADELTA](https://arxiv.org/abs/1212.5701), 2012;
        [torch.optim.Adadelta](https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html).
    """

    arrays = ("square_avg", "acc_delta")
    computes_only = True
    checked = "lr rho eps weight_decay"
    shown_first = "lr rho eps weight_decay maximize capturable"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, locals())

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        bucket.backend.adadelta_step(bucket.param, bucket.grad, group, **bucket.arrays)

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        rho, eps = group["rho"], group["eps"]
        v = rho * state["square_avg"] + (1 - rho) * grad * grad
        delta = (state["acc_delta"] + eps).sqrt() / (v + eps).sqrt() * grad
        u = rho * state["acc_delta"] + (1 - rho) * delta * delta
        keep(state, square_avg=v, acc_delta=u)
        param.sub_(group["lr"] * delta)
