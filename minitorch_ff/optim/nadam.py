"""NAdam."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim._elementwise import (
    Bucket, ElementwiseOptimizer, Group, State, count,
)  # fmt: skip
from minitorch_ff.optim.adam import averages
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["NAdam"]


class NAdam(ElementwiseOptimizer):
    r"""Adam with Nesterov's momentum: the step looks ahead along the newest gradient.

    $$ \mu_t = \beta_1 \big(1 - \tfrac12\, 0.96^{t \psi}\big), \qquad
       \theta_t = \theta_{t-1} -
       \frac{\gamma}{\sqrt{v_t / (1 - \beta_2^t)} + \epsilon}
       \Big( \frac{(1 - \mu_t)\, g_t}{1 - \prod_{i=1}^{t} \mu_i} +
       \frac{\mu_{t+1}\, m_t}{1 - \prod_{i=1}^{t+1} \mu_i} \Big) $$

    with the averages $m_t$ and $v_t$ of `Adam`. As a loop:

        mu = beta1 * (1 - 0.96 ** (t * momentum_decay) / 2)
        mu_next = beta1 * (1 - 0.96 ** ((t + 1) * momentum_decay) / 2)
        mu_product *= mu
        for p, m, v in zip(params, exp_avgs, exp_avg_sqs):
            g = p.grad + weight_decay * p
            m.lerp_(g, 1 - beta1)
            v.lerp_(g * g, 1 - beta2)
            ahead = (1 - mu) * g / (1 - mu_product)
            ahead += mu_next * m / (1 - mu_product * mu_next)
            p -= lr * ahead / ((v / (1 - beta2**t)).sqrt() + eps)

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: Learning rate $\gamma$.
        betas: Weights of the past in both averages, $\beta_1$ and $\beta_2$.
        eps: $\epsilon$, keeps the quotient finite.
        weight_decay: $\lambda$, the pull towards zero.
        momentum_decay: $\psi$, how fast $\mu_t$ grows to $\beta_1$.
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
        >>> optimizer = torch.optim.NAdam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.8944, -1.8944])

    See: T. Dozat, [Incorporating Nesterov Momentum into
        Adam](https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ), 2016;
        [torch.optim.NAdam](https://docs.pytorch.org/docs/stable/generated/torch.optim.NAdam.html).
    """

    arrays = ("exp_avg", "exp_avg_sq")
    counters: ClassVar[dict[str, float]] = {"step": 0.0, "mu_product": 1.0}
    capturable_state = "params, mu_products and state_steps"
    checked = "lr eps betas weight_decay momentum_decay"
    shown_first = "lr betas eps weight_decay momentum_decay decoupled_weight_decay maximize"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, locals())

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        mu, mu_next = _momenta(step, group)
        product = bucket.multiply_count("mu_product", mu)
        numbers = {"step": step, "mu": mu, "mu_next": mu_next, "mu_product": product}
        bucket.backend.nadam_step(bucket.param, bucket.grad, group, **bucket.arrays, **numbers)

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        lr, beta2 = group["lr"], group["betas"][1]
        step = count(state, "step", group)
        mu, mu_next = _momenta(step, group)
        state["mu_product"].mul_(mu)
        mu_product = count(state, "mu_product", group)
        m, v = averages(grad, state, group)
        ahead = (1 - mu) / (1 - mu_product) * grad
        ahead = ahead + mu_next / (1 - mu_product * mu_next) * m
        denominator = (v / (1 - beta2**step)).sqrt() + group["eps"]
        param.sub_(lr * ahead / denominator)


def _momenta(step: Any, group: Group) -> tuple[Any, Any]:
    """The momentum of this step and of the next; it grows to the first beta."""
    beta1, decay = group["betas"][0], group["momentum_decay"]
    now = beta1 * (1 - 0.5 * 0.96 ** (step * decay))
    after = beta1 * (1 - 0.5 * 0.96 ** ((step + 1) * decay))
    return now, after
