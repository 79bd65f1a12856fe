"""Schedules that multiply the rates: by a factor that all groups share, or by functions."""

from __future__ import annotations

import types
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from minitorch_ff.optim.lr_scheduler.base import LRScheduler, Rate
from minitorch_ff.optim.optimizer import Optimizer

Schedule = Callable[[int], float]


class _FactorLR(LRScheduler):
    """A schedule told by two factors.

    The usual step multiplies the *present* rates, so that several schedules can act on
    one optimizer; `step(epoch)` multiplies the *initial* rates.
    """

    def _step_factor(self) -> float | None:
        """The present rates times this are the next; None leaves them alone."""
        raise NotImplementedError

    def _total_factor(self) -> float:
        """The initial rates times this are those of `last_epoch`."""
        raise NotImplementedError

    def get_lr(self) -> list[Rate]:
        """Compute the rates of epoch `self.last_epoch`, one per parameter group."""
        self._warn_if_called_by_user()
        factor = self._step_factor()
        if factor is None:
            return self._present_lrs()
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[Rate]:
        factor = self._total_factor()
        return [base_lr * factor for base_lr in self.base_lrs]


class StepLR(_FactorLR):
    """Multiply the rates by `gamma` every `step_size` epochs.

    Args:
        optimizer: Its `param_groups` are written to.
        step_size: Epochs between two drops.
        gamma: What a drop multiplies by.
        last_epoch: The epoch to go on from, -1 for a start.

    Example:
        >>> import minitorch_ff as torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=1.0)
        >>> from minitorch_ff.optim.lr_scheduler import StepLR
        >>> scheduler = StepLR(optimizer, step_size=2, gamma=0.5)
        >>> for epoch in range(4):
        ...     print(epoch, scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        0 [1.0]
        1 [1.0]
        2 [0.5]
        3 [0.5]

    See: [StepLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html).
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _step_factor(self) -> float | None:
        drops = self.last_epoch != 0 and self.last_epoch % self.step_size == 0
        return self.gamma if drops else None

    def _total_factor(self) -> float:
        return self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(_FactorLR):
    """Multiply the rates by `gamma` at each of the given epochs.

    Args:
        optimizer: Its `param_groups` are written to.
        milestones: The epochs of the drops; one that is named twice drops twice.
        gamma: What a drop multiplies by.
        last_epoch: The epoch to go on from, -1 for a start.

    See: [MultiStepLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _step_factor(self) -> float | None:
        drops = self.milestones.get(self.last_epoch)
        return None if drops is None else self.gamma**drops

    def _total_factor(self) -> float:
        drops = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return self.gamma**drops


class ConstantLR(_FactorLR):
    """Hold the rates at a fraction of themselves for the first epochs.

    Args:
        optimizer: Its `param_groups` are written to.
        factor: The fraction, in [0, 1].
        total_iters: How many epochs it holds.
        last_epoch: The epoch to go on from, -1 for a start.

    Raises:
        ValueError: `factor` is out of its range.

    See: [ConstantLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if factor > 1.0 or factor < 0:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _step_factor(self) -> float | None:
        if self.last_epoch == 0:
            return self.factor
        return 1.0 / self.factor if self.last_epoch == self.total_iters else None

    def _total_factor(self) -> float:
        # At the end this need not be 1 to the last bit, as it is not in PyTorch.
        over = self.last_epoch >= self.total_iters
        return self.factor + over * (1 - self.factor)


class LinearLR(_FactorLR):
    """Move the rates along a straight line from one fraction of themselves to another.

    Args:
        optimizer: Its `param_groups` are written to.
        start_factor: The fraction at epoch 0, in (0, 1].
        end_factor: The fraction from epoch `total_iters` on, in [0, 1].
        total_iters: The length of the line in epochs.
        last_epoch: The epoch to go on from, -1 for a start.

    Raises:
        ValueError: A factor is out of its range.

    See: [LinearLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if start_factor > 1.0 or start_factor <= 0:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and "
                "less or equal to 1."
            )
        if end_factor > 1.0 or end_factor < 0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _step_factor(self) -> float | None:
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return None
        # Two neighbouring points of the line, one divided by the other.
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return 1.0 + rise / before

    def _total_factor(self) -> float:
        rise = self.end_factor - self.start_factor
        epoch = min(self.total_iters, self.last_epoch)
        return self.start_factor + rise * epoch / self.total_iters


class ExponentialLR(_FactorLR):
    """Multiply the rates by `gamma` every epoch.

    Args:
        optimizer: Its `param_groups` are written to.
        gamma: What an epoch multiplies by.
        last_epoch: The epoch to go on from, -1 for a start.

    See: [ExponentialLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html).
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _step_factor(self) -> float | None:
        return None if self._is_initial else self.gamma

    def _total_factor(self) -> float:
        return self.gamma**self.last_epoch


class PolynomialLR(_FactorLR):
    r"""Let the rates fall to zero as $(1 - t / \text{total\_iters})^{\text{power}}$.

    Args:
        optimizer: Its `param_groups` are written to.
        total_iters: The epoch at which the rates are zero.
        power: The shape: 1 is a straight line.
        last_epoch: The epoch to go on from, -1 for a start.

    See: [PolynomialLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html).
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _step_factor(self) -> float | None:
        if self._is_initial or self.last_epoch > self.total_iters:
            return None
        left = 1.0 - self.last_epoch / self.total_iters
        left_before = 1.0 - (self.last_epoch - 1) / self.total_iters
        return float((left / left_before) ** self.power)

    def _total_factor(self) -> float:
        epoch = min(self.total_iters, self.last_epoch)
        return float((1.0 - epoch / self.total_iters) ** self.power)


def function_state(function: Any) -> dict[str, Any] | None:
    """What a callable object remembers; a plain function has nothing to save."""
    if isinstance(function, types.FunctionType):
        return None
    return function.__dict__.copy()


class _FunctionLR(LRScheduler):
    """Multiplies by a function per parameter group, and saves the state of callable objects."""

    _apart = "lr_lambdas"
    _of_present: ClassVar[bool] = False
    """Whether the present rates are multiplied, not the initial ones."""

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
        for function in self.lr_lambdas:
            if self._of_present and not callable(function):
                kind = type(function).__name__
                raise TypeError(f"lr_lambda should be a function, but got {kind}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """Compute the rates of epoch `self.last_epoch`, one per parameter group."""
        self._warn_if_called_by_user()
        rates = self._present_lrs() if self._of_present else self.base_lrs
        if self._of_present and self._is_initial:
            return rates
        functions = zip(self.lr_lambdas, rates, strict=True)
        return [rate * function(self.last_epoch) for function, rate in functions]

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

    _of_present = True
