"""`torch.accelerator`: whichever device computes faster than the host."""

from __future__ import annotations

from minitorch_ff._devices import device
from minitorch_ff.cuda import current_device as current_device_index
from minitorch_ff.cuda import device_count, is_available, synchronize

__all__ = [
    "current_accelerator", "current_device_index", "device_count", "is_available", "synchronize",
]  # fmt: skip


def current_accelerator(check_available: bool = False) -> device | None:
    """The kind of device, or None.

    See: [torch.accelerator](https://docs.pytorch.org/docs/stable/accelerator.html).
    """
    return device("cuda") if is_available() else None
