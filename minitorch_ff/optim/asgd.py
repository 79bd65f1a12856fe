"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim._elementwise import (
    Bucket, ElementwiseOptimizer, Group, State, count,
)  # fmt: skip
from minitorch_ff.optim._settings import number
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["ASGD"]


class ASGD(ElementwiseOptimizer):
    r"""Gradient descent with falling steps, and the average of where it has been.

    $$ \theta_t = (1 - \Lambda \eta_t)\, \theta_{t-1} - \eta_t g_t, \qquad
       a_t = a_{t-1} + \mu_t (\theta_t - a_{t-1}) $$
    $$ \eta_{t+1} = \frac{\gamma}{(1 + \Lambda \gamma t)^\alpha}, \qquad
       \mu_{t+1} = \frac{1}{\max(1, t - t_0)} $$

    with the gradient $g_t$ plus $\lambda \theta_{t-1}$. The average $a_t$ is
    `state[p]["ax"]`. As a loop:

        for p, a in zip(params, averages):
            g = p.grad + weight_decay * p
            p *= 1 - lambd * eta
            p -= eta * g
            a += mu * (p - a)
        eta = lr / (1 + lambd * lr * t) ** alpha
        mu = 1 / max(1, t - t0)

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: Learning rate $\gamma$, the first $\eta$.
        lambd: $\Lambda$, shrinks parameters and steps.
        alpha: $\alpha$, how fast steps fall.
        t0: The step at which averaging begins.
        weight_decay: $\lambda$, the pull towards zero.
        foreach: Without effect here: all implementations are one.
        maximize: Go up instead of down.
        differentiable: Record the step itself, so that it can be differentiated.
        capturable: For a GPU; refused at the step on the CPU, as in PyTorch.

    Raises:
        ValueError: `lr` or `weight_decay` is negative.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.ASGD([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.5000, -1.0000])

    See: B. Polyak, A. Juditsky, [Acceleration of Stochastic Approximation by
        Averaging](https://doi.org/10.1137/0330046), 1992;
        [torch.optim.ASGD](https://docs.pytorch.org/docs/stable/generated/torch.optim.ASGD.html).
    """

    arrays = ("ax",)
    counters: ClassVar[dict[str, float]] = {"step": 0.0, "eta": 0.0, "mu": 1.0}
    counters_beside_params = True
    capturable_state = "params, mus, etas, and state_steps"
    checked = "lr weight_decay"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, locals())

    def _start(self, name: str, group: Group) -> float:
        return number(group["lr"]) if name == "eta" else super()._start(name, group)

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        eta, mu = bucket.counts["eta"], bucket.counts["mu"]
        bucket.backend.asgd_step(bucket.param, bucket.grad, group, **bucket.arrays, eta=eta, mu=mu)
        eta, mu = _next_sizes(step, group)
        bucket.set_count("eta", eta)
        bucket.set_count("mu", mu)

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        eta, mu, step = [count(state, name, group) for name in ("eta", "mu", "step")]
        param.mul_(1 - group["lambd"] * eta)
        param.sub_(eta * grad)
        average = state["ax"]
        at_once = not group.get("capturable") and mu == 1
        average.copy_(param if at_once else average + mu * (param - average))
        eta, mu = _next_sizes(step, group)
        state["eta"].fill_(eta)
        state["mu"].fill_(mu)


def _next_sizes(step: Any, group: Group) -> tuple[Any, Any]:
    """The next step's size, and its share in the average; tensors if `step` is one."""
    counted = isinstance(step, Tensor)
    lr, steps = group["lr"] if counted else number(group["lr"]), step - group["t0"]
    eta = lr / (1 + group["lambd"] * lr * step) ** group["alpha"]
    return eta, 1 / (steps.clamp(min=1) if counted else max(1, steps))
