"""One long cycle: up, down, and far below the start (arXiv:1708.07120)."""

from __future__ import annotations

import math
from typing import Any, Literal

from minitorch_ff.optim.lr_scheduler.base import LRScheduler, Rate, check_optimizer, per_group
from minitorch_ff.optim.lr_scheduler.momentum import momentum_bounds, set_momentum, uses_beta1
from minitorch_ff.optim.optimizer import Optimizer


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


class OneCycleLR(LRScheduler):
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
        check_optimizer(optimizer)
        self.optimizer = optimizer
        self.total_steps = _count_steps(total_steps, epochs, steps_per_epoch)
        self._schedule_phases = self._plan(pct_start, three_phase)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ["cos", "linear"]:
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_func_type = anneal_strategy

        max_lrs = per_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, highest in zip(optimizer.param_groups, max_lrs, strict=True):
                group["initial_lr"] = highest / div_factor
                group["max_lr"] = highest
                group["min_lr"] = group["initial_lr"] / final_div_factor

        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = uses_beta1(optimizer)
            momentum_bounds(optimizer, base_momentum, max_momentum, last_epoch == -1)
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

    def _anneal(self, start: float, end: float, part: float) -> float:
        """What lies between `start` and `end` when `part` of the way is over."""
        if self._anneal_func_type == "cos":
            return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)
        return (end - start) * part + start

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

        rates: list[Rate] = []
        for group in self.optimizer.param_groups:
            start, end = group[phase["start_lr"]], group[phase["end_lr"]]
            rates.append(self._anneal(start, end, part))
            if self.cycle_momentum:
                start, end = (group[phase["start_momentum"]], group[phase["end_momentum"]])
                set_momentum(group, self.use_beta1, self._anneal(start, end, part))
        return rates
