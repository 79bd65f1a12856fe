"""Rates that swing between two bounds (arXiv:1506.01186)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from minitorch_ff.optim.lr_scheduler.base import (
    LRScheduler, Rate, check_optimizer, per_group, set_group_value,
)  # fmt: skip
from minitorch_ff.optim.lr_scheduler.function import function_state
from minitorch_ff.optim.lr_scheduler.momentum import momentum_bounds, set_momentum, uses_beta1
from minitorch_ff.optim.optimizer import Optimizer

# What the scale of each built-in policy is a function of.
_SCALE_MODES = {"triangular": "cycle", "triangular2": "cycle", "exp_range": "iterations"}


class CyclicLR(LRScheduler):
    """Let the rates climb from `base_lr` to `max_lr` and back, over and over.

    Call `step()` after every batch.

    Args:
        optimizer: Its `param_groups` are written to.
        base_lr: The lower bound, or a list with one per parameter group.
        max_lr: The upper bound, or a list with one per parameter group.
        step_size_up: Batches from the lower to the upper bound.
        step_size_down: Batches back; None: as many as up.
        mode: How the height of the cycles changes: `"triangular"`, not at all;
            `"triangular2"`, halved each cycle; `"exp_range"`, by `gamma` each batch.
        gamma: See `mode`.
        scale_fn: The height as a function of one's own; `mode` is then not used.
        scale_mode: What `scale_fn` is a function of: the `"cycle"`, counted from 1, or
            the `"iterations"`, counted from 0.
        cycle_momentum: Whether momentum (or Adam's first beta) swings the other way.
        base_momentum: Its lower bound, or a list with one per parameter group.
        max_momentum: Its upper bound, or a list with one per parameter group.
        last_epoch: The batch to go on from, -1 for a start.

    Raises:
        ValueError: `mode` is unknown and `scale_fn` None; a list has another length
            than `param_groups`; or the optimizer has no momentum to swing.

    See: [CyclicLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html).
    """

    _apart = "_scale_fn_custom"

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        base_lrs = per_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for lr, group in zip(base_lrs, optimizer.param_groups, strict=True):
                set_group_value(group, "lr", lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)

        up = float(step_size_up)
        down = up if step_size_down is None else float(step_size_down)
        self.total_size = up + down
        self.step_ratio = up / self.total_size

        if mode not in _SCALE_MODES and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else _SCALE_MODES[mode]

        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = uses_beta1(optimizer)
            self.base_momentums, self.max_momentums = momentum_bounds(
                optimizer, base_momentum, max_momentum, last_epoch == -1
            )
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """Return what the height is multiplied by, in cycle or batch `x`."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        scale: float = 1.0
        if self.mode == "triangular2":
            scale = 1 / (2.0 ** (x - 1))
        elif self.mode == "exp_range":
            scale = self.gamma**x
        return scale

    def get_lr(self) -> list[Rate]:
        """Compute the rates of batch `self.last_epoch`, and write the momentum."""
        self._warn_if_called_by_user()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        place = 1.0 + self.last_epoch / self.total_size - cycle  # in the cycle, [0, 1)
        if place <= self.step_ratio:
            height = place / self.step_ratio
        else:
            height = (place - 1) / (self.step_ratio - 1)
        at = cycle if self.scale_mode == "cycle" else self.last_epoch

        rates = [
            low + (high - low) * height * self.scale_fn(at)
            for low, high in zip(self.base_lrs, self.max_lrs, strict=True)
        ]
        if self.cycle_momentum:
            bounds = zip(self.base_momentums, self.max_momentums, strict=True)
            momentums = [high - (high - low) * height * self.scale_fn(at) for low, high in bounds]
            groups = self.optimizer.param_groups
            for group, momentum in zip(groups, momentums, strict=True):
                set_momentum(group, self.use_beta1, momentum)
        return rates

    def _packed(self, value: Any) -> Any:
        return None if value is None else function_state(value)

    def _unpack(self, saved: Any) -> None:
        vars(self._scale_fn_custom).update(saved)
