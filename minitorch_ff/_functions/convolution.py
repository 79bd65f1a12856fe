"""Convolutions and transposed convolutions over one, two or three spatial dimensions."""

from __future__ import annotations

from operator import index
from typing import Any

from minitorch_ff._checks import check, must_be_tensors
from minitorch_ff._functions._operands import C_NAMES, Tensor, type_name
from minitorch_ff._functions.shaping import squeeze, unsqueeze
from minitorch_ff.firefly.ops import convolution as ops
from minitorch_ff.firefly.ops.base import apply, check_same_device, refuse

Ints = Any
"""An int for all spatial dimensions, or a sequence of one for each."""

AXES = ("depth", "height", "width")


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints | str = 0, dilation: Ints = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Weighted sums over windows that move along a sequence; see `conv2d`.

    Args:
        input: Shape `(N, C, L)`, or `(C, L)`.
        weight: Shape `(O, C / groups, k)`.
        bias: Shape `(O)`.
        stride: How far a window is from the next.
        padding: How many zeros stand before the first and after the last element.
        dilation: How far the elements are apart that a window sees.
        groups: Channels are in so many groups; each makes its share of the output's channels.

    Returns:
        Shape `(N, O, (L + 2 padding - dilation (k - 1) - 1) // stride + 1)`.

    Raises:
        RuntimeError: The shapes do not fit, the dtypes differ, or a setting cannot be.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]])
        >>> torch.conv1d(x, torch.ones(1, 1, 2), stride=2)
        tensor([[[3., 7.]]])

    See: rule [`Convolution`][minitorch_ff.firefly.ops.convolution.Convolution],
        [torch.nn.functional.conv1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html).
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints | str = 0, dilation: Ints = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Weighted sums over windows that move over images.

    Args:
        input: Shape `(N, C, H, W)`, or `(C, H, W)`.
        weight: Shape `(O, C / groups, kernel height, kernel width)`.
        bias: Shape `(O)`.
        stride: How far a window is from the next.
        padding: How many rows and columns of zeros stand at each edge; `"valid"` for none,
            `"same"` for as many as give the output the input's size.
        dilation: How far the elements are apart that a window sees.
        groups: Channels are in so many groups; each makes its share of the output's channels.

    Returns:
        Shape `(N, O, H', W')`, where a size is as in `conv1d`.

    Raises:
        RuntimeError: The shapes do not fit, the dtypes differ, or a setting cannot be.

    Example:
        >>> import minitorch_ff as torch
        >>> image = torch.arange(9.0).reshape(1, 1, 3, 3)
        >>> torch.conv2d(image, torch.ones(1, 1, 2, 2), torch.tensor([100.0]))
        tensor([[[[108., 112.],
                  [120., 124.]]]])

    See: rule [`Convolution`][minitorch_ff.firefly.ops.convolution.Convolution],
        [torch.nn.functional.conv2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html),
        [A guide to convolution arithmetic](https://arxiv.org/abs/1603.07285).
    """
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints | str = 0, dilation: Ints = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Weighted sums over windows that move through volumes, `(N, C, D, H, W)`; see `conv2d`.

    See: rule [`Convolution`][minitorch_ff.firefly.ops.convolution.Convolution],
        [torch.nn.functional.conv3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html).
    """
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints = 0, output_padding: Ints = 0, groups: int = 1, dilation: Ints = 1,
) -> Tensor:  # fmt: skip
    """Each element of a sequence spread over a window, by weights; see `conv_transpose2d`.

    Args:
        input: Shape `(N, C, L)`, or `(C, L)`.
        weight: Shape `(C, O / groups, k)`.
        bias: Shape `(O)`.
        stride: How far a window is from the next.
        padding: How many elements are cut off at each end of the result.
        output_padding: How many more there are at its end; less than `stride` or `dilation`.
        groups: Channels are in so many groups; each makes its share of the output's channels.
        dilation: How far the elements of a window are apart.

    Returns:
        Shape `(N, O, (L - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1)`.

    Raises:
        RuntimeError: The shapes do not fit, the dtypes differ, or a setting cannot be.

    See: rule [`ConvolutionInput`][minitorch_ff.firefly.ops.convolution.ConvolutionInput],
        [torch.nn.functional.conv_transpose1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html).
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups, output_padding)


def conv_transpose2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints = 0, output_padding: Ints = 0, groups: int = 1, dilation: Ints = 1,
) -> Tensor:  # fmt: skip
    """Each element of an image spread over a window, by weights: makes images larger.

    It is what the gradient of `conv2d` does, in the direction from output to input.

    Args:
        input: Shape `(N, C, H, W)`, or `(C, H, W)`.
        weight: Shape `(C, O / groups, kernel height, kernel width)`.
        bias: Shape `(O)`.
        stride: How far a window is from the next.
        padding: How many rows and columns are cut off at each edge of the result.
        output_padding: How many more there are at its end; less than `stride` or `dilation`.
        groups: Channels are in so many groups; each makes its share of the output's channels.
        dilation: How far the elements of a window are apart.

    Returns:
        Shape `(N, O, H', W')`, where a size is as in `conv_transpose1d`.

    Raises:
        RuntimeError: The shapes do not fit, the dtypes differ, or a setting cannot be.

    Example:
        >>> import minitorch_ff as torch
        >>> image = torch.tensor([[[[1.0, 2.0]]]])
        >>> torch.conv_transpose2d(image, torch.ones(1, 1, 2, 2), stride=2)
        tensor([[[[1., 1., 2., 2.],
                  [1., 1., 2., 2.]]]])

    See: rule [`ConvolutionInput`][minitorch_ff.firefly.ops.convolution.ConvolutionInput],
        [torch.nn.functional.conv_transpose2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html).
    """
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups, output_padding)


def conv_transpose3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints = 0, output_padding: Ints = 0, groups: int = 1, dilation: Ints = 1,
) -> Tensor:  # fmt: skip
    """Each element of a volume spread over a window, by weights; see `conv_transpose2d`.

    See: rule [`ConvolutionInput`][minitorch_ff.firefly.ops.convolution.ConvolutionInput],
        [torch.nn.functional.conv_transpose3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose3d.html).
    """
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups, output_padding)


def _convolve(
    rank: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any,
    groups: Any, output_padding: Any = None,
) -> Any:  # fmt: skip
    """Any of the six: check, find the result's size, and apply one operator."""
    transposed = output_padding is not None
    function = f"conv{'_transpose' if transposed else ''}{rank}d"
    same = padding == "same" and not transposed
    if isinstance(padding, str) and not transposed:
        check(padding in ("same", "valid"), f"Invalid padding string: '{padding}'")
        padding = 0
    steps = {"stride": stride, "padding": padding, "dilation": dilation}
    if transposed:
        steps["output_padding"] = output_padding
    _check_types(function, input, weight, bias, groups)
    steps = {name: _ints(function, name, value, rank) for name, value in steps.items()}
    batched = input.buffer.ndim == rank + 2
    check(batched or input.buffer.ndim == rank + 1,
        f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {function}, "
        f"but got input of size: {list(input.buffer.shape)}",
    )  # fmt: skip
    tensors = [input if batched else unsqueeze(input, 0), weight]
    if bias is not None:
        tensors.append(bias)
    x, w = tensors[0].buffer.shape, weight.buffer.shape
    _check_settings(steps, same, transposed, groups, len(w) - 2)
    _check_shapes(x, w, None if bias is None else bias.buffer.shape, groups, transposed)
    if same:
        size = x[2:]
        steps["padding"] = tuple(
            [d * (k - 1) // 2 for d, k in zip(steps["dilation"], w[2:], strict=True)]
        )
    else:
        size = (_transposed_size if transposed else _size)(x[2:], w[2:], **steps)
    _check_dtypes(function, *tensors)
    steps.pop("output_padding", None)
    operator = ops.ConvolutionInput if transposed else ops.Convolution
    result = apply(operator, *tensors, size=size, groups=groups, **steps)
    return result if batched else squeeze(result, 0)


def _check_types(function: str, input: Any, weight: Any, bias: Any, groups: Any) -> None:
    """Refuse what is no tensor or no int.

    Raises:
        TypeError: In the words of PyTorch's argument parser.
    """
    must_be_tensors(function, input=input, weight=weight)
    for name, value, kind in (("bias", bias, Tensor), ("groups", groups, int)):
        if not isinstance(value, kind) and (value is not None or kind is int):
            wanted = f"{kind.__name__}, not {type(value).__name__}"
            raise TypeError(f"{function}(): argument '{name}' must be {wanted}")


def _ints(function: str, name: str, value: Any, rank: int) -> tuple[int, ...]:
    """A setting as a tuple; an int counts for all dimensions."""
    try:
        return (index(value),) * rank if hasattr(value, "__index__") else tuple(map(index, value))
    except TypeError:
        kind = type(value).__name__
        text = f"{function}(): argument '{name}' must be tuple of ints, not {kind}"
        raise TypeError(text) from None


def _check_settings(steps: Any, same: bool, transposed: bool, groups: int, rank: int) -> None:
    """Refuse numbers that no convolution has; a single one becomes one for each dimension.

    Raises:
        RuntimeError: A setting has too many numbers, or one is too small.
    """
    check(groups > 0, "non-positive groups is not supported")
    check(rank > 0, "weight should have at least three dimensions")
    for name, values in steps.items():
        if len(values) not in (1, rank):
            check(not same, f"{name} cannot broadcast to {rank} dimensions")
            raise RuntimeError(
                f"expected {name} to be a single integer value or a list of {rank} values to "
                f"match the convolution dimensions, but got {name}={list(values)}"
            )
        steps[name] = values * rank if len(values) == 1 else values
    stride, dilation = steps["stride"], steps["dilation"]
    check(not same or set(stride) == {1},
        "padding='same' is not supported for strided convolutions",
    )  # fmt: skip
    for name in ("padding", "output_padding"):
        check(min(steps.get(name, (0,))) >= 0, f"negative {name} is not supported")
    check(min(stride) > 0, "non-positive stride is not supported")
    check(min(dilation) >= 0, "dilation should be greater than zero")
    each = by_name(", ", dilation=dilation) if transposed else list(dilation)
    check(min(dilation) > 0, f"dilation should be greater than zero, but got {each}")
    if transposed:
        extra, joined = steps["output_padding"], zip(*steps.values(), strict=True)
        check(all([more < max(s, d) for s, _, d, more in joined]),
            "output padding must be smaller than either stride or dilation, but got "
            + by_name(" ", output_padding=extra, stride=stride, dilation=dilation),
        )  # fmt: skip


def by_name(comma: str, **settings: tuple[int, ...]) -> str:
    """Settings as PyTorch's messages show them: `stride_height: 1 stride_width: 2`.

    Args:
        comma: What stands between two of them.
        **settings: One number for each spatial dimension; the width is last.
    """
    shown = []
    for name, values in settings.items():
        axes = AXES[-len(values) :]
        shown += [f"{name}_{axis}: {n}" for axis, n in zip(axes, values, strict=True)]
    return comma.join(shown)


def _check_shapes(x: Any, w: Any, bias: Any, groups: int, transposed: bool) -> None:
    """Refuse an input, a weight and a bias that do not go together.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    check(len(x) == len(w),
        f"Expected {len(w)}-dimensional input for {len(w)}-dimensional weight{list(w)}, but got "
        f"{len(x)}-dimensional input of size {list(x)} instead",
    )  # fmt: skip
    text = f"Given groups={groups}, expected weight to be"
    check(w[0] >= groups,
        f"{text} at least {groups} at dimension 0, but got weight of size {list(w)} instead",
    )  # fmt: skip
    check(w[0] % groups == 0,
        f"{text} divisible by {groups} at dimension 0, but got weight of size [{list(w)}] instead",
    )  # fmt: skip
    given = "transposed=1" if transposed else f"groups={groups}"
    channels, outputs = (w[0], w[1] * groups) if transposed else (w[1] * groups, w[0])
    check(x[1] == channels,
        f"Given {given}, weight of size {list(w)}, expected input{list(x)} to have {channels} "
        f"channels, but got {x[1]} channels instead",
    )  # fmt: skip
    given = "transposed=1, weight" if transposed else "weight"
    check(bias is None or bias == (outputs,),
        f"Given {given} of size {list(w)}, expected bias to be 1-dimensional with {outputs} "
        f"elements, but got bias of size {[] if bias is None else list(bias)} instead",
    )  # fmt: skip
    if min(w[2:]) <= 0:
        each = by_name(" ", kernel=w[2:])
        raise RuntimeError(f"kernel size should be greater than zero, but got {each}")
    empty = 0 in x[2:] and x[0] and x[1]
    check(not empty or min(x[2:]) > 0,
        f"Only zero batch or zero channel inputs are supported, but got input shape: {list(x)}",
    )  # fmt: skip


def _size(held: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[int, ...]:
    """The number of windows along each dimension."""
    padded = [n + 2 * p for n, p in zip(held, padding, strict=True)]
    seen = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    check(all([n >= s for n, s in zip(padded, seen, strict=True)]),
        f"Calculated padded input size per channel: ({times(padded)}). Kernel size: "
        f"({times(seen)}). Kernel size can't be greater than actual input size",
    )  # fmt: skip
    return tuple([(n - m) // s + 1 for n, m, s in zip(padded, seen, stride, strict=True)])


def _transposed_size(
    held: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, output_padding: Any
) -> tuple[int, ...]:
    """The size of what the windows cover together, less the padding."""
    each = zip(held, kernel, stride, padding, dilation, output_padding, strict=True)
    size = tuple([(n - 1) * s - 2 * p + d * (k - 1) + more + 1 for n, k, s, p, d, more in each])
    check(min(size) > 0,
        f"Given input size per channel: ({times(held)}). Calculated output size per channel: "
        f"({times(size)}). Output size is too small",
    )  # fmt: skip
    return size


def times(sizes: Any) -> str:
    """Sizes as PyTorch's messages show them: `3 x 4`."""
    return " x ".join(map(str, sizes))


def _check_dtypes(function: str, input: Any, weight: Any, bias: Any = None) -> None:
    """Refuse dtypes that differ, and booleans.

    Raises:
        RuntimeError: They differ, or lie on several devices.
        NotImplementedError: They are boolean.
    """
    check_same_device(input, weight, *[] if bias is None else [bias])
    names = [C_NAMES.get(t.buffer.dtype.name) for t in (input, weight, bias) if t is not None]
    if bias is not None and "transpose" not in function:
        text = f"Input type ({names[0]}) and bias type ({names[2]}) should be the same"
        check(names[0] == names[2], text)
    found = f"expected scalar type {type_name(input)} but found {type_name(weight)}"
    check(names[0] == names[1], found)
    refuse(input.buffer, "b", f"slow_{function}_cpu")
