"""Momentum that moves against the learning rate, for the cyclic schedules."""

from __future__ import annotations

from typing import Any

from minitorch_ff.optim.lr_scheduler.base import per_group
from minitorch_ff.optim.optimizer import Optimizer


def uses_beta1(optimizer: Optimizer) -> bool:
    """Whether the momentum is called `betas[0]`, as in Adam, and not `momentum`.

    Raises:
        ValueError: The optimizer has neither.
    """
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError(
            "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
        )
    return "betas" in optimizer.defaults


def set_momentum(group: dict[str, Any], beta1: bool, value: float) -> None:
    """Write the momentum of a parameter group under its optimizer's name for it."""
    if beta1:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


def momentum_bounds(
    optimizer: Optimizer, lowest: Any, highest: Any, beginning: bool
) -> tuple[list[float], list[float]]:
    """The lowest and the highest momentum of each parameter group.

    A cycle that is beginning starts at the highest, as momentum is high where the rate is
    low; and the groups note their bounds.
    """
    lows = per_group("base_momentum", optimizer, lowest)
    highs = per_group("max_momentum", optimizer, highest)
    if beginning:
        beta1 = uses_beta1(optimizer)
        for group, low, high in zip(optimizer.param_groups, lows, highs, strict=True):
            set_momentum(group, beta1, high)
            group["max_momentum"] = high
            group["base_momentum"] = low
    return lows, highs
