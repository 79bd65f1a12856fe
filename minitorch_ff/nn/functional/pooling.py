"""Pooling: the largest element, the mean or a norm of each window, in one to three dimensions.

Images are `(N, C, H, W)` or, without a batch, `(C, H, W)`; signals have one dimension less,
volumes one more. What is said of one rank holds for the others.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from minitorch_ff._checks import check, must_be_tensor, wrap_dim
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops import pooling as ops
from minitorch_ff.firefly.ops.base import apply, apply_several, not_implemented, refuse

POSITIONS = {"kernel_size": 2, "stride": 3, "padding": 4, "dilation": 5}
COUNTS = "no", "one", "two", "three"


def per_dim(function: str, setting: str, value: Any, n: int) -> tuple[int, ...]:
    """A setting of a pooling: one int for all dimensions, or one for each.

    Raises:
        TypeError: It is neither.
        RuntimeError: There are too few ints, or too many.
    """
    if type(value) is int:
        return (value,) * n
    if not isinstance(value, tuple | list):
        raise TypeError(
            f"{function}(): argument '{setting}' (position {POSITIONS.get(setting, 2)}) must be "
            f"tuple of ints, not {type(value).__name__}"
        )
    if len(value) == 1:
        return tuple(value) * n
    if len(value) != n:
        omitted = "omitted, " if setting == "stride" else ""
        must = "must be either" if setting == "dilation" else "must either be"
        text = f"{function}: {setting} {must} {omitted}a single int, or a tuple of {COUNTS[n]} ints"
        if n == 1:
            text = f"{function}() argument '{setting}' should contain one int (got {len(value)})"
        elif function == "avg_pool3d":
            text = text.replace("must either be", "must be")
        raise RuntimeError(text)
    return tuple(value)


def stride_or(kernel: tuple[int, ...], function: str, stride: Any) -> tuple[int, ...]:
    """The stride; as large as the windows if it was not given."""
    if stride is None or stride == ():
        return kernel
    return per_dim(function, "stride", stride, len(kernel))


def must_be_signal(function: str, input: Tensor) -> None:
    """Refuse what is neither `(N, C, L)` nor `(C, L)`."""
    must_be_tensor(input, function, "input", 1)
    ndim = input.buffer.ndim
    check(
        ndim in (2, 3),
        f"Expected 2 to 3 dimensions, but got {ndim}-dimensional tensor for argument #1 'self' "
        f"(while checking arguments for {function})",
    )


@functools.lru_cache(1024)
def windows_over(
    function: str, shape: tuple[int, ...], kernel: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool,
) -> tuple[tuple[int, ops.Window], ...]:  # fmt: skip
    """Each pooled dimension, and how windows lie along it.

    Raises:
        IndexError, RuntimeError: The shape or a setting is impossible.
    """
    n = len(kernel)
    first, sizes = len(shape) - n, shape[-n:]
    ranks = f"{n + 1}D or {n + 2}D"
    if function == "avg_pool2d":
        wrap_dim(-3, len(shape))
    elif first not in (1, 2):
        raise RuntimeError(f"non-empty {ranks} (batch mode) tensor expected for input")
    for k, s, p, d in zip(kernel, stride, padding, dilation, strict=True):
        check(s, "stride should not be zero")
        check(p >= 0, f"pad must be non-negative, but got pad: {p}")
        check(
            p <= max((k - 1) * d + 1, 0) // 2,
            "pad should be at most half of effective kernel size, but got "
            f"pad={p}, kernel_size={k} and dilation={d}",
        )
    for name, letter, values in (
        ("kernel size", "k", kernel), ("stride", "d", stride), ("dilation", "dilation", dilation),
    ):  # fmt: skip
        check(
            min(values) > 0,
            f"{name} should be greater than zero, but got {labelled(letter, values)}",
        )
    if first not in (1, 2) or 0 in shape[first - 1 :]:
        if n == 2:
            raise RuntimeError(
                f"Expected {ranks} (batch mode) tensor with optional 0 dim batch size for input, "
                f"but got:{list(shape)}"
            )
        name = (
            "avg_pool3d" if function == "avg_pool3d" else "max_pool3d_with_indices_out_cpu_template"
        )
        raise RuntimeError(
            f"{name}(): Expected input's non-batch dimensions to have positive length, but input "
            f"has a shape of {list(shape)} and non-batch dimension 0 has length zero!"
        )
    windows = []
    for i, (size, k, s, p, d) in enumerate(
        zip(sizes, kernel, stride, padding, dilation, strict=True)
    ):
        windows.append(
            (first + i, ops.sliding(size, outputs(size, k, s, p, d, ceil_mode), k, s, p, d))
        )
    if function == "avg_pool3d" and any(size < k for size, k in zip(sizes, kernel, strict=True)):
        raise RuntimeError(
            f"input image ({labelled('', sizes)}) smaller than kernel size "
            f"({labelled('k', kernel)})"
        )
    if any(window.size < 1 for _, window in windows):
        before = "x".join(map(str, shape[first - 1 :]))
        after = "x".join([str(shape[first - 1]), *[str(window.size) for _, window in windows]])
        raise RuntimeError(
            f"Given input size: ({before}). Calculated output size: ({after}). Output size is too "
            "small"
        )
    trivial = [k == s == 1 and not p for k, s, p in zip(kernel, stride, padding, strict=True)]
    return tuple([w for w, t in zip(windows, trivial, strict=True) if not t] or windows[-1:])


def outputs(n: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """How many windows fit; with `ceil_mode`, also one that begins inside and ends outside."""
    rest = n + 2 * padding - dilation * (kernel - 1) - 1
    size = (rest + (stride - 1 if ceil_mode else 0)) // stride + 1
    return size - 1 if ceil_mode and (size - 1) * stride >= n + padding else size


def labelled(prefix: str, values: Any) -> str:
    """Values for each dimension as PyTorch shows them: `kH: 2 kW: 3`."""
    letters = "THW"[-len(values) :]
    return " ".join([f"{prefix}{c}: {v}" for c, v in zip(letters, values, strict=True)])


# ------------------------------------------------------------------------- the largest


def max_pool(
    n: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool, return_indices: bool,
) -> Any:  # fmt: skip
    """`max_pool2d` and `max_pool3d`."""
    name = f"max_pool{n}d"
    must_be_tensor(input, name, "input", 1)
    kernel = per_dim(name, "kernel_size", kernel_size, n)
    windows = windows_over(
        name, input.buffer.shape, kernel, stride_or(kernel, name, stride),
        per_dim(name, "padding", padding, n), per_dim(name, "dilation", dilation, n), ceil_mode,
    )  # fmt: skip
    refuse(input.buffer, "bc", name)
    return largest(input, n, windows, f"MaxPool{n}DWithIndices", return_indices)


def largest(input: Tensor, n: int, windows: Any, called: str, return_indices: bool) -> Any:
    """The largest element of each window over the last `n` dimensions; perhaps its position."""
    if not return_indices:
        return apply(ops.MaxPool, input, windows=windows, called=called)
    first = input.buffer.ndim - n
    return tuple(
        apply_several(ops.MaxPoolIndices, input, windows=windows, called=called, first=first)
    )


def max_pool1d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window of a signal; see `max_pool2d`."""
    name = "max_pool1d"
    if not return_indices:
        check_max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode)
    must_be_signal(name, input)
    kernel = per_dim(name, "kernel_size", kernel_size, 1)
    settings = (
        (1, *kernel), (1, *stride_or(kernel, name, stride)),
        (0, *per_dim(name, "padding", padding, 1)), (1, *per_dim(name, "dilation", dilation, 1)),
    )  # fmt: skip
    out = max_pool(2, input.unsqueeze(-2), *settings, ceil_mode, return_indices)
    return tuple([t.squeeze(-2) for t in out]) if return_indices else out.squeeze(-2)


def check_max_pool1d(
    input: Tensor, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> None:
    """What PyTorch checks, in words of its own, where no indices are wanted."""
    must_be_tensor(input, "max_pool1d", "input", 1)
    shape = input.buffer.shape
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{list(shape)}"
        )
    if stride is None or stride == ():
        stride = kernel_size
    values = []
    for name, value, kinds in (
        ("kernel_size", kernel_size, "an int, list of ints"),
        ("stride", stride, "None, an int, list of ints,"),
        ("padding", padding, "an int, list of ints,"),
        ("dilation", dilation, "an int, list of ints"),
    ):
        if isinstance(value, tuple | list) and len(value) != 1:
            raise RuntimeError(
                f"max_pool1d() {name} must be {kinds} or tuple of ints of size 1 but got size "
                f"{len(value)}"
            )
        (number,) = per_dim("max_pool1d", name, value, 1)
        least, words = (0, "non-negative") if name == "padding" else (1, "greater than zero")
        check(number >= least, f"max_pool1d() {name} must be {words}, but got {number}")
        values.append(number)
    k, _, p, _ = values
    text = f"padding should be at most half of kernel size, but got padding={p} and kernel_size={k}"
    check(p <= k // 2, f"max_pool1d() {text}")
    size = outputs(shape[-1], *values, ceil_mode)
    check(size > 0, f"max_pool1d() Invalid computed output size: {size}")
    refuse(input.buffer, "iubc", "max_pool1d_impl")


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

AVERAGED = {
    2: ("avg_pool2d", "float64 float32 float16 bfloat16 int64"),
    3: ("avg_pool3d_out_frame", "float64 float32 int64"),
}
"""PyTorch's kernel for each number of dimensions, and the dtypes it has."""


def avg_pool(
    n: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Tensor:  # fmt: skip
    """`avg_pool2d` and `avg_pool3d`."""
    name = f"avg_pool{n}d"
    must_be_tensor(input, name, "input", 1)
    kernel = per_dim(name, "kernel_size", kernel_size, n)
    stride = stride_or(kernel, name, stride)
    padding = per_dim(name, "padding", padding, n)
    shape = input.buffer.shape
    windows = windows_over(name, shape, kernel, stride, padding, (1,) * n, ceil_mode)
    if divisor_override is None:
        where = shape[-n:], kernel, stride, padding
        factors = elements(*where, ceil_mode, count_include_pad)
    else:
        check(divisor_override, "divisor must be not zero")
        if not isinstance(divisor_override, int):
            kind = type(divisor_override).__name__
            raise TypeError(f"{name}(): argument 'divisor_override' must be int, not {kind}")
        factors = (divisor_override,)
    kernel_name, dtypes = AVERAGED[n]
    if input.buffer.dtype.name not in dtypes.split():
        raise not_implemented(kernel_name, input.buffer.dtype)
    return apply(ops.AvgPool, input, windows=windows, factors=factors, called=f"AvgPool{n}D")


@functools.lru_cache(1024)
def elements(
    sizes: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, with_padding: bool
) -> tuple[Any, ...]:
    """For each dimension, how many elements windows have along it."""
    counts = []
    for n, k, s, p in zip(sizes, kernel, stride, padding, strict=True):
        where = (n + 2 * p, 0) if with_padding else (n, p)
        size = outputs(n, k, s, p, 1, ceil_mode)
        counts.append(ops.sliding(where[0], size, k, s, where[1]).elements())
    return tuple(counts)


def avg_pool1d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The mean of each window of a signal; see `avg_pool2d`."""
    name = "avg_pool1d"
    must_be_signal(name, input)
    kernel = per_dim(name, "kernel_size", kernel_size, 1)
    settings = (
        (1, *kernel), (1, *stride_or(kernel, name, stride)),
        (0, *per_dim(name, "padding", padding, 1)),
    )  # fmt: skip
    image = input.unsqueeze(-2)
    return avg_pool(2, image, *settings, ceil_mode, count_include_pad, None).squeeze(-2)


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


def avg_pool3d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window of a volume; see `avg_pool2d`."""
    where = kernel_size, stride, padding, ceil_mode
    return avg_pool(3, input, *where, count_include_pad, divisor_override)


# --------------------------------------------------------------------------- and others


def lp_pool(n: int, input: Tensor, norm_type: float, kernel: Any, *others: Any) -> Tensor:
    """`lp_pool1d` to `lp_pool3d`: from the mean of the powers, whatever its sign is."""
    stride, ceil_mode = others
    pool = (avg_pool1d, avg_pool2d, avg_pool3d)[n - 1]
    mean = pool(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    count = kernel if n == 1 else math.prod(kernel)
    return (mean.sign() * mean.abs()).mul(count).pow(1.0 / norm_type)


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
    height, width = as_tuple(kernel_size, 2)
    return lp_pool(2, input, norm_type, (height, width), stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The `p`-norm of each window of a volume; see `lp_pool2d`."""
    depth, height, width = as_tuple(kernel_size, 3)
    return lp_pool(3, input, norm_type, (depth, height, width), stride, ceil_mode)


def as_tuple(value: Any, n: int) -> tuple[Any, ...]:
    """A sequence as a tuple, anything else `n` times."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * n
