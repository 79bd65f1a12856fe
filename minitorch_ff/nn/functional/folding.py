"""Windows of images as columns, and back: `unfold` and `fold`."""

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
    windows = _windows(kernel_size, dilation, padding, stride)
    shape = input.buffer.shape
    check(len(shape) in (3, 4) and all(shape[-3:]),
        "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
        f"dimensions for input, but got: {list(shape)}",
    )  # fmt: skip
    refuse(input.buffer, "iu", "im2col_out_cpu")
    size = _counts(shape[-2:], **windows)
    told = _told(windows, "kernel", "dilation", "padding")
    check(min(size) > 0,
        f"Given input with spatial size ({shape[-2]}, {shape[-1]}), {told}, calculated shape of "
        f"the array of sliding blocks as ({size[0]}, {size[1]}), but its components must be at "
        "least one.",
    )  # fmt: skip
    return apply(Im2col, input, first=len(shape) - 2, size=size, **windows)


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
    held = _pair("output_size", output_size)
    windows = _windows(kernel_size, dilation, padding, stride)
    shape, kernel = input.buffer.shape, windows["kernel"]
    check(len(shape) in (2, 3) and all(shape[-2:]),
        "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero "
        f"dimensions for input, but got: {list(shape)}",
    )  # fmt: skip
    refuse(input.buffer, "iu", "col2im_out_cpu")
    dim, elements = len(shape) - 2, kernel[0] * kernel[1]
    check(shape[dim] % elements == 0,
        f"Expected size of input's dimension {dim} to be divisible by the product of "
        f"kernel_size, but got input.size({dim})={shape[dim]} and kernel_size={kernel}.",
    )  # fmt: skip
    size = _counts(held, **windows)
    count = size[0] * size[1]
    check(shape[-1] == count and min(size) > 0,
        f"Given output_size={held}, {_told(windows, *windows)}, expected size of input's dimension "
        f"{dim + 1} to match the calculated number of sliding blocks {size[0]} * {size[1]} = "
        f"{count}, but got input.size({dim + 1})={shape[-1]}.",
    )  # fmt: skip
    whole = (*shape[:dim], shape[dim] // elements, *held)
    return apply(Im2colBack, input, shape=whole, first=dim + 1, size=size, **windows)


def _pair(name: str, value: Any) -> tuple[int, ...]:
    """A setting for height and width."""
    pair = (value, value) if isinstance(value, int) else tuple(value)
    check(len(pair) == 2, f"It is expected {name} equals to 2, but got size {len(pair)}")
    return pair


def _windows(kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Any]:
    """The settings of both functions, two numbers each.

    Raises:
        RuntimeError: One is too small.
    """
    kernel, dilation = _pair("kernel_size", kernel_size), _pair("dilation", dilation)
    padding, stride = _pair("padding", padding), _pair("stride", stride)
    for name, pair in (("kernel", kernel), ("dilation", dilation), ("stride", stride)):
        what = "kernel size" if name == "kernel" else name
        shown = by_name(" ", **{name: pair})
        check(min(pair) > 0, f"{what} should be greater than zero, but got {shown}")
    shown = by_name(" ", pad=padding)
    check(min(padding) >= 0, f"padding should be non-negative, but got {shown}")
    return {"kernel": kernel, "dilation": dilation, "padding": padding, "stride": stride}


def _counts(held: Any, *, kernel: Any, dilation: Any, padding: Any, stride: Any) -> tuple[int, ...]:
    """How many windows there are along height and width; none or less if they do not fit."""
    each = zip(held, kernel, dilation, padding, stride, strict=True)
    return tuple([(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in each])


def _told(windows: dict[str, Any], *names: str) -> str:
    """Settings as PyTorch's messages show them."""
    shown = [f"{'kernel_size' if name == 'kernel' else name}={windows[name]}" for name in names]
    return ", ".join(shown)
