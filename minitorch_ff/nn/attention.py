"""`torch.nn.attention`: which of PyTorch's kernels computes attention. Here there is one way."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterator
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._missing import missing as _missing

__all__ = ["SDPBackend", "sdpa_kernel"]


class SDPBackend(enum.Enum):
    """PyTorch's kernels; on the CPU it has two, `MATH` and `FLASH_ATTENTION`."""

    ERROR, MATH, FLASH_ATTENTION, EFFICIENT_ATTENTION, CUDNN_ATTENTION, OVERRIDEABLE = range(-1, 5)

    def __str__(self) -> str:
        return f"SDPBackend.{self.name}"


@contextlib.contextmanager
def sdpa_kernel(backends: Any, set_priority: bool = False) -> Iterator[None]:
    """Choose kernels for a block; they give the same results, so nothing changes.

    Args:
        backends: A member of `SDPBackend`, or a list of them.
        set_priority: Whether the list is in the order of preference.

    Raises:
        AssertionError: It is something else.

    See: [torch.nn.attention.sdpa_kernel](https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.sdpa_kernel.html).
    """
    text = "Backend must be an instance of SDPBackend or a list of SDPBackend instances, got"
    fits = isinstance(backends, SDPBackend | list)
    check(fits, f"{text} {type(backends).__name__}", AssertionError)
    yield


__getattr__ = _missing(__name__)
