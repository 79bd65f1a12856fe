"""Adagrad."""

from __future__ import annotations

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim._elementwise import Bucket, ElementwiseOptimizer, Group, State, keep
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["Adagrad"]


class Adagrad(ElementwiseOptimizer):
    r"""Divides the gradient by the root of the sum of all squares so far.

    $$ s_t = s_{t-1} + g_t^2, \qquad \theta_t = \theta_{t-1} -
       \frac{\gamma}{1 + (t - 1)\, \eta}\, \frac{g_t}{\sqrt{s_t} + \epsilon} $$

    with the gradient $g_t$ plus $\lambda \theta_{t-1}$. As a loop:

        for p, s in zip(params, sums):
            g = p.grad + weight_decay * p
            s += g * g
            p -= lr / (1 + (t - 1) * lr_decay) * g / (s.sqrt() + eps)

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: Learning rate $\gamma$.
        lr_decay: $\eta$, how fast the learning rate falls.
        weight_decay: $\lambda$, the pull towards zero.
        initial_accumulator_value: $s_0$.
        eps: $\epsilon$, keeps the quotient finite.
        foreach: Without effect here: all implementations are one.
        maximize: Go up instead of down.
        differentiable: Record the step itself, so that it can be differentiated.
        fused: Without effect here.

    Raises:
        ValueError: A setting is negative.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.Adagrad([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.9000, -1.9000])

    See: J. Duchi, E. Hazan, Y. Singer, [Adaptive Subgradient
        Methods](https://jmlr.org/papers/v12/duchi11a.html), 2011;
        [torch.optim.Adagrad](https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html).
    """

    arrays = ("sum",)
    checked = "lr lr_decay weight_decay initial_accumulator_value eps"
    shown_first = "lr lr_decay eps"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, locals())
        for group in self.param_groups:
            for param in group["params"]:
                self._state_of(param, group)

    def _start(self, name: str, group: Group) -> float:
        return self.defaults["initial_accumulator_value"] if name == "sum" else 0.0

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        bucket.backend.adagrad_step(bucket.param, bucket.grad, group, **bucket.arrays, step=step)

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        step = state["step"].item()
        total = state["sum"] + grad * grad
        keep(state, sum=total)
        rate = group["lr"] / (1 + (step - 1) * group["lr_decay"])
        param.sub_(rate * grad / (total.sqrt() + group["eps"]))
