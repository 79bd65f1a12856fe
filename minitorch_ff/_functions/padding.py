"""Margins around a tensor: `torch.constant_pad_nd`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch_ff._checks import check, must_be_tensor
from minitorch_ff._functions._operands import Tensor, checked_number
from minitorch_ff.firefly.ops.base import apply
from minitorch_ff.firefly.ops.resampling import ConstantPadNd


def constant_pad_nd(input: Tensor, pad: Sequence[int], value: Any = 0) -> Tensor:
    """Add margins of one value, or cut margins off.

    Args:
        input: Any shape.
        pad: How much before and after the last dimension, then the one before it, and so on;
            a negative number cuts off.
        value: What the margins hold.

    Returns:
        The input's dtype, always in new memory.

    Raises:
        RuntimeError: There are too many numbers or an odd number of them, more is cut off than
            there is, or `value` does not fit the dtype.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.constant_pad_nd(torch.tensor([1, 2]), (2, -1), 7)
        tensor([7, 7, 1])

    See: rule [`ConstantPadNd`][minitorch_ff.firefly.ops.resampling.ConstantPadNd],
        [torch.nn.functional.pad](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html).
    """
    must_be_tensor(input, "constant_pad_nd", "input", 1)
    shape = input.buffer.shape
    check(len(pad) % 2 == 0, f"Length of pad must be even but instead it equals {len(pad)}")
    text = "Length of pad should be no more than twice the number of dimensions of the input."
    more = f"Pad length is {len(pad)}while the input has {len(shape)}dimensions."
    check(len(pad) <= 2 * len(shape), f"{text} {more}")
    pairs = margins(pad, len(shape))
    for n, (before, after) in zip(shape, pairs, strict=True):
        left = n + min(before, 0) + min(after, 0)
        check(left >= 0, "narrow(): length must be non-negative.")
    return apply(
        ConstantPadNd, input, margins=pairs, value=checked_number(value, input.buffer.dtype)
    )


def margins(pad: Sequence[int], ndim: int) -> list[tuple[int, int]]:
    """A pair for each dimension, from PyTorch's list, which begins with the last dimension."""
    given = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    return [(0, 0)] * (ndim - len(given)) + given[::-1]
