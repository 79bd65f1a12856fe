"""Adam, and with decoupled weight decay AdamW."""

from __future__ import annotations

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim._elementwise import Bucket, ElementwiseOptimizer, Group, State, keep
from minitorch_ff.optim._settings import check_settings
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["Adam"]


class Adam(ElementwiseOptimizer):
    r"""Steps as long as the average gradient is large against its usual size.

    $$ m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \qquad
       v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2 $$
    $$ \theta_t = \theta_{t-1} - \gamma\, \frac{m_t / (1 - \beta_1^t)}
       {\sqrt{v_t / (1 - \beta_2^t)} + \epsilon} $$

    with the gradient $g_t$ plus $\lambda \theta_{t-1}$. As a loop:

        for p, m, v in zip(params, exp_avgs, exp_avg_sqs):
            g = p.grad + weight_decay * p
            m.lerp_(g, 1 - beta1)
            v.lerp_(g * g, 1 - beta2)
            p -= lr * m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + eps)

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: Learning rate $\gamma$.
        betas: Weights of the past in both averages, $\beta_1$ and $\beta_2$.
        eps: $\epsilon$, keeps the quotient finite.
        weight_decay: $\lambda$, the pull towards zero.
        amsgrad: Divide by the largest $v_t$ so far (AMSGrad).
        foreach: Without effect here: all implementations are one.
        maximize: Go up instead of down.
        capturable: For a GPU; refused at the step on the CPU, as in PyTorch.
        differentiable: Record the step itself, so that it can be differentiated.
        fused: Without effect here.
        decoupled_weight_decay: Shrink the parameter itself, by $\gamma \lambda$, in
            place of changing the gradient (AdamW).

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.9000, -1.9000])
        >>> optimizer.state[w]["exp_avg"]
        tensor([ 0.2000, -0.4000])

    See: D. Kingma, J. Ba, [Adam](https://arxiv.org/abs/1412.6980), 2015;
        [torch.optim.Adam](https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html).
    """

    computes_only = True
    shown_first = "lr betas eps weight_decay amsgrad maximize"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError(FOREACH_WANTS_NUMBERS.format("lr"))
        check_settings(lr=lr, eps=eps, betas=betas, weight_decay=weight_decay)
        betas = _scalar_betas(betas, bool(foreach) and not capturable)
        super().__init__(params, locals())

    def _step_group(self, place: int, group: Group) -> None:
        if isinstance(group["lr"], Tensor) and group["foreach"] and not group["capturable"]:
            raise RuntimeError(FOREACH_WANTS_NUMBERS.format("lr"))
        super()._step_group(place, group)

    def _arrays(self, group: Group) -> tuple[str, ...]:
        names = ("exp_avg", "exp_avg_sq")
        return (*names, "max_exp_avg_sq") if group["amsgrad"] else names

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        bucket.backend.adam_step(bucket.param, bucket.grad, group, **bucket.arrays, step=step)

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        lr, (beta1, beta2) = group["lr"], group["betas"]
        step = state["step"]
        m, v = averages(grad, state, group)
        if group["amsgrad"]:
            v = v.maximum(state["max_exp_avg_sq"].clone())
            keep(state, max_exp_avg_sq=v)
        correction1, correction2 = 1 - beta1**step, 1 - beta2**step
        denominator = v.sqrt() / correction2.sqrt() + group["eps"]
        param.sub_(lr / correction1 * m / denominator)


FOREACH_WANTS_NUMBERS = "{} as a Tensor is not supported for capturable=False and foreach=True"


def averages(grad: Tensor, state: State, group: Group) -> tuple[Tensor, Tensor]:
    """Take a gradient into the running averages of it and its square; these."""
    beta1, beta2 = group["betas"]
    m = beta1 * state["exp_avg"] + (1 - beta1) * grad
    v = beta2 * state["exp_avg_sq"] + (1 - beta2) * grad * grad
    keep(state, exp_avg=m, exp_avg_sq=v)
    return m, v


def _scalar_betas(betas: tuple[Any, Any], numbers_only: bool) -> tuple[Any, Any]:
    """Both weights as numbers, or both as tensors without dimensions."""
    if all(isinstance(beta, float) for beta in betas[:2]):
        return betas
    if not all(isinstance(beta, Tensor) for beta in betas[:2]):
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas):
        if numbers_only:
            raise ValueError(FOREACH_WANTS_NUMBERS.format(f"betas[{i}]"))
        if beta.numel() != 1:
            raise ValueError(f"Tensor betas[{i}] must be 1-element")
    return tuple(beta.squeeze() for beta in betas)
