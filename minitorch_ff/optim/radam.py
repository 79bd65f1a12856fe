"""RAdam."""

from __future__ import annotations

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim._elementwise import (
    Bucket, ElementwiseOptimizer, Group, State, count,
)  # fmt: skip
from minitorch_ff.optim.adam import averages
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["RAdam"]


class RAdam(ElementwiseOptimizer):
    r"""Adam that starts as momentum, until its mean square rests on enough gradients.

    $$ \rho_\infty = \frac{2}{1 - \beta_2} - 1, \qquad
       \rho_t = \rho_\infty - \frac{2 t \beta_2^t}{1 - \beta_2^t}, \qquad
       r_t = \sqrt{\frac{(\rho_t - 4)(\rho_t - 2)\rho_\infty}
       {(\rho_\infty - 4)(\rho_\infty - 2)\rho_t}} $$
    $$ \theta_t = \theta_{t-1} - \gamma\, \frac{m_t}{1 - \beta_1^t} \cdot
       \begin{cases} r_t \sqrt{1 - \beta_2^t} / (\sqrt{v_t} + \epsilon) & \rho_t > 5 \\
       1 & \text{else} \end{cases} $$

    with the averages $m_t$ and $v_t$ of `Adam`. As a loop:

        most = 2 / (1 - beta2) - 1
        rho = most - 2 * t * beta2**t / (1 - beta2**t)
        r2 = (rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)
        for p, m, v in zip(params, exp_avgs, exp_avg_sqs):
            g = p.grad + weight_decay * p
            m.lerp_(g, 1 - beta1)
            v.lerp_(g * g, 1 - beta2)
            p -= lr * m / (1 - beta1**t) * (
                (r2 * (1 - beta2**t)) ** 0.5 / (v.sqrt() + eps) if rho > 5 else 1
            )

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: Learning rate $\gamma$.
        betas: Weights of the past in both averages, $\beta_1$ and $\beta_2$.
        eps: $\epsilon$, keeps the quotient finite.
        weight_decay: $\lambda$, the pull towards zero.
        decoupled_weight_decay: Shrink the parameter itself, as `AdamW` does.
        foreach: Without effect here: all implementations are one.
        maximize: Go up instead of down.
        capturable: For a GPU; refused at the step on the CPU, as in PyTorch.
        differentiable: Record the step itself, so that it can be differentiated.

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.RAdam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.8000, -1.6000])

    See: L. Liu and others, [On the Variance of the Adaptive Learning
        Rate](https://arxiv.org/abs/1908.03265), 2020;
        [torch.optim.RAdam](https://docs.pytorch.org/docs/stable/generated/torch.optim.RAdam.html).
    """

    arrays = ("exp_avg", "exp_avg_sq")
    checked = "lr eps betas weight_decay"
    shown_first = "lr betas eps weight_decay maximize foreach capturable"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, locals())

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        length, most = _lengths(step, group["betas"][1])
        trust = _trust(length, most) if length > TRUSTED else None
        bucket.backend.radam_step(
            bucket.param, bucket.grad, group, **bucket.arrays, step=step, rectification=trust
        )

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        lr, (beta1, beta2) = group["lr"], group["betas"]
        step = count(state, "step", group)
        m, v = averages(grad, state, group)
        update = m / (1 - beta1**step) * lr
        length, most = _lengths(step, beta2)
        counted = isinstance(length, Tensor)
        if counted or length > TRUSTED:
            root = (1 - beta2**step) ** 0.5
            trust = _trust(length.clamp(min=TRUSTED) if counted else length, most)
            divided = update * (root / (v.sqrt() + group["eps"])) * trust
            update = divided.where(length > TRUSTED, update) if counted else divided
        param.sub_(update)


TRUSTED = 5
"""From more steps' worth of gradients on, the mean square is divided by."""


def _lengths(step: Any, beta2: float) -> tuple[Any, float]:
    """How many steps' worth of gradients the mean square holds, and how many it can hold."""
    most = 2 / (1 - beta2) - 1
    return most - 2 * step * beta2**step / (1 - beta2**step), most


def _trust(length: Any, most: float) -> Any:
    """How far the mean square can be trusted."""
    return ((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)) ** 0.5
