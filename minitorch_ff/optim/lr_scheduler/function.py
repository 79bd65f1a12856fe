"""Schedules given as functions of the epoch, one per parameter group."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from minitorch_ff.optim.lr_scheduler.base import LRScheduler, Rate
from minitorch_ff.optim.optimizer import Optimizer

Schedule = Callable[[int], float]


def function_state(function: Any) -> dict[str, Any] | None:
    """What a callable object remembers; a plain function has nothing to save."""
    if isinstance(function, types.FunctionType):
        return None
    return function.__dict__.copy()


class _FunctionLR(LRScheduler):
    """Holds a function per parameter group, and saves the state of callable objects."""

    _apart = "lr_lambdas"

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Schedule | list[Schedule], last_epoch: int = -1
    ) -> None:
        self.optimizer = optimizer
        count = len(optimizer.param_groups)
        if not isinstance(lr_lambda, list | tuple):
            self.lr_lambdas = [lr_lambda] * count
        elif len(lr_lambda) == count:
            self.lr_lambdas = list(lr_lambda)
        else:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(lr_lambda)}")
        self._check_functions()
        super().__init__(optimizer, last_epoch)

    def _check_functions(self) -> None:
        """Raise for what cannot be called, if this schedule asks so early."""

    def _packed(self, value: Any) -> Any:
        return [function_state(each) for each in value]

    def _unpack(self, saved: Any) -> None:
        for function, state in zip(self.lr_lambdas, saved, strict=False):
            if state is not None:
                vars(function).update(state)


class LambdaLR(_FunctionLR):
    """Set the rates to the initial rates times a function of the epoch.

    Args:
        optimizer: Its `param_groups` are written to.
        lr_lambda: From the epoch to the factor; or a list of such functions, one per
            parameter group.
        last_epoch: The epoch to go on from, -1 for a start.

    Raises:
        ValueError: There are not as many functions as parameter groups.

    See: [LambdaLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html).
    """

    def get_lr(self) -> list[Rate]:
        """Compute the rates of epoch `self.last_epoch`, one per parameter group."""
        self._warn_if_called_by_user()
        return [
            base_lr * function(self.last_epoch)
            for function, base_lr in zip(self.lr_lambdas, self.base_lrs, strict=True)
        ]


class MultiplicativeLR(_FunctionLR):
    """Multiply the rates, each epoch, by a function of the epoch.

    Args:
        optimizer: Its `param_groups` are written to.
        lr_lambda: From the epoch to the factor; or a list of such functions, one per
            parameter group.
        last_epoch: The epoch to go on from, -1 for a start.

    Raises:
        ValueError: There are not as many functions as parameter groups.
        TypeError: One of them cannot be called.

    See: [MultiplicativeLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html).
    """

    def _check_functions(self) -> None:
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    f"lr_lambda should be a function, but got {type(function).__name__}"
                )

    def get_lr(self) -> list[Rate]:
        """Compute the rates of epoch `self.last_epoch`, one per parameter group."""
        self._warn_if_called_by_user()
        if self._is_initial:
            return self._present_lrs()
        groups = self.optimizer.param_groups
        return [
            group["lr"] * function(self.last_epoch)
            for function, group in zip(self.lr_lambdas, groups, strict=True)
        ]
