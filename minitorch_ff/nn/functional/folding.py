"""Windows of images as columns, and back: `unfold` and `fold`."""

import math
from typing import Any

from minitorch_ff._checks import check, must_be_tensor
from minitorch_ff._functions.convolution import by_name
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops.base import apply, refuse
from minitorch_ff.firefly.ops.convolution import Im2col, Im2colBack

Pair = int | tuple[int, ...]
"""An int for height and width, or one for each."""


def unfold(
    input: Tensor, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
) -> Tensor:
    """The windows of images, each as a column.

    A convolution is the product of its weight's matrix and these columns.

    Args:
        input: Shape `(N, C, H, W)`, or `(C, H, W)`.
        kernel_size: Height and width of a window.
        dilation: How far the elements are apart that a window sees.
        padding: How many rows and columns of zeros stand at each edge.
        stride: How far a window is from the next.

    Returns:
        Shape `(N, C kernel_height kernel_width, number of windows)`.

    Raises:
        RuntimeError: A setting cannot be, or there is no window.

    Example:
        >>> import minitorch_ff as torch
        >>> image = torch.arange(6.0).reshape(1, 1, 2, 3)
        >>> torch.nn.functional.unfold(image, (2, 2))
        tensor([[[0., 1.],
                 [1., 2.],
                 [3., 4.],
                 [4., 5.]]])

    See: rule [`Im2col`][minitorch_ff.firefly.ops.convolution.Im2col],
        [torch.nn.functional.unfold](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html).
    """
    must_be_tensor(input, "im2col", "input", 1)
    shape = input.buffer.shape
    text = "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero"
    fits = len(shape) in (3, 4) and all(shape[-3:])
    check(fits, f"{text} dimensions for input, but got: {list(shape)}")
    refuse(input.buffer, "iu", "im2col_out_cpu")
    windows, told = _windows(shape[-2:], kernel_size, dilation, padding, stride)
    text = "calculated shape of the array of sliding blocks as"
    text = f"Given input with spatial size {shape[-2:]}, {told}, {text} {windows['size']}, but its"
    check(min(windows["size"]) > 0, f"{text} components must be at least one.")
    return apply(Im2col, input, first=len(shape) - 2, **windows)


def fold(
    input: Tensor, output_size: Pair, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0,
    stride: Pair = 1,
) -> Tensor:  # fmt: skip
    """Windows, each a column, put back in their places; where they overlap, they are added.

    Args:
        input: Shape `(N, C kernel_height kernel_width, number of windows)`, or without `N`.
        output_size: Height and width of the images.
        kernel_size: Height and width of a window.
        dilation: How far the elements of a window are apart.
        padding: How many rows and columns are cut off at each edge.
        stride: How far a window is from the next.

    Returns:
        Shape `(N, C, *output_size)`.

    Raises:
        RuntimeError: A setting cannot be, or the shape does not fit.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.functional.fold(torch.ones(1, 4, 2), (2, 3), (2, 2))
        tensor([[[[1., 2., 1.],
                  [1., 2., 1.]]]])

    See: rule [`Im2colBack`][minitorch_ff.firefly.ops.convolution.Im2colBack],
        [torch.nn.functional.fold](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fold.html).
    """
    must_be_tensor(input, "col2im", "input", 1)
    shape, held = input.buffer.shape, _pair("output_size", output_size)
    windows, told = _windows(held, kernel_size, dilation, padding, stride)
    text = "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero"
    fits = len(shape) in (2, 3) and all(shape[-2:])
    check(fits, f"{text} dimensions for input, but got: {list(shape)}")
    refuse(input.buffer, "iu", "col2im_out_cpu")
    dim, kernel, size = len(shape) - 2, windows["kernel"], windows["size"]
    channels, rest = divmod(shape[dim], math.prod(kernel))
    text = f"Expected size of input's dimension {dim} to be divisible by the product of kernel_size"
    check(not rest, f"{text}, but got input.size({dim})={shape[dim]} and kernel_size={kernel}.")
    count, dim = math.prod(size), dim + 1
    text = f"Given output_size={held}, {told}, stride={windows['stride']}, expected size of input's"
    text = f"{text} dimension {dim} to match the calculated number of sliding blocks {size[0]} *"
    text = f"{text} {size[1]} = {count}, but got input.size({dim})={shape[dim]}."
    check(shape[dim] == count and min(size) > 0, text)
    whole = (*shape[: dim - 1], channels, *held)
    return apply(Im2colBack, input, shape=whole, first=dim, **windows)


def _pair(name: str, value: Any) -> tuple[int, ...]:
    """A setting for height and width."""
    pair = (value, value) if isinstance(value, int) else tuple(value)
    check(len(pair) == 2, f"It is expected {name} equals to 2, but got size {len(pair)}")
    return pair


def _windows(held: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    """The settings of both functions with the number of windows; and how they are told.

    Raises:
        RuntimeError: One is too small.
    """
    kernel, dilation = _pair("kernel_size", kernel), _pair("dilation", dilation)
    padding, stride = _pair("padding", padding), _pair("stride", stride)
    for name, pair in (("kernel", kernel), ("dilation", dilation), ("stride", stride)):
        what = "kernel size" if name == "kernel" else name
        text = f"{what} should be greater than zero, but got {by_name(**{name: pair})}"
        check(min(pair) > 0, text)
    text = f"padding should be non-negative, but got {by_name(pad=padding)}"
    check(min(padding) >= 0, text)
    each = zip(held, kernel, dilation, padding, stride, strict=True)
    size = tuple([(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in each])
    steps = {"kernel": kernel, "dilation": dilation, "padding": padding, "stride": stride}
    return steps | {"size": size}, f"kernel_size={kernel}, {dilation=}, {padding=}"
