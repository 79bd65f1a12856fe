"""Pooling: the largest element or the mean of each window, over one to three dimensions."""

from __future__ import annotations

from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops import pooling as ops
from minitorch_ff.firefly.ops.base import apply, apply_several
from minitorch_ff.firefly.ops.pooling import sliding

COUNTS = "zero", "one", "two", "three"


def per_dim(function: str, name: str, value: Any, n: int) -> tuple[int, ...]:
    """A setting that is one int for all pooled dimensions, or an int for each.

    Raises:
        RuntimeError: There are too few, or too many.
    """
    values = (value,) if isinstance(value, int) else tuple(value)
    check(
        len(values) in (1, n),
        f"{function}: {name} must either be a single int, or a tuple of {COUNTS[n]} ints",
    )
    return values * n if len(values) == 1 else values


def max_pool(
    n: int, input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    dilation: Any = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """`max_pool1d` to `max_pool3d`."""
    name = f"max_pool{n}d"
    called, variant = (f"MaxPool{n}DWithIndices", 0) if n > 1 else ("Squeeze", 1)
    kernel = per_dim(name, "kernel_size", kernel_size, n)
    windows = windows_over(
        input, kernel,
        kernel if stride is None or stride == () else per_dim(name, "stride", stride, n),
        per_dim(name, "padding", padding, n), per_dim(name, "dilation", dilation, n), ceil_mode,
    )  # fmt: skip
    settings = {"windows": windows, "called": called, "variant": variant}
    if return_indices:
        return tuple(apply_several(ops.MaxPoolIndices, input, **settings))
    return apply(ops.MaxPool, input, **settings)


def windows_over(
    input: Tensor, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> list[Any]:
    """Each pooled dimension, and how windows lie along it."""
    sizes = input.buffer.shape[-len(kernel) :]
    dim, windows = input.buffer.ndim - len(kernel), []
    for n, k, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True):
        rest = n + 2 * p - d * (k - 1) - 1
        size = (rest + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and (size - 1) * s >= n + p:  # the last one would begin beyond the end
            size -= 1
        windows.append((dim, sliding(n, size, k, s, p, d)))
        dim += 1
    return windows


def max_pool2d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window."""
    return max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool(
    n: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Tensor:  # fmt: skip
    """`avg_pool1d` to `avg_pool3d`."""
    name = f"avg_pool{n}d"
    kernel = per_dim(name, "kernel_size", kernel_size, n)
    stride = kernel if stride is None or stride == () else per_dim(name, "stride", stride, n)
    padding = per_dim(name, "padding", padding, n)
    windows = windows_over(input, kernel, stride, padding, (1,) * n, ceil_mode)
    factors = [
        ops.elements(input.buffer.shape[dim], window.size, *where, count_include_pad)
        for (dim, window), *where in zip(windows, kernel, stride, padding, strict=True)
    ]
    if divisor_override is not None:
        check(divisor_override, "divisor must be not zero")
        factors = [divisor_override] + [1] * (n - 1)
    called, variant = (f"AvgPool{n}D", 0) if n > 1 else ("Squeeze", 1)
    return apply(
        ops.AvgPool, input, windows=windows, factors=factors, called=called, variant=variant
    )


def avg_pool2d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window."""
    return avg_pool(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
