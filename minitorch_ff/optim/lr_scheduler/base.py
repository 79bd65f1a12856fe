"""What all schedulers share: counting epochs, and writing rates into the optimizer."""

from __future__ import annotations

import functools
import warnings
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeAlias

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim.optimizer import Optimizer

Rate: TypeAlias = float | Tensor

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
    "possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if "
    "epoch is different from None, the closed form is used instead of the new chainable form, "
    "where available. Please open an issue if you are unable to replicate your use case: "
    "https://github.com/pytorch/pytorch/issues/new/choose."
)

_HOW_TO = (
    "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)
_STEP_OVERRIDDEN = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
    "initialization. Please, make sure to call `optimizer.step()` before "
    "`lr_scheduler.step()`. " + _HOW_TO
)
_STEPPED_TOO_EARLY = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. "
    "In PyTorch 1.1.0 and later, you should call them in the opposite order: "
    "`optimizer.step()` before `lr_scheduler.step()`.  Failure to do this "
    "will result in PyTorch skipping the first value of the learning rate schedule. " + _HOW_TO
)


def own(value: Any) -> Any:
    """`value`, or a copy of it if it is a tensor, which others could write into."""
    return value.clone() if isinstance(value, Tensor) else value


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """One value for each parameter group, from a list of them or from one for all."""
    count = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        value = [value] * count
    elif len(value) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(value)} values, param_groups has {count}."
        )
    return [own(item) for item in value]


def group_values(optimizer: Optimizer, key: str) -> list[Any]:
    """What the parameter groups hold under `key`."""
    return [own(group[key]) for group in optimizer.param_groups]


def set_group_value(group: dict[str, Any], key: str, value: Any) -> None:
    """Write into a parameter group; a tensor stays the same object."""
    held = group[key]
    if not isinstance(held, Tensor):
        group[key] = value
        return
    if isinstance(value, Tensor) and value.dim() != 0:
        value = value.squeeze()
    held.fill_(value)


@contextmanager
def raised_flag(scheduler: LRScheduler, name: str) -> Iterator[None]:
    """Inside the block the scheduler's attribute `name` is True, after it False."""
    setattr(scheduler, name, True)
    try:
        yield
    finally:
        setattr(scheduler, name, False)


def check_strategy(anneal_strategy: str) -> None:
    """Refuse a way between two rates that there is not."""
    if anneal_strategy not in ["cos", "linear"]:
        raise ValueError(
            f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
        )


def _mark_steps(optimizer: Any) -> None:
    """Let `optimizer.step` leave a mark, so that schedulers know it was called."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    step = optimizer.step.__func__
    reference = weakref.ref(optimizer)  # the optimizer holds the wrapper: no cycle

    @functools.wraps(step)
    def marked_step(*args: Any, **kwargs: Any) -> Any:
        optimizer: Any = reference()
        optimizer._opt_called = True
        return step(optimizer, *args, **kwargs)

    marked_step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = marked_step


class LRScheduler:
    """Sets the learning rates of an optimizer, once per epoch or per batch.

    A scheduler of one's own overrides `get_lr`. It may compute from `self.last_epoch`,
    `self.base_lrs` (the rates at the start) and the groups' present rates. If it also
    has `_get_closed_form_lr`, `step(epoch)` uses that one.

    Making a scheduler writes the schedule's first rates into the optimizer.

    Args:
        optimizer: Its `param_groups` are written to.
        last_epoch: The epoch to go on from, -1 for a start. Going on needs an
            `initial_lr` in every parameter group.

    Raises:
        TypeError: `optimizer` is not an optimizer.
        KeyError: `last_epoch` is not -1 and a group has no `initial_lr`.

    See: [LRScheduler](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html).
    """

    _get_lr_called_within_step = False
    _is_initial = False
    _apart: ClassVar[str | None] = None
    """An attribute that is not saved as it is, say one that holds functions."""

    optimizer: Optimizer
    base_lrs: list[Rate]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self._attach(optimizer)
        for index, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", own(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{index}] when resuming "
                    "scheduler with last_epoch >= 0.\n"
                    "This typically happens when:\n"
                    "1. You're trying to resume training from a checkpoint but haven't properly "
                    "loaded the optimizer state\n"
                    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
                )
        self.base_lrs = group_values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _mark_steps(optimizer)
        self._initial_step()

    def _attach(self, optimizer: Optimizer) -> None:
        """Note whose rates are set."""
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer

    def _initial_step(self) -> None:
        """Write the first rates: a step that `get_lr` can tell from the others."""
        self._step_count = 0
        with raised_flag(self, "_is_initial"):
            self.step()

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch and write its rates; after `optimizer.step()`.

        Args:
            epoch: Go to this epoch instead. Deprecated, with a warning.
        """
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
                warnings.warn(_STEP_OVERRIDDEN, UserWarning, stacklevel=2)
            elif not getattr(self.optimizer, "_opt_called", False):
                warnings.warn(_STEPPED_TOO_EARLY, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Compute and write the rates of the next epoch, or of `epoch`."""
        with raised_flag(self, "_get_lr_called_within_step"):
            if epoch is None:
                self.last_epoch += 1
                rates = self.get_lr()
            else:
                self.last_epoch = epoch
                rates = getattr(self, "_get_closed_form_lr", self.get_lr)()
        self._write_lrs(rates)

    def _write_lrs(self, rates: Sequence[Rate]) -> None:
        """Put one rate into each parameter group, and remember what is there now."""
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_group_value(group, "lr", rate)
        self._last_lr = self._present_lrs()

    def _present_lrs(self) -> list[Rate]:
        """The rates that the optimizer has now."""
        return group_values(self.optimizer, "lr")

    def _warn_if_called_by_user(self) -> None:
        """Warn of a `get_lr()` that does not come from `step`."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, "
                "please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    def get_lr(self) -> list[Rate]:
        """Compute the rates of epoch `self.last_epoch`, one per parameter group.

        It is for `step` to call; what was computed last is `get_last_lr()`.
        """
        raise NotImplementedError

    def get_last_lr(self) -> list[Rate]:
        """Return the rates that were written last, one per parameter group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return everything the scheduler knows, except the optimizer and plain functions."""
        state = {key: value for key, value in vars(self).items() if key != "optimizer"}
        if self._apart:
            state[self._apart] = self._packed(state.pop(self._apart))
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the scheduler stood whose `state_dict()` this is."""
        state = dict(state_dict)
        saved = state.pop(self._apart) if self._apart else None
        vars(self).update(state)
        if saved is not None:
            self._unpack(saved)

    def _packed(self, value: Any) -> Any:
        """What is saved of the attribute `_apart`."""
        return value

    def _unpack(self, saved: Any) -> None:
        """Put into the attribute `_apart` what was saved of it."""


class _LRScheduler(LRScheduler):
    """The older name of `LRScheduler`, for scripts that derive from it."""
