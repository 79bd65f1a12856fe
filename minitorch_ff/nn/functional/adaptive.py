"""Pooling to a wanted size, adaptive or fractional, and unpooling."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._dtypes import int64
from minitorch_ff._functions._operands import type_name
from minitorch_ff._functions.creation import arange, full_like
from minitorch_ff._functions.joining import cat
from minitorch_ff._functions.random import rand
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops import pooling as ops
from minitorch_ff.firefly.ops.base import apply, not_implemented
from minitorch_ff.nn.functional.pooling import (
    COUNTS, as_tuple, largest, must_be_signal, per_dim, with_indices,
)  # fmt: skip

FLOATING = "float64", "float32", "float16", "bfloat16"


def with_default(output_size: Any, shape: tuple[int, ...], n: int) -> tuple[int, ...]:
    """The wanted size of each dimension, where None stands for the size it has.

    Raises:
        ValueError: The input has too few dimensions.
    """
    if isinstance(output_size, int):
        return (output_size,) * n
    wanted = len(output_size)
    if len(shape) <= wanted:
        raise ValueError(f"Input dimension should be at least {wanted + 1}")
    sizes = zip(output_size, shape[len(shape) - wanted :], strict=True)
    return tuple([size if size is not None else default for size, default in sizes])


def adaptive_windows(
    name: str, kernel: str, input: Tensor, sizes: Any, colon: str, first: int
) -> Any:
    """Windows that share each of the last dimensions as evenly as possible.

    Raises:
        RuntimeError: The input's shape is impossible; dimensions from `first` on must not be empty.
        NotImplementedError: It is not floating.
    """
    shape, n = input.buffer.shape, len(sizes)
    listed = list(shape)
    if len(shape) not in (n + 1, n + 2):
        ranks = f"{n + 1}D or {n + 2}D"
        raise RuntimeError(f"{name}(): Expected {ranks} tensor, but got{colon} {listed}")
    for dim in range(len(shape) + first, len(shape)):
        check(
            shape[dim],
            f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input "
            f"has sizes {listed} with dimension {dim} being empty",
        )
    if input.buffer.dtype.name not in FLOATING:
        raise not_implemented(kernel, input.buffer.dtype)
    places = zip(range(len(shape) - n, len(shape)), shape[-n:], sizes, strict=True)
    return [(dim, ops.adaptive(old, new)) for dim, old, new in places]


# ---------------------------------------------------------------------------- the mean


def adaptive_avg_pool(n: int, input: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """`adaptive_avg_pool2d` and `adaptive_avg_pool3d`."""
    name = f"adaptive_avg_pool{n}d"
    check(len(sizes) == n, f"{name}: output_size must be {n}")
    listed = ", ".join(map(str, sizes)) if n == 2 else f"{sizes[0]}, {sizes[1]},{sizes[2]}"
    check(
        min(sizes) >= 0,
        f"{name}: elements of output_size must be greater than or equal to 0 but received "
        f"{{{listed}}}",
    )
    if sizes == (1,) * n:
        return input.mean(tuple(range(-n, 0)), keepdim=True)
    kernel = name if n == 2 else f"{name}_cpu"
    windows = adaptive_windows(name, kernel, input, sizes, "", -n if n == 2 else -n - 1)
    factors = [window.elements() for _, window in windows]
    return apply(
        ops.AvgPool, input, windows=windows, factors=factors, called=f"AdaptiveAvgPool{n}D"
    )


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The mean of each of `output_size` windows of a signal; see `adaptive_avg_pool2d`."""
    (size,) = per_dim("adaptive_avg_pool1d", "output_size", output_size, 1)
    must_be_signal("adaptive_avg_pool1d", input)
    return adaptive_avg_pool(2, input.unsqueeze(-2), (1, size)).squeeze(-2)


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
    return adaptive_avg_pool(2, input, with_default(output_size, input.size(), 2))


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The mean of each window of a volume, as many as are wanted; see `adaptive_avg_pool2d`."""
    return adaptive_avg_pool(3, input, with_default(output_size, input.size(), 3))


# ------------------------------------------------------------------------- the largest


def adaptive_max_pool(n: int, input: Tensor, sizes: Any, return_indices: bool) -> Any:
    """`adaptive_max_pool2d` and `adaptive_max_pool3d`."""
    name = f"adaptive_max_pool{n}d"
    check(len(sizes) == n, f"{name}(): internal error: output_size.size() must be {n}")
    kernel = name if n == 2 else f"{name}_cpu"
    windows = adaptive_windows(name, kernel, input, sizes, ":", -n - 1)
    for size in sizes:
        result = [*input.buffer.shape[:-n], *sizes]
        check(size >= 0, f"Trying to create tensor with negative dimension {size}: {result}")
    return largest(input, n, windows, f"AdaptiveMaxPool{n}D", return_indices)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each of `output_size` windows of a signal."""
    (size,) = per_dim("adaptive_max_pool1d", "output_size", output_size, 1)
    must_be_signal("adaptive_max_pool1d", input)
    for dim in (-2, -1):
        check(
            input.buffer.shape[dim],
            "adaptive_max_pool1d(): Expected input to have non-zero size for non-batch dimensions, "
            f"but input has sizes {list(input.buffer.shape)} with dimension "
            f"{input.buffer.ndim + dim} being empty",
        )
    out = adaptive_max_pool(2, input.unsqueeze(-2), (1, size), return_indices)
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
    sizes = with_default(output_size, input.size(), 2)
    return adaptive_max_pool(2, input, sizes, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each window of a volume, as many as are wanted."""
    sizes = with_default(output_size, input.size(), 3)
    return adaptive_max_pool(3, input, sizes, return_indices)


adaptive_max_pool1d_with_indices = with_indices(adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = with_indices(adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = with_indices(adaptive_max_pool3d)


# -------------------------------------------------------------------------- fractional


def fractional_max_pool(
    n: int, input: Tensor, kernel_size: Any, output_size: Any, output_ratio: Any,
    return_indices: bool, samples: Tensor | None,
) -> Any:  # fmt: skip
    """`fractional_max_pool2d` and `fractional_max_pool3d`."""
    name = f"fractional_max_pool{n}d"
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    shape = input.buffer.shape
    sizes, first = shape[-n:], len(shape) - n
    if output_size is None:
        check(n == 3 or len(output_ratio), "")  # one float does for volumes only
        ratios = as_tuple(output_ratio, n)
        output_size = [int(input.size(i - n) * ratios[i]) for i in range(n)]
    channels = input.size(-n - 1)
    batch = 1 if first == 1 else shape[0]
    if samples is None:
        samples = rand(batch, channels, n, dtype=input.dtype, device=input.device)
    kernel, wanted = as_tuple(kernel_size, n), as_tuple(output_size, n)
    ints = "Ints" if n == 2 else "three Ints"
    for setting, values in (("kernel_size", kernel), ("output_size", wanted)):
        check(len(values) == n, f"{name}: {setting} must either be a single Int or tuple of {ints}")
    check_fractional(name if n == 2 else f"{name}_out", input, samples, kernel, wanted)
    # The elements of all windows side by side: then the windows are regular ones.
    x = input
    positions = arange(math.prod(sizes), device=input.device).reshape(sizes).expand(shape)
    windows = []
    for i, (size, k, new) in enumerate(zip(sizes, kernel, wanted, strict=True)):
        sample = samples[:batch, :, i if n == 3 else 1 - i].reshape(*shape[:first], 1)
        step = (size - k) / max(new - 1, 1)
        inner = arange(max(new - 1, 0), device=input.device)
        starts = ((inner + sample) * step).to(int64) - (sample * step).to(int64)
        starts = cat([starts, full_like(starts[..., :1], size - k)], -1)[..., :new]
        index = (starts[..., None] + arange(k, device=input.device)).flatten(-2)
        index = index.reshape(*shape[:first], *(1,) * i, new * k, *(1,) * (n - 1 - i))
        dim = first + i
        index = index.expand(*x.shape[:dim], new * k, *x.shape[dim + 1 :])
        x, positions = x.gather(dim, index), positions.gather(dim, index)
        windows.append((dim, ops.sliding(new * k, new, k, k or 1)))
    out = largest(x, n, windows, f"FractionalMaxPool{n}D", return_indices)
    if not return_indices:
        return out
    values, found = out
    return values, positions.flatten(-n).gather(-1, found.flatten(-n)).reshape(found.shape)


def check_fractional(name: str, input: Tensor, samples: Tensor, kernel: Any, wanted: Any) -> None:
    """Refuse a shape or random samples that do not fit.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    shape, n = input.buffer.shape, len(kernel)
    ranks, listed = f"{n + 1}D or {n + 2}D", list(shape)
    check(len(shape) in (n + 1, n + 2), f"{name}(): Expected {ranks} tensor, but got: {listed}")
    for dim in range(len(shape) - n - 1, len(shape)):
        check(
            shape[dim],
            f"{name}(): Expected input to have non-zero size for non-batch dimensions, but "
            f"got{listed} with dimension {dim} being empty.",
        )
    expect = "Expect _random_samples"
    check(samples.dtype == input.dtype, f"{expect} to have the same dtype as input")
    check(samples.dim() == 3, f"{expect} to have 3 dimensions, got {samples.dim()}")
    batch = 1 if len(shape) == n + 1 else shape[0]
    check(samples.size(0) >= batch, f"{expect}.size(0) no less then input batch size.")
    channels = shape[-n - 1]
    check(samples.size(1) == channels, f"{expect}.size(1) equals to input channel size.")
    check(samples.size(2) == n, f"{expect}.size(2) equals to {n}; got {samples.size(2)}.")
    names = ("time", "height", "width")[-n:]
    for what, size, k, new in zip(names, shape[-n:], kernel, wanted, strict=True):
        text = f"{name}(): pool {what} {k} too large relative to input {what} {size}"
        check(new + k - 1 <= size, text)


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


def unpooled_size(input: Tensor, kernel: Any, stride: Any, padding: Any, wanted: Any) -> Any:
    """The size that was pooled, or the wanted one if it could be that.

    Raises:
        ValueError: It could not, or is negative.
    """
    n, sizes = len(kernel), []
    for i in range(n):
        sizes.append((input.size(i - n) - 1) * stride[i] + kernel[i] - 2 * padding[i])
        if sizes[i] < 0:
            raise ValueError(
                "max_unpooling: output_size must contain non-negative spatial dimensions, but got "
                f"output_size[{i}]={sizes[i]}"
            )
    if wanted is None:
        return sizes
    if len(wanted) == n + 2:
        wanted = wanted[2:]
    if len(wanted) != n:
        raise ValueError(
            f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a "
            f"length of '{len(wanted)}'"
        )
    for i, size in enumerate(sizes):
        low, high = size - stride[i], size + stride[i]
        if not low < wanted[i] < high:
            raise ValueError(
                f'invalid output_size "{wanted}" (dim {i} must be between {low} and {high})'
            )
    return wanted


def max_unpool(n: int, input: Tensor, indices: Tensor, sizes: Any, stride: Any) -> Tensor:
    """Put elements back into images (`n` is 2) or volumes of some size."""
    shape, place = input.buffer.shape, f"max_unpool{n}d"
    text = "elements in indices should be type int64"
    kind = f" but got: {type_name(indices)}" if n == 2 else ""
    check(indices.dtype == int64, text + kind)
    ranks = f"{n + 1}d or {n + 2}d"
    check(
        len(shape) in (n + 1, n + 2),
        f"Input to max_unpooling{n}d should be a {ranks} Tensor, but got a tensor with "
        f"{len(shape)} dimensions.",
    )
    named = "(height, width)" if n == 2 else "(depth, height, width)"
    for setting, values in (("output_size", sizes), ("stride", stride)):
        check(
            len(values) == n or (n == 2 and setting == "stride"),
            f"There should be exactly {COUNTS[n]} elements {named} in {setting}, but "
            f"got{':' if setting == 'stride' else ''} {len(values)} elements.",
        )
    if n == 3:
        text = f"strides should be greater than zero, but got stride: {list(stride)}"
        check(min(stride) > 0, text)
    check(
        indices.buffer.shape == shape,
        f"Expected shape of indices to be same as that of the input tensor ({list(shape)}) but got "
        f"indices tensor with shape: {list(indices.buffer.shape)}",
    )
    for dim in range(len(shape) - n - 1, len(shape)):
        check(
            shape[dim],
            f"max_unpooling{n}d_forward_out_cpu(): Expected input to have non-zero size for "
            f"non-batch dimensions, but got {list(shape)} with dimension {dim} being empty.",
        )
    if input.buffer.dtype.name not in FLOATING:
        raise not_implemented(place, input.buffer.dtype)
    outside = indices[(indices < 0) | (indices >= math.prod(sizes))]
    if outside.numel():
        volume = "x".join(map(str, sizes))
        raise RuntimeError(
            f"Found an invalid max index: {outside[-1].item()} (output volumes are of size {volume})"
        )
    first = len(shape) - n
    return apply(
        ops.MaxUnpool, input, index=indices.buffer, shape=(*shape[:first], *sizes), first=first,
        called=f"MaxUnpool{n}D",
    )  # fmt: skip


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Put the largest elements of a signal back to where they were; see `max_unpool2d`."""
    kernel, padding = as_tuple(kernel_size, 1), as_tuple(padding, 1)
    stride = kernel if stride is None else as_tuple(stride, 1)
    sizes = unpooled_size(input, kernel, stride, padding, output_size)
    places = indices.unsqueeze(-1)
    return max_unpool(2, input.unsqueeze(-1), places, (*sizes, 1), stride).squeeze(-1)


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
    kernel, padding = as_tuple(kernel_size, 2), as_tuple(padding, 2)
    stride = kernel if stride is None else as_tuple(stride, 2)
    sizes = unpooled_size(input, kernel, stride, padding, output_size)
    return max_unpool(2, input, indices, sizes, stride)


def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Put the largest elements of a volume back to where they were; see `max_unpool2d`."""
    kernel, padding = as_tuple(kernel_size, 3), as_tuple(padding, 3)
    stride = kernel if stride is None else as_tuple(stride, 3)
    sizes = unpooled_size(input, kernel, stride, padding, output_size)
    return max_unpool(3, input, indices, sizes, stride)
