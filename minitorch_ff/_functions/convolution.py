"""Convolutions and transposed convolutions over one, two or three spatial dimensions."""

from __future__ import annotations

from operator import index
from typing import Any

from minitorch_ff._checks import check, must_be_tensors, warn_once
from minitorch_ff._functions._operands import C_NAMES, Tensor, type_name
from minitorch_ff._functions.shaping import squeeze, unsqueeze
from minitorch_ff.firefly.ops import convolution as ops
from minitorch_ff.firefly.ops.base import apply, check_same_device, refuse

Ints = Any
"""An int for all spatial dimensions, or a sequence of one for each."""

AXES = ("depth", "height", "width")
MAY_COPY = (
    "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded "
    "copy of the input be created"
)


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
    shapes = [t.buffer.shape for t in tensors]
    x, w = shapes[:2]
    if not transposed:
        _check_bias_dtype(*tensors)
    check(len(w) > 2, "weight should have at least three dimensions")
    check(groups > 0, "non-positive groups is not supported")
    if same:
        _check_ranks(x, w, "")
    _check_settings(steps, same, len(w) - 2)
    if same:
        size = x[2:]
        total = [d * (k - 1) for d, k in zip(steps["dilation"], w[2:], strict=True)]
        if any([n % 2 for n in total]):
            warn_once(MAY_COPY, 3)
        steps["padding"] = tuple([n // 2 for n in total])
        shapes[0] = (*x[:2], *[n + more % 2 for n, more in zip(size, total, strict=True)])
    _check_shapes(transposed, groups, *shapes)
    _check_steps(transposed, x, w, **steps)
    if not same:
        size = (_transposed_size if transposed else _size)(x, w, **steps)
    _check_dtypes(rank, transposed, *tensors)
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


def _check_settings(steps: Any, same: bool, rank: int) -> None:
    """Refuse numbers that no convolution has; a single one becomes one for each dimension.

    Raises:
        RuntimeError: A setting has too many numbers, or one is too small.
    """
    for name, values in steps.items():
        if len(values) not in (1, rank):
            check(not same, f"{name} cannot broadcast to {rank} dimensions")
            raise RuntimeError(
                f"expected {name} to be a single integer value or a list of {rank} values to "
                f"match the convolution dimensions, but got {name}={list(values)}"
            )
        steps[name] = values * rank if len(values) == 1 else values
    text = "padding='same' is not supported for strided convolutions"
    check(not same or set(steps["stride"]) == {1}, text)
    for name in ("padding", "output_padding"):
        check(min(steps.get(name, (0,))) >= 0, f"negative {name} is not supported")
    check(min(steps["stride"]) > 0, "non-positive stride is not supported")
    check(min(steps["dilation"]) >= 0, "dilation should be greater than zero")


def _check_ranks(x: Any, w: Any, space: str = " ") -> None:
    """Refuse a weight for another number of dimensions than the input has."""
    text = f"Expected {len(w)}-dimensional input for {len(w)}-dimensional weight{space}{list(w)}"
    check(len(x) == len(w),
        f"{text}, but got {len(x)}-dimensional input of size {list(x)} instead",
    )  # fmt: skip


def by_name(comma: str, **settings: tuple[int, ...]) -> str:
    """Settings as PyTorch's messages show them: `stride_height: 1 stride_width: 2`.

    Args:
        comma: What stands between two of them.
        **settings: One number for each spatial dimension; the width is last.
    """
    shown = []
    for name, values in settings.items():
        values = as_image(values, 0 if name == "output_padding" else 1)
        axes = AXES[-len(values) :]
        shown += [f"{name}_{axis}: {n}" for axis, n in zip(axes, values, strict=True)]
    return comma.join(shown)


def as_image(values: tuple[int, ...], height: int = 1) -> tuple[int, ...]:
    """A sequence is an image of one row; PyTorch's messages show that."""
    return (height, *values) if len(values) == 1 else values


def _check_shapes(transposed: bool, groups: int, x: Any, w: Any, bias: Any = None) -> None:
    """Refuse an input, a weight and a bias that do not go together.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    _check_ranks(x, w)
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


def _check_steps(
    transposed: bool, x: Any, w: Any, stride: Any, padding: Any, dilation: Any,
    output_padding: Any = (),
) -> None:  # fmt: skip
    """Refuse sizes of zero, and an output padding of a step or more.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    if min(w[2:]) == 0:
        text = by_name(" ", kernel=w[2:])
        raise RuntimeError(f"kernel size should be greater than zero, but got {text}")
    text = by_name(", ", dilation=dilation) if transposed else str(list(as_image(dilation)))
    check(min(dilation) > 0 or not x[0], f"dilation should be greater than zero, but got {text}")
    spaces = zip(stride, dilation, output_padding, strict=False)
    if x[0] and not all([more < max(s, d) for s, d, more in spaces]):
        text = by_name(" ", output_padding=output_padding, stride=stride, dilation=dilation)
        raise RuntimeError(
            f"output padding must be smaller than either stride or dilation, but got {text}"
        )


def _check_held(x: Any) -> None:
    """Refuse samples without elements."""
    check(0 in x[:2] or min(x[2:]) > 0,
        "Only zero batch or zero channel inputs are supported, but got input shape: "
        f"{[*x[:2], *as_image(x[2:])]}",
    )  # fmt: skip


def _size(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> tuple[int, ...]:
    """The number of windows along each dimension."""
    padded = [n + 2 * p for n, p in zip(x[2:], padding, strict=True)]
    seen = [d * (k - 1) + 1 for d, k in zip(dilation, w[2:], strict=True)]
    check(all([n >= s for n, s in zip(padded, seen, strict=True)]),
        f"Calculated padded input size per channel: ({times(padded)}). Kernel size: "
        f"({times(seen)}). Kernel size can't be greater than actual input size",
    )  # fmt: skip
    _check_held(x)
    return tuple([(n - m) // s + 1 for n, m, s in zip(padded, seen, stride, strict=True)])


def _transposed_size(
    x: Any, w: Any, stride: Any, padding: Any, dilation: Any, output_padding: Any
) -> tuple[int, ...]:
    """The size of what the windows cover together, less the padding."""
    _check_held(x)
    each = zip(x[2:], w[2:], stride, padding, dilation, output_padding, strict=True)
    size = tuple([(n - 1) * s - 2 * p + d * (k - 1) + more + 1 for n, k, s, p, d, more in each])
    check(min(size) >= (1 if x[0] else 0),
        f"Given input size per channel: ({times(as_image(x[2:]))}). Calculated output size per "
        f"channel: ({times(as_image(size))}). Output size is too small",
    )  # fmt: skip
    return size


def times(sizes: Any) -> str:
    """Sizes as PyTorch's messages show them: `3 x 4`."""
    return " x ".join(map(str, sizes))


def _check_bias_dtype(input: Any, weight: Any, bias: Any = None) -> None:
    """Refuse a bias in another dtype than the input's."""
    if bias is not None and bias.buffer.dtype != input.buffer.dtype:
        kinds = [C_NAMES.get(t.buffer.dtype.name, "c10::complex") for t in (input, bias)]
        raise RuntimeError(f"Input type ({kinds[0]}) and bias type ({kinds[1]}) should be the same")


def _check_dtypes(rank: int, transposed: bool, input: Any, weight: Any, *bias: Any) -> None:
    """Refuse dtypes that differ, and booleans; of integers one spreads int64 only.

    Raises:
        RuntimeError: They differ, or the tensors lie on several devices.
        NotImplementedError: There is no such convolution.
    """
    check_same_device(input, weight, *bias)
    dtype = input.buffer.dtype
    if dtype != weight.buffer.dtype:
        kinds = type_name(input), type_name(weight)
        if dtype.char != "f":
            raise RuntimeError(f"expected scalar type {kinds[0]} but found {kinds[1]}")
        raise RuntimeError(
            f"Input type (torch.{kinds[0]}Tensor) and weight type (torch.{kinds[1]}Tensor) should "
            "be the same or input should be a MKLDNN tensor and weight is a dense tensor"
        )
    if transposed:
        refuse(input.buffer, "b" if dtype.char in "lq" else "biu",
            f"slow_conv_transpose{max(rank, 2)}d_out_cpu",
        )  # fmt: skip
    refuse(input.buffer, "b", "slow_conv2d_cpu" if rank < 3 else "compute_columns3d")
