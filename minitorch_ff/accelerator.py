"""`torch.accelerator`: whichever device computes faster than the host."""

from __future__ import annotations

from minitorch_ff import cuda
from minitorch_ff._devices import check_accelerator, device


def is_available() -> bool:
    """Whether there is one."""
    return cuda.is_available()


def device_count() -> int:
    """How many there are."""
    return cuda.device_count()


def current_accelerator(check_available: bool = False) -> device | None:
    """The kind of device, or None.

    See: [torch.accelerator](https://docs.pytorch.org/docs/stable/accelerator.html).
    """
    return device("cuda") if cuda.is_available() else None


def current_device_index() -> int:
    """The number of the device that new tensors go to.

    Raises:
        RuntimeError: There is none.
    """
    check_accelerator()
    return cuda.current_device()


def synchronize() -> None:
    """Wait until the device has done all that was asked of it.

    Raises:
        RuntimeError: There is none.
    """
    check_accelerator()
    cuda.synchronize()
