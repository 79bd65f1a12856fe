"""Schedules along a cosine, without and with restarts (arXiv:1608.03983)."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff.optim.lr_scheduler.base import LRScheduler, Rate, raised_flag
from minitorch_ff.optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    r"""Let the rates fall along half a cosine, from the initial rate to `eta_min`.

    $$ \eta_t = \eta_{min} + (\eta_0 - \eta_{min})
       \frac{1 + \cos(\pi t / T_{max})}{2} $$

    Each step multiplies the present distance to `eta_min` by the ratio of two
    neighbouring points of that curve, so other schedules may act in between. Beyond
    `T_max` the rates rise again.

    Args:
        optimizer: Its `param_groups` are written to.
        T_max: Epochs from top to bottom.
        eta_min: The lowest rate.
        last_epoch: The epoch to go on from, -1 for a start.

    See: [CosineAnnealingLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,  # noqa: N803
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """Compute the rates of epoch `self.last_epoch`, one per parameter group."""
        self._warn_if_called_by_user()
        epoch, length, lowest = self.last_epoch, self.T_max, self.eta_min
        if self._is_initial:
            return self._present_lrs()
        if self._step_count == 1 and epoch > 0:
            # The order of the factors inside the cosine is another than in the closed
            # form below, and with it the last bit.
            return _along(self, 1 + math.cos(epoch * math.pi / length))
        groups = self.optimizer.param_groups
        if (epoch - 1 - length) % (2 * length) == 0:
            # The point before was the lowest: its distance is zero and has no ratio.
            curve = 1 - math.cos(math.pi / length)
            return [
                group["lr"] + (base_lr - lowest) * curve / 2
                for base_lr, group in zip(self.base_lrs, groups, strict=True)
            ]
        now = 1 + math.cos(math.pi * epoch / length)
        before = 1 + math.cos(math.pi * (epoch - 1) / length)
        return [now / before * (group["lr"] - lowest) + lowest for group in groups]

    def _get_closed_form_lr(self) -> list[Rate]:
        return _along(self, 1 + math.cos(math.pi * self.last_epoch / self.T_max))


def _along(scheduler: Any, curve: float) -> list[Rate]:
    """The rates where the cosine, shifted to lie between 0 and 2, has this value."""
    lowest = scheduler.eta_min
    return [lowest + (base_lr - lowest) * curve / 2 for base_lr in scheduler.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Let the rates fall along half a cosine, jump back to the top, and so on.

    Each fall takes `T_mult` times as long as the one before it.

    Args:
        optimizer: Its `param_groups` are written to.
        T_0: Epochs of the first fall.
        T_mult: How much longer each further fall is.
        eta_min: The lowest rate.
        last_epoch: The epoch to go on from, -1 for a start.

    Raises:
        ValueError: `T_0` or `T_mult` is not a positive integer, or `eta_min` is not a
            number.

    See: [CosineAnnealingWarmRestarts](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html).
    """

    T_cur: float
    """Epochs since the last restart."""
    T_i: int
    """Epochs between that restart and the next."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,  # noqa: N803
        T_mult: int = 1,  # noqa: N803
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, float | int):
            raise ValueError(
                f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}"
            )
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """Compute the rates at `self.T_cur` epochs after the restart."""
        self._warn_if_called_by_user()
        return _along(self, 1 + math.cos(math.pi * self.T_cur / self.T_i))

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to `epoch`, and write its rates.

        Args:
            epoch: Any point in time; with a fraction (`epoch + batch / batches`) the
                rates change after every batch.

        Raises:
            ValueError: `epoch` is negative.
        """
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = epoch or 0
            self._find_restart(epoch)
        self.last_epoch = math.floor(epoch)
        with raised_flag(self, "_get_lr_called_within_step"):
            rates = self.get_lr()
        self._write_lrs(rates)

    def _find_restart(self, epoch: float) -> None:
        """Set `T_cur` and `T_i` to where `epoch` lies between two restarts."""
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        first, growth = self.T_0, self.T_mult
        if epoch < first:
            self.T_i = first
            self.T_cur = epoch
        elif growth == 1:
            self.T_cur = epoch % first
        else:
            # The falls are a geometric series: `restarts` of them are over.
            restarts = int(math.log(epoch / first * (growth - 1) + 1, growth))
            self.T_cur = epoch - first * (growth**restarts - 1) / (growth - 1)
            self.T_i = first * growth**restarts
