"""Schedules made of schedules: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from minitorch_ff.optim.lr_scheduler.base import LRScheduler, set_group_value
from minitorch_ff.optim.lr_scheduler.plateau import ReduceLROnPlateau
from minitorch_ff.optim.optimizer import Optimizer


class _CombinedLR(LRScheduler):
    """Holds schedulers of one optimizer, and saves them with itself."""

    _apart = "_schedulers"
    _schedulers: Sequence[LRScheduler]

    def _check_schedulers(
        self, optimizer: Any, schedulers: Sequence[LRScheduler], wanted: str
    ) -> None:
        """Raise for a scheduler that this one cannot drive."""
        name = type(self).__name__
        if len(schedulers) < 1:
            raise ValueError(f"{name} expects {wanted}, but got no scheduler.")
        for index, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(
                    f"{name} at index {index} should have `optimizer` as its attribute."
                )
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau` scheduler as it "
                    "requires additional kwargs to be specified when calling `step`, "
                    f"but got one at index {index} in the given schedulers sequence."
                )
            if optimizer != scheduler.optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but got "
                    f"scheduler {type(scheduler).__name__} at index {index} has "
                    f"{scheduler.optimizer}, which is different from {type(optimizer).__name__}."
                )

    def _packed(self, value: Any) -> Any:
        return [scheduler.state_dict() for scheduler in value]

    def _unpack(self, saved: Any) -> None:
        for index, state in enumerate(saved):
            self._schedulers[index].load_state_dict(state)


def _take_back_first_step(scheduler: Any) -> None:
    """Undo the counting of the step that a scheduler took when it was made."""
    if hasattr(scheduler, "_schedulers"):
        for each in scheduler._schedulers:
            _take_back_first_step(each)
    elif hasattr(scheduler, "last_epoch"):
        scheduler.last_epoch -= 1


class SequentialLR(_CombinedLR):
    """Run schedulers one after the other.

    Args:
        optimizer: The one that all schedulers belong to.
        schedulers: One for each stretch of time.
        milestones: The epochs at which the next one takes over: one fewer than
            schedulers.
        last_epoch: The epoch to go on from, -1 for a start.

    Raises:
        ValueError: The counts do not fit, or a scheduler belongs to another optimizer
            or is a `ReduceLROnPlateau`.
        TypeError: One of `schedulers` is not a scheduler.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.optim.lr_scheduler import ConstantLR, ExponentialLR
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=1.0)
        >>> warm_up = ConstantLR(optimizer, factor=0.5, total_iters=2)
        >>> decay = ExponentialLR(optimizer, gamma=0.5)
        >>> scheduler = torch.optim.lr_scheduler.SequentialLR(
        ...     optimizer, [warm_up, decay], milestones=[2])
        >>> for epoch in range(4):
        ...     print(epoch, scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        0 [0.5]
        1 [0.5]
        2 [1.0]
        3 [0.5]

    See: [SequentialLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        self._check_schedulers(optimizer, schedulers, "at least one scheduler")
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got number of schedulers {len(schedulers)} "
                f"and the number of milestones to be equal to {len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer

        # Each scheduler has written its first rates; only the first one may.
        for group in optimizer.param_groups:
            set_group_value(group, "lr", group["initial_lr"])
        _take_back_first_step(self)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Go on to the next epoch, with the scheduler whose time it is."""
        self.last_epoch += 1
        index = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[index]
        if index > 0 and self._milestones[index - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_CombinedLR):
    """Step several schedulers, each on what the one before it left.

    Args:
        schedulers: Their `step()` is called in this order.
        optimizer: The one that they all belong to; None: that of the first.

    Raises:
        ValueError: There are no schedulers, or one belongs to another optimizer or is a
            `ReduceLROnPlateau`.
        TypeError: One of `schedulers` is not a scheduler.

    See: [ChainedScheduler](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html).
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        own = optimizer or next((scheduler.optimizer for scheduler in schedulers), None)
        self._check_schedulers(own, schedulers, "at least one scheduler to be chained")
        self._schedulers = schedulers
        self.optimizer: Any = own
        self._last_lr = self._present_lrs()

    def step(self) -> None:  # type: ignore[override]
        """Step all schedulers."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._present_lrs()
