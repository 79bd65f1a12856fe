"""Rprop."""

from __future__ import annotations

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim._elementwise import Bucket, ElementwiseOptimizer, Group, State, keep
from minitorch_ff.optim._settings import check_settings, number
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["Rprop"]


class Rprop(ElementwiseOptimizer):
    r"""Looks at the signs of gradients only; each element has a step size of its own.

    $$ \eta_t = \begin{cases}
       \min(\eta_{t-1}\, \eta_+,\, \Gamma_{max}) & g_t g_{t-1} > 0 \\
       \max(\eta_{t-1}\, \eta_-,\, \Gamma_{min}),\; g_t = 0 & g_t g_{t-1} < 0 \\
       \eta_{t-1} & \text{else} \end{cases} \qquad
       \theta_t = \theta_{t-1} - \eta_t\, \mathrm{sign}(g_t) $$

    As a loop:

        for p, previous, size in zip(params, prevs, step_sizes):
            agreement = p.grad * previous
            size[agreement > 0] *= etaplus
            size[agreement < 0] *= etaminus
            size.clamp_(step_size_min, step_size_max)
            previous.copy_(p.grad)
            previous[agreement < 0] = 0
            p -= size * previous.sign()

    It is made for gradients of the whole data set: noise turns signs.

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: The first step size.
        etas: $\eta_-$ and $\eta_+$, the factors on step sizes.
        step_sizes: $\Gamma_{min}$ and $\Gamma_{max}$, the bounds of step sizes.
        capturable: For a GPU; refused at the step on the CPU, as in PyTorch.
        foreach: Without effect here: all implementations are one.
        maximize: Go up instead of down.
        differentiable: Record the step itself, so that it can be differentiated.

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.Rprop([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.9000, -1.9000])

    See: M. Riedmiller, H. Braun, [The RPROP
        Algorithm](https://doi.org/10.1109/ICNN.1993.298623), 1993;
        [torch.optim.Rprop](https://docs.pytorch.org/docs/stable/generated/torch.optim.Rprop.html).
    """

    arrays = ("prev", "step_size")
    shown_first = "lr etas step_sizes foreach maximize differentiable"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_settings(lr=lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(params, locals())

    def _start(self, name: str, group: Group) -> float:
        return number(group["lr"]) if name == "step_size" else 0.0

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        bucket.backend.rprop_step(bucket.param, bucket.grad, group, **bucket.arrays)

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        etaminus, etaplus = group["etas"]
        agreement, size = grad * state["prev"].clone(), state["step_size"]
        size = (size * etaplus).where(agreement > 0, size)
        size = (size * etaminus).where(agreement < 0, size)
        size = size.clamp(*group["step_sizes"])
        grad = grad.masked_fill(agreement < 0, 0)
        keep(state, step_size=size, prev=grad)
        param.sub_(size * grad.sign())
