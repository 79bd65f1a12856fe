"""Rates that move between bounds, and momentum the other way.

`CyclicLR` swings over and over (arXiv:1506.01186); `OneCycleLR` goes up, down, and far below
the start once (arXiv:1708.07120).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from minitorch_ff.optim.lr_scheduler.base import (
    LRScheduler, Rate, check_strategy, per_group, set_group_value,
)  # fmt: skip
from minitorch_ff.optim.lr_scheduler.factor import function_state
from minitorch_ff.optim.optimizer import Optimizer

# What the scale of each built-in policy is a function of.
_SCALE_MODES = {"triangular": "cycle", "triangular2": "cycle", "exp_range": "iterations"}


class _MomentumLR(LRScheduler):
    """Moves the momentum, called `momentum` or Adam's `betas[0]`, against the rates."""

    def _momentum_bounds(
        self, lowest: Any, highest: Any, beginning: bool
    ) -> tuple[list[float], list[float]]:
        """The lowest and the highest momentum of each parameter group.

        A cycle that is beginning starts at the highest, as momentum is high where the rate is
        low; and the groups note their bounds.
        """
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            )
        self.use_beta1 = "betas" in defaults
        lows = per_group("base_momentum", self.optimizer, lowest)
        highs = per_group("max_momentum", self.optimizer, highest)
        if beginning:
            self._set_momenta(highs)
            for group, low, high in zip(self.optimizer.param_groups, lows, highs, strict=True):
                group["max_momentum"] = high
                group["base_momentum"] = low
        return lows, highs

    def _set_momenta(self, values: list[float]) -> None:
        """Write one momentum into each parameter group."""
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            if self.use_beta1:
                group["betas"] = (value, *group["betas"][1:])
            else:
                group["momentum"] = value


class CyclicLR(_MomentumLR):
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
        self._attach(optimizer)
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
            self.base_momentums, self.max_momentums = self._momentum_bounds(
                base_momentum, max_momentum, last_epoch == -1
            )
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """Return what the height is multiplied by, in cycle or batch `x`."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular2":
            return float(1 / (2.0 ** (x - 1)))
        return float(self.gamma**x) if self.mode == "exp_range" else 1.0

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
            self._set_momenta(
                [high - (high - low) * height * self.scale_fn(at) for low, high in bounds]
            )
        return rates

    def _packed(self, value: Any) -> Any:
        return None if value is None else function_state(value)

    def _unpack(self, saved: Any) -> None:
        vars(self._scale_fn_custom).update(saved)


def _count_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """The length of the cycle, from either way of giving it."""
    if total_steps is not None:
        if total_steps <= 0 or not isinstance(total_steps, int):
            raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    for name, count in (("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
        if not isinstance(count, int) or count <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {count}")
    return epochs * steps_per_epoch


def _phase(end_step: float, lr: str, momentum: str) -> dict[str, Any]:
    """A stretch of the cycle: its last step, and between which bounds it moves."""
    names = "end_step start_lr end_lr start_momentum end_momentum".split()
    return dict(zip(names, (end_step, *lr.split(), *momentum.split()), strict=True))


class OneCycleLR(_MomentumLR):
    """Let the rates climb to `max_lr`, then fall far below where they started.

    Call `step()` after every batch. The cycle is as long as `total_steps`, or as
    `epochs` times `steps_per_epoch`.

    Args:
        optimizer: Its `param_groups` are written to.
        max_lr: The highest rate, or a list with one per parameter group.
        total_steps: Batches of the cycle.
        epochs: Epochs of the cycle, if `total_steps` is None.
        steps_per_epoch: Batches of an epoch, if `total_steps` is None.
        pct_start: The part of the cycle that climbs, in [0, 1].
        anneal_strategy: `"cos"` or `"linear"`.
        cycle_momentum: Whether momentum (or Adam's first beta) moves the other way.
        base_momentum: The lowest momentum, or a list with one per parameter group.
        max_momentum: The highest momentum, or a list with one per parameter group.
        div_factor: The first rate is `max_lr / div_factor`.
        final_div_factor: The last rate is the first one divided by this.
        three_phase: Whether the rates first come back to where they started, as long as
            they climbed, and only then fall on.
        last_epoch: The batch to go on from, -1 for a start.

    Raises:
        ValueError: An argument is out of its range; a list has another length than
            `param_groups`; or the optimizer has no momentum to move.

    See: [OneCycleLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self._attach(optimizer)
        self.total_steps = _count_steps(total_steps, epochs, steps_per_epoch)
        self._schedule_phases = self._plan(pct_start, three_phase)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        check_strategy(anneal_strategy)
        self._anneal_func_type = anneal_strategy

        max_lrs = per_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, highest in zip(optimizer.param_groups, max_lrs, strict=True):
                group["initial_lr"] = highest / div_factor
                group["max_lr"] = highest
                group["min_lr"] = group["initial_lr"] / final_div_factor

        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._momentum_bounds(base_momentum, max_momentum, last_epoch == -1)
        super().__init__(optimizer, last_epoch)

    def _plan(self, pct_start: float, three_phase: bool) -> list[dict[str, Any]]:
        """The phases of the cycle. Rates and momentum are named as the groups do."""
        climb = float(pct_start * self.total_steps) - 1
        last = self.total_steps - 1
        up = _phase(climb, "initial_lr max_lr", "max_momentum base_momentum")
        if not three_phase:
            return [up, _phase(last, "max_lr min_lr", "base_momentum max_momentum")]
        back = float(2 * pct_start * self.total_steps) - 2
        return [
            up,
            _phase(back, "max_lr initial_lr", "base_momentum max_momentum"),
            _phase(last, "initial_lr min_lr", "max_momentum max_momentum"),
        ]

    def _anneal(self, phase: dict[str, Any], what: str, part: float) -> list[Any]:
        """The rates ("lr") or momenta of all groups when `part` of a phase is over."""
        start, end = phase[f"start_{what}"], phase[f"end_{what}"]
        bounds = [(group[start], group[end]) for group in self.optimizer.param_groups]
        if self._anneal_func_type == "cos":
            height = math.cos(math.pi * part) + 1
            return [high + (low - high) / 2.0 * height for low, high in bounds]
        return [(high - low) * part + low for low, high in bounds]

    def get_lr(self) -> list[Rate]:
        """Compute the rates of batch `self.last_epoch`, and write the momentum.

        Raises:
            ValueError: The cycle is over.
        """
        self._warn_if_called_by_user()
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. "
                f"The specified number of total steps is {self.total_steps}"
            )
        start_step = 0.0
        for phase in self._schedule_phases:
            if step <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            start_step = phase["end_step"]
        part = (step - start_step) / (phase["end_step"] - start_step)

        if self.cycle_momentum:
            self._set_momenta(self._anneal(phase, "momentum", part))
        return self._anneal(phase, "lr", part)
