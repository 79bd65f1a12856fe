"""Names for stretches of a program, which NVIDIA's profilers show above the GPU's work.

Without a profiler they cost next to nothing. See
[torch.cuda.nvtx](https://docs.pytorch.org/docs/stable/cuda.html#nvidia-tools-extension-nvtx).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._devices import cuda_runtime, has_cuda

__all__ = ["mark", "range", "range_end", "range_pop", "range_push", "range_start"]


class _Open(threading.local):
    """How many ranges of a thread are open."""

    count = 0


_open = _Open()


def _marks() -> Any:
    """CuPy's way to the profiler."""
    check(has_cuda(), "NVTX functions not installed. Are you sure you have a CUDA build?")
    return cuda_runtime().nvtx()


def range_push(msg: str) -> int:
    """Begin a range inside of those that are open.

    Args:
        msg: Its name.

    Returns:
        How many were open, in this thread.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.

    See: [torch.cuda.nvtx.range_push](https://docs.pytorch.org/docs/stable/generated/torch.cuda.nvtx.range_push.html).
    """
    _marks().RangePush(msg)
    _open.count += 1
    return _open.count - 1


def range_pop() -> int:
    """End the range that was begun last.

    Returns:
        How many are still open, in this thread; -1 if none was.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.

    See: [torch.cuda.nvtx.range_pop](https://docs.pytorch.org/docs/stable/generated/torch.cuda.nvtx.range_pop.html).
    """
    _marks().RangePop()
    left = _open.count - 1
    _open.count = max(left, 0)
    return left


def range_start(msg: str) -> int:
    """Begin a range that may end anywhere, in another thread as well.

    Returns:
        Its number, for `range_end`.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.
    """
    return int(_marks().RangeStart(msg, 0))


def range_end(range_id: int) -> None:
    """End a range that `range_start` began.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.
    """
    _marks().RangeEnd(range_id)


def mark(msg: str) -> None:
    """Mark a moment.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.

    See: [torch.cuda.nvtx.mark](https://docs.pytorch.org/docs/stable/generated/torch.cuda.nvtx.mark.html).
    """
    _marks().Mark(msg)


@contextlib.contextmanager
def range(msg: str, *args: Any, **kwargs: Any) -> Iterator[None]:
    """A range for a block, or as a decorator for a function.

    Args:
        msg: Its name.
        *args: What stands in the places of its braces, as in `msg.format(...)`.
        **kwargs: Likewise, by name.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.
    """
    range_push(msg.format(*args, **kwargs))
    try:
        yield
    finally:
        range_pop()
