"""Adafactor."""

from __future__ import annotations

from typing import Any

from minitorch_ff._dtypes import finfo
from minitorch_ff._functions.creation import zeros, zeros_like
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.backend.registry import backend_of
from minitorch_ff.optim._elementwise import counter
from minitorch_ff.optim._settings import (
    Group, all_settings, check_one_rate, should_be, with_numbers,
)  # fmt: skip
from minitorch_ff.optim.optimizer import GroupOptimizer, ParamsT

__all__ = ["Adafactor"]


class Adafactor(GroupOptimizer):
    r"""Adam's scaling with little memory: of a matrix's mean squares it keeps two sums.

    $$ R_t = \beta_t R_{t-1} + (1 - \beta_t)\, \overline{G_t^2}^{\,rows}, \qquad
       C_t = \beta_t C_{t-1} + (1 - \beta_t)\, \overline{G_t^2}^{\,columns}, \qquad
       \beta_t = 1 - t^\tau $$
    $$ V_t = \frac{R_t C_t}{\max(\overline{R_t}, \epsilon_1)}, \qquad
       U_t = \frac{G_t}{\sqrt{V_t}}, \qquad
       \theta_t = \theta_{t-1} - \frac{\alpha_t U_t}{\max(1, \mathrm{rms}(U_t) / d)} $$

    with steps $\alpha_t = \max(\epsilon_2, \mathrm{rms}(\theta_{t-1})) \min(\gamma,
    1 / \sqrt{t})$ that follow the size of the parameter. Vectors keep $V_t$ whole.
    As a loop over matrices:

        for p, R, C in zip(params, row_vars, col_vars):
            R.lerp_((p.grad**2).mean(-1, keepdim=True), t**beta2_decay)
            C.lerp_((p.grad**2).mean(-2, keepdim=True), t**beta2_decay)
            V = R * C / R.mean(-2, keepdim=True).clamp(min=eps1)
            U = p.grad * V.clamp(min=eps1**2).rsqrt()
            size = max(eps2, p.norm().item() / p.numel() ** 0.5) * min(lr, t**-0.5)
            p *= 1 - lr * weight_decay
            p -= size / max(1, U.norm().item() / (U.numel() ** 0.5 * d)) * U

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: $\gamma$, the largest step in relation to the parameter.
        beta2_decay: $\tau$, how the averages come to rest; not above zero.
        eps: $\epsilon_1$ against division by zero (None: the dtype's precision), and
            $\epsilon_2$, below which a parameter's size does not count.
        d: How long an update may be before it is shortened.
        weight_decay: Takes this share of the parameter, times `lr`, away.
        foreach: Without effect here: all implementations are one.
        maximize: Go up instead of down.

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.ones(2, 2))
        >>> optimizer = torch.optim.Adafactor([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> list(optimizer.state[w])
        ['step', 'row_var', 'col_var']

    See: N. Shazeer, M. Stern, [Adafactor](https://arxiv.org/abs/1804.04235), 2018;
        [torch.optim.Adafactor](https://docs.pytorch.org/docs/stable/generated/torch.optim.Adafactor.html).
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_one_rate(lr)
        should_be(">= 0", lr >= 0.0, "Learning rate", lr)
        should_be("<= 0", beta2_decay <= 0.0, "beta2_decay", beta2_decay)
        should_be(">= 0", eps[0] is None or eps[0] >= 0.0, "epsilon1", eps[0])
        should_be(">= 0", eps[1] >= 0.0, "epsilon2", eps[1])
        should_be(">= 1", d >= 1.0, "Clipping threshold d", d)
        should_be(">= 0", weight_decay >= 0.0, "weight_decay", weight_decay)
        super().__init__(params, all_settings(locals()))

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("foreach", None)

    def _update_one(self, param: Tensor, grad: Tensor, group: Group) -> None:
        state = self.state[param]
        if not state:
            state.update(_new_state(param, group))
        arrays = {name: state[name].buffer for name in state if name != "step"}
        step = state["step"].add_(1).item()
        eps1, eps2 = group["eps"]
        eps = finfo(param.dtype).eps if eps1 is None else eps1, eps2
        settings = {**with_numbers(group), "eps": eps}
        update = backend_of(param.buffer).adafactor_step
        update(param.buffer, grad.buffer, settings, **arrays, step=step)


def _new_state(param: Tensor, group: Group) -> dict[str, Tensor]:
    """What is remembered of a parameter before its first step."""
    state = {"step": counter(0.0, param, group)}
    if param.ndim > 1:
        shape, dtype, device = param.shape, param.dtype, param.device
        state["row_var"] = zeros(*shape[:-1], 1, dtype=dtype, device=device)
        state["col_var"] = zeros(*shape[:-2], 1, shape[-1], dtype=dtype, device=device)
    else:
        state["variance"] = zeros_like(param)
    return state
