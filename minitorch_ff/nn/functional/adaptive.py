"""Pooling to a wanted size, adaptive or fractional, and unpooling; see `pooling`."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._dtypes import int64
from minitorch_ff._functions._operands import type_name
from minitorch_ff._functions.creation import arange
from minitorch_ff._functions.random import rand
from minitorch_ff._functions._autocast import in_float32_on_cpu
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops import pooling as ops
from minitorch_ff.firefly.ops.base import apply, not_implemented
from minitorch_ff.nn.functional.pooling import as_tuple, by, largest, per_dim, with_indices

FLOATING = "float64", "float32", "float16", "bfloat16"


def with_default(output_size: Any, input: Tensor, n: int) -> tuple[int, ...]:
    """The wanted size of each dimension, where None stands for the size it has.

    Raises:
        ValueError: The input has too few dimensions.
    """
    shape = input.size()
    if isinstance(output_size, int):
        return (output_size,) * n
    wanted = len(output_size)
    check(len(shape) > wanted, f"Input dimension should be at least {wanted + 1}", ValueError)
    sizes = zip(output_size, shape[-wanted:], strict=False)
    return tuple([default if size is None else size for size, default in sizes])


def of_signal(function: str, input: Tensor, output_size: Any) -> tuple[Tensor, tuple[int, int]]:
    """A signal as an image of one row, and the wanted size of the image.

    Raises:
        RuntimeError: There are other dimensions, or not one size.
    """
    (size,) = per_dim(function, "output_size", output_size, 1)
    ndim = input.dim()
    text = f"Expected 2 to 3 dimensions, but got {ndim}-dimensional tensor for argument #1 'self'"
    check(ndim in (2, 3), f"{text} (while checking arguments for {function})")
    return input.unsqueeze(-2), (1, size)


def adaptive_windows(kind: str, input: Tensor, sizes: tuple[int, ...], filled: int) -> Any:
    """Windows that share each of the last dimensions as evenly as possible.

    Raises:
        RuntimeError: The input's shape is impossible: of the last `filled`
            dimensions none may be empty.
        NotImplementedError: It is not floating.
    """
    shape, n = input.buffer.shape, len(sizes)
    name, colon = f"adaptive_{kind}_pool{n}d", ":" if kind == "max" else ""
    text = f"Expected {n + 1}D or {n + 2}D tensor, but got{colon} {list(shape)}"
    check(len(shape) in (n + 1, n + 2), f"{name}(): {text}")
    if 0 in shape[-filled:]:
        dim = shape.index(0, len(shape) - filled)
        text = "Expected input to have non-zero size for non-batch dimensions, but input has sizes"
        raise RuntimeError(f"{name}(): {text} {list(shape)} with dimension {dim} being empty")
    if input.buffer.dtype.name not in FLOATING:
        raise not_implemented(name if n == 2 else f"{name}_cpu", input.buffer.dtype)
    if min(sizes) < 0:
        result = [*shape[:-n], *sizes]
        text = "Trying to create tensor with negative dimension"
        raise RuntimeError(f"{text} {min(sizes)}: {result}")
    lines = enumerate(zip(shape[-n:], sizes, strict=True), len(shape) - n)
    return [(dim, ops.adaptive(old, new)) for dim, (old, new) in lines]


# ---------------------------------------------------------------------------- the mean


def adaptive_avg_pool(n: int, input: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """`adaptive_avg_pool2d` and `adaptive_avg_pool3d`."""
    name = f"adaptive_avg_pool{n}d"
    check(len(sizes) == n, f"{name}: output_size must be {n}")
    listed = ", ".join(map(str, sizes[:2])) + "".join([f",{size}" for size in sizes[2:]])
    text = f"{name}: elements of output_size must be greater than or equal to 0 but received"
    check(min(sizes) >= 0, f"{text} {{{listed}}}")
    if sizes == (1,) * n:
        return input.mean(tuple(range(-n, 0)), keepdim=True)
    filled = 2 if n == 2 else 4  # images may be without a channel
    windows = adaptive_windows("avg", input, sizes, filled)
    settings = {"windows": windows, "factors": [window.elements() for _, window in windows]}
    return apply(ops.AvgPool, input, called=(f"AdaptiveAvgPool{n}D", 0), **settings)


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The mean of each of `output_size` windows of a signal; see `adaptive_avg_pool2d`."""
    image, sizes = of_signal("adaptive_avg_pool1d", input, output_size)
    return adaptive_avg_pool(2, image, sizes).squeeze(-2)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The mean of each window, as many as are wanted: they share the image evenly.

    Window `i` of `n` over `H` rows reaches from row `⌊i H/n⌋` to before row `⌈(i+1) H/n⌉`.

    Args:
        input: Shape `(N, C, H, W)` or `(C, H, W)`.
        output_size: Height and width of the result, or one int for both; None for the input's.

    Raises:
        RuntimeError: The shape or size is impossible.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.functional.adaptive_avg_pool2d(torch.arange(6.0).reshape(1, 2, 3), (1, 2))
        tensor([[[2., 3.]]])

    See: rule [`AvgPool`][minitorch_ff.firefly.ops.pooling.AvgPool],
        [torch.nn.functional.adaptive_avg_pool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html).
    """
    return adaptive_avg_pool(2, input, with_default(output_size, input, 2))


@in_float32_on_cpu
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The mean of each window of a volume, as many as are wanted; see `adaptive_avg_pool2d`."""
    return adaptive_avg_pool(3, input, with_default(output_size, input, 3))


# ------------------------------------------------------------------------- the largest


def adaptive_max_pool(n: int, input: Tensor, sizes: Any, return_indices: bool) -> Any:
    """`adaptive_max_pool2d` and `adaptive_max_pool3d`."""
    text = f"adaptive_max_pool{n}d(): internal error: output_size.size() must be {n}"
    check(len(sizes) == n, text)
    windows = adaptive_windows("max", input, sizes, n + 1)
    return largest(n, input, windows, (f"AdaptiveMaxPool{n}D", 0), return_indices)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each of `output_size` windows of a signal."""
    image, sizes = of_signal("adaptive_max_pool1d", input, output_size)
    out = adaptive_max_pool(2, image, sizes, return_indices)
    return tuple([t.squeeze(-2) for t in out]) if return_indices else out.squeeze(-2)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each window, as many as are wanted; see `adaptive_avg_pool2d`.

    Args:
        input: Shape `(N, C, H, W)` or `(C, H, W)`.
        output_size: Height and width of the result, or one int for both; None for the input's.
        return_indices: Give also where each was found; see `max_pool2d`.

    See: rule [`MaxPool`][minitorch_ff.firefly.ops.pooling.MaxPool],
        [torch.nn.functional.adaptive_max_pool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html).
    """
    return adaptive_max_pool(2, input, with_default(output_size, input, 2), return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each window of a volume, as many as are wanted."""
    return adaptive_max_pool(3, input, with_default(output_size, input, 3), return_indices)


adaptive_max_pool1d_with_indices = with_indices(adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = with_indices(adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = with_indices(adaptive_max_pool3d)


# ------------------------------------------------------------------- at random places


def fractional_max_pool(
    n: int, input: Tensor, kernel_size: Any, output_size: Any, output_ratio: Any,
    return_indices: bool, samples: Tensor | None,
) -> Any:  # fmt: skip
    """`fractional_max_pool2d` and `fractional_max_pool3d`."""
    name, shape, first = f"fractional_max_pool{n}d", input.buffer.shape, input.dim() - n
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    sizes = shape[-n:]
    if output_size is None:
        ratios = as_tuple(output_ratio, n)
        output_size = [int(size * ratio) for size, ratio in zip(sizes, ratios, strict=True)]
    kernel = per_dim(name, "kernel_size", kernel_size, n)
    wanted = per_dim(name, "output_size", output_size, n)
    function = name if n == 2 else f"{name}_out"
    text = f"{function}(): Expected {n + 1}D or {n + 2}D tensor, but got: {list(shape)}"
    check(first in (1, 2), text)
    if samples is None:
        lead = input.unsqueeze(0).size()[-n - 2 : -n]
        samples = rand(*lead, n, dtype=input.dtype, device=input.device)
    check(samples.dtype == input.dtype, "Expect _random_samples to have the same dtype as input")
    # The elements of all windows side by side: then the windows are regular ones.
    x, windows = input, []
    positions = arange(math.prod(sizes), device=input.device).reshape(sizes).expand(shape)
    names = ("time", "height", "width")[-n:]
    for i, (what, size, k, new) in enumerate(zip(names, sizes, kernel, wanted, strict=True)):
        text = f"{function}(): pool {what} {k} too large relative to input {what} {size}"
        check(new + k - 1 <= size, text)
        sample = samples[..., i if n == 3 else 1 - i].reshape(*shape[:first], 1)
        step = (size - k) / max(new - 1, 1)
        inner = (arange(new, device=input.device) + sample) * step
        starts = inner.to(int64) - (sample * step).to(int64)
        starts[..., -1:] = size - k
        index = (starts[..., None] + arange(k, device=input.device)).flatten(-2)
        index = index.reshape(*shape[:first], *(1,) * i, new * k, *(1,) * (n - 1 - i))
        index = index.expand(*x.shape[: first + i], new * k, *x.shape[first + i + 1 :])
        x, positions = x.gather(first + i, index), positions.gather(first + i, index)
        windows.append((first + i, ops.sliding(new * k, new, k, k)))
    called = f"FractionalMaxPool{n}D", 0
    out = largest(n, x, windows, called, return_indices)
    if not return_indices:
        return out
    values, found = out
    return values, positions.flatten(-n).gather(-1, found.flatten(-n)).reshape(found.shape)


def fractional_max_pool2d(
    input: Tensor, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    r"""The largest element of each window, where windows begin at random places.

    Window `i` begins at $\lfloor (i + u) a \rfloor - \lfloor u a \rfloor$, the last one as late as
    it can, with $a = (H - k) / (H' - 1)$ and a number `u` drawn for each sample and channel.

    Args:
        input: Shape `(N, C, H, W)` or `(C, H, W)`.
        kernel_size: The windows' height and width in pixels, or one int for both.
        output_size: Height and width of the result, or one int for both.
        output_ratio: Or how large they are as a share of the input's, between 0 and 1.
        return_indices: Give also where each was found; see `max_pool2d`.
        _random_samples: The numbers `u`, for columns and rows. Shape `(N, C, 2)`.

    Raises:
        ValueError: Neither size nor ratio is given.
        RuntimeError: The shape or size is impossible.

    See: [torch.nn.functional.fractional_max_pool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool2d.html),
        Graham, Fractional Max-Pooling (2014).
    """
    sizes = kernel_size, output_size, output_ratio
    return fractional_max_pool(2, input, *sizes, return_indices, _random_samples)


def fractional_max_pool3d(
    input: Tensor, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """The same for a volume; see `fractional_max_pool2d`."""
    sizes = kernel_size, output_size, output_ratio
    return fractional_max_pool(3, input, *sizes, return_indices, _random_samples)


fractional_max_pool2d_with_indices = with_indices(fractional_max_pool2d)
fractional_max_pool3d_with_indices = with_indices(fractional_max_pool3d)


# --------------------------------------------------------------------------- unpooling


def unpooled_size(n: int, input: Tensor, *values: Any, wanted: Any) -> Any:
    """The size that was pooled, or the wanted one if it could be that.

    Raises:
        ValueError: It could not, or is negative.
    """
    kernel, stride, padding = [as_tuple(value, n) for value in values]
    sizes = [(input.size(i - n) - 1) * stride[i] + kernel[i] - 2 * padding[i] for i in range(n)]
    text = "max_unpooling: output_size must contain non-negative spatial dimensions, but got"
    for i, size in enumerate(sizes):
        check(size >= 0, f"{text} output_size[{i}]={size}", ValueError)
    if wanted is None:
        return sizes
    text = f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a"
    check(len(wanted) in (n, n + 2), f"{text} length of '{len(wanted)}'", ValueError)
    wanted = wanted[-n:]
    for i, size in enumerate(sizes):
        low, high = size - stride[i], size + stride[i]
        text = f'invalid output_size "{wanted}" (dim {i} must be between {low} and {high})'
        check(low < wanted[i] < high, text, ValueError)
    return wanted


def max_unpool(n: int, input: Tensor, indices: Tensor, sizes: Any) -> Tensor:
    """Put elements back into images (`n` is 2) or volumes of some size.

    Raises:
        RuntimeError: Positions are no int64, too few or outside, or the shape is impossible.
    """
    shape, first = input.buffer.shape, input.dim() - n
    kind = f" but got: {type_name(indices)}" if n == 2 else ""
    check(indices.dtype == int64, f"elements in indices should be type int64{kind}")
    text = f"Input to max_unpooling{n}d should be a {n + 1}d or {n + 2}d Tensor, but got a tensor"
    check(first in (1, 2), f"{text} with {len(shape)} dimensions.")
    text = f"Expected shape of indices to be same as that of the input tensor ({list(shape)}) but"
    places = indices.buffer.shape
    check(places == shape, f"{text} got indices tensor with shape: {list(places)}")
    if input.buffer.dtype.name not in FLOATING:
        raise not_implemented(f"max_unpool{n}d", input.buffer.dtype)
    outside = indices[(indices < 0) | (indices >= math.prod(sizes))].tolist()
    text = f"Found an invalid max index: {(outside or [0])[-1]} (output volumes are of size"
    check(not outside, f"{text} {by(sizes)})")
    where = {"index": indices.buffer, "shape": (*shape[:first], *sizes), "first": first}
    return apply(ops.MaxUnpool, input, called=(f"MaxUnpool{n}D", 0), **where)


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Put the largest elements of a signal back to where they were; see `max_unpool2d`."""
    stride = kernel_size if stride is None else stride
    (size,) = unpooled_size(1, input, kernel_size, stride, padding, wanted=output_size)
    return max_unpool(2, input.unsqueeze(-1), indices.unsqueeze(-1), (size, 1)).squeeze(-1)


@in_float32_on_cpu
def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Put the largest elements of an image back to where they were, zeros elsewhere.

    Args:
        input: What `max_pool2d` gave. Shape `(N, C, H, W)` or `(C, H, W)`.
        indices: The positions it gave beside. The same shape, int64.
        kernel_size: As it was for `max_pool2d`.
        stride: As it was.
        padding: As it was.
        output_size: The size of what was pooled, where several are possible.

    Raises:
        ValueError: It cannot have had this size.
        RuntimeError: Positions are outside, or the shape is impossible.

    See: rule [`MaxUnpool`][minitorch_ff.firefly.ops.pooling.MaxUnpool],
        [torch.nn.functional.max_unpool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool2d.html).
    """
    stride = kernel_size if stride is None else stride
    sizes = unpooled_size(2, input, kernel_size, stride, padding, wanted=output_size)
    return max_unpool(2, input, indices, sizes)


@in_float32_on_cpu
def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Put the largest elements of a volume back to where they were; see `max_unpool2d`."""
    stride = kernel_size if stride is None else stride
    sizes = unpooled_size(3, input, kernel_size, stride, padding, wanted=output_size)
    return max_unpool(3, input, indices, sizes)
