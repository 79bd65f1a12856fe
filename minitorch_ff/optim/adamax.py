"""Adamax."""

from __future__ import annotations

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim._elementwise import (
    Bucket, ElementwiseOptimizer, Group, State, count, keep,
)  # fmt: skip
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["Adamax"]


class Adamax(ElementwiseOptimizer):
    r"""Adam with a decaying maximum of the gradient's size in place of its mean square.

    $$ m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \qquad
       u_t = \max(\beta_2 u_{t-1},\, |g_t| + \epsilon), \qquad
       \theta_t = \theta_{t-1} - \frac{\gamma}{1 - \beta_1^t}\, \frac{m_t}{u_t} $$

    with the gradient $g_t$ plus $\lambda \theta_{t-1}$. As a loop:

        for p, m, u in zip(params, exp_avgs, exp_infs):
            g = p.grad + weight_decay * p
            m.lerp_(g, 1 - beta1)
            u.copy_((beta2 * u).maximum(g.abs() + eps))
            p -= lr / (1 - beta1**t) * m / u

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: Learning rate $\gamma$.
        betas: Weights of the past, $\beta_1$ and $\beta_2$.
        eps: $\epsilon$, keeps the quotient finite.
        weight_decay: $\lambda$, the pull towards zero.
        foreach: Without effect here: all implementations are one.
        maximize: Go up instead of down.
        differentiable: Record the step itself, so that it can be differentiated.
        capturable: For a GPU; refused at the step on the CPU, as in PyTorch.

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.Adamax([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.9000, -1.9000])

    See: D. Kingma, J. Ba, [Adam](https://arxiv.org/abs/1412.6980), section 7.1, 2015;
        [torch.optim.Adamax](https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html).
    """

    arrays = ("exp_avg", "exp_inf")
    computes_only = True
    checked = "lr eps betas weight_decay"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, locals())

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        bucket.backend.adamax_step(bucket.param, bucket.grad, group, **bucket.arrays, step=step)

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        beta1, beta2 = group["betas"]
        step = count(state, "step", group)
        m = beta1 * state["exp_avg"] + (1 - beta1) * grad
        u = (beta2 * state["exp_inf"]).maximum(grad.abs() + group["eps"])
        keep(state, exp_avg=m, exp_inf=u)
        param.sub_(group["lr"] / (1 - beta1**step) * m / u)
