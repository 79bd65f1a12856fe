"""Pooling: the largest element, the mean or a norm of each window, in one to three dimensions.

Signals are `(N, C, L)`, images `(N, C, H, W)`, volumes `(N, C, D, H, W)`; all without the batch
as well. What is said of images holds for the others.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from minitorch_ff._checks import check, must_be_tensor
from minitorch_ff._functions._autocast import in_float32_on_cpu
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops import pooling as ops
from minitorch_ff.firefly.ops.base import apply, apply_several, not_implemented, refuse

COUNTS = "no", "one", "two", "three"
SQUEEZED = "Squeeze", 1
"""The node's name for a signal: PyTorch pools it as an image of one row."""


def as_tuple(value: Any, n: int) -> tuple[Any, ...]:
    """A sequence as a tuple, anything else `n` times."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * n


def per_dim(function: str, setting: str, value: Any, n: int) -> tuple[int, ...]:
    """A setting that is one int for all dimensions, or one for each.

    Raises:
        TypeError: It is no int.
        RuntimeError: There are too few ints, or too many.
    """
    values = as_tuple(value, n)
    if not all(hasattr(each, "__index__") for each in values):
        kind = type(value).__name__
        raise TypeError(f"{function}(): argument '{setting}' must be tuple of ints, not {kind}")
    if len(values) not in (1, n):
        one = f"{function}() argument '{setting}' should contain one int (got {len(values)})"
        omitted = "omitted, " if setting == "stride" else ""
        text = f"must either be {omitted}a single int, or a tuple of {COUNTS[n]} ints"
        raise RuntimeError(one if n == 1 else f"{function}: {setting} {text}")
    return values * (n // len(values))


def hashable(*values: Any) -> list[Any]:
    """Settings as they are, but lists as tuples."""
    return [tuple(value) if isinstance(value, list) else value for value in values]


def settings_of(name: str, n: int, *values: Any) -> Any:
    """Size, stride, padding and dilation of windows, for each dimension."""
    kernel_size, stride, padding, dilation = values
    kernel = per_dim(name, "kernel_size", kernel_size, n)
    if stride is None or stride == ():
        stride = kernel
    others = [("stride", stride), ("padding", padding), ("dilation", dilation)]
    columns = [per_dim(name, setting, value, n) for setting, value in others]
    return tuple(zip(kernel, *columns, strict=True))


@functools.lru_cache(1024, typed=True)
def windows_over(name: str, n: int, shape: Any, ceil_mode: bool, *values: Any) -> Any:
    """Each pooled dimension of a shape, and how windows lie along it.

    Raises:
        RuntimeError: The shape or a setting is impossible.
    """
    settings = settings_of(name, n, *values)
    first, text = len(shape) - n, f"non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected"
    check(first in (1, 2) or n == 1, f"{text} for input")
    text = f"Expected 2 to 3 dimensions, but got {len(shape)}-dimensional tensor for argument #1"
    check(first in (1, 2), f"{text} 'self' (while checking arguments for {name})")
    for k, s, p, d in settings:
        check(s, "stride should not be zero")
        check(p >= 0, f"pad must be non-negative, but got pad: {p}")
        text = f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size"
        check(p <= max((k - 1) * d + 1, 0) // 2, f"{text}={k} and dilation={d}")
    kernel, stride, _, dilation = zip(*settings, strict=True)
    named = ("kernel size", "stride", "dilation"), ("k", "d", "dilation")
    for what, letter, values in zip(*named, (kernel, stride, dilation), strict=True):
        each = [f"{letter}{c}: {v}" for c, v in zip("THW"[-n:], values, strict=True)]
        check(min(values) > 0, f"{what} should be greater than zero, but got {' '.join(each)}")
    if 0 in shape[first - 1 :]:
        ranks = f"Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch size"
        whose = name if name[0] == "a" else "max_pool3d_with_indices_out_cpu_template"
        text = f"{whose}(): Expected input's non-batch dimensions to have positive length, but"
        length = f"{text} input has a shape of {list(shape)} and non-batch dimension 0 has length"
        raise RuntimeError(
            f"{length} zero!" if n == 3 else f"{ranks} for input, but got:{list(shape)}"
        )
    sizes = [outputs(ceil_mode, size, *row) for size, row in zip(shape[-n:], settings, strict=True)]
    before, after = shape[first - 1 :], (shape[first - 1], *sizes)
    text = f"Given input size: ({by(before)}). Calculated output size: ({by(after)})."
    check(min(sizes) > 0, f"{text} Output size is too small")
    lines = enumerate(zip(shape[-n:], sizes, settings, strict=True), first)
    return tuple([(dim, ops.sliding(size, new, *row)) for dim, (size, new, row) in lines])


def by(sizes: Any) -> str:
    """Sizes as PyTorch's messages show them: `3x8x8`."""
    return "x".join(map(str, sizes))


def outputs(ceil_mode: bool, n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many windows fit; with `ceil_mode`, also one that begins inside and ends outside."""
    rest = n + 2 * padding - dilation * (kernel - 1) - 1
    size = (rest + (stride - 1 if ceil_mode else 0)) // stride + 1
    return size - 1 if ceil_mode and (size - 1) * stride >= n + padding else size


# ------------------------------------------------------------------------- the largest


def max_pool(n: int, input: Tensor, *values: Any) -> Any:
    """`max_pool1d` to `max_pool3d`."""
    name = f"max_pool{n}d"
    *where, ceil_mode, return_indices = hashable(*values)
    must_be_tensor(input, name, "input", 1)
    if n == 1 and not return_indices:
        check_signal(input, ceil_mode, *where)
    windows = windows_over(name, n, input.buffer.shape, ceil_mode, *where)
    refuse(input.buffer, "bc", f"max_pool{max(n, 2)}d")
    called = (f"MaxPool{n}DWithIndices", 0) if n > 1 else SQUEEZED
    return largest(n, input, windows, called, return_indices)


def check_signal(input: Tensor, ceil_mode: bool, *values: Any) -> None:
    """What PyTorch checks, in words of its own, where the indices are not wanted.

    Raises:
        RuntimeError: The shape or a setting is impossible.
    """
    shape, (setting,) = input.buffer.shape, settings_of("max_pool1d", 1, *values)
    k, s, p, d = setting
    text = "Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got"
    possible = len(shape) in (2, 3) and 0 not in shape[-2:]
    check(possible, f"max_pool1d: {text}:{list(shape)}")
    for name, value in (("kernel_size", k), ("stride", s), ("dilation", d)):
        check(value > 0, f"max_pool1d() {name} must be greater than zero, but got {value}")
    check(p >= 0, f"max_pool1d() padding must be non-negative, but got {p}")
    text = f"should be at most half of kernel size, but got padding={p} and kernel_size={k}"
    check(p <= k // 2, f"max_pool1d() padding {text}")
    size = outputs(ceil_mode, shape[-1], *setting)
    check(size > 0, f"max_pool1d() Invalid computed output size: {size}")
    refuse(input.buffer, "iubc", "max_pool1d_impl")


def largest(n: int, input: Tensor, windows: Any, called: Any, return_indices: bool) -> Any:
    """The largest element of each window over the last `n` dimensions; perhaps its position."""
    if not return_indices:
        return apply(ops.MaxPool, input, windows=windows, called=called)
    settings = {"windows": windows, "called": called, "first": input.buffer.ndim - n}
    return tuple(apply_several(ops.MaxPoolIndices, input, **settings))


def max_pool1d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window of a signal; see `max_pool2d`."""
    return max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    r"""The largest element of each window of an image; not-a-number counts as largest.

    Args:
        input: Shape `(N, C, H, W)` or `(C, H, W)`.
        kernel_size: The windows' height and width in pixels, or one int for both.
        stride: How far apart windows begin; by default as far as they are large.
        padding: How many pixels before and behind the image windows may reach, at most half of
            them; there is nothing there that could be largest.
        dilation: How far apart the pixels of a window are.
        ceil_mode: Also take a last window that reaches further over the end.
        return_indices: Give also where each was found: the first in row-major order, counted
            from the image's first pixel, as `max_unpool2d` wants it.

    Returns:
        Shape `(N, C, H', W')` with $H' = \lfloor (H + 2p - d (k - 1) - 1) / s \rfloor + 1$, or
        rounded up; with `return_indices` a pair, of that and an int64 tensor.

    Raises:
        RuntimeError: The shape or a setting is impossible.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.arange(16.0).reshape(1, 4, 4)
        >>> torch.nn.functional.max_pool2d(x, 2)
        tensor([[[ 5.,  7.],
                 [13., 15.]]])

    See: rule [`MaxPool`][minitorch_ff.firefly.ops.pooling.MaxPool],
        [torch.nn.functional.max_pool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html).
    """
    return max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@in_float32_on_cpu
def max_pool3d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window of a volume; see `max_pool2d`."""
    return max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def with_indices(function: Callable[..., Any]) -> Callable[..., Any]:
    """A pooling that always gives positions as well."""

    @functools.wraps(function)
    def pool(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{**kwargs, "return_indices": True})

    return pool


max_pool1d_with_indices = with_indices(max_pool1d)
max_pool2d_with_indices = with_indices(max_pool2d)
max_pool3d_with_indices = with_indices(max_pool3d)


# ---------------------------------------------------------------------------- the mean


def avg_pool(
    n: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """`avg_pool1d` to `avg_pool3d`."""
    name = f"avg_pool{n}d"
    must_be_tensor(input, name, "input", 1)
    shape, where = input.buffer.shape, (ceil_mode, *hashable(kernel_size, stride, padding), 1)
    windows = windows_over(name, n, shape, *where)
    check(divisor_override != 0, "divisor must be not zero")
    factors = elements(name, shape[-n:], count_include_pad, *where)
    if divisor_override is not None:
        factors = (divisor_override,)
    halves = () if n == 3 else ("float16", "bfloat16")
    if input.buffer.dtype.name not in ("float32", "float64", "int64", *halves):
        kernel = "avg_pool3d_out_frame" if n == 3 else "avg_pool2d"
        raise not_implemented(kernel, input.buffer.dtype)
    called = (f"AvgPool{n}D", 0) if n > 1 else SQUEEZED
    return apply(ops.AvgPool, input, windows=windows, factors=factors, called=called)


@functools.lru_cache(1024, typed=True)
def elements(name: str, sizes: Any, padded: bool, ceil_mode: bool, *values: Any) -> Any:
    """For each dimension, how many elements windows have along it, perhaps with padding."""
    counts = []
    for n, (k, s, p, _) in zip(sizes, settings_of(name, len(sizes), *values), strict=True):
        size = outputs(ceil_mode, n, k, s, p, 1)
        window = ops.sliding(n + 2 * p, size, k, s) if padded else ops.sliding(n, size, k, s, p)
        counts.append(window.elements())
    return counts


def avg_pool1d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The mean of each window of a signal; see `avg_pool2d`."""
    return avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window of an image.

    Args:
        input: Shape `(N, C, H, W)` or `(C, H, W)`.
        kernel_size: The windows' height and width in pixels, or one int for both.
        stride: How far apart windows begin; by default as far as they are large.
        padding: How many zeros to think of before and behind the image, at most half a window.
        ceil_mode: Also take a last window that reaches further over the end.
        count_include_pad: Whether these zeros count as elements.
        divisor_override: Divide the sums by this, not by the number of elements.

    Returns:
        Shape `(N, C, H', W')`, as `max_pool2d` has it.

    Raises:
        RuntimeError: The shape or a setting is impossible.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.functional.avg_pool2d(torch.arange(16.0).reshape(1, 4, 4), 2)
        tensor([[[ 2.5000,  4.5000],
                 [10.5000, 12.5000]]])

    See: rule [`AvgPool`][minitorch_ff.firefly.ops.pooling.AvgPool],
        [torch.nn.functional.avg_pool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html).
    """
    where = kernel_size, stride, padding, ceil_mode
    return avg_pool(2, input, *where, count_include_pad, divisor_override)


@in_float32_on_cpu
def avg_pool3d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window of a volume; see `avg_pool2d`."""
    where = kernel_size, stride, padding, ceil_mode
    return avg_pool(3, input, *where, count_include_pad, divisor_override)


# ------------------------------------------------------------------------------ a norm


def lp_pool(n: int, input: Tensor, p: float, kernel: Any, stride: Any, ceil_mode: bool) -> Tensor:
    """`lp_pool1d` to `lp_pool3d`: from the mean of the powers, whatever its sign is."""
    count = math.prod(per_dim(f"lp_pool{n}d", "kernel_size", kernel, n))
    mean = avg_pool(n, input.pow(p), kernel, stride, 0, ceil_mode, True)
    return (mean.sign() * mean.abs()).mul(count).pow(1.0 / p)


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The `p`-norm of each window of a signal; see `lp_pool2d`."""
    return lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    r"""The `p`-norm of each window of an image: $(\sum x^p)^{1/p}$, without taking $|x|$.

    Args:
        input: Shape `(N, C, H, W)` or `(C, H, W)`.
        norm_type: `p`, not 0.
        kernel_size: The windows' height and width in pixels, or one int for both.
        stride: How far apart windows begin; by default as far as they are large.
        ceil_mode: Also take a last window that reaches over the end.

    See: [torch.nn.functional.lp_pool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool2d.html).
    """
    return lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The `p`-norm of each window of a volume; see `lp_pool2d`."""
    return lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)
