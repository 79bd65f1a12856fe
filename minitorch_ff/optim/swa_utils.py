"""Averages of weights over time (arXiv:1803.05407), and a schedule for them.

`AveragedModel` keeps the average, `SWALR` brings the rate to the constant at which
averaging pays, `update_bn` measures the batch statistics of the averaged model.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from minitorch_ff._dtypes import int64
from minitorch_ff._functions.creation import tensor
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.modules.batchnorm import _BatchNorm
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.optim.lr_scheduler.base import LRScheduler, Rate, check_strategy, per_group
from minitorch_ff.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from minitorch_ff._devices import device as Device

__all__ = [
    "SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn",
    "get_swa_multi_avg_fn", "update_bn",
]  # fmt: skip

Count: TypeAlias = "Tensor | int"
AverageOne: TypeAlias = "Callable[[Tensor, Tensor, Count], Tensor]"
AverageMany: TypeAlias = "Callable[[list[Tensor], list[Tensor], Count], None]"


def _check_decay(decay: float) -> None:
    """Raise for a decay that is not a fraction."""
    if decay < 0.0 or decay > 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


def _can_lerp(tensors: list[Tensor]) -> bool:
    """Whether the values lie on a line without gaps."""
    return tensors[0].is_floating_point() or tensors[0].is_complex()


def get_ema_multi_avg_fn(decay: float = 0.999) -> AverageMany:
    """Make the function that moves averages a little towards the present values.

    Args:
        decay: How much of an average stays, in [0, 1].

    Returns:
        A function of the averages, which it changes, the present values, and the number
        of values averaged so far, which it does not use.

    Raises:
        ValueError: `decay` is out of its range.

    See: [get_ema_multi_avg_fn](https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema).
    """
    _check_decay(decay)

    def ema_update(averages: list[Tensor], values: list[Tensor], _: Count) -> None:
        lerp = _can_lerp(averages)
        with no_grad():
            for average, value in zip(averages, values, strict=True):
                if lerp:
                    average.lerp_(value, 1 - decay)
                else:
                    average.copy_(average * decay + value * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> AverageMany:
    """Make the function that takes one more value into plain averages.

    Returns:
        A function of the averages, which it changes, the present values, and the number
        of values averaged so far.

    See: [get_swa_multi_avg_fn](https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema).
    """

    def swa_update(averages: list[Tensor], values: list[Tensor], count: Count) -> None:
        lerp = _can_lerp(averages)
        with no_grad():
            for average, value in zip(averages, values, strict=True):
                if lerp:
                    average.lerp_(value, float(1 / (count + 1)))
                elif isinstance(count, Tensor):
                    average.addcdiv_(value - average, count + 1)
                else:
                    average.add_(value - average, alpha=1.0 / (count + 1))

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> AverageOne:
    """Make the function that moves one average a little towards the present value.

    Args:
        decay: How much of an average stays, in [0, 1].

    Returns:
        A function of the average, the present value, and the number of values averaged
        so far, which it does not use; it returns the new average.

    Raises:
        ValueError: `decay` is out of its range.

    See: [get_ema_avg_fn](https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema).
    """
    _check_decay(decay)

    def ema_update(average: Tensor, value: Tensor, _: Count) -> Tensor:
        with no_grad():
            return decay * average + (1 - decay) * value

    return ema_update


def get_swa_avg_fn() -> AverageOne:
    """Make the function that takes one more value into a plain average.

    Returns:
        A function of the average, the present value, and the number of values averaged
        so far; it returns the new average.

    See: [get_swa_avg_fn](https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema).
    """

    def swa_update(average: Tensor, value: Tensor, count: Count) -> Tensor:
        with no_grad():
            return average + (value - average) / (count + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model whose parameters are averages over the model's history.

    The first `update_parameters` copies the model, each further one averages. The
    functions that average are not part of `state_dict()`.

    Args:
        model: It is copied, and stays as it is.
        device: Where the copy shall be; None: where the model is.
        avg_fn: From an average, a value and the number of values so far to the new
            average; None: the plain average.
        multi_avg_fn: The same for lists of tensors of one dtype and device; it changes
            the averages. Only one of the two may be given.
        use_buffers: Whether buffers are averaged, too, or just copied.

    Raises:
        AssertionError: Both functions are given.

    Example:
        >>> import minitorch_ff as torch
        >>> model = torch.nn.Linear(1, 1, bias=False)
        >>> average = torch.optim.swa_utils.AveragedModel(model)
        >>> for value in (1.0, 2.0, 6.0):
        ...     _ = torch.nn.init.constant_(model.weight, value)
        ...     average.update_parameters(model)
        >>> average.module.weight.item(), average.n_averaged
        (3.0, tensor(3))

    See: [AveragedModel](https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.AveragedModel.html).
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: int | str | Device | None = None,
        avg_fn: AverageOne | None = None,
        multi_avg_fn: AverageMany | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the averaged model."""
        return self.module(*args, **kwargs)

    def _averaged_tensors(self, module: Module) -> Iterable[Tensor]:
        """What of a module is averaged."""
        if self.use_buffers:
            return itertools.chain(module.parameters(), module.buffers())
        return module.parameters()

    def update_parameters(self, model: Module) -> None:
        """Take the present parameters of `model` into the average."""
        averages = [each.detach() for each in self._averaged_tensors(self.module)]
        values = [
            value.detach().to(average.device)
            for average, value in zip(averages, self._averaged_tensors(model), strict=False)
        ]
        if self.n_averaged.item() == 0:
            for average, value in zip(averages, values, strict=False):
                average.copy_(value)
        elif self.multi_avg_fn is not None:
            self._average_groups(averages, values, self.multi_avg_fn)
        else:
            average_one = self.avg_fn or get_swa_avg_fn()
            for average, value in zip(averages, values, strict=True):
                count = self.n_averaged.to(average.device)
                average.copy_(average_one(average, value, count))

        if not self.use_buffers:
            for mine, theirs in zip(self.module.buffers(), model.buffers(), strict=True):
                mine.detach().copy_(theirs.detach().to(mine.device))
        self.n_averaged += 1

    def _average_groups(
        self, averages: list[Tensor], values: list[Tensor], average_many: AverageMany
    ) -> None:
        """Average the tensors of each device and dtype together."""
        groups: dict[Any, list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for average, value in zip(averages, values, strict=True):
            groups[average.device, average.dtype].append((average, value))
        for (device, _), pairs in groups.items():
            of_averages, of_values = (list(tensors) for tensors in zip(*pairs, strict=True))
            average_many(of_averages, of_values, self.n_averaged.to(device))


def update_bn(
    loader: Iterable[Any], model: Module, device: int | str | Device | None = None
) -> None:
    """Measure the running statistics of the BatchNorm layers anew.

    Averaged weights need it: the statistics were those of the weights along the way.

    Args:
        loader: Gives batches: inputs, or lists or tuples whose first item is the input.
        model: Its layers are changed, in one pass over the loader.
        device: Inputs are moved there first; None: they stay where they are.

    See: [update_bn](https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.update_bn.html).
    """
    momenta = {m: m.momentum for m in model.modules() if isinstance(m, _BatchNorm)}
    if not momenta:
        return

    was_training = model.training
    model.train()
    for module in momenta:
        module.reset_running_stats()
        module.momentum = None  # all batches count alike
    with no_grad():
        for batch in loader:
            inputs = batch[0] if isinstance(batch, list | tuple) else batch
            model(inputs if device is None else inputs.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Move the rates to a constant, and leave them there.

    Args:
        optimizer: Its `param_groups` are written to.
        swa_lr: The constant, or a list with one per parameter group.
        anneal_epochs: Epochs until it is reached.
        anneal_strategy: The way there: `"cos"` or `"linear"`.
        last_epoch: The epoch to go on from, -1 for a start.

    Raises:
        ValueError: `anneal_epochs` or `anneal_strategy` is out of its range, or
            `swa_lr` has another length than `param_groups`.

    See: [SWALR](https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.SWALR.html).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        swa_lrs = per_group("swa_lr", optimizer, swa_lr)
        for rate, group in zip(swa_lrs, optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        check_strategy(anneal_strategy)
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _part_done(self, step: int) -> float:
        """How much of the way is over after `step` epochs, in [0, 1]."""
        part = max(0, min(1, step / max(1, self.anneal_epochs)))
        if self._anneal_strategy == "cos":
            return (1 - math.cos(math.pi * part)) / 2
        return part

    def get_lr(self) -> list[Rate]:
        """Compute the rates of the present step, one per parameter group."""
        self._warn_if_called_by_user()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._part_done(step - 1), self._part_done(step)
        rates: list[Rate] = []
        for group in self.optimizer.param_groups:
            start, goal = group["lr"], group["swa_lr"]
            # Where the way began is not kept: it follows from the last rate.
            start = goal if before == 1 else (start - before * goal) / (1 - before)
            rates.append(goal * now + start * (1 - now))
        return rates
