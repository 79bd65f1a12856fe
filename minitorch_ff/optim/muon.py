"""Muon."""

from __future__ import annotations

import math

from minitorch_ff._functions.creation import zeros_like
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.backend.registry import backend_of
from minitorch_ff.optim._settings import (
    Group, all_settings, check_one_rate, should_be, with_numbers,
)  # fmt: skip
from minitorch_ff.optim.optimizer import GroupOptimizer, ParamsT

__all__ = ["Muon"]


class Muon(GroupOptimizer):
    r"""Momentum whose every matrix is replaced by the nearest orthogonal one.

    $$ B_t = \mu B_{t-1} + (1 - \mu)\, G_t, \qquad
       \theta_t = (1 - \gamma \lambda)\, \theta_{t-1} -
       \gamma'\, \mathrm{NS}\big(\mu B_t + (1 - \mu)\, G_t\big) $$

    NS, the Newton–Schulz iteration, brings all singular values of a matrix near one; it
    runs in bfloat16. For matrices only, best for those of hidden layers; let `AdamW`
    have the other parameters. As a loop:

        for p, B in zip(params, momentum_buffers):
            B.lerp_(p.grad, 1 - momentum)
            X = p.grad.lerp(B, momentum) if nesterov else B
            X = X / X.norm().clamp(min=eps)
            for _ in range(ns_steps):
                S = X @ X.T
                X = a * X + (b * S + c * S @ S) @ X
            p *= 1 - lr * weight_decay
            p -= lr * max(1, p.size(0) / p.size(1)) ** 0.5 * X

    Args:
        params: Matrices, `(name, matrix)` pairs, or parameter groups.
        lr: Learning rate $\gamma$.
        weight_decay: $\lambda$.
        momentum: $\mu$, the weight of the past in the average gradient.
        nesterov: Move the average once more towards the gradient.
        ns_coefficients: $a$, $b$, $c$ of the iteration $X ← aX + (bS + cS^2)X$ with
            $S = XX^T$.
        eps: The smallest norm a matrix is divided by.
        ns_steps: How often to iterate.
        adjust_lr_fn: How $\gamma'$ follows from $\gamma$ and the matrix's shape: by
            $\sqrt{\max(1, rows / columns)}$ (`"original"`, the default) or
            $0.2 \sqrt{\max(rows, columns)}$ (`"match_rms_adamw"`).

    Raises:
        ValueError: A setting is out of its range, or a parameter is no matrix.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.ones(2, 2))
        >>> optimizer = torch.optim.Muon([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> bool((w < 1).all())
        True

    See: K. Jordan, [Muon](https://kellerjordan.github.io/posts/muon/), 2024;
        [torch.optim.Muon](https://docs.pytorch.org/docs/stable/generated/torch.optim.Muon.html).
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_one_rate(lr)
        should_be(">= 0", lr >= 0.0, "Learning rate", lr)
        should_be(">= 0", momentum >= 0.0, "momentum", momentum)
        should_be(">= 0", weight_decay >= 0.0, "weight decay", weight_decay)
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        super().__init__(params, all_settings(locals()))
        for group in self.param_groups:
            for param in group["params"]:
                if param.ndim != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found a parameter "
                        f"with size: {param.size()}"
                    )

    def _update_one(self, param: Tensor, grad: Tensor, group: Group) -> None:
        if group["ns_steps"] >= 100:
            raise ValueError("Number of steps must be less than 100 for computational efficiency")
        if len(group["ns_coefficients"]) != 3:
            raise ValueError("Coefficients must be a tuple of exactly 3 values")
        state = self.state[param]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = zeros_like(param)
        settings, momentum = with_numbers(group), state["momentum_buffer"].buffer
        lr = settings["lr"] * _factor(group["adjust_lr_fn"], *param.shape)
        update = backend_of(param.buffer).muon_step
        update(param.buffer, grad.buffer, settings, momentum, adjusted_lr=lr)


def _factor(adjust_lr_fn: str | None, rows: int, columns: int) -> float:
    """How much longer a matrix's step is than the learning rate."""
    if adjust_lr_fn == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))
